"""Exports built from real rows, read by third-party readers."""

import csv
import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
from django.utils import timezone

from annotations.models import Annotation, Task, TaskLabel
from exports import services, writing
from exports.formats import records
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
    store = factories.DatastoreFactory(workspace=cast.workspace, kind="builtin")
    dataset = factories.DatasetFactory(workspace=cast.workspace, datastore=store)
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


def archive_of(export: Export) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content(export)))


FITTING = {
    "box": {"coco", "yolo", "automl", "voc", "csv", "native", "cvat", "labelstudio"},
    "polygon": {"coco", "yolo", "automl", "voc", "masks", "csv", "native", "cvat", "labelstudio"},
    "semantic": {"coco", "voc", "masks", "csv", "native", "cvat", "labelstudio"},
    "multiclass": {"coco", "automl", "folders", "csv", "native", "cvat", "labelstudio"},
    "multilabel": {"coco", "automl", "csv", "native", "cvat", "labelstudio"},
}


@pytest.mark.parametrize("task_type", FITTING)
def test_every_format_that_fits_is_written(cast: Cast, dataset: Any, task_type: str) -> None:
    cast.project.task_type = task_type
    cast.project.save(update_fields=["task_type"])
    car = factories.LabelFactory(project=cast.project, name="Car")
    polygon = {"id": "r1", "shape": "polygon", "label": str(car.code), "parts": [[[1, 1], [9, 1], [9, 9]]]}
    regions = {"box": [box(car, 1)], "polygon": [polygon]}.get(task_type, [])
    labels = [str(car.code)] if task_type in ("multiclass", "multilabel") else []
    labelled(cast, dataset, {"labels": labels, "regions": regions, "empty": False}, by=cast.labeller)
    assert {value for value, _, _ in writing.available(cast.project)} == FITTING[task_type]
    for name in FITTING[task_type]:
        export = services.request_export(project=cast.project, format=name, actor=cast.manager)
        jobs.run_due()
        data = content(export)
        assert export.job.state == "succeeded", export.job.error_detail
        assert (len(data), hashlib.sha256(data).hexdigest()) == (export.byte_size, export.checksum)
        assert export.manifest["annotations"] == (0 if name == "folders" else len(labels + regions)), name
        if export.key.endswith(".zip"):
            assert archive_of(export).testzip() is None


def test_a_format_that_does_not_fit_is_refused(cast: Cast) -> None:
    with pytest.raises(services.FormatUnfit, match="PNG masks cannot hold the labels of this project"):
        services.request_export(project=cast.project, format="masks", actor=cast.manager)
    options = writing.Options(val=60, test=40)
    with pytest.raises(services.FormatUnfit, match="Leave some images for training"):
        services.request_export(project=cast.project, format="coco", actor=cast.manager, options=options)


def test_splits_are_stratified_and_the_same_for_the_same_seed(cast: Cast, dataset: Any) -> None:
    car, rare = (factories.LabelFactory(project=cast.project, name=name) for name in ("Car", "Rare"))
    for number in range(50):
        regions = [box(car, 1)] + ([box(rare, 2)] if number < 10 else [])
        labelled(cast, dataset, {"labels": [], "regions": regions, "empty": False}, by=cast.labeller)
    found = []
    for seed in (1, 1, 2):
        options = writing.Options(val=20, test=10, seed=seed)
        export = services.request_export(project=cast.project, format="coco", actor=cast.manager, options=options)
        jobs.run_due()
        file = archive_of(export)
        parts = {split: json.loads(file.read(f"annotations/instances_{split}.json")) for split in records.SPLITS}
        assert {split: len(part["images"]) for split, part in parts.items()} == {"train": 35, "val": 10, "test": 5}
        assert export.manifest["splits"] == {"train": 35, "val": 10, "test": 5}
        rares = {split: [row["category_id"] for row in part["annotations"]].count(2) for split, part in parts.items()}
        assert rares == {"train": 7, "val": 2, "test": 1}
        found.append({split: [image["file_name"] for image in part["images"]] for split, part in parts.items()})
    assert found[0] == found[1] != found[2]


def test_images_are_copied_and_those_gone_are_counted(cast: Cast, dataset: Any) -> None:
    car = factories.LabelFactory(project=cast.project, name="Car")
    document = {"labels": [], "regions": [box(car, 1)], "empty": False}
    here, _gone = (labelled(cast, dataset, document, by=cast.labeller) for _ in range(2))
    store = datastores.for_datastore(dataset.datastore)
    store.put(here.image.key, io.BytesIO(b"pixels"))
    options = writing.Options(images=True)
    export = services.request_export(project=cast.project, format="yolo", actor=cast.manager, options=options)
    jobs.run_due()
    file = archive_of(export)
    assert [file.read(name) for name in file.namelist() if name.startswith("images/")] == [b"pixels"]
    assert (export.manifest["files_copied"], export.manifest["files_missing"]) == (1, 1)
    (name,) = [name for name in file.namelist() if name.startswith("images/train")]
    assert name.endswith(here.image.key)


def test_azure_addresses_are_named_by_the_datastore(cast: Cast, dataset: Any) -> None:
    car = factories.LabelFactory(project=cast.project, name="Car")
    task = labelled(cast, dataset, {"labels": [], "regions": [box(car, 1)], "empty": False}, by=cast.labeller)
    for options, prefix in (
        (writing.Options(coordinates="fractions"), f"AmlDatastore://{dataset.datastore.name}/"),
        (writing.Options(url_prefix="AmlDatastore://x/"), "AmlDatastore://x/"),
    ):
        export = services.request_export(project=cast.project, format="coco", actor=cast.manager, options=options)
        jobs.run_due()
        (image,) = json.loads(content(export))["images"]
        assert image["coco_url"] == prefix + task.image.key
