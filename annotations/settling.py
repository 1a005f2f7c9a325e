"""What one answer makes of its task: its status, its open slots and its final document. No queries."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from annotations import consensus
from annotations.documents import Document
from annotations.models import Annotation, Task
from projects.models import Project

REVIEWED = (Task.Status.APPROVED, Task.Status.REMOVED)
"""Where a labeller's answer is no longer theirs to change."""


@dataclass(frozen=True)
class Place:
    """A task as its submitter finds it, locked: the task, their lease and their earlier answer."""

    task_id: int
    code: UUID
    status: str
    open_slots: int
    answers: int
    width: int
    height: int
    final: str | None
    """JSON text."""
    other_leases: int
    """Slots that others hold."""
    lease_id: int | None
    token: UUID | None
    takes_slot: bool | None
    annotation_code: UUID | None
    state: str | None
    version: int | None
    submit_key: UUID | None
    lapsed_token: UUID | None
    active_seconds: float | None
    image_changed_at: datetime | None
    """When the image was changed, if that was after the submitter had been given it."""

    @property
    def is_first(self) -> bool:
        """Whether the submitter has not answered yet."""
        return self.state in (None, Annotation.State.DRAFT)

    def accepts(self, token: UUID) -> bool:
        """Whether an answer under this lease still counts: the lease stands, or it lapsed and the slot is free."""
        if self.status in REVIEWED:
            return False
        if self.token is not None:
            return self.token == token
        if self.lapsed_token != token:
            return False
        return not self.is_first or (self.status == Task.Status.OPEN and self.open_slots > 0)


@dataclass(frozen=True)
class Settlement:
    """The task after the answer. `own` says that the final document is the answer itself."""

    status: str
    open_slots: int
    answers: int
    final: Document | None
    own: bool


def settle(project: Project, place: Place, answer: Document | None, others: Sequence[Document | None]) -> Settlement:
    """Counts `answer` (None is a skip) beside the answers that others gave, and decides.

    With one labeller per image the answer is final at once. With more, nothing is decided before the minimum has
    answered; without agreement one more labeller is asked, up to the maximum, and then a reviewer.
    """
    answers = place.answers + place.is_first
    if project.labellers_minimum == 1:
        status = Task.Status.SKIPPED if answer is None else Task.Status.LABELLED
        return Settlement(status, 0, answers, answer, own=answer is not None)
    slots = place.open_slots - (place.is_first and place.lease_id is None)
    if answers < project.labellers_minimum:
        waiting = max(slots, project.labellers_minimum - answers - place.other_leases)
        return Settlement(Task.Status.OPEN, waiting, answers, None, own=False)
    verdict = consensus.judge([*others, answer])
    if verdict.agreed:
        status = Task.Status.SKIPPED if verdict.document is None else Task.Status.LABELLED
        own = verdict.document is not None and verdict.document is answer
        return Settlement(status, 0, answers, verdict.document, own=own)
    if slots + place.other_leases > 0:
        return Settlement(Task.Status.OPEN, slots, answers, None, own=False)
    if answers < project.labellers_maximum:
        return Settlement(Task.Status.OPEN, 1, answers, None, own=False)
    return Settlement(Task.Status.NEEDS_REVIEW, 0, answers, None, own=False)


def usage(document: Document | None) -> Counter[str]:
    """How many regions of a document have each label; an image label counts as none, but is listed."""
    counts: Counter[str] = Counter()
    if document is not None:
        counts.update(region.label for region in document.regions)
        for label in document.labels:
            counts[label] += 0
    return counts
