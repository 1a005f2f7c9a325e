"""Reads PNG masks into neutral records: one picture per image whose pixels are class numbers or the classes' colours.

`classes.json` or `classes.csv`, as our writer makes them, say which number and colour is which label; a plain
`classes.txt` or `labels.txt` names them line by line, counting from 1. Number 0 is background, and so is 255 where no
class has it, as Pascal VOC marks borders. A picture becomes one mask per class that it holds.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotations import rle
from exports.formats import records
from exports.formats.folder import Folder, json_of
from exports.formats.records import ExportAnnotation, ExportImage, Legend, NotReadable
from projects import image_header

MOST_PIXELS = 1 << 28
VOID = 255
ENDING = ".png"
LISTS = ("classes.txt", "labels.txt")


@dataclass(frozen=True, slots=True)
class Classes:
    """Names by number, and numbers by colour (red · 65536 + green · 256 + blue)."""

    names: Mapping[int, str]
    colours: Mapping[int, int]


def read(folder: Folder, legend: Legend, problems: list[str]) -> Iterator[ExportImage]:
    """Images one at a time, each called by the path of its mask below `masks/`, without its ending."""
    classes = _classes(folder)
    ids = {number: legend.id_of(name) for number, name in classes.names.items()}
    names = [name for name in folder.names() if name.lower().endswith(ENDING)]
    names = [name for name in names if "masks/" in name or "SegmentationClass/" in name] or names
    if not names:
        raise NotReadable("There are no .png files, so these are no masks.")
    for number, name in enumerate(names, start=1):
        values = _values(folder, name, classes)
        height, width = values.shape
        above, _, below = name.rpartition("masks/")
        stem = (below or name)[: -len(ENDING)]
        split = above.strip("/").rpartition("/")[2]
        found = list(_annotations(values, ids, name, problems))
        yield ExportImage(number, stem, width, height, found, split=split if split in records.SPLITS else "")


def _classes(folder: Folder) -> Classes:
    by_file = {name.rpartition("/")[2]: name for name in reversed(folder.names())}
    if "classes.json" in by_file:
        content = json_of(by_file["classes.json"], folder.read(by_file["classes.json"]))
        rows = content.get("classes") if isinstance(content, dict) else None
    elif "classes.csv" in by_file:
        rows = list(csv.DictReader(io.StringIO(folder.read(by_file["classes.csv"]).decode(errors="replace"))))
    else:
        found = next((by_file[name] for name in LISTS if name in by_file), None)
        if found is None:
            raise NotReadable("classes.json is missing: it says which number or colour is which label.")
        lines = (line.decode(errors="replace").strip() for line in folder.lines(found))
        rows = [{"value": number, "name": name} for number, name in enumerate(filter(None, lines), start=1)]
    return _table(rows)


def _table(rows: object) -> Classes:
    names: dict[int, str] = {}
    colours: dict[int, int] = {}
    try:
        for row in rows:  # type: ignore[attr-defined]  # whatever else it is, is caught
            number = int(row["value"])
            if row.get("colour"):
                colours[int(str(row["colour"]).removeprefix("#"), 16)] = number
            if number and str(row["name"]).lower() != "background":
                names[number] = str(row.get("path") or row["name"])
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise NotReadable("The list of classes is not one of “value” and “name”.") from error
    if not names:
        raise NotReadable("The list of classes names none beside the background.")
    return Classes(names, colours)


def _values(folder: Folder, name: str, classes: Classes) -> NDArray[np.integer]:
    """Class numbers as [height, width]."""
    try:
        with image_header.opened(io.BytesIO(folder.read(name)), max_pixels=MOST_PIXELS) as image:
            if image.mode in ("P", "L", "I", "I;16", "I;16B", "1"):
                return np.asarray(image).astype(np.int32)
            pixels = np.asarray(image.convert("RGB")).astype(np.int32)
    except image_header.UnreadableImage as error:
        raise NotReadable(f"{name}: {error.detail}") from error
    packed = pixels[..., 0] << 16 | pixels[..., 1] << 8 | pixels[..., 2]
    seen, where = np.unique(packed, return_inverse=True)
    numbers = np.array([classes.colours.get(int(colour), -int(colour)) for colour in seen])
    found: NDArray[np.integer] = numbers[where].reshape(packed.shape)
    return found


def _annotations(
    values: NDArray[np.integer], ids: Mapping[int, int], name: str, problems: list[str]
) -> Iterator[ExportAnnotation]:
    height = values.shape[0]
    unknown: list[str] = []
    for number in _numbers(values):
        if number in ids:
            runs = rle.encode(values == number)
            box = rle.bounding_box(runs, height)
            yield ExportAnnotation(ids[number], "mask", box, counts=rle.compress(runs), origin="import")
        elif number not in (0, VOID):
            unknown.append(f"#{-number:06x}" if number < 0 else str(number))
    if unknown:
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        problems.append(f"{name}: no class is listed for {', '.join(unknown[:5])}{more}.")


def _numbers(values: NDArray[np.integer]) -> Sequence[int]:
    return [int(number) for number in np.unique(values)]
