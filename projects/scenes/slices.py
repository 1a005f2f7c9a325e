"""Cross-sections of a chest that nobody has: DICOM files of 16 bits, made for trying windows and for tests."""

import io
from typing import TypeAlias

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset

from projects.scenes.settings import Random

Values: TypeAlias = NDArray[np.float32]

SIDE = 512
_AIR, _FAT, _MUSCLE, _LUNG, _BONE, _NODULE = -1000, -90, 50, -820, 700, 40
"""Hounsfield units."""
_NOISE = 14.0
_INTERCEPT = -1024


def render_slice(seed: int) -> bytes:
    """The DICOM file of a slice of SIDE × SIDE pixels; the same bytes for the same seed. Its lungs hold up to three nodules."""
    random = np.random.default_rng(seed)
    hounsfield = _chest(random) + random.normal(0, _NOISE, (SIDE, SIDE))
    return _file(np.clip(np.rint(hounsfield) - _INTERCEPT, 0, 4095).astype("<u2"), f"slice {seed}")


def _chest(random: Random) -> Values:
    """Hounsfield units, row by row."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    values = np.full((SIDE, SIDE), _AIR, dtype=np.float32)
    values[_ellipse(x, y, 256, 268, 208, 150)] = _FAT
    values[_ellipse(x, y, 256, 268, 192, 134)] = _MUSCLE
    for side in (-1, 1):
        lung = _ellipse(x, y, 256 + side * 98, 256 + random.uniform(-6, 6), 70 + random.uniform(-4, 4), 104)
        values[lung] = _LUNG + 25 * random.standard_normal(np.count_nonzero(lung))
    values[_ellipse(x, y, 278, 220, 58, 46)] = _MUSCLE  # the heart, a little to its side
    for angle in np.linspace(0.15, 2 * np.pi - 0.15, 16):
        values[_ellipse(x, y, 256 + 180 * np.sin(angle), 268 - 122 * np.cos(angle), 9, 6)] = _BONE
    values[_ellipse(x, y, 256, 366, 26, 22)] = _BONE
    values[_ellipse(x, y, 256, 392, 11, 9)] = _MUSCLE  # the canal of the spine
    for _ in range(random.integers(0, 4)):
        side, radius = random.choice((-1, 1)), random.uniform(4, 11)
        across, down = 256 + side * random.uniform(84, 128), random.uniform(190, 320)
        values[_ellipse(x, y, across, down, radius, radius * random.uniform(0.8, 1.2))] = _NODULE
    return values


def _ellipse(x: Values, y: Values, across: float, down: float, width: float, height: float) -> NDArray[np.bool_]:
    """The pixels of an ellipse of these half axes."""
    return ((x - across) / width) ** 2 + ((y - down) / height) ** 2 <= 1


def _file(values: NDArray[np.uint16], name: str) -> bytes:
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = uid.CTImageStorage
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID = uid.generate_uid(entropy_srcs=[name])
    made.Modality, made.BodyPartExamined, made.PatientName = "CT", "CHEST", "Phantom"
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.Rows, made.Columns = values.shape
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 12, 11, 0
    made.PixelSpacing, made.SliceThickness = [0.7, 0.7], 2.5
    made.RescaleIntercept, made.RescaleSlope, made.RescaleType = _INTERCEPT, 1, "HU"
    made.WindowCenter, made.WindowWidth = [40, -600], [400, 1500]
    made.WindowCenterWidthExplanation = ["Soft tissue", "Lung"]
    made.PixelData = values.tobytes()
    out = io.BytesIO()
    pydicom.dcmwrite(out, made, enforce_file_format=True)
    return out.getvalue()
