"""Lists of each kind on their way to a dataset, and what is refused."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from annotations.models import Task
from exports.importing import receiving
from exports.importing.options import Reading, Writing
from exports.importing.requesting import write
from exports.lists import labels, looking, requesting, sorting
from exports.models import ImageList, LabelImport
from projects import datasets, jobs, lifecycle, listed
from projects.errors import BadInput, Conflict, DomainError
from projects.models import AuditEvent, Dataset, Job, Project
from tests import factories
from tests.exports.lists.conftest import Shelf, keys, zipped

pytestmark = pytest.mark.django_db
LISTED = {"a.png": "ok", "b/c.png": "ok", "b/ü 1.png": "ok"}
MLTABLE = b"paths:\n  - file: ./annotations.jsonl\ntransformations:\n  - read_json_lines:\n      encoding: utf8\n"


def lines(*rows: dict[str, Any]) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows)


def box(label: str) -> dict[str, Any]:
    return {"label": label, "topX": 0.1, "topY": "0.2", "bottomX": 0.5, "bottomY": 0.6, "isCrowd": 0}


AUTOML = lines(
    {"image_url": "AmlDatastore://ws/a.png", "label": [box("car"), box("bus")], "label_confidence": [0.5, 1.0]},
    {"image_url": "AmlDatastore://ws/b/c.png", "label": []},
    {"image_url": "AmlDatastore://ws/b/ü 1.png", "label": [box("car")]},
)
COCO = json.dumps(
    {
        "images": [
            {"id": 1, "width": 0.0, "height": 0.0, "file_name": "a.png", "coco_url": "AmlDatastore://ws/a.png"},
            {"id": 2, "width": 0.0, "height": 0.0, "file_name": "b/c.png", "coco_url": "AmlDatastore://ws/b/c.png"},
            {"id": 3, "width": 640, "height": 480, "file_name": "b/ü 1.png"},
        ],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0.1, 0.2, 0.3, 0.4], "area": 0.0},
            {"id": 2, "image_id": 1, "category_id": 2, "bbox": [0.1, 0.2, 0.3, 0.4], "area": 0.0},
            {"id": 3, "image_id": 3, "category_id": 1, "bbox": [0.1, 0.2, 0.3, 0.4], "area": 0.0},
        ],
        "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "bus"}],
    }
).encode()
CSV = "file;what;sure;xmin;ymin;xmax;ymax\n" + "\n".join(
    ["a.png;car;0.5;1;2;30;40", "a.png;bus;;5;6;70;80", "b/c.png;;;;;;", "b/ü 1.png;car;;1;2;3;4"]
)


@pytest.mark.parametrize(
    ("data", "name", "form"),
    [
        (AUTOML, "list.jsonl", "automl"),
        (zipped(t__MLTable=MLTABLE, t__annotations_DOT_jsonl=AUTOML), "t.zip", "automl"),
        (COCO, "list.json", "coco"),
        (CSV.replace("what", "class").encode(), "list.csv", "csv"),
    ],
)
def test_a_list_of_each_kind_becomes_a_dataset(shelf: Shelf, data: bytes, name: str, form: str) -> None:
    found = shelf.send(data, name)
    assert (found.state, found.format, found.job.state) == ("checked", form, "succeeded")
    counted = ("images", "keys", "refused", "repeated", "labelled", "annotations", "problems")
    assert {one: found.report[one] for one in counted} == {
        "images": 3, "keys": 3, "refused": 0, "repeated": 0, "labelled": 2, "annotations": 3, "problems": [],
    }  # fmt: skip
    assert found.report["labels"] == [{"path": "car", "annotations": 2}, {"path": "bus", "annotations": 1}]
    assert not Dataset.objects.exists()
    dataset = shelf.make(found, name="Listed", final=True, refresh_minutes=60)
    assert (dataset.name, dataset.source, dataset.state, dataset.refresh_minutes) == ("Listed", "list", "ready", 60)
    assert keys(dataset) == LISTED
    found = shelf.ended(found)
    assert (found.state, found.dataset, found.final) == ("done", dataset, True)


def test_columns_of_other_names_are_chosen(shelf: Shelf) -> None:
    rows = (
        {"where": "a.png", "Kind": "car", "p": 0.5},
        {"where": "b/c.png", "Kind": None, "p": None},
        {"where": "notes.txt", "Kind": None, "p": None},
    )
    found = shelf.send(lines(*rows), "list.jsonl")
    assert (found.state, found.format, found.report["keys"], found.key) == ("checked", "automl", 0, "")
    assert found.report["preview"] == {
        "columns": ["where", "Kind", "p"],
        "rows": [["a.png", "car", "0.5"], ["b/c.png", "", ""], ["notes.txt", "", ""]], "guessed": {}, "fractions": False,
    }  # fmt: skip
    with pytest.raises(BadInput, match="Choose the column that holds the images"):
        shelf.make(found)
    columns = {"image": "where", "label": "Kind", "confidence": "p"}
    found = shelf.check(found, Reading(columns=columns))
    assert (found.report["keys"], found.report["labelled"], found.reading) == (2, 1, {"columns": columns})


def test_the_columns_of_a_csv_are_guessed_from_names_or_cells(shelf: Shelf) -> None:
    found = shelf.send(CSV.encode(), "list.csv")
    assert found.reading["columns"] == {
        "image": "file", "left": "xmin", "top": "ymin", "right": "xmax", "bottom": "ymax",
    }  # fmt: skip
    for data, name in ((b"n,photo\n1,a.png\n2,b/c.png", "list.csv"), (lines({"photo": "a.png"}), "list.jsonl")):
        found = shelf.send(data, name)
        assert (found.reading["columns"], found.report["refused"]) == ({"image": "photo"}, 0)


def test_a_list_of_images_alone_needs_no_labels(shelf: Shelf) -> None:
    found = shelf.send(lines({"image_url": "a.png"}, {"image_url": "b/c.png"}, {"image_url": "a.png"}), "list.jsonl")
    assert [found.report[name] for name in ("images", "keys", "repeated", "labelled")] == [3, 2, 1, 0]
    assert keys(shelf.make(found)) == {"a.png": "ok", "b/c.png": "ok"}


def test_missing_files_are_items_in_error_and_foreign_ones_named(shelf: Shelf) -> None:
    rows = ("a.png", "gone.png", "../roots.png", "https://evil.test/a.png", "AmlDatastore://x/b/c.png", "notes.txt")
    found = shelf.send("\n".join(("path", *rows)).encode(), "list.csv")
    assert (found.report["keys"], found.report["refused"], found.report["problem_count"]) == (3, 3, 3)
    assert found.report["problems"] == [
        "../roots.png: this is no path within a store.",
        "https://evil.test/a.png: its address is not in the datastore.",
        "notes.txt: its name does not end as those of images do.",
    ]
    dataset = shelf.make(found)
    assert keys(dataset) == {"a.png": "ok", "b/c.png": "ok", "gone.png": "missing"}
    assert dataset.error == "1 of the 3 listed images are not in the store."


def test_one_of_several_names_of_datastores_is_chosen(shelf: Shelf) -> None:
    data = lines({"image_url": "AmlDatastore://one/a.png"}, {"image_url": "AmlDatastore://two/b/c.png"})
    found = shelf.send(data, "list.jsonl")
    assert (found.report["names"], found.report["spoken"], found.report["keys"]) == ({"one": 1, "two": 1}, "one", 1)
    found = shelf.check(found, spoken="two")
    assert found.report["sample"] == [["AmlDatastore://two/b/c.png", "b/c.png"]]
    assert keys(shelf.make(found)) == {"b/c.png": "ok"}


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (MLTABLE, "MLTable", "This is the MLTable file alone"),
        (b"a.png\nb/c.png\n", "list.csv", "The first line names no columns: “a.png” is an image already"),
        (b'{"image_url": \n "a.png"}', "list.jsonl", "each line must be one whole object"),
        (b'{"image_url": "a.png"}\n{"image_url": 5}', "list.jsonl", "Line 2 is not an object with “image_url”"),
        (b'{"images": [{"id": 1}], "annotations": []}', "list.json", "file_name is missing"),
        (b"[1, 2]", "list.json", "This is Label Studio"),
        (b"\x89PNG\r\n\x1a\n", "photo.png", "This is no list of images"),
        (zipped(a_DOT_png=b"x"), "photos.zip", "This is no list of images"),
        (b"\xff\xfe\x00", "list.csv", "The file is not CSV in UTF-8"),
        (b"path\n" + b"\xff\xfe\n", "list.csv", "is not CSV in UTF-8"),
    ],
)
def test_wrong_files_give_one_clear_error_and_change_nothing(shelf: Shelf, data: bytes, name: str, words: str) -> None:
    found = shelf.send(data, name)
    assert (found.state, found.job.state, found.key) == ("checking", "failed", "")
    assert words in found.job.error_detail
    assert not Dataset.objects.exists()
    with pytest.raises(Conflict, match="Only a list that was looked through"):
        shelf.make(found)


def test_asking_twice_makes_one_dataset_and_freezes_the_list(shelf: Shelf) -> None:
    found = shelf.send(AUTOML, "list.jsonl")
    dataset = shelf.make(found)
    assert shelf.make(found, name="Another") == dataset
    assert Dataset.objects.count() == 1
    with pytest.raises(Conflict, match="its dataset is made already"):
        shelf.check(found, Reading(columns={"image": "label"}))
    with pytest.raises(Conflict, match="Delete the dataset instead"):
        requesting.discard(image_list=found, actor=shelf.cast.manager)


def test_a_name_that_is_taken_is_refused_and_the_list_stays(shelf: Shelf) -> None:
    found = shelf.send(AUTOML, "list.jsonl")
    factories.DatasetFactory(workspace=shelf.cast.workspace, name="Taken")
    with pytest.raises(Conflict, match="has a dataset of this name"):
        shelf.make(found, name="Taken")
    assert shelf.ended(found).state == "checked"


def test_built_in_and_foreign_stores_take_no_lists(shelf: Shelf) -> None:
    workspace, actor = shelf.cast.workspace, shelf.cast.manager
    for store in (
        factories.DatastoreFactory(workspace=workspace, kind="builtin"),
        factories.DatastoreFactory(workspace=shelf.cast.foreign_project.workspace),
    ):
        with pytest.raises(BadInput, match="Choose the datastore of this workspace"):
            requesting.announce(workspace=workspace, datastore=store, actor=actor, name="l.csv", byte_size=5)


def test_a_job_that_died_is_run_again(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    real = listed.keep

    def dying(*values: Any) -> None:
        real(*values)
        raise RuntimeError("the power went")

    monkeypatch.setattr(listed, "keep", dying)
    found = shelf.send(AUTOML, "list.jsonl")
    assert (found.state, found.job.state, found.key) == ("checking", "queued", "")
    monkeypatch.setattr(listed, "keep", real)
    Job.objects.filter(pk=found.job.pk).update(next_attempt_at=found.created_at)
    found = shelf.ended(found)
    assert (found.state, listed.count(found.key)) == ("checked", 3)


def test_keys_are_sorted_outside_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting, "RUN", 3)
    given = ["b", "a/b", "a", "a b", "ü", "a", "z", "b", "a/b/c", "A"]
    with sorting.KeySheet() as sheet:
        for key in given:
            sheet.add(key)
        file, count = sheet.written()
        assert file.read().decode().split("\n") == [*sorted(set(given)), ""]
    assert count == 8


def test_lists_without_a_dataset_are_forgotten(shelf: Shelf) -> None:
    fresh, old, made = (shelf.send(AUTOML, f"{name}.jsonl") for name in ("fresh", "old", "made"))
    ImageList.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=8))
    dataset = shelf.make(made)
    datasets.delete(actor=shelf.cast.manager, dataset=dataset)
    assert shelf.ended(made).dataset is None
    requesting.forget_stale()
    assert list(ImageList.objects.all()) == [fresh]
    assert listed.count(fresh.key) == 3
    for gone in (old, made):
        with pytest.raises(DomainError, match="no longer"):
            receiving._store().read(receiving._part(gone, 0))
        with pytest.raises(DomainError, match="no longer"):
            listed.count(gone.key)


def test_a_list_can_be_thrown_away(shelf: Shelf, django_capture_on_commit_callbacks: Callable[..., Any]) -> None:
    found = shelf.send(AUTOML, "list.jsonl")
    with django_capture_on_commit_callbacks(execute=True):
        requesting.discard(image_list=found, actor=shelf.cast.manager)
    assert not ImageList.objects.exists()
    with pytest.raises(DomainError, match="no longer"):
        listed.count(found.key)
    assert AuditEvent.objects.filter(action="list.discard").count() == 1


@pytest.fixture
def project(shelf: Shelf) -> Project:
    """A running project of boxes whose dataset came as a list with labels."""
    dataset = shelf.make(shelf.send(AUTOML, "list.jsonl"))
    project = factories.ProjectFactory(workspace=shelf.cast.workspace, state="draft", created_by=shelf.cast.manager)
    factories.LabelFactory(project=project, name="car")
    factories.ProjectDatasetFactory(project=project, dataset=dataset)
    return project


def test_labels_of_the_list_come_into_a_project(shelf: Shelf, project: Project) -> None:
    manager = shelf.cast.manager
    (offer,) = labels.offers(project)
    assert (offer.label_import, offer.image_list.report["labelled"]) == (None, 2)
    made = labels.bring(image_list=offer.image_list, project=project, actor=manager, final=False)
    jobs.run_due()
    made.refresh_from_db()
    assert (made.state, made.format, made.writing) == ("checked", "automl", {"final": False})
    assert (made.report["matched"], made.report["ready"], made.report["without_label"]) == (3, 2, 1)
    assert labels.offers(project)[0].label_import == made
    assert labels.bring(image_list=offer.image_list, project=project, actor=manager, final=False) == made
    lifecycle.start(project=project, actor=manager)
    jobs.run_due()
    write(label_import=made, actor=manager, options=Writing.of(made.writing))
    jobs.run_due()
    said = {task.image.key: task.prelabel_confidence for task in Task.objects.filter(prelabel__isnull=False)}
    assert said == {"a.png": 0.5, "b/ü 1.png": None}
    assert labels.offers(project) == []


def test_the_chosen_mode_is_remembered(shelf: Shelf, project: Project) -> None:
    (offer,) = labels.offers(project)
    labels.bring(image_list=offer.image_list, project=project, actor=shelf.cast.manager, final=True)
    assert ImageList.objects.get().final
    assert LabelImport.objects.get().writing == {}


def test_columns_of_the_list_are_those_of_its_labels(shelf: Shelf, project: Project) -> None:
    rows = ({"where": "a.png", "Kind": [box("car")]}, {"where": "b/c.png", "Kind": []})
    found = shelf.check(shelf.send(lines(*rows), "own.jsonl"), Reading(columns={"image": "where", "label": "Kind"}))
    factories.ProjectDatasetFactory(project=project, dataset=shelf.make(found))
    made = labels.bring(image_list=found, project=project, actor=shelf.cast.manager, final=True)
    jobs.run_due()
    made.refresh_from_db()
    assert (made.state, made.report["images"], made.report["annotations"]) == ("checked", 2, 1)


def test_a_project_without_the_dataset_is_refused(shelf: Shelf, project: Project) -> None:
    (offer,) = labels.offers(project)
    with pytest.raises(BadInput, match="does not use the dataset"):
        labels.bring(image_list=offer.image_list, project=shelf.cast.project, actor=shelf.cast.manager, final=True)
    assert labels.offers(shelf.cast.project) == []


def test_throwing_the_import_away_leaves_the_list_its_file(
    shelf: Shelf, project: Project, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    from exports.importing import requesting as importing

    (offer,) = labels.offers(project)
    made = labels.bring(image_list=offer.image_list, project=project, actor=shelf.cast.manager, final=True)
    jobs.run_due()
    with django_capture_on_commit_callbacks(execute=True):
        importing.discard(label_import=made, actor=shelf.cast.manager)
    assert receiving._store().read(receiving._part(offer.image_list, 0)) == AUTOML
    assert labels.offers(project)[0].label_import is None


def test_the_folder_of_keys_is_the_lists_own(shelf: Shelf) -> None:
    first, second = (shelf.send(AUTOML, f"{name}.jsonl") for name in "ab")
    assert looking.folder_of(first) != looking.folder_of(second)
    assert first.key.startswith(f"{looking.folder_of(first)}/")
