"""Decodes pixels in a process of its own, with no secrets in its environment and limits on what it may take.

Whoever uploads a file chooses what the decoders' C code has to swallow. A crash, a loop or a bomb ends the child, never
the web server or worker that asked. One child serves many requests, so an answer costs no start of Python.
"""

import atexit
import contextlib
import json
import os
import queue
import select
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from projects.image_problems import UnreadableImage

Rendition: TypeAlias = Literal["thumbnail", "proxy", "values"]
CHILDREN = 2
TASKS = 500
"""After so many a child is replaced: what leaks, leaks no further."""
SECONDS = 30
THUMBNAIL_SIDE = 512
MEMORY = 2 * 2**30
SECONDS_A_BAND = 600
"""A tile's height of a huge image, and where its file has to be unpacked first, all of that."""
HEAD = struct.Struct("!?Q")
"""Before each answer: whether it is one, and its length."""
_BAND = struct.Struct("!HI")
_REASONS = {
    "too_slow": "The image takes too long to decode.",
    "crashed": "The image cannot be decoded with the memory there is, or is damaged.",
}


@dataclass(frozen=True, slots=True)
class Band:
    """A row of tiles of one level, packed (projects.pyramid)."""

    level: int
    row: int
    packed: bytes


class _Child:
    """One decoder process, started when first asked."""

    def __init__(self, *options: str) -> None:
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._tasks = 0

    def ask(self, request: dict[str, object], seconds: float | None = None) -> bytes:
        """The child's answer; UnreadableImage where it refuses, dies or is late."""
        process = self._running()
        self._tasks += 1
        assert process.stdin
        with contextlib.suppress(OSError):  # a child that is gone shows when its answer is read
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        return self.next(SECONDS if seconds is None else seconds)

    def next(self, seconds: float) -> bytes:
        """The next of several answers to one request."""
        process = self._process
        assert process
        try:
            deadline = time.monotonic() + seconds
            fine, length = HEAD.unpack(self._read(process, HEAD.size, deadline))
            answer = self._read(process, length, deadline)
        except (OSError, EOFError) as error:
            self.stop()
            reason = "too_slow" if isinstance(error, TimeoutError) else "crashed"
            raise UnreadableImage(reason, _REASONS[reason]) from error
        if fine:
            return answer
        reason, detail = json.loads(answer)
        raise UnreadableImage(reason, detail)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():
            self._process = None  # it belongs to the process that this one was forked from
        if self._tasks >= TASKS:
            self.stop()
        if self._process is None or self._process.poll() is not None:
            root = str(Path(__file__).resolve().parent.parent)
            self._process = subprocess.Popen(  # noqa: S603  # our own program, and options that are constants
                [sys.executable, "-P", "-m", "projects.decoder", *self._options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd="/",
                env={"PYTHONPATH": root, "LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "VIPS_CONCURRENCY": "2"},
                start_new_session=True,
            )
            self._owner, self._tasks = os.getpid(), 0
            atexit.register(self.stop)
        return self._process

    @staticmethod
    def _read(process: subprocess.Popen[bytes], length: int, deadline: float) -> bytes:
        assert process.stdout
        pipe, found = process.stdout.fileno(), bytearray()
        while len(found) < length:
            if not select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError
            chunk = os.read(pipe, min(length - len(found), 2**20))
            if not chunk:
                raise EOFError
            found += chunk
        return bytes(found)

    def stop(self) -> None:
        """Ends the child; the next request starts another."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        atexit.unregister(self.stop)
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]  # both were asked for


_children: "queue.LifoQueue[_Child]" = queue.LifoQueue()
for _ in range(CHILDREN):
    _children.put(_Child())


@contextlib.contextmanager
def _idle_child() -> Iterator[_Child]:
    child = _children.get()
    try:
        yield child
    finally:
        _children.put(child)


def render(path: Path, kind: Rendition, *, max_pixels: int, frame: int = 0) -> bytes:
    """A rendition of the image file at `path`, made in a child; UnreadableImage where there can be none.

    `frame` is counted from 1, for files with several.
    """
    with _idle_child() as child:
        return child.ask({"path": str(path), "kind": kind, "max_pixels": max_pixels, "frame": frame})


def cut(path: Path, size: tuple[int, int], *, quality: int, orientation: int, done: int) -> Iterator[Band]:
    """The bands of a large image's pyramid, in the order of `pyramid.order`, without the first `done`.

    In a child of its own, which ends with the iteration. Raises UnreadableImage.
    """
    child = _Child("--tiles")
    try:
        request: dict[str, object] = {"path": str(path), "kind": "tiles", "size": size, "done": done}
        request |= {"quality": quality, "orientation": orientation}
        answer = child.ask(request, SECONDS_A_BAND)
        while answer:
            level, row = _BAND.unpack_from(answer)
            yield Band(level, row, answer[_BAND.size :])
            answer = child.next(SECONDS_A_BAND)
    finally:
        child.stop()
