"""Projects with answers, for the tests of exports that are built from rows."""

from typing import Any

from django.utils import timezone

from annotations.models import Annotation, Task, TaskLabel
from exports import storing
from exports.models import Export
from projects.models import Job, Label, User
from tests import factories
from tests.conftest import Cast


def box(label: Label, x: float, **more: Any) -> dict[str, Any]:
    return {
        "id": f"r{x}",
        "shape": "box",
        "label": str(label.code),
        "x": x,
        "y": 2,
        "width": 30.5,
        "height": 40,
        **more,
    }


def labelled(cast: Cast, dataset: Any, document: dict[str, Any], *, by: User, status: str = "labelled") -> Task:
    image = factories.ImageFactory(dataset=dataset)
    task = factories.TaskFactory(
        project=cast.project, image=image, status=status, open_slots=0, final=document, final_at=timezone.now()
    )
    Annotation.objects.create(
        organisation=cast.organisation,
        project=cast.project,
        task=task,
        labeller=by,
        state="submitted",
        document=document,
        submitted_at=timezone.now(),
    )
    for label in Label.objects.filter(code__in=[region["label"] for region in document["regions"]]):
        TaskLabel.objects.create(organisation=cast.organisation, project=cast.project, task=task, label=label)
    return task


def content(export: Export) -> bytes:
    export.refresh_from_db()
    return storing.store_of(export).read(export.key)


def many(cast: Cast, dataset: Any, count: int = 7) -> None:
    labels = [factories.LabelFactory(project=cast.project, name=name) for name in ("Car", "Person")]
    for number in range(count):
        regions = [box(labels[at % 2], 1 + at) for at in range(number % 3)]
        labelled(cast, dataset, {"labels": [], "regions": regions, "empty": not regions}, by=cast.labeller)


def hurry() -> None:
    """Lets what waits for another attempt have it now."""
    Job.objects.filter(state="queued").update(next_attempt_at="2020-01-01T00:00Z")
