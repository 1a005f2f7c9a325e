import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations import geometry
from exports.formats import native
from exports.formats.records import ExportAnnotation, ExportImage, NotReadable
from tests.exports import drawn


def text_of(images, **options):
    out = io.BytesIO()
    written = native.write(out, iter(images), drawn.CATEGORIES, **options)
    return out.getvalue(), written


@drawn.several
@given(drawn.images(drawn.boxes, drawn.polygons, drawn.masks), st.data())
def test_everything_comes_back(images, data):
    words = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
    for image in images:
        for key in ("code", "url", "captured_at", "status", "labelled_by", "labelled_at", "reviewed_by"):
            setattr(image, key, data.draw(words))
        for annotation in image.annotations:
            annotation.origin = data.draw(st.sampled_from(["manual", "prelabel", "prelabel-edited", "import"]))
            annotation.note, annotation.code, annotation.crowd = (
                data.draw(words),
                data.draw(words),
                data.draw(st.booleans()),
            )
            annotation.confidence = data.draw(st.floats(0, 1))
        image.annotations = [*image.annotations, ExportAnnotation(2, "label")]
    found, written = text_of(images, project={"name": "x"})
    reader = native.Reader(found.split(b"\n"))
    assert (reader.categories, reader.project) == (drawn.CATEGORIES, {"name": "x"})
    assert list(reader.images()) == images
    assert (written.images, written.annotations) == (len(images), sum(len(image.annotations) for image in images))


def test_what_overhangs_is_kept():
    box = ExportAnnotation(1, "box", geometry.Box(-0.5, -0.5, 65, 49))
    (image,) = native.Reader(io.BytesIO(text_of([ExportImage(1, "a.jpg", 64, 48, [box])])[0])).images()
    assert image.annotations == [box]


HEAD = json.dumps(
    {"format": "labelwright", "version": 1, "project": {}, "labels": [{"id": 1, "name": "a", "path": "a"}]}
)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "Line 2 is not valid JSON"),
        ("[]", "Line 2 is not a JSON object"),
        ("{}", "Line 2: width is missing"),
        ('{"name":"a","width":"9","height":9,"annotations":[]}', "Line 2: width is not expected"),
        ('{"name":"a","width":9,"height":9,"annotations":{}}', "Line 2: an image needs a name"),
        ('{"name":"a","width":9,"height":9,"annotations":[{"label":7,"shape":"box"}]}', "no known label or shape"),
        ('{"name":"a","width":9,"height":9,"annotations":[{"label":1,"shape":"box"}]}', "Line 2: box is missing"),
        ('{"name":"a","width":9,"height":9,"annotations":[{"label":1,"shape":"box","box":[1,2,3,"4"]}]}', "4 numbers"),
        (
            '{"name":"a","width":9,"height":9,"annotations":[{"label":1,"shape":"polygon","parts":[[[1]]]}]}',
            "2 numbers",
        ),
        ('{"name":"a","width":9,"height":9,"annotations":[{"label":1,"shape":"polygon"}]}', "Line 2"),
        ('{"name":"a","width":9,"height":9,"annotations":[{"label":[],"shape":"box"}]}', "Line 2"),
    ],
)
def test_a_wrong_line_is_named(line, words):
    with pytest.raises(NotReadable, match=words):
        list(native.Reader([HEAD.encode(), line.encode()]).images())


@pytest.mark.parametrize(
    "head",
    [
        "",
        "{}",
        '{"format":"labelwright","version":2}',
        '{"format":"labelwright","version":1,"labels":[{"id":"x"}]}',
        '{"format":"labelwright","version":1,"labels":[1]}',
        "\ufeff{",
    ],
)
def test_another_head_is_refused(head):
    with pytest.raises(NotReadable, match=r"\.$"):
        native.Reader([head.encode()])
