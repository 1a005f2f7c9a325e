import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations import documents, rle

CAT, DOG = "0d3e5a52-6d0e-4d38-9d3c-5b1f0d3a7c01", "0d3e5a52-6d0e-4d38-9d3c-5b1f0d3a7c02"
LABELS = {CAT, DOG}


def box(number=1, **changes):
    region = {"id": f"r{number}", "shape": "box", "label": CAT, "x": 1.5, "y": 2, "width": 30, "height": 40}
    return region | changes


def polygon(*parts, **changes):
    return {"id": "p1", "shape": "polygon", "label": CAT, "parts": list(parts)} | changes


def mask(pixels, **changes):
    runs = rle.encode(pixels)
    frame = dict(zip(("x", "y", "width", "height"), rle.bounding_box(runs, pixels.shape[0]), strict=True))
    text = {"size": list(pixels.shape), "counts": rle.compress(runs)}
    return {"id": "m1", "shape": "mask", "label": CAT, "rle": text, **frame} | changes


def pixels(rows, columns):
    filled = np.zeros((48, 64), dtype=np.uint8)
    filled[rows, columns] = 1
    return filled


def problems(document, task_type="box"):
    parsed = documents.parse(document)
    found = documents.validate(parsed, task_type=task_type, width=64, height=48, labels=LABELS)
    return [(problem.path, problem.detail) for problem in found]


def parse_problems(document):
    with pytest.raises(documents.InvalidDocument) as caught:
        documents.parse(document)
    return [(problem.path, problem.detail) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("task_type", "document"),
    [
        ("multiclass", {"labels": [CAT]}),
        ("multilabel", {"labels": [CAT, DOG]}),
        ("multilabel", {"empty": True}),
        ("box", {"regions": [box(), box(2, label=DOG, crowd=True, origin="prelabel-edited", note="?")]}),
        ("box", {"regions": [box(x=0, y=0, width=64, height=48)]}),
        ("box", {"labels": [], "regions": [], "empty": True}),
        ("polygon", {"regions": [polygon([[0, 0], [20, 0], [20, 20]], [[5, 2], [9, 2], [9, 5]])]}),
        ("semantic", {"regions": [mask(pixels(slice(5, 9), slice(3, 30)))]}),
        ("polygon", {"regions": [polygon([[0, 0], [20, 0], [20, 20]]), mask(pixels(slice(5, 9), slice(3, 30)))]}),
        ("polygon", {"regions": [mask(pixels(3, 3)), mask(pixels(slice(3, 5), 3), id="m2")]}),
    ],
)
def test_good_documents_pass_every_door(task_type, document):
    parsed = documents.parse(document)
    assert problems(document, task_type) == []
    assert documents.validate_draft(parsed, task_type=task_type) == []
    assert documents.parse(documents.dump(parsed)) == parsed
    assert documents.parse_json(documents.dump_json(parsed)) == parsed
    assert json.loads(documents.dump_json(parsed)) == documents.dump(parsed)


def test_dump_writes_every_default():
    assert documents.dump(documents.parse({"regions": [box()]})) == {
        "labels": [],
        "regions": [box() | {"crowd": False, "origin": "manual", "note": ""}],
        "empty": False,
    }


@pytest.mark.parametrize(
    ("task_type", "document", "path", "detail"),
    [
        ("multiclass", {}, "labels", "Choose exactly one label."),
        ("multiclass", {"labels": [CAT, DOG]}, "labels", "Choose exactly one label."),
        ("multiclass", {"empty": True}, "labels", "Choose exactly one label."),
        ("multilabel", {}, "labels", 'Choose at least one label, or "nothing here".'),
        ("multilabel", {"labels": [CAT, CAT]}, "labels", "A label is given twice."),
        ("multilabel", {"labels": ["x"]}, "labels.0", "This label is not one of the project's labels."),
        ("box", {}, "regions", 'Draw at least one region, or mark "nothing here".'),
        (
            "box",
            {"regions": [box()], "empty": True},
            "empty",
            "A document marked as empty cannot have labels or regions.",
        ),
        (
            "box",
            {"regions": [box()], "labels": [CAT]},
            "labels",
            "A box task takes regions, not image labels.",
        ),
        (
            "polygon",
            {"regions": [box()]},
            "regions.0.shape",
            "Region 1 (box): a polygon task does not take this shape.",
        ),
        (
            "multilabel",
            {"labels": [CAT], "regions": [box()]},
            "regions.0.shape",
            "Region 1 (box): a multilabel task does not take this shape.",
        ),
    ],
)
def test_each_task_type_has_its_rule(task_type, document, path, detail):
    assert problems(document, task_type) == [(path, detail)]


@pytest.mark.parametrize(
    ("changes", "path", "detail"),
    [
        ({"width": 0}, "width", "width must be greater than 0."),
        ({"height": -3}, "height", "height must be greater than 0."),
        ({"x": -0.51}, "x", "x must be between 0 and the image's width, 64 px."),
        ({"y": 48}, "y", "y must be between 0 and the image's height, 48 px."),
        ({"width": 63.1}, "width", "x + width must not go past the image's width, 64 px."),
        ({"height": 1e308}, "height", "y + height must not go past the image's height, 48 px."),
        ({"x": -0.4, "width": 0.3}, "width", "x + width must not go past the image's width, 64 px."),
        ({"label": "x"}, "label", "this label is not one of the project's labels."),
        ({"id": "r1"}, "id", "another region has the same id."),
    ],
)
def test_a_bad_box_is_named(changes, path, detail):
    document = {"regions": [box(1), box(2), box(3, **changes)]}
    assert problems(document) == [(f"regions.2.{path}", f"Region 3 (box): {detail}")]


def test_half_a_pixel_outside_is_accepted_and_kept():
    document = {"regions": [box(x=-0.5, y=-0.25, width=65, height=48.75)]}
    assert problems(document) == []
    assert documents.parse(document).regions[0].x == -0.5


@pytest.mark.parametrize(
    ("ring", "detail"),
    [
        ([[0, 0], [5, 5], [0, 0]], "ring 2 needs at least three different points."),
        ([[0, 0], [65, 0], [9, 9]], "ring 2 has a point outside the image, which is 64 x 48 px."),
        ([[0, 0], [9, 9], [9, 0], [0, 9]], "ring 2 crosses or touches itself."),
    ],
)
def test_a_bad_ring_is_named(ring, detail):
    document = {"regions": [polygon([[0, 0], [20, 0], [20, 20]], ring)]}
    assert problems(document, "polygon") == [("regions.0.parts.1", f"Region 1 (polygon): {detail}")]


def test_masks_must_fit_the_image_and_each_other():
    first, second = pixels(slice(5, 9), slice(3, 30)), pixels(slice(8, 20), slice(3, 30))
    assert problems({"regions": [mask(first), mask(second, id="m2", label=DOG)]}, "semantic") == [
        ("regions", "Two masks cover the same pixel; masks must not overlap.")
    ]
    again = mask(pixels(slice(30, 31), slice(0, 3)), id="m2")
    assert problems({"regions": [mask(first), again]}, "semantic") == [
        ("regions.1.label", "Region 2 (mask): this label already has a mask; there is one per label.")
    ]
    other_size = np.zeros((4, 4), dtype=np.uint8)
    assert [path for path, _ in problems({"regions": [mask(other_size)]}, "semantic")] == ["regions.0.rle.counts"]
    turned = mask(first) | {"rle": mask(first)["rle"] | {"size": [64, 48]}}
    assert [path for path, _ in problems({"regions": [turned]}, "semantic")] == ["regions.0.rle.size"]
    assert problems({"regions": [mask(pixels(0, slice(0, 0)))]}, "semantic") == [
        ("regions.0.width", "Region 1 (mask): the mask has no pixels.")
    ]
    moved = mask(first, x=10)
    assert [path for path, _ in problems({"regions": [moved]}, "semantic")] == ["regions.0.width"]


@pytest.mark.parametrize(
    ("document", "path", "detail"),
    [
        ([], "", "The document must be an object."),
        ({"regions": None}, "regions", "Regions must be a list."),
        ({"colour": 1}, "colour", "Colour is not a known field."),
        ({"regions": [box(width="30")]}, "regions.0.width", "Region 1 (box): width must be a number."),
        ({"regions": [box(x=True)]}, "regions.0.x", "Region 1 (box): x must be a number."),
        ({"regions": [box(x=float("nan"))]}, "regions.0.x", "Region 1 (box): x must be a finite number."),
        ({"regions": [box(y=float("inf"))]}, "regions.0.y", "Region 1 (box): y must be a finite number."),
        ({"regions": [box(angle=3)]}, "regions.0.angle", "Region 1 (box): angle is not a known field."),
        (
            {"regions": [box(), box(shape="star")]},
            "regions.1",
            "Region 2 (unknown shape): shape must be one of 'box', 'polygon', 'mask'.",
        ),
        ({"regions": [{}]}, "regions.0", "Region 1 (unknown shape): shape must be one of 'box', 'polygon', 'mask'."),
        ({"regions": [7]}, "regions.0", "Region 1 (unknown shape): the region must be an object."),
        ({"regions": [polygon([[0, 0, 0]])]}, "regions.0.parts.0.0", None),
        ({"regions": [polygon([[0, 0]], crowd=True)]}, "regions.0.crowd", None),
        (
            {"regions": [box(note="x" * 2001)]},
            "regions.0.note",
            "Region 1 (box): note must have at most 2,000 characters.",
        ),
        ({"regions": [box(n) for n in range(20_001)]}, "regions", "Regions must have at most 20,000 items."),
        ({"regions": [polygon([[0, 0]] * 10_001)]}, "regions.0.parts.0", None),
    ],
)
def test_what_cannot_be_parsed_is_named(document, path, detail):
    [(found_path, found_detail)] = parse_problems(document)
    assert found_path == path
    assert found_detail == (detail or found_detail)


def test_too_many_points_over_several_rings_are_refused():
    triangle = [[0, 0], [9, 0], [9, 9]]
    assert problems({"regions": [polygon(*[triangle] * 3334)]}, "polygon") == [
        ("regions.0.parts", "Region 1 (polygon): a polygon can have at most 10,000 points.")
    ]


def test_json_that_is_no_json_is_refused():
    with pytest.raises(documents.InvalidDocument, match="not valid JSON"):
        documents.parse_json(b'{"labels": [')


def test_the_error_carries_code_sentence_and_fields():
    with pytest.raises(documents.InvalidDocument) as caught:
        documents.parse({"regions": [box(width=None), box(x="1")]})
    error = caught.value
    assert (error.code, error.detail) == (
        "invalid_document",
        "Region 1 (box): width must be a number. (and 1 more)",
    )
    assert documents.fields(error.problems, prefix="items.0.") == {
        "items.0.regions.0.width": ["Region 1 (box): width must be a number."],
        "items.0.regions.1.x": ["Region 2 (box): x must be a number."],
    }


def test_the_list_of_problems_has_an_end():
    assert len(problems({"regions": [box(n, width=-1) for n in range(9_999)]})) == documents.MOST_PROBLEMS
    assert len(parse_problems({"regions": [box(n, width="1") for n in range(999)]})) == documents.MOST_PROBLEMS


def test_a_draft_may_be_half_done_but_not_of_another_kind():
    half_done = documents.parse({"regions": [box(width=0), box(2, label="gone", x=900)]})
    assert documents.validate_draft(documents.parse({}), task_type="multiclass") == []
    assert documents.validate_draft(half_done, task_type="box") == []
    [problem] = documents.validate_draft(documents.parse({"regions": [polygon([[0, 0]])]}), task_type="box")
    assert problem.detail == "Region 1 (polygon): a box task does not take this shape."


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(["labels", "regions", "empty", "id", "shape", "label", "x", "parts", "rle", "note"])
regions = st.dictionaries(keys, json_values | st.sampled_from(["box", "polygon", "mask"]), max_size=6)


@given(json_values | st.fixed_dictionaries({"regions": st.lists(regions | json_values, max_size=3)}))
def test_any_json_is_parsed_or_refused_with_a_sentence(value):
    try:
        parsed = documents.parse(value)
    except documents.InvalidDocument as error:
        refusal = error.detail
    else:
        refusal = "None"
        documents.validate(parsed, task_type="box", width=10, height=10, labels=())
    assert refusal[0] == refusal[0].upper()
