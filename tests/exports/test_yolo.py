import contextlib
import io
import zipfile

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from annotations import geometry, rle
from exports.formats import class_folders, names, yolo
from exports.formats.folder import ZipFolder
from exports.formats.records import ExportAnnotation, ExportImage, Legend, NotReadable, Size
from tests.exports import drawn

SIZES = {"a": Size("a.jpg", 200, 100)}


def read_back(images, **options):
    _, folder, written = drawn.packed(yolo.write, images, **options)
    own, legend, problems = names.Names(), Legend(), []
    found = list(
        yolo.read(folder, drawn.sizes_of(images, lambda image: own.of(image.name, image.id)), legend, problems)
    )
    assert problems == []
    assert [category.path for category in legend.categories] == list(drawn.UNIQUE.values())
    assert [(image.name, image.split) for image in found] == [(image.name, image.split or "train") for image in images]
    assert written.annotations == sum(len(image.annotations) for image in found)
    return found


@drawn.several
@given(drawn.images(drawn.boxes))
def test_boxes_come_back(images):
    for image, found in zip(images, read_back(images), strict=True):
        for given_one, back in zip(image.annotations, found.annotations, strict=True):
            assert (back.category_id, back.shape) == (given_one.category_id, "box")
            assert list(back.box) == pytest.approx(list(given_one.box), abs=0.001)


@drawn.several
@given(drawn.images(drawn.polygons, drawn.masks))
def test_outlines_come_back_as_the_same_pixels(images):
    for image, found in zip(images, read_back(images, segmentation=True), strict=True):
        for given_one, back in zip(image.annotations, found.annotations, strict=True):
            assert (back.category_id, back.shape) == (given_one.category_id, "polygon")
            size = (image.height, image.width)
            if given_one.shape == "polygon" and len(given_one.parts) == 1:
                assert np.allclose(back.parts[0], given_one.parts[0], atol=0.001)
            else:
                missed = drawn.filled(back, image.width, image.height) ^ drawn.filled(
                    given_one, image.width, image.height
                )
                assert missed.sum() <= 0.01 * size[0] * size[1]


def test_the_folder_as_a_whole():
    crowd = ExportAnnotation(1, "box", geometry.Box(0, 0, 9, 9), crowd=True)
    box = ExportAnnotation(2, "box", geometry.Box(10, 10, 30, 60))
    images = [
        ExportImage(1, "x/a.jpg", 640, 480, [box, crowd], split="train"),
        ExportImage(2, "b.png", 640, 480, [], split="val"),
    ]
    file, _, written = drawn.packed(yolo.write, images, pixels=drawn.pixels_of)
    assert file.namelist() == [
        "labels/train/x/a.txt",
        "images/train/x/a.jpg",
        "labels/val/b.txt",
        "images/val/b.png",
        "data.yaml",
        "SHA256SUMS",
    ]
    assert file.read("labels/train/x/a.txt") == b"1 0.039062 0.083333 0.046875 0.125000\n"
    assert (file.read("labels/val/b.txt"), file.read("images/val/b.png")) == (b"", b"\x02")
    assert yaml.safe_load(file.read("data.yaml")) == {
        "train": "images/train",
        "val": "images/val",
        "nc": 4,
        "names": dict(enumerate(drawn.UNIQUE.values())),
    }
    assert (written.annotations, written.left_out) == (1, 1)


def test_an_export_that_is_not_split_names_its_folder_twice():
    file, _, _ = drawn.packed(yolo.write, [ExportImage(1, "a.jpg", 9, 9)])
    content = yaml.safe_load(file.read("data.yaml"))
    assert (content["train"], content["val"], "path" in content) == ("images/train", "images/train", False)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("x 0.5 0.5 0.1 0.1", "these are not a class and numbers"),
        ("9 0.5 0.5 0.1 0.1", "class 9 is not in data.yaml"),
        ("0 50 50 10 10", "a coordinate is not between 0 and 1"),
        ("0 nan 0.5 0.1 0.1", "a coordinate is not between 0 and 1"),
        ("0 0.5 0.5 0 0.1", "the box has no width or no height"),
        ("0 0.5 0.5 0.1", "an object has four numbers (a box), or an even count of at least six (an outline)"),
        ("0 0.1 0.1 0.2 0.2 0.3", "an object has four numbers (a box), or an even count of at least six (an outline)"),
    ],
)
def test_a_wrong_line_is_named_and_the_others_count(line, problem):
    folder = drawn.folder_of({"data.yaml": "names: [Cat]", "labels/train/a.txt": f"{line}\n\n0 0.5 0.5 0.5 0.5\n"})
    problems = []
    (image,) = yolo.read(folder, SIZES, Legend(), problems)
    assert problems == [f"labels/train/a.txt, line 1: {problem}."]
    assert [found.box for found in image.annotations] == [geometry.Box(50, 25, 100, 50)]


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"labels/a.txt": ""},
        {"labels/a.txt": "", "data.yaml": "names: {"},
        {"labels/a.txt": "", "data.yaml": b"\xff\xfe\x00"},
        {"labels/a.txt": "", "data.yaml": "names: [[a]]"},
        {"labels/a.txt": "", "data.yaml": "- a"},
        {"labels/a.txt": "", "data.yaml": "names: {1: a}"},
        {"labels/a.txt": "", "data.yaml": "!!python/object/apply:os.system [ls]"},
    ],
)
def test_what_is_no_yolo_is_refused(files):
    with pytest.raises(NotReadable):
        list(yolo.read(drawn.folder_of(files), SIZES, Legend(), []))


@drawn.several
@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data):
    problems = []
    folder = drawn.folder_of({"data.yaml": "names: [Cat]", "labels/a.txt": data})
    (image,) = yolo.read(folder, SIZES, Legend(), problems)
    assert len(image.annotations) + len(problems) <= data.count(b"\n") + 1


@drawn.several
@given(st.binary(max_size=300), st.integers(0, 400))
def test_damaged_archives_are_refused(noise, place):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("data.yaml", "names: [Cat]")
        file.writestr("labels/a.txt", "0 0.5 0.5 0.1 0.1\n" * 9)
    data = bytearray(out.getvalue())
    data[place : place + len(noise)] = noise
    with contextlib.suppress(NotReadable):
        list(yolo.read(ZipFolder(io.BytesIO(data)), SIZES, Legend(), []))


labels = st.lists(st.integers(1, 4), min_size=1, max_size=1)


@drawn.several
@given(drawn.images(labels=labels))
def test_class_folders_come_back(images):
    _, folder, written = drawn.packed(class_folders.write, images, pixels=drawn.pixels_of)
    legend = Legend()
    found = list(class_folders.read(folder, legend))
    folders = class_folders.class_folders(drawn.CATEGORIES)
    paths = {category.id: category.path for category in legend.categories}
    assert [(image.split, paths[image.annotations[0].category_id]) for image in found] == [
        (image.split or "train", folders[image.annotations[0].category_id]) for image in images
    ]
    assert (written.images, written.left_out) == (len(images), 0)


def test_class_folders_load_in_torchvision(tmp_path):
    datasets = pytest.importorskip("torchvision.datasets")
    images = [ExportImage(n, f"{n}.jpg", 9, 9, [ExportAnnotation(n % 2 + 1, "label")]) for n in range(1, 6)]
    images.append(ExportImage(6, "none.jpg", 9, 9))
    file, _, _ = drawn.packed(class_folders.write, images, pixels=drawn.pixels_of)
    file.extractall(tmp_path)
    found = datasets.ImageFolder(str(tmp_path / "train"))
    assert found.classes == ["Cat", "Dog _big_ & _ä_"]
    assert [label for _, label in found.samples] == [0, 0, 1, 1, 1]


def test_an_outline_with_a_hole_is_one_ring():
    square, hole = [[2, 2], [22, 2], [22, 12], [2, 12]], [[6, 4], [10, 4], [10, 8], [6, 8]]
    polygon = ExportAnnotation(1, "polygon", geometry.Box(2, 2, 20, 10), [square, hole])
    (image,) = read_back([ExportImage(1, "a.jpg", 64, 48, [polygon])], segmentation=True)
    (ring,) = image.annotations[0].parts
    assert (rle.polygon_to_mask([np.round(ring)], 48, 64) == rle.polygon_to_mask([square, hole], 48, 64)).all()
