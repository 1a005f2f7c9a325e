"""The Django admin of this app; each module registers its models."""
