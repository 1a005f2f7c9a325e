import csv as reader
import io
import json

import numpy as np
import pytest

from annotations import geometry, rle
from exports.formats import csv
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage

CATEGORIES = [ExportCategory(1, "Cat", "Animal/Cat"), ExportCategory(2, "=SUM(A1)", "-x/=SUM(A1)")]


def rows_of(*images):
    out = io.BytesIO()
    written = csv.write(out, iter(images), CATEGORIES)
    text = out.getvalue().decode()
    assert text.endswith("\r\n")
    return list(reader.DictReader(io.StringIO(text, newline=""))), written


def test_one_row_per_label_and_region_with_all_columns():
    box = ExportAnnotation(1, "box", geometry.Box(1.5, 2, 30, 40), crowd=True, note='a "b",\nc', code="r1")
    image = ExportImage(
        1,
        "a b/ä,.jpg",
        64,
        48,
        [ExportAnnotation(1, "label"), box],
        "code",
        "http://x",
        "",
        "labelled",
        "Ann",
        "2024",
        "Bob",
    )
    rows, written = rows_of(image)
    assert rows[1] == {
        "image": "a b/ä,.jpg",
        "image_code": "code",
        "image_url": "http://x",
        "image_width": "64",
        "image_height": "48",
        "status": "labelled",
        "label": "Cat",
        "label_path": "Animal/Cat",
        "label_confidence": "1.0",
        "shape": "box",
        "x": "1.5",
        "y": "2",
        "width": "30",
        "height": "40",
        "crowd": "1",
        "polygon": "",
        "mask": "",
        "origin": "manual",
        "note": 'a "b",\nc',
        "region": "r1",
        "labelled_by": "Ann",
        "labelled_at": "2024",
        "reviewed_by": "Bob",
        "split": "",
    }
    assert tuple(rows[1]) == csv.COLUMNS
    assert {name: rows[0][name] for name in ("label", "shape", "x", "width", "crowd", "region")} == {
        "label": "Cat",
        "shape": "label",
        "x": "",
        "width": "",
        "crowd": "",
        "region": "",
    }
    assert (written.images, written.annotations) == (1, 2)


def test_polygons_and_masks_are_json():
    pixels = np.eye(48, 64, dtype=np.uint8)
    counts = rle.compress(rle.encode(pixels))
    parts = [[[2, 2], [22, 2], [22.5, 12]]]
    rows, _ = rows_of(
        ExportImage(
            1,
            "a.jpg",
            64,
            48,
            [
                ExportAnnotation(1, "polygon", geometry.bounds(parts), parts),
                ExportAnnotation(1, "mask", geometry.Box(0, 0, 48, 48), counts=counts),
            ],
        )
    )
    assert json.loads(rows[0]["polygon"]) == parts
    assert [rows[0][name] for name in ("x", "y", "width", "height")] == ["2", "2", "20.5", "10"]
    assert json.loads(rows[1]["mask"]) == {"size": [48, 64], "counts": counts}


def test_an_image_without_labels_has_a_row():
    outside = ExportAnnotation(1, "box", geometry.Box(-0.5, 0, 0.5, 3))
    rows, written = rows_of(ExportImage(1, "a.jpg", 64, 48, [outside], labelled_by="Ann"))
    assert [(row["image"], row["label"], row["shape"], row["labelled_by"]) for row in rows] == [
        ("a.jpg", "", "", "Ann")
    ]
    assert written.annotations == 0


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_formulas_are_disarmed(start):
    note = f"{start}cmd|' /C calc'!A0"
    rows, _ = rows_of(
        ExportImage(
            1,
            note,
            64,
            48,
            [ExportAnnotation(2, "box", geometry.Box(1, 2, 3, 4), note=note, code=note)],
            labelled_by=note,
            reviewed_by=note,
        )
    )
    cells = [rows[0][name] for name in ("image", "label", "label_path", "note", "region", "labelled_by", "reviewed_by")]
    assert cells == [f"'{note}", "'=SUM(A1)", "'-x/=SUM(A1)", *[f"'{note}"] * 4]


def test_an_empty_export_is_the_header():
    out = io.BytesIO()
    csv.write(out, iter([]), CATEGORIES)
    assert out.getvalue().decode() == ",".join(csv.COLUMNS) + "\r\n"


def test_many_batches_keep_every_row():
    rows, _ = rows_of(*(ExportImage(n, f"{n}.jpg", 64, 48, [ExportAnnotation(1, "label")]) for n in range(1, 1201)))
    assert [row["image"] for row in rows] == [f"{n}.jpg" for n in range(1, 1201)]
