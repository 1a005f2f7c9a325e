"""Each format in, found out from the file, gives the documents that it was written from; and Azure's own files."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from annotations import rle
from annotations.models import Task
from exports.formats import (
    automl,
    class_folders,
    coco,
    csv,
    cvat,
    label_studio,
    masks,
    native,
    records,
    voc,
    yolo,
)  # fmt: skip
from exports.formats.archive import Archive
from exports.formats.records import ExportCategory, ExportImage
from exports.importing import requesting
from exports.importing.options import Reading
from exports.models import LabelImport
from projects import jobs
from projects.models import Label
from tests.exports.importing.conftest import Desk, MakeDesk, said

pytestmark = pytest.mark.django_db

WIDTH, HEIGHT = 640, 480


def zipped(write: Callable[..., Any], **options: Any) -> Callable[..., bytes]:
    def made(images: list[ExportImage], categories: list[ExportCategory]) -> bytes:
        out = io.BytesIO()
        archive = Archive(out)
        write(archive, iter(images), categories, **options)
        archive.close()
        return out.getvalue()

    return made


def plain(write: Callable[..., Any], **options: Any) -> Callable[..., bytes]:
    def made(images: list[ExportImage], categories: list[ExportCategory]) -> bytes:
        out = io.BytesIO()
        write(out, iter(images), categories, **options)
        return out.getvalue()

    return made


def pixels(image: ExportImage) -> Iterator[bytes]:
    yield b"x"


BOXES: dict[str, tuple[str, Callable[..., bytes]]] = {
    "coco": ("a.json", plain(coco.write)),
    "coco, fractions": ("a.json", plain(coco.write, normalised=True)),
    "coco, folder": ("a.zip", zipped(coco.write_folder)),
    "yolo": ("a.zip", zipped(yolo.write)),
    "automl": ("a.zip", zipped(automl.write, task="box")),
    "voc": ("a.zip", zipped(voc.write)),
    "cvat": ("a.zip", zipped(cvat.write)),
    "labelstudio": ("a.zip", zipped(label_studio.write)),
    "csv": ("a.csv", plain(csv.write)),
    "native": ("a.jsonl", plain(native.write)),
}
OUTLINES = BOXES | {
    "yolo": ("a.zip", zipped(yolo.write, segmentation=True)),
    "automl": ("a.zip", zipped(automl.write, task="polygon")),
}
del OUTLINES["voc"]
PIXELS = {name: OUTLINES[name] for name in ("coco", "cvat", "labelstudio", "csv", "native")} | {
    "masks": ("a.zip", zipped(masks.write)),
    "masks, colour": ("a.zip", zipped(masks.write, style="colour")),
}
ONE_LABEL = {name: BOXES[name] for name in ("coco", "cvat", "labelstudio", "csv", "native")} | {
    "automl": ("a.zip", zipped(automl.write, task="multiclass")),
    "folders": ("a.zip", zipped(class_folders.write, pixels=pixels)),
}
LABELS = {name: BOXES[name] for name in ("coco", "cvat", "labelstudio", "csv", "native")} | {
    "automl": ("a.zip", zipped(automl.write, task="multilabel")),
}
EVERY = [
    (task, name)
    for task, found in (
        ("box", BOXES), ("polygon", OUTLINES), ("semantic", PIXELS), ("multiclass", ONE_LABEL), ("multilabel", LABELS),
    )
    for name in found
]  # fmt: skip
WRITERS = {"box": BOXES, "polygon": OUTLINES, "semantic": PIXELS, "multiclass": ONE_LABEL, "multilabel": LABELS}


def documents_of(task_type: str, labels: list[Label]) -> list[dict[str, Any]]:
    """Three documents of the task type."""
    codes = [str(label.code) for label in labels]
    if task_type == "multiclass":
        return [{"labels": [code], "regions": [], "empty": False} for code in codes]
    if task_type == "multilabel":
        return [{"labels": codes[: n + 1], "regions": [], "empty": False} for n in range(3)]
    return [
        {"labels": [], "regions": [region(task_type, code, n) for n, code in enumerate(codes)], "empty": False}
        for _ in range(3)
    ]


def region(task_type: str, code: str, number: int) -> dict[str, Any]:
    x, y = 20.0 + 150 * number, 30.0
    own = {"id": f"r{number}", "label": code}
    if task_type == "box":
        return own | {"shape": "box", "x": x, "y": y, "width": 40.0, "height": 50.0}
    ring = [[x, y], [x + 40, y], [x + 60, y + 70], [x, y + 50]]
    if task_type == "polygon":
        return own | {"shape": "polygon", "parts": [ring]}
    runs = rle.polygon_to_runs([ring], HEIGHT, WIDTH)
    box = rle.bounding_box(runs, HEIGHT)
    sides = dict(zip(("x", "y", "width", "height"), map(float, box), strict=True))
    return own | {"shape": "mask", "rle": {"size": [HEIGHT, WIDTH], "counts": rle.compress(runs)}, **sides}


def records_of(desk: Desk, documents: list[dict[str, Any]]) -> tuple[list[ExportImage], list[ExportCategory]]:
    labels = list(Label.objects.filter(project=desk.bench.project).order_by("position"))
    categories = [
        ExportCategory(n, label.name, label.path, str(label.code), label.colour) for n, label in enumerate(labels, 1)
    ]
    ids = {category.code: category.id for category in categories}
    images = [
        ExportImage(n, name, WIDTH, HEIGHT, records.from_document(document, ids), url=f"AmlDatastore://store/{name}")
        for n, (name, document) in enumerate(zip(desk.names, documents, strict=True), 1)
    ]
    return images, categories


def shapes(document: Any) -> list[tuple[Any, ...]]:
    """What a document says, without ids; outlines and masks by their corners or pixels."""
    found: list[tuple[Any, ...]] = [(label,) for label in sorted(document["labels"])]
    for one in document["regions"]:
        where = one["parts"] if one["shape"] == "polygon" else [one["x"], one["y"], one["width"], one["height"]]
        flat = np.ravel(where).tolist()
        found.append(
            (one["label"], one["shape"], *(round(number, 1) for number in flat), one.get("rle", {}).get("counts"))
        )
    return found


@pytest.mark.parametrize(("task_type", "name"), EVERY, ids=lambda value: value)
def test_documents_come_in_as_they_were_written(make_desk: MakeDesk, task_type: str, name: str) -> None:
    desk = make_desk(tasks=3, task_type=task_type)
    documents = documents_of(task_type, desk.bench.labels)
    images, categories = records_of(desk, documents)
    file, write = WRITERS[task_type][name]
    made = desk.check(write(images, categories), file)
    assert (made.state, made.format, made.report["problems"]) == ("checked", name.partition(",")[0], []), (
        made.job.error_detail
    )
    assert made.report["ready"] == 3
    desk.write(made)
    for task, document in zip(desk.tasks(), documents, strict=True):
        assert task.status == "labelled"
        assert shapes(task.final) == shapes(document)


def test_what_cannot_be_kept_apart_in_masks_is_laid_over(make_desk: MakeDesk) -> None:
    """Outlines of a semantic project become one mask per label, the later on top."""
    desk = make_desk(tasks=1, task_type="semantic")
    first, second, _ = (label.path for label in desk.bench.labels)
    ring = json.dumps([[0, 0], [10, 0], [10, 10], [0, 10]])
    other = json.dumps([[5, 0], [15, 0], [15, 10], [5, 10]])
    rows = [(desk.names[0], first, ring), (desk.names[0], second, other)]
    data = "image,label,polygon\n" + "\n".join(f'{name},{label},"{text}"' for name, label, text in rows)
    desk.write(desk.check(data.encode(), "a.csv"))
    (task,) = desk.tasks()
    areas = {
        region["label"]: rle.area(rle.from_text(region["rle"]["counts"], HEIGHT, WIDTH))
        for region in task.final["regions"]
    }
    assert areas == {str(desk.bench.labels[0].code): 50, str(desk.bench.labels[1].code): 100}


def test_outlines_that_cross_themselves_become_masks(make_desk: MakeDesk) -> None:
    desk = make_desk(tasks=1, task_type="polygon")
    bow = [[0, 0], [10, 10], [10, 0], [0, 10]]
    data = f'image,label,polygon\n{desk.names[0]},{desk.bench.labels[0].path},"{json.dumps(bow)}"\n'
    made = desk.write(desk.check(data.encode(), "a.csv"))
    (task,) = desk.tasks()
    (found,) = task.final["regions"]
    assert (found["shape"], made.report["changed"]) == ("mask", 1)
    pixels = rle.decode(rle.from_text(found["rle"]["counts"], HEIGHT, WIDTH), HEIGHT, WIDTH)
    assert (pixels == rle.polygon_to_mask([bow], HEIGHT, WIDTH)).all()


def test_boxes_are_cut_at_the_border_and_outlines_give_boxes(desk: Desk) -> None:
    path = desk.bench.labels[0].path
    ring = json.dumps([[10, 20], [40, 20], [40, 60]])
    data = (
        "image,label,x,y,width,height,polygon\n"
        f"{desk.names[0]},{path},600,400,100,100,\n"
        f'{desk.names[1]},{path},,,,,"{ring}"\n'
    )
    made = desk.write(desk.check(data.encode(), "a.csv"))
    assert [said(task)[0][1:5] for task in desk.tasks()[:2]] == [(600, 400, 40, 80), (10, 20, 30, 40)]
    assert made.report["changed"] == 2


def azure_coco(desk: Desk, **image: Any) -> bytes:
    """As Azure's labelling exports: fractions, no info, an area of 0.0."""
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
        | image
        for n, name in enumerate(desk.names, start=1)
    ]
    bbox = [0.015625, 0.02083333333, 0.046875, 0.125]
    found = [{"id": n, "category_id": 1, "image_id": n, "area": 0.0, "bbox": bbox} for n in range(1, len(images) + 1)]
    return json.dumps(
        {"images": images, "annotations": found, "categories": [{"id": 1, "name": desk.bench.labels[0].path}]}
    ).encode()


@pytest.mark.parametrize(
    "image",
    [{}, {"width": 640.0, "height": 480.0}, {"width": 8000.0, "height": 6000.0}, {"file_name": "somewhere/else.jpg"}],
)
def test_azures_normalised_coco_is_scaled_to_the_real_image(desk: Desk, image: Any) -> None:
    made = desk.write(desk.check(azure_coco(desk, **image), "export.json"))
    assert (made.format, made.result["written"], made.report["problems"]) == ("coco", 6, [])
    assert [list(said(task)[0][1:5]) for task in desk.tasks()] == [pytest.approx([10, 10, 30, 60], abs=1e-3)] * 6


def jsonl(*rows: Any) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\r\n" for row in rows)


@pytest.mark.parametrize(
    "url",
    [
        "AmlDatastore://store/{}",
        "azureml://subscriptions/s/resourcegroups/r/workspaces/w/datastores/d/paths/{}",
        "azureml://datastores/d/paths/{}",
        "https://account.blob.core.windows.net/container/{}?sv=2020&sig=abc",
        "./{}",
    ],
)
@pytest.mark.parametrize(
    "label",
    [
        {"topX": 0.1, "topY": 0.25, "bottomX": 0.2, "bottomY": 0.5, "isCrowd": "True"},
        {"topX": "0.1", "topY": "0.25", "bottomX": "0.2", "bottomY": "0.5", "isCrowd": 1},
        {"topX": 0.2, "topY": 0.5, "bottomX": 0.1, "bottomY": 0.25, "isCrowd": "1"},
    ],
)
def test_azures_jsonl_is_read_with_its_tolerances(make_desk: MakeDesk, url: str, label: Any) -> None:
    desk = make_desk(tasks=2)
    named = {"label": desk.bench.labels[0].path, **label}
    first, second = (url.format(name) for name in desk.names)
    details = {"format": "jpg", "width": "640px", "height": "480px"}
    data = jsonl(
        {"image_url": first, "image_details": details, "label": [named], "label_confidence": [1.0]},
        {"image_url": second, "label": named, "label_confidence": 0.5},
    )
    made = desk.write(desk.check(data, "labels.jsonl"))
    assert (made.format, made.result["written"], made.report["problems"]) == ("automl", 2, [])
    for task in desk.tasks():
        (found,) = task.final["regions"]
        assert [found[side] for side in ("x", "y", "width", "height")] == pytest.approx([64, 120, 64, 120])
        assert found["crowd"] is True


def test_names_with_slashes_become_a_tree(make_desk: MakeDesk) -> None:
    desk = make_desk(tasks=2, task_type="multilabel")
    first, second = (f"AmlDatastore://store/{name}" for name in desk.names)
    data = jsonl({"image_url": first, "label": ["animal/dog", "day"]}, {"image_url": second, "label": ["animal/cat"]})
    made = desk.write(desk.check(data, "labels.jsonl"), create_labels=True)
    assert made.result["written"] == 2
    paths = {str(code): path for code, path in Label.objects.values_list("code", "path")}
    assert [sorted(paths[code] for code in task.final["labels"]) for task in desk.tasks()] == [
        ["animal/dog", "day"],
        ["animal/cat"],
    ]


def test_an_image_of_another_size_is_refused(desk: Desk) -> None:
    data = f"image,image_width,image_height,label,x,y,width,height\n{desk.names[0]},480,640,{desk.bench.labels[0].path},1,2,3,4\n"
    made = desk.check(data.encode(), "a.csv")
    assert made.report["problems"] == [
        f"{desk.names[0]}: the file says 480 × 640 px, but the image has 640 × 480, turned."
    ]
    assert made.report["ready"] == 0


def test_boxes_have_no_place_where_images_have_labels(make_desk: MakeDesk) -> None:
    desk = make_desk(tasks=1, task_type="multiclass")
    data = f"image,label,x,y,width,height\n{desk.names[0]},{desk.bench.labels[0].path},1,2,3,4\n"
    made = desk.check(data.encode(), "a.csv")
    words = "a box has no place in this project, which takes one label per image"
    assert (made.report["problems"], made.report["unusable"]) == ([f"{desk.names[0]}: {words}."], 1)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.json", b"{", "No label format that is known here"),
        ("a.zip", b"PK\x03\x04 no archive", "No label format that is known here"),
        ("a.bin", bytes(range(256)), "No label format that is known here"),
        ("a.csv", b"a,b\n1,2\n", "No column says which image a row is about"),
        ("a.json", b'{"images": [], "annotations": [', "not valid JSON, or ends too early"),
        ("a.jsonl", b'{"image_url": "x", "label": []}\n{"image_url"', "Line 2 is not valid JSON"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(desk: Desk, name: str, data: bytes, words: str) -> None:
    made = desk.check(data, name)
    assert (made.state, made.job.state, made.job.error_code) == ("checking", "failed", "import_unreadable")
    assert words in made.job.error_detail
    assert not Task.objects.exclude(status="open").exists()


def test_columns_that_were_not_understood_can_be_chosen(desk: Desk) -> None:
    made = desk.check(f"who,what\n{desk.names[0]},{desk.bench.labels[0].path}\n".encode(), "a.csv")
    assert (made.job.state, made.report["preview"]["columns"]) == ("failed", ["who", "what"])
    from_api = {"image": "who", "label": "what"}
    made = _again(desk, made, from_api)
    assert (made.state, made.report["matched"]) == ("checked", 1)


def _again(desk: Desk, made: LabelImport, columns: dict[str, str]) -> LabelImport:
    requesting.check(label_import=made, actor=desk.manager, options=Reading(columns=columns))
    jobs.run_due()
    return desk.fresh(made)


def test_an_archive_may_hold_litter(desk: Desk) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("__MACOSX/._a.csv", b"\0\1")
        file.writestr("x/a.csv", f"image,label,x,y,width,height\n{desk.names[0]},{desk.bench.labels[0].path},1,2,3,4\n")
        file.writestr("x/.DS_Store", b"\0")
    made = desk.check(out.getvalue(), "a.zip")
    assert (made.state, made.format, made.report["ready"]) == ("checked", "csv", 1)


def test_what_the_database_cannot_hold_does_no_harm(desk: Desk) -> None:
    """Zero characters in names, labels, notes and ids."""
    first, second, *_ = desk.names
    path = desk.bench.labels[0].path
    rows = [
        f"{first},{path},1,2,3,4,a\0b,r\0",
        f"{second},un\0known,1,2,3,4,,",
        f"gone\0.jpg,{path},1,2,3,4,,",
    ]
    data = "\n".join(["image,label,x,y,width,height,note,region", *rows]).encode()
    made = desk.write(desk.check(data, "a.csv"))
    assert (made.state, made.result["written"], made.report["unknown"]) == ("done", 1, 1)
    (region,) = desk.tasks()[0].final["regions"]
    assert region["note"] == "a\ufffdb"
