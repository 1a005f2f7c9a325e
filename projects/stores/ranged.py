"""An object of a store as a file that can be read here and there, without fetching all of it."""

import io

from projects.image_problems import UnreadableImage
from projects.stores.base import Entry, ObjectStore

BLOCK = 256 * 1024
MOST_BLOCKS = 256
"""Blocks fetched at most, 64 MB: what wants more is no header. They are kept until the file is let go."""


class RangedFile(io.BytesIO):
    """Reads blocks of `BLOCK` bytes as they are asked for; `start` is the beginning of the object, known already."""

    def __init__(self, store: ObjectStore, entry: Entry, start: bytes = b"") -> None:
        super().__init__()
        self._store, self._entry, self._at = store, entry, 0
        self._blocks = {at // BLOCK: start[at : at + BLOCK] for at in range(0, len(start) - BLOCK + 1, BLOCK)}

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._entry.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        end = self._entry.size if size is None or size < 0 else min(self._at + size, self._entry.size)
        found = bytearray()
        while self._at < end:
            number, offset = divmod(self._at, BLOCK)
            piece = self._block(number)[offset : offset + end - self._at]
            if not piece:
                break  # the object is shorter than it was when it was listed
            found += piece
            self._at += len(piece)
        return bytes(found)

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            if len(self._blocks) >= MOST_BLOCKS:
                raise UnreadableImage("corrupt", f"The file's header does not fit {MOST_BLOCKS * BLOCK >> 20} MB.")
            self._blocks[number] = self._store.read(self._entry.key, number * BLOCK, BLOCK)
        return self._blocks[number]
