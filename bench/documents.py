"""The pure code under every submit and export: checking documents and rings, writing COCO. Needs no database."""

import math
from collections.abc import Iterator

from annotations import documents, geometry
from bench import measure
from exports.formats import coco
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage

LABEL = "0d3e5a52-6d0e-4d38-9d3c-5b1f0d3a7c01"
IMAGES = 20_000


class Counting:
    """A file that only counts."""

    def __init__(self) -> None:
        self.written = 0

    def write(self, data: bytes) -> int:
        self.written += len(data)
        return len(data)


def main() -> None:
    """Medians of several repeats after one that warms up."""
    for boxes, repeats, at_most in ((5, 200, 0.1), (10_000, 5, 150)):
        content = {"regions": [_box(number) for number in range(boxes)]}
        taken = [1_000 * seconds for seconds in measure.seconds(lambda content=content: _check(content), repeats)]
        measure.report("documents", f"check {boxes:,} boxes", taken, unit="ms", at_most=at_most)
    for points, wobble in ((10_000, 0.0), (3_000, 0.95)):
        ring = _ring(points, wobble)
        taken = [1_000 * seconds for seconds in measure.seconds(lambda ring=ring: geometry.is_simple(ring))]
        shape = "spiky" if wobble else "round"
        measure.report("documents", f"check a {shape} ring of {points:,} points", taken, unit="ms", at_most=500)
    rates = [IMAGES / seconds for seconds in measure.seconds(_write)]
    measure.report("documents", "write COCO, 5 boxes an image", rates, unit="images/s", at_least=20_000)


def _box(number: int) -> dict[str, object]:
    return {"id": f"r{number}", "shape": "box", "label": LABEL, "x": 1.5, "y": 2, "width": 30, "height": 40}


def _check(content: dict[str, object]) -> None:
    problems = documents.validate(documents.parse(content), task_type="box", width=64, height=48, labels={LABEL})
    if problems:
        raise ValueError(problems[0])


def _ring(points: int, wobble: float) -> list[list[float]]:
    turns = [(2 * math.pi * n / points, 100 * (1 + wobble * math.cos(math.pi * n))) for n in range(points)]
    return [[200 + radius * math.cos(angle), 200 + radius * math.sin(angle)] for angle, radius in turns]


def _images() -> Iterator[ExportImage]:
    regions = [ExportAnnotation(1, "box", geometry.Box(1.5, 2, 30, 40.25)) for _ in range(5)]
    return (ExportImage(n, f"folder/{n}.jpg", 64, 48, regions) for n in range(1, IMAGES + 1))


def _write() -> None:
    coco.write(Counting(), _images(), [ExportCategory(1, "Cat", "Animal/Cat", "c1")])


if __name__ == "__main__":
    main()
