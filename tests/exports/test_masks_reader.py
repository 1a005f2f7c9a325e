import contextlib
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from annotations import rle
from exports.formats import masks, masks_reader, names
from exports.formats.records import Legend, NotReadable
from tests.exports import drawn


def read(folder):
    legend, problems = Legend(), []
    images = list(masks_reader.read(folder, legend, problems))
    return images, {category.id: category.path for category in legend.categories}, problems


def png(values, palette=None):
    image = Image.fromarray(np.asarray(values, dtype=np.uint8))
    if palette:
        image.putpalette(palette)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@drawn.several
@given(drawn.images(drawn.polygons, drawn.masks), st.sampled_from(["palette", "indexed", "colour"]))
def test_pixels_come_back(images, style):
    _, folder, _ = drawn.packed(masks.write, images, style=style)
    found, paths, problems = read(folder)
    own = names.Names()
    assert problems == []
    assert [(image.name, image.split) for image in found] == [
        (own.of(image.name, image.id).stem, image.split) for image in images
    ]
    for image, back in zip(images, found, strict=True):
        canvas = np.zeros((image.height, image.width), int)
        for annotation in image.annotations:
            canvas[drawn.filled(annotation, image.width, image.height) > 0] = annotation.category_id
        assert {paths[one.category_id] for one in back.annotations} == {
            drawn.PATHS[number] for number in np.unique(canvas) if number
        }
        for one in back.annotations:
            number = next(n for n, path in drawn.PATHS.items() if path == paths[one.category_id])
            pixels = rle.decode(rle.from_text(one.counts, image.height, image.width), image.height, image.width)
            assert (pixels == (canvas == number)).all()


def test_more_classes_than_a_byte_holds():
    values = np.array([[0, 300]], dtype=np.uint16)
    out = io.BytesIO()
    Image.fromarray(values).save(out, "PNG")
    rows = "".join(f"{n},c{n}\n" for n in range(1, 301))
    (image,), paths, _ = read(drawn.folder_of({"masks/a.png": out.getvalue(), "classes.csv": f"value,name\n{rows}"}))
    assert [paths[one.category_id] for one in image.annotations] == ["c300"]


def test_a_plain_list_of_classes_does():
    files = {"classes.txt": "Cat\nDog\n", "SegmentationClass/a.png": png([[0, 1], [255, 2]])}
    (image,), paths, problems = read(drawn.folder_of(files))
    assert (image.name, image.width, image.height, problems) == ("SegmentationClass/a", 2, 2, [])
    assert [(paths[one.category_id], list(one.box)) for one in image.annotations] == [
        ("Cat", [1, 0, 1, 1]),
        ("Dog", [1, 1, 1, 1]),
    ]


def test_numbers_and_colours_that_no_class_has_are_named():
    classes = '{"classes": [{"value": 1, "name": "Cat", "colour": "#ff0000"}]}'
    files = {
        "classes.json": classes,
        "masks/a.png": png([[1, 7]]),
        "masks/b.png": png([[[255, 0, 0], [1, 2, 3]]]),
    }
    found, _, problems = read(drawn.folder_of(files))
    assert [len(image.annotations) for image in found] == [1, 1]
    assert problems == ["masks/a.png: no class is listed for 7.", "masks/b.png: no class is listed for #010203."]


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"masks/a.png": b"x"},
        {"classes.json": "[]", "masks/a.png": png([[1]])},
        {"classes.json": '{"classes": [{"value": "x", "name": "a"}]}', "masks/a.png": png([[1]])},
        {"classes.json": '{"classes": [{"value": 0, "name": "background"}]}', "masks/a.png": png([[1]])},
        {"classes.txt": "Cat"},
        {"classes.txt": "Cat", "masks/a.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 40},
        {"classes.txt": "Cat", "masks/a.png": png(np.arange(81).reshape(9, 9))[:48]},
    ],
)
def test_what_are_no_masks_is_refused(files):
    with pytest.raises(NotReadable):
        read(drawn.folder_of(files))


@drawn.several
@given(st.binary(max_size=60), st.integers(8, 90))
def test_no_bytes_break_the_reader(noise, place):
    data = bytearray(png(np.arange(100).reshape(10, 10)))
    data[place : place + len(noise)] = noise
    with contextlib.suppress(NotReadable):
        images, _, _ = read(drawn.folder_of({"classes.txt": "Cat", "masks/a.png": bytes(data)}))
        assert len(images) == 1
