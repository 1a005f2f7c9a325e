import json

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from annotations import geometry
from exports.formats import automl, automl_reader
from exports.formats.records import ExportAnnotation, ExportImage, Legend, NotReadable, Size
from tests.exports import drawn


def read_back(images, task):
    for image in images:
        image.url = str(image.id)
    file, folder, written = drawn.packed(automl.write, images, task=task)
    legend, problems, found = Legend(), [], []
    for name in folder.names():
        if name.endswith(".jsonl"):
            check_as_the_azure_reader_does(file.read(name))
            found += list(automl_reader.read(folder.lines(name), legend, problems))
    assert problems == []
    paths = {category.id: category.path for category in legend.categories}
    assert written.annotations == sum(len(image.annotations) for image in found)
    return {int(image.url): image for image in found}, paths


def check_as_the_azure_reader_does(data):
    """Mixed types become nulls there: every key has one type, everywhere, and no number lacks its point."""
    types = {}

    def walk(value, path):
        kind = type(value)
        assert types.setdefault(path, kind) is kind, path
        if isinstance(value, dict):
            assert types.setdefault((path, "keys"), tuple(value)) == tuple(value)
            for key, inner in value.items():
                walk(inner, (*path, key))
        if isinstance(value, list):
            for inner in value:
                walk(inner, (*path, "[]"))

    for line in data.splitlines():
        walk(json.loads(line), ())


@drawn.several
@given(drawn.images(drawn.boxes))
def test_boxes_come_back(images):
    found, paths = read_back(images, "box")
    for image in images:
        for one, two in zip(image.annotations, found[image.id].annotations, strict=True):
            assert paths[two.category_id] == drawn.UNIQUE[one.category_id]
            assert list(two.box) == pytest.approx(list(one.box), abs=1e-6)


@drawn.several
@given(drawn.images(drawn.polygons, drawn.masks))
def test_outlines_come_back_as_the_same_pixels(images):
    found, _ = read_back(images, "polygon")
    for image in images:
        for one, two in zip(image.annotations, found[image.id].annotations, strict=True):
            missed = drawn.filled(two, image.width, image.height) ^ drawn.filled(one, image.width, image.height)
            assert missed.sum() <= 0.01 * image.width * image.height
            if one.shape == "polygon" and two.parts and len(one.parts) == len(two.parts):
                assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(one.parts, two.parts, strict=True))


@drawn.several
@given(drawn.images(labels=st.lists(st.integers(1, 4), max_size=4, unique=True)))
def test_many_labels_come_back(images):
    found, paths = read_back(images, "multilabel")
    for image in images:
        assert [paths[row.category_id] for row in found[image.id].annotations] == [
            drawn.UNIQUE[row.category_id] for row in image.annotations
        ]


@drawn.several
@given(drawn.images(labels=st.lists(st.integers(1, 4), max_size=1)))
def test_one_label_comes_back(images):
    found, paths = read_back(images, "multiclass")
    assert {number: paths[image.annotations[0].category_id] for number, image in found.items()} == {
        image.id: drawn.UNIQUE[image.annotations[0].category_id] for image in images if image.annotations
    }


def test_the_folder_as_a_whole():
    box = ExportAnnotation(1, "box", geometry.Box(0, 0, 320, 480), crowd=True)
    images = [
        ExportImage(1, "x/a.JPG", 640, 480, [box], split="train", url="AmlDatastore://images/x/a.JPG"),
        ExportImage(2, "b.png", 640, 480, split="val"),
    ]
    file, _, _ = drawn.packed(automl.write, images, task="box")
    assert file.namelist()[:4] == [
        "training-mltable-folder/annotations.jsonl",
        "training-mltable-folder/MLTable",
        "validation-mltable-folder/annotations.jsonl",
        "validation-mltable-folder/MLTable",
    ]
    assert file.read("training-mltable-folder/annotations.jsonl") == (
        b'{"image_url":"AmlDatastore://images/x/a.JPG","image_details":{"format":"jpg","width":640,"height":480},'
        b'"label":[{"label":"Cat","topX":0.0,"topY":0.0,"bottomX":0.5,"bottomY":1.0,"isCrowd":1}]}\n'
    )
    table = yaml.safe_load(file.read("training-mltable-folder/MLTable"))
    assert (table["paths"], len(table["transformations"])) == ([{"file": "./annotations.jsonl"}], 1)


@pytest.mark.parametrize(
    ("url", "streams"),
    [
        ("azureml://subscriptions/s/x/paths/a.jpg", True),
        ("https://h/a.jpg", True),
        ("a.jpg", False),
        ("azureml://stores/a.jpg", False),
    ],
)
def test_addresses_that_can_be_opened_become_streams(url, streams):
    images = [ExportImage(1, "a.jpg", 9, 9, [ExportAnnotation(1, "label")], url=url)]
    file, _, _ = drawn.packed(automl.write, images, task="multiclass")
    assert ("stream_info" in file.read("MLTable").decode()) is streams


def test_an_empty_export_is_a_whole_folder():
    file, _, _ = drawn.packed(automl.write, [], task="box")
    assert file.namelist() == ["annotations.jsonl", "MLTable", "SHA256SUMS"]


def line(label, details='{"width":"200px","height":100}'):
    return f'{{"image_url":"AmlDatastore://s/a/1.jpg","image_details":{details},"label":{label}}}'.encode()


@pytest.mark.parametrize("crowd", ['"true"', '"True"', '"1"', "1", "true"])
def test_what_microsoft_tolerates_is_tolerated(crowd):
    label = f'{{"label":"car","topX":"0.5","topY":0,"bottomX":0.25,"bottomY":1,"isCrowd":{crowd}}}'
    problems, legend = [], Legend()
    (image,) = automl_reader.read([b"\xef\xbb\xbf" + line(label), b""], legend, problems)
    box = ExportAnnotation(1, "box", geometry.Box(50, 0, 50, 100), crowd=True, origin="import")
    assert (image.name, image.annotations, problems) == ("a/1.jpg", [box], [])


@pytest.mark.parametrize(
    ("label", "problem"),
    [
        ('[{"label":"car","topX":2,"topY":0,"bottomX":1,"bottomY":1}]', "a coordinate is not between 0 and 1"),
        ('[{"label":"car","topX":0,"topY":0,"bottomX":0,"bottomY":1}]', "a box has no width or no height"),
        ('[{"label":"car","topX":0,"topY":0,"bottomX":0.5}]', "a box has no bottomY"),
        ('[{"label":"car","topX":true,"topY":0,"bottomX":0.5,"bottomY":1}]', "a coordinate is not a number"),
        ('[{"topX":0}]', "a label is neither text nor an object with a label"),
        ('[{"label":"c","polygon":[[0.1,0.2]]}]', "an outline has no usable ring"),
        ('[{"label":"c","polygon":null}]', "'NoneType' object is not iterable"),
        ("null", "a label is neither text nor an object with a label"),
    ],
)
def test_a_wrong_object_is_named(label, problem):
    problems = []
    (image,) = automl_reader.read([line(label)], Legend(), problems)
    assert (image.annotations, problems) == ([], [f"Line 1: {problem}."])


def test_sizes_may_come_from_elsewhere():
    data = line('[{"label":"c","topX":0,"topY":0,"bottomX":0.5,"bottomY":1}]', "null")
    problems = []
    (image,) = automl_reader.read([data], Legend(), problems)
    assert problems == ["Line 1: the image's size is not known, so its fractions cannot become pixels."]
    sizes = {"AmlDatastore://s/a/1.jpg": Size("here.jpg", 10, 20)}
    (image,) = automl_reader.read([data], Legend(), [], sizes)
    assert (image.name, image.annotations[0].box) == ("here.jpg", geometry.Box(0, 0, 5, 20))


@pytest.mark.parametrize("data", [b"{", b"[]", b"{}", b'{"image_url":1,"label":"a"}', line('"a"', '{"width":"wide"}')])
def test_what_is_no_automl_is_refused(data):
    with pytest.raises(NotReadable, match=r"^Line 1.*\.$"):
        list(automl_reader.read([data], Legend(), []))


@drawn.several
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(0, 2) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["label", "topX", "topY", "bottomX", "bottomY", "polygon", "isCrowd"]),
                inner,
                max_size=7,
            )
        ),
    )
)
def test_no_label_breaks_the_reader(label):
    problems = []
    (image,) = automl_reader.read([line(json.dumps(label))], Legend(), problems)
    assert len(image.annotations) + len(problems) == (len(label) if isinstance(label, list) else 1)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("AmlDatastore://store/a/1.jpg", "a/1.jpg"),
        ("azureml://subscriptions/s/resourcegroups/r/workspaces/w/datastores/d/paths/a/1.jpg", "a/1.jpg"),
        ("https://account.blob.core.windows.net/container/a/1.jpg", "container/a/1.jpg"),
        ("file:///data/1.jpg", "data/1.jpg"),
        ("a/1.jpg", "a/1.jpg"),
    ],
)
def test_images_are_named_by_their_path(url, name):
    assert automl_reader.name_of(url) == name


@pytest.mark.parametrize(
    ("confidence", "found", "words"),
    [
        (0.25, [0.25, 0.25], []),
        ([0.5, "0.75"], [0.5, 0.75], []),
        ([0.5], [0.5, 1.0], []),
        (None, [1.0, 1.0], []),
        ([7, 1], [1.0, 1.0], ["Line 1: a confidence is not between 0 and 1."]),
        ([True, 1], [1.0, 1.0], ["Line 1: a confidence is not a number."]),
    ],
)
def test_confidences_are_one_for_all_or_one_each(confidence, found, words):
    data = json.dumps({"image_url": "a.jpg", "label": ["cat", "dog"], "label_confidence": confidence}).encode()
    problems = []
    (image,) = automl_reader.read([data], Legend(), problems)
    assert ([annotation.confidence for annotation in image.annotations], problems) == (found, words)


def test_columns_may_have_other_names_and_labels_be_absent():
    rows = ({"where": "a.jpg", "what": "cat", "p": 0.5}, {"where": "b.jpg", "what": ""}, {"where": "c.jpg"})
    columns = {"image": "where", "label": "what", "confidence": "p"}
    lines, problems = [json.dumps(row).encode() for row in rows], []
    images = list(automl_reader.read(lines, Legend(), problems, columns=columns))
    assert [(image.name, [one.confidence for one in image.annotations]) for image in images] == [
        ("a.jpg", [0.5]), ("b.jpg", []), ("c.jpg", []),
    ]  # fmt: skip
    assert problems == []
    with pytest.raises(NotReadable, match="Line 1 is not an object with “path”"):
        list(automl_reader.read(lines, Legend(), [], columns={"image": "path"}))
