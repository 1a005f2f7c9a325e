"""The Django admin of this app; each module registers its models."""

from projects.admin import data, jobs, people, projects, record

__all__ = ["data", "jobs", "people", "projects", "record"]
