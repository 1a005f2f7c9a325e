"""Reads COCO files, the standard ones in pixels and Azure ML's in fractions, into neutral records.

What Azure's own readers tolerate is tolerated: numbers as text, `iscrowd` as `"True"`, image sizes of
0.0. A file counts as normalised when no coordinate in it is above 1; its sizes then come from the file,
or, where that says 0, from `sizes`. What cannot be used is left out and named in `problems`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from annotations import geometry, rle
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage

TRUE = frozenset(["true", "1", "1.0", "yes"])


class NotCocoError(ValueError):
    """The file is not a COCO file at all; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Content:
    """Everything a COCO file holds; `problems` are sentences about what was left out."""

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
    content = _decoded(data)
    rows: dict[object, list[dict[str, Any]]] = defaultdict(list)
    for row in content["annotations"]:
        rows[row.get("image_id")].append(row)
    normalised = _is_normalised(content["annotations"])
    categories = [_category(row) for row in content.get("categories", [])]
    known = {category.id for category in categories}
    problems: list[str] = []
    images = []
    for row in content["images"]:
        name = str(row["file_name"])
        width, height = (round(float(row.get(side) or 0)) for side in ("width", "height"))
        if (not width or not height) and sizes and name in sizes:
            width, height = sizes[name]
        found = rows.pop(row["id"], [])
        if normalised and found and not (width and height):
            problems.append(f"{name}: the image's size is not known, so its fractions cannot become pixels.")
            found = []
        scale = _Scale(width if normalised else 1, height if normalised else 1, width, height)
        annotations = list(_annotations(found, scale, known, name, problems))
        images.append(ExportImage(int(row["id"]), name, width, height, annotations, url=_url(row)))
    problems += [f"{len(left)} annotations are for image {image}, which is not listed." for image, left in rows.items()]
    return Content(categories, images, normalised, problems)


def _decoded(data: bytes) -> dict[str, Any]:
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise NotCocoError(f"The file is not valid JSON: {error}.") from error
    lists = isinstance(content, dict) and all(isinstance(content.get(key), list) for key in ("images", "annotations"))
    if not lists:
        raise NotCocoError('The file has no "images" and "annotations" lists, so it is not COCO.')
    return dict(content)


def _category(row: Mapping[str, Any]) -> ExportCategory:
    name, above = str(row["name"]), str(row.get("supercategory") or "")
    path = f"{above}/{name}" if above not in ("", "none", name) and not name.startswith(f"{above}/") else name
    return ExportCategory(int(row["id"]), path.rpartition("/")[2], path)


def _url(row: Mapping[str, Any]) -> str:
    return str(row.get("coco_url") or row.get("absolute_url") or "")


def _is_normalised(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether there are coordinates, and none is above 1 (with a little room for rounding)."""
    found = False
    for row in rows:
        values = [float(value) for value in row.get("bbox") or ()]
        segmentation = row.get("segmentation")
        if isinstance(segmentation, list):
            values += [float(value) for ring in segmentation for value in ring]
        if values and max(values) > 1.001:
            return False
        found = found or bool(values)
    return found


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
    crowd = str(row.get("iscrowd", "")).lower() in TRUE
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
