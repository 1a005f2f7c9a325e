"""Reads CSV into neutral records, row by row: our own files as they are, others by saying which column holds what.

Rows of one image stand together; an image has as many rows as it has labels or regions. A box is `x y width height`, or
its `left top right bottom`, in pixels or in fractions of the image. Which columns these are is guessed from their names,
and the same guess can be shown to a person and corrected. The first line names the columns; commas, semicolons and tabs
separate them. UTF-8, with or without a byte order mark.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, cast

import orjson

from annotations import geometry
from exports.formats.records import RELATIVE, ExportAnnotation, ExportImage, Legend, NotReadable

MOST_CELL = 64 << 20
MOST_COLUMNS = 500
PREVIEW = 5
csv.field_size_limit(MOST_CELL)

NAMES: Mapping[str, tuple[str, ...]] = {
    "image": ("image", "file_name", "filename", "image_path", "imagepath", "path", "file", "image_name", "imagename"),
    "code": ("image_code",),
    "url": ("image_url", "url", "imageurl", "uri"),
    "label": ("label_path", "label", "class", "category", "class_name", "label_name", "labelname", "tag", "classname"),
    "confidence": ("label_confidence", "confidence", "score"),
    "shape": ("shape",),
    "x": ("x", "bbox_x", "box_x"),
    "y": ("y", "bbox_y", "box_y"),
    "width": ("width", "w", "bbox_width", "box_width", "bbox_w"),
    "height": ("height", "h", "bbox_height", "box_height", "bbox_h"),
    "left": ("left", "xmin", "x_min", "topx", "x1", "top_x"),
    "top": ("top", "ymin", "y_min", "topy", "y1", "top_y"),
    "right": ("right", "xmax", "x_max", "bottomx", "x2", "bottom_x"),
    "bottom": ("bottom", "ymax", "y_max", "bottomy", "y2", "bottom_y"),
    "crowd": ("crowd", "iscrowd", "is_crowd"),
    "polygon": ("polygon", "segmentation", "points"),
    "mask": ("mask", "rle"),
    "origin": ("origin",),
    "note": ("note", "comment"),
    "region": ("region", "region_id"),
    "image_width": ("image_width", "img_width", "imagewidth"),
    "image_height": ("image_height", "img_height", "imageheight"),
    "status": ("status",),
    "labelled_by": ("labelled_by", "labeled_by"),
    "labelled_at": ("labelled_at", "labeled_at"),
    "reviewed_by": ("reviewed_by",),
    "split": ("split", "subset"),
}
"""What a column can hold, and by which names it is known, the likeliest first."""
CORNERS, SIDES = ("left", "top", "right", "bottom"), ("x", "y", "width", "height")
FRACTIONS = frozenset({"topx", "topy", "bottomx", "bottomy"})
TRUE = frozenset({"1", "1.0", "true", "yes", "t", "y"})
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what, by its name in the file; `fractions` says that boxes and outlines are in 0 to 1."""

    by_role: Mapping[str, str]
    fractions: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a file: the names of its columns, and some rows."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def guessed(columns: Sequence[str]) -> Columns:
    """What the columns hold, as their names have it."""
    known = {column.strip().lower().replace(" ", "_"): column for column in reversed(columns)}
    found = {role: known[name] for role, names in NAMES.items() for name in reversed(names) if name in known}
    if "image" not in found and "url" in found:
        found["image"] = found["url"]
    return Columns(found, fractions=bool(FRACTIONS & known.keys()))


def preview(file: BinaryIO) -> Preview:
    """The columns and the first rows."""
    rows = _Rows(file)
    return Preview(rows.columns, [row for _, row in islice(rows, PREVIEW)])


def unguarded(text: str) -> str:
    """Takes away the apostrophe that our writer puts before what a spreadsheet would run as a formula."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA) else text


class _Rows:
    """Lines of cells with their numbers; `columns` are the first line's."""

    def __init__(self, file: BinaryIO) -> None:
        self._text = io.TextIOWrapper(cast("Any", file), encoding="utf-8-sig", newline="")
        try:
            head = self._text.readline(1 << 20)
            delimiter = max(",;\t", key=head.count)
            self._lines = csv.reader(self._text, delimiter=delimiter)
            self.columns = next(csv.reader([head], delimiter=delimiter), [])
        except (UnicodeDecodeError, csv.Error) as error:
            raise NotReadable("The file is not CSV in UTF-8.") from error
        if not any(self.columns) or len(self.columns) > MOST_COLUMNS:
            raise NotReadable("The first line does not name columns, so this is not CSV.")

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        while True:
            try:
                row = next(self._lines, None)
            except (UnicodeDecodeError, csv.Error) as error:
                raise NotReadable(f"Line {self._lines.line_num + 2} is not CSV in UTF-8.") from error
            if row is None:
                return
            if row:
                yield self._lines.line_num + 1, row


def read(file: BinaryIO, legend: Legend, problems: list[str], columns: Columns | None = None) -> Iterator[ExportImage]:
    """Images one at a time. What cannot be used of a row is left out and named in `problems`."""
    rows = _Rows(file)
    columns = columns or guessed(rows.columns)
    places = {role: rows.columns.index(name) for role, name in columns.by_role.items() if name in rows.columns}
    if "image" not in places:
        raise NotReadable("No column says which image a row is about. Choose the column that holds the images' names.")
    image: ExportImage | None = None
    key: tuple[str, str] | None = None
    for line, row in rows:
        cells = {role: row[place] for role, place in places.items() if place < len(row)}
        own = (cells.get("image", ""), cells.get("code", ""))
        if image is None or own != key:
            if image is not None:
                yield image
            key, number = own, image.id + 1 if image else 1
            image = _image(cells, number, line, relative=columns.fractions)
        try:
            if annotation := _annotation(cells, legend, image, relative=columns.fractions):
                cast("list[ExportAnnotation]", image.annotations).append(annotation)
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            words = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error).rstrip(".")
            problems.append(f"Line {line}: {words}.")
    if image is not None:
        yield image


def _image(cells: Mapping[str, str], number: int, line: int, *, relative: bool) -> ExportImage:
    name = unguarded(cells.get("image", ""))
    if not name:
        raise NotReadable(f"Line {line} does not say which image it is about.")
    try:
        width, height = (round(float(cells.get(f"image_{side}") or 0)) for side in ("width", "height"))
    except (ValueError, OverflowError) as error:
        raise NotReadable(f"Line {line}: the image's width and height are not numbers.") from error
    if relative and not (width and height):
        width = height = 1
    texts = {role: cells.get(role, "") for role in ("code", "url", "status", "labelled_at", "split")}
    people = {role: unguarded(cells.get(role, "")) for role in ("labelled_by", "reviewed_by")}
    return ExportImage(
        number, name, width, height, annotations=[], source=RELATIVE if relative else None, **texts, **people
    )


def _annotation(
    cells: Mapping[str, str], legend: Legend, image: ExportImage, *, relative: bool
) -> ExportAnnotation | None:
    label = unguarded(cells.get("label", "").strip())
    if not label:
        return None
    made = ExportAnnotation(legend.id_of(label), "label", origin=cells.get("origin") or "import")
    made.note, made.code = unguarded(cells.get("note", "")), unguarded(cells.get("region", ""))
    made.crowd = cells.get("crowd", "").strip().lower() in TRUE
    made.confidence = _number(cells["confidence"]) if cells.get("confidence") else 1.0
    scale = (image.width, image.height) if relative else (1, 1)
    if cells.get("polygon"):
        made.shape, made.parts = "polygon", _parts(cells["polygon"], scale)
        made.box = geometry.bounds(made.parts)
    elif cells.get("mask"):
        made.shape, made.counts = "mask", _counts(cells["mask"], image)
        made.box = geometry.Box(0, 0, image.width, image.height)
    if made.shape != "polygon" and (box := _box(cells, scale)):
        made.shape, made.box = "mask" if made.counts else "box", box
    return made


def _box(cells: Mapping[str, str], scale: tuple[int, int]) -> geometry.Box | None:
    """A box from its corner and sides, or from two corners in any order; None where the cells are empty."""
    roles = SIDES if any(cells.get(role) for role in SIDES) else CORNERS
    if not any(cells.get(role) for role in roles):
        return None
    first, second, third, fourth = (_number(cells[role]) for role in roles)
    if roles is CORNERS:
        left, right = sorted((first, third))
        top, bottom = sorted((second, fourth))
        first, second, third, fourth = left, top, right - left, bottom - top
    # Written so that NaN fails.
    if not (0 < third < 1e9 and 0 < fourth < 1e9 and abs(first) < 1e9 and abs(second) < 1e9):
        raise ValueError("the box has no width or no height")
    return geometry.Box(first * scale[0], second * scale[1], third * scale[0], fourth * scale[1])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ValueError(f"“{text[:20]}” is not a number") from error


def _parts(text: str, scale: tuple[int, int]) -> list[list[list[float]]]:
    """Rings of [x, y], as a list of rings, one ring, or COCO's flat lists."""
    rings = _json(text, "outline")
    if isinstance(rings, list) and rings and (isinstance(rings[0], (int, float)) or _is_point(rings[0])):
        rings = [rings]
    if not isinstance(rings, list) or not rings or not all(isinstance(ring, list) for ring in rings):
        raise ValueError("the outline is not a list of rings")
    return [[[x * scale[0], y * scale[1]] for x, y in _points(ring)] for ring in rings]


def _points(ring: list[Any]) -> list[Any]:
    points = (
        ring if ring and isinstance(ring[0], list) else [list(pair) for pair in zip(ring[::2], ring[1::2], strict=True)]
    )
    # Written so that NaN fails.
    if len(points) < 3 or not all(_is_point(point) and max(map(abs, point)) < 1e9 for point in points):
        raise ValueError("a ring needs at least three points of two numbers")
    return points


def _is_point(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(number) in (int, float) for number in value)


def _counts(text: str, image: ExportImage) -> str:
    mask = _json(text, "mask")
    if not isinstance(mask, dict) or not isinstance(mask.get("counts"), str) or not isinstance(mask.get("size"), list):
        raise TypeError("the mask is not an object with size and counts")
    if not (image.width and image.height):
        image.height, image.width = (int(side) for side in mask["size"])
    if mask["size"] != [image.height, image.width]:
        raise ValueError("the mask has another size than the image")
    return str(mask["counts"])


def _json(text: str, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"the {what} is not JSON") from error
