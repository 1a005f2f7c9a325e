import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, features

from projects import image_header
from projects.image_header import ImageHeader

SIZES = {"JPEG": "jpg", "PNG": "png", "BMP": "bmp", "TIFF": "tiff", "WEBP": "webp", "GIF": "gif"}


def picture(mode="RGB", size=(64, 48)):
    values = np.add.outer(np.arange(size[1]), np.arange(size[0])) * 2 % 256
    return Image.fromarray(values.astype(np.uint8)).convert(mode)


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(**tags):
    found = Image.Exif()
    for name, value in tags.items():
        found[ExifTags.Base[name]] = value
    return found


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb_png():
    """144 megapixels of one colour in 17 KB, as a decompression bomb is made."""
    packer = zlib.compressobj(9)
    row = b"\x00" + bytes(12_000 // 8)
    body = b"".join(packer.compress(row) for _ in range(12_000)) + packer.flush()
    header = struct.pack(">IIBBBBB", 12_000, 12_000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def long_gif(frames):
    start = b"GIF89a" + struct.pack("<HHBBB", 4, 4, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, 4, 4, 0) + b"\x02\x05\x84\x11\x00\x11\x00\x00"
    return start + frame * frames + b";"


def refusal(source, name="a.jpg", **options):
    with pytest.raises(image_header.UnreadableImage) as caught:
        image_header.probe(source, name, **options)
    assert caught.value.detail.endswith(".")
    return caught.value.reason


@pytest.mark.parametrize("kind", image_header.FORMATS)
def test_every_format_is_read(kind):
    data = encoded(picture("L" if kind == "GIF" else "RGB"), kind)
    header = image_header.probe(data, f"folder/x.{SIZES[kind].upper()}", verify=True)
    mode = {"GIF": header.mode}.get(kind, "RGB")
    assert header == ImageHeader(kind, 64, 48, mode)
    assert image_header.probe(io.BytesIO(data), "x.png") == header
    assert header.content_type == f"image/{kind.lower()}"
    assert header.browser_ready == (kind not in ("TIFF", "BMP"))


def test_names_of_images():
    names = [
        "a.jpg",
        "b/c.JPEG",
        "a.jpe",
        "a.jfif",
        "a.tif",
        "a.webp",
        "a.jpg.txt",
        "jpg",
        "a.heic",
        "a.dcm",
        "b.DICOM",
    ]
    assert [image_header.supported(name) for name in names] == [True] * 6 + [False] * 3 + [True] * 2
    assert refusal(encoded(picture(), "PNG"), "a.txt") == "unsupported"


@pytest.mark.parametrize(
    ("mode", "kind", "expected", "browser_ready"),
    [
        ("CMYK", "JPEG", "CMYK", False),
        ("P", "PNG", "P", True),
        ("1", "PNG", "1", True),
        ("LA", "PNG", "LA", True),
        ("I;16", "TIFF", "I;16", False),
        ("I;16", "PNG", "I;16", False),
        ("RGBA", "WEBP", "RGBA", True),
    ],
)
def test_modes(mode, kind, expected, browser_ready):
    image = picture(mode)
    if mode == "RGBA":
        image.putalpha(9)
    header = image_header.probe(encoded(image, kind), "a.png", verify=True)
    assert (header.width, header.height, header.mode, header.browser_ready) == (64, 48, expected, browser_ready)


@pytest.mark.parametrize(("kind", "browser_ready"), [("JPEG", True), ("PNG", False), ("WEBP", False), ("TIFF", False)])
@pytest.mark.parametrize("orientation", [3, 6])
def test_size_is_after_orientation(kind, orientation, browser_ready):
    data = encoded(picture(), kind, exif=exif(Orientation=orientation))
    header = image_header.probe(data, "a.jpg")
    assert (header.width, header.height) == ((48, 64) if orientation == 6 else (64, 48))
    assert (header.orientation, header.browser_ready) == (orientation, browser_ready)


def test_camera_and_time_are_read_and_position_is_not():
    tags = exif(Make="Canon\x00", Model=" EOS\n5D ")
    tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2024:05:06 07:08:09"
    tags.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (52.0, 31.0, 0.0)
    header = image_header.probe(encoded(picture(), "JPEG", exif=tags), "a.jpg")
    assert (header.camera_make, header.camera_model) == ("Canon", "EOS5D")
    assert header.captured_at == "2024-05-06T07:08:09"
    tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.OffsetTimeOriginal] = "+02:00"
    header = image_header.probe(encoded(picture(), "JPEG", exif=tags), "a.jpg")
    assert header.captured_at == "2024-05-06T07:08:09+02:00"
    assert "52" not in repr(header)


@pytest.mark.parametrize("bad", [exif(Orientation=99), exif(DateTime="yesterday"), b"Exif\x00\x00II*\x00\xff\xff"])
def test_bad_exif_is_ignored(bad):
    header = image_header.probe(encoded(picture(), "JPEG", exif=bad), "a.jpg")
    assert (header.width, header.height, header.orientation, header.captured_at) == (64, 48, 1, "")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf  <!DOCTYPE html><html>404</html>", "mismatched"),
        (b"<?xml version='1.0'?><Error/>", "mismatched"),
        (b'{"error": 1}', "mismatched"),
        (b"%PDF-1.7", "mismatched"),
        (b"\x00\x00\x00\x18ftypheic", "mismatched"),
        (b"%!PS-Adobe-3.0 EPSF", "mismatched"),
        (b"hello", "corrupt"),
        (b"\xff\xd8\xff", "corrupt"),
        (b"\x89PNG\r\n\x1a\n", "corrupt"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "corrupt"),
        (b"II*\x00\x08\x00\x00\x00\xff\xff", "corrupt"),
        (b"BM" + bytes(60), "corrupt"),
        (b"GIF89a" + bytes(7), "corrupt"),
    ],
)
def test_what_is_no_image_is_refused(data, reason):
    assert refusal(data) == reason


def test_another_image_format_than_the_name_says_is_taken_as_what_it_is():
    assert image_header.probe(encoded(picture(), "PNG"), "a.jpg").format == "PNG"


def test_bombs_are_refused_without_decoding():
    data = bomb_png()
    assert len(data) < 20_000
    header = image_header.probe(data, "a.png")
    assert header.width * header.height == 144_000_000
    assert refusal(data, "a.png", max_pixels=100_000_000) == "too_large"
    huge = data.replace(struct.pack(">II", 12_000, 12_000), struct.pack(">II", 2**30, 2**30))
    huge = huge[:29] + struct.pack(">I", zlib.crc32(huge[12:29])) + huge[33:]
    assert refusal(huge, "a.png") == "too_large"
    webp = bytearray(encoded(picture("RGBA"), "WEBP", exif=exif(Make="x")))
    webp[24:30] = b"\xff\xff\xff\xff\xff\xff"
    assert refusal(bytes(webp), "a.webp") == "too_large"


def test_frames_are_counted_and_limited():
    assert image_header.probe(long_gif(7), "a.gif").frames == 7
    assert refusal(long_gif(10_000), "a.gif") == "too_many_frames"
    pages = [picture(size=(8, 8 + n)) for n in range(3)]
    for kind in ("TIFF", "WEBP", "PNG", "GIF"):
        same = pages if kind == "TIFF" else [picture().point(lambda value, n=n: value // n) for n in (1, 2, 3)]
        data = encoded(same[0], kind, save_all=True, append_images=same[1:])
        assert (kind, image_header.probe(data, "a.gif").frames) == (kind, 3)


def test_a_tiff_whose_directories_form_a_loop_ends():
    data = bytearray(encoded(picture(size=(4, 4)), "TIFF"))
    (offset,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, offset)
    struct.pack_into("<I", data, offset + 2 + 12 * entries, offset)
    assert image_header.probe(bytes(data), "a.tif").frames == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP"])
def test_a_cut_off_file_is_found_when_verified(kind):
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (48, 64, 3), dtype=np.uint8))
    options = {"compression": "tiff_lzw"} if kind == "TIFF" else {}
    data = encoded(noise, kind, **options)
    assert refusal(data[: len(data) // 2], f"a.{SIZES[kind]}", verify=True) == "corrupt"


@pytest.mark.parametrize("kind", image_header.FORMATS)
def test_the_first_bytes_are_enough_or_more_are_asked_for(kind):
    data = encoded(picture("P" if kind == "GIF" else "RGB", (640, 480)), kind, exif=exif(Make="x" * 90))
    expected = image_header.probe(data, "a.jpg")
    asked = []
    size = 40
    while True:
        try:
            found = image_header.probe(data[:size], "a.jpg", whole=size >= len(data))
            break
        except image_header.NeedMoreBytes as more:
            asked.append((size, more.minimum))
            size = min(more.minimum, len(data))
    assert found == expected
    assert len(asked) <= 5
    assert all(minimum > before for before, minimum in asked)


def test_the_common_jpeg_is_read_from_its_first_kilobytes():
    data = encoded(picture(size=(4000, 3000)), "JPEG", quality=95)
    header = image_header.probe(data[: image_header.HEADER_BYTES], "a.jpg", whole=False)
    assert (header.width, header.height) == (4000, 3000)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@given(st.sampled_from(image_header.FORMATS), st.data())
def test_any_damage_ends_in_a_header_or_a_refusal(kind, data):
    content = bytearray(encoded(picture("L"), kind))
    for position, value in data.draw(
        st.lists(st.tuples(st.integers(8, len(content) - 1), st.integers(0, 255)), max_size=12)
    ):
        content[position] = value
    try:
        header = image_header.probe(bytes(content), "a.png", verify=data.draw(st.booleans()), max_pixels=10**6)
    except image_header.UnreadableImage as error:
        reason = error.reason
    else:
        reason = "" if header.width * header.height <= 10**6 else "missed"
    assert reason in ("", "corrupt", "too_large", "too_many_frames", "mismatched")


def test_webp_is_built_in():
    assert features.check("webp")
