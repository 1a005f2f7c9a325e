import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annotations import geometry
from exports.formats import label_studio, label_studio_reader
from exports.formats.records import ExportAnnotation, ExportImage, Legend, NotReadable
from tests.exports import drawn


def read(data):
    problems, legend = [], Legend()
    found = list(label_studio_reader.read(data, legend, problems))
    return found, problems, {category.id: category.path for category in legend.categories}


@drawn.several
@given(drawn.images(drawn.boxes, drawn.polygons, drawn.masks))
def test_every_shape_comes_back(images):
    file, _, written = drawn.packed(label_studio.write, images)
    found, problems, paths = read(file.read("tasks.json"))
    assert (problems, written.left_out) == ([], 0)
    for image, back in zip(images, found, strict=True):
        assert (back.name, back.split) == (image.name, image.split)
        for one, two in zip(image.annotations, back.annotations, strict=True):
            assert paths[two.category_id] == drawn.UNIQUE[one.category_id]
            if one.shape == "box":
                assert list(two.box) == pytest.approx(list(one.box), abs=1e-6)
            else:
                same = drawn.filled(one, image.width, image.height) == drawn.filled(two, image.width, image.height)
                assert same.all()


@drawn.several
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 200), st.integers(1, 200)), elements=st.integers(0, 1), fill=st.just(0))
)
def test_brush_masks_come_back(mask):
    assert (label_studio_reader.unpacked(label_studio.packed(mask), *mask.shape) == mask).all()


def test_a_run_longer_than_a_length_can_say_is_cut():
    mask = np.ones((200, 200), np.uint8)
    assert label_studio_reader.unpacked(label_studio.packed(mask), 200, 200).all()


def test_a_task_as_a_whole():
    box = ExportAnnotation(1, "box", geometry.Box(10, 12, 20, 24), crowd=True, note="x", code="r7")
    images = [ExportImage(1, "a.jpg", 100, 48, [box, ExportAnnotation(2, "label")], split="val")]
    file, _, _ = drawn.packed(label_studio.write, images)
    (task,) = json.loads(file.read("tasks.json"))
    assert (task["data"], task["meta"]) == (
        {"image": "a.jpg"},
        {"name": "a.jpg", "width": 100, "height": 48, "split": "val"},
    )
    first, second = task["annotations"][0]["result"]
    assert first == {
        "id": "r7",
        "type": "rectanglelabels",
        "from_name": "rectanglelabels",
        "to_name": "image",
        "origin": "manual",
        "value": {"x": 10.0, "y": 25.0, "width": 20.0, "height": 50.0, "rotation": 0, "rectanglelabels": ["Cat"]},
        "original_width": 100,
        "original_height": 48,
        "image_rotation": 0,
        "meta": {"crowd": True, "note": "x"},
    }
    assert second["value"] == {"choices": ['Dog "big" & <ä>']}
    text = file.read("label_config.xml").decode()
    assert '<RectangleLabels name="rectanglelabels" toName="image">' in text
    assert '<Choice value="Dog &quot;big&quot; &amp; &lt;ä&gt;" background="#1020f0"/>' in text
    assert "Brush" not in text


def task(result):
    return json.dumps([{"data": {"image": "a.jpg"}, "annotations": [{"result": [result]}]}]).encode()


SIZE = {"original_width": 10, "original_height": 10}


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        ({"type": "videorectangle"}, "this kind of result is not known here"),
        ({"type": "choices", "value": {"choices": []}}, "it has no label"),
        ({"type": "rectanglelabels", "value": {"rectanglelabels": ["a"]}}, "original_width is missing"),
        ({"type": "rectanglelabels", "value": {"rectanglelabels": ["a"]}, **SIZE}, "x is missing"),
        (
            {"type": "rectanglelabels", "value": {"rectanglelabels": ["a"], "rotation": 5}, **SIZE},
            "the box is turned, which is not known here",
        ),
        (
            {"type": "polygonlabels", "value": {"polygonlabels": ["a"], "points": [[1, 2]]}, **SIZE},
            "a polygon needs at least three points",
        ),
        ({"type": "brushlabels", "value": {"brushlabels": ["a"], "rle": [1, 2]}, **SIZE}, "the mask ends too early"),
        (
            {"type": "brushlabels", "value": {"brushlabels": ["a"], "rle": ["x"]}, **SIZE},
            "the mask is not a list of bytes",
        ),
    ],
)
def test_a_wrong_result_is_named(result, problem):
    (image,), problems, _ = read(task(result))
    assert (image.annotations, problems) == ([], [f"a.jpg, result 1: {problem}."])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[1]",
        b'[{"data":{}}]',
        b'[{"data":{"image":"a"},"annotations":[1]}]',
        b'[{"data":{"image":"a"},"annotations":[{"result":1}]}]',
    ],
)
def test_what_is_no_label_studio_is_refused(data):
    with pytest.raises(NotReadable, match=r"\.$"):
        read(data)


@drawn.several
@given(
    st.recursive(
        st.none() | st.integers() | st.floats() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "type",
                        "value",
                        "rle",
                        "points",
                        "x",
                        "y",
                        "width",
                        "height",
                        "original_width",
                        "original_height",
                        "rectanglelabels",
                    ]
                ),
                inner,
                max_size=6,
            )
        ),
    )
)
def test_no_result_breaks_the_reader(result):
    with contextlib.suppress(NotReadable):
        (image,), problems, _ = read(task(result))
        assert len(image.annotations) + len(problems) <= 1
