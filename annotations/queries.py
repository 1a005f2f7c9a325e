"""Reads over tasks for the data browser: pages by key, so that the last page costs what the first does."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime

from annotations.models import Annotation, Comment, Task, TaskLabel
from projects.codes import new_code
from projects.models import Image, ImageVersion, Label, Project, User

PAGE_SIZE = 60


@dataclass(frozen=True)
class TaskFilter:
    """What the data browser shows. `text` is the beginning of a file name."""

    status: str = ""
    label: Label | None = None
    labeller: User | None = None
    text: str = ""
    flag: str = ""
    image: str = ""
    """`changed` (after it was labelled), `missing` or `unreadable`."""

    def query(self) -> dict[str, str]:
        """The filter as query parameters, empty ones left out."""
        values = {
            "status": self.status,
            "label": str(self.label.code) if self.label else "",
            "labeller": str(self.labeller.code) if self.labeller else "",
            "text": self.text,
            "flag": self.flag,
            "image": self.image,
        }
        return {name: value for name, value in values.items() if value}

    def without(self, name: str) -> Self:
        """The filter with `name` left open."""
        nothing: Any = "" if name in {"status", "text", "flag", "image"} else None
        return replace(self, **{name: nothing})


@dataclass(frozen=True)
class TaskPage:
    """One page; the cursors are task ids, None where there is no further page."""

    tasks: list[Task]
    next: int | None
    previous: int | None
    filter: TaskFilter = field(default_factory=TaskFilter)

    def next_query(self) -> str | None:
        return self._query("after", self.next)

    def previous_query(self) -> str | None:
        return self._query("before", self.previous)

    def _query(self, name: str, cursor: int | None) -> str | None:
        return None if cursor is None else "?" + urlencode({**self.filter.query(), name: str(cursor)})


def filtered_tasks(tasks: QuerySet[Task], project: Project, wanted: TaskFilter) -> QuerySet[Task]:
    """The project's tasks that match; each filter has an index of its own."""
    tasks = tasks.filter(project=project)
    if wanted.status:
        tasks = tasks.filter(status=wanted.status)
    if wanted.label:
        tasks = tasks.filter(pk__in=TaskLabel.objects.filter(project=project, label=wanted.label).values("task"))
    if wanted.labeller:
        answers = Annotation.objects.filter(project=project, labeller=wanted.labeller).answered()
        tasks = tasks.filter(pk__in=answers.values("task"))
    if wanted.flag:
        tasks = tasks.filter(pk__in=Comment.objects.filter(project=project).open_flags().values("task"))
    if wanted.image == "changed":
        tasks = tasks.filter(image_changed_at__isnull=False)
    elif wanted.image:
        images = Image.objects.filter(dataset__in=project.project_datasets.values("dataset"), state=wanted.image)
        tasks = tasks.filter(image__in=images.values("pk"))
    if wanted.text:
        # A range and not LIKE: row-level security lets only leakproof operators use an index.
        images = Image.objects.filter(
            dataset__in=project.project_datasets.values("dataset"),
            name__gte=wanted.text,
            name__lt=wanted.text + "\U0010ffff",
        )
        tasks = tasks.filter(image__in=images.values("pk"))
    return tasks


def browse(
    tasks: QuerySet[Task],
    project: Project,
    wanted: TaskFilter,
    *,
    after: int | None = None,
    before: int | None = None,
    size: int = PAGE_SIZE,
) -> TaskPage:
    """One page of `tasks` (the caller's, by `for_user`) in the order of their ids."""
    rows = filtered_tasks(tasks, project, wanted).select_related("image__dataset__datastore")
    if before is not None:
        found = list(rows.filter(pk__lt=before).order_by("-pk")[: size + 1])
        page = found[:size][::-1]
        has_previous, has_next = len(found) > size, True
    else:
        found = list(rows.filter(pk__gt=after or 0).order_by("pk")[: size + 1])
        page = found[:size]
        has_previous, has_next = after is not None, len(found) > size
    return TaskPage(
        page,
        next=page[-1].pk if page and has_next else None,
        previous=page[0].pk if page and has_previous else None,
        filter=wanted,
    )


def drawn_on(labels: Sequence[tuple[Image, datetime | None]]) -> list[Image | ImageVersion]:
    """For each image, and the time at which labels were drawn on it, what it was then: their coordinates are of its size."""
    changed = [image.pk for image, at in labels if image.version > 1 and at is not None]
    former: dict[int, list[ImageVersion]] = {}
    if changed:
        for version in ImageVersion.objects.filter(image__in=changed).order_by("number"):
            former.setdefault(version.image_id, []).append(version)
    return [
        next((version for version in former.get(image.pk, []) if at and version.replaced_at > at), image)
        for image, at in labels
    ]


@dataclass(frozen=True)
class HistoryPage:
    """A labeller's answers, the latest first; `before` is the cursor of the next page, empty on the last."""

    answers: list[Annotation]
    before: str = ""

    def next_query(self) -> str | None:
        return f"?{urlencode({'before': self.before})}" if self.before else None


def history_page(own: QuerySet[Annotation], project: Project, *, before: str = "", size: int = 48) -> HistoryPage:
    """One page of `own` answers in a project; `before` is the time of the last answer on the page before."""
    rows = own.filter(project=project).answered().select_related("task__image__dataset__datastore")  # type: ignore[attr-defined]  # an AnnotationQuerySet
    latest = _instant(before)
    if latest is not None:
        rows = rows.filter(submitted_at__lt=latest)
    found = list(rows.order_by("-submitted_at")[: size + 1])
    page = found[:size]
    last = page[-1].submitted_at if len(found) > size else None
    return HistoryPage(page, last.isoformat() if last else "")


def _instant(text: str) -> datetime | None:
    """A time as `HistoryPage.before` writes it; None for anything else that an address may hold."""
    try:
        found = parse_datetime(text)
        return found and found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True)
class Thread:
    """A comment and what was replied; `reply_code` is the code of the next reply, made with the page."""

    first: Comment
    replies: list[Comment] = field(default_factory=list)
    reply_code: UUID = field(default_factory=new_code)


MOST_COMMENTS = 500


def threads(seen: QuerySet[Comment], task: Task) -> list[Thread]:
    """The threads on an image among the comments that the caller sees: open ones first, then by age."""
    rows = list(seen.filter(task=task).select_related("author").order_by("id")[:MOST_COMMENTS])
    found = {row.pk: Thread(row) for row in rows if row.thread_id is None}
    for row in rows:
        if row.thread_id in found:
            found[row.thread_id].replies.append(row)
    return sorted(found.values(), key=lambda thread: thread.first.resolved_at is not None)
