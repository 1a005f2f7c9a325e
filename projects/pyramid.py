"""The pyramid of a large image: levels of half the size each, cut into tiles, a row of tiles packed into one band.

Level 0 is the image itself; the last level fits one tile. A band is what is stored: few objects, and tiles beside each
other lie beside each other. Which bands there are, and in which order they come, follows from the size alone.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

TILE = 512
_NUMBER = struct.Struct("<I")
Pixels: TypeAlias = NDArray[np.uint8]
"""Rows × columns for grey, rows × columns × 3 for colour."""
Encode: TypeAlias = Callable[[Pixels], bytes]


@dataclass(frozen=True, slots=True)
class Level:
    """Pixels of a level, and how many tiles it has across and down."""

    width: int
    height: int

    @property
    def columns(self) -> int:
        return -(-self.width // TILE)

    @property
    def rows(self) -> int:
        return -(-self.height // TILE)


def levels(width: int, height: int) -> list[Level]:
    """From the image itself to what fits one tile."""
    found = [Level(width, height)]
    while max(found[-1].width, found[-1].height) > TILE:
        found.append(Level(-(-found[-1].width // 2), -(-found[-1].height // 2)))
    return found


def order(width: int, height: int) -> list[tuple[int, int]]:
    """(level, row) of every band, in the order in which they are complete when the image is read from the top."""
    all_levels = levels(width, height)
    found: list[tuple[int, int]] = []
    for row in range(all_levels[0].rows):
        level = 0
        found.append((0, row))
        while level + 1 < len(all_levels) and (row % 2 or row == all_levels[level].rows - 1):
            level, row = level + 1, row // 2
            found.append((level, row))
    return found


@dataclass
class Cutter:
    """Cuts bands out of strips of `TILE` rows, read from the top; holds two strips of each level at most."""

    width: int
    height: int
    encode: Encode
    done: int = 0
    """So many bands are there already: their pixels are needed for the levels above, but they are not encoded."""
    _halves: dict[int, Pixels] = field(default_factory=dict)
    _count: int = 0

    def bands(self, strips: Iterable[Pixels]) -> Iterator[tuple[int, int, bytes]]:
        """(level, row, packed tiles), in the order of `order`."""
        all_levels = levels(self.width, self.height)
        for number, strip in enumerate(strips):
            level, row, pixels = 0, number, strip
            while True:
                self._count += 1
                if self._count > self.done:
                    yield level, row, self._packed(pixels)
                if level + 1 == len(all_levels):
                    break
                upper = self._halves.pop(level, None)
                small = halved(pixels)
                if row % 2 == 0 and row < all_levels[level].rows - 1:
                    self._halves[level] = small
                    break
                pixels = small if upper is None else np.concatenate([upper, small])
                level, row = level + 1, row // 2

    def _packed(self, pixels: Pixels) -> bytes:
        cuts = range(0, pixels.shape[1], TILE)
        return pack([self.encode(np.ascontiguousarray(pixels[:, left : left + TILE])) for left in cuts])


def halved(pixels: Pixels) -> Pixels:
    """Half the size, by the mean of four pixels; an odd last row or column counts twice."""
    rows, columns = pixels.shape[:2]
    padded = np.pad(pixels, ((0, rows % 2), (0, columns % 2), *((0, 0),) * (pixels.ndim - 2)), mode="edge")
    total = padded[0::2, 0::2].astype(np.uint16)
    for corner in (padded[0::2, 1::2], padded[1::2, 0::2], padded[1::2, 1::2]):
        total += corner
    return ((total + 2) >> 2).astype(np.uint8)


def pack(tiles: Sequence[bytes]) -> bytes:
    """The tiles of a row, behind their lengths."""
    return b"".join([*(_NUMBER.pack(len(tile)) for tile in tiles), *tiles])


def table_size(columns: int) -> int:
    """Bytes that the lengths take at the beginning of a band."""
    return columns * _NUMBER.size


def spans(table: bytes) -> list[tuple[int, int]]:
    """Where each tile begins in its band, and how many bytes it has."""
    lengths = [length for (length,) in _NUMBER.iter_unpack(table)]
    starts = np.cumsum([len(table), *lengths]).tolist()
    return list(zip(starts, lengths, strict=False))
