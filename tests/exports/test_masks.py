import io
import json

import numpy as np
import pytest
from hypothesis import given
from PIL import Image

from annotations import geometry
from exports.formats import masks
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage, Written
from tests.exports import drawn


def expected(image):
    canvas = np.zeros((image.height, image.width), int)
    for annotation in image.annotations:
        canvas[drawn.filled(annotation, image.width, image.height) > 0] = annotation.category_id
    return canvas


@drawn.several
@given(drawn.images(drawn.polygons, drawn.masks))
def test_every_style_holds_the_same_classes(images):
    for style, mode in (("palette", "P"), ("indexed", "L"), ("colour", "RGB")):
        file, _, written = drawn.packed(masks.write, images, style=style)
        classes = json.loads(file.read("classes.json"))["classes"]
        assert [row["value"] for row in classes] == [0, 1, 2, 3, 4]
        for name, image in zip([n for n in file.namelist() if n.endswith(".png")], images, strict=True):
            picture = Image.open(io.BytesIO(file.read(name)))
            assert (picture.mode, picture.size) == (mode, (image.width, image.height))
            values = np.asarray(picture)
            if style == "colour":
                table = np.array([tuple(bytes.fromhex(row["colour"][1:])) for row in classes])
                assert (values == table[expected(image)]).all()
            else:
                assert (values == expected(image)).all()
            assert name.startswith(f"{image.split}/masks/" if image.split else "masks/")
        assert written.left_out == 0


def test_many_classes_have_sixteen_bits():
    categories = [ExportCategory(n, f"c{n}", f"c{n}", "", "#e02030") for n in range(1, 301)]
    image = ExportImage(1, "a.jpg", 20, 10, [ExportAnnotation(300, "box", geometry.Box(5, 2, 4, 3))])
    canvas = masks.painted(image, 300, Written())
    values = np.asarray(Image.open(io.BytesIO(masks.picture(canvas, "indexed", masks.colours(categories)))))
    assert (int(values.max()), int((values == 300).sum())) == (300, 12)


def test_labels_that_share_a_colour_get_others():
    categories = [ExportCategory(n, f"c{n}", f"c{n}", "", "#e02030") for n in range(1, 256)]
    table = masks.colours(categories)
    assert len({tuple(colour) for colour in table.tolist()}) == 256
    assert table[:4].tolist() == [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0]]


def test_the_folder_as_a_whole():
    label = ExportAnnotation(1, "label")
    images = [ExportImage(1, "x/a.jpg", 4, 4, [label], split="val"), ExportImage(2, "x/a.png", 4, 4, split="train")]
    file, _, written = drawn.packed(masks.write, images, pixels=drawn.pixels_of)
    assert file.namelist() == [
        "val/masks/x/a.png",
        "val/images/x/a.jpg",
        "train/masks/x/a_2.png",
        "train/images/x/a_2.png",
        "classes.json",
        "classes.csv",
        "SHA256SUMS",
    ]
    assert file.read("classes.csv").decode().splitlines()[:2] == ["value,name,path,colour", "0,background,,#000000"]
    assert (written.images, written.left_out) == (2, 1)


@pytest.mark.parametrize("style", ["palette", "indexed", "colour"])
def test_boxes_are_filled(style):
    image = ExportImage(1, "a.jpg", 6, 5, [ExportAnnotation(3, "box", geometry.Box(1, 1, 2, 2))])
    assert masks.painted(image, 4, Written()).tolist()[1] == [0, 3, 3, 0, 0, 0]
