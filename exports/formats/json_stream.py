"""Reads one large JSON object whose members are long lists of objects, a megabyte at a time.

A piece of a list is cut behind an object and parsed whole by orjson, which is many times faster than
reading tokens. Cuts are guessed at the last `},` and counted by brackets where that is no cut; a piece
parses only if it was one, so a guess can be slow but never wrong.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from exports.formats.records import NotReadable

PIECE = 1 << 20
MOST_BYTES = 256 << 20
"""Of one object of a list, or of a member that is no list."""
GUESSES = 2
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|["\[\]{}]', re.DOTALL)
_CUT = re.compile(rb"\}\s*,")
_KEY = re.compile(rb'\s*,?\s*("(?:[^"\\]|\\.)*")\s*:\s*', re.DOTALL)
_BROKEN = "The file is not valid JSON, or ends too early."


class Members:
    """`for name, batches in Members(file)`: every member in turn; `batches` yields lists of a list's items.

    A member that is no list is one batch of one value. What is not taken is skipped.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._buffer = b""
        self._ended = False

    def __iter__(self) -> Iterator[tuple[str, Iterator[list[Any]]]]:
        self._fill()
        self._buffer = self._buffer.removeprefix(b"\xef\xbb\xbf").lstrip()
        if not self._buffer.startswith(b"{"):
            raise NotReadable(_BROKEN)
        self._buffer = self._buffer[1:]
        while (name := self._key()) is not None:
            batches = self._items() if self._buffer.startswith(b"[") else self._value()
            yield name, batches
            for _ in batches:
                continue

    def _fill(self) -> bool:
        """Reads on; False at the end of the file."""
        piece = self._file.read(PIECE)
        self._ended = not piece
        self._buffer += piece
        return bool(piece)

    def _key(self) -> str | None:
        while not (found := _KEY.match(self._buffer)) or found.end() == len(self._buffer):
            if self._buffer.lstrip().startswith(b"}"):
                return None
            if len(self._buffer) > MOST_BYTES or not self._fill():
                raise NotReadable(_BROKEN)
        self._buffer = self._buffer[found.end() :]
        return str(_parsed(found[1]))

    def _value(self) -> Iterator[list[Any]]:
        start = self._buffer[:1]
        if start == b"{":
            end = self._counted(0)
            while end is None:
                self._more()
                end = self._counted(0)
        else:
            pattern = re.compile(rb'"(?:[^"\\]|\\.)*"' if start == b'"' else rb"[^\s,}\]]+(?=[\s,}])", re.DOTALL)
            while not (found := pattern.match(self._buffer)):
                self._more()
            end = found.end()
        value, self._buffer = _parsed(self._buffer[:end]), self._buffer[end:]
        yield [value]

    def _items(self) -> Iterator[list[Any]]:
        self._buffer = self._buffer[1:]
        behind = False
        while True:
            if len(self._buffer) < PIECE and not self._ended:
                self._fill()
            if behind and (rest := self._buffer.lstrip()).startswith(b","):
                # The comma behind the last item, which may have come with this piece.
                self._buffer, behind = rest[1:], False
            items, end = self._guessed() or self._cut()
            if end is None:
                self._more()
                continue
            if not end and not self._buffer.startswith(b"]"):
                raise NotReadable(_BROKEN)
            self._buffer = self._buffer[end:]
            if items:
                yield items
            if self._buffer.startswith(b"]"):
                self._buffer = self._buffer[1:]
                return
            behind = True

    def _guessed(self) -> tuple[list[Any], int | None] | None:
        """Items up to one of the last `},`, where that is a cut."""
        end = len(self._buffer)
        for _ in range(GUESSES):
            end = self._buffer.rfind(b"}", 0, end)
            if end < 0:
                return None
            if _CUT.match(self._buffer, end):
                try:
                    return orjson.loads(b"[" + self._buffer[: end + 1] + b"]"), end + 1
                except orjson.JSONDecodeError:
                    continue
        return None

    def _cut(self) -> tuple[list[Any], int | None]:
        """Items up to the last whole one in the buffer, found by counting; no end where there is none yet."""
        end = self._counted(1)
        if end is None:
            return [], None
        return _parsed(b"[" + self._buffer[:end] + b"]"), end

    def _counted(self, within: int) -> int | None:
        """The end of the value that begins here, or `within` a list, of its last whole object, or the list's own."""
        depth, last = within, None
        for token in _TOKEN.finditer(self._buffer):
            kind = token[0]
            if kind == b'"':
                break  # a string that goes on behind the buffer
            if kind in b"[{":
                depth += 1
            elif kind in b"]}":
                depth -= 1
                if depth == 0:
                    return token.end() if not within else token.start()
                if depth == within:
                    last = token.end()
        return last

    def _more(self) -> None:
        if len(self._buffer) > MOST_BYTES or not self._fill():
            raise NotReadable(_BROKEN)


def _parsed(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise NotReadable(_BROKEN) from error
