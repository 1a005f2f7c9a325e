"""Progress for lists of projects: pages of the floor below show it without knowing how it is counted."""

from collections.abc import Iterable

from django import template

from annotations import progress
from projects.models import Project

register = template.Library()


@register.simple_tag
def progress_of(projects: Iterable[Project]) -> dict[int, progress.Counts]:
    """`{% progress_of projects as counts %}`: each project's counts by its pk, in one query."""
    return progress.counts_of(project.pk for project in projects)


@register.filter
def of(counts: dict[int, progress.Counts], project: Project) -> progress.Counts:
    """`{% with count=counts|of:project %}`."""
    return counts.get(project.pk, progress.Counts())


@register.filter
def percent_done(count: progress.Counts) -> int:
    """Done of all, rounded down, so that 100 means all."""
    return 100 * count.done // count.total if count.total else 0


@register.filter
def length_of_time(seconds: float) -> str:
    """Seconds in the unit that a person would say: 45 s, 12 min, 3.5 h."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:,.1f} h"
