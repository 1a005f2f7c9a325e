"""Decodes pixels in a process of its own, with no secrets in its environment and limits on what it may take.

Whoever uploads a file chooses what the decoders' C code has to swallow. A crash, a loop or a bomb ends the child, never
the web server or worker that asked. One child serves many requests, so an answer costs no start of Python.
"""

import atexit
import contextlib
import json
import os
import queue
import resource
import select
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from projects import image_header, renditions

Rendition: TypeAlias = Literal["thumbnail", "proxy"]
CHILDREN = 2
TASKS = 500
"""After so many a child is replaced: what leaks, leaks no further."""
SECONDS = 30
MEMORY = 2 * 2**30
THUMBNAIL_SIDE = 512
_HEAD = struct.Struct("!?Q")
_REASONS = {
    "too_slow": "The image takes too long to decode.",
    "crashed": "The image cannot be decoded with the memory there is, or is damaged.",
}


class _Child:
    """One decoder process, started when first asked."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._tasks = 0

    def ask(self, request: dict[str, object]) -> bytes:
        """The child's answer; UnreadableImage where it refuses, dies or is late."""
        process = self._running()
        self._tasks += 1
        assert process.stdin
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            deadline = time.monotonic() + SECONDS
            fine, length = _HEAD.unpack(self._read(process, _HEAD.size, deadline))
            answer = self._read(process, length, deadline)
        except (OSError, EOFError) as error:
            self.stop()
            reason = "too_slow" if isinstance(error, TimeoutError) else "crashed"
            raise image_header.UnreadableImage(reason, _REASONS[reason]) from error
        if fine:
            return answer
        reason, detail = json.loads(answer)
        raise image_header.UnreadableImage(reason, detail)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():
            self._process = None  # it belongs to the process that this one was forked from
        if self._tasks >= TASKS:
            self.stop()
        if self._process is None or self._process.poll() is not None:
            root = str(Path(__file__).resolve().parent.parent)
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "projects.decoding"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd="/",
                env={"PYTHONPATH": root, "LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"},
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


def render(path: Path, kind: Rendition, *, max_pixels: int) -> bytes:
    """A rendition of the image file at `path`, made in a child; UnreadableImage where there can be none."""
    with _idle_child() as child:
        return child.ask({"path": str(path), "kind": kind, "max_pixels": max_pixels})


def _answer(request: dict[str, object], out: BinaryIO) -> None:
    try:
        with Path(str(request["path"])).open("rb") as file:
            fine, answer = True, _rendered(file, str(request["kind"]), int(str(request["max_pixels"])))
    except image_header.UnreadableImage as error:
        fine, answer = False, json.dumps([error.reason, error.detail]).encode()
    except MemoryError:
        fine, answer = False, json.dumps(["too_large", "The image is too large to be decoded."]).encode()
    except OSError:
        fine, answer = False, json.dumps(["corrupt", "The file is gone."]).encode()
    out.write(_HEAD.pack(fine, len(answer)) + answer)
    out.flush()


def _rendered(file: BinaryIO, kind: str, max_pixels: int) -> bytes:
    if kind == "proxy":
        return renditions.render_proxy(file, max_pixels=max_pixels)[0]
    return renditions.thumbnail(file, THUMBNAIL_SIDE, max_pixels=max_pixels)


def main() -> None:
    """The child: answers one request per line until its parent hangs up."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin.buffer:
        _answer(json.loads(line), sys.stdout.buffer)


if __name__ == "__main__":
    main()
