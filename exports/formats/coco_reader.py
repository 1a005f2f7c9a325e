"""Reads COCO files, the standard ones in pixels and Azure ML's in fractions, into neutral records.

What Azure's own readers tolerate is tolerated: numbers as text, `iscrowd` as `"True"`, image sizes of
0.0. A file counts as normalised when no coordinate in it is above 1; its sizes then come from the file,
or, where that says 0, from `sizes`. What cannot be used is left out and named in `problems`.

A file may be larger than memory, and its lists may come in any order. Annotations and images wait in
temporary files; memory holds 24 bytes for each run of annotations of one image, and 8 for each image.
"""

import io
import tempfile
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import orjson

from annotations import geometry, rle
from exports.formats import json_stream
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage, NotReadable
from exports.formats.shelf import SPOOL_BYTES, Shelf

TRUE = frozenset(["true", "1", "1.0", "yes"])
BATCH = 500
"""Images in a line of the spool."""
MOST_OF_FRACTIONS = 1.001
"""A little more than 1, for rounding."""
_Row: TypeAlias = Mapping[str, Any]
_Listed: TypeAlias = tuple[int, str, int, int, str, str]
"""Number, name, width, height, URL and time of an image."""


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
        self._ids = array("q")
        self._images = tempfile.SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115  # lives as long as the reader
        self._shelf = Shelf("image_id")
        self._largest: float | None = None
        try:
            self._take(file)
        except (NotReadable, KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            words = str(error) if isinstance(error, NotReadable) else f"The file is not COCO: {_words(error)}."
            raise NotCocoError(words) from error

    @property
    def normalised(self) -> bool:
        """Whether there are coordinates, and none is above 1 (with a little room for rounding)."""
        return self._largest is not None and self._largest <= MOST_OF_FRACTIONS

    def images(self, sizes: Mapping[str, tuple[int, int]] | None = None) -> Iterator[ExportImage]:
        """Images in the file's order; `sizes` gives (width, height) in pixels by file name where the file does not."""
        known, normalised = {category.id for category in self.categories}, self.normalised
        for (number, name, width, height, url, captured_at), rows in self._listed():
            if (not width or not height) and sizes and name in sizes:
                width, height = sizes[name]
            if normalised and rows and not (width and height):
                self.problems.append(f"{name}: the image's size is not known, so its fractions cannot become pixels.")
                rows = ()
            scale = _Scale(width if normalised else 1, height if normalised else 1, width, height)
            found = _annotations(rows, scale, known, name, self.problems)
            yield ExportImage(number, name, width, height, found, "", url, captured_at)
        self._report_unlisted()

    def _listed(self) -> Iterator[tuple[_Listed, Sequence[_Row]]]:
        """Images and their annotations as they are in the file; of images with one number, the first has them."""
        numbers, counts = np.unique(np.asarray(self._ids, np.int64), return_counts=True)
        repeated, taken = set(numbers[counts > 1].tolist()), set[int]()
        self._images.seek(0)
        for line in self._images:
            batch = orjson.loads(line)
            for image, rows in zip(batch, self._shelf.rows([image[0] for image in batch]), strict=True):
                is_again = image[0] in taken
                if image[0] in repeated:
                    taken.add(image[0])
                yield image, () if is_again else rows

    def _report_unlisted(self) -> None:
        others = self._shelf.others(np.asarray(self._ids, np.int64))
        for number, rows in zip(others, self._shelf.rows(others), strict=True):
            self.problems.append(f"{len(rows)} annotations are for image {number}, which is not listed.")

    def _take(self, file: BinaryIO) -> None:
        found = set()
        for name, batches in json_stream.Members(file):
            if name in ("images", "annotations", "categories"):
                found.add(name)
                for batch in batches:
                    getattr(self, f"_take_{name}")(batch)
        self._shelf.sort()
        if not {"images", "annotations"} <= found:
            raise NotReadable('The file has no "images" and "annotations" lists, so it is not COCO.')

    def _take_categories(self, rows: Sequence[_Row]) -> None:
        self.categories += [_category(row) for row in rows]

    def _take_images(self, rows: Sequence[_Row]) -> None:
        for start in range(0, len(rows), BATCH):
            batch = [_listed(row) for row in rows[start : start + BATCH]]
            self._ids.extend([image[0] for image in batch])
            self._images.write(orjson.dumps(batch) + b"\n")

    def _take_annotations(self, rows: Sequence[_Row]) -> None:
        self._shelf.put(rows)
        for start in range(0, len(rows), BATCH):
            if self._largest is not None and self._largest > MOST_OF_FRACTIONS:
                return
            found = [largest for row in rows[start : start + BATCH] if (largest := _largest(row)) is not None]
            self._largest = max(found, default=self._largest)


def _listed(row: _Row) -> _Listed:
    width, height = (round(float(row.get(side) or 0)) for side in ("width", "height"))
    captured_at = str(row.get("date_captured") or "")
    return int(row["id"]), str(row["file_name"]), width, height, _url(row), captured_at


def _words(error: Exception) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)


def _category(row: _Row) -> ExportCategory:
    name, above = str(row["name"]), str(row.get("supercategory") or "")
    path = f"{above}/{name}" if above not in ("", "none", name) and not name.startswith(f"{above}/") else name
    return ExportCategory(int(row["id"]), path.rpartition("/")[2], path)


def _url(row: _Row) -> str:
    return str(row.get("coco_url") or row.get("absolute_url") or "")


def _largest(row: _Row) -> float | None:
    """The largest coordinate of an annotation; None where it has none."""
    values = [float(value) for value in row.get("bbox") or ()]
    segmentation = row.get("segmentation")
    if isinstance(segmentation, list):
        values += [float(value) for ring in segmentation for value in ring]
    return max(values, default=None)


def _annotations(
    rows: Sequence[_Row], scale: _Scale, known: set[int], name: str, problems: list[str]
) -> list[ExportAnnotation]:
    found = []
    for row in rows:
        try:
            found.append(_annotation(row, known, scale))
        except (ValueError, TypeError, KeyError) as error:
            problems.append(f"{name}, annotation {row.get('id', '?')}: {error}.")
    return found


def _annotation(row: _Row, known: set[int], scale: _Scale) -> ExportAnnotation:
    category = int(row["category_id"])
    if category not in known:
        raise ValueError(f"category {category} is not listed")
    flag = row.get("iscrowd")
    crowd = bool(flag) and str(flag).lower() in TRUE
    if segmentation := row.get("segmentation"):
        return _outline(category, segmentation, scale, crowd=crowd)
    if not row.get("bbox"):
        return ExportAnnotation(category, "label", origin="import")
    x, y, width, height = map(float, row["bbox"])
    if not (width > 0 and height > 0):
        raise ValueError("the box has no width or no height")
    if not isfinite(x + y + width + height):
        raise ValueError("the box has a side that is no number")
    box = geometry.Box(x * scale.x, y * scale.y, width * scale.x, height * scale.y)
    return ExportAnnotation(category, "box", box, (), "", crowd, "import")


def _outline(category: int, segmentation: Any, scale: _Scale, *, crowd: bool) -> ExportAnnotation:
    if isinstance(segmentation, dict):
        runs = _runs(segmentation, scale)
        box = rle.bounding_box(runs, scale.height)
        return ExportAnnotation(category, "mask", box, counts=rle.compress(runs), crowd=crowd, origin="import")
    parts = [_ring(flat, scale) for flat in segmentation]
    return ExportAnnotation(category, "polygon", geometry.bounds(parts), parts, crowd=crowd, origin="import")


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
