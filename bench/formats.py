"""Writes and reads every format: 100,000 images with 5 boxes (or outlines, masks) each, in images per second and peak memory.

Each case runs in a process of its own, so that its peak is its own; the peak is what came on top of an idle process with the
same modules. Formats whose pictures dominate are measured on fewer images, which the case's name says.
"""

import io
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from annotations import geometry, rle
from bench import measure
from exports.formats import (
    automl,
    automl_reader,
    class_folders,
    coco,
    coco_reader,
    csv,
    cvat,
    cvat_reader,
    label_studio,
    label_studio_reader,
    masks,
    names,
    native,
    voc,
    yolo,
)  # fmt: skip
from exports.formats.archive import Archive
from exports.formats.folder import ZipFolder
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage, Legend, Size

IMAGES, EACH = 100_000, 5
PICTURES = 2_000
WIDTH, HEIGHT = 1280, 960
CATEGORIES = [
    ExportCategory(n, f"Label {n}", f"Things/Label {n}", f"code-{n}", f"#{n * 811 % 4096:06x}") for n in range(1, 11)
]
MEGABYTE = 1 << 20


def boxes(count: int) -> Iterator[ExportImage]:
    """Images like those of a project: five boxes each, spread by their number."""
    for number in range(1, count + 1):
        rows = [
            ExportAnnotation(
                (number + at) % 10 + 1,
                "box",
                geometry.Box(number % 700 + at * 10.5, at * 100.25, 120.5, 80.75),
                code=f"r{at}",
            )
            for at in range(EACH)
        ]
        yield ExportImage(
            number, f"folder/{number:07}.jpg", WIDTH, HEIGHT, rows, code=f"code-{number}", status="labelled"
        )


def outlined(count: int) -> Iterator[ExportImage]:
    """Five outlines of 20 points each."""
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    ring = np.stack([60 + 50 * np.cos(turn), 60 + 40 * np.sin(turn)], 1)
    parts = [[(ring + np.array([at * 150, at * 90])).round(2).tolist()] for at in range(EACH)]
    for image in boxes(count):
        image.annotations = [
            ExportAnnotation(at + 1, "polygon", geometry.bounds(parts[at]), parts[at]) for at in range(EACH)
        ]
        yield image


def painted(count: int) -> Iterator[ExportImage]:
    """Five masks of about 4,000 pixels each."""
    found = []
    for at, image in enumerate(next(outlined(1)).annotations):
        runs = rle.polygon_to_runs(image.parts, HEIGHT, WIDTH)
        found.append(ExportAnnotation(at + 1, "mask", rle.bounding_box(runs, HEIGHT), counts=rle.compress(runs)))
    for image in boxes(count):
        image.annotations = found
        yield image


def classes(count: int) -> Iterator[ExportImage]:
    for image in boxes(count):
        image.annotations = [ExportAnnotation(image.id % 10 + 1, "label")]
        yield image


def zipped(
    write: Callable[..., Any], images: Callable[[int], Iterator[ExportImage]], **options: Any
) -> Callable[[Any, int], None]:
    def written(out: Any, count: int) -> None:
        archive = Archive(out)
        write(archive, images(count), CATEGORIES, **options)
        archive.close()

    return written


def single(
    write: Callable[..., Any], images: Callable[[int], Iterator[ExportImage]], **options: Any
) -> Callable[[Any, int], None]:
    return lambda out, count: write(out, images(count), CATEGORIES, **options)


def tiny(_: ExportImage) -> list[bytes]:
    return [bytes(1000)]


WRITERS: dict[str, tuple[Callable[[Any, int], None], int]] = {
    "COCO": (single(coco.write, boxes), IMAGES),
    "COCO, fractions": (single(coco.write, boxes, normalised=True), IMAGES),
    "COCO, outlines": (single(coco.write, outlined), IMAGES),
    "CSV": (single(csv.write, boxes), IMAGES),
    "native": (single(native.write, boxes), IMAGES),
    "AutoML": (zipped(automl.write, boxes, task="box"), IMAGES),
    "YOLO": (zipped(yolo.write, boxes), IMAGES),
    "YOLO, outlines": (zipped(yolo.write, outlined, segmentation=True), IMAGES),
    "VOC": (zipped(voc.write, boxes), IMAGES),
    "CVAT": (zipped(cvat.write, boxes), IMAGES),
    "Label Studio": (zipped(label_studio.write, boxes), IMAGES),
    "class folders, images of 1 kB": (zipped(class_folders.write, classes, pixels=tiny), IMAGES),
    "PNG masks": (zipped(masks.write, painted), PICTURES),
}


def _zip_of(path: Path) -> ZipFolder:
    return ZipFolder(path.open("rb"))


def _stems(count: int) -> dict[str, Size]:
    own = names.Names()
    return {
        own.of(f"folder/{n:07}.jpg", n).stem: Size(f"folder/{n:07}.jpg", WIDTH, HEIGHT) for n in range(1, count + 1)
    }


READERS: dict[str, Callable[[Path, int], Any]] = {
    "COCO": lambda path, _: coco_reader.Reader(path.open("rb")).images(),
    "native": lambda path, _: native.Reader(path.open("rb")).images(),
    "AutoML": lambda path, _: automl_reader.read(_zip_of(path).lines(automl.LINES), Legend(), []),
    "YOLO": lambda path, count: yolo.read(_zip_of(path), _stems(count), Legend(), []),
    "VOC": lambda path, _: voc.read(_zip_of(path), Legend(), []),
    "CVAT": lambda path, _: cvat_reader.read(io.BytesIO(_zip_of(path).read(cvat.FILE)), Legend(), []),
    "Label Studio": lambda path, _: label_studio_reader.read(_zip_of(path).read(label_studio.TASKS), Legend(), []),
}


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _write(name: str, path: Path) -> tuple[float, float]:
    """Images per second and megabytes of the whole process at its peak."""
    work, count = WRITERS[name]
    start = time.perf_counter()
    with path.open("wb") as out:
        work(out, count)
    return count / (time.perf_counter() - start), _peak() / MEGABYTE


def _read(name: str, path: Path) -> tuple[float, float]:
    count = WRITERS[name][1]
    start = time.perf_counter()
    found = sum(len(image.annotations) for image in READERS[name](path, count))
    taken = time.perf_counter() - start
    if found != count * EACH:
        raise RuntimeError(f"{name}: {found:,} annotations came back, not {count * EACH:,}")
    return count / taken, _peak() / MEGABYTE


def _alone(work: Callable[[], tuple[float, float]]) -> tuple[float, float]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work)


def main() -> None:
    only = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        for name, (_, count) in WRITERS.items():
            if only and name not in only:
                continue
            path = Path(folder) / "export"
            _report(name, "written", count, _alone(partial(_write, name, path)))
            if name in READERS:
                _report(name, "read", count, _alone(partial(_read, name, path)))


def _report(name: str, verb: str, count: int, found: tuple[float, float]) -> None:
    speed, peak = found
    budget = name == "COCO"
    case = f"{name}, {verb}, {count:,} images"
    measure.report("formats", case, [speed], unit="images/s", at_least=20_000 if budget else None)
    measure.report("formats", f"{case}, whole process", [peak], unit="MB", at_most=300 if budget else None)


if __name__ == "__main__":
    main()
