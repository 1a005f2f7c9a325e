"""YOLO as Ultralytics reads it: `data.yaml`, and for each image a text file with one line per object.

Detection lines are `class cx cy width height`, segmentation lines `class x1 y1 x2 y2 …`, all in fractions
of the image with six decimals. Classes count from 0 in tree order. One kind of line per export, because a
file that mixes them is skipped as corrupt. An object of several parts or with holes is one ring, joined by
cuts without width. An image without objects has an empty file: it is a background. Objects marked as crowds
are left out, for YOLO has no word for them. `path` is left out of `data.yaml`, because Ultralytics would
look it up from its working directory; `train` and `val` must be there, so an export that is not split names
its one folder twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson
import yaml

from annotations import geometry
from exports.formats import names, outlines, parts, records
from exports.formats.archive import Archive
from exports.formats.folder import Folder
from exports.formats.parts import File, Part
from exports.formats.records import (
    ExportAnnotation,
    ExportCategory,
    ExportImage,
    Legend,
    NotReadable,
    Pixels,
    Size,
    Written,
)

WHOLE = "train"
"""The folder of an export that is not split."""


class Writer:
    """A text file per image, the images that `pixels` gives, and `data.yaml`."""

    def __init__(
        self, categories: Sequence[ExportCategory], *, segmentation: bool = False, pixels: Pixels | None = None
    ) -> None:
        self.categories, self.segmentation, self.pixels = categories, segmentation, pixels
        self.numbers = {category.id: number for number, category in enumerate(categories)}
        self._own = names.Names()

    def add(self, part: Part, images: Sequence[ExportImage]) -> None:
        for image in images:
            name, split = self._own.of_image(image), image.split or WHOLE
            lines = list(_lines(image, self.numbers, part.written, segmentation=self.segmentation))
            part.add(f"labels/{split}/{name.stem}.txt", "".join(lines).encode())
            if self.pixels and (chunks := self.pixels(image)):
                part.add_chunks(f"images/{split}/{name.file}", chunks)
            part.written.image(image)

    def files(self, written: Written, notes: frozenset[str]) -> list[File]:
        return [File("data.yaml", [_data(self.categories, written)])]


def write(
    archive: Archive, images: Iterable[ExportImage], categories: Sequence[ExportCategory], **options: Any
) -> Written:
    """Write labels, the images if `pixels` gives them, and `data.yaml`."""
    return parts.write(archive, images, Writer(categories, **options))


def _data(categories: Sequence[ExportCategory], written: Written) -> bytes:
    """The file that training begins with. JSON strings are YAML, whatever a label is called."""
    splits = [split for split in records.SPLITS if written.per_split[split]] or [WHOLE]
    folders = {split: f"images/{split}" for split in splits}
    folders = {"train": folders.get("train", f"images/{splits[0]}"), "val": f"images/{splits[0]}"} | folders
    named = records.unique_names(categories)
    lines = [f"{split}: {folder}\n".encode() for split, folder in folders.items()]
    lines.append(f"nc: {len(categories)}\nnames:\n".encode())
    lines += [b"  %d: %s\n" % (number, orjson.dumps(named[c.id])) for number, c in enumerate(categories)]
    return b"".join(lines)


def _lines(image: ExportImage, numbers: Mapping[int, int], written: Written, *, segmentation: bool) -> Iterator[str]:
    for annotation in image.annotations:
        values = () if annotation.crowd else _values(image, annotation, segmentation=segmentation)
        if not values:
            written.left_out += 1
            continue
        written.annotation(annotation)
        yield f"{numbers[annotation.category_id]} {' '.join(f'{value:.6f}' for value in values)}\n"


def _values(image: ExportImage, annotation: ExportAnnotation, *, segmentation: bool) -> Sequence[float]:
    width, height = image.width, image.height
    if annotation.shape == "label":
        return ()
    if segmentation:
        rings = outlines.rings(annotation, width, height)
        ring = outlines.joined(rings) if rings else ()
        return [value for x, y in ring for value in (x / width, y / height)]
    box, _ = records.clipped(annotation, width, height)
    if box is None:
        return ()
    middle = ((box.x + box.width / 2) / width, (box.y + box.height / 2) / height)
    return (*middle, box.width / width, box.height / height)


def read(folder: Folder, sizes: Mapping[str, Size], legend: Legend, problems: list[str]) -> Iterator[ExportImage]:
    """Images of a YOLO folder, one at a time; `sizes` by path below `labels/<split>/` without its ending."""
    classes = _classes(folder, legend)
    texts = [name for name in folder.names() if name.endswith(".txt") and "labels/" in name]
    if not texts:
        raise NotReadable("There is no labels folder with .txt files, so this is not YOLO.")
    for number, name in enumerate(texts, start=1):
        split, _, below = name.partition("labels/")[2].partition("/")
        if split not in records.SPLITS:
            split, below = "", name.partition("labels/")[2]
        stem = below.removesuffix(".txt")
        size = sizes.get(stem)
        if size is None:
            problems.append(f"{name}: there is no image of this name.")
            continue
        found = list(_annotations(folder.lines(name), classes, size, name, problems))
        yield ExportImage(number, size.name, size.width, size.height, found, split=split)


def _classes(folder: Folder, legend: Legend) -> list[int]:
    """Category ids by class number, from `data.yaml`."""
    known = [name for name in folder.names() if name.rpartition("/")[2] in ("data.yaml", "data.yml", "dataset.yaml")]
    if not known:
        raise NotReadable("data.yaml is missing: it says what the classes are called.")
    try:
        content = yaml.safe_load(folder.read(known[0]))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise NotReadable(f"{known[0]} is not valid YAML.") from error
    named = content.get("names") if isinstance(content, dict) else None
    if isinstance(named, dict):
        named = [named.get(number) for number in range(len(named))]
    if not isinstance(named, list) or not named or not all(isinstance(name, (str, int)) for name in named):
        raise NotReadable(f"{known[0]} has no list of class names under “names”, counting from 0.")
    return [legend.id_of(str(name)) for name in named]


def _annotations(
    lines: Iterable[bytes], classes: Sequence[int], size: Size, name: str, problems: list[str]
) -> Iterator[ExportAnnotation]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield _annotation(line, classes, size)
        except ValueError as error:
            problems.append(f"{name}, line {number}: {error}.")


def _annotation(line: bytes, classes: Sequence[int], size: Size) -> ExportAnnotation:
    try:
        number, *values = line.decode().split()
        category, fractions = int(number), [float(value) for value in values]
    except ValueError as error:
        raise ValueError("these are not a class and numbers") from error
    if not 0 <= category < len(classes):
        raise ValueError(f"class {category} is not in data.yaml")
    # Ultralytics' own limit: a little room for rounding, and pixels are found out. NaN fails too.
    if not all(-0.01 <= value <= 1.01 for value in fractions):
        raise ValueError("a coordinate is not between 0 and 1")
    if len(fractions) == 4:
        cx, cy, width, height = fractions
        if width <= 0 or height <= 0:
            raise ValueError("the box has no width or no height")
        corner = ((cx - width / 2) * size.width, (cy - height / 2) * size.height)
        box = geometry.Box(*corner, width * size.width, height * size.height)
        return ExportAnnotation(classes[category], "box", box, origin="import")
    if len(fractions) < 6 or len(fractions) % 2:
        raise ValueError("an object has four numbers (a box), or an even count of at least six (an outline)")
    ring = [[x * size.width, y * size.height] for x, y in zip(fractions[::2], fractions[1::2], strict=True)]
    return ExportAnnotation(classes[category], "polygon", geometry.bounds([ring]), [ring], origin="import")
