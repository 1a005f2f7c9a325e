"""Reads Label Studio's JSON export into neutral records: choices, rectangles, polygons and brush masks."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from annotations import geometry, rle
from exports.formats.folder import json_of
from exports.formats.label_studio import KINDS
from exports.formats.records import SPLITS, ExportAnnotation, ExportImage, Legend, NotReadable, Size

MOST_PIXELS = 1 << 28


def read(
    data: bytes, legend: Legend, problems: list[str], sizes: Mapping[str, Size] | None = None
) -> Iterator[ExportImage]:
    """Images one at a time; `sizes` by address, for tasks without regions, which say no size."""
    tasks = json_of("The file", data)
    if not isinstance(tasks, list) or not all(_is_task(task) for task in tasks):
        raise NotReadable("The file is not Label Studio's JSON: a list of tasks with “data” and “image”.")
    for number, task in enumerate(tasks, start=1):
        address = task["data"]["image"]
        meta = task.get("meta") if isinstance(task.get("meta"), dict) else {}
        found, seen = [], (0, 0)
        for place, result in enumerate(_results(task), start=1):
            try:
                annotation, size = _annotation(result, legend)
            except (ValueError, TypeError, KeyError, OverflowError) as error:
                words = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error).rstrip(".")
                problems.append(f"{address}, result {place}: {words}.")
                continue
            seen = size or seen
            found += annotation
        known = (sizes or {}).get(address)
        name = known.name if known else str(meta.get("name") or address)
        width, height = (known.width, known.height) if known else seen
        split = meta.get("split") if meta.get("split") in SPLITS else ""
        yield ExportImage(number, name, width, height, found, url=address, split=str(split))


def _is_task(task: object) -> bool:
    data = task.get("data") if isinstance(task, dict) else None
    return isinstance(data, dict) and isinstance(data.get("image"), str)


def _results(task: Mapping[str, Any]) -> list[object]:
    """Results of the first annotation that was not cancelled."""
    rows = task.get("annotations") or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise NotReadable("The file is not Label Studio's JSON: a task's annotations are not a list of objects.")
    found: Any = next((row.get("result") for row in rows if not row.get("was_cancelled")), [])
    if not isinstance(found, list):
        raise NotReadable("The file is not Label Studio's JSON: an annotation's result is not a list.")
    return found


def _annotation(result: Any, legend: Legend) -> tuple[list[ExportAnnotation], tuple[int, int] | None]:
    """Annotations of one result, several for several choices, and the image's size where it says one."""
    if not isinstance(result, dict) or result.get("type") not in KINDS.values():
        raise ValueError("this kind of result is not known here")
    kind, value = result["type"], result["value"]
    labels = value[kind]
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels) or not labels:
        raise ValueError("it has no label")
    if kind == KINDS["label"]:
        return [ExportAnnotation(legend.id_of(label), "label", origin="import") for label in labels], None
    width, height = int(result["original_width"]), int(result["original_height"])
    if width < 1 or height < 1 or width * height > MOST_PIXELS:
        raise ValueError("the image's size cannot be right")
    made = ExportAnnotation(legend.id_of(labels[0]), "box", origin="import", code=str(result.get("id") or ""))
    meta: Any = result.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    made.crowd, made.note = meta.get("crowd") is True, str(meta.get("note") or "")
    if kind == KINDS["box"]:
        made.box = _box(value, width, height)
    elif kind == KINDS["polygon"]:
        ring = [[float(x) * width / 100, float(y) * height / 100] for x, y in value["points"]]
        if len(ring) < 3 or not np.isfinite(ring).all():
            raise ValueError("a polygon needs at least three points")
        made.shape, made.parts, made.box = "polygon", [ring], geometry.bounds([ring])
    else:
        runs = rle.encode(unpacked(value["rle"], height, width))
        made.shape, made.box, made.counts = "mask", rle.bounding_box(runs, height), rle.compress(runs)
    return [made], (width, height)


def _box(value: Mapping[str, Any], width: int, height: int) -> geometry.Box:
    if value.get("rotation"):
        raise ValueError("the box is turned, which is not known here")
    x, y, across, down = (float(value[side]) for side in ("x", "y", "width", "height"))
    if not (0 < across < 1e6 and 0 < down < 1e6 and abs(x) < 1e6 and abs(y) < 1e6):
        raise ValueError("the box has no width or no height")
    return geometry.Box(x * width / 100, y * height / 100, across * width / 100, down * height / 100)


def unpacked(values: object, height: int, width: int) -> rle.Mask:
    """The [height, width] mask of Label Studio's bits: what has alpha counts."""
    if not isinstance(values, list) or not all(type(value) is int and 0 <= value <= 255 for value in values):
        raise ValueError("the mask is not a list of bytes")
    bits = np.unpackbits(np.array(values, dtype=np.uint8)).astype(str)
    stream = _Bits("".join(bits.tolist()))
    count, word = stream.number(32), stream.number(5) + 1
    sizes = [stream.number(4) + 1 for _ in range(4)]
    if count != height * width * 4:
        raise ValueError("the mask has another size than the image")
    flat, place = np.zeros(count, dtype=bool), 0
    while place < count:
        same = stream.number(1)
        end = min(place + stream.number(sizes[stream.number(2)]) + 1, count)
        if same:
            flat[place:end] = stream.number(word) > 0
        else:
            flat[place:end] = [stream.number(word) > 0 for _ in range(end - place)]
        place = end
    mask: rle.Mask = flat.reshape(height, width, 4)[:, :, 3].astype(np.uint8)
    return mask


class _Bits:
    """Numbers from a text of zeros and ones."""

    def __init__(self, text: str) -> None:
        self.text, self.place = text, 0

    def number(self, size: int) -> int:
        piece = self.text[self.place : self.place + size]
        if len(piece) < size:
            raise ValueError("the mask ends too early")
        self.place += size
        return int(piece, 2)
