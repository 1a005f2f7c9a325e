"""The pixels of one frame of a DICOM file: values for a window, or colours.

Runs in the decoder's process alone (projects.decoder): the plugins are C and C++ that swallow what somebody uploaded.
"""

import json
import struct
import zlib
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi
from pydicom.pixels.utils import as_pixel_options

from projects.dicom import header, windows
from projects.image_problems import UnreadableImage

_PRESENTATION = (
    *header.PIXELS, "RescaleSlope", "RescaleIntercept", "RescaleType", "ModalityLUTSequence", "WindowCenter", "WindowWidth",
    "WindowCenterWidthExplanation", "VOILUTFunction", "VOILUTSequence", "PixelPaddingValue", "PixelPaddingRangeLimit",
    "RedPaletteColorLookupTableDescriptor", "GreenPaletteColorLookupTableDescriptor", "BluePaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData", "GreenPaletteColorLookupTableData", "BluePaletteColorLookupTableData",
    "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence", "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths", "Modality",
)  # fmt: skip
UNITS = frozenset({"OD", "HU", "US", "MGML", "Z_EFF", "ED", "EDW", "HU_MOD", "PCT"})
"""The defined terms of RescaleType (PS3.3, C.11.1.1.2)."""
LARGEST = 65_535
_HEAD = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Grey:
    """`values` are 16-bit and unsigned, rows × columns; what they measure is `value * scale.slope + scale.intercept`."""

    values: NDArray[np.uint16]
    scale: windows.Scale


def decode(stream: BinaryIO, frame: int, *, max_pixels: int) -> Grey | NDArray[np.uint8]:
    """One frame, counted from 1 (0 is the first): grey values, or colours as rows × columns × 3. UnreadableImage."""
    known = header.read(stream)
    if known.width * known.height > max_pixels:
        raise UnreadableImage("too_large", f"The image has more than {max_pixels / 1e6:,.0f} million pixels.")
    found, body, syntax = header.elements(stream, _PRESENTATION, unpack=header.unpacked)
    try:
        array = _frame(found, body, syntax, max(0, frame - 1))
        if found.PhotometricInterpretation == "PALETTE COLOR":
            return _bytes(apply_color_lut(array, found), 16 if _palette_bits(found) > 8 else 8)
        if array.ndim == 3:
            return _bytes(array, int(found.BitsStored))
        return _grey(array, found, max(0, frame - 1))
    except MemoryError:
        raise
    except header.BROKEN as error:
        raise UnreadableImage("corrupt", "The pixels of the DICOM file are damaged or cut off.") from error


def _frame(found: Dataset, body: BinaryIO, syntax: uid.UID, index: int) -> NDArray[Any]:
    """The frame's array as the file means it; colours come as RGB. Only this frame's bytes are read."""
    options = as_pixel_options(found)
    order = "<" if syntax.is_little_endian else ">"
    start = body.read(8)
    group, element = struct.unpack(f"{order}HH", start[:4])
    if not syntax.is_implicit_VR:
        options["pixel_vr"] = start[4:6].decode("ascii")
        body.read(4)
    options["pixel_keyword"] = header.PIXEL_DATA[group << 16 | element]
    options["transfer_syntax_uid"] = syntax
    array, _ = get_decoder(syntax).as_array(body, index=index, **options)
    return array


def _palette_bits(found: Dataset) -> int:
    return int(found.RedPaletteColorLookupTableDescriptor[2])


def _bytes(colours: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    if bits <= 8:
        return colours.astype(np.uint8)
    return (colours >> (bits - 8)).astype(np.uint8)


def _grey(array: NDArray[Any], found: Dataset, index: int) -> Grey:
    groups = _groups(found, index)
    padding = _padding(found, array)
    if "ModalityLUTSequence" in found:
        array, slope, intercept, padding = apply_modality_lut(array, found), 1.0, 0.0, None
    else:
        slope, intercept = _number(groups, "RescaleSlope", 1.0) or 1.0, _number(groups, "RescaleIntercept", 0.0)
    values, unit, low = _sixteen_bit(array)
    scale = windows.Scale(
        slope=slope * unit,
        intercept=intercept + slope * low,
        inverted=str(found.PhotometricInterpretation) == "MONOCHROME1",
        unit=_unit(groups, found),
        padding=padding and _within(padding, unit, low),
        windows=tuple(windows.named(*(groups.get(name) for name in windows.ELEMENTS))),
        curve=None,
    )
    return Grey(values, windows.completed(scale, values, _curve(found, array)))


def _unit(groups: Dataset, found: Dataset) -> str:
    """What the values measure; what is none of the standard's terms is somebody's free text, and stays in the file."""
    unit = str(groups.get("RescaleType") or ("HU" if found.get("Modality") == "CT" else ""))
    return unit if unit in UNITS else ""


def _groups(found: Dataset, index: int) -> Dataset:
    """What holds for this frame: enhanced files say it in functional groups, others for all frames at once."""
    merged = Dataset()
    for name in ("RescaleSlope", "RescaleIntercept", "RescaleType", *windows.ELEMENTS):
        if name in found:
            merged[name] = found[name]
    shared = found.get("SharedFunctionalGroupsSequence") or []
    single = found.get("PerFrameFunctionalGroupsSequence") or []
    for group in [*shared[:1], *single[index : index + 1]]:
        for name in ("PixelValueTransformationSequence", "FrameVOILUTSequence"):
            for item in group.get(name) or []:
                merged.update(item)
    return merged


def _number(found: Dataset, name: str, otherwise: float) -> float:
    value = float(found.get(name) if found.get(name) is not None else otherwise)
    return value if np.isfinite(value) else otherwise


def _padding(found: Dataset, array: NDArray[Any]) -> tuple[float, float] | None:
    """The range of stored values that mean “no measurement”. Signed values may be written as unsigned."""
    if "PixelPaddingValue" not in found or not np.issubdtype(array.dtype, np.integer):
        return None
    low = int(found.PixelPaddingValue)
    high = int(found.get("PixelPaddingRangeLimit", low))
    if int(found.PixelRepresentation):
        low, high = (edge - 65_536 if edge > 32_767 else edge for edge in (low, high))
    return float(min(low, high)), float(max(low, high))


def _within(padding: tuple[float, float], unit: float, low: float) -> tuple[int, int] | None:
    """The padding's range among the 16-bit values; None where it is outside of them all."""
    first, last = (round((edge - low) / unit) for edge in padding)
    return None if last < 0 or first > LARGEST else (max(0, first), min(LARGEST, last))


def _sixteen_bit(array: NDArray[Any]) -> tuple[NDArray[np.uint16], float, float]:
    """Values from 0 to 65,535, what a step of them is worth, and what 0 is. Only wider ranges lose anything."""
    if not np.issubdtype(array.dtype, np.integer):
        array = np.nan_to_num(array.astype(np.float64))
    low, high = array.min().item(), array.max().item()
    if np.issubdtype(array.dtype, np.integer) and high - low <= LARGEST:
        return (array.astype(np.int64) - low).astype(np.uint16), 1.0, float(low)
    unit = (high - low) / LARGEST
    return np.rint((array.astype(np.float64) - low) / (unit or 1.0)).astype(np.uint16), unit or 1.0, float(low)


def _curve(found: Dataset, array: NDArray[Any]) -> NDArray[Any] | None:
    """The array through the file's own table of greys, where it has one."""
    if not found.get("VOILUTSequence") or not np.issubdtype(array.dtype, np.integer):
        return None
    return apply_voi(array, found)


def packed(grey: Grey) -> bytes:
    """Values for a browser: a length, JSON (`windows.Scale` with width and height), and the values.

    The values are differences along the rows, low bytes before high bytes, deflated: about half of what they are raw.
    """
    rows, columns = grey.values.shape
    facts = json.dumps({"width": columns, "height": rows, **asdict(grey.scale)}).encode()
    steps = np.diff(grey.values, axis=1, prepend=np.uint16(0))
    planes = steps.astype("<u2").view(np.uint8).reshape(-1, 2)
    body = zlib.compress(planes[:, 0].tobytes() + planes[:, 1].tobytes(), 1)  # higher levels cost seconds and save 5 %
    return _HEAD.pack(len(facts)) + facts + body
