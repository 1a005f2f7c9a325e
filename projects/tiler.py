"""Reads a large image from the top, a strip at a time, and cuts it into the bands of a pyramid.

libvips decodes TIFF (strips, tiles, BigTIFF), PNG and baseline JPEG as a stream, so memory holds strips and never the image.
Runs in the decoder's process alone (projects.decoder).
"""

import io
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyvips
from PIL import Image

from projects import image_header, pyramid
from projects.image_problems import UnreadableImage

LOSSLESS = 100
_BAND = struct.Struct("!HI")

pyvips.cache_set_max(0)


def cut(path: Path, *, size: Sequence[int], quality: int, orientation: int, done: int) -> Iterator[bytes]:
    """The bands from the one after `done`: level and row, then the packed tiles. Raises UnreadableImage."""
    try:
        image = _plain(path, orientation)
        if [image.width, image.height] != list(size):
            raise UnreadableImage("corrupt", "The image has another size than its header says.")
        encode = _encoder(quality, lossless=quality >= LOSSLESS)
        cutter = pyramid.Cutter(image.width, image.height, encode, done)
        for level, row, packed in cutter.bands(_strips(image)):
            yield _BAND.pack(level, row) + packed
    except pyvips.Error as error:
        raise UnreadableImage("corrupt", "The image is damaged or cut off.") from error


def _opened(path: Path, access: str) -> pyvips.Image:
    """By the loader of one of `image_header.TILED_FORMATS`: left to itself libvips would also open SVG, PDF and more."""
    with path.open("rb") as file:
        kind = image_header.sniff(file, path.name)
    if kind not in image_header.TILED_FORMATS:
        raise UnreadableImage("mismatched", "The file is not what it was when it was read. Read the dataset again.")
    load = {"TIFF": pyvips.Image.tiffload, "PNG": pyvips.Image.pngload, "JPEG": pyvips.Image.jpegload}[kind]
    # libvips calls a damaged tile of a TIFF a warning; of JPEG, warnings are harmless bytes that many cameras write.
    return load(str(path), access=access, fail_on="warning" if kind == "TIFF" else "error")


def _plain(path: Path, orientation: int) -> pyvips.Image:
    """Upright, eight bits a channel, grey or RGB, on white; deeper greys stretched from the darkest to the brightest."""
    access = "sequential" if orientation < 2 else "random"  # turning needs all of it, which then goes to a file
    image = _opened(path, access)
    if image.format not in ("uchar", "char"):
        levels = _opened(path, "sequential").stats()
        low, high = levels.getpoint(0, 0)[0], levels.getpoint(1, 0)[0]
        image = image.linear(255 / ((high - low) or 1), -low * 255 / ((high - low) or 1), uchar=True)
        image = image.copy(interpretation="b-w" if image.bands < 3 else "srgb")
    elif image.interpretation not in ("b-w", "srgb"):
        image = image.colourspace("srgb")
    if image.hasalpha():
        image = image.flatten(background=255)
    return image.autorot() if orientation > 1 else image


def _strips(image: pyvips.Image) -> Iterator[pyramid.Pixels]:
    region = pyvips.Region.new(image)
    for top in range(0, image.height, pyramid.TILE):
        height = min(pyramid.TILE, image.height - top)
        data = np.frombuffer(region.fetch(0, top, image.width, height), dtype=np.uint8)
        yield data.reshape((height, image.width) if image.bands == 1 else (height, image.width, image.bands))


def _encoder(quality: int, *, lossless: bool) -> pyramid.Encode:
    def encode(pixels: pyramid.Pixels) -> bytes:
        out = io.BytesIO()
        if lossless:
            Image.fromarray(pixels).save(out, "PNG", compress_level=3)
        else:
            Image.fromarray(pixels).save(out, "JPEG", quality=quality, subsampling=0)
        return out.getvalue()

    return encode
