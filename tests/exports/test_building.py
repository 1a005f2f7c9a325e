"""Exports built from real rows, read by third-party readers."""

import csv
import hashlib
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from exports import freezing, services, storing, writing
from exports.formats import records
from exports.models import Export
from projects import datastores, jobs
from projects.jobs import sweeping
from projects.models import Job
from projects.stores.base import StoreUnreachable
from tests import factories
from tests.conftest import Cast
from tests.exports.labelled import box, content, hurry, labelled, many

# The snapshot is a connection of its own: it sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


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


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [("2024-03-02", None, [1, 2]), (None, "2024-03-02", [0, 1]), ("2024-03-02",) * 2 + ([1],)],
)
def test_days_of_labelling_choose_the_images(
    since: str | None, until: str | None, expected: list[int], cast: Cast, dataset: Any, client: Client
) -> None:
    """Both days are whole ones, in UTC."""
    tasks = [labelled(cast, dataset, {"labels": [], "regions": [], "empty": True}, by=cast.labeller) for _ in range(3)]
    for task, moment in zip(
        tasks, ("2024-03-01T23:59:59Z", "2024-03-02T23:59:59Z", "2024-03-03T00:00:00Z"), strict=True
    ):
        type(task).objects.filter(pk=task.pk).update(final_at=moment)
    client.force_login(cast.manager)
    chosen = {name: day for name, day in (("since", since), ("until", until)) if day}
    page = f"/projects/{cast.project.code}/exports/"
    assert client.post(page, {"format": "coco", "statuses": ["labelled"], **chosen}).status_code == 302
    body = {"project": str(cast.project.code), "format": "coco", **chosen}
    answer = client.post("/api/v1/exports/", body, content_type="application/json")
    assert {name: answer.json()["filters"].get(name) for name in chosen} == chosen
    jobs.run_due()
    for export in Export.objects.all():
        names = [image["file_name"] for image in json.loads(content(export))["images"]]
        assert names == [tasks[number].image.key for number in expected]


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


def again(export: Export) -> None:
    """Has the export written anew from what it froze."""
    Job.objects.filter(parent=export.job).delete()
    Export.objects.filter(pk=export.pk).update(completed_at=None, key="")
    Job.objects.filter(pk=export.job_id).update(state="queued", attempt=0, finished_at=None)


@pytest.mark.parametrize("name", sorted(FITTING["box"]))
def test_a_large_export_is_the_same_whoever_writes_its_parts(
    cast: Cast, dataset: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freezing, "PART", 2)
    many(cast, dataset)
    options = writing.Options(val=30)
    export = services.request_export(project=cast.project, format=name, actor=cast.manager, options=options)
    jobs.run_due()
    data = content(export)
    shards = Job.objects.filter(parent=export.job).order_by("pk")
    assert [(shard.state, shard.arguments["number"]) for shard in shards] == [("succeeded", n) for n in range(4)]
    assert export.manifest["images"] == 7
    again(export)
    jobs.run_due(1)
    for shard in shards.all():
        Job.objects.filter(pk=shard.pk).update(priority=shard.arguments["number"])
    jobs.run_due()
    assert content(export) == data
    assert list(shards.order_by("started_at").values_list("arguments__number", flat=True)) == [3, 2, 1, 0]


def test_an_archive_of_many_parts_is_whole(cast: Cast, dataset: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezing, "PART", 2)
    many(cast, dataset)
    export = services.request_export(project=cast.project, format="yolo", actor=cast.manager)
    jobs.run_due()
    file = archive_of(export)
    assert file.testzip() is None
    sums = dict(reversed(line.split("  ")) for line in file.read("SHA256SUMS").decode().splitlines())
    assert sums == {entry: hashlib.sha256(file.read(entry)).hexdigest() for entry in file.namelist()[:-1]}
    assert len([entry for entry in file.namelist() if entry.startswith("labels/train/")]) == 7


def test_annotations_of_many_parts_have_numbers_of_their_own(
    cast: Cast, dataset: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freezing, "PART", 2)
    many(cast, dataset)
    export = services.request_export(project=cast.project, format="coco", actor=cast.manager)
    jobs.run_due()
    read = json.loads(content(export))
    assert [image["id"] for image in read["images"]] == [1, 2, 3, 4, 5, 6, 7]
    assert [(row["id"], row["image_id"]) for row in read["annotations"]] == [
        (1, 2), (2, 3), (3, 3), (4, 5), (5, 6), (6, 6)
    ]  # fmt: skip


def test_a_part_that_fails_is_all_that_is_written_again(
    cast: Cast, dataset: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freezing, "PART", 2)
    many(cast, dataset)
    images, away = freezing.images, [True]

    def sometimes(frozen: Any, number: int) -> Any:
        if number == 2 and away:
            raise StoreUnreachable("The store did not answer.")
        return images(frozen, number)

    monkeypatch.setattr(freezing, "images", sometimes)
    export = services.request_export(project=cast.project, format="coco", actor=cast.manager)
    for _ in range(4):
        jobs.run_due()
        hurry()
    export.job.refresh_from_db()
    assert (export.job.state, export.job.error_code) == ("failed", "export_parts_left")
    assert export.job.error_detail == (
        "1 of 4 parts could not be written. The store did not answer. Try again: what is written is kept."
    )
    # What is labelled meanwhile is not in it: it was frozen.
    labelled(cast, dataset, {"labels": [], "regions": [], "empty": True}, by=cast.labeller)
    away.clear()
    services.retry_export(export=export, actor=cast.manager)
    jobs.run_due()
    assert len(json.loads(content(export))["images"]) == 7
    shards = Job.objects.filter(parent=export.job).order_by("pk")
    assert [shard.attempt for shard in shards] == [1, 1, 1, 1]
    assert shards[2].started_at > max(shards[number].finished_at for number in (0, 1, 3))


def test_a_worker_that_dies_while_it_joins_loses_nothing(
    cast: Cast, dataset: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freezing, "PART", 2)
    many(cast, dataset)
    put, deaths = storing.put, [1]

    def dying(*values: Any) -> str:
        if deaths:
            deaths.clear()
            raise jobs.LostLease
        return put(*values)

    monkeypatch.setattr(storing, "put", dying)
    export = services.request_export(project=cast.project, format="coco", actor=cast.manager)
    jobs.run_due()
    assert Export.objects.get(pk=export.pk).completed_at is None
    Job.objects.filter(pk=export.job_id).update(lease_until=timezone.now() - timedelta(hours=1))
    sweeping.sweep()
    hurry()
    jobs.run_due()
    export.job.refresh_from_db()
    assert (export.job.state, len(json.loads(content(export))["images"])) == ("succeeded", 7)


def test_an_export_that_is_cancelled_ends_with_its_parts(
    cast: Cast, dataset: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freezing, "PART", 2)
    many(cast, dataset)
    export = services.request_export(project=cast.project, format="coco", actor=cast.manager)
    jobs.run_due(2)
    export.job.refresh_from_db()
    assert (export.job.progress_words, export.job.progress_note) == ("1 of 4", "parts")
    services.cancel_export(export=export, actor=cast.manager)
    jobs.run_due()
    assert {job.state for job in Job.objects.filter(parent=export.job)} == {"succeeded", "cancelled"}
    export.refresh_from_db()
    assert (export.job.state, export.key) == ("cancelled", "")
