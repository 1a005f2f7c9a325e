"""Exports built from real rows, read by third-party readers."""

import csv
import io
import json
from typing import Any

import pytest
from django.utils import timezone

from annotations.models import Annotation, Task, TaskLabel
from exports import services
from exports.models import Export
from projects import datastores, jobs
from projects.models import Label, User
from tests import factories
from tests.conftest import Cast

# The snapshot is a connection of its own: it sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


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


@pytest.fixture
def dataset(cast: Cast) -> Any:
    dataset = factories.DatasetFactory(workspace=cast.workspace)
    factories.ProjectDatasetFactory(project=cast.project, dataset=dataset)
    return dataset


def content(export: Export) -> bytes:
    export.refresh_from_db()
    return datastores.installation_store().read(export.key)


def test_coco_export_loads_in_pycocotools_with_the_right_boxes(cast: Cast, dataset: Any, tmp_path: Any) -> None:
    coco = pytest.importorskip("pycocotools.coco").COCO
    car, person = (factories.LabelFactory(project=cast.project, name=name) for name in ("Car", "Person"))
    documents = [
        {"labels": [], "regions": [box(car, 1), box(person, 9, crowd=True)], "empty": False},
        {"labels": [], "regions": [], "empty": True},
    ]
    tasks = [labelled(cast, dataset, document, by=cast.labeller) for document in documents]
    factories.TaskFactory(project=cast.project, image=factories.ImageFactory(dataset=dataset))

    export = services.request_export(project=cast.project, format="coco", actor=cast.manager)
    jobs.run_due()

    file = tmp_path / "export.json"
    file.write_bytes(content(export))
    read = coco(str(file))
    assert [image["file_name"] for image in read.loadImgs(read.getImgIds())] == [task.image.key for task in tasks]
    assert [
        (row["image_id"], read.cats[row["category_id"]]["name"], row["bbox"], row["iscrowd"])
        for row in read.loadAnns(read.getAnnIds())
    ] == [(1, "Car", [1, 2, 30.5, 40], 0), (1, "Person", [9, 2, 30.5, 40], 1)]
    assert export.manifest["annotations_per_label"] == {"Car": 1, "Person": 1}
    assert export.checksum == export.manifest["sha256"]


def test_csv_export_names_labeller_and_label(cast: Cast, dataset: Any) -> None:
    car = factories.LabelFactory(project=cast.project, name="Car")
    labelled(cast, dataset, {"labels": [], "regions": [box(car, 1)], "empty": False}, by=cast.labeller)
    export = services.request_export(project=cast.project, format="csv", actor=cast.manager)
    jobs.run_due()
    rows = list(csv.DictReader(io.StringIO(content(export).decode())))
    assert [(row["label"], row["x"], row["labelled_by"], row["status"]) for row in rows] == [
        ("Car", "1", "Lars Labeller", "labelled")
    ]


def test_export_of_some_labels_and_statuses_holds_these_alone(cast: Cast, dataset: Any) -> None:
    car, person = (factories.LabelFactory(project=cast.project, name=name) for name in ("Car", "Person"))
    wanted = labelled(cast, dataset, {"labels": [], "regions": [box(car, 1)], "empty": False}, by=cast.labeller)
    labelled(cast, dataset, {"labels": [], "regions": [box(person, 1)], "empty": False}, by=cast.labeller)
    labelled(
        cast, dataset, {"labels": [], "regions": [box(car, 1)], "empty": False}, by=cast.labeller, status="needs_review"
    )
    export = services.request_export(project=cast.project, format="coco", actor=cast.manager, labels=[car])
    jobs.run_due()
    assert [image["file_name"] for image in json.loads(content(export))["images"]] == [wanted.image.key]
