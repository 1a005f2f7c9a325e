"""CSV (RFC 4180, UTF-8): one row per image label or region, always with the same columns.

An image without any has one row with an empty `label`, so that no image is lost. `x y width height` are
the region's box in pixels; `polygon` is a JSON list of rings of [x, y] points, `mask` a JSON object with
COCO's run-length text. Text that a spreadsheet would run as a formula (it begins with = + - @, tab or
carriage return) gets an apostrophe in front; numbers are never touched.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

import orjson

from exports.formats import parts, records
from exports.formats.parts import File, Part, Stream
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage, Written
from projects.spreadsheets import guarded

COLUMNS = (
    "image",
    "image_code",
    "image_url",
    "image_width",
    "image_height",
    "status",
    "label",
    "label_path",
    "label_confidence",
    "shape",
    "x",
    "y",
    "width",
    "height",
    "crowd",
    "polygon",
    "mask",
    "origin",
    "note",
    "region",
    "labelled_by",
    "labelled_at",
    "reviewed_by",
    "split",
)


class Writer:
    """A table in one file."""

    def __init__(self, categories: Sequence[ExportCategory]) -> None:
        self.named = {c.id: (guarded(c.name), guarded(c.path)) for c in categories}

    def add(self, part: Part, images: Sequence[ExportImage]) -> None:
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        for image in images:
            writer.writerows(_rows(image, self.named, part.written))
            part.written.image(image)
        part.write("rows", text.getvalue().encode())

    def files(self, written: Written, notes: frozenset[str]) -> list[File]:
        return [File("", [f"{','.join(COLUMNS)}\r\n".encode(), Stream("rows")])]


def write(out: BinaryIO, images: Iterable[ExportImage], categories: Sequence[ExportCategory]) -> Written:
    """Write the header and all rows to `out`, which need not be seekable; returns what was written."""
    return parts.write(out, images, Writer(categories))


def _rows(image: ExportImage, by_id: dict[int, tuple[str, str]], written: Written) -> Iterator[tuple[object, ...]]:
    start = (guarded(image.name), image.code, image.url, image.width, image.height, image.status)
    end = (guarded(image.labelled_by), image.labelled_at, guarded(image.reviewed_by), image.split)
    empty = True
    for annotation in image.annotations:
        cells = _region_cells(image, annotation)
        if cells is None:
            written.left_out += 1
            continue
        empty = False
        written.annotation(annotation)
        middle = (*by_id[annotation.category_id], annotation.confidence, annotation.shape, *cells)
        yield (*start, *middle, annotation.origin, guarded(annotation.note), guarded(annotation.code), *end)
    if empty:
        yield (*start, *[""] * (len(COLUMNS) - len(start) - len(end)), *end)


def _region_cells(image: ExportImage, annotation: ExportAnnotation) -> tuple[object, ...] | None:
    """Cells from `x` to `mask`; None when clipping to the image leaves nothing."""
    if annotation.shape == "label":
        return ("",) * 7
    box, parts = records.clipped(annotation, image.width, image.height)
    if box is None:
        return None
    polygon = orjson.dumps(parts).decode() if parts else ""
    mask = ""
    if annotation.counts:
        mask = orjson.dumps({"size": [image.height, image.width], "counts": annotation.counts}).decode()
    return (*box, int(annotation.crowd), polygon, mask)
