"""Pascal VOC 2012: `VOCdevkit/VOC2012` with one XML per image, as torchvision and others read it.

Boxes count pixels from 1 and include both ends, so a box from 0 to 10 is `xmin` 1, `xmax` 10; they are
rounded to whole pixels, because the readers want integers. Outlines and masks give their boxes; painted
classes give `SegmentationClass` too. A crowd is `difficult`, which VOC's evaluation ignores. All files
lie in one folder, so folders in an image's name become `_`; `path` keeps the name as it was.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element  # a type alone

from annotations import geometry
from exports.formats import masks, names, parts, records, xml
from exports.formats.archive import Archive
from exports.formats.folder import Folder
from exports.formats.parts import File, Part, Stream
from exports.formats.records import (
    ExportAnnotation,
    ExportCategory,
    ExportImage,
    Legend,
    NotReadable,
    Pixels,
    Written,
)

ROOT = "VOCdevkit/VOC2012"


class Writer:
    """One XML per image, lists of images, with `segmentation` also class masks and their lists."""

    def __init__(
        self, categories: Sequence[ExportCategory], *, segmentation: bool = False, pixels: Pixels | None = None
    ) -> None:
        self.categories, self.segmentation, self.pixels = categories, segmentation, pixels
        self.named, self.table = records.unique_names(categories), masks.colours(categories)
        self._own = names.Names(flat=True)

    def add(self, part: Part, images: Sequence[ExportImage]) -> None:
        for image in images:
            name = self._own.of_image(image)
            text = _text(image, name, self.named, part.written, segmentation=self.segmentation)
            part.add(f"{ROOT}/Annotations/{name.stem}.xml", text.encode())
            if self.segmentation:
                part.add(f"{ROOT}/SegmentationClass/{name.stem}.png", self._picture(image), packed=False)
            if self.pixels and (chunks := self.pixels(image)):
                part.add_chunks(f"{ROOT}/JPEGImages/{name.file}", chunks)
            for list_name in _lists(image.split):
                part.write(list_name, f"{name.stem}\n".encode())
            part.written.image(image)

    def files(self, written: Written, notes: frozenset[str]) -> list[File]:
        kinds = ("Main", "Segmentation") if self.segmentation else ("Main",)
        known = {name for split, count in written.per_split.items() if count for name in _lists(split)}
        lists = [
            File(f"{ROOT}/ImageSets/{kind}/{name}.txt", [Stream(name)]) for kind in kinds for name in sorted(known)
        ]
        labels = "".join(f"{self.named[c.id]}\n" for c in self.categories)
        return [*lists, File("labels.txt", [labels.encode()])]

    def _picture(self, image: ExportImage) -> bytes:
        canvas = masks.painted(image, len(self.categories), Written())
        style: masks.Style = "palette" if len(self.categories) <= masks.MOST_WITH_COLOURS else "indexed"
        return masks.picture(canvas, style, self.table)


def _lists(split: str) -> tuple[str, ...]:
    """The lists under `ImageSets` that name an image: of its split, and of all that are for training or checking."""
    return ("trainval",) if not split else (split,) if split == "test" else (split, "trainval")


def write(
    archive: Archive, images: Iterable[ExportImage], categories: Sequence[ExportCategory], **options: Any
) -> Written:
    """Write one XML per image; with `segmentation` also class masks and their lists."""
    return parts.write(archive, images, Writer(categories, **options))


def _text(
    image: ExportImage, name: names.Name, named: Mapping[int, str], written: Written, *, segmentation: bool
) -> str:
    lines = [
        "<annotation>",
        "  <folder>VOC2012</folder>",
        f"  <filename>{xml.text(name.file)}</filename>",
        f"  <path>{xml.text(image.name)}</path>",
        "  <source><database>Labelwright</database></source>",
        f"  <size><width>{image.width}</width><height>{image.height}</height><depth>3</depth></size>",
        f"  <segmented>{int(segmentation)}</segmented>",
    ]
    for annotation in image.annotations:
        box = _whole(annotation, image)
        if box is None:
            written.left_out += 1
            continue
        written.annotation(annotation)
        lines.append(
            f"  <object><name>{xml.text(named[annotation.category_id])}</name><pose>Unspecified</pose>"
            f"<truncated>0</truncated><difficult>{int(annotation.crowd)}</difficult><bndbox>"
            f"<xmin>{box[0] + 1}</xmin><ymin>{box[1] + 1}</ymin><xmax>{box[2]}</xmax><ymax>{box[3]}</ymax>"
            "</bndbox></object>"
        )
    return "\n".join([*lines, "</annotation>\n"])


def _whole(annotation: ExportAnnotation, image: ExportImage) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom in whole pixels, at least one pixel wide and high, inside the image."""
    box, _ = records.clipped(annotation, image.width, image.height)
    if box is None:
        return None
    left, top = (min(round(a), most - 1) for a, most in ((box.x, image.width), (box.y, image.height)))
    return left, top, max(round(box.right), left + 1), max(round(box.bottom), top + 1)


def read(folder: Folder, legend: Legend, problems: list[str]) -> Iterator[ExportImage]:
    """Images of every XML below a folder `Annotations` (or of all XMLs), one at a time."""
    texts = [name for name in folder.names() if name.endswith(".xml")]
    texts = [name for name in texts if "Annotations/" in name] or texts
    if not texts:
        raise NotReadable("There are no .xml files, so this is not Pascal VOC.")
    splits = _splits(folder)
    for number, name in enumerate(texts, start=1):
        root = xml.parsed(name, folder.read(name))
        if root.tag != "annotation":
            raise NotReadable(f"{name} is not Pascal VOC: its root is <{root.tag[:40]}>, not <annotation>.")
        stem = name.rpartition("/")[2].removesuffix(".xml")
        yield _image(root, name, number, legend, problems, splits.get(stem, ""))


def _splits(folder: Folder) -> dict[str, str]:
    """The split of every stem, from `ImageSets/Main`."""
    found: dict[str, str] = {}
    for split in records.SPLITS:
        for name in folder.names():
            if name.endswith(f"ImageSets/Main/{split}.txt"):
                found |= {line.decode(errors="replace").strip(): split for line in folder.lines(name)}
    return found


def _image(root: Element, name: str, number: int, legend: Legend, problems: list[str], split: str) -> ExportImage:
    file = xml.child(root, "path") or xml.child(root, "filename")
    try:
        width, height = (round(float(xml.child(root, f"size/{side}") or 0)) for side in ("width", "height"))
    except (ValueError, OverflowError) as error:
        raise NotReadable(f"{name}: the image's size is not a number.") from error
    if not file:
        raise NotReadable(f"{name} does not say which image it is for: <filename> is missing.")
    found = []
    for place, element in enumerate(root.iter("object"), start=1):
        try:
            found.append(_annotation(element, legend))
        except ValueError as error:
            problems.append(f"{name}, object {place}: {str(error).rstrip('.')}.")
    return ExportImage(number, file, width, height, found, split=split)


def _annotation(element: Element, legend: Legend) -> ExportAnnotation:
    try:
        left, top, right, bottom = (
            float(xml.child(element, f"bndbox/{side}")) for side in ("xmin", "ymin", "xmax", "ymax")
        )
    except ValueError as error:
        raise ValueError("the box is not four numbers") from error
    # One is added at the near sides alone: both ends are inside. Written so that NaN fails.
    box = geometry.Box(left - 1, top - 1, right - left + 1, bottom - top + 1)
    if not (0 < box.width < 1e9 and 0 < box.height < 1e9 and abs(left) < 1e9 and abs(top) < 1e9):
        raise ValueError("the box has no width or no height")
    category = legend.id_of(xml.child(element, "name"))
    return ExportAnnotation(category, "box", box, crowd=xml.child(element, "difficult") == "1", origin="import")
