"""Keeps rows of JSON aside in a temporary file, to be had again by whose they are, in whatever order they came."""

import tempfile
from array import array
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

SPOOL_BYTES = 8 << 20


class Shelf:
    """Rows by the whole number under `key`. Memory holds 24 bytes for each run of rows with the same number."""

    def __init__(self, key: str) -> None:
        self._owner = itemgetter(key)
        self._file = tempfile.SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115  # lives as long as the shelf
        self._end = 0
        self._owners, self._places, self._lengths = array("q"), array("q"), array("q")

    def put(self, rows: Sequence[Any]) -> None:
        """Puts rows aside, in their order."""
        texts = []
        for owner, run in groupby(rows, self._owner):
            text = orjson.dumps(list(run))
            texts.append(text)
            self._owners.append(int(owner))
            self._places.append(self._end)
            self._lengths.append(len(text))
            self._end += len(text)
        self._file.write(b"".join(texts))

    def sort(self) -> None:
        """Makes the shelf ready to be read; nothing may be put on it after this."""
        columns = (self._owners, self._places, self._lengths)
        owners, places, lengths = (np.asarray(column, np.int64) for column in columns)
        if bool((owners[1:] < owners[:-1]).any()):
            order = np.argsort(owners, kind="stable")
            owners, places, lengths = owners[order], places[order], lengths[order]
        self._sorted = owners, places, lengths

    def rows(self, owners: Sequence[int]) -> Iterator[list[Any]]:
        """The rows of each of these numbers; an empty list where there are none."""
        keys, places, lengths = self._sorted
        wanted = np.asarray(owners, np.int64)
        starts, ends = (np.searchsorted(keys, wanted, side).tolist() for side in ("left", "right"))
        read, seek = self._file.read, self._file.seek
        for start, end in zip(starts, ends, strict=True):
            found: list[Any] = []
            for place, length in zip(places[start:end].tolist(), lengths[start:end].tolist(), strict=True):
                seek(place)
                found += orjson.loads(read(length))
            yield found

    def others(self, owners: NDArray[np.int64]) -> list[int]:
        """The numbers that have rows and are not among `owners`, in rising order."""
        keys = self._sorted[0]
        left: list[int] = np.setdiff1d(keys, owners).tolist()
        return left
