"""The process that decodes: answers one request per line until its parent (projects.decoding) hangs up.

`--tiles` cuts one large image, for which libvips may need room on the disk.
"""

import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from projects import image_header, renditions, tiler
from projects.decoding import HEAD, MEMORY, THUMBNAIL_SIDE
from projects.image_problems import UnreadableImage

DISK = 64 * 2**30


def _answers(request: dict[str, Any]) -> Iterator[bytes]:
    path = Path(request["path"])
    if request["kind"] == "tiles":
        options = {name: request[name] for name in ("size", "quality", "orientation", "done")}
        yield from tiler.cut(path, **options)
        yield b""
        return
    with path.open("rb") as file:
        yield _rendered(file, request["kind"], request["max_pixels"], request.get("frame", 0))


def _rendered(file: BinaryIO, kind: str, max_pixels: int, frame: int) -> bytes:
    if image_header.is_dicom(file):
        return renditions.of_dicom(file, kind, frame, max_side=THUMBNAIL_SIDE, max_pixels=max_pixels)
    if kind == "values":
        raise UnreadableImage("unsupported", "Only DICOM images are shown through a window.")
    if kind == "proxy":
        return renditions.render_proxy(file, max_pixels=max_pixels)[0]
    return renditions.thumbnail(file, THUMBNAIL_SIDE, max_pixels=max_pixels)


def _answer(request: dict[str, Any], out: BinaryIO) -> None:
    try:
        for answer in _answers(request):
            _write(out, answer, fine=True)
    except UnreadableImage as error:
        _refuse(out, error.reason, error.detail)
    except MemoryError:
        _refuse(out, "too_large", "The image is too large to be decoded.")
    except OSError:
        _refuse(out, "corrupt", "The file is gone.")


def _refuse(out: BinaryIO, reason: str, detail: str) -> None:
    _write(out, json.dumps([reason, detail]).encode(), fine=False)


def _write(out: BinaryIO, answer: bytes, *, fine: bool) -> None:
    out.write(HEAD.pack(fine, len(answer)) + answer)
    out.flush()


def main() -> None:
    """Limits itself first: what follows runs on files that anybody may have made."""
    disk = DISK if "--tiles" in sys.argv else 0
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (disk, disk))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    Image.MAX_IMAGE_PIXELS = image_header.MOST_PIXELS
    for line in sys.stdin.buffer:
        _answer(json.loads(line), sys.stdout.buffer)


if __name__ == "__main__":
    main()
