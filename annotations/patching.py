"""Autosaving by difference: a gesture on an image of thousands of regions sends the regions that it changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection, transaction

from annotations import documents, drafts
from annotations.documents import InvalidDocument, Problem
from annotations.drafts import DraftConflict, Kept, LeaseExpired, Saved
from annotations.models import Annotation
from projects.errors import Conflict
from projects.models import Project


class DraftMissing(Conflict):
    """There is no draft that the changes could apply to: the client sends the whole document instead."""

    code = "draft_missing"


@dataclass(frozen=True)
class Changes:
    """What became of a document: regions that keep their place or, if they are new, come on top; regions with the id
    of the one they now lie upon (None: at the bottom), lowest first; ids that are gone.
    """

    changed: Sequence[dict[str, Any]] = ()
    placed: Sequence[tuple[str | None, dict[str, Any]]] = ()
    removed: Sequence[str] = ()
    labels: Sequence[str] | None = None
    empty: bool | None = None


_READ = """
SELECT a.id, a.draft::text, a.draft_version, l.token IS NOT NULL, a.lapsed_token
FROM annotations_annotation a
LEFT JOIN annotations_lease l ON l.task_id = a.task_id AND l.labeller_id = a.labeller_id AND l.token = %(token)s
WHERE a.task_id = %(task)s AND a.labeller_id = %(labeller)s
"""

# The time that an answer took is counted when it is submitted, so a draft of a reopened one leaves it alone.
_SAVE = """
UPDATE annotations_annotation a SET
    draft = %(document)s, draft_version = a.draft_version + 1, updated_at = now(),
    active_seconds = CASE WHEN a.state = 'draft' THEN %(seconds)s ELSE a.active_seconds END
FROM annotations_lease l
WHERE a.id = %(id)s AND a.draft_version = %(version)s AND a.draft IS NOT NULL
  AND l.task_id = a.task_id AND l.labeller_id = a.labeller_id AND l.token = %(token)s
RETURNING a.draft_version, a.updated_at
"""


def save(
    *,
    project: Project,
    task_id: int,
    labeller_id: int,
    token: UUID,
    changes: Changes,
    version: int,
    active_seconds: float,
) -> Saved:
    """Applies changes to the draft of that version; `active_seconds` is the total for this task.

    Raises DraftConflict with the newer draft, DraftMissing, or LeaseExpired, which keeps what could be applied.
    """
    checked = _checked(changes, project)
    where: dict[str, Any] = {"task": task_id, "labeller": labeller_id, "token": token}
    with connection.cursor() as cursor:
        cursor.execute(_READ, where)
        row = cursor.fetchone()
        if row is None:
            raise LeaseExpired("Your time for this task has run out.")
        annotation_id, text, known, held, lapsed_token = row
        if not held and lapsed_token != token:
            raise LeaseExpired("Your time for this task has run out.")
        if text is None:
            raise DraftMissing("There is no draft to change. Send the whole document.")
        document = orjson.loads(text)
        if known != version:
            raise DraftConflict("This task was changed in another window.", document=document, version=known)
        after = apply(document, checked)
        dumped = _dumped(after)
        if held:
            values = {"id": annotation_id, "document": dumped, "version": version, "seconds": active_seconds}
            cursor.execute(_SAVE, where | values)
            row = cursor.fetchone()
            if row is not None:
                return Saved(*row)
            raise _overtaken(annotation_id)
    with transaction.atomic():
        kept = Kept(task_id, drafts.parse(after, project), active_seconds)
        drafts.keep(project=project, labeller_id=labeller_id, kept=[kept])
    raise LeaseExpired("Your time for this task has run out. What you had drawn is kept as a draft.")


def _dumped(document: Mapping[str, Any]) -> str:
    """JSON for the database. Raises InvalidDocument where bit by bit it became more than anybody could submit at once."""
    dumped = orjson.dumps(document)
    if len(dumped) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE >> 20
        raise InvalidDocument([Problem("regions", f"the answer has more than {most} MB. Simplify some outlines.")])
    return dumped.decode()


def _overtaken(annotation_id: int) -> Conflict:
    """Between reading and writing somebody was quicker: another window, or the end of the lease."""
    row = Annotation.objects.get(pk=annotation_id)
    if row.draft is None:
        return LeaseExpired("This task was submitted in another window, or your time for it has run out.")
    return DraftConflict("This task was changed in another window.", document=row.draft, version=row.draft_version)


def _checked(changes: Changes, project: Project) -> Changes:
    """The changes with every default written out; raises InvalidDocument."""
    regions = [*changes.changed, *(region for _, region in changes.placed)]
    document = drafts.parse({"regions": regions, "labels": list(changes.labels or [])}, project)
    parsed = documents.dump(document)["regions"]
    split = len(changes.changed)
    placed = [(after, region) for (after, _), region in zip(changes.placed, parsed[split:], strict=True)]
    return Changes(parsed[:split], placed, changes.removed, changes.labels, changes.empty)


def apply(document: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """The document after the changes; raises InvalidDocument when it would be too large."""
    regions = {region["id"]: region for region in document.get("regions", [])}
    for identity in changes.removed:
        regions.pop(identity, None)
    for _, region in changes.placed:
        regions.pop(region["id"], None)
    regions.update((region["id"], region) for region in changes.changed)
    if len(regions) + len(changes.placed) > documents.MOST_REGIONS:
        message = f"an image can have at most {documents.MOST_REGIONS:,} regions."
        raise InvalidDocument([Problem("regions", message)])
    return {
        "labels": list(document.get("labels", []) if changes.labels is None else changes.labels),
        "regions": _in_order(regions, changes.placed),
        "empty": bool(document.get("empty", False) if changes.empty is None else changes.empty),
    }


def _in_order(
    regions: dict[str, dict[str, Any]], placed: Sequence[tuple[str | None, dict[str, Any]]]
) -> list[dict[str, Any]]:
    """The regions with the placed ones put in, each on top of the one it names, in one pass."""
    upon: dict[str | None, list[dict[str, Any]]] = {}
    there = {None, *regions}
    for after, region in placed:
        # What lay below may be gone by now; then it comes on top of everything.
        upon.setdefault(after if after in there else next(reversed(regions), None), []).append(region)
        there.add(region["id"])
    ordered: list[dict[str, Any]] = []
    waiting = [*reversed(upon.pop(None, []))]
    for kept in [None, *regions.values()]:
        if kept is not None:
            waiting.append(kept)
        while waiting:
            lowest = waiting.pop()
            ordered.append(lowest)
            waiting += reversed(upon.pop(lowest["id"], []))
    return ordered
