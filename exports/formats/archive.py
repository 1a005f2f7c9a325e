"""ZIP files of any size, written in one pass and constant memory to an output that need not be seekable.

The standard library's writer keeps every entry until the end, about a gigabyte for a million images. Here
what the central directory needs waits in a spool file, and the entries of one archive can be taken over
into another as they are. Sizes and checksums are known before an entry's header is
written, so every reader can take it, those that read from a pipe too. All entries have the same date:
equal contents are equal bytes. The last entry, `SHA256SUMS`, is for `sha256sum --check`.
"""

import hashlib
import shutil
import struct
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import BinaryIO, Self, cast

SPOOL_BYTES = 4 << 20
SUMS = "SHA256SUMS"
_STORED, _DEFLATED = 0, 8
_UTF8 = 0x800
_DATE = (1 << 5) | 1
"""1 January 1980, the first day that ZIP knows."""
_SIZE_LIMIT, _COUNT_LIMIT = 0xFFFFFFFF, 0xFFFF
_MADE_BY, _NEEDED = (3 << 8) | 45, 45
_MODE = 0o100644 << 16
_ENTRY = struct.Struct("<LQQQB32sH")
"""What is remembered of an entry: CRC, size, length in the archive, place, whether packed, SHA-256, length of its name."""


class Member:
    """One file of the archive while it is written; several may be open at once, each on its own spool."""

    def __init__(self, archive: "Archive", name: str, *, packed: bool) -> None:
        self.archive, self.name, self.packed = archive, name, packed
        self.size, self.crc, self.digest = 0, 0, hashlib.sha256()
        self.spool = _spool()
        self._deflate = _deflater() if packed else None

    def write(self, data: bytes) -> int:
        self.size += len(data)
        self.crc = zlib.crc32(data, self.crc)
        self.digest.update(data)
        self.spool.write(self._deflate.compress(data) if self._deflate else data)
        return len(data)

    def close(self) -> None:
        """Moves the file into the archive."""
        if self._deflate:
            self.spool.write(self._deflate.flush())
        length = self.spool.tell()
        self.archive.begin(self.name, self.crc, self.size, length, self.digest.digest(), packed=self.packed)
        self.spool.seek(0)
        shutil.copyfileobj(self.spool, self.archive)
        self.spool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            self.spool.close()


class Archive:
    """A ZIP being written to `out`; `close` ends it."""

    def __init__(self, out: BinaryIO) -> None:
        self.out = out
        self.offset = self.count = 0
        self.index = _spool()
        """Every entry so far: `_ENTRY` and its name."""

    def add(self, name: str, data: bytes, *, packed: bool = True) -> None:
        """Adds one whole file that is in memory."""
        body = data
        if packed:
            deflate = _deflater()
            body = deflate.compress(data) + deflate.flush()
        digest = hashlib.sha256(data).digest()
        self.begin(name, zlib.crc32(data), len(data), len(body), digest, packed=packed)
        self.write(body)

    def add_chunks(self, name: str, chunks: Iterable[bytes]) -> None:
        """Adds a file as it is, such as an image, which would not get smaller."""
        with self.member(name, packed=False) as member:
            for chunk in chunks:
                member.write(chunk)

    def member(self, name: str, *, packed: bool = True) -> Member:
        """A file to be written piece by piece."""
        return Member(self, name, packed=packed)

    def write(self, data: bytes) -> int:
        self.offset += len(data)
        return self.out.write(data)

    def begin(self, name: str, crc: int, size: int, length: int, digest: bytes, *, packed: bool) -> None:
        """Writes the header of an entry of `size` bytes, `length` in the archive; its bytes must follow."""
        text = name.encode()
        self._note(crc, size, length, self.offset, packed, digest, text)
        head, extra = _head(crc, size, length, text, packed=packed)
        self.write(struct.pack("<4s5H3L2H", b"PK\3\4", *head) + text + extra)

    def include(self, index: BinaryIO, body: Iterable[bytes]) -> None:
        """Takes over all entries of another archive that was not closed: its `index`, and the bytes written to its `out`."""
        start = self.offset
        for crc, size, length, place, packed, digest, text in _entries(index):
            self._note(crc, size, length, start + place, packed, digest, text)
        for chunk in body:
            self.write(chunk)

    def _note(self, crc: int, size: int, length: int, place: int, packed: int, digest: bytes, text: bytes) -> None:
        self.index.write(_ENTRY.pack(crc, size, length, place, packed, digest, len(text)) + text)
        self.count += 1

    def close(self) -> None:
        """Writes the checksums and the directory; the archive is whole after this."""
        with self.member(SUMS) as member:
            for _, _, _, _, _, digest, text in _entries(self.index):
                member.write(b"%s  %s\n" % (digest.hex().encode(), text))
        start = self.offset
        for crc, size, length, place, packed, _, text in _entries(self.index):
            self.write(_directory_entry(crc, size, length, place, text, packed=bool(packed)))
        size = self.offset - start
        if self.count >= _COUNT_LIMIT or max(start, size) >= _SIZE_LIMIT:
            self._end_of_large(start, size)
        count, length, offset = min(self.count, _COUNT_LIMIT), min(size, _SIZE_LIMIT), min(start, _SIZE_LIMIT)
        self.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, length, offset, 0))
        self.index.close()

    def _end_of_large(self, start: int, size: int) -> None:
        end = self.offset
        numbers = (44, _MADE_BY, _NEEDED, 0, 0, self.count, self.count, size, start)
        self.write(struct.pack("<4sQ2H2L4Q", b"PK\6\6", *numbers) + struct.pack("<4sLQL", b"PK\6\7", 0, end, 1))


def _head(crc: int, size: int, length: int, text: bytes, *, packed: bool) -> tuple[tuple[int, ...], bytes]:
    """What headers and directory share, and the extra field of a header."""
    large = max(size, length) >= _SIZE_LIMIT
    extra = struct.pack("<2H2Q", 1, 16, size, length) if large else b""
    sizes = (crc, *((_SIZE_LIMIT, _SIZE_LIMIT) if large else (length, size)))
    return (_NEEDED, _UTF8, _DEFLATED if packed else _STORED, 0, _DATE, *sizes, len(text), len(extra)), extra


def _directory_entry(crc: int, size: int, length: int, place: int, text: bytes, *, packed: bool) -> bytes:
    head, extra = _head(crc, size, length, text, packed=packed)
    if place >= _SIZE_LIMIT:
        more = (struct.pack("<2Q", size, length) if extra else b"") + struct.pack("<Q", place)
        extra, place = struct.pack("<2H", 1, len(more)) + more, _SIZE_LIMIT
    entry = (_MADE_BY, *head[:-1], len(extra), 0, 0, 0, _MODE, place)
    return struct.pack("<4s6H3L5H2L", b"PK\1\2", *entry) + text + extra


def _entries(index: BinaryIO) -> Iterator[tuple[int, int, int, int, int, bytes, bytes]]:
    """CRC, size, length, place, whether packed, SHA-256 and name of every entry."""
    index.seek(0)
    while record := index.read(_ENTRY.size):
        *numbers, count = _ENTRY.unpack(record)
        yield (*numbers, index.read(count))


def _spool() -> BinaryIO:
    return cast("BinaryIO", tempfile.SpooledTemporaryFile(SPOOL_BYTES))  # closed by whoever fills it


def _deflater() -> "zlib._Compress":
    return zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
