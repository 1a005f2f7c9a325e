"""Reads COCO files, the standard ones in pixels and Azure ML's in fractions, into neutral records.

What Azure's own readers tolerate is tolerated: numbers as text, `iscrowd` as `"True"`, image sizes of
0.0. A file counts as normalised when no coordinate in it is above 1; its sizes then come from the file,
or, where that says 0, from `sizes`. What cannot be used is left out and named in `problems`.

A file may be larger than memory. Its annotations come in any order and often before the images, so they
wait in a temporary file, with an index of 24 bytes for each run of annotations of one image; images
are remembered by about 200 bytes each.
"""

import io
import tempfile
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, BinaryIO

import orjson

from annotations import geometry, rle
from exports.formats import json_stream
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage, NotReadable

TRUE = frozenset(["true", "1", "1.0", "yes"])
SPOOL_BYTES = 8 << 20


class NotCocoError(NotReadable):
    """The file is not a COCO file at all; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Content:
    """Everything a small COCO file holds; `problems` are sentences about what was left out."""

    categories: list[ExportCategory]
    images: list[ExportImage]
    normalised: bool
    problems: list[str]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Factors from the file's coordinates to pixels, and the image's size in pixels."""

    x: float
    y: float
    width: int
    height: int


def read(data: bytes, sizes: Mapping[str, tuple[int, int]] | None = None) -> Content:
    """Read a whole file; `sizes` gives (width, height) in pixels by file name where the file does not."""
    reader = Reader(io.BytesIO(data))
    images = list(reader.images(sizes))
    return Content(reader.categories, images, reader.normalised, reader.problems)


class Reader:
    """A COCO file of any size: what it is known for at once, then `images()` one at a time."""

    def __init__(self, file: BinaryIO) -> None:
        self.categories: list[ExportCategory] = []
        self.problems: list[str] = []
        self._images: list[tuple[object, str, int, int, str, str]] = []
        self._runs: dict[object, array[int]] = defaultdict(lambda: array("q"))
        self._spool = tempfile.SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115  # lives as long as the reader
        self._largest: float | None = None
        try:
            self._take(file)
        except (NotReadable, KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            words = str(error) if isinstance(error, NotReadable) else f"The file is not COCO: {_words(error)}."
            raise NotCocoError(words) from error

    @property
    def normalised(self) -> bool:
        """Whether there are coordinates, and none is above 1 (with a little room for rounding)."""
        return self._largest is not None and self._largest <= 1.001

    def images(self, sizes: Mapping[str, tuple[int, int]] | None = None) -> Iterator[ExportImage]:
        """Images in the file's order; `sizes` gives (width, height) in pixels by file name where the file does not."""
        known, normalised = {category.id for category in self.categories}, self.normalised
        for number, name, width, height, url, captured_at in self._images:
            if (not width or not height) and sizes and name in sizes:
                width, height = sizes[name]
            rows = self._rows(self._runs.pop(number, ()))
            if normalised and rows and not (width and height):
                self.problems.append(f"{name}: the image's size is not known, so its fractions cannot become pixels.")
                rows = []
            scale = _Scale(width if normalised else 1, height if normalised else 1, width, height)
            found = list(_annotations(rows, scale, known, name, self.problems))
            yield ExportImage(int(str(number)), name, width, height, found, url=url, captured_at=captured_at)
        for number, runs in self._runs.items():
            self.problems.append(f"{len(self._rows(runs))} annotations are for image {number}, which is not listed.")
        self._runs.clear()

    def _take(self, file: BinaryIO) -> None:
        found = set()
        for name, batches in json_stream.Members(file):
            if name in ("images", "annotations", "categories"):
                found.add(name)
                for batch in batches:
                    getattr(self, f"_take_{name}")(batch)
        if not {"images", "annotations"} <= found:
            raise NotReadable('The file has no "images" and "annotations" lists, so it is not COCO.')

    def _take_categories(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.categories += [_category(row) for row in rows]

    def _take_images(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            width, height = (round(float(row.get(side) or 0)) for side in ("width", "height"))
            int(row["id"])
            captured_at = str(row.get("date_captured") or "")
            self._images.append((row["id"], str(row["file_name"]), width, height, _url(row), captured_at))

    def _take_annotations(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Puts runs of one image's annotations aside: their place and length in the spool, by image."""
        for number, run in groupby(rows, itemgetter("image_id")):
            text = orjson.dumps(list(run))
            self._runs[number].extend((self._spool.tell(), len(text)))
            self._spool.write(text)
        if self._largest is None or self._largest <= 1.001:
            self._largest = max((found for row in rows if (found := _largest(row)) is not None), default=self._largest)

    def _rows(self, runs: Sequence[int]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for place, length in zip(runs[::2], runs[1::2], strict=True):
            self._spool.seek(place)
            rows += orjson.loads(self._spool.read(length))
        return rows


def _words(error: Exception) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)


def _category(row: Mapping[str, Any]) -> ExportCategory:
    name, above = str(row["name"]), str(row.get("supercategory") or "")
    path = f"{above}/{name}" if above not in ("", "none", name) and not name.startswith(f"{above}/") else name
    return ExportCategory(int(row["id"]), path.rpartition("/")[2], path)


def _url(row: Mapping[str, Any]) -> str:
    return str(row.get("coco_url") or row.get("absolute_url") or "")


def _largest(row: Mapping[str, Any]) -> float | None:
    """The largest coordinate of an annotation; None where it has none."""
    values = [float(value) for value in row.get("bbox") or ()]
    segmentation = row.get("segmentation")
    if isinstance(segmentation, list):
        values += [float(value) for ring in segmentation for value in ring]
    return max(values, default=None)


def _annotations(
    rows: Sequence[Mapping[str, Any]], scale: _Scale, known: set[int], name: str, problems: list[str]
) -> Iterator[ExportAnnotation]:
    for row in rows:
        where = f"{name}, annotation {row.get('id', '?')}"
        try:
            yield _annotation(row, known, scale)
        except (ValueError, TypeError, KeyError) as error:
            problems.append(f"{where}: {error}.")


def _annotation(row: Mapping[str, Any], known: set[int], scale: _Scale) -> ExportAnnotation:
    category = int(row["category_id"])
    if category not in known:
        raise ValueError(f"category {category} is not listed")
    flag = row.get("iscrowd")
    crowd = bool(flag) and str(flag).lower() in TRUE
    segmentation = row.get("segmentation")
    if isinstance(segmentation, dict):
        runs = _runs(segmentation, scale)
        box = rle.bounding_box(runs, scale.height)
        return ExportAnnotation(category, "mask", box, counts=rle.compress(runs), crowd=crowd, origin="import")
    if segmentation:
        parts = [_ring(flat, scale) for flat in segmentation]
        return ExportAnnotation(category, "polygon", geometry.bounds(parts), parts, crowd=crowd, origin="import")
    if not row.get("bbox"):
        return ExportAnnotation(category, "label", origin="import")
    x, y, width, height = (float(value) for value in row["bbox"])
    if width <= 0 or height <= 0:
        raise ValueError("the box has no width or no height")
    box = geometry.Box(x * scale.x, y * scale.y, width * scale.x, height * scale.y)
    return ExportAnnotation(category, "box", box, crowd=crowd, origin="import")


def _runs(segmentation: Mapping[str, Any], scale: _Scale) -> rle.Runs:
    height, width = (int(side) for side in segmentation["size"])
    if (height, width) != (scale.height, scale.width):
        raise ValueError(f"the mask is {width} x {height} px, the image is not")
    counts = segmentation["counts"]
    if isinstance(counts, str):
        return rle.from_text(counts, height, width)
    return rle.from_list(counts, height, width)


def _ring(flat: Sequence[Any], scale: _Scale) -> list[list[float]]:
    values = [float(value) for value in flat]
    if len(values) < 6 or len(values) % 2:
        raise ValueError("a polygon needs an even count of at least six numbers")
    return [[x * scale.x, y * scale.y] for x, y in zip(values[::2], values[1::2], strict=True)]
