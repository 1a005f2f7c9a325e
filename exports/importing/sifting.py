"""From a file to what can be written: batches of images of the project, each with a document; everything else is counted."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import cast

from annotations.documents import TaskType
from exports.formats import records
from exports.formats.folder import Folder
from exports.formats.records import ExportCategory, ExportImage
from exports.importing import reading
from exports.importing.converting import Converted, Converter
from exports.importing.matching import Known, Matcher
from exports.importing.options import Reading, Writing
from exports.importing.tally import Tally
from projects.models import Label, Project

BATCH = 1_000
"""Images that are matched, and later written, together."""
_BITS = 1 << 16


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image with what the file says of it: a document as it is stored, and its regions by the labels' row ids."""

    image_id: int
    name: str
    document: bytes
    labels: Mapping[int, int]
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of the next `images` images of the file."""

    images: int
    candidates: Sequence[Candidate]


class Book:
    """The labels of a project, found by what a file calls them: by code, by path, by a name or a spelling that is unique."""

    def __init__(self, project: Project) -> None:
        rows = Label.objects.filter(project=project).active().values_list("pk", "code", "path", "name")
        self.ids = {str(code): pk for pk, code, _, _ in rows}
        self._paths = {path: str(code) for _, code, path, _ in rows}
        self._spellings: dict[str, set[str]] = defaultdict(set)
        for _, code, path, name in rows:
            for text in (name, name.casefold(), path.casefold(), path.replace("/", "_").casefold()):
                self._spellings[text].add(str(code))

    def code_of(self, category: ExportCategory, own: str) -> str | None:
        """The project's label for a category; `own` is the code that the file has for it."""
        if own in self.ids:
            return own
        path = "/".join(step.strip() for step in category.path.split("/"))
        if path in self._paths:
            return self._paths[path]
        for text in (path, path.casefold(), category.name, category.name.casefold()):
            if len(found := self._spellings.get(text, ())) == 1:
                return next(iter(found))
        return None


class _Seen:
    """A set of row ids: a bit each, as ids of a dataset lie close together."""

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

    def add(self, number: int) -> bool:
        """Adds one; False if it was there."""
        page = self._pages.setdefault(number // _BITS, bytearray(_BITS // 8))
        place, bit = number % _BITS // 8, 1 << number % 8
        is_new = not page[place] & bit
        page[place] |= bit
        return is_new


class Sifter:
    """Sifts one file for one project, counting into `tally`."""

    def __init__(self, project: Project, options: Reading, writing: Writing, tally: Tally) -> None:
        self.book, self.tally, self.writing = Book(project), tally, writing
        self._matcher = Matcher(project, options.match, options.dataset)
        task_type = cast("TaskType", project.task_type)
        self._converter = Converter(task_type, frozenset(self.book.ids))
        self._options = options
        self._seen = _Seen()
        self._codes: dict[int, str | None] = {}

    def batches(self, folder: Folder, form: str, *, skip: int = 0, count: int | None = None) -> Iterator[Batch]:
        """The file in batches: behind its first `skip` images, `count` of them or all. NotReadable where it is broken."""
        source = reading.Source(folder, self._options, problems=self.tally.problems)
        images = reading.images(source, form)
        self.tally.problems.without(islice(images, skip))
        for batch in records.batched(islice(images, count), BATCH):
            self._look_up(source)
            yield Batch(len(batch), self._sift(source, batch))

    def _look_up(self, source: reading.Source) -> None:
        """Finds the project's labels for categories that were met since."""
        for category in source.categories[len(self._codes) :]:
            self._codes[category.id] = self.book.code_of(category, source.codes.get(category.id, ""))

    def _sift(self, source: reading.Source, batch: Sequence[ExportImage]) -> list[Candidate]:
        found = []
        paths = {category.id: category.path for category in source.categories}
        for image, known in zip(batch, self._matcher.match(batch), strict=True):
            self.tally.images += 1
            if not isinstance(known, Known):
                self.tally.trouble(image, known)
                continue
            self.tally.matched += 1
            if not self._seen.add(known.id):
                self._repeat(image)
            elif (candidate := self._candidate(image, known, paths)) is not None:
                found.append(candidate)
        return found

    def _repeat(self, image: ExportImage) -> None:
        self.tally.repeated += 1
        self.tally.problems.append(f"{image.name}: the file says something of this image twice; the first counts.")

    def _candidate(self, image: ExportImage, known: Known, paths: dict[int, str]) -> Candidate | None:
        if not image.annotations:
            return self._unlabelled(image, known)
        self.tally.annotations += len(image.annotations)
        for annotation in image.annotations:
            code = self._codes[annotation.category_id]
            self.tally.use(paths[annotation.category_id], known=code is not None)
        made = self._converter.convert(image, known.width, known.height, self._codes)
        self.tally.changed += made.changed
        self.tally.wrong += len(made.wrong)
        for words in made.wrong:
            self.tally.problems.append(f"{image.name}: {words}.")
        if made.document is None:
            self.tally.unusable += 1
            return None
        return self._said(image, known, made.document, made)

    def _unlabelled(self, image: ExportImage, known: Known) -> Candidate | None:
        self.tally.unlabelled += 1
        empty = self._converter.empty() if self.writing.empty else None
        return None if empty is None else self._said(image, known, empty, Converted())

    def _said(self, image: ExportImage, known: Known, document: bytes, made: Converted) -> Candidate:
        labels = {self.book.ids[code]: regions for code, regions in made.labels.items()}
        return Candidate(known.id, image.name, document, labels, made.confidence)
