"""A task in a labeller's hands: what the labelling page needs of it, read in the statement that hands it out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from projects.models import Image

# In the order of the model, as `from_db` wants them.
_IMAGE_FIELDS = (
    "id", "organisation_id", "dataset_id", "code", "key", "frame", "name", "state", "format", "width", "height", "metadata",
)  # fmt: skip

COLUMNS = (
    "l.task_id, t.code, l.token, l.expires_at, t.cluster IS NOT NULL, t.prelabel, t.prelabel_confidence, t.rejection_note,"
    " CASE WHEN l.takes_slot THEN a.draft ELSE coalesce(a.draft, a.document) END, a.draft_version, a.active_seconds,"
    " t.image_changed_at IS NOT NULL, " + ", ".join(f"i.{name}" for name in _IMAGE_FIELDS)
)
JOINS = """
JOIN annotations_task t ON t.id = l.task_id
JOIN projects_image i ON i.id = t.image_id
LEFT JOIN annotations_annotation a ON a.task_id = l.task_id AND a.labeller_id = %(labeller)s
"""


@dataclass(frozen=True)
class Draft:
    """What the labeller has autosaved, or, when they reopen an answer, what they had submitted."""

    document: dict[str, Any]
    version: int
    active_seconds: float


@dataclass(frozen=True)
class Held:
    """A leased task with its image."""

    task_id: int
    code: UUID
    token: UUID
    expires_at: datetime
    kind: str
    image: Image
    prelabel: dict[str, Any] | None
    prelabel_confidence: float | None
    rejection_note: str
    draft: Draft | None
    is_changed: bool
    """Whether there are labels that were drawn before the image was changed."""


def _document(text: str | None) -> dict[str, Any] | None:
    document: dict[str, Any] | None = json.loads(text) if text else None
    return document


def read(rows: Sequence[tuple[Any, ...]]) -> tuple[Held, ...]:
    """Rows of `COLUMNS`."""
    return tuple(_held(row) for row in rows)


def _held(row: tuple[Any, ...]) -> Held:
    task_id, code, token, expires_at, clustered, prelabel, confidence, note, draft, version, seconds, changed = row[:12]
    document = _document(draft)
    return Held(
        task_id=task_id,
        code=code,
        token=token,
        expires_at=expires_at,
        kind="prelabelled" if prelabel else "clustered" if clustered else "manual",
        image=Image.from_db("default", _IMAGE_FIELDS, (*row[12:-1], json.loads(row[-1]))),
        prelabel=_document(prelabel),
        prelabel_confidence=confidence,
        rejection_note=note,
        draft=None if document is None else Draft(document, version, seconds),
        is_changed=changed and (document is not None or prelabel is not None),
    )
