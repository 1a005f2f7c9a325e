"""Reads CVAT for images 1.1 into neutral records, image by image; the XML is untrusted, so no DTDs or entities."""

from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element  # a type alone

from annotations import geometry
from exports.formats import cvat, xml
from exports.formats.records import ExportAnnotation, ExportImage, Legend, NotReadable

SHAPES = ("tag", "box", "polygon", "mask")
MOST_PIXELS = 1 << 30
_SPLITS = {name.lower(): split for split, name in cvat.SUBSETS.items()} | {"val": "val"}


def read(file: BinaryIO, legend: Legend, problems: list[str], name: str = cvat.FILE) -> Iterator[ExportImage]:
    """Images one at a time; labels come from the head, so those that nothing has are known too."""
    number, root = 0, None
    for event, element in xml.elements(name, file):
        if root is None:
            root = element
            if element.tag != "annotations":
                raise NotReadable(f"{name} is not CVAT: its root is <{element.tag[:40]}>, not <annotations>.")
        elif event == "end" and element.tag == "label":
            legend.id_of(xml.child(element, "name"))
        elif event == "end" and element.tag == "image":
            number += 1
            yield _image(element, number, legend, problems)
            root.clear()
    if root is None:
        raise NotReadable(f"{name} is empty.")


def _image(element: Element, number: int, legend: Legend, problems: list[str]) -> ExportImage:
    name = element.get("name", "")
    try:
        width, height = (int(element.get(side, "")) for side in ("width", "height"))
    except ValueError as error:
        raise NotReadable(f"Image {number} has no width and height in whole pixels.") from error
    if not name or width < 1 or height < 1 or width * height > MOST_PIXELS:
        raise NotReadable(f"Image {number} has no name, or its size cannot be right.")
    found: list[ExportAnnotation] = []
    groups: dict[tuple[str, int], ExportAnnotation] = {}
    for place, shape in enumerate((one for one in element if one.tag in SHAPES), start=1):
        try:
            made = _annotation(shape, legend, width, height)
        except (ValueError, KeyError, OverflowError) as error:
            words = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error).rstrip(".")
            problems.append(f"{name}, shape {place}: {words}.")
            continue
        key = (shape.get("group_id", "0"), made.category_id)
        if made.shape == "polygon" and key[0] not in ("", "0"):
            if key in groups:
                first = groups[key]
                first.parts = [*first.parts, *made.parts]
                first.box = geometry.bounds(first.parts)
                continue
            groups[key] = made
        found.append(made)
    split = _SPLITS.get(element.get("subset", "").lower(), "")
    return ExportImage(number, name, width, height, found, split=split)


def _annotation(shape: Element, legend: Legend, width: int, height: int) -> ExportAnnotation:
    category = legend.id_of(shape.get("label", ""))
    attributes = {one.get("name"): one.text or "" for one in shape.iter("attribute")}
    made = ExportAnnotation(category, "label", origin="import", note=attributes.get("note", ""))
    made.crowd = attributes.get("crowd") == "true"
    if shape.tag == "box":
        left, top, right, bottom = (float(shape.attrib[side]) for side in ("xtl", "ytl", "xbr", "ybr"))
        made.shape, made.box = "box", geometry.Box(left, top, right - left, bottom - top)
        # Written so that NaN and infinity fail.
        if not (0 < right - left < 1e9 and 0 < bottom - top < 1e9 and abs(left) < 1e9 and abs(top) < 1e9):
            raise ValueError("the box has no width or no height")
    elif shape.tag == "polygon":
        ring = [[float(value) for value in point.split(",")] for point in shape.attrib["points"].split(";")]
        if len(ring) < 3 or not all(len(point) == 2 and max(map(abs, point)) < 1e9 for point in ring):
            raise ValueError("a polygon needs at least three points of two numbers")
        made.shape, made.parts, made.box = "polygon", [ring], geometry.bounds([ring])
    elif shape.tag == "mask":
        made.box, made.counts = cvat.mask_of(shape.attrib, width, height)
        made.shape = "mask"
    return made
