"""From Azure's exports to projects that run, by the command."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from PIL import Image as Picture

from annotations.models import Annotation, Task
from exports.models import LabelImport
from projects.models import Datastore, Label, Project, Workspace
from tests.conftest import Cast

pytestmark = pytest.mark.django_db
NAMES = ("soda/can 1.jpg", "soda/2.jpg", "soda/3.jpg")
SIZE = (64, 48)


@pytest.fixture
def pictures(tmp_path: Path, settings: Any) -> Path:
    folder = tmp_path / "images"
    for number, name in enumerate(NAMES):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Picture.new("RGB", SIZE, (number, 90, 90)).save(path)
    settings.LOCAL_STORE_ROOTS = [tmp_path]
    return folder


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "exports"
    folder.mkdir()
    return folder


def coco(folder: Path) -> Path:
    """As Azure's detection projects export: sizes of 0.0, fractions, an area of 0.0."""
    images = [
        {
            "id": n,
            "width": 0.0,
            "height": 0.0,
            "file_name": name,
            "coco_url": f"AmlDatastore://workspaceblobstore/{name}",
            "absolute_url": f"https://account.blob.core.windows.net/container/{name}",
            "date_captured": "2021-05-20T11:22:33.4567890Z",
        }
        for n, name in enumerate(NAMES, start=1)
    ]
    rows = [
        {"id": n, "category_id": n % 2 + 1, "image_id": n, "area": 0.0, "bbox": [0.25, 0.25, 0.5, 0.5]} for n in (1, 2)
    ]
    categories = [{"id": 1, "name": "drink/can"}, {"id": 2, "name": "drink/bottle"}]
    path = folder / "soda_20220329_18449.json"
    path.write_text(json.dumps({"images": images, "annotations": rows, "categories": categories}))
    return path


def outlines(folder: Path) -> Path:
    """As Azure's instance segmentation is written for AutoML, in an MLTable folder."""
    table = folder / "cells"
    table.mkdir()
    (table / "MLTable").write_text("paths:\n  - file: ./annotations.jsonl\n")
    path = table / "annotations.jsonl"
    ring = [0.25, 0.25, 0.75, 0.25, 0.75, 0.75]
    rows = [
        {
            "image_url": f"azureml://subscriptions/s/resourcegroups/r/workspaces/w/datastores/d/paths/{name}",
            "image_details": {"format": "jpg", "width": "64px", "height": "48px"},
            "label": [{"label": "cell", "isCrowd": "False", "polygon": [ring]}],
        }
        for name in NAMES[:2]
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def classes(folder: Path) -> Path:
    path = folder / "scenes.jsonl"
    rows = [("animal/dog", "day"), ("animal/cat",), ()]
    path.write_text(
        "".join(
            json.dumps({"image_url": f"AmlDatastore://images/{name}", "label": list(labels), "label_confidence": []})
            + "\r\n"
            for name, labels in zip(NAMES, rows, strict=True)
        )
    )
    return path


def migrate(cast: Cast, source: Path, pictures: Path, **options: Any) -> str:
    out = io.StringIO()
    call_command(
        "import_azure",
        source,
        email=cast.manager.email,
        organisation=cast.organisation.name,
        workspace="From Azure",
        datastore="workspaceblobstore",
        images=pictures,
        stdout=out,
        **options,
    )
    return out.getvalue()


@pytest.mark.slow
def test_a_coco_export_becomes_a_running_project(cast: Cast, files: Path, pictures: Path) -> None:
    said = migrate(cast, coco(files), pictures)
    project = Project.objects.get(name="soda_20220329_18449")
    assert (project.workspace.name, project.task_type, project.state) == ("From Azure", "box", "running")
    assert set(Label.objects.filter(project=project).values_list("path", flat=True)) == {
        "drink", "drink/can", "drink/bottle",
    }  # fmt: skip
    paths = {str(code): path for code, path in Label.objects.filter(project=project).values_list("code", "path")}
    tasks = {task.image.key: task for task in Task.objects.filter(project=project).select_related("image")}
    found = {
        name: [
            (paths[r["label"]], r["x"], r["y"], r["width"], r["height"]) for r in (task.final or {}).get("regions", ())
        ]
        for name, task in tasks.items()
    }
    assert found == {
        "soda/can 1.jpg": [("drink/bottle", 16, 12, 32, 24)],
        "soda/2.jpg": [("drink/can", 16, 12, 32, 24)],
        "soda/3.jpg": [],
    }
    assert [tasks[name].status for name in NAMES] == ["labelled", "labelled", "open"]
    assert "2 answers and 0 suggestions written." in said


@pytest.mark.slow
def test_a_folder_of_exports_becomes_a_project_each(cast: Cast, files: Path, pictures: Path) -> None:
    for make in (coco, outlines, classes):
        make(files)
    (files / "readme.json").write_text("{}")
    said = migrate(cast, files, pictures)
    assert {
        (project.name, project.task_type, project.state)
        for project in Project.objects.filter(workspace__name="From Azure")
    } == {
        ("soda_20220329_18449", "box", "running"),
        ("cells", "polygon", "running"),
        ("scenes", "multilabel", "running"),
    }
    assert (
        Workspace.objects.filter(name="From Azure").count()
        == Datastore.objects.filter(name="workspaceblobstore").count()
        == 1
    )
    ring = Task.objects.filter(project__name="cells", status="labelled").earliest("pk").final["regions"][0]
    assert ring["parts"] == [[[16, 12], [48, 12], [48, 36]]]
    assert Task.objects.filter(project__name="scenes", status="labelled").count() == 2
    assert "readme.json is no export of labels." in said


@pytest.mark.slow
def test_once_more_changes_nothing(cast: Cast, files: Path, pictures: Path) -> None:
    source = coco(files)
    migrate(cast, source, pictures)
    before = list(Task.objects.order_by("pk").values("final", "status", "version"))
    said = migrate(cast, source, pictures)
    assert list(Task.objects.order_by("pk").values("final", "status", "version")) == before
    assert (Project.objects.filter(workspace__name="From Azure").count(), Annotation.objects.count()) == (1, 2)
    assert "0 answers and 0 suggestions written." in said


@pytest.mark.slow
def test_labels_come_as_suggestions_where_asked(cast: Cast, files: Path, pictures: Path) -> None:
    migrate(cast, coco(files), pictures, prelabels=True, project="Soda")
    tasks = Task.objects.filter(project__name="Soda")
    assert (tasks.filter(prelabel__isnull=False).count(), tasks.filter(status="open").count()) == (2, 3)


def test_a_dry_run_makes_nothing(cast: Cast, files: Path, pictures: Path) -> None:
    said = migrate(cast, coco(files), pictures, dry_run=True)
    assert "soda_20220329_18449.json: 3 images, 2 labels, box." in said
    assert not Workspace.objects.filter(name="From Azure").exists()
    assert not LabelImport.objects.exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"email": "nobody@example.com"}, "no person with this address"),
        ({"organisation": "Nowhere"}, "no organisation of this name"),
    ],
)
def test_who_and_where_must_be_known(cast: Cast, files: Path, pictures: Path, options: Any, words: str) -> None:
    given = {"email": cast.manager.email, "organisation": cast.organisation.name} | options
    with pytest.raises(CommandError, match=words):
        call_command(
            "import_azure", coco(files), workspace="W", datastore="d", images=pictures, stdout=io.StringIO(), **given
        )


def test_what_cannot_be_read_is_said(cast: Cast, files: Path, pictures: Path) -> None:
    (files / "a.jsonl").write_text('{"image_url": "a", "label": []}\n{"image_url"')
    with pytest.raises(CommandError, match="Line 2 is not valid JSON"):
        migrate(cast, files, pictures)
    with pytest.raises(CommandError, match="does not exist"):
        migrate(cast, files / "nothing", pictures)
    for path in files.iterdir():
        path.unlink()
    with pytest.raises(CommandError, match="There is no export of labels there"):
        migrate(cast, files, pictures)


def test_one_name_is_for_one_file(cast: Cast, files: Path, pictures: Path) -> None:
    coco(files)
    classes(files)
    with pytest.raises(CommandError, match="there are several exports"):
        migrate(cast, files, pictures, project="Soda")
