"""Neutral records between the database and the file formats: what every writer takes and reader gives.

All coordinates are pixels of the stored image. Writers get categories as a list and images as a
stream, each image with its annotations, so that memory does not grow with the export.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from annotations import geometry, rle

Shape: TypeAlias = Literal["label", "box", "polygon", "mask"]
SPLITS = ("train", "val", "test")
RELATIVE = "relative"
"""The `source` of an image whose coordinates are fractions of its size, whatever size its reader took it to have."""


class NotReadable(ValueError):
    """The file is not what its format wants; the message is one sentence for people."""


@dataclass(frozen=True, slots=True)
class ExportCategory:
    """A label: `id` counts from 1 in tree order, `path` is its place in the tree, as `Animal/Cat`."""

    id: int
    name: str
    path: str
    code: str = ""
    colour: str = ""

    @property
    def supercategory(self) -> str:
        """The path of the label above, empty at the top."""
        return self.path.rpartition("/")[0]


@dataclass(slots=True)
class ExportAnnotation:
    """One labelled thing, or with shape `label` one label of the whole image.

    `box` is the box of any region; `parts` the rings of a polygon; `counts` the COCO run-length text
    of a mask, whose size is the image's. `confidence` is 1.0 for what a person said.
    """

    category_id: int
    shape: Shape
    box: geometry.Box | None = None
    parts: geometry.Parts = ()
    counts: str = ""
    crowd: bool = False
    origin: str = "manual"
    note: str = ""
    code: str = ""
    confidence: float = 1.0


@dataclass(slots=True)
class ExportImage:
    """An image with everything said about it. `id` counts from 1; `url` and times may be empty.

    `split` is one of `SPLITS`, or empty where the export is not split; `source` says where the image's
    file is, and only whoever made the record understands it. `file` is its name in an archive, where it was
    given one beforehand (`names`): parts of an export that are written apart cannot know each other's names.
    """

    id: int
    name: str
    width: int
    height: int
    annotations: Sequence[ExportAnnotation] = ()
    code: str = ""
    url: str = ""
    captured_at: str = ""
    status: str = ""
    labelled_by: str = ""
    labelled_at: str = ""
    reviewed_by: str = ""
    split: str = ""
    source: object = None
    file: str = ""


Pixels: TypeAlias = Callable[[ExportImage], Iterable[bytes] | None]
"""Gives the bytes of an image's file in pieces; None where there is no file of its own."""


class Legend:
    """The labels that a reader meets, numbered from 1 in the order of their first use; a name may be a path."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._ids: dict[str, int] = {}
        for name in names:
            self.id_of(name)

    def id_of(self, name: str) -> int:
        if not name:
            raise NotReadable("A label has no name.")
        return self._ids.setdefault(name, len(self._ids) + 1)

    @property
    def categories(self) -> list[ExportCategory]:
        return [ExportCategory(number, name.rpartition("/")[2] or name, name) for name, number in self._ids.items()]


@dataclass(frozen=True, slots=True)
class Size:
    """An image that a file without sizes speaks of: its name in the dataset, and pixels."""

    name: str
    width: int
    height: int


@dataclass(slots=True)
class Written:
    """What a writer wrote, for the manifest."""

    images: int = 0
    annotations: int = 0
    per_category: Counter[int] = field(default_factory=Counter)
    per_split: Counter[str] = field(default_factory=Counter)
    left_out: int = 0
    """Annotations that the format cannot say, or that lie outside their image."""

    def image(self, image: ExportImage) -> None:
        self.images += 1
        self.per_split[image.split] += 1

    def annotation(self, annotation: ExportAnnotation) -> None:
        self.annotations += 1
        self.per_category[annotation.category_id] += 1

    def include(self, other: "Written") -> None:
        """Adds up two files of one export."""
        self.images += other.images
        self.annotations += other.annotations
        self.left_out += other.left_out
        self.per_category += other.per_category
        self.per_split += other.per_split


def from_document(document: Mapping[str, Any], category_ids: Mapping[str, int]) -> list[ExportAnnotation]:
    """Turn a stored annotation document into records; labels without a category are left out."""
    found = [ExportAnnotation(category_ids[code], "label") for code in document["labels"] if code in category_ids]
    for region in document["regions"]:
        category_id = category_ids.get(region["label"])
        if category_id is not None:
            found.append(_from_region(region, category_id))
    return found


def _from_region(region: Mapping[str, Any], category_id: int) -> ExportAnnotation:
    shape: Shape = region["shape"]
    parts = region["parts"] if shape == "polygon" else ()
    # By position: by name takes half as long again, and every annotation of an export comes through here.
    return ExportAnnotation(
        category_id,
        shape,
        geometry.bounds(parts) if parts else geometry.Box(region["x"], region["y"], region["width"], region["height"]),
        parts,
        region["rle"]["counts"] if shape == "mask" else "",
        region.get("crowd", False),
        region.get("origin", "manual"),
        region.get("note", ""),
        region["id"],
    )


def clipped(annotation: ExportAnnotation, width: float, height: float) -> tuple[geometry.Box | None, geometry.Parts]:
    """Cut what overhangs the image by rounding; the box is None when nothing is left inside."""
    box = annotation.box
    if box is None or (box.x >= 0 and box.y >= 0 and box.right <= width and box.bottom <= height):
        return box, annotation.parts
    if annotation.shape != "polygon":
        return geometry.clip_box(box, width, height), ()
    parts = geometry.clip_polygon(annotation.parts, width, height)
    return (geometry.bounds(parts) if parts else None), parts


def area(annotation: ExportAnnotation, box: geometry.Box, parts: geometry.Parts) -> float:
    """Area of a region in square pixels."""
    if annotation.shape == "polygon":
        return geometry.polygon_area(parts)
    if annotation.shape == "mask":
        return rle.area(rle.decompress(annotation.counts))
    return box.area


def unique_names(categories: Sequence[ExportCategory]) -> dict[int, str]:
    """Name each category by its last step, or by its whole path where that would be ambiguous."""
    seen = Counter(category.name for category in categories)
    return {c.id: c.name if seen[c.name] == 1 else c.path for c in categories}


def batched(images: Iterator[ExportImage], size: int) -> Iterator[list[ExportImage]]:
    """Cut a stream into lists of at most `size`."""
    batch: list[ExportImage] = []
    for image in images:
        batch.append(image)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
