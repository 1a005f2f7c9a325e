"""Freezes what an export holds: one instant of a project, kept by the installation, whatever changes later.

Lines of JSON in parts of fixed size. Workers write the parts of the export from them, in whatever order and on whatever
host; the parts of two exports are compared line by line; and an export that becomes a dataset knows its images by them.
Lines are in the order of tasks, so those of two exports of a project can be merged.
"""

import gzip
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, islice
from typing import IO, Any, NamedTuple, cast

import orjson
from django.utils import timezone

from exports import selecting, writing
from exports.formats import names, records
from exports.formats.records import ExportCategory, ExportImage
from exports.models import Export
from projects import datastores, jobs, tenancy

PART = 10_000
PART_WITH_FILES = 1_000
"""Images in a part; fixed, because the same parts give the same bytes."""
SPOOL_BYTES = 8 << 20


class Line(NamedTuple):
    """An image as it was: `task` is its task's key, `file` its name in an archive, `final` the agreed document."""

    task: int
    image: str
    name: str
    width: int
    height: int
    url: str
    captured_at: str
    status: str
    labelled_by: str
    labelled_at: str
    split: str
    dataset: int
    key: str
    frame: int
    file: str
    final: Any


@dataclass(frozen=True)
class Frozen:
    """What was frozen and where; `parts` has the counts of images and of annotations of each part."""

    folder: str
    at: str
    """The instant that it is of, as ISO 8601."""
    parts: Sequence[tuple[int, int]]
    labels: Sequence[Mapping[str, Any]]
    changed: int
    """Images that were changed at their source after they had been labelled."""
    datasets: Sequence[int] = ()
    """The datasets that the images are of."""

    @property
    def images(self) -> int:
        return sum(images for images, _ in self.parts)

    @property
    def categories(self) -> list[ExportCategory]:
        return [ExportCategory(**label) for label in self.labels]

    def before(self, number: int) -> tuple[int, int]:
        """Images and annotations in the parts before one."""
        return sum(images for images, _ in self.parts[:number]), sum(found for _, found in self.parts[:number])


@dataclass(frozen=True, slots=True)
class Source:
    """Where an image's file is; `frame` as in Image."""

    dataset: int
    key: str
    frame: int


def folder_of(export: Export) -> str:
    """What the installation's own store keeps of an export lies below this."""
    return f"exports/{export.code}/"


def of(export: Export) -> Frozen | None:
    """What an export holds; None before it is frozen, and for exports from before there was freezing."""
    if not export.frozen:
        return None
    values = dict(export.frozen)
    parts = [(images, annotations) for images, annotations in values.pop("parts")]
    return Frozen(parts=parts, **values)


def freeze(export: Export, job: jobs.Running) -> Frozen:
    """Writes the parts under names of this attempt, then has the export point to them."""
    form, options = writing.FORMATS[export.format], writing.options_of(export)
    labels = [
        asdict(ExportCategory(n, label.name, label.path, str(label.code), label.colour))
        for n, label in enumerate(selecting.labels(export.project), start=1)
    ]
    folder = f"{folder_of(export)}frozen-{job.job.attempt}"
    parts: list[tuple[int, int]] = []
    datasets = set[int]()
    store, done = datastores.installation_store(), 0
    with tenancy.snapshot(export.organisation_id) as reader:
        at = timezone.now().isoformat()
        total, changed = selecting.count(reader, export), selecting.changed(reader, export)
        lines = _lines(selecting.rows(reader, export), export, names.Names(flat=form.flat))
        size = PART_WITH_FILES if options.images else PART
        while first := next(lines, None):
            with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as file:
                images, annotations = _write(file, chain([first], islice(lines, size - 1)), datasets)
                file.seek(0)
                store.put(_key(folder, len(parts)), cast("IO[bytes]", file))
            parts.append((images, annotations))
            done += images
            job.progress(done, total, f"{done:,} of {total:,} images chosen")
    frozen = Frozen(folder, at, parts, labels, changed, sorted(datasets))
    with job.effects():
        Export.objects.filter(pk=export.pk).update(frozen=asdict(frozen))
    return frozen


def _key(folder: str, number: int) -> str:
    return f"{folder}/{number:06}.jsonl.gz"


def _write(file: Any, lines: Iterator[tuple[Line, int]], datasets: set[int]) -> tuple[int, int]:
    """Writes a part; its counts of images and of annotations."""
    images = annotations = 0
    with gzip.GzipFile("", "wb", 1, file, mtime=0) as packed:
        for line, count in lines:
            packed.write(orjson.dumps(tuple(line)) + b"\n")
            images, annotations = images + 1, annotations + count
            datasets.add(line.dataset)
    return images, annotations


def _lines(rows: Iterator[Any], export: Export, own: names.Names) -> Iterator[tuple[Line, int]]:
    """Each image's line, and how many annotations it has."""
    prefix = writing.url_prefix(export, writing.options_of(export))
    # Two datasets may each have a `1.jpg`: then the dataset's name tells them apart.
    several = export.project.project_datasets.count() > 1
    for number, row in enumerate(rows, start=1):
        name = f"{row.dataset}/{row.path}" if several else row.path
        url = prefix.replace("{datastore}", row.datastore) + row.key if prefix else ""
        said_at = row.final_at.isoformat() if row.final_at else ""
        seen = (row.captured_at or "", row.status, row.labelled_by or "", said_at, row.split)
        source = (row.dataset_id, row.key, row.frame, own.of(name, number).file)
        yield (
            Line(row.id, str(row.image_code), name, row.width, row.height, url, *seen, *source, row.final),
            row.annotations,
        )


def lines(frozen: Frozen, numbers: Sequence[int] | None = None) -> Iterator[Line]:
    """The lines of some parts, or of all."""
    store = datastores.installation_store()
    for number in range(len(frozen.parts)) if numbers is None else numbers:
        with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as file:
            for chunk in store.stream(_key(frozen.folder, number)):
                file.write(chunk)
            file.seek(0)
            with gzip.GzipFile("", "rb", fileobj=cast("IO[bytes]", file)) as unpacked:
                for text in unpacked:
                    yield Line(*orjson.loads(text))


def images(frozen: Frozen, number: int) -> Iterator[ExportImage]:
    """The images of one part as neutral records, numbered through the whole export."""
    ids = {category.code: category.id for category in frozen.categories}
    first = frozen.before(number)[0] + 1
    for at, line in enumerate(lines(frozen, [number]), start=first):
        yield ExportImage(
            id=at,
            name=line.name,
            width=line.width,
            height=line.height,
            annotations=records.from_document(line.final, ids),
            code=line.image,
            url=line.url,
            captured_at=line.captured_at,
            status=line.status,
            labelled_by=line.labelled_by,
            labelled_at=line.labelled_at,
            split=line.split,
            source=Source(line.dataset, line.key, line.frame),
            file=line.file,
        )
