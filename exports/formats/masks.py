"""Segmentation masks: one PNG per image whose pixels are class numbers, 0 for background.

Styles: `palette` (one byte per pixel and the labels' colours, as Pascal VOC has them), `indexed` (the same
numbers as plain grey; 16 bits above 255 classes) and `colour` (red, green and blue of the label). Class
numbers count from 1 in tree order; `classes.json` and `classes.csv` say which is which. Boxes and polygons
are filled: a pixel counts when its centre is inside. What comes later lies on top.
"""

import csv
import io
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import orjson
from numpy.typing import NDArray

from annotations import rle
from exports.formats import names, outlines, parts, records
from exports.formats.archive import Archive
from exports.formats.parts import File, Part
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage, Pixels, Written
from projects.spreadsheets import guarded

Style: TypeAlias = Literal["palette", "indexed", "colour"]
Colours: TypeAlias = NDArray[np.uint8]
MOST_WITH_COLOURS = 255


class Writer:
    """`masks/…png` (below `train/` and so on where split), the images if wanted, and the class map."""

    def __init__(
        self, categories: Sequence[ExportCategory], *, style: Style = "palette", pixels: Pixels | None = None
    ) -> None:
        self.categories, self.pixels = categories, pixels
        self.style: Style = style if len(categories) <= MOST_WITH_COLOURS else "indexed"
        self.table = colours(categories)
        self._own = names.Names()

    def add(self, part: Part, images: Sequence[ExportImage]) -> None:
        for image in images:
            name, above = self._own.of_image(image), f"{image.split}/" if image.split else ""
            canvas = painted(image, len(self.categories), part.written)
            part.add(f"{above}masks/{name.stem}.png", picture(canvas, self.style, self.table), packed=False)
            if self.pixels and (chunks := self.pixels(image)):
                part.add_chunks(f"{above}images/{name.file}", chunks)
            part.written.image(image)

    def files(self, written: Written, notes: frozenset[str]) -> list[File]:
        return _classes(self.categories, self.table, self.style)


def write(
    archive: Archive, images: Iterable[ExportImage], categories: Sequence[ExportCategory], **options: Any
) -> Written:
    """Write the masks, the images if wanted, and the class map."""
    return parts.write(archive, images, Writer(categories, **options))


def painted(image: ExportImage, classes: int, written: Written) -> NDArray[np.integer]:
    """Class numbers as [height, width]; counts what was painted and what could not be."""
    canvas = np.zeros((image.height, image.width), dtype=np.uint8 if classes <= MOST_WITH_COLOURS else np.uint16)
    for annotation in image.annotations:
        filled = _filled(annotation, image)
        if filled is None:
            written.left_out += 1
        else:
            canvas[filled] = annotation.category_id
            written.annotation(annotation)
    return canvas


def _filled(annotation: ExportAnnotation, image: ExportImage) -> NDArray[np.bool_] | None:
    if annotation.shape == "label":
        return None
    if annotation.shape == "mask":
        runs = rle.from_text(annotation.counts, image.height, image.width)
        return rle.decode(runs, image.height, image.width).view(bool)
    rings = outlines.rings(annotation, image.width, image.height)
    return rle.polygon_to_mask(rings, image.height, image.width).view(bool) if rings else None


def colours(categories: Sequence[ExportCategory]) -> Colours:
    """Red, green and blue of background and classes, [classes + 1, 3]: the labels' own where they are all different."""
    own = [tuple(bytes.fromhex(category.colour.removeprefix("#"))) for category in categories if category.colour]
    if len({*own, (0, 0, 0)}) == len(categories) + 1:
        return np.array([(0, 0, 0), *own], dtype=np.uint8)
    return np.array([_voc_colour(number) for number in range(len(categories) + 1)], dtype=np.uint8)


def _voc_colour(number: int) -> tuple[int, int, int]:
    """Pascal VOC's own colours: the bits of the number, in turns, from the highest bit of each channel down."""
    red = green = blue = 0
    for bit in range(7, -1, -1):
        red |= (number & 1) << bit
        green |= (number >> 1 & 1) << bit
        blue |= (number >> 2 & 1) << bit
        number >>= 3
    return red, green, blue


def picture(canvas: NDArray[np.integer], style: Style, table: Colours) -> bytes:
    """A PNG of the class numbers."""
    height, width = canvas.shape
    depth, kind, palette = 8, 0, b""
    if style == "colour":
        kind, rows = 2, table[canvas].reshape(height, -1)
    elif style == "palette":
        kind, rows, palette = 3, canvas, _chunk(b"PLTE", table.tobytes())
    else:
        depth = canvas.dtype.itemsize * 8
        rows = canvas.astype(f">u{canvas.dtype.itemsize}").view(np.uint8).reshape(height, -1)
    # A zero before every row: no filter.
    lines = np.pad(rows, ((0, 0), (1, 0)))
    head = struct.pack(">2L5B", width, height, depth, kind, 0, 0, 0)
    body = _chunk(b"IHDR", head) + palette + _chunk(b"IDAT", zlib.compress(lines.tobytes(), 1))
    return b"\x89PNG\r\n\x1a\n" + body + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def _classes(categories: Sequence[ExportCategory], table: Colours, style: Style) -> list[File]:
    named = records.unique_names(categories)
    rows = [(0, "background", "", "#000000")]
    rows += [
        (c.id, named[c.id], c.path, f"#{bytes(table[n].tolist()).hex()}") for n, c in enumerate(categories, start=1)
    ]
    keys = ("value", "name", "path", "colour")
    content = {"style": style, "classes": [dict(zip(keys, row, strict=True)) for row in rows]}
    text = io.StringIO(newline="")
    csv.writer(text).writerows([keys, *((row[0], guarded(row[1]), guarded(row[2]), row[3]) for row in rows)])
    data = orjson.dumps(content, option=orjson.OPT_INDENT_2)
    return [File("classes.json", [data]), File("classes.csv", [text.getvalue().encode()])]
