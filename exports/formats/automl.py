"""AutoML for Images: JSON lines beside an `MLTable` file, one folder per split, as Azure Machine Learning takes.

The rules are those of its reader, which turns whatever breaks them into nulls without a word: one object
per line, every object with the same keys, coordinates always with a decimal point, sizes always whole
numbers, `isCrowd` always 0 or 1. Coordinates are fractions of the image. An outline with holes is one ring,
joined by cuts without width, for the format has no holes; parts side by side are segments of one object.
`image_url` becomes a stream where its address is one that the reader can open (`azureml://subscriptions/…`,
`http…`, `file:///…`), and stays text otherwise.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias

import orjson

from annotations import geometry
from exports.formats import names, outlines, parts, records
from exports.formats.archive import Archive
from exports.formats.parts import File, Part, Stream
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage, Pixels, Written

Task: TypeAlias = Literal["multiclass", "multilabel", "box", "polygon"]
LINES = "annotations.jsonl"
FOLDERS = {
    "": "",
    "train": "training-mltable-folder/",
    "val": "validation-mltable-folder/",
    "test": "testing-mltable-folder/",
}
TEXT = "addresses that are no streams"
STREAMS = ("azureml://subscriptions/", "http://", "https://", "file:///")
TABLE = b"""$schema: https://azuremlschemas.azureedge.net/latest/MLTable.schema.json
type: mltable
paths:
  - file: ./annotations.jsonl
transformations:
  - read_json_lines:
      encoding: utf8
      invalid_lines: error
      include_path_column: false
"""
STREAM_COLUMN = b"""  - convert_column_types:
      - columns: image_url
        column_type: stream_info
"""


class Writer:
    """A folder with lines and an `MLTable` for each split."""

    def __init__(self, categories: Sequence[ExportCategory], *, task: Task, pixels: Pixels | None = None) -> None:
        self.task, self.pixels = task, pixels
        self.named = records.unique_names(categories)
        self._own = names.Names()

    def add(self, part: Part, images: Sequence[ExportImage]) -> None:
        for image in images:
            label = _label(image, self.named, self.task, part.written)
            if label is None:
                continue
            if self.pixels and (chunks := self.pixels(image)):
                file = f"images/{self._own.of_image(image).file}"
                part.add_chunks(file, chunks)
                image.url = image.url or file
            url = image.url or image.name
            if not url.startswith(STREAMS):
                part.notes.add(TEXT)
            row = {"image_url": url, "image_details": _details(image), "label": label}
            part.write(image.split, orjson.dumps(row) + b"\n")
            part.written.image(image)

    def files(self, written: Written, notes: frozenset[str]) -> list[File]:
        splits = [split for split in FOLDERS if written.per_split[split]]
        table = TABLE + (STREAM_COLUMN if splits and TEXT not in notes else b"")
        return [
            file
            for split in splits or [""]
            for file in (
                File(f"{FOLDERS[split]}{LINES}", [Stream(split)]),
                File(f"{FOLDERS[split]}MLTable", [table]),
            )
        ]


def write(
    archive: Archive, images: Iterable[ExportImage], categories: Sequence[ExportCategory], **options: Any
) -> Written:
    """Write the folders. An image of one class without a label is left out: there is no way to say it."""
    return parts.write(archive, images, Writer(categories, **options))


def _details(image: ExportImage) -> dict[str, object]:
    ending = image.name.rpartition(".")[2].lower() if "." in image.name else ""
    return {"format": ending, "width": image.width, "height": image.height}


def _label(image: ExportImage, named: dict[int, str], task: Task, written: Written) -> Any:
    """The value of the label column: text, a list of texts, or a list of objects; None where there is none to say."""
    if task in ("multiclass", "multilabel"):
        labels = [annotation for annotation in image.annotations if annotation.shape == "label"]
        taken = labels[:1] if task == "multiclass" else labels
        written.left_out += len(image.annotations) - len(taken)
        for annotation in taken:
            written.annotation(annotation)
        found = [named[annotation.category_id] for annotation in taken]
        return found if task == "multilabel" else (found[0] if found else None)
    objects = []
    for annotation in image.annotations:
        made = _object(image, annotation, named[annotation.category_id], task)
        if made is None:
            written.left_out += 1
            continue
        written.annotation(annotation)
        objects.append(made)
    return objects


def _object(image: ExportImage, annotation: ExportAnnotation, name: str, task: Task) -> dict[str, object] | None:
    if annotation.shape == "label":
        return None
    width, height, crowd = image.width, image.height, int(annotation.crowd)
    if task == "box":
        box, _ = records.clipped(annotation, width, height)
        if box is None:
            return None
        return {
            "label": name,
            "topX": box.x / width,
            "topY": box.y / height,
            "bottomX": min(box.right / width, 1.0),
            "bottomY": min(box.bottom / height, 1.0),
            "isCrowd": crowd,
        }
    found: geometry.Parts = outlines.without_holes(outlines.rings(annotation, width, height))
    rings = [[value for x, y in ring for value in (x / width, y / height)] for ring in found]
    return {"label": name, "isCrowd": crowd, "polygon": rings} if rings else None
