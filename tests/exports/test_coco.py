import io
import json
import tracemalloc

import numpy as np
import pytest
from pycocotools import mask as mask_api
from pycocotools.coco import COCO

from annotations import documents, geometry, rle
from exports.formats import coco, coco_reader, parts, records
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage

# pycocotools 2.0.11 still speaks NumPy 1's array protocol.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

CATEGORIES = [
    ExportCategory(1, "Cat", "Animal/Cat", "c1"),
    ExportCategory(2, "Dog", "Animal/Dog", "c2"),
    ExportCategory(3, "Left", "Front/Left", "c3"),
    ExportCategory(4, "Left", "Rear/Left", "c4"),
]
SQUARE = [[2, 2], [22, 2], [22, 12], [2, 12]]
HOLE = [[6, 4], [10, 4], [10, 8], [6, 8]]
APART = [[30, 30], [40, 30], [40, 40]]


def box(x, y, width, height, category=1, **more):
    return ExportAnnotation(category, "box", geometry.Box(x, y, width, height), **more)


def polygon(*parts, category=2):
    return ExportAnnotation(category, "polygon", geometry.bounds(parts), parts)


def mask(pixels, category=3):
    runs = rle.encode(pixels)
    frame = rle.bounding_box(runs, pixels.shape[0])
    return ExportAnnotation(category, "mask", frame, counts=rle.compress(runs))


def image(number, *annotations, **more):
    return ExportImage(number, f"folder/ä {number}.jpg", 64, 48, annotations, **more)


def text_of(images, **options):
    out = io.BytesIO()
    written = coco.write(out, iter(images), CATEGORIES, **options)
    return out.getvalue(), written


def loaded(images, tmp_path):
    path = tmp_path / "coco.json"
    path.write_bytes(text_of(images)[0])
    return COCO(str(path))


def test_pycocotools_loads_the_right_boxes(tmp_path, capsys):
    boxes = [(1.5, 2, 30, 40.25), (0, 0, 64, 48)]
    found = loaded([image(7, *(box(*numbers) for numbers in boxes)), image(8), image(9, box(3, 4, 5, 6, 2))], tmp_path)
    assert sorted(found.getImgIds()) == [7, 8, 9]
    assert found.loadImgs(7) == [{"id": 7, "file_name": "folder/ä 7.jpg", "width": 64, "height": 48}]
    rows = found.loadAnns(found.getAnnIds(imgIds=[7]))
    assert [tuple(row["bbox"]) for row in rows] == boxes
    assert [row["area"] for row in rows] == [30 * 40.25, 64 * 48]
    assert found.getAnnIds(imgIds=[8]) == []
    assert [row["category_id"] for row in found.loadAnns(found.getAnnIds(imgIds=[9]))] == [2]
    assert [row["id"] for row in found.dataset["annotations"]] == [1, 2, 3]


C_SHAPE = [[10, 10], [40, 10], [40, 16], [16, 16], [16, 34], [40, 34], [40, 40], [10, 40]]
IN_ITS_ARMS = [[22, 20], [36, 20], [36, 30], [22, 30]]


@pytest.mark.parametrize(
    ("parts", "area", "kind"),
    [
        ([C_SHAPE], 30 * 30 - 24 * 18, list),
        ([C_SHAPE, IN_ITS_ARMS], 30 * 30 - 24 * 18 + 14 * 10, list),
        ([SQUARE, HOLE], 184, dict),
        ([SQUARE, HOLE, APART], 234, dict),
    ],
)
def test_pycocotools_counts_the_area_that_is_written(parts, area, kind, tmp_path, capsys):
    """Parts stay polygons, even inside each other's box; holes become pixels, and their area is counted in pixels."""
    found = loaded([image(1, polygon(*parts))], tmp_path)
    (row,) = found.loadAnns([1])
    assert isinstance(row["segmentation"], kind)
    counted = int(mask_api.area(found.annToRLE(row)))
    assert row["area"] == (counted if kind is dict else area)
    assert abs(counted - area) <= 12
    back = coco_reader.read((tmp_path / "coco.json").read_bytes()).images[0].annotations[0]
    assert (back.shape == "polygon" and [*back.parts] == parts) or (kind is dict and back.shape == "mask")


def test_pycocotools_sees_the_right_pixels(tmp_path, capsys):
    pixels = np.zeros((48, 64), dtype=np.uint8)
    pixels[5:20, 7:50:3] = 1
    found = loaded([image(1, mask(pixels), polygon(SQUARE, HOLE, APART), polygon(SQUARE, APART))], tmp_path)
    first, second, third = found.loadAnns([1, 2, 3])
    assert (found.annToMask(first) == pixels).all()
    assert first["area"] == pixels.sum()
    assert (found.annToMask(second) == rle.polygon_to_mask([SQUARE, HOLE, APART], 48, 64)).all()
    assert second["area"] == mask_api.area(second["segmentation"])
    assert second["bbox"] == [2, 2, 38, 38]
    assert third["segmentation"] == [[2, 2, 22, 2, 22, 12, 2, 12], [30, 30, 40, 30, 40, 40]]
    assert abs(int(found.annToMask(third).sum()) - 250) < 15


def test_the_standard_file_as_a_whole():
    data, written = text_of(
        [
            image(
                1, ExportAnnotation(1, "label"), box(1, 2, 3, 4, crowd=True), url="http://x/1", captured_at="2024-01-01"
            )
        ],
        info={"description": "Demo"},
    )
    assert json.loads(data) == {
        "info": {"description": "Demo"},
        "licenses": [],
        "categories": [
            {"id": 1, "name": "Cat", "supercategory": "Animal"},
            {"id": 2, "name": "Dog", "supercategory": "Animal"},
            {"id": 3, "name": "Front/Left", "supercategory": "Front"},
            {"id": 4, "name": "Rear/Left", "supercategory": "Rear"},
        ],
        "images": [
            {
                "id": 1,
                "file_name": "folder/ä 1.jpg",
                "width": 64,
                "height": 48,
                "coco_url": "http://x/1",
                "date_captured": "2024-01-01",
            }
        ],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "area": 0.0, "iscrowd": 0},
            {
                "id": 2,
                "image_id": 1,
                "category_id": 1,
                "bbox": [1, 2, 3, 4],
                "area": 12,
                "segmentation": [],
                "iscrowd": 1,
            },
        ],
    }
    assert (written.images, written.annotations, written.per_category) == (1, 2, {1: 2})


def test_the_azure_dialect_of_its_documented_example():
    data, _ = text_of([ExportImage(1, "a.jpg", 640, 480, [box(10, 10, 30, 60)])], normalised=True)
    assert json.loads(data) == {
        "categories": [{"id": c, "name": n} for c, n in enumerate(("Cat", "Dog", "Front/Left", "Rear/Left"), 1)],
        "images": [{"id": 1, "file_name": "a.jpg", "width": 640.0, "height": 480.0}],
        "annotations": [
            {
                "id": 1,
                "image_id": 1,
                "category_id": 1,
                "bbox": [0.015625, pytest.approx(10 / 480), 0.046875, 0.125],
                "area": 0.0,
            }
        ],
    }


@pytest.mark.parametrize("normalised", [False, True])
def test_overhang_is_clipped_and_what_is_outside_left_out(normalised):
    images = [image(1, box(-0.5, -0.5, 65, 49), box(-0.5, 0, 0.5, 5), polygon([[-0.5, 0], [20, 0], [20, 20]]))]
    rows = json.loads(text_of(images, normalised=normalised)[0])["annotations"]
    assert [row["id"] for row in rows] == [1, 2]
    scale = (64, 48) if normalised else (1, 1)
    assert rows[0]["bbox"] == [0, 0, 64 / scale[0], 48 / scale[1]]
    assert min(rows[1]["segmentation"][0]) == 0


@pytest.mark.parametrize("images", [[], [image(1)], [image(n) for n in range(1, 1200)]])
def test_empty_exports_are_whole_files(images):
    content = json.loads(text_of(images)[0])
    assert (len(content["images"]), content["annotations"]) == (len(images), [])


def test_images_and_annotations_of_many_batches_stay_joined():
    images = [image(n, *[box(1, 1, 2, 2)] * (n % 3)) for n in range(1, 1600)]
    content = json.loads(text_of(images)[0])
    assert [row["id"] for row in content["images"]] == list(range(1, 1600))
    assert [row["id"] for row in content["annotations"]] == list(range(1, 1600))


def test_records_come_from_a_stored_document():
    region = {"id": "r1", "label": "c2", "origin": "prelabel", "note": "x"}
    document = documents.dump(
        documents.parse(
            {
                "labels": ["c1", "gone"],
                "regions": [
                    region | {"shape": "box", "x": 1, "y": 2, "width": 3, "height": 4, "crowd": True},
                    region | {"shape": "polygon", "parts": [SQUARE]},
                    region | {"shape": "box", "label": "gone", "x": 1, "y": 2, "width": 3, "height": 4},
                ],
            }
        )
    )
    more = {"origin": "prelabel", "note": "x", "code": "r1"}
    assert records.from_document(document, {"c1": 1, "c2": 2}) == [
        ExportAnnotation(1, "label"),
        ExportAnnotation(2, "box", geometry.Box(1, 2, 3, 4), crowd=True, **more),
        ExportAnnotation(2, "polygon", geometry.Box(2, 2, 20, 10), [SQUARE], **more),
    ]


@pytest.mark.parametrize("normalised", [False, True])
def test_what_is_written_is_read_back(normalised):
    pixels = np.zeros((48, 64), dtype=np.uint8)
    pixels[5:20, 7:50:3] = 1
    images = [image(1, box(1, 2, 3, 4, crowd=not normalised), polygon(SQUARE, APART), mask(pixels)), image(2)]
    content = coco_reader.read(text_of(images, normalised=normalised)[0])
    assert (content.normalised, content.problems) == (normalised, [])
    assert [(row.id, row.name, row.width, row.height) for row in content.images] == [
        (1, "folder/ä 1.jpg", 64, 48),
        (2, "folder/ä 2.jpg", 64, 48),
    ]
    for given, found in zip(images[0].annotations, content.images[0].annotations, strict=True):
        assert (found.shape, found.category_id, found.crowd) == (given.shape, given.category_id, given.crowd)
        assert list(found.box) == pytest.approx(list(given.box))
        assert found.counts == given.counts
        assert [np.allclose(one, two) for one, two in zip(given.parts, found.parts, strict=True)] == [True] * len(
            given.parts
        )
    if not normalised:
        assert [c.path for c in content.categories] == [c.path for c in CATEGORIES]


def test_azure_files_with_zero_sizes_need_sizes():
    data = json.dumps(
        {
            "images": [
                {"id": 1, "width": 0.0, "height": 0.0, "file_name": "a.jpg", "coco_url": "AmlDatastore://x/a.jpg"}
            ],
            "annotations": [
                {
                    "id": 1,
                    "category_id": 1,
                    "image_id": 1,
                    "area": 0.0,
                    "bbox": ["0.5", 0.25, 0.5, 0.75],
                    "iscrowd": "True",
                },
                {"id": 2, "category_id": 1, "image_id": 1, "area": 0.0, "bbox": [0.5, 0.25, 0, 0.75]},
                {"id": 3, "category_id": 9, "image_id": 1, "area": 0.0},
                {"id": 4, "category_id": 1, "image_id": 77},
                {"id": 5, "category_id": 1, "image_id": 1},
                {"id": 6, "category_id": 1, "image_id": 1, "segmentation": [[0.1, 0.2, 0.3]]},
            ],
            "categories": [{"id": 1, "name": "cat"}],
        }
    ).encode()
    content = coco_reader.read(data, {"a.jpg": (200, 100)})
    assert content.images[0].annotations == [
        ExportAnnotation(1, "box", geometry.Box(100, 25, 100, 75), crowd=True, origin="import"),
        ExportAnnotation(1, "label", origin="import"),
    ]
    assert content.images[0].url == "AmlDatastore://x/a.jpg"
    assert content.problems == [
        "a.jpg, annotation 2: the box has no width or no height.",
        "a.jpg, annotation 3: category 9 is not listed.",
        "a.jpg, annotation 6: a polygon needs an even count of at least six numbers.",
        "1 annotations are for image 77, which is not listed.",
    ]
    assert coco_reader.read(data).problems[0] == (
        "a.jpg: the image's size is not known, so its fractions cannot become pixels."
    )


@pytest.mark.parametrize("data", [b"", b"[]", b'{"images": []}', b"{"])
def test_other_files_are_refused(data):
    with pytest.raises(coco_reader.NotCocoError):
        coco_reader.read(data)


class Counting(io.RawIOBase):
    written = 0

    def write(self, data):
        self.written += len(data)
        return len(data)


def stream(count):
    regions = [box(1.5, 2, 30, 40.25) for _ in range(5)]
    return (ExportImage(n, f"folder/{n}.jpg", 64, 48, regions) for n in range(1, count + 1))


def test_memory_does_not_grow_with_the_export(monkeypatch):
    monkeypatch.setattr(parts, "SPOOL_BYTES", 100_000)
    peaks = []
    for count in (1_000, 6_000):
        tracemalloc.start()
        coco.write(Counting(), stream(count), CATEGORIES)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2
