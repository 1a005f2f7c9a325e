"""Reading zip and tar archives that strangers made: file by file, without writing any, within limits.

Nothing in an archive is believed. Names are labels and never paths; links, devices and encrypted files are refused, archives
within archives are not opened, and whatever unpacks to more than it can honestly be ends the reading. Memory holds one chunk,
the directory of a zip (bounded), and nothing of what went by.
"""

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, BinaryIO, cast

from projects.errors import BadInput
from projects.stores.base import is_odd

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
NESTED = (*ENDINGS, ".gz", ".bz2", ".xz", ".7z", ".rar", ".zst")
MOST_MEMBERS = 200_000
MOST_DIRECTORY = 128 * 1024 * 1024
"""Bytes of a zip's directory, which is read whole."""
MOST_RATIO = 200
"""How many times its size an archive may unpack to, and each file of a zip; compressed pictures stay about as they are."""
SLACK = 64 * 1024 * 1024
"""Bytes that are never too many: a small file of nothing but white packs far better than that."""
MOST_HEADER = 1024 * 1024
"""Bytes of a tar's longest name or list of attributes."""
XZ_MEMORY = 256 * 1024 * 1024
CHUNK = 256 * 1024
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    struct.error,
    ValueError,
)
_KNOWN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


class BadArchive(BadInput):
    """The archive cannot be read to its end, or must not be."""

    code = "bad_archive"


class DamagedMember(BadInput):
    """One file of a sound archive cannot be read; the others can."""

    code = "damaged_member"


@dataclass(frozen=True)
class Member:
    """One entry: its number from 0, its name with slashes, and why it may not be taken (empty: it may).

    `total` is the number of entries where the archive says it; `copy` writes the file's bytes, never more than `size`.
    """

    number: int
    name: str
    size: int
    refusal: str
    copy: Callable[[IO[bytes]], None]
    total: int | None = None


def is_archive(path: str) -> bool:
    """Whether a file of this name is unpacked."""
    return path.lower().endswith(ENDINGS)


def members(file: BinaryIO, byte_size: int) -> Iterator[Member]:
    """The files of a seekable archive of `byte_size` bytes, in its order, directories left out.

    A member's `copy` works until the next one is asked for. Raises BadArchive where the archive is none, is damaged, or
    unpacks to more than it may.
    """
    with _explaining():
        start = file.read(6)
        file.seek(0)
        if start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
            yield from _zip_members(file, byte_size)
        else:
            yield from _tar_members(file, start, byte_size)


@contextmanager
def _explaining() -> Iterator[None]:
    try:
        yield
    except BadArchive:
        raise
    except NotImplementedError as error:
        raise BadArchive("The archive is packed in a way that cannot be read. Pack it as plain zip or tar.") from error
    except _BROKEN as error:
        raise BadArchive("The archive is damaged, cut off, or none at all. Pack it again.") from error


def _zip_members(file: BinaryIO, byte_size: int) -> Iterator[Member]:
    _refuse_large_directory(file, byte_size)
    with zipfile.ZipFile(file) as packed:
        entries = [entry for entry in packed.infolist() if not entry.is_dir()]
        if len(entries) > MOST_MEMBERS:
            raise _too_many()
        limit = _Limit(byte_size)
        for number, entry in enumerate(entries):
            name, refusal = _name(entry.filename)
            yield Member(
                number,
                name,
                entry.file_size,
                refusal or _zip_refusal(entry),
                partial(_copy_of_zip, packed, entry, limit),
                total=len(entries),
            )


def _refuse_large_directory(file: BinaryIO, byte_size: int) -> None:
    """Looks how large the directory says it is, before zipfile takes it into memory."""
    tail = min(byte_size, 65_557 + 20)
    file.seek(byte_size - tail)
    end = file.read(tail)
    at = end.rfind(b"PK\x05\x06")
    if at < 0 or len(end) < at + 22:
        raise BadArchive("The archive is damaged, cut off, or none at all. Pack it again.")
    count, size = struct.unpack("<10xHL", end[at : at + 16])
    if size == 0xFFFFFFFF or count == 0xFFFF:
        locator = end[at - 20 : at] if at >= 20 else b""
        if locator[:4] == b"PK\x06\x07":
            file.seek(struct.unpack("<8xQ4x", locator)[0])
            count, size = struct.unpack("<32xQQ", file.read(48))
    file.seek(0)
    if count > MOST_MEMBERS:
        raise _too_many()
    if size > MOST_DIRECTORY:
        raise BadArchive("The archive's directory is too large to be read. Pack fewer files into one.")


def _zip_refusal(entry: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "It is a link. Pack the file itself."
    if kind not in (0, stat.S_IFREG):
        return "It is no ordinary file."
    if entry.flag_bits & 0x1:
        return "It is encrypted. Pack it without a password."
    if entry.compress_type not in _KNOWN_METHODS:
        return "It is packed in a way that cannot be read."
    if entry.file_size > max(entry.compress_size * MOST_RATIO, SLACK):
        return "It would unpack to far more than a picture can."
    return ""


def _tar_members(file: BinaryIO, start: bytes, byte_size: int) -> Iterator[Member]:
    limit = _Limit(byte_size)
    stream = _Counted(_unpacked(file, start), limit)
    with tarfile.open(fileobj=cast("Any", stream), mode="r|", tarinfo=_BoundedInfo, bufsize=CHUNK) as packed:
        number = -1
        for entry in packed:
            packed.members = []  # type: ignore[attr-defined]  # typeshed leaves it out; tarfile would remember them all
            if entry.isdir():
                continue
            number += 1
            if number >= MOST_MEMBERS:
                raise _too_many()
            name, refusal = _name(entry.name)
            copy = partial(_copy_of_tar, packed, entry)
            yield Member(number, name, entry.size, refusal or _tar_refusal(entry), copy)


def _tar_refusal(entry: tarfile.TarInfo) -> str:
    if entry.issym() or entry.islnk():
        return "It is a link. Pack the file itself."
    if not entry.isreg() or entry.issparse():
        return "It is no ordinary file."
    return ""


class _BoundedInfo(tarfile.TarInfo):
    """Refuses names and attributes that would fill the memory: tarfile reads them whole."""

    def _proc_member(self, tar: tarfile.TarFile) -> Any:
        special = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE)
        if self.type in (*special, tarfile.SOLARIS_XHDTYPE) and self.size > MOST_HEADER:
            raise BadArchive("A name in the archive is longer than any file's.")
        return super()._proc_member(tar)  # type: ignore[misc]  # tarfile's own hook, without types


def _unpacked(file: BinaryIO, start: bytes) -> IO[bytes]:
    if start[:2] == b"\x1f\x8b":
        return cast("IO[bytes]", gzip.GzipFile(fileobj=file))
    if start[:3] == b"BZh":
        return cast("IO[bytes]", bz2.BZ2File(file))
    if start[:6] == b"\xfd7zXZ\x00":
        return cast("IO[bytes]", io.BufferedReader(_XzReader(file), CHUNK))
    return file


class _XzReader(io.RawIOBase):
    """An xz file unpacked as it is read. The module's own reader sets no limit to the memory that a file asks for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._unpacker = file, lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            if self._unpacker.eof:
                rest = self._unpacker.unused_data.lstrip(b"\0") or self._file.read(CHUNK).lstrip(b"\0")
                if not rest:
                    return 0
                self._unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)
            else:
                rest = self._file.read(CHUNK) if self._unpacker.needs_input else b""
                if not rest and self._unpacker.needs_input:
                    raise EOFError("The file ends before its end.")
            data = self._unpacker.decompress(rest, len(buffer))
            if data:
                buffer[: len(data)] = data
                return len(data)


class _Limit:
    """How much all files of an archive may be together."""

    def __init__(self, byte_size: int) -> None:
        self.left = max(byte_size * MOST_RATIO, SLACK)

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise BadArchive("The archive unpacks to far more than pictures can. Nothing more was taken of it.")


class _Counted:
    """A stream that counts what is read of it."""

    def __init__(self, stream: IO[bytes], limit: _Limit) -> None:
        self._stream, self._limit = stream, limit

    def read(self, size: int) -> bytes:
        data = self._stream.read(min(size, CHUNK))
        self._limit.take(len(data))
        return data


def _copy(source: IO[bytes], size: int, out: IO[bytes], limit: _Limit | None = None) -> None:
    left = size
    while left > 0 and (data := source.read(min(CHUNK, left))):
        left -= len(data)
        if limit:
            limit.take(len(data))
        out.write(data)
    if left:
        raise EOFError("The file is shorter than the archive says.")


def _copy_of_zip(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: _Limit, out: IO[bytes]) -> None:
    try:
        with packed.open(entry) as source:
            _copy(source, entry.file_size, out, limit)
    except _BROKEN as error:
        raise DamagedMember("The archive holds this file damaged or cut off.") from error


def _copy_of_tar(packed: tarfile.TarFile, entry: tarfile.TarInfo, out: IO[bytes]) -> None:
    # What a tar unpacks to is counted as it goes by; behind a place that cannot be read, nothing of it can.
    with _explaining(), cast("IO[bytes]", packed.extractfile(entry)) as source:
        _copy(source, entry.size, out)


def _name(text: str) -> tuple[str, str]:
    """The name as a label with slashes, and why it cannot be one."""
    name = text.replace("\\", "/")
    is_absolute = name.startswith("/") or (len(name) > 1 and name[1] == ":")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    label = "/".join(parts)[-700:]
    if is_absolute:
        return label or "?", "Its name begins at the root of a disk. Pack it with a name below a folder."
    if not parts or ".." in parts or is_odd(label):
        shown = "".join(character if character.isprintable() else "?" for character in label)
        return shown or "?", "Its name cannot be taken: empty, with control characters, or with “..”."
    return label, ""


def _too_many() -> BadArchive:
    return BadArchive(f"The archive has more than {MOST_MEMBERS:,} files. Pack them into several.")
