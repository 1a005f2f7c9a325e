"""How formats are written: in parts, so that several workers can share one export, which are then joined.

A *part* is what a run of images becomes: whole files of an archive, and pieces of *streams*. Streams are what goes
on from part to part, such as the rows of a table. When all parts are there, a format says of what pieces its large
files are made: bytes of its own, and streams. The same images in the same parts give the same bytes, whoever wrote
them, and whatever came first.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol, TypeAlias, cast

import orjson

from exports.formats import records
from exports.formats.archive import Archive
from exports.formats.records import ExportImage, Written

BATCH = 500
"""Images that a writer is given at a time."""
SPOOL_BYTES = 4 << 20
CHUNK = 1 << 20


@dataclass(frozen=True)
class Stream:
    """A stream's name, and what stands between the pieces that parts have of it."""

    name: str
    between: bytes = b""


Piece: TypeAlias = bytes | Stream


@dataclass(frozen=True)
class File:
    """A file that all parts make together. Without a name it is the export itself, which then is no archive."""

    name: str
    pieces: Sequence[Piece]


class Part:
    """A part while it is written. `notes` are words to whoever joins the parts."""

    def __init__(self) -> None:
        self.written = Written()
        self.notes: set[str] = set()
        self._body = _spool()
        self._archive = Archive(self._body)
        self._streams: dict[str, BinaryIO] = {}

    def add(self, name: str, data: bytes, *, packed: bool = True) -> None:
        """Adds one whole file of the archive."""
        self._archive.add(name, data, packed=packed)

    def add_chunks(self, name: str, chunks: Iterable[bytes]) -> None:
        """Adds a file as it is, such as an image."""
        self._archive.add_chunks(name, chunks)

    def write(self, stream: str, data: bytes) -> None:
        """Adds bytes to a stream."""
        if data:
            if stream not in self._streams:
                self._streams[stream] = _spool()
            self._streams[stream].write(data)

    def append(self, stream: str, rows: Sequence[object]) -> None:
        """Adds rows to a stream that becomes the inside of a JSON array; a comma stands between its pieces."""
        if rows:
            text = orjson.dumps(rows)[1:-1]
            self.write(stream, b"," + text if stream in self._streams else text)

    def save(self, out: BinaryIO) -> None:
        """Writes the part to a file: the length of its table, the table, and what the table speaks of."""
        sections = {"body": self._body, "index": self._archive.index}
        sections |= {f"stream:{name}": file for name, file in self._streams.items()}
        table = {
            "written": _as_row(self.written),
            "notes": sorted(self.notes),
            "sections": {name: file.seek(0, 2) for name, file in sections.items()},
        }
        text = orjson.dumps(table)
        out.write(len(text).to_bytes(8, "big") + text)
        for file in sections.values():
            file.seek(0)
            shutil.copyfileobj(file, out, CHUNK)
            file.close()


Read: TypeAlias = Callable[[int, int], Iterator[bytes]]
"""Gives the bytes of a part's file from a place on, so many of them."""


@dataclass(frozen=True)
class Saved:
    """A part in its file."""

    written: Written
    notes: frozenset[str]
    sections: Mapping[str, tuple[int, int]] = field(repr=False)
    read: Read = field(repr=False)

    @classmethod
    def opened(cls, read: Read) -> "Saved":
        length = int.from_bytes(b"".join(read(0, 8)), "big")
        table: dict[str, Any] = orjson.loads(b"".join(read(8, length)))
        place, sections = 8 + length, {}
        for name, size in table["sections"].items():
            sections[name] = place, size
            place += size
        return cls(_written(table["written"]), frozenset(table["notes"]), sections, read)

    def section(self, name: str) -> Iterator[bytes]:
        """The bytes of a section; none where the part has no such section."""
        place, size = self.sections.get(name, (0, 0))
        return self.read(place, size) if size else iter(())


class Writer(Protocol):
    """One format. `add` is called with a few hundred images at a time."""

    def add(self, part: Part, images: Sequence[ExportImage]) -> None: ...

    def files(self, written: Written, notes: frozenset[str]) -> list[File]:
        """The files that all parts make together."""
        ...


def fill(part: Part, images: Iterable[ExportImage], writer: Writer) -> None:
    """Writes images into a part."""
    for batch in records.batched(iter(images), BATCH):
        writer.add(part, batch)


def join(out: BinaryIO, parts: Sequence[Saved], writer: Writer) -> Written:
    """Makes the whole export of its parts; `out` need not be seekable."""
    written = Written()
    for part in parts:
        written.include(part.written)
    files = writer.files(written, frozenset().union(*(part.notes for part in parts)))
    if [file.name for file in files] == [""]:
        for chunk in _content(files[0], parts):
            out.write(chunk)
        return written
    archive = Archive(out)
    _fill_archive(archive, parts, files)
    archive.close()
    return written


def write(out: BinaryIO | Archive, images: Iterable[ExportImage], writer: Writer) -> Written:
    """Writes an export in one part: to a file, or into an archive that its owner closes."""
    part = Part()
    fill(part, images, writer)
    with cast("BinaryIO", tempfile.TemporaryFile()) as file:
        part.save(file)
        saved = Saved.opened(lambda place, size: from_file(file, place, size))
        if not isinstance(out, Archive):
            return join(out, [saved], writer)
        _fill_archive(out, [saved], writer.files(saved.written, saved.notes))
    return saved.written


def from_file(file: BinaryIO, place: int, size: int) -> Iterator[bytes]:
    """Some bytes of a seekable file, in pieces."""
    while size > 0:
        file.seek(place)
        chunk = file.read(min(CHUNK, size))
        if not chunk:
            raise EOFError("The part's file is cut short.")
        yield chunk
        place, size = place + len(chunk), size - len(chunk)


def _fill_archive(archive: Archive, parts: Sequence[Saved], files: Sequence[File]) -> None:
    for part in parts:
        with _spool() as index:
            for chunk in part.section("index"):
                index.write(chunk)
            archive.include(index, part.section("body"))
    for file in files:
        with archive.member(file.name) as member:
            for chunk in _content(file, parts):
                member.write(chunk)


def _content(file: File, parts: Sequence[Saved]) -> Iterator[bytes]:
    for piece in file.pieces:
        if isinstance(piece, bytes):
            yield piece
            continue
        name = f"stream:{piece.name}"
        for number, part in enumerate(part for part in parts if name in part.sections):
            if number and piece.between:
                yield piece.between
            yield from part.section(name)


def _as_row(written: Written) -> dict[str, Any]:
    return {
        "images": written.images,
        "annotations": written.annotations,
        "left_out": written.left_out,
        "per_category": list(written.per_category.items()),
        "per_split": list(written.per_split.items()),
    }


def _written(row: Mapping[str, Any]) -> Written:
    counters: dict[str, Any] = {name: Counter(dict(row[name])) for name in ("per_category", "per_split")}
    return Written(row["images"], row["annotations"], left_out=row["left_out"], **counters)


def _spool() -> BinaryIO:
    return cast("BinaryIO", tempfile.SpooledTemporaryFile(SPOOL_BYTES))  # closed when the part is saved
