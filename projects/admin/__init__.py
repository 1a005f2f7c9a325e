"""The Django admin of this app; each module registers its models."""

from projects.admin import data, people, projects, record

__all__ = ["data", "people", "projects", "record"]
