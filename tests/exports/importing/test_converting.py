"""Whatever a file says of an image becomes a document that could be submitted, or is named as wrong."""

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations import documents, geometry, rle
from annotations.documents import TaskType
from exports.formats.records import RELATIVE, ExportAnnotation, ExportImage
from exports.importing.converting import Converter
from tests.exports import drawn

WIDTH, HEIGHT = 60, 40
LABELS = frozenset({"cat", "dog"})
CODES = {1: "cat", 2: "dog", 3: None}
TASKS = ("multiclass", "multilabel", "box", "polygon", "semantic")
coordinates = st.one_of(
    st.floats(-90, 90), st.sampled_from([0.0, -0.5, -0.5001, 60.5, 60.0, 40.5, float("nan"), float("inf"), 1e12, 1e-9])
)
codes = st.sampled_from(["", "r1", "r1", "\0", "x" * 65])


@st.composite
def annotations(draw: Any) -> ExportAnnotation:
    shape = draw(st.sampled_from(["label", "box", "polygon", "mask"]))
    own: dict[str, Any] = {"note": draw(st.sampled_from(["", "a\0b", "n" * 3000])), "code": draw(codes)}
    own["crowd"], own["origin"] = draw(st.booleans()), draw(st.sampled_from(["manual", "import", "elsewhere"]))
    box = geometry.Box(*(draw(coordinates) for _ in range(4)))
    parts: Any = ()
    if shape == "polygon":
        points = st.lists(st.tuples(coordinates, coordinates).map(list), min_size=3, max_size=6)
        parts = draw(st.lists(points, min_size=1, max_size=2))
    counts = draw(st.sampled_from(["", "0", "oops", rle.compress(rle.from_list([2, 5, 2393], 40, 60))]))
    return ExportAnnotation(draw(st.integers(1, 3)), shape, box, parts, counts=counts, **own)


@drawn.several
@given(st.sampled_from(TASKS), st.lists(annotations(), max_size=5), st.booleans())
def test_what_comes_out_could_be_submitted(task: str, found: list[ExportAnnotation], relative: bool) -> None:
    task_type = cast("TaskType", task)
    source = RELATIVE if relative else None
    image = ExportImage(
        1, "a.jpg", WIDTH // 2 if relative else WIDTH, HEIGHT // 2 if relative else HEIGHT, found, source=source
    )
    made = Converter(task_type, LABELS).convert(image, WIDTH, HEIGHT, CODES)
    assert made.unknown == sum(annotation.category_id == 3 for annotation in found)
    if made.document is None:
        assert made.wrong or not [one for one in found if one.category_id != 3]
        return
    document = documents.parse_json(made.document)
    assert documents.validate(document, task_type=task_type, width=WIDTH, height=HEIGHT, labels=LABELS) == []
    assert b"\\u0000" not in made.document
    assert set(made.labels) == {region.label for region in document.regions} | set(document.labels)
    assert sum(made.labels.values()) == len(document.regions)


@pytest.mark.parametrize("task", TASKS)
def test_nothing_here_is_an_answer_where_it_can_be(task: str) -> None:
    found = Converter(cast("TaskType", task), LABELS).empty()
    if task == "multiclass":
        assert found is None
    else:
        assert found is not None
        assert documents.parse_json(found).empty


def test_stored_documents_have_every_default_written_out() -> None:
    box = ExportAnnotation(1, "box", geometry.Box(1, 2, 3, 4), code="r1", origin="import")
    made = Converter("box", LABELS).convert(ExportImage(1, "a.jpg", WIDTH, HEIGHT, [box]), WIDTH, HEIGHT, CODES)
    assert made.document is not None
    document = documents.parse_json(made.document)
    assert documents.parse_json(documents.dump_json(document)) == document
    assert set(documents.dump(document)["regions"][0]) == {
        "id", "shape", "label", "x", "y", "width", "height", "crowd", "origin", "note",
    }  # fmt: skip


def test_the_lowest_confidence_is_the_images() -> None:
    boxes = [ExportAnnotation(1, "box", geometry.Box(1, 2, 3, 4), confidence=sure) for sure in (0.9, 0.4, 1.0)]
    image = ExportImage(1, "a.jpg", WIDTH, HEIGHT, boxes)
    converter = Converter("box", LABELS)
    assert converter.convert(image, WIDTH, HEIGHT, CODES).confidence == 0.4
    image.annotations = boxes[2:]
    assert converter.convert(image, WIDTH, HEIGHT, CODES).confidence is None
