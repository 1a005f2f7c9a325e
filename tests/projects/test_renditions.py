import io
import resource
import subprocess
import sys

import numpy as np
import pytest
from PIL import ExifTags, Image

from projects import image_header, renditions
from tests.projects.test_image_header import encoded, exif, picture


def reopened(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def left_red(mode="RGB", size=(400, 200)):
    image = Image.new("RGB", size, "white")
    image.paste((200, 0, 0), (0, 0, size[0] // 2, size[1]))
    return image.convert(mode)


@pytest.mark.parametrize("kind", image_header.FORMATS)
def test_thumbnail_of_every_format(kind):
    small = reopened(renditions.thumbnail(encoded(picture(size=(640, 320)), kind), 100))
    assert (small.format, small.size, small.mode in ("RGB", "L")) == ("JPEG", (100, 50), True)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_thumbnail_of_every_mode(mode):
    small = reopened(renditions.thumbnail(io.BytesIO(encoded(picture(mode, (300, 150)), "PNG")), 100, format="WEBP"))
    assert (small.format, small.size) == ("WEBP", (100, 50))


def test_small_images_are_not_enlarged():
    assert reopened(renditions.thumbnail(encoded(picture(), "PNG"))).size == (64, 48)


def test_orientation_is_applied_and_metadata_left_behind():
    tags = exif(Orientation=6, Make="Canon")
    tags.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (52.0, 31.0, 0.0)
    data = encoded(left_red(), "JPEG", exif=tags, comment=b"secret")
    small = reopened(renditions.thumbnail(data, 100))
    assert small.size == (50, 100)
    assert dict(small.getexif()) == {}
    assert "comment" not in small.info
    assert small.getpixel((25, 10))[1] < 60 < 200 < small.getpixel((25, 90))[1]


def test_transparency_becomes_white():
    clear = Image.new("RGBA", (50, 50), (0, 0, 0, 0))
    assert reopened(renditions.thumbnail(encoded(clear, "PNG"))).getpixel((25, 25)) == (255, 255, 255)


def test_sixteen_bits_are_stretched():
    values = np.linspace(100, 4000, 64 * 48).reshape(48, 64).astype(np.uint16)
    data = encoded(Image.fromarray(values), "TIFF")
    proxy, content_type = renditions.render_proxy(data)
    levels = np.asarray(reopened(proxy))
    assert content_type == "image/jpeg"
    assert levels.shape == (48, 64)
    assert levels.min() < 6
    assert levels.max() > 249


@pytest.mark.parametrize(
    ("mode", "kind", "content_type"),
    [
        ("RGB", "TIFF", "image/jpeg"),
        ("RGB", "BMP", "image/jpeg"),
        ("CMYK", "JPEG", "image/jpeg"),
        ("P", "BMP", "image/png"),
        ("1", "TIFF", "image/png"),
        ("RGBA", "TIFF", "image/png"),
    ],
)
def test_proxy_has_the_full_size(mode, kind, content_type):
    data = encoded(left_red(mode), kind, **({"exif": exif(Orientation=8)} if kind == "TIFF" else {}))
    header = image_header.probe(data, "a.tif")
    proxy, found = renditions.render_proxy(data)
    image = reopened(proxy)
    assert (found, image.size) == (content_type, (header.width, header.height))
    assert f"image/{image.format.lower()}" == content_type


@pytest.mark.parametrize("data", [b"", b"hello", encoded(picture(size=(300, 300)), "JPEG")[:1500]])
def test_damage_is_a_refusal(data):
    with pytest.raises(image_header.UnreadableImage):
        renditions.thumbnail(data)
    with pytest.raises(image_header.UnreadableImage):
        renditions.render_proxy(data)


def test_a_bomb_is_not_decoded():
    with pytest.raises(image_header.UnreadableImage) as caught:
        renditions.thumbnail(encoded(picture(size=(300, 300)), "PNG"), max_pixels=80_000)
    assert caught.value.reason == "too_large"


@pytest.mark.slow
def test_a_large_photo_takes_little_memory(tmp_path):
    path = tmp_path / "large.jpg"
    picture(size=(8000, 6000)).save(path, quality=85)
    code = (
        "import sys, resource\nfrom projects import renditions\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "renditions.thumbnail(open(sys.argv[1], 'rb'))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert int(done.stdout) * resource.getpagesize() // 4096 < 60_000
