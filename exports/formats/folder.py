"""What readers of many-file formats read from: names and contents, one file at a time, never all at once."""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Protocol

import orjson

from exports.formats.records import NotReadable

MOST_BYTES = 64 << 20
"""Of one file read whole, and of one line."""
MOST_FILES = 4_000_000
MOST_UNPACKED = 64 << 30
"""Of one file that is read piece by piece."""


class Folder(Protocol):
    """Files by relative name."""

    def names(self) -> list[str]: ...

    def read(self, name: str) -> bytes:
        """One file whole; NotReadable where it is damaged or above MOST_BYTES."""
        ...

    def lines(self, name: str) -> Iterator[bytes]:
        """A file line by line, without line ends."""
        ...

    def open(self, name: str) -> BinaryIO:
        """A file to be read piece by piece, however large; NotReadable, from its `read`, where it is damaged."""
        ...


class SingleFile:
    """A file that is no archive, as a folder of one."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.file, self.name = file, name

    def names(self) -> list[str]:
        return [self.name]

    def read(self, name: str) -> bytes:
        data = self.open(name).read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise NotReadable(f"{name} is larger than {MOST_BYTES >> 20} MiB.")
        return data

    def lines(self, name: str) -> Iterator[bytes]:
        file = self.open(name)
        while line := file.readline(MOST_BYTES + 1):
            if len(line) > MOST_BYTES:
                raise NotReadable(f"{name} has a line longer than {MOST_BYTES >> 20} MiB.")
            yield line.rstrip(b"\r\n")

    def open(self, name: str) -> BinaryIO:
        self.file.seek(0)
        return _buffered(name, self.file.read)


class _Piecewise(io.RawIOBase):
    """A file of a folder while it is read: what is damaged is NotReadable, and nothing unpacks without end."""

    def __init__(self, name: str, read: Callable[[int], bytes]) -> None:
        self._name, self._read, self._total = name, read, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = _guarded(self._name, self._read, len(buffer))
        self._total += len(data)
        if self._total > MOST_UNPACKED:
            raise NotReadable(f"{self._name} unpacks to more than {MOST_UNPACKED >> 30} GiB.")
        buffer[: len(data)] = data
        return len(data)


def _buffered(name: str, read: Callable[[int], bytes]) -> BinaryIO:
    return io.BufferedReader(_Piecewise(name, read), 1 << 18)


class ZipFolder:
    """The files of a ZIP. Names are only ever compared, never used as paths."""

    def __init__(self, file: BinaryIO) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, NotImplementedError, OverflowError, ValueError) as error:
            raise NotReadable("The file is not a ZIP archive, or it is damaged.") from error
        if len(self._zip.filelist) > MOST_FILES:
            raise NotReadable(f"The archive has more than {MOST_FILES:,} files. Split it.")

    def names(self) -> list[str]:
        return [entry.filename for entry in self._zip.filelist if not entry.is_dir()]

    def read(self, name: str) -> bytes:
        with self._opened(name) as file:
            data = _guarded(name, file.read, MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise NotReadable(f"{name} is larger than {MOST_BYTES >> 20} MiB.")
        return data

    def lines(self, name: str) -> Iterator[bytes]:
        with self._opened(name) as file:
            while line := _guarded(name, file.readline, MOST_BYTES + 1):
                if len(line) > MOST_BYTES:
                    raise NotReadable(f"{name} has a line longer than {MOST_BYTES >> 20} MiB.")
                yield line.rstrip(b"\r\n")

    def open(self, name: str) -> BinaryIO:
        return _buffered(name, self._opened(name).read)

    def _opened(self, name: str) -> "zipfile.ZipExtFile":
        try:
            return self._zip.open(name)  # type: ignore[return-value]  # reading gives a ZipExtFile
        except KeyError as error:
            raise NotReadable(f"The archive has no file {name}.") from error
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
            raise NotReadable(f"{name} cannot be unpacked: it is damaged or encrypted.") from error


def _guarded(name: str, read: Callable[[int], bytes], size: int) -> bytes:
    try:
        return bytes(read(size))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise NotReadable(f"{name} cannot be unpacked: it is damaged.") from error


def json_of(name: str, data: bytes) -> object:
    """Decoded JSON (UTF-8, with or without a byte order mark); NotReadable names the file."""
    try:
        return orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise NotReadable(f"{name} is not valid JSON: {error}.") from error
