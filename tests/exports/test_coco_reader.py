"""COCO files in any order and of any size."""

import io
import json
import random
import tracemalloc
from itertools import permutations
from typing import Any

import pytest

from annotations import geometry
from exports.formats import coco, coco_reader, json_stream, shelf
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage

CATEGORIES = [ExportCategory(n, f"Label {n}", f"Label {n}") for n in (1, 2, 3)]


def made(count: int) -> list[ExportImage]:
    """Images with none to three boxes."""
    return [
        ExportImage(
            number,
            f"{number}.jpg",
            640,
            480,
            [
                ExportAnnotation(
                    at + 1, "box", geometry.Box(at * 10.5 + number % 7, 2, 30, 40), (), "", False, "import"
                )
                for at in range(number % 4)
            ],
        )
        for number in range(1, count + 1)
    ]


def text_of(images: list[ExportImage]) -> dict[str, Any]:
    out = io.BytesIO()
    coco.write(out, images, CATEGORIES)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def read(content: dict[str, Any]) -> coco_reader.Content:
    return coco_reader.read(json.dumps(content).encode())


@pytest.mark.parametrize("order", [*permutations(("images", "annotations", "categories"))])
def test_lists_come_in_any_order(order: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "PIECE", 3000)
    images = made(300)
    content = text_of(images)
    found = read({name: content[name] for name in order} | {"info": {}})
    assert (found.images, found.problems) == (images, [])


def test_annotations_come_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "PIECE", 3000)
    images = made(200)
    content = text_of(images)
    shuffled = sorted(content["annotations"], key=lambda row: (row["category_id"], -row["image_id"]))
    found = read({"annotations": shuffled, "images": content["images"][::-1], "categories": content["categories"]})
    assert (found.images, found.problems) == (images[::-1], [])


def test_of_two_images_with_one_number_the_first_has_the_annotations() -> None:
    content = text_of(made(3))
    content["images"].append({"id": 3, "file_name": "again.jpg", "width": 9, "height": 9})
    content["annotations"].append({"id": 99, "image_id": 77, "category_id": 1, "bbox": [1, 1, 2, 2]})
    found = read(content)
    assert [(image.name, len(image.annotations)) for image in found.images] == [
        ("1.jpg", 1),
        ("2.jpg", 2),
        ("3.jpg", 3),
        ("again.jpg", 0),
    ]
    assert found.problems == ["1 annotations are for image 77, which is not listed."]


@pytest.mark.parametrize("side", ["nan", "inf", "-inf"])
def test_a_box_of_no_numbers_is_left_out(side: str) -> None:
    content = text_of(made(1))
    content["annotations"][0]["bbox"] = [1, 2, side, 4]
    found = read(content)
    assert (found.images[0].annotations, len(found.problems)) == ([], 1)


def test_a_number_that_is_too_large_is_one_clear_error() -> None:
    content = text_of(made(1))
    content["annotations"][0]["image_id"] = 2**63
    with pytest.raises(coco_reader.NotCocoError, match="The file is not COCO"):
        read(content)


def test_memory_does_not_grow_with_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "PIECE", 20_000)
    for module in (shelf, coco_reader):
        monkeypatch.setattr(module, "SPOOL_BYTES", 20_000)
    peaks = []
    for count in (1_000, 8_000):
        content = text_of(made(count))
        random.Random(1).shuffle(content["annotations"])
        file = io.BytesIO(json.dumps(content).encode())
        del content
        tracemalloc.start()
        assert sum(len(image.annotations) for image in coco_reader.Reader(file).images()) == count * 3 // 2
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # 24 bytes for each of the further 10,500 annotations, and as much again while they are sorted.
    assert peaks[1] - peaks[0] < 7_000 * 1.5 * 24 * 4
