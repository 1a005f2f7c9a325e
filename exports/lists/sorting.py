"""Keys in order and each once, however many: sorted runs in temporary files, merged at the end."""

import heapq
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings

RUN = 100_000
"""Keys that are sorted in memory."""


class KeySheet(ExitStack):
    """Collects keys; closes its files at the end of its block. `written` gives them as lines in the order of their bytes. None may hold a line end."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = settings.VAR_DIR / "scratch"
        Path(self.folder).mkdir(parents=True, exist_ok=True)
        self._keys: set[bytes] = set()
        self._runs: list[BinaryIO] = []

    def add(self, key: str) -> None:
        self._keys.add(key.encode() + b"\n")
        if len(self._keys) >= RUN:
            self._end_run()

    def _end_run(self) -> None:
        run = self._temporary()
        run.writelines(sorted(self._keys))
        run.seek(0)
        self._runs.append(run)
        self._keys = set()

    def _temporary(self) -> BinaryIO:
        return cast("BinaryIO", self.enter_context(tempfile.TemporaryFile(dir=self.folder)))

    def _lines(self) -> Iterator[bytes]:
        # A line end sorts before all that keys may hold, so the order of lines is that of keys.
        last = b""
        for line in heapq.merge(*self._runs, sorted(self._keys)):
            if line != last:
                yield line
            last = line

    def written(self) -> tuple[BinaryIO, int]:
        """All keys, to be read from the start, and how many there are."""
        out, count = self._temporary(), 0
        for line in self._lines():
            out.write(line)
            count += 1
        out.seek(0)
        return out, count
