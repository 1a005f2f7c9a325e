"""Exports of Azure Machine Learning's data labelling: which files are ones, and what project each would make."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from exports.formats.records import NotReadable
from exports.importing import detecting, reading
from exports.importing.options import Reading
from exports.models import Export
from projects.models import Project

FORMATS = (Export.Format.COCO, Export.Format.AUTOML, Export.Format.CSV)
ENDINGS = (".json", ".jsonl", ".csv", ".zip")
USUAL_NAMES = frozenset({"annotations", "labels", "export", "data"})
_BY_SHAPE = {
    "box": Project.TaskType.BOX,
    "polygon": Project.TaskType.POLYGON,
    "mask": Project.TaskType.SEMANTIC,
}


@dataclass(frozen=True)
class Survey:
    """What a file of labels is about: enough to make a project for it. `labels` are paths, in the file's order."""

    path: Path
    format: str
    task_type: str
    labels: tuple[str, ...]
    images: int

    @property
    def name(self) -> str:
        """What a project of it is called: as the file, or as its folder where that is called as always."""
        is_usual = self.path.stem.lower() in USUAL_NAMES and self.path.parent.name
        return (self.path.parent.name if is_usual else self.path.stem)[:120]


def exports_in(source: Path) -> Iterator[Path]:
    """The files below a folder that may be exports; the file itself where it is one."""
    if source.is_file():
        yield source
        return
    for path in sorted(source.rglob("*")):
        if path.is_file() and path.suffix.lower() in ENDINGS and not path.name.startswith("."):
            yield path


def survey(path: Path) -> Survey | None:
    """Reads a whole file once; None where it is no export of labels. NotReadable where it is a broken one."""
    with path.open("rb") as file:
        form = _format(file, path.name)
        if form not in FORMATS:
            return None
        source = reading.Source(detecting.opened(file, path.name), Reading())
        shapes, images, most = set[str](), 0, 0
        for image in reading.images(source, form):
            found = {annotation.shape for annotation in image.annotations}
            shapes |= found
            images += 1
            if found == {"label"}:
                most = max(most, len({annotation.category_id for annotation in image.annotations}))
        labels = tuple(category.path for category in source.categories)
    return Survey(path, form, task_type_of(shapes, most), labels, images)


def task_type_of(shapes: set[str], most_labels: int) -> str:
    """The task type that these shapes come from; of classification, by how many labels an image has at most."""
    for shape in ("polygon", "mask", "box"):
        if shape in shapes:
            return _BY_SHAPE[shape]
    return Project.TaskType.MULTILABEL if most_labels > 1 else Project.TaskType.MULTICLASS


def _format(file: BinaryIO, name: str) -> str:
    try:
        return detecting.detected(detecting.opened(file, name))
    except NotReadable:
        return ""
