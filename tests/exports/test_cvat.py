import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations import geometry
from exports.formats import cvat, cvat_reader
from exports.formats.records import ExportAnnotation, ExportImage, Legend, NotReadable
from tests.exports import drawn


def read_text(text):
    problems, legend = [], Legend()
    data = text if isinstance(text, bytes) else text.encode()
    return list(cvat_reader.read(io.BytesIO(data), legend, problems)), problems, legend


@drawn.several
@given(drawn.images(drawn.boxes, drawn.polygons, drawn.masks))
def test_every_shape_comes_back(images):
    images[0].annotations = [*images[0].annotations, ExportAnnotation(2, "label", crowd=True, note='a "note" <&>')]
    file, _, written = drawn.packed(cvat.write, images)
    found, problems, legend = read_text(file.read("annotations.xml"))
    assert (problems, written.left_out) == ([], 0)
    assert [category.path for category in legend.categories] == list(drawn.UNIQUE.values())
    for image, back in zip(images, found, strict=True):
        assert (back.width, back.height, back.split) == (image.width, image.height, image.split)
        for one, two in zip(image.annotations, back.annotations, strict=True):
            assert (two.category_id, two.crowd, two.note) == (one.category_id, one.crowd, one.note)
            if one.shape == "box":
                assert list(two.box) == pytest.approx(list(one.box), abs=0.011)
            elif one.shape != "label":
                same = drawn.filled(one, image.width, image.height) == drawn.filled(two, image.width, image.height)
                assert same.all()


def test_a_mask_is_written_as_cvat_has_it():
    """By rows within its box, beginning with background."""
    ell = ExportAnnotation(1, "polygon", geometry.Box(2, 1, 3, 2), [[[2, 1], [5, 1], [5, 3], [4, 3], [4, 2], [2, 2]]])
    hole = [[[0, 0], [9, 0], [9, 9], [0, 9]], [[3, 3], [6, 3], [6, 6], [3, 6]]]
    ring = ExportAnnotation(1, "polygon", geometry.Box(0, 0, 9, 9), hole)
    file, _, _ = drawn.packed(cvat.write, [ExportImage(1, "a.jpg", 9, 9, [ell, ring])])
    text = file.read("annotations.xml").decode()
    assert 'points="2,1;5,1;5,3;4,3;4,2;2,2"' in text
    assert 'rle="0, 30, 3, 6, 3, 6, 3, 30" left="0" top="0" width="9" height="9"' in text


HEAD = '<annotations><image id="0" name="a.jpg" width="9" height="9">{}</image></annotations>'
GOOD = '<box label="Cat" xtl="1" ytl="1" xbr="5" ybr="6"/>'


@pytest.mark.parametrize(
    ("shape", "problem"),
    [
        ('<box label="Cat" xtl="1" ytl="1" xbr="1" ybr="6"/>', "the box has no width or no height"),
        ('<box label="Cat" xtl="1" ytl="1" xbr="nan" ybr="6"/>', "the box has no width or no height"),
        ('<box label="Cat" xtl="1" ytl="1" xbr="inf" ybr="6"/>', "the box has no width or no height"),
        ('<box label="Cat" xtl="1"/>', "ytl is missing"),
        ('<box xtl="1" ytl="1" xbr="5" ybr="6"/>', "A label has no name"),
        ('<polygon label="Cat" points="1,2;3,4"/>', "a polygon needs at least three points of two numbers"),
        ('<polygon label="Cat" points="1,2;3,4;5"/>', "a polygon needs at least three points of two numbers"),
        ('<mask label="Cat" rle="0,4" left="8" top="8" width="2" height="2"/>', "the mask is not inside its image"),
        ('<mask label="Cat" rle="0,9" left="0" top="0" width="2" height="2"/>', "counts must describe 2 x 2 pixels"),
    ],
)
def test_a_wrong_shape_is_named_and_the_others_count(shape, problem):
    (image,), problems, _ = read_text(HEAD.format(shape + GOOD))
    assert problems == [f"a.jpg, shape 1: {problem}."]
    assert [found.box for found in image.annotations] == [geometry.Box(1, 1, 4, 5)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<annotations>",
        "<other/>",
        '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;">]>' + HEAD.format("&y;"),
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + HEAD.format("&x;"),
        '<annotations><image name="a" width="x" height="9"/></annotations>',
        '<annotations><image name="" width="9" height="9"/></annotations>',
        '<annotations><image name="a" width="999999999" height="9999999"/></annotations>',
        "<annotations><label><name></name></label></annotations>",
    ],
)
def test_what_is_no_cvat_is_refused(text):
    with pytest.raises(NotReadable, match=r"\.$"):
        read_text(text)


@drawn.several
@given(st.binary(max_size=60), st.integers(0, 150))
def test_damaged_files_are_refused_or_read(noise, place):
    data = bytearray(HEAD.format(GOOD).encode())
    data[place : place + len(noise)] = noise
    with contextlib.suppress(NotReadable):
        read_text(bytes(data))
