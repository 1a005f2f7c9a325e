"""A file of labels as a stream of neutral records, whatever its format."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from exports.formats import (
    automl_reader,
    class_folders,
    coco_reader,
    csv_reader,
    cvat_reader,
    label_studio_reader,
    masks_reader,
    native,
    voc,
    yolo,
)
from exports.formats.folder import Folder
from exports.formats.records import RELATIVE, ExportAnnotation, ExportCategory, ExportImage, Legend, NotReadable, Size
from exports.importing.options import Reading
from exports.models import Export

Format = Export.Format
MOST_PROBLEMS, MOST_CHARACTERS = 100, 500


def storable(text: str, most: int) -> str:
    """The text without what PostgreSQL cannot hold, cut."""
    return text[:most].replace("\0", "\ufffd")


class Problems(list[str]):
    """Sentences about what cannot be used: the first hundred, and how many there were."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def append(self, sentence: str, /) -> None:
        self.total += 1
        if len(self) < MOST_PROBLEMS:
            super().append(storable(sentence, MOST_CHARACTERS))

    def without(self, images: Iterable[object]) -> None:
        """Reads images whose problems were named before."""
        before, total = self[:], self.total
        for _ in images:
            continue
        self[:], self.total = before, total


class _Units(Mapping[str, Any]):
    """For readers of fractions: every image is one by one, until it is known which one it is."""

    def __init__(self, value: Callable[[str], Any]) -> None:
        self._value = value

    def __getitem__(self, key: str) -> Any:
        return self._value(key)

    def __contains__(self, key: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 1


_SIZES = _Units(lambda name: (1, 1))
_STEMS = _Units(lambda stem: Size(stem, 1, 1))
_ADDRESSES = _Units(lambda url: Size(automl_reader.name_of(url), 1, 1))


@dataclass
class Source:
    """What readers read from, and where they put labels and problems."""

    folder: Folder
    options: Reading
    legend: Legend = field(default_factory=Legend)
    problems: Problems = field(default_factory=Problems)
    codes: dict[int, str] = field(default_factory=dict)
    """The labels' own codes by category, where a file has them."""

    @property
    def categories(self) -> list[ExportCategory]:
        """Labels that were met so far."""
        return self.legend.categories

    def ending(self, *endings: str) -> list[str]:
        """The folder's files of these kinds; all of them where there is only one file."""
        names = self.folder.names()
        return names if len(names) == 1 else [name for name in names if name.lower().endswith(endings)]


def images(source: Source, name: str) -> Iterator[ExportImage]:
    """Every image of a file in format `name`; NotReadable where it is not in it, or broken."""
    return _READERS[name](source)


def _renumbered(annotations: Any, mapping: Mapping[int, int]) -> list[ExportAnnotation]:
    found = list(annotations)
    for annotation in found:
        annotation.category_id = mapping[annotation.category_id]
    return found


def _coco(source: Source) -> Iterator[ExportImage]:
    names = source.ending(".json")
    if not names:
        raise NotReadable("There is no .json file, so this is not COCO.")
    for name in names:
        reader = coco_reader.Reader(source.folder.open(name))
        reader.problems = source.problems
        mapping = {category.id: source.legend.id_of(category.path) for category in reader.categories}
        for image in reader.images(_SIZES if reader.normalised else None):
            image.annotations = _renumbered(image.annotations, mapping)
            image.source = RELATIVE if reader.normalised else None
            yield image


def _automl(source: Source) -> Iterator[ExportImage]:
    names = source.ending(".jsonl", ".ndjson", ".json")
    if not names:
        raise NotReadable("There is no .jsonl file, so this is not AutoML.")
    for name in names:
        lines, columns = source.folder.lines(name), source.options.columns
        for image in automl_reader.read(lines, source.legend, source.problems, _ADDRESSES, columns):
            image.source = RELATIVE
            yield image


def _yolo(source: Source) -> Iterator[ExportImage]:
    for image in yolo.read(source.folder, _STEMS, source.legend, source.problems):
        image.source = RELATIVE
        yield image


def _voc(source: Source) -> Iterator[ExportImage]:
    return voc.read(source.folder, source.legend, source.problems)


def _masks(source: Source) -> Iterator[ExportImage]:
    return masks_reader.read(source.folder, source.legend, source.problems)


def _folders(source: Source) -> Iterator[ExportImage]:
    return class_folders.read(source.folder, source.legend)


def _cvat(source: Source) -> Iterator[ExportImage]:
    names = source.ending(".xml")
    if not names:
        raise NotReadable("There is no .xml file, so this is not CVAT.")
    for name in names:
        yield from cvat_reader.read(source.folder.open(name), source.legend, source.problems, name)


def _label_studio(source: Source) -> Iterator[ExportImage]:
    names = source.ending(".json")
    if not names:
        raise NotReadable("There is no .json file, so this is not Label Studio's.")
    for name in names:
        for image in label_studio_reader.read(source.folder.read(name), source.legend, source.problems):
            image.source = RELATIVE
            yield image


def _csv(source: Source) -> Iterator[ExportImage]:
    names = source.ending(".csv", ".tsv", ".txt")
    if not names:
        raise NotReadable("There is no .csv file in the archive.")
    for name in names:
        yield from csv_reader.read(source.folder.open(name), source.legend, source.problems, source.options.table())


def _native(source: Source) -> Iterator[ExportImage]:
    names = source.ending(".jsonl", ".ndjson")
    if not names:
        raise NotReadable("There is no .jsonl file, so this is not Labelwright's own format.")
    for name in names:
        reader = native.Reader(source.folder.lines(name))
        mapping = {category.id: source.legend.id_of(category.path) for category in reader.categories}
        source.codes |= {mapping[category.id]: category.code for category in reader.categories if category.code}
        for image in reader.images():
            image.annotations = _renumbered(image.annotations, mapping)
            yield image


_READERS: Mapping[str, Callable[[Source], Iterator[ExportImage]]] = {
    Format.COCO: _coco,
    Format.YOLO: _yolo,
    Format.AUTOML: _automl,
    Format.VOC: _voc,
    Format.MASKS: _masks,
    Format.FOLDERS: _folders,
    Format.CVAT: _cvat,
    Format.LABEL_STUDIO: _label_studio,
    Format.CSV: _csv,
    Format.NATIVE: _native,
}
