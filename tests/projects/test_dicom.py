import io
import json
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from pydicom import uid

from projects import decoding, image_header
from projects.dicom import header, pixels, windows
from projects.image_problems import UnreadableImage
from tests.projects.pictures import BUNDLED, dicom

LIMIT = 10_000_000


def decoded(data: bytes, frame: int = 0) -> pixels.Grey:
    return pixels.decode(io.BytesIO(data), frame, max_pixels=LIMIT)


def unpacked(data: bytes) -> tuple[dict, np.ndarray]:
    """What a browser makes of packed values (static/editor/windowing.js)."""
    (length,) = struct.unpack("<I", data[:4])
    facts = json.loads(data[4 : 4 + length])
    planes = np.frombuffer(zlib.decompress(data[4 + length :]), np.uint8).astype(np.uint16)
    steps = planes[: planes.size // 2] + (planes[planes.size // 2 :] << 8)
    return facts, np.cumsum(steps.reshape(facts["height"], facts["width"]), axis=1, dtype=np.uint16)


def measured(grey: pixels.Grey) -> np.ndarray:
    return grey.values * grey.scale.slope + grey.scale.intercept


def ramp(kind: str = "<i2") -> np.ndarray:
    return np.arange(-1000, 1400, 2, dtype=kind).reshape(30, 40)


def test_header_says_what_the_pixels_are_and_nothing_of_people():
    data = dicom(ramp(), RescaleSlope=1, RescaleIntercept=-24, WindowCenter=40, WindowWidth=400, KVP=120)
    found = image_header.probe(data, "scan.dcm")
    assert (found.format, found.width, found.height, found.mode, found.frames) == ("DICOM", 40, 30, "I;16", 1)
    assert not found.browser_ready
    assert found.technical == {
        "Modality": "CT",
        "RescaleSlope": 1,
        "RescaleIntercept": -24,
        "WindowCenter": 40,
        "WindowWidth": 400,
        "KVP": 120,
        "TransferSyntax": "Explicit VR Little Endian",
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsStored": 16,
        "Signed": True,
    }


@pytest.mark.parametrize("path", sorted(BUNDLED.rglob("*.dcm")), ids=lambda path: path.name)
def test_no_bundled_file_gives_an_identifier_or_an_unexpected_error(path, recwarn):
    try:
        with path.open("rb") as file:
            found = header.read(file)
    except UnreadableImage:
        return
    assert set(found.technical) <= {
        *header.TECHNICAL,
        "TransferSyntax",
        "PhotometricInterpretation",
        "BitsStored",
        "Signed",
    }


@pytest.mark.parametrize(
    ("data", "reason", "words"),
    [
        (dicom(ramp())[:-100], "corrupt", "cut off"),
        (dicom(ramp())[:300], "unsupported", "no picture"),
        (b"\0" * 128 + b"DICM", "corrupt", "damaged"),
        ((BUNDLED / "test-SR.dcm").read_bytes(), "unsupported", "no picture"),
        ((BUNDLED / "JPEG-lossy.dcm").read_bytes(), "unsupported", "12 bits"),
        (dicom(np.zeros((1001, 1, 1), np.uint8)), "too_many_frames", "1,000"),
    ],
)
def test_bad_files_are_refused_with_a_reason(data, reason, words):
    with pytest.raises(UnreadableImage, match=words) as error:
        image_header.probe(data, "a.dcm")
    assert error.value.reason == reason


def test_beginning_of_a_file_asks_for_more():
    for length in (300, 700, 1500):
        with pytest.raises(image_header.NeedMoreBytes):
            image_header.probe(dicom(ramp())[:length], "a.dcm", whole=False)


def test_deflated_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(header, "MOST_INFLATED", 1_000_000)
    data = dicom(np.zeros((2000, 1000), np.uint8), syntax=uid.DeflatedExplicitVRLittleEndian)
    assert len(data) < 10_000
    with pytest.raises(UnreadableImage, match="when unpacked") as error:
        image_header.probe(data, "a.dcm")
    assert error.value.reason == "too_large"


def test_header_of_a_deflated_file_is_read_without_unpacking_it_into_memory():
    data = dicom(np.zeros((8000, 8000), np.uint8), syntax=uid.DeflatedExplicitVRLittleEndian)
    tracemalloc.start()
    found = image_header.probe(data, "a.dcm")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found.width, found.height, peak < 8_000_000) == (8000, 8000, True)
    assert np.array_equal(measured(decoded(dicom(ramp(), syntax=uid.DeflatedExplicitVRLittleEndian))), ramp())


def test_frames_that_a_compressed_file_cannot_hold_are_refused():
    data = (BUNDLED / "MR_small_RLE.dcm").read_bytes()
    one = b"\x28\x00\x02\x00US\x02\x00\x01\x00"
    assert data.count(one) == 1
    many = data.replace(one, one + b"\x28\x00\x08\x00IS\x04\x00999 ")
    with pytest.raises(UnreadableImage, match="cut off within"):
        image_header.probe(many, "a.dcm")


def test_texts_that_may_name_people_stay_in_the_file():
    typed = {"BodyPartExamined": "Mustermann, Eva", "RescaleType": "ACC-0815", "ViewPosition": "4711 1950"}
    data = dicom(
        ramp(),
        **typed,
        RescaleSlope=1,
        RescaleIntercept=0,
        WindowCenter=[40, 50, 60],
        WindowWidth=[400, 500, 600],
        WindowCenterWidthExplanation=["Mustermann Eva", "BRAIN 2", "id 471108"],
        VOILUTFunction="MUSTERMANN",
    )
    assert not set(typed) & set(image_header.probe(data, "a.dcm").technical)
    parts = {"EVA MUSTERMANN": None, "Left Knee": "Left Knee", "CHEST": "CHEST"}
    for typed_part, shown in parts.items():
        found = image_header.probe(dicom(ramp(), BodyPartExamined=typed_part), "a.dcm")
        assert found.technical.get("BodyPartExamined") == shown
    scale = decoded(data).scale
    assert scale.unit == ""
    assert [(one.name, one.function) for one in scale.windows] == [
        ("File 1", "LINEAR"),
        ("BRAIN 2", "LINEAR"),
        ("File 3", "LINEAR"),
    ]


@pytest.mark.parametrize("kind", ["<i2", "<u2", "<i4", "u1"])
def test_values_mean_what_they_measure(kind):
    array = ramp("<i4")
    array = (array - array.min() if "u" in kind else array) // (10 if kind == "u1" else 1)
    grey = decoded(dicom(array.astype(kind), RescaleSlope=2, RescaleIntercept=-100))
    assert np.array_equal(measured(grey), array * 2.0 - 100)


def test_wider_values_are_brought_to_16_bits():
    array = np.linspace(-(2**30), 2**30, 1200).astype("<i4").reshape(30, 40)
    grey = decoded(dicom(array))
    assert (grey.values.min(), grey.values.max()) == (0, 65_535)
    assert np.abs(measured(grey) - array).max() <= grey.scale.slope / 2 + 1


def test_window_inversion_and_padding_show_as_the_standard_says():
    array = np.array([[-2000, 0, 20], [40, 60, 80]], "<i2")
    elements = {
        "RescaleSlope": 1,
        "RescaleIntercept": 0,
        "WindowCenter": 40,
        "WindowWidth": 41,
        "PixelPaddingValue": -2000,
    }
    shown = {}
    for photometric in ("MONOCHROME2", "MONOCHROME1"):
        grey = decoded(dicom(array, PhotometricInterpretation=photometric, **elements))
        shown[photometric] = windows.greys(grey.scale, None, int(grey.values.max()) + 1)[grey.values].tolist()
        assert (grey.scale.full.centre, grey.scale.full.width) == (40, 80)
    assert shown == {"MONOCHROME2": [[0, 0, 3], [131, 255, 255]], "MONOCHROME1": [[0, 255, 252], [124, 0, 0]]}


def test_frames_of_a_file_are_decoded_one_by_one():
    array = np.stack([np.full((8, 9), 100 * frame, "<u2") for frame in range(4)])
    array[:, 0, 0] = 1000
    data = dicom(array)
    assert image_header.probe(data, "cine.dcm").frames == 4
    assert [float(measured(decoded(data, frame))[1, 1]) for frame in (1, 2, 4)] == [0, 100, 300]


@pytest.mark.parametrize(
    ("name", "mean"),
    [
        ("examples_palette.dcm", 20.5),
        ("SC_rgb_dcmtk_+eb+cy+np.dcm", 127.5),
        ("SC_ybr_full_422_uncompressed.dcm", 127.7),
        ("SC_rgb_rle_16bit.dcm", 127.7),
        ("SC_rgb_jpeg_gdcm.dcm", 127.7),
        ("examples_jpeg2k.dcm", 34.5),
        ("SC_rgb_jls_lossy_line.dcm", 128.0),
    ],
)
def test_colours_become_rgb(name, mean):
    found = pixels.decode((BUNDLED / name).open("rb"), 0, max_pixels=LIMIT)
    assert (found.dtype, found.shape[2], round(float(found.mean()), 1)) == (np.uint8, 3, mean)


def test_lossless_syntaxes_give_the_same_values():
    names = ["", "_RLE", "_bigendian", "_implicit", "_jp2klossless", "_jpeg_ls_lossless"]
    first, *others = [decoded((BUNDLED / f"MR_small{name}.dcm").read_bytes()) for name in names]
    assert all(np.array_equal(measured(first), measured(other)) for other in others)
    assert first.scale.windows == (windows.Window("File", 600, 1600, "LINEAR"),)


def test_browser_gets_the_values_through_the_child(tmp_path):
    path = tmp_path / "scan.dcm"
    path.write_bytes(dicom(ramp(), WindowCenter=[40, -600], WindowWidth=[400, 1500]))
    data = decoding.render(path, "values", max_pixels=LIMIT)
    facts, values = unpacked(data)
    assert np.array_equal(values * facts["slope"] + facts["intercept"], ramp())
    assert [(one["name"], one["centre"], one["width"]) for one in facts["windows"]] == [
        ("File 1", 40, 400),
        ("File 2", -600, 1500),
    ]
    for word in (b"Secret", b"PID-4711", b"Hidden", b"ACC-0815", b"1950"):
        assert word not in data
    for kind in ("proxy", "thumbnail"):
        assert decoding.render(path, kind, max_pixels=LIMIT).startswith(b"\xff\xd8")
    with pytest.raises(UnreadableImage, match="million pixels"):
        decoding.render(path, "values", max_pixels=1000)
