"""The port that everything else uses to reach files, and the failures it may raise."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, ClassVar
from urllib.parse import urlsplit

from projects.errors import BadInput, DomainError

PAGE = 1000
"""Entries in a page of a listing."""


class StoreRefused(BadInput):
    """The store's settings are wrong: no retry will help, and the sentence says what to change."""

    code = "store_refused"


class StoreUnreachable(DomainError):
    """The store did not answer; it may do so later."""

    code = "store_unreachable"
    status = 503


class ObjectMissing(DomainError):
    """There is no such object in the store (any more)."""

    code = "object_missing"
    status = 404


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of a listing; `key` is relative to the store's prefix, `size` in bytes, `etag` changes with the bytes."""

    key: str
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a listing. `cursor` given to `pages(after=…)` goes on behind it."""

    entries: list[Entry] = field(default_factory=list)
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class SignedUpload:
    """An address for one PUT, and the headers that it needs."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


class ObjectStore(ABC):
    """Objects by key below a prefix. Keys use `/`; every method is safe to call from several threads."""

    direct: ClassVar[bool] = True
    """Whether browsers can load from the store itself by a signed URL."""

    def __init__(self, prefix: str = "") -> None:
        prefix = prefix.strip("/")
        if is_odd(prefix):
            words = "Give a folder without “.”, “..” and control characters."
            raise StoreRefused(words, fields={"below": [words], "prefix": [words]})
        self.prefix = f"{prefix}/" if prefix else ""

    def name_of(self, key: str) -> str:
        """The object's full name in the store, for a key below the prefix."""
        refuse_odd_key(key)
        return self.prefix + key

    @abstractmethod
    def pages(self, prefix: str = "", after: str = "", size: int = PAGE) -> Iterator[Page]:
        """Lists the keys that begin with `prefix`, in pages of about `size`, going on behind the cursor `after`."""

    @abstractmethod
    def head(self, key: str) -> Entry:
        """Size and etag; ObjectMissing where there is none."""

    @abstractmethod
    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        """Bytes from `start` on, at most `length`; empty behind the end."""

    @abstractmethod
    def stream(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The same bytes in chunks, for files that should not be in memory at once."""

    @abstractmethod
    def put(self, key: str, content: IO[bytes], content_type: str = "application/octet-stream") -> None:
        """Writes an object from a seekable file, replacing one of the same key."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Removes an object; does nothing where there is none."""

    def signed_read_url(self, key: str, expires_at: datetime, content_type: str) -> str:
        """An address from which anybody can read this one object until `expires_at`, as `content_type`. No I/O."""
        raise NotImplementedError("This store gives out no addresses of its own.")

    def signed_upload(self, key: str, expires_at: datetime, byte_size: int) -> "SignedUpload":
        """Where anybody can PUT this one new object of `byte_size` bytes until `expires_at`. No I/O.

        As far as the store can be told: not another size, and not in place of an object that is there.
        """
        raise NotImplementedError("This store gives out no addresses of its own.")

    def check(self, *, writable: bool) -> None:
        """Lists and, where `writable`, writes and deletes one small object; StoreRefused or StoreUnreachable if not."""
        next(self.pages(size=1), None)
        if writable:
            self.check_write()

    @abstractmethod
    def check_write(self) -> None:
        """Writes and deletes one small object."""


def refuse_odd_key(key: str) -> None:
    """Raises ObjectMissing for keys that could mean something else than an object: `..`, NUL, a leading slash."""
    if not key or key.startswith("/") or is_odd(key):
        raise ObjectMissing("This file's name is not one that can be in a store.")


def is_odd(key: str) -> bool:
    """Whether a key has path steps, control characters or bytes that are no text."""
    if any(ord(character) < 32 or character == "\x7f" or "\ud800" <= character <= "\udfff" for character in key):
        return True
    return any(part in {".", ".."} for part in key.split("/"))


def limited(chunks: Iterable[bytes], length: int | None) -> Iterator[bytes]:
    """At most `length` bytes of `chunks`."""
    left = length
    for chunk in chunks:
        if left is None:
            yield chunk
            continue
        if left <= 0:
            return
        yield chunk[:left]
        left -= len(chunk)
