"""Where the work of a finished job is to be seen. Each app says it of its own kinds of jobs."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from projects import datasets, lifecycle, permissions
from projects.models import Dataset, Job, Notification, Project, User
from projects.permissions import Action


@dataclass(frozen=True)
class Result:
    """What jobs of a kind make: the row that one of their arguments names, and the page that shows it."""

    argument: str
    model: Any
    """A model whose rows have a `code`."""
    route: str
    words: str
    """What the link says."""
    action: Action
    """What one must be allowed to do in the row's place to open the page."""
    place: str
    """The row's `workspace` or `project`; `pk` for a project itself."""
    notice: Notification.Kind = Notification.Kind.JOB_DONE
    """As what its maker is told that it is there."""


@dataclass(frozen=True)
class Link:
    """A way to a job's result."""

    url: str
    words: str


_results: dict[str, Result] = {}


def register(kind: str, result: Result) -> None:
    """Says what jobs of this kind make."""
    _results[kind] = result


def path_of(job: Job) -> str | None:
    """The page of what the job makes, whoever may open it; None where it makes nothing to look at, or that is gone."""
    result = _results.get(job.kind)
    if result is None:
        return None
    pk = job.arguments.get(result.argument)
    code = result.model.objects.filter(pk=pk).values_list("code", flat=True).first()
    return reverse(result.route, args=[code]) if code else None


def notice_of(job: Job) -> Notification.Kind:
    """As what the person who started the job is told of its result."""
    return _results[job.kind].notice


def links(jobs: Iterable[Job], user: User) -> dict[int, Link]:
    """By the pk of each job that succeeded and whose result the user may open. One query per kind of result."""
    wanted: defaultdict[Result, dict[Any, list[int]]] = defaultdict(lambda: defaultdict(list))
    for job in jobs:
        result = _results.get(job.kind)
        if result and job.state == Job.State.SUCCEEDED:
            wanted[result][job.arguments.get(result.argument)].append(job.pk)
    return {
        job: Link(reverse(result.route, args=[code]), result.words)
        for result, found in wanted.items()
        for pk, code in _codes(result, list(found), user)
        for job in found[pk]
    }


def _codes(result: Result, pks: list[Any], user: User) -> Iterable[tuple[int, Any]]:
    allowing = permissions.workspaces_allowing if result.place == "workspace" else permissions.projects_allowing
    rows = result.model.objects.for_user(user).filter(pk__in=pks)
    found: Iterable[tuple[int, Any]] = rows.filter(
        **{f"{result.place}__in": allowing(user, result.action).values("pk")}
    ).values_list("pk", "code")
    return found


register(
    datasets.INGEST,
    Result("dataset_id", Dataset, "projects:dataset", "See the dataset", Action.SEE_DATA, "workspace"),
)
register(
    lifecycle.INITIALIZE,
    Result("project_id", Project, "annotations:dashboard", "Open the project", Action.SEE_PROGRESS, "pk"),
)
