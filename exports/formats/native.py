"""Labelwright's own JSON lines: everything there is, for moving and keeping, without any loss.

The first line describes the file and its labels, every other line is an image with its annotations: codes,
origins, notes, confidences, rings with their holes, masks as COCO's run-length text, in pixels as they were
drawn, not even clipped to the image. Only keys that say something are written.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import orjson

from annotations import geometry
from exports.formats import parts
from exports.formats.folder import json_of
from exports.formats.parts import File, Part, Stream
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage, NotReadable, Written

FORMAT = "labelwright"
VERSION = 1
SHAPES = ("label", "box", "polygon", "mask")
_IMAGE_TEXTS = ("code", "url", "captured_at", "status", "labelled_by", "labelled_at", "reviewed_by", "split")
_ANNOTATION_TEXTS = ("counts", "origin", "note", "code")
_CATEGORY_KEYS = {"id": int, "name": str, "path": str, "code": str, "colour": str}


class Writer:
    """The lines of one file; `project` says where they come from."""

    def __init__(self, categories: Sequence[ExportCategory], *, project: Mapping[str, Any] | None = None) -> None:
        labels = [dataclasses.asdict(category) for category in categories]
        self.head = {"format": FORMAT, "version": VERSION, "project": dict(project or {}), "labels": labels}

    def add(self, part: Part, images: Sequence[ExportImage]) -> None:
        part.write("lines", b"".join(orjson.dumps(_image_row(image)) + b"\n" for image in images))
        for image in images:
            part.written.image(image)
            for annotation in image.annotations:
                part.written.annotation(annotation)

    def files(self, written: Written, notes: frozenset[str]) -> list[File]:
        return [File("", [orjson.dumps(self.head) + b"\n", Stream("lines")])]


def write(
    out: BinaryIO, images: Iterable[ExportImage], categories: Sequence[ExportCategory], **options: Any
) -> Written:
    """Write the head and one line per image to `out`, which need not be seekable."""
    return parts.write(out, images, Writer(categories, **options))


def _image_row(image: ExportImage) -> dict[str, object]:
    row: dict[str, object] = {"name": image.name, "width": image.width, "height": image.height}
    row |= {key: value for key in _IMAGE_TEXTS if (value := getattr(image, key))}
    row["annotations"] = [_annotation_row(annotation) for annotation in image.annotations]
    return row


def _annotation_row(annotation: ExportAnnotation) -> dict[str, object]:
    row: dict[str, object] = {"label": annotation.category_id, "shape": annotation.shape}
    if annotation.box is not None and annotation.shape != "polygon":
        row["box"] = [*annotation.box]
    if annotation.parts:
        row["parts"] = annotation.parts
    if annotation.crowd:
        row["crowd"] = True
    if annotation.confidence != 1.0:
        row["confidence"] = annotation.confidence
    return row | {key: value for key in _ANNOTATION_TEXTS if (value := getattr(annotation, key))}


class Reader:
    """A native file: `categories` and `project` from its head, then `images()` one at a time."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = enumerate(lines, start=1)
        head = self._object()
        if head is None or head.get("format") != FORMAT:
            raise NotReadable("The first line does not say that this is Labelwright's own format.")
        if head.get("version") != VERSION:
            raise NotReadable(f"The file has version {head.get('version')}, and only {VERSION} can be read.")
        self.project = head.get("project") or {}
        rows = head.get("labels")
        try:
            self.categories = [ExportCategory(**_typed(row, _CATEGORY_KEYS)) for row in rows or ()]
        except TypeError as error:
            raise NotReadable(f"Line 1: the labels are not what they should be: {error}.") from error
        self._known = {category.id for category in self.categories}

    def images(self) -> Iterator[ExportImage]:
        number = 0
        while (row := self._object()) is not None:
            number += 1
            try:
                yield self._image(row, number)
            except (KeyError, TypeError, ValueError) as error:
                words = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error).rstrip(".")
                raise NotReadable(f"Line {number + 1}: {words}.") from error

    def _object(self) -> dict[str, Any] | None:
        for place, line in self._lines:
            if line.strip():
                row = json_of(f"Line {place}", line)
                if not isinstance(row, dict):
                    raise NotReadable(f"Line {place} is not a JSON object.")
                return row
        return None

    def _image(self, row: Mapping[str, Any], number: int) -> ExportImage:
        texts = _typed({key: row[key] for key in _IMAGE_TEXTS if key in row}, dict.fromkeys(_IMAGE_TEXTS, str))
        sizes = _typed({key: row[key] for key in ("width", "height")}, {"width": int, "height": int})
        if not isinstance(row["name"], str) or not isinstance(row["annotations"], list):
            raise TypeError("an image needs a name and a list of annotations")
        found = [self._annotation(item) for item in row["annotations"]]
        return ExportImage(number, row["name"], **sizes, annotations=found, **texts)

    def _annotation(self, row: Mapping[str, Any]) -> ExportAnnotation:
        if not isinstance(row, dict) or row["label"] not in self._known or row["shape"] not in SHAPES:
            raise ValueError("an annotation has no known label or shape")
        texts = _typed(
            {key: row[key] for key in _ANNOTATION_TEXTS if key in row}, dict.fromkeys(_ANNOTATION_TEXTS, str)
        )
        shape, parts, box = row["shape"], row.get("parts", ()), None
        if shape == "polygon":
            box = geometry.bounds([[_numbers(point, 2) for point in ring] for ring in parts])
        elif shape != "label":
            box = geometry.Box(*_numbers(row["box"], 4))
        confidence = float(row.get("confidence", 1.0))
        return ExportAnnotation(
            row["label"], shape, box, parts, crowd=row.get("crowd") is True, confidence=confidence, **texts
        )


def _typed(row: object, kinds: Mapping[str, type]) -> dict[str, Any]:
    """The row, if it has no other keys and every value its type."""
    if not isinstance(row, dict):
        raise TypeError(f"{str(row)[:40]} is not an object")
    for key, value in row.items():
        if key not in kinds or not isinstance(value, kinds[key]) or isinstance(value, bool):
            raise TypeError(f"{str(key)[:40]} is not expected, or has another type than it should")
    return row


def _numbers(values: object, count: int) -> list[float]:
    if not isinstance(values, list) or len(values) != count or not all(type(value) in (int, float) for value in values):
        raise TypeError(f"{count} numbers are expected")
    return values
