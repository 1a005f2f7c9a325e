"""Pictures made from pictures: thumbnails, and full-size copies of what browsers cannot show.

Both apply the EXIF orientation and leave all metadata behind, position included; only a small colour
profile stays, because without it the colours would be wrong.
"""

import io
from collections.abc import Sequence
from typing import BinaryIO, Literal

import numpy as np
from PIL import Image, ImageOps

from projects import image_header, pyramid
from projects.dicom import pixels, windows

JPEG_SIDE = 65_500
MOST_PROFILE_BYTES = 4_096


def thumbnail(
    source: image_header.Source,
    max_side: int = 512,
    *,
    format: Literal["JPEG", "WEBP"] = "JPEG",  # noqa: A002 - Pillow's own word for it
    quality: int = 82,
    max_pixels: int = image_header.MOST_PIXELS,
) -> bytes:
    """Encode a copy whose longer side is at most `max_side` px; smaller images keep their size.

    JPEG decodes at a fraction of its size, so 50 megapixels take about 20 MB. Raises
    `image_header.UnreadableImage`.
    """
    with image_header.opened(_stream(source), max_pixels=max_pixels) as image:
        image.draft("RGB" if image.mode != "L" else "L", (max_side, max_side))
        if image.mode in ("RGB", "L", "CMYK", "RGBA"):
            image.thumbnail((max_side, max_side), reducing_gap=2.0)
        small = _on_white(_eight_bit(ImageOps.exif_transpose(image)))
        small.thumbnail((max_side, max_side), reducing_gap=2.0)
        return _encode(small, format, quality, image.info.get("icc_profile"))


def render_proxy(
    source: image_header.Source, *, quality: int = 92, max_pixels: int = image_header.MOST_PIXELS
) -> tuple[bytes, str]:
    """Encode a full-size copy for browsers; returns it with its content type.

    Few-coloured and transparent images become PNG, all others JPEG. Images of more than 8 bits a
    channel are stretched from their darkest to their brightest value, as microscopes need. Raises
    `image_header.UnreadableImage`.
    """
    with image_header.opened(_stream(source), max_pixels=max_pixels) as image:
        lossless = image.mode in ("1", "P", "PA", "LA", "RGBA") or max(image.size) > JPEG_SIDE
        upright = ImageOps.exif_transpose(image)
        if lossless:
            plain = upright if upright.mode in ("1", "L", "LA", "RGB", "RGBA") else upright.convert("RGBA")
            return _encode(plain, "PNG", quality, image.info.get("icc_profile")), "image/png"
        plain = _on_white(_eight_bit(upright))
        return _encode(plain, "JPEG", quality, image.info.get("icc_profile")), "image/jpeg"


def of_dicom(source: BinaryIO, kind: str, frame: int, *, max_side: int, max_pixels: int) -> bytes:
    """One frame: its values for a window in the browser (`values`), or a picture as the file's first window shows it.

    Raises `image_header.UnreadableImage`.
    """
    found = pixels.decode(source, frame, max_pixels=max_pixels)
    if kind == "values":
        if not isinstance(found, pixels.Grey):
            raise image_header.UnreadableImage("unsupported", "The colours of this DICOM image need no window.")
        return pixels.packed(found)
    if isinstance(found, pixels.Grey):
        found = windows.greys(found.scale, None, int(found.values.max()) + 1)[found.values]
    image = Image.fromarray(found)
    if kind == "thumbnail":
        image.thumbnail((max_side, max_side), reducing_gap=2.0)
    return _encode(image, "JPEG", 82 if kind == "thumbnail" else 92, None)


def joined(tiles: Sequence[Sequence[bytes]], level: pyramid.Level, sides: Sequence[int]) -> list[bytes]:
    """JPEGs of a whole level, put together from its rows of tiles, no longer than each of `sides` (px, falling)."""
    whole = Image.new("RGB", (level.width, level.height))
    for row, places in enumerate(tiles):
        for column, data in enumerate(places):
            with image_header.opened(io.BytesIO(data)) as tile:
                whole.paste(tile.convert("RGB"), (column * pyramid.TILE, row * pyramid.TILE))
    found = []
    for side in sides:
        whole.thumbnail((side, side), reducing_gap=2.0)
        found.append(_encode(whole, "JPEG", 85, None))
    return found


def _stream(source: image_header.Source) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source


def _eight_bit(image: Image.Image) -> Image.Image:
    """Stretch 16-bit, 32-bit and float grey values over 0 to 255; other modes come back as they are."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image, dtype=np.float32)
    low, high = float(values.min()), float(values.max())
    return Image.fromarray(((values - low) * (255 / (high - low or 1))).astype(np.uint8))


def _on_white(image: Image.Image) -> Image.Image:
    """Flatten transparency and bring every mode to RGB or L."""
    if image.mode in ("RGB", "L"):
        return image
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(ground, layer).convert("RGB")
    return image.convert("L" if image.mode == "1" else "RGB")


def _encode(image: Image.Image, format: str, quality: int, profile: bytes | None) -> bytes:  # noqa: A002 - as above
    """Encode without metadata; the colour profile stays when it is small and still fits the mode."""
    clean = image.copy()
    clean.info = {}
    options: dict[str, object] = {"quality": quality}
    if format == "PNG":
        options = {"compress_level": 6}
    elif format == "JPEG":
        options["optimize"] = True
    fits = profile and len(profile) <= MOST_PROFILE_BYTES and profile[16:20] == b"RGB " and image.mode == "RGB"
    out = io.BytesIO()
    clean.save(out, format, icc_profile=profile if fits else None, **options)
    return out.getvalue()
