"""CVAT for images 1.1: one `annotations.xml` with all labels, and the images if wanted.

Boxes, polygons and tags are CVAT's own, masks are its run lengths within their box. Several parts of one
object are polygons of one `group_id`; an outline with holes is a mask, for CVAT's polygons have none. What
CVAT has no word for, crowd and note, are attributes of the label. `subset` is the split.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from annotations import crossings, geometry, rle
from exports.formats import names, parts, records, xml
from exports.formats.archive import Archive
from exports.formats.parts import File, Part, Stream
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage, Pixels, Written

FILE = "annotations.xml"
SUBSETS = {"train": "Train", "val": "Validation", "test": "Test"}


class Writer:
    """The XML, and images below `images/`; their names in the XML are then those in the archive."""

    def __init__(self, categories: Sequence[ExportCategory], *, pixels: Pixels | None = None) -> None:
        self.categories, self.pixels = categories, pixels
        self.named = records.unique_names(categories)
        self._own = names.Names()

    def add(self, part: Part, images: Sequence[ExportImage]) -> None:
        for image in images:
            if self.pixels and (chunks := self.pixels(image)):
                image.name = self._own.of_image(image).file
                part.add_chunks(f"images/{image.name}", chunks)
            part.write("images", "\n".join(_lines(image, self.named, part.written)).encode())
            part.written.image(image)

    def files(self, written: Written, notes: frozenset[str]) -> list[File]:
        return [File(FILE, [_head(self.categories, self.named).encode(), Stream("images"), b"</annotations>\n"])]


def write(
    archive: Archive, images: Iterable[ExportImage], categories: Sequence[ExportCategory], **options: Any
) -> Written:
    """Write the XML, and images if wanted."""
    return parts.write(archive, images, Writer(categories, **options))


def _head(categories: Sequence[ExportCategory], named: Mapping[int, str]) -> str:
    attributes = "".join(
        f"<attribute><name>{name}</name><mutable>False</mutable><input_type>{kind}</input_type>"
        f"<default_value>{usual}</default_value><values>{values}</values></attribute>"
        for name, kind, usual, values in (("crowd", "checkbox", "false", "false"), ("note", "text", "", ""))
    )
    labels = "\n".join(
        f"<label><name>{xml.text(named[c.id])}</name><color>{xml.text(c.colour)}</color><type>any</type>"
        f"<attributes>{attributes}</attributes></label>"
        for c in categories
    )
    return f"{xml.DECLARATION}<annotations>\n<version>1.1</version>\n<meta><task><labels>\n{labels}\n</labels></task></meta>\n"


def _lines(image: ExportImage, named: Mapping[int, str], written: Written) -> Iterator[str]:
    subset = f' subset="{SUBSETS[image.split]}"' if image.split else ""
    size = f'width="{image.width}" height="{image.height}"'
    yield f'<image id="{image.id - 1}" name="{xml.text(image.name)}"{subset} {size}>'
    for number, annotation in enumerate(image.annotations, start=1):
        shapes = list(_shapes(annotation, image, number))
        if not shapes:
            written.left_out += 1
            continue
        written.annotation(annotation)
        label = xml.text(named[annotation.category_id])
        inside = f'<attribute name="crowd">{str(annotation.crowd).lower()}</attribute>'
        if annotation.note:
            inside += f'<attribute name="note">{xml.text(annotation.note)}</attribute>'
        for tag, values in shapes:
            yield f'<{tag} label="{label}" source="manual" {values}>{inside}</{tag}>'
    yield "</image>\n"


def _shapes(annotation: ExportAnnotation, image: ExportImage, number: int) -> Iterator[tuple[str, str]]:
    """Tags and attributes; several for one object of several parts."""
    if annotation.shape == "label":
        yield "tag", ""
        return
    box, parts = records.clipped(annotation, image.width, image.height)
    if box is None:
        return
    if annotation.shape == "box":
        sides = (("xtl", box.x), ("ytl", box.y), ("xbr", box.right), ("ybr", box.bottom))
        yield "box", 'occluded="0" z_order="0" ' + " ".join(f'{name}="{xml.number(value)}"' for name, value in sides)
    elif annotation.shape == "mask":
        yield "mask", _mask(rle.from_text(annotation.counts, image.height, image.width), image)
    elif crossings.has_holes(parts):
        yield "mask", _mask(rle.polygon_to_runs(parts, image.height, image.width), image)
    else:
        group = f' group_id="{number}"' if len(parts) > 1 else ""
        for ring in parts:
            points = ";".join(f"{xml.number(x)},{xml.number(y)}" for x, y in ring)
            yield "polygon", f'occluded="0" z_order="0"{group} points="{points}"'


def _mask(runs: rle.Runs, image: ExportImage) -> str:
    """CVAT's mask: a box, and run lengths of its pixels by rows, background first."""
    box = rle.bounding_box(runs, image.height)
    left, top, width, height = (int(side) for side in box)
    inside = rle.decode(runs, image.height, image.width)[top : top + height, left : left + width]
    lengths = ", ".join(map(str, rle.encode(np.ascontiguousarray(inside.T)).tolist()))
    return f'occluded="0" z_order="0" rle="{lengths}" left="{left}" top="{top}" width="{width}" height="{height}"'


def mask_of(values: Mapping[str, str], width: int, height: int) -> tuple[geometry.Box, str]:
    """The box and COCO's run-length text of a mask element; ValueError where it does not fit its image."""
    left, top, inner_width, inner_height = (int(values[side]) for side in ("left", "top", "width", "height"))
    if (
        min(left, top) < 0
        or min(inner_width, inner_height) < 1
        or left + inner_width > width
        or top + inner_height > height
    ):
        raise ValueError("the mask is not inside its image")
    runs = rle.from_list([int(length) for length in values["rle"].split(",")], inner_width, inner_height)
    canvas = np.zeros((height, width), dtype=np.uint8)
    canvas[top : top + inner_height, left : left + inner_width] = rle.decode(runs, inner_width, inner_height).T
    found = rle.encode(canvas)
    return rle.bounding_box(found, height), rle.compress(found)
