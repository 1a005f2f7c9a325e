"""What an image file is, learned from its header: nothing here decodes pixels unless `verify` asks.

Only the formats of `FORMATS` are ever opened, whatever Pillow could read besides. The name's extension
says whether a file is meant to be an image at all; the content says which format it is, so a PNG that
is called `.jpg` is taken as the PNG it is, and a web page that is called `.jpg` is refused.
"""

import io
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, BinaryIO, TypeAlias

from PIL import ExifTags, Image

from projects.dicom import header as dicom_header
from projects.image_problems import NeedMoreBytes as NeedMoreBytes  # what this module raises is named by it, too
from projects.image_problems import UnreadableImage as UnreadableImage

Source: TypeAlias = bytes | BinaryIO

FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP", "GIF")
"""What Pillow opens for us; DICOM has a reader of its own (projects.dicom)."""
TILED_FORMATS = ("JPEG", "PNG", "TIFF")
"""What can be cut into tiles from top to bottom (projects.tiler), so that a file may be far larger than memory."""
EXTENSIONS = frozenset(["jpg", "jpeg", "png", "jpe", "jfif", "bmp", "tif", "tiff", "webp", "gif", "dcm", "dicom"])
CONTENT_TYPES = {name: f"image/{name.lower()}" for name in FORMATS} | {"DICOM": "application/dicom"}
HEADER_BYTES = 65_536
MOST_PIXELS = 250_000_000
MOST_TILED_PIXELS = 4_000_000_000
MOST_PIXELS_A_BYTE = 400
"""Of huge images. Compression reaches three times as much on nothing but white paper."""
MOST_FRAMES = 1_000

# Pillow's own alarm goes off when a header is read. Ours is in `opened`, before any pixel is; the decoder process, where
# pixels are decoded, sets Pillow's lower again.
Image.MAX_IMAGE_PIXELS = MOST_TILED_PIXELS

_TIFF_MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    *((magic, "TIFF") for magic in _TIFF_MAGIC),
)
_OTHER_MAGIC = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"%!PS", "a PostScript file"),
    (b"SIMPLE  =", "a FITS file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x00\x00\x01\x00", "an icon"),
)
# What Pillow raises for damaged files; a warning counts where the process turns warnings into errors.
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, struct.error, OverflowError, UserWarning)


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """`width` and `height` are pixels after the EXIF orientation is applied; position is never kept.

    `captured_at` is the camera's own clock in ISO form, with an offset only where the camera wrote one.
    """

    format: str
    width: int
    height: int
    mode: str
    frames: int = 1
    orientation: int = 1
    captured_at: str = ""
    camera_make: str = ""
    camera_model: str = ""
    technical: Mapping[str, Any] = field(default_factory=dict)
    """Of DICOM: facts about the pixels, by keyword; nothing about people (projects.dicom.header)."""

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.format]

    @property
    def browser_ready(self) -> bool:
        """Tell whether browsers show the file as it is; if not, they get `renditions.render_proxy`.

        Browsers apply EXIF orientation reliably to JPEG only.
        """
        if self.format in ("TIFF", "BMP", "DICOM") or self.mode == "CMYK" or self.mode.startswith(("I", "F")):
            return False
        return self.format == "JPEG" or self.orientation == 1


def supported(name: str) -> bool:
    """Tell by the extension whether a file is meant to be an image that can be labelled."""
    return PurePosixPath(name).suffix.lstrip(".").lower() in EXTENSIONS


def probe(
    source: Source,
    name: str,
    *,
    whole: bool = True,
    max_pixels: int = MOST_PIXELS,
    max_tiled: int = 0,
    verify: bool = False,
) -> ImageHeader:
    """Read the header of a file, given as bytes or as a seekable stream.

    `max_tiled` is the limit for `TILED_FORMATS`, where it is the greater one.

    With `whole=False`, `source` is the first bytes of the file (`HEADER_BYTES` nearly always do), and
    `NeedMoreBytes` asks for more. `verify` decodes the pixels once, to find files that are cut off.
    """
    if not supported(name):
        raise UnreadableImage("unsupported", f"{_extension(name)} files are not supported.")
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    kind = sniff(stream, name)
    if kind in TILED_FORMATS and not verify:
        max_pixels = max(max_pixels, max_tiled)
    try:
        header = _READERS.get(kind, _read)(stream, kind, max_pixels)
    except NeedMoreBytes:
        if not whole:
            raise
        raise UnreadableImage("corrupt", f"The {kind} file ends too early.") from None
    except UnreadableImage as error:
        if whole or (error.reason != "corrupt" and kind != "DICOM"):
            raise
        raise NeedMoreBytes(_more(stream)) from error
    if verify and kind in FORMATS:
        with opened(stream, max_pixels=max_pixels) as image:
            image.draft(None, (image.width // 8, image.height // 8))
            image.load()
    return header


def refuse_bomb(header: ImageHeader, byte_size: int, max_pixels: int) -> None:
    """Refuse an image beyond the ordinary limit whose file is too small to hold so many pixels in earnest."""
    pixels = header.width * header.height
    if pixels > max_pixels and byte_size < pixels // MOST_PIXELS_A_BYTE:
        words = f"The image says it has {pixels / 1e6:,.0f} million pixels, but the file is too small for them."
        raise UnreadableImage("too_large", words)


def is_dicom(stream: BinaryIO) -> bool:
    """Tell by the content whether a file is DICOM."""
    stream.seek(128)
    return stream.read(4) == b"DICM"


def is_scattered(start: bytes) -> bool:
    """Tell by a file's beginning whether its header may stand anywhere in the file, and not only at the beginning."""
    return start[128:132] == b"DICM" or start[:4] in _TIFF_MAGIC


@contextmanager
def opened(stream: BinaryIO, *, max_pixels: int = MOST_PIXELS) -> Iterator[Image.Image]:
    """Open an allowed format for decoding; whatever goes wrong inside becomes `UnreadableImage`."""
    kind = sniff(stream, "")
    if kind == "WEBP":
        # Pillow's reader claims memory for the whole canvas as soon as it opens a WebP.
        _read_webp(stream, kind, max_pixels)
    stream.seek(0)
    try:
        with Image.open(stream, formats=[kind]) as image:
            _check_pixels(*image.size, max_pixels)
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(max_pixels) from error
    except MemoryError as error:
        raise _too_large(max_pixels) from error
    except _BROKEN as error:
        raise UnreadableImage("corrupt", f"The {kind} file is damaged or cut off.") from error


def sniff(stream: BinaryIO, name: str) -> str:
    """Name the format by the first bytes, one of `FORMATS` or DICOM; the name is only for the message."""
    stream.seek(0)
    start = stream.read(512)
    if not start:
        raise UnreadableImage("empty", "The file is empty.")
    if start[128:132] == b"DICM":
        return "DICOM"
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            return kind
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return "WEBP"
    found = _other_kind(start)
    if found:
        says = f"The name ends in {_extension(name)}, but the" if name else "The"
        raise UnreadableImage("mismatched", f"{says} file is {found}.")
    raise UnreadableImage("corrupt", "The file does not begin like any supported image format.")


def _other_kind(start: bytes) -> str:
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "a web page"
    if text.startswith((b"<?xml", b"<svg", b"<error")):
        return "XML text"
    if text.startswith((b"{", b"[")):
        return "JSON text"
    if start[4:8] == b"ftyp":
        return "a HEIC, AVIF or video file"
    return next((kind for magic, kind in _OTHER_MAGIC if start.startswith(magic)), "")


def _extension(name: str) -> str:
    return PurePosixPath(name).suffix.lower() or "nameless"


def _more(stream: BinaryIO) -> int | None:
    size = stream.seek(0, io.SEEK_END)
    return size * 8 if size < 4_000_000 else None


def _too_large(max_pixels: int) -> UnreadableImage:
    return UnreadableImage("too_large", f"The image has more than {max_pixels / 1e6:,.0f} million pixels.")


def _check_pixels(width: int, height: int, max_pixels: int) -> None:
    if width < 1 or height < 1:
        raise UnreadableImage("corrupt", "The image has no pixels.")
    if width * height > max_pixels:
        raise _too_large(max_pixels)


def _check_frames(frames: int) -> int:
    if frames > MOST_FRAMES:
        raise UnreadableImage("too_many_frames", f"The file has more than {MOST_FRAMES:,} frames.")
    return frames


def _read(stream: BinaryIO, kind: str, max_pixels: int) -> ImageHeader:
    count = {"GIF": _gif_frames, "TIFF": _tiff_frames}.get(kind)
    frames = _check_frames(count(stream)) if count else 1
    with opened(stream, max_pixels=max_pixels) as image:
        width, height, mode = image.width, image.height, image.mode
        exif = _exif(image)
        if kind == "PNG":
            frames = _check_frames(int(getattr(image, "n_frames", 1)))
    return _header(kind, (width, height), mode, frames, exif)


def _header(kind: str, size: tuple[int, int], mode: str, frames: int, exif: Image.Exif) -> ImageHeader:
    orientation = exif.get(ExifTags.Base.Orientation, 1)
    if orientation not in range(1, 9):
        orientation = 1
    # Pillow itself turns a TIFF upright, and says so in its size before it decodes.
    width, height = size if orientation < 5 or kind == "TIFF" else size[::-1]
    return ImageHeader(
        format=kind,
        width=width,
        height=height,
        mode=mode,
        frames=frames,
        orientation=orientation,
        captured_at=_captured_at(exif),
        camera_make=_text(exif.get(ExifTags.Base.Make)),
        camera_model=_text(exif.get(ExifTags.Base.Model)),
    )


def _exif(image: Image.Image) -> Image.Exif:
    """The image's EXIF; broken EXIF is no reason to refuse good pixels, so it counts as none."""
    try:
        return image.getexif()
    except _BROKEN:
        return Image.Exif()


def _text(value: object) -> str:
    return "".join(letter for letter in str(value or "") if letter.isprintable()).strip()[:100]


def _captured_at(exif: Image.Exif) -> str:
    try:
        details = exif.get_ifd(ExifTags.IFD.Exif)
        taken = details.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
        date, time = _text(taken).split(" ")
        offset = _text(details.get(ExifTags.Base.OffsetTimeOriginal))
        return datetime.fromisoformat(f"{date.replace(':', '-')}T{time}{offset}").isoformat()
    except _BROKEN:
        return ""


def _take(stream: BinaryIO, offset: int, count: int) -> bytes:
    """Read exactly `count` bytes at `offset`, or ask for more."""
    stream.seek(offset)
    found = stream.read(count)
    if len(found) < count:
        raise NeedMoreBytes(_more(stream))
    return found


def _gif_frames(stream: BinaryIO) -> int:
    """Count the frames of a GIF by stepping over its blocks; stops just above `MOST_FRAMES`."""
    flags = _take(stream, 10, 1)[0]
    position = 13 + _colour_table(flags)
    frames = 0
    while frames <= MOST_FRAMES:
        block = _take(stream, position, 1)
        if block == b",":
            frames += 1
            position += 11 + _colour_table(_take(stream, position + 9, 1)[0])
        elif block == b"!":
            position += 2
        else:
            # The trailer, or rubbish after the last frame, which browsers ignore too.
            return max(frames, 1)
        while length := _take(stream, position, 1)[0]:
            position += 1 + length
        position += 1
    return frames


def _colour_table(flags: int) -> int:
    """Length in bytes of the colour table that a GIF's flag byte announces."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _tiff_frames(stream: BinaryIO) -> int:
    """Count the pages of a TIFF by following its directories; a loop ends the count."""
    start = _take(stream, 0, 16)
    order = "<" if start[:2] == b"II" else ">"
    big = start[2:4] in (b"+\x00", b"\x00+")
    number, pointer, entry = ("Q", "Q", 20) if big else ("H", "I", 12)
    (offset,) = struct.unpack_from(order + pointer, start, 8 if big else 4)
    seen: set[int] = set()
    while offset and offset not in seen and len(seen) <= MOST_FRAMES:
        seen.add(offset)
        (entries,) = struct.unpack(order + number, _take(stream, offset, struct.calcsize(number)))
        offset += struct.calcsize(number) + entries * entry
        (offset,) = struct.unpack(order + pointer, _take(stream, offset, struct.calcsize(pointer)))
    return max(len(seen), 1)


def _read_webp(stream: BinaryIO, kind: str, max_pixels: int) -> ImageHeader:
    """Read a WebP's chunks by hand: Pillow would need the whole file and memory for the canvas."""
    start = _take(stream, 0, 30)
    chunk, body = start[12:16], start[20:]
    exif, frames, alpha = Image.Exif(), 1, False
    if chunk == b"VP8X":
        size = (1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little"))
        alpha = bool(body[0] & 0x10)
        frames = _check_frames(_webp_chunks(stream, exif)) if body[0] & 0x0A else 1
    elif chunk == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        size, alpha = (1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)), bool(bits >> 28 & 1)
    elif chunk == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 6)
        size = (width & 0x3FFF, height & 0x3FFF)
    else:
        raise UnreadableImage("corrupt", "The WEBP file is damaged or cut off.")
    _check_pixels(*size, max_pixels)
    return _header(kind, size, "RGBA" if alpha else "RGB", frames, exif)


def _webp_chunks(stream: BinaryIO, exif: Image.Exif) -> int:
    """Count the frames of an extended WebP, and load its EXIF, which stands at the end."""
    end = 8 + int.from_bytes(_take(stream, 4, 4), "little")
    position, frames = 12, 0
    while position + 8 <= end and frames <= MOST_FRAMES:
        chunk = _take(stream, position, 8)
        length = int.from_bytes(chunk[4:], "little")
        frames += chunk[:4] == b"ANMF"
        if chunk[:4] == b"EXIF" and length < HEADER_BYTES:
            _load_exif(exif, _take(stream, position + 8, length))
        position += 8 + length + length % 2
    return max(frames, 1)


def _load_exif(exif: Image.Exif, data: bytes) -> None:
    try:
        exif.load(data)
    except _BROKEN:
        exif.clear()


def _read_dicom(stream: BinaryIO, kind: str, max_pixels: int) -> ImageHeader:
    found = dicom_header.read(stream)
    _check_pixels(found.width, found.height, max_pixels)
    frames = _check_frames(found.frames)
    return ImageHeader(kind, found.width, found.height, found.mode, frames, technical=found.technical)


_READERS = {"WEBP": _read_webp, "DICOM": _read_dicom}
