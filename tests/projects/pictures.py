"""Pictures that tests make: DICOM files of known values, and large images."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pyvips
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset

BUNDLED = Path(pydicom.__file__).parent / "data" / "test_files"
"""pydicom's own files, those that its wheel brings along."""


def dicom(values: np.ndarray, *, syntax: str = uid.ExplicitVRLittleEndian, **elements: Any) -> bytes:
    """A DICOM file of these values: rows × columns, or frames × rows × columns, or with a last axis of three colours."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = uid.UID(syntax)
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = uid.CTImageStorage
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID = "1.2.3"
    made.PatientName, made.PatientID, made.PatientBirthDate = "Secret^Person", "PID-4711", "19500102"
    made.InstitutionName, made.StudyDate, made.AccessionNumber = "Hidden Hospital", "20200101", "ACC-0815"
    made.Modality = "CT"
    is_colour = values.shape[-1] == 3 and values.ndim > 2
    shape = values.shape[:-1] if is_colour else values.shape
    made.SamplesPerPixel = 3 if is_colour else 1
    made.PhotometricInterpretation = "RGB" if is_colour else "MONOCHROME2"
    if is_colour:
        made.PlanarConfiguration = 0
    made.Rows, made.Columns = shape[-2:]
    if len(shape) == 3:
        made.NumberOfFrames = shape[0]
    made.BitsAllocated = made.BitsStored = values.dtype.itemsize * 8
    made.HighBit = made.BitsStored - 1
    made.PixelRepresentation = int(np.issubdtype(values.dtype, np.signedinteger))
    for name, value in elements.items():
        setattr(made, name, value)
    made.PixelData = values.tobytes()
    out = io.BytesIO()
    pydicom.dcmwrite(out, made, enforce_file_format=True)
    return out.getvalue()


def large(path: Path, width: int, height: int, **options: Any) -> Path:
    """A large colour image, dark at the top left and bright at the bottom right, written a strip at a time."""
    x = pyvips.Image.xyz(width, height)
    bands = [x[0] * (255 / width), x[1] * (255 / height), (x[0] + x[1]) * (255 / (width + height))]
    image = bands[0].bandjoin(bands[1:]).cast("uchar").copy(interpretation="srgb")
    image.write_to_file(str(path), **options)
    return path
