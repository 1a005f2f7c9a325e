"""What is written, read by programs that know nothing of us: as many things of the same labels in the same places."""

import io
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from PIL import Image
from pycocotools import mask as mask_api
from pycocotools.coco import COCO

from annotations import geometry, rle
from exports.formats import class_folders, coco, masks, parts, records, voc, yolo
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage

with warnings.catch_warnings():
    # Without OpenCV it reads and fills by NumPy, and says so; both do here.
    warnings.simplefilter("ignore")
    import supervision

datasets: Any = pytest.importorskip("torchvision.datasets")

pytestmark = [
    # pycocotools 2.0.11 still speaks NumPy 1's array protocol.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning:supervision"),
]
CATEGORIES = [
    ExportCategory(1, "Cat", "Animal/Cat", "c1", "#e02030"),
    ExportCategory(2, "Räder & Co", "Räder & Co", "c2", "#1020f0"),
    ExportCategory(3, "Dog", "Animal/Dog", "c3", "#10f020"),
]
NAMES = records.unique_names(CATEGORIES)
SIZES = [(160, 120), (64, 48), (33, 47)]
Thing = tuple[str, tuple[float, ...]]


def picture(image: ExportImage) -> list[bytes]:
    """A file of the image's size, in one grey of its own."""
    out = io.BytesIO()
    Image.new("RGB", (image.width, image.height), (image.id * 40,) * 3).save(out, "jpeg")
    return [out.getvalue()]


def boxes(*, whole: bool) -> list[ExportImage]:
    """Three images with three, two and no boxes; in whole pixels for formats that know no others."""
    given = [
        [(1, 0, 0, 160, 120), (2, 10.25, 20.5, 30.75, 40.125), (3, 155, 115, 5, 5)],
        [(1, 3, 4, 5, 6), (1, 0.5, 0.5, 63, 47)],
        [],
    ]
    return images(
        [
            [
                ExportAnnotation(
                    label, "box", geometry.Box(*(int(side) if whole else side for side in (x, y, width, height)))
                )
                for label, x, y, width, height in rows
            ]
            for rows in given
        ]
    )


def images(rows: list[list[ExportAnnotation]]) -> list[ExportImage]:
    names = ("folder one/ä & b.jpg", "folder one/2.jpg", "3.jpg")
    return [
        ExportImage(n, name, *size, found, split="train")
        for n, (name, size, found) in enumerate(zip(names, SIZES, rows, strict=True), start=1)
    ]


def outlines() -> list[ExportImage]:
    """Polygons, one of them with two parts, and a mask."""
    triangle = [[10.2, 10.2], [80.6, 12.4], [40.1, 90.7]]
    beside = [[100.3, 20.2], [140.8, 20.2], [140.8, 60.4], [100.3, 60.4]]
    pixels = np.zeros((48, 64), dtype=np.uint8)
    pixels[5:20, 7:50] = 1
    pixels[10:15, 20:30] = 0
    runs = rle.encode(pixels)
    painted = ExportAnnotation(3, "mask", rle.bounding_box(runs, 48), counts=rle.compress(runs))
    return images([[polygon(1, triangle), polygon(2, triangle, beside)], [painted], []])


def polygon(label: int, *rings: list[list[float]]) -> ExportAnnotation:
    return ExportAnnotation(label, "polygon", geometry.bounds(rings), rings)


def unpacked(tmp_path: Path, given: list[ExportImage], writer: parts.Writer) -> Path:
    out = io.BytesIO()
    parts.write(out, given, writer)
    # A bare file has no archive around it; these formats all have.
    with zipfile.ZipFile(out) as file:
        file.extractall(tmp_path)
    return tmp_path


def archived(tmp_path: Path, given: list[ExportImage], write: Callable[..., Any], **options: Any) -> Path:
    return unpacked(tmp_path, given, write(CATEGORIES, pixels=picture, **options))


def given_boxes(given: list[ExportImage]) -> list[list[Thing]]:
    """Labels and left, top, right, bottom of every image, by its size."""
    return [
        sorted(
            (NAMES[a.category_id], (a.box.x, a.box.y, a.box.right, a.box.bottom)) for a in image.annotations if a.box
        )
        for image in given
    ]


def seen_by_supervision(found: Any) -> list[list[Thing]]:
    """The same of a dataset of supervision's, in the order of the images' sizes above."""
    by_size: dict[tuple[int, int], list[Thing]] = {}
    for _, pixels, seen in found:
        labels = [found.classes[number] for number in seen.class_id]
        by_size[pixels.shape[1], pixels.shape[0]] = sorted(zip(labels, map(tuple, seen.xyxy.tolist()), strict=True))
    return [by_size[size] for size in SIZES]


def assert_same(found: list[list[Thing]], wanted: list[list[Thing]], *, within: float) -> None:
    assert [[label for label, _ in things] for things in found] == [[label for label, _ in things] for things in wanted]
    for mine, theirs in zip(wanted, found, strict=True):
        for (_, one), (_, other) in zip(mine, theirs, strict=True):
            assert other == pytest.approx(one, abs=within)


def test_coco_boxes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = boxes(whole=False)
    root = archived(tmp_path, given, coco.Writer, folder=True)
    folder, file = str(root / "images/train"), str(root / "annotations/instances_train.json")
    wanted = given_boxes(given)
    seen = supervision.DetectionDataset.from_coco(folder, file)
    assert_same(seen_by_supervision(seen), wanted, within=1e-4)
    by_torchvision = datasets.CocoDetection(folder, file)
    read = COCO(file)
    found = []
    for (pixels, rows), size in zip(by_torchvision, SIZES, strict=True):
        assert pixels.size == size
        found.append(
            sorted(
                (read.cats[row["category_id"]]["name"], (x, y, x + width, y + height))
                for row in rows
                for x, y, width, height in [row["bbox"]]
            )
        )
    assert found == wanted


def test_coco_outlines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = outlines()
    root = archived(tmp_path, given, coco.Writer, folder=True)
    read = COCO(str(root / "annotations/instances_train.json"))
    for image, size in zip(given, SIZES, strict=True):
        rows = read.loadAnns(read.getAnnIds(imgIds=[image.id]))
        assert [NAMES[a.category_id] for a in image.annotations] == [read.cats[r["category_id"]]["name"] for r in rows]
        for annotation, row in zip(image.annotations, rows, strict=True):
            assert furthest_difference(annotation, drawn(annotation, *size), read.annToMask(row)) < OTHERWISE


def drawn(annotation: ExportAnnotation, width: int, height: int) -> rle.Mask:
    if annotation.shape == "mask":
        return rle.decode(rle.from_text(annotation.counts, height, width), height, width)
    return rle.polygon_to_mask(annotation.parts, height, width)


OTHERWISE = 0.25
"""Pixels from an outline: within them, pycocotools may decide otherwise whether a pixel's centre is inside."""


def furthest_difference(annotation: ExportAnnotation, mine: rle.Mask, theirs: rle.Mask) -> float:
    """How far from the outline the furthest pixel lies that one of the two masks has alone; 0 where they are equal."""
    ys, xs = np.nonzero(mine != theirs)
    if not len(xs):
        return 0.0
    assert annotation.shape == "polygon", "run lengths are the same pixels everywhere"
    lines = shapely.MultiLineString([[*ring, ring[0]] for ring in annotation.parts])
    return float(shapely.distance(shapely.points(xs + 0.5, ys + 0.5), lines).max())


def test_pycocotools_fills_outlines_on_a_grid_of_fifths() -> None:
    """It moves corners and edges to fifths of a pixel; we take each pixel's centre. See docs/formats.md."""
    random = np.random.default_rng(1)
    differing = length = 0
    for _ in range(100):
        turns = np.sort(random.uniform(0, 2 * np.pi, random.integers(3, 30)))
        reach = random.uniform(10, 90, len(turns))
        ring = np.stack([100 + reach * np.cos(turns), 100 + reach * np.sin(turns)], 1).round(2)
        drawn_ring = polygon(1, ring.tolist())
        theirs = mask_api.decode(mask_api.frPyObjects([ring.ravel().tolist()], 200, 200))[:, :, 0]
        mine = drawn(drawn_ring, 200, 200)
        assert furthest_difference(drawn_ring, mine, theirs) < OTHERWISE
        differing += int((mine != theirs).sum())
        length += shapely.LinearRing(ring).length
    assert 0.03 < differing / length < 0.07, "about one pixel for each 20 px of outline"


def border(mask: rle.Mask) -> int:
    """The pixels of a mask that touch what is outside."""
    padded = np.pad(mask, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return int(mask.sum() - (mask & inner).sum())


def test_yolo_boxes(tmp_path: Path) -> None:
    given = boxes(whole=False)
    root = archived(tmp_path, given, yolo.Writer)
    flat = tmp_path / "flat"
    seen = supervision.DetectionDataset.from_yolo(*_flattened(root, flat), str(root / "data.yaml"))
    assert_same(seen_by_supervision(seen), given_boxes(given), within=2e-3)


def test_yolo_outlines(tmp_path: Path) -> None:
    given = outlines()
    root = archived(tmp_path, given, yolo.Writer, segmentation=True)
    flat = tmp_path / "flat"
    seen = supervision.DetectionDataset.from_yolo(*_flattened(root, flat), str(root / "data.yaml"), force_masks=True)
    for _, pixels, found in seen:
        image = given[SIZES.index((pixels.shape[1], pixels.shape[0]))]
        masks_of = [drawn(annotation, image.width, image.height) for annotation in image.annotations]
        assert [seen.classes[n] for n in found.class_id] == [NAMES[a.category_id] for a in image.annotations]
        for mine, theirs in zip(masks_of, found.mask if masks_of else (), strict=True):
            # supervision rounds corners to whole pixels before it fills.
            assert int((mine != theirs).sum()) <= 3 * border(mine)


def _flattened(root: Path, flat: Path) -> tuple[str, str]:
    """supervision looks into one folder, so the images of subfolders are moved up."""
    for kind in ("images", "labels"):
        (flat / kind).mkdir(parents=True)
        for path in (root / kind / "train").rglob("*.*"):
            path.rename(flat / kind / path.name)
    return str(flat / "images"), str(flat / "labels")


def test_voc_boxes(tmp_path: Path) -> None:
    given = boxes(whole=True)
    root = archived(tmp_path, given, voc.Writer) / "VOCdevkit/VOC2012"
    wanted = given_boxes(given)
    seen = supervision.DetectionDataset.from_pascal_voc(str(root / "JPEGImages"), str(root / "Annotations"))
    assert_same(seen_by_supervision(seen), wanted, within=0)
    by_torchvision = datasets.VOCDetection(str(tmp_path), year="2012", image_set="train")
    found = {}
    for pixels, target in by_torchvision:
        found[pixels.size] = sorted(
            (
                thing["name"],
                # VOC counts pixels from 1, and includes both ends.
                tuple(
                    float(thing["bndbox"][side]) - (side in ("xmin", "ymin"))
                    for side in ("xmin", "ymin", "xmax", "ymax")
                ),
            )
            for thing in target["annotation"].get("object", [])
        )
    assert [found[size] for size in SIZES] == wanted


def test_voc_masks(tmp_path: Path) -> None:
    given = outlines()
    archived(tmp_path, given, voc.Writer, segmentation=True)
    seen = datasets.VOCSegmentation(str(tmp_path), year="2012", image_set="train")
    found = {pixels.size: np.asarray(mask) for pixels, mask in seen}
    for image, size in zip(given, SIZES, strict=True):
        assert (found[size] == painted(image)).all()


def painted(image: ExportImage) -> rle.Mask:
    canvas = np.zeros((image.height, image.width), dtype=np.uint8)
    for annotation in image.annotations:
        canvas[drawn(annotation, image.width, image.height) == 1] = annotation.category_id
    return canvas


def test_png_masks(tmp_path: Path) -> None:
    given = outlines()
    root = archived(tmp_path, given, masks.Writer)
    found = {}
    for path in (root / "train/masks").rglob("*.png"):
        with Image.open(path) as mask:
            palette = mask.getpalette() or []
            assert palette[3:6] == [0xE0, 0x20, 0x30]
            found[mask.size] = np.asarray(mask)
    for image, size in zip(given, SIZES, strict=True):
        assert (found[size] == painted(image)).all()


def test_class_folders(tmp_path: Path) -> None:
    given = images([[ExportAnnotation(label, "label")] for label in (1, 2, 1)])
    root = unpacked(tmp_path, given, class_folders.Writer(CATEGORIES, pixels=picture)) / "train"
    wanted = sorted((NAMES[image.annotations[0].category_id], size) for image, size in zip(given, SIZES, strict=True))
    by_torchvision = datasets.ImageFolder(str(root))
    assert sorted((by_torchvision.classes[label], pixels.size) for pixels, label in by_torchvision) == wanted
    seen = supervision.ClassificationDataset.from_folder_structure(str(root))
    found = [(seen.classes[int(labels.class_id[0])], (pixels.shape[1], pixels.shape[0])) for _, pixels, labels in seen]
    assert sorted(found) == wanted
