"""Autosaved answers: kept beside what was submitted, never over it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import orjson
from django.db import connection, transaction

from annotations import documents
from annotations.documents import Document, TaskType
from annotations.models import Annotation
from projects.codes import new_code
from projects.errors import Conflict
from projects.models import Project


class DraftConflict(Conflict):
    """Another tab or machine of the same labeller saved a newer draft."""

    code = "draft_conflict"


class LeaseExpired(Conflict):
    """The task went back to the queue, or to another labeller; what was sent is kept as a draft."""

    code = "lease_expired"


@dataclass(frozen=True)
class Saved:
    """A draft that is on disk."""

    version: int
    saved_at: datetime


@dataclass(frozen=True)
class Kept:
    """A document to keep as the draft of a task, by the task's row id."""

    task_id: int
    document: Document
    active_seconds: float


# The time that an answer took is counted when it is submitted, so a draft of a reopened one leaves it alone.
_SAVE = """
INSERT INTO annotations_annotation AS a
    (organisation_id, project_id, task_id, labeller_id, code, state, draft, draft_version, version, skip_reason,
     active_seconds, created_at, updated_at)
SELECT l.organisation_id, l.project_id, l.task_id, l.labeller_id, %(code)s, 'draft', %(document)s, 1, 0, '',
       %(seconds)s, now(), now()
FROM annotations_lease l
WHERE l.task_id = %(task)s AND l.labeller_id = %(labeller)s AND l.token = %(token)s
ON CONFLICT (task_id, labeller_id) DO UPDATE SET
    draft = excluded.draft, draft_version = a.draft_version + 1, updated_at = excluded.updated_at,
    active_seconds = CASE WHEN a.state = 'draft' THEN excluded.active_seconds ELSE a.active_seconds END
WHERE a.draft_version = %(version)s
RETURNING draft_version, updated_at
"""

_KEEP = """
INSERT INTO annotations_annotation AS a
    (organisation_id, project_id, task_id, labeller_id, code, state, draft, draft_version, version, skip_reason,
     active_seconds, created_at, updated_at)
SELECT %(organisation)s, %(project)s, x.task_id, %(labeller)s, x.code, 'draft', x.document, 1, 0, '', x.seconds,
       now(), now()
FROM jsonb_to_recordset(%(drafts)s::jsonb) AS x(task_id bigint, code uuid, document jsonb, seconds float8)
ORDER BY x.task_id
ON CONFLICT (task_id, labeller_id) DO UPDATE SET
    draft = excluded.draft, draft_version = a.draft_version + 1, updated_at = excluded.updated_at,
    active_seconds = CASE WHEN a.state = 'draft' THEN excluded.active_seconds ELSE a.active_seconds END
"""


def save(
    *,
    project: Project,
    task_id: int,
    labeller_id: int,
    token: UUID,
    document: dict[str, Any],
    version: int | None,
    active_seconds: float,
) -> Saved:
    """Saves a draft over the version that the page knows (None: it knows of none).

    Raises DraftConflict, with the newer draft, or LeaseExpired; `active_seconds` is the total for this task.
    """
    parsed = parse(document, project)
    values: dict[str, Any] = {
        "task": task_id,
        "labeller": labeller_id,
        "token": token,
        "code": new_code(),
        "document": documents.dump_json(parsed).decode(),
        "seconds": active_seconds,
        "version": version or 0,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SAVE, values)
        row = cursor.fetchone()
    if row is None:
        _refuse(project, labeller_id, Kept(task_id, parsed, active_seconds), token)
    return Saved(*row)


def _refuse(project: Project, labeller_id: int, draft: Kept, token: UUID) -> None:
    """Says why nothing was saved. A lease that lapsed is known by its token: its draft is kept all the same."""
    row = Annotation.objects.filter(task_id=draft.task_id, labeller_id=labeller_id).first()
    if row is not None and row.lapsed_token == token:
        with transaction.atomic():
            keep(project=project, labeller_id=labeller_id, kept=[draft])
    elif row is not None and row.draft is not None and _holds(draft.task_id, labeller_id, token):
        raise DraftConflict("This task was changed in another window.", document=row.draft, version=row.draft_version)
    raise LeaseExpired("Your time for this task has run out. What you had drawn is kept as a draft.")


def _holds(task_id: int, labeller_id: int, token: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM annotations_lease WHERE task_id = %s AND labeller_id = %s AND token = %s",
            [task_id, labeller_id, token],
        )
        return bool(cursor.rowcount)


def keep(*, project: Project, labeller_id: int, kept: Sequence[Kept]) -> None:
    """Keeps documents as drafts, whatever was there before; inside the caller's transaction."""
    rows = [
        {
            "task_id": draft.task_id,
            "code": new_code(),
            "document": orjson.Fragment(documents.dump_json(draft.document)),
            "seconds": draft.active_seconds,
        }
        for draft in kept
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _KEEP,
            {
                "organisation": project.organisation_id,
                "project": project.pk,
                "labeller": labeller_id,
                "drafts": orjson.dumps(rows).decode(),
            },
        )


def parse(document: dict[str, Any], project: Project) -> Document:
    """A draft may be unfinished, but not of another kind; raises InvalidDocument."""
    parsed = documents.parse(document)
    problems = documents.validate_draft(parsed, task_type=cast("TaskType", project.task_type))
    if problems:
        raise documents.InvalidDocument(problems)
    return parsed
