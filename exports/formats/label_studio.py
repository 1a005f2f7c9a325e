"""Label Studio: `tasks.json` with one task per image, and the labelling configuration it goes with.

Coordinates are percentages of the image. A polygon there is one ring, so several parts or holes are a brush
mask, in Label Studio's own run-length bits. Each label of the image is a choice. Crowd, note and origin lie
under `meta`, where Label Studio keeps what it does not know. An image's address is its URL where the export
was given a prefix, and its name otherwise.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from annotations import geometry, rle
from exports.formats import names, parts, records, xml
from exports.formats.archive import Archive
from exports.formats.parts import File, Part, Stream
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage, Pixels, Written

TASKS, CONFIGURATION = "tasks.json", "label_config.xml"
KINDS = {"label": "choices", "box": "rectanglelabels", "polygon": "polygonlabels", "mask": "brushlabels"}
TAGS = {"label": "Choices", "box": "RectangleLabels", "polygon": "PolygonLabels", "mask": "BrushLabels"}
WORD_BITS = 8
SIZE_BITS = (4, 8, 12, 16)
"""Bits of a run's length: the shortest of these four that will do."""


class Writer:
    """The tasks, the configuration, and images below `images/`."""

    def __init__(self, categories: Sequence[ExportCategory], *, pixels: Pixels | None = None) -> None:
        self.categories, self.pixels = categories, pixels
        self.named = records.unique_names(categories)
        self._own = names.Names()

    def add(self, part: Part, images: Sequence[ExportImage]) -> None:
        tasks = []
        for image in images:
            if self.pixels and (chunks := self.pixels(image)):
                name = f"images/{self._own.of_image(image).file}"
                part.add_chunks(name, chunks)
                image.url = image.url or name
            results = list(_results(image, self.named, part.written))
            part.notes |= {result["type"] for result in results}
            tasks.append(_task(image, results))
            part.written.image(image)
        part.append("tasks", tasks)

    def files(self, written: Written, notes: frozenset[str]) -> list[File]:
        configuration = _configuration(self.categories, self.named, set(notes)).encode()
        return [File(TASKS, [b"[", Stream("tasks", b","), b"]"]), File(CONFIGURATION, [configuration])]


def write(
    archive: Archive, images: Iterable[ExportImage], categories: Sequence[ExportCategory], **options: Any
) -> Written:
    """Write the tasks, the configuration, and images if wanted."""
    return parts.write(archive, images, Writer(categories, **options))


def _task(image: ExportImage, results: list[dict[str, Any]]) -> dict[str, object]:
    about = {"name": image.name, "width": image.width, "height": image.height, "split": image.split}
    return {
        "id": image.id,
        "data": {"image": image.url or image.name},
        "meta": {key: value for key, value in about.items() if value},
        "annotations": [{"result": results, "was_cancelled": False, "ground_truth": False}],
    }


def _results(image: ExportImage, named: Mapping[int, str], written: Written) -> Iterator[dict[str, Any]]:
    for number, annotation in enumerate(image.annotations, start=1):
        kind, value = _value(annotation, image)
        if value is None:
            written.left_out += 1
            continue
        written.annotation(annotation)
        value[kind] = [named[annotation.category_id]]
        result: dict[str, Any] = {
            "id": annotation.code or f"r{number}",
            "type": kind,
            "from_name": kind,
            "to_name": "image",
            "origin": "manual",
            "value": value,
        }
        if annotation.shape != "label":
            result |= {"original_width": image.width, "original_height": image.height, "image_rotation": 0}
        about = {"crowd": annotation.crowd, "note": annotation.note}
        if meta := {key: said for key, said in about.items() if said}:
            result["meta"] = meta
        yield result


def _value(annotation: ExportAnnotation, image: ExportImage) -> tuple[str, dict[str, Any] | None]:
    if annotation.shape == "label":
        return KINDS["label"], {}
    across, down = 100 / image.width, 100 / image.height
    box, parts = records.clipped(annotation, image.width, image.height)
    if box is None:
        return "", None
    if annotation.shape == "box":
        sides = {"x": box.x * across, "y": box.y * down, "width": box.width * across, "height": box.height * down}
        return KINDS["box"], {**sides, "rotation": 0}
    if annotation.shape == "polygon" and len(parts) == 1:
        return KINDS["polygon"], {"points": [[x * across, y * down] for x, y in parts[0]], "closed": True}
    mask = _mask(annotation, parts, image)
    return KINDS["mask"], {"format": "rle", "rle": packed(mask)}


def _mask(annotation: ExportAnnotation, parts: geometry.Parts, image: ExportImage) -> rle.Mask:
    if annotation.shape == "mask":
        return rle.decode(rle.from_text(annotation.counts, image.height, image.width), image.height, image.width)
    return rle.polygon_to_mask(parts, image.height, image.width)


def packed(mask: rle.Mask) -> list[int]:
    """Label Studio's bits of a [height, width] mask, as bytes.

    The picture is red, green, blue and alpha by rows, so each pixel counts four times. A head says how many
    values there are and how long words and lengths may be; then come runs: a one, which of the four lengths,
    the length less one, and the value, 0 or 255.
    """
    flat = np.ascontiguousarray(mask).astype(bool).ravel()
    edges = np.flatnonzero(np.diff(flat)) + 1
    starts, ends = np.concatenate([[0], edges]), np.concatenate([edges, [flat.size]])
    bits = [f"{flat.size * 4:032b}{WORD_BITS - 1:05b}", *(f"{size - 1:04b}" for size in SIZE_BITS)]
    most = 1 << SIZE_BITS[-1]
    for length, filled in zip(((ends - starts) * 4).tolist(), flat[starts].tolist(), strict=True):
        bits += [_run(min(most, length - begin), filled=filled) for begin in range(0, length, most)]
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return list(int(text, 2).to_bytes(len(text) // 8))


def _run(length: int, *, filled: bool) -> str:
    which = next(number for number, size in enumerate(SIZE_BITS) if length <= 1 << size)
    return f"1{which:02b}{length - 1:0{SIZE_BITS[which]}b}{255 if filled else 0:0{WORD_BITS}b}"


def _configuration(categories: Sequence[ExportCategory], named: Mapping[int, str], kinds: set[str]) -> str:
    """The labelling interface, with a control for each kind of result there is."""
    lines = ["<View>", '  <Image name="image" value="$image"/>']
    for shape, kind in KINDS.items():
        if kind in kinds:
            inner = "Choice" if shape == "label" else "Label"
            more = ' choice="multiple"' if shape == "label" else ""
            lines.append(f'  <{TAGS[shape]} name="{kind}" toName="image"{more}>')
            lines += [
                f'    <{inner} value="{xml.text(named[c.id])}" background="{xml.text(c.colour)}"/>' for c in categories
            ]
            lines.append(f"  </{TAGS[shape]}>")
    return "\n".join([*lines, "</View>\n"])
