import contextlib
import io

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from annotations import geometry
from exports.formats import names, voc
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage, Legend, NotReadable, Written
from tests.exports import drawn


@drawn.several
@example([ExportImage(n, name, 30, 20, split="train") for n, name in enumerate(["0/1 .jpg", "\u3000.png", "1.jpg"], 1)])
@given(drawn.images(drawn.boxes, drawn.polygons))
def test_boxes_come_back_in_whole_pixels(images):
    _, folder, written = drawn.packed(voc.write, images)
    legend, problems = Legend(), []
    found = list(voc.read(folder, legend, problems))
    paths = {category.id: category.path for category in legend.categories}
    assert problems == []
    assert [image.split for image in found] == [image.split for image in images]
    assert (written.annotations, written.left_out) == (sum(len(image.annotations) for image in images), 0)
    for image, back in zip(images, found, strict=True):
        assert (back.width, back.height) == (image.width, image.height)
        for one, two in zip(image.annotations, back.annotations, strict=True):
            assert paths[two.category_id] == drawn.UNIQUE[one.category_id]
            assert [two.box.x, two.box.y, two.box.right, two.box.bottom] == pytest.approx(
                [one.box.x, one.box.y, one.box.right, one.box.bottom], abs=1
            )
            assert min(two.box) >= 0
            assert two.box.right <= image.width
            assert two.box.bottom <= image.height


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_torchvision_loads_boxes_that_count_from_one(tmp_path):
    datasets = pytest.importorskip("torchvision.datasets")
    box = ExportAnnotation(2, "box", geometry.Box(0, 10, 10, 20), crowd=True)
    images = [
        ExportImage(1, "x/a.jpg", 64, 48, [box], split="train"),
        ExportImage(2, "x_a.jpg", 64, 48, split="val"),
        ExportImage(3, "c.jpg", 64, 48, split="test"),
    ]
    file, _, _ = drawn.packed(voc.write, images, segmentation=True, pixels=lambda image: [jpeg()])
    file.extractall(tmp_path)
    found = {
        split: datasets.VOCDetection(str(tmp_path), year="2012", image_set=split)
        for split in ("train", "val", "trainval")
    }
    assert [len(rows) for rows in found.values()] == [1, 1, 2]
    ((_, target),) = found["train"]
    assert target["annotation"]["object"] == [
        {
            "name": 'Dog "big" & <ä>',
            "pose": "Unspecified",
            "truncated": "0",
            "difficult": "1",
            "bndbox": {"xmin": "1", "ymin": "11", "xmax": "10", "ymax": "30"},
        }
    ]
    ((_, mask),) = datasets.VOCSegmentation(str(tmp_path), year="2012", image_set="train")
    values = np.asarray(mask)
    assert (values.shape, int((values == 2).sum()), bool((values[10:30, 0:10] == 2).all())) == ((48, 64), 200, True)
    assert mask.getpalette()[:9] == [0, 0, 0, 0xE0, 0x20, 0x30, 0x10, 0x20, 0xF0]


def jpeg():
    out = io.BytesIO()
    Image.new("RGB", (64, 48)).save(out, "JPEG")
    return out.getvalue()


GOOD = "<annotation><filename>a.jpg</filename><size><width>9</width><height>9</height></size>{}</annotation>"
OBJECT = "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>1</ymin><xmax>{}</xmax><ymax>5</ymax></bndbox></object>"


def read_text(text):
    problems = []
    (image,) = voc.read(drawn.folder_of({"Annotations/a.xml": text}), Legend(), problems)
    return image, problems


@pytest.mark.parametrize(
    ("objects", "problem"),
    [
        (OBJECT.format("Cat", 7, 2), "the box has no width or no height"),
        (OBJECT.format("Cat", "nan", 2), "the box has no width or no height"),
        (OBJECT.format("Cat", "inf", 2), "the box has no width or no height"),
        (OBJECT.format("Cat", "x", 2), "the box is not four numbers"),
        ("<object><name>Cat</name></object>", "the box is not four numbers"),
        (OBJECT.format("", 1, 2), "A label has no name"),
    ],
)
def test_a_wrong_object_is_named_and_the_others_count(objects, problem):
    image, problems = read_text(GOOD.format(objects + OBJECT.format("Dog", 2, 5)))
    assert problems == [f"Annotations/a.xml, object 1: {problem}."]
    assert [found.box for found in image.annotations] == [geometry.Box(1, 0, 4, 5)]


BOMB = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]>' + GOOD.format("&y;")
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + GOOD.format("&x;")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<annotation>",
        "<other/>",
        GOOD.format("&nope;"),
        BOMB,
        OUTSIDE,
        "<annotation/>",
        "<?xml version='1.0' encoding='nope'?><a/>",
        "<annotation><filename>a</filename><size><width>wide</width></size></annotation>",
    ],
)
def test_what_is_no_voc_is_refused(text):
    with pytest.raises(NotReadable, match=r"^Annotations/a.xml.*\.$"):
        read_text(text)


@drawn.several
@given(st.binary(max_size=100), st.integers(0, 250))
def test_damaged_files_are_refused_or_read(noise, place):
    data = bytearray(GOOD.format(OBJECT.format("Dog", 2, 5)).encode())
    data[place : place + len(noise)] = noise
    with contextlib.suppress(NotReadable):
        read_text(bytes(data))


@drawn.several
@given(drawn.names)
def test_any_label_is_valid_xml(name):
    category = [ExportCategory(1, name, name)]
    text = voc._text(
        ExportImage(1, name, 9, 9, [ExportAnnotation(1, "box", geometry.Box(1, 1, 3, 3))]),
        names.Name("a", ".jpg"),
        {1: category[0].name},
        Written(),
        segmentation=False,
    )
    image, problems = read_text(text)
    assert (len(image.annotations), problems) in ((1, []), (0, ["Annotations/a.xml, object 1: A label has no name."]))
