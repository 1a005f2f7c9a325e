"""What a DICOM file's header says of its pixels.

An allow-list: elements that are not named here are skipped by their length and never parsed, so that nothing about the
patient, the study or the institution can come into a row, a log or a browser.
"""

import io
import math
import re
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Self, cast

from pydicom import config, datadict, filereader, uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.multival import MultiValue

from projects.image_problems import UnreadableImage

# The elements are read leniently: what a scanner wrote oddly is still a picture, and odd values are left out below.
config.settings.reading_validation_mode = config.IGNORE

PIXELS = (
    "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "Rows", "Columns",
    "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
)  # fmt: skip
TECHNICAL = (
    "Modality", "BodyPartExamined", "ViewPosition", "ImageLaterality", "Laterality", "PixelSpacing", "ImagerPixelSpacing",
    "SliceThickness", "SpacingBetweenSlices", "RescaleSlope", "RescaleIntercept", "RescaleType", "WindowCenter",
    "WindowWidth", "VOILUTFunction", "PixelPaddingValue", "PixelPaddingRangeLimit", "LossyImageCompression",
    "LossyImageCompressionRatio", "BurnedInAnnotation", "KVP", "RepetitionTime", "EchoTime", "MagneticFieldStrength",
)  # fmt: skip
"""Facts that are worth a look while labelling. No free text, no dates, no identifiers (PS3.15, table E.1-1)."""
_BODY_PARTS = (
    "ABDOMEN", "ADRENAL", "ANKLE", "ANUS", "AORTA", "AORTIC", "ARCH", "ARM", "ARTERY", "AXILLA", "BACK", "BLADDER",
    "BODY", "BONE", "BRAIN", "BREAST", "BRONCHUS", "BUTTOCK", "CALCANEUS", "CALF", "CAROTID", "CEREBELLUM",
    "CEREBRAL", "CERVICAL", "CERVIX", "CHEEK", "CHEST", "CLAVICLE", "COCCYX", "COLON", "CORONARY", "CSPINE",
    "DUODENUM", "EAR", "ELBOW", "ESOPHAGUS", "EXTREMITY", "EYE", "FACE", "FEMUR", "FIBULA", "FINGER", "FOOT",
    "FOREARM", "GALLBLADDER", "GROIN", "HAND", "HEAD", "HEART", "HIP", "HUMERUS", "IAC", "ILEUM", "ILIAC", "JAW",
    "JEJUNUM", "JOINT", "KIDNEY", "KNEE", "LARYNX", "LEFT", "LEG", "LIVER", "LOWER", "LSPINE", "LUMBAR", "LUNG",
    "MANDIBLE", "MAXILLA", "MEDIASTINUM", "MOUTH", "NECK", "NOSE", "ORBIT", "OVARY", "PANCREAS", "PAROTID", "PATELLA",
    "PELVIS", "PENIS", "PHARYNX", "PROSTATE", "RADIUS", "RECTUM", "RETINA", "RIB", "RIBS", "RIGHT", "SACRUM", "SCALP",
    "SCAPULA", "SCROTUM", "SHOULDER", "SINUS", "SKIN", "SKULL", "SPINE", "SPLEEN", "SSPINE", "STERNUM", "STOMACH",
    "TESTIS", "THIGH", "THORACIC", "THORAX", "THUMB", "THYROID", "TIBIA", "TLSPINE", "TMJ", "TOE", "TONGUE",
    "TRACHEA", "TSPINE", "ULNA", "UPPER", "URETER", "URETHRA", "UTERUS", "VAGINA", "VEIN", "VULVA", "WHOLE",
    "WHOLEBODY", "WRIST",
)  # fmt: skip
BODY_PARTS = frozenset(_BODY_PARTS)
"""Words of BodyPartExamined. It is typed at some devices, and an image whose part says another word has none here."""
READABLE = frozenset(
    [
        uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian, uid.ExplicitVRBigEndian, uid.DeflatedExplicitVRLittleEndian,
        uid.RLELossless, uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLossless, uid.JPEGLosslessSV1,
        uid.JPEGLSLossless, uid.JPEGLSNearLossless, uid.JPEG2000Lossless, uid.JPEG2000, uid.HTJ2KLossless,
        uid.HTJ2KLosslessRPCL, uid.HTJ2K,
    ]
)  # fmt: skip
"""Transfer syntaxes that projects.dicom.pixels decodes."""
MOST_READ = 64 * 2**20
MOST_INFLATED = 256 * 2**20
MOST_VALUES = 16
LEAST_FRAME = 10
"""Bytes of a compressed frame at the least: the header of its item and something in it."""
KEPT = 2**20
"""So many unpacked bytes one can go back within a deflated file's header."""
_CODE = re.compile(r"(?!.*\d{4})[A-Za-z0-9_ ]{1,16}", re.ASCII)
"""What texts of `TECHNICAL` look like: codes. Devices let people type into some of them, and people type names and numbers."""
PIXEL_DATA = {0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData", 0x7FE00010: "PixelData"}
BROKEN = (
    AttributeError, ArithmeticError, AssertionError, EOFError, LookupError, NotImplementedError, OSError, RecursionError,
    RuntimeError, TypeError, UserWarning, ValueError, struct.error, zlib.error,
)  # fmt: skip
"""What pydicom and its plugins raise for damaged files."""


@dataclass(frozen=True, slots=True)
class Header:
    """`frames` pictures of `width` × `height` pixels; `technical` is by keyword, plain JSON."""

    width: int
    height: int
    frames: int
    mode: str
    technical: dict[str, Any] = field(default_factory=dict)


class _Frugal(io.RawIOBase):
    """A file of which only so much may be read: a length written in a header is not to be trusted."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._left = stream, MOST_READ

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def read(self, size: int | None = -1) -> bytes:
        most = self._left + 1
        data = self._stream.read(most if size is None or size < 0 else min(size, most))
        self._left -= len(data)
        if self._left < 0:
            raise UnreadableImage("corrupt", f"The DICOM file's header is not within {MOST_READ >> 20} MB.")
        return data


class _Inflating(io.RawIOBase):
    """A deflated file, unpacked as it goes by: many headers are read at once, and none is to take the memory of its bomb."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._unpacking = stream, zlib.decompressobj(-zlib.MAX_WBITS)
        self._kept, self._kept_from, self._at = bytearray(), 0, 0

    @property
    def _end(self) -> int:
        return self._kept_from + len(self._kept)

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = MOST_INFLATED if whence == io.SEEK_END else offset + (self._at if whence == io.SEEK_CUR else 0)
        while self._at > self._end and self._unpack():
            pass
        self._at = min(self._at, self._end)
        if self._at < self._kept_from:
            raise OSError("It was left behind.")
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= MOST_READ:
            raise UnreadableImage("corrupt", f"The DICOM file's header is not within {MOST_READ >> 20} MB.")
        while self._at + size > self._end and self._unpack():
            pass
        start = self._at - self._kept_from
        data = bytes(self._kept[start : start + size])
        self._at += len(data)
        return data

    def _unpack(self) -> bool:
        packed = self._unpacking.unconsumed_tail or self._stream.read(2**16)
        if not packed or self._unpacking.eof:
            return False
        self._kept += self._unpacking.decompress(packed, KEPT)
        _refuse_inflated(self._end)
        behind = min(self._at, self._end) - KEPT - self._kept_from
        if behind > 0:
            del self._kept[:behind]
            self._kept_from += behind
        return True


def elements(
    stream: BinaryIO, wanted: Sequence[str], *, unpack: Callable[[BinaryIO], BinaryIO]
) -> tuple[Dataset, BinaryIO, uid.UID]:
    """The named elements, the stream at the element of the pixels, and how they are written.

    The stream is another one where the file is deflated: `unpack` makes it. Raises UnreadableImage.
    """
    try:
        stream.seek(132)
        meta = filereader.read_dataset(
            stream, is_implicit_VR=False, is_little_endian=True, stop_when=lambda tag, _vr, _length: tag.group != 2
        )
        syntax = uid.UID(str(meta.get("TransferSyntaxUID", "")))
        if syntax == uid.DeflatedExplicitVRLittleEndian:
            stream = unpack(stream)
        found = filereader.read_dataset(
            stream,
            is_implicit_VR=syntax.is_implicit_VR,
            is_little_endian=syntax.is_little_endian,
            stop_when=lambda tag, _vr, _length: int(tag) in PIXEL_DATA,
            specific_tags=[tag for name in wanted if (tag := datadict.tag_for_keyword(name))],
        )
    except BROKEN as error:
        raise UnreadableImage("corrupt", "The DICOM file is damaged or cut off.") from error
    found.file_meta = FileMetaDataset(meta)
    return found, stream, syntax


def unpacked(stream: BinaryIO) -> BinaryIO:
    """All of a deflated file, in memory: for the decoder's process."""
    unpacking, data = zlib.decompressobj(-zlib.MAX_WBITS), io.BytesIO()
    while chunk := stream.read(2**16):
        data.write(unpacking.decompress(chunk, MOST_INFLATED - data.tell() + 1))
        _refuse_inflated(data.tell())
    data.seek(0)
    return data


def _refuse_inflated(size: int) -> None:
    if size > MOST_INFLATED:
        raise UnreadableImage("too_large", f"The DICOM file is larger than {MOST_INFLATED >> 20} MB when unpacked.")


def read(stream: BinaryIO) -> Header:
    """The header of a file that begins like DICOM. Decodes nothing. Raises UnreadableImage."""
    frugal = cast("BinaryIO", _Frugal(stream))
    found, body, syntax = elements(
        frugal, (*PIXELS, *TECHNICAL), unpack=lambda file: cast("BinaryIO", _Inflating(file))
    )
    try:
        layout = _Layout.of(found)
        keyword, length, left = _pixel_element(body, syntax)
    except BROKEN as error:
        raise UnreadableImage("corrupt", "The DICOM file says nothing sensible about its pixels.") from error
    if not keyword or not layout.width or not layout.height:
        raise UnreadableImage("unsupported", "The DICOM file holds no picture.")
    if syntax not in READABLE:
        raise UnreadableImage("unsupported", f"The DICOM file's compression is not supported: {syntax.name[:100]}.")
    if syntax == uid.JPEGExtended12Bit and layout.bits_stored > 8:
        raise UnreadableImage("unsupported", "The DICOM file's compression, JPEG of 12 bits, is not supported.")
    if left < layout.frames * LEAST_FRAME if syntax.is_encapsulated else min(length, left) < layout.byte_size:
        raise UnreadableImage("corrupt", "The DICOM file is cut off within its pixels.")
    technical = {name: value for name in TECHNICAL if (value := _plain(found.get(name))) is not None}
    if not set(str(technical.get("BodyPartExamined", "")).upper().split()) <= BODY_PARTS:
        del technical["BodyPartExamined"]
    technical |= {"TransferSyntax": syntax.name, "PhotometricInterpretation": _plain(layout.photometric) or ""}
    technical |= {"BitsStored": layout.bits_stored, "Signed": layout.is_signed}
    return Header(layout.width, layout.height, layout.frames, layout.mode, technical)


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the pixels lie in the file."""

    width: int
    height: int
    frames: int
    samples: int
    bits: int
    bits_stored: int
    is_signed: bool
    photometric: str

    @classmethod
    def of(cls, found: Dataset) -> Self:
        def number(name: str, otherwise: int = 0) -> int:
            return int(found.get(name) or otherwise)

        bits = number("BitsAllocated", 8)
        return cls(
            number("Columns"),
            number("Rows"),
            max(1, number("NumberOfFrames", 1)),
            number("SamplesPerPixel", 1),
            bits,
            number("BitsStored", bits),
            number("PixelRepresentation") == 1,
            str(found.get("PhotometricInterpretation") or ""),
        )

    @property
    def byte_size(self) -> int:
        """Of all frames, uncompressed."""
        samples = 2 if self.photometric == "YBR_FULL_422" else self.samples
        return self.width * self.height * self.frames * samples * self.bits // 8

    @property
    def mode(self) -> str:
        if self.samples > 1 or self.photometric == "PALETTE COLOR":
            return "RGB"
        return "L" if self.bits <= 8 else "I;16"


def _pixel_element(stream: BinaryIO, syntax: uid.UID) -> tuple[str, int, int]:
    """The element at which the stream stands: its keyword, its length as written, and the bytes that are there."""
    order = "<" if syntax.is_little_endian else ">"
    start = stream.read(8)
    if len(start) < 8:
        return "", 0, 0
    group, element = struct.unpack(f"{order}HH", start[:4])
    length = struct.unpack(f"{order}L", start[4:] if syntax.is_implicit_VR else stream.read(4))[0]
    at = stream.tell()
    return PIXEL_DATA.get(group << 16 | element, ""), length, stream.seek(0, io.SEEK_END) - at


def _plain(value: Any) -> Any:
    """A value as short plain JSON; None for what is empty or odd, and for texts that are no codes."""
    if isinstance(value, MultiValue):
        parts = [part for part in map(_plain, value) if part is not None]
        return parts[:MOST_VALUES] or None
    if isinstance(value, int | float):
        number = float(value)
        return None if not math.isfinite(number) else int(number) if number.is_integer() else number
    return value.strip() if isinstance(value, str) and _CODE.fullmatch(value.strip()) else None
