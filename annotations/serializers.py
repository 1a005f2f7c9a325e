"""What the labelling API takes and gives. Bodies are pydantic models: a page of 10,000 boxes is read in milliseconds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from rest_framework import exceptions, serializers

from annotations.answering import Item
from annotations.documents import MOST_LABELS, MOST_REGIONS, Document
from annotations.held import Held
from annotations.models import Annotation, Task
from annotations.patching import Changes
from annotations.queue import Page
from annotations.settling import REVIEWED
from annotations.submitting import Submission
from projects import image_urls
from projects.models import Image
from projects.rest.serializers import CodeField, TenantModelSerializer

MOST_ITEMS = 100
B = TypeVar("B", bound="Body")


class Body(BaseModel):
    """Base of request bodies: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LeaseBody(Body):
    count: Literal[1, 4, 6, 9] = 1
    exclude: Annotated[list[UUID], Field(max_length=MOST_ITEMS)] = []


class TokensBody(Body):
    leases: Annotated[list[UUID], Field(max_length=MOST_ITEMS)]


class SubmitItem(Body):
    """A task's answer: a document, or a reason for skipping it."""

    task: UUID
    lease: UUID
    document: dict[str, Any] | None = None
    skip_reason: Annotated[str, Field(max_length=500)] | None = None
    active_seconds: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] = 0

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.document is None) == (self.skip_reason is None):
            raise ValueError("Send either a document or a skip_reason.")
        if self.skip_reason is not None and not self.skip_reason.strip():
            raise ValueError("Say why you skip.")
        return self

    def item(self) -> Item:
        reason = (self.skip_reason or "").strip()
        return Item(self.task, self.lease, self.document, reason, self.active_seconds)


class SubmitBody(Body):
    key: UUID
    items: Annotated[list[SubmitItem], Field(min_length=1, max_length=MOST_ITEMS)]
    next: Literal[0, 1, 4, 6, 9] = 0

    @model_validator(mode="after")
    def _each_task_once(self) -> Self:
        if len({item.task for item in self.items}) != len(self.items):
            raise ValueError("A task is given twice.")
        return self


class DraftBody(Body):
    lease: UUID
    document: dict[str, Any]
    version: Annotated[int, Field(ge=0)] | None = None
    active_seconds: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] = 0


class PlacedRegion(Body):
    """A region, and the id of the region it lies upon (null: it lies at the bottom)."""

    after: Annotated[str, Field(max_length=64)] | None
    region: dict[str, Any]


class DraftChangesBody(Body):
    """What changed since `version`: see `annotations.patching`."""

    lease: UUID
    version: Annotated[int, Field(ge=1)]
    changed: Annotated[list[dict[str, Any]], Field(max_length=MOST_REGIONS)] = []
    placed: Annotated[list[PlacedRegion], Field(max_length=MOST_REGIONS)] = []
    removed: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=MOST_REGIONS)] = []
    labels: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=MOST_LABELS)] | None = None
    empty: bool | None = None
    active_seconds: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] = 0

    def changes(self) -> Changes:
        placed = [(one.after, one.region) for one in self.placed]
        return Changes(self.changed, placed, self.removed, self.labels, self.empty)


def read(model: type[B], data: object) -> B:
    """The body as `model`; raises DRF's ValidationError, which names each wrong field by its dotted path."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        fields: dict[str, list[str]] = {}
        for found in error.errors(include_url=False, include_context=False, include_input=False):
            path = ".".join(str(step) for step in found["loc"]) or "body"
            fields.setdefault(path, []).append(found["msg"].removeprefix("Value error, "))
        raise exceptions.ValidationError(fields) from error


class ImageOut(BaseModel):
    """An image with short-lived addresses; sizes are pixels after EXIF orientation."""

    code: UUID
    name: str
    url: str
    own_url: str
    """The same from this installation, as not every store lets a page read pixels; empty where `url` is."""
    thumbnail_url: str
    values_url: str
    """16-bit values of a grey DICOM image, for a window in the browser; empty for other images."""
    tiles_url: str
    """Where the tiles of a large image are; empty for other images."""
    width: int
    height: int
    frame: int
    """Which frame of a DICOM file with several, from 1; 0 for other images."""
    details: dict[str, Any]
    """What a DICOM file says of its pixels, by DICOM keyword; nothing about people."""


class LeaseOut(BaseModel):
    token: UUID
    expires_at: datetime


class DraftOut(BaseModel):
    document: Document
    version: int
    active_seconds: float


class TaskOut(BaseModel):
    """A task in the caller's hands."""

    code: UUID
    lease: LeaseOut
    kind: Literal["manual", "clustered", "prelabelled"]
    image: ImageOut
    prelabel: Document | None
    prelabel_confidence: float | None
    draft: DraftOut | None
    rejection_note: str
    image_changed: bool
    """The draft or pre-label was made before the image's file was changed: look at every region."""


class PageOut(BaseModel):
    """Tasks, or the reason why there are none: finished, nothing_for_you, paused, not_started, initializing."""

    tasks: list[TaskOut]
    reason: str | None
    remaining: int | None


class ResultOut(BaseModel):
    task: UUID
    outcome: Literal["submitted", "skipped", "replayed"]
    annotation: UUID
    version: int


class SubmissionOut(BaseModel):
    results: list[ResultOut]
    next: PageOut | None


class SavedOut(BaseModel):
    version: int
    saved_at: datetime


class HeartbeatOut(BaseModel):
    leases: list[LeaseOut]
    lost: list[UUID]


def page(found: Page, remaining: int | None) -> dict[str, Any]:
    """`PageOut` as plain values."""
    return {"tasks": tasks(found.tasks), "reason": found.reason, "remaining": remaining}


def tasks(found: Sequence[Held]) -> list[dict[str, Any]]:
    """`TaskOut`, one per task, with the addresses of all images signed together."""
    pictures = images([held.image for held in found])
    return [
        {
            "code": held.code,
            "lease": {"token": held.token, "expires_at": held.expires_at},
            "kind": held.kind,
            "image": pictures[held.image.pk],
            "prelabel": held.prelabel,
            "prelabel_confidence": held.prelabel_confidence,
            "draft": None
            if held.draft is None
            else {
                "document": held.draft.document,
                "version": held.draft.version,
                "active_seconds": held.draft.active_seconds,
            },
            "rejection_note": held.rejection_note,
            "image_changed": held.is_changed,
        }
        for held in found
    ]


def images(found: Sequence[Image]) -> dict[int, dict[str, Any]]:
    """`ImageOut` by primary key."""
    urls, own, thumbnails = image_urls.signed(found), image_urls.own(found), image_urls.thumbnails(found)
    values, tiles = image_urls.values(found), image_urls.tiles(found)
    return {
        image.pk: {
            "code": image.code,
            "name": image.name,
            "url": urls.get(image.pk, ""),
            "own_url": own.get(image.pk, ""),
            "thumbnail_url": thumbnails.get(image.pk, ""),
            "values_url": values.get(image.pk, ""),
            "tiles_url": tiles.get(image.pk, ""),
            "width": image.width,
            "height": image.height,
            "frame": image.frame,
            "details": image.metadata.get("dicom", {}),
        }
        for image in found
    }


def submission(done: Submission, remaining: int | None) -> dict[str, Any]:
    """`SubmissionOut` as plain values."""
    return {
        "results": [
            {
                "task": result.task,
                "outcome": result.outcome,
                "annotation": result.annotation,
                "version": result.version,
            }
            for result in done.results
        ],
        "next": None if done.page is None else page(done.page, remaining),
    }


class TaskImageSerializer(TenantModelSerializer):
    class Meta:
        model = Image
        fields = ["code", "name", "width", "height"]


class TaskSerializer(TenantModelSerializer):
    """A task as managers see it; `final` is the document that counts, once there is one."""

    image = TaskImageSerializer(read_only=True)

    class Meta:
        model = Task
        fields = [
            "code", "project", "image", "status", "priority", "open_slots", "answers", "final", "final_at", "prelabel",
            "prelabel_confidence", "rejection_note", "image_changed_at", "version", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class AnnotationSerializer(TenantModelSerializer):
    """One labeller's answer."""

    labeller = CodeField(read_only=True)

    class Meta:
        model = Annotation
        fields = [
            "code", "project", "task", "labeller", "state", "document", "skip_reason", "version", "active_seconds",
            "submitted_at",
        ]  # fmt: skip
        read_only_fields = fields


class HistorySerializer(serializers.BaseSerializer[Annotation]):
    """An own answer, with its image and whether it can still be changed."""

    def to_representation(self, annotation: Annotation) -> dict[str, Any]:
        """The images' addresses are signed one by one: a page of history is short."""
        image = annotation.task.image
        return {
            "annotation": annotation.code,
            "task": annotation.task.code,
            "image": images([image])[image.pk],
            "submitted_at": annotation.submitted_at,
            "skipped": annotation.state == Annotation.State.SKIPPED,
            "reopenable": annotation.task.status not in REVIEWED,
            "document": annotation.document,
        }


class HistoryEntryOut(BaseModel):
    annotation: UUID
    task: UUID
    image: ImageOut
    submitted_at: datetime
    skipped: bool
    reopenable: bool
    document: Document | None


class HistoryOut(BaseModel):
    next: str | None
    previous: str | None
    results: list[HistoryEntryOut]
