"""One folder per class, as torchvision's ImageFolder and YOLO classification read: `train/Cat/1.jpg`.

It holds the images themselves: without them a folder would say nothing. Only for one label per image.
Labels of the same last name are told apart by their path, whose `/` becomes `_` in the folder's name.
"""

from collections.abc import Iterable, Iterator, Sequence

from exports.formats import names, parts, records
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
    Written,
)


class Writer:
    """Every image in the folder of its label; those without one are left out."""

    def __init__(self, categories: Sequence[ExportCategory], *, pixels: Pixels) -> None:
        self.folders, self.pixels = class_folders(categories), pixels
        self._own = names.Names(flat=True)

    def add(self, part: Part, images: Sequence[ExportImage]) -> None:
        written = part.written
        for image in images:
            label = next((annotation for annotation in image.annotations if annotation.shape == "label"), None)
            written.left_out += len(image.annotations) - (label is not None)
            if label is None or (chunks := self.pixels(image)) is None:
                written.left_out += label is not None
                continue
            file = self._own.of_image(image).file
            part.add_chunks(f"{image.split or 'train'}/{self.folders[label.category_id]}/{file}", chunks)
            written.annotation(label)
            written.image(image)

    def files(self, written: Written, notes: frozenset[str]) -> list[File]:
        return []


def write(
    archive: Archive, images: Iterable[ExportImage], categories: Sequence[ExportCategory], *, pixels: Pixels
) -> Written:
    """Copy every image into the folder of its label; those without one are left out."""
    return parts.write(archive, images, Writer(categories, pixels=pixels))


def class_folders(categories: Sequence[ExportCategory]) -> dict[int, str]:
    """The folder's name of every class."""
    own = names.Names(flat=True)
    named = records.unique_names(categories)
    return {category.id: own.of(named[category.id], category.id).file for category in categories}


def read(folder: Folder, legend: Legend) -> Iterator[ExportImage]:
    """One image per file, with the label of its folder; sizes are not known here and stay 0."""
    found = 0
    for found, name in enumerate(folder.names(), start=1):
        *above, label, file = name.split("/") if "/" in name else ("", name)
        if not label or file == "SHA256SUMS":
            continue
        split = above[-1] if above and above[-1] in records.SPLITS else ""
        yield ExportImage(
            found, file, 0, 0, [ExportAnnotation(legend.id_of(label), "label", origin="import")], split=split
        )
    if not found:
        raise NotReadable("There are no files in folders, so there are no classes.")
