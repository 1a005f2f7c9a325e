import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations import geometry
from exports.formats import csv, csv_reader
from exports.formats.csv_reader import Columns
from exports.formats.records import RELATIVE, ExportAnnotation, ExportImage, Legend, NotReadable
from tests.exports import drawn


def read(data, columns=None):
    legend, problems = Legend(), []
    file = io.BytesIO(data if isinstance(data, bytes) else data.encode())
    images = list(csv_reader.read(file, legend, problems, columns))
    return images, {category.id: category.path for category in legend.categories}, problems


def written(images):
    out = io.BytesIO()
    csv.write(out, iter(images), drawn.CATEGORIES)
    return out.getvalue()


@drawn.several
@given(drawn.images(drawn.boxes, drawn.polygons, drawn.masks))
def test_regions_come_back(images):
    found, paths, problems = read(written(images))
    assert problems == []
    for image, back in zip(images, found, strict=True):
        assert (back.name, back.width, back.height, back.split) == (image.name, image.width, image.height, image.split)
        assert [
            (paths[one.category_id], one.shape, one.box, one.parts, one.counts, one.crowd, one.note, one.code, one.origin)
            for one in back.annotations
        ] == [
            (
                drawn.PATHS[one.category_id], one.shape, one.box, one.parts, one.counts, one.crowd, one.note, one.code,
                one.origin,
            )
            for one in image.annotations
        ]  # fmt: skip


@drawn.several
@given(drawn.images(labels=st.lists(st.integers(1, 4), max_size=4, unique=True)))
def test_labels_of_images_come_back(images):
    found, paths, _ = read(written(images))
    assert [[paths[one.category_id] for one in back.annotations] for back in found] == [
        [drawn.PATHS[one.category_id] for one in image.annotations] for image in images
    ]


@drawn.several
@given(drawn.names, drawn.names)
def test_what_looks_like_a_formula_comes_back(name, note):
    for text in (name, f"={name}", f"'={name}", f"''+{name}"):
        box = ExportAnnotation(1, "box", geometry.Box(1, 2, 3, 4), note=note + text, code=text)
        (image,), _, _ = read(written([ExportImage(1, text, 64, 48, [box], labelled_by=text, reviewed_by=text)]))
        (back,) = image.annotations
        assert (image.name, image.labelled_by, image.reviewed_by, back.code) == (text, text, text, text)
        assert back.note == note + text


@pytest.mark.parametrize(
    "head",
    ["file_name,class,xmin,ymin,xmax,ymax", "Filename;Category;X1;Y1;X2;Y2", "path\ttag\tleft\ttop\tright\tbottom"],
)
def test_columns_are_known_by_many_names_and_separators(head):
    separator = next(character for character in ",;\t" if character in head)
    rows = [["a.jpg", "Cat", "1", "2", "4", "8"], ["b.jpg", "Dog", "4", "8", "1", "2"]]
    found, paths, problems = read("\ufeff" + "\r\n".join([head, *map(separator.join, rows)]))
    assert problems == []
    assert [(image.name, paths[image.annotations[0].category_id], image.annotations[0].box) for image in found] == [
        ("a.jpg", "Cat", geometry.Box(1, 2, 3, 6)),
        ("b.jpg", "Dog", geometry.Box(1, 2, 3, 6)),
    ]


def test_azure_names_of_corners_are_fractions():
    (image,), _, _ = read("image_url,label,topX,topY,bottomX,bottomY\nAmlDatastore://s/a.jpg,Cat,0.1,0.2,0.3,0.6\n")
    assert (image.name, image.source, image.width, image.height) == ("AmlDatastore://s/a.jpg", RELATIVE, 1, 1)
    assert list(image.annotations[0].box) == pytest.approx([0.1, 0.2, 0.2, 0.4])


def test_columns_can_be_chosen():
    columns = Columns({"image": "a", "label": "c"}, fractions=False)
    (image,), paths, _ = read("a,b,c\n1.jpg,no,Cat\n", columns)
    assert (image.name, list(paths.values()), image.annotations[0].shape) == ("1.jpg", ["Cat"], "label")
    with pytest.raises(NotReadable, match="No column says which image"):
        read("a,b,c\n1.jpg,no,Cat\n")


def test_a_preview_has_the_first_rows():
    found = csv_reader.preview(io.BytesIO(b"image,label\n" + b"a,b\n" * 9))
    assert (found.columns, found.rows) == (["image", "label"], [["a", "b"]] * csv_reader.PREVIEW)


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ("Cat,1,2,x,4,,", "“x” is not a number"),
        ("Cat,1,2,0,4,,", "the box has no width or no height"),
        ("Cat,nan,2,3,4,,", "the box has no width or no height"),
        ("Cat,1,2,,,,", "“” is not a number"),
        ('Cat,,,,,"[[1,2]]",', "a ring needs at least three points of two numbers"),
        ('Cat,,,,,"{}",', "the outline is not a list of rings"),
        ('Cat,,,,,"[",', "the outline is not JSON"),
        ("Cat,,,,,,[]", "the mask is not an object with size and counts"),
    ],
)
def test_a_wrong_row_is_named_and_the_others_count(cells, problem):
    (image,), _, problems = read(f"image,label,x,y,width,height,polygon,mask\na.jpg,{cells}\na.jpg,Cat,1,2,3,4,,\n")
    assert problems == [f"Line 2: {problem}."]
    assert [one.box for one in image.annotations] == [geometry.Box(1, 2, 3, 4)]


@pytest.mark.parametrize("ring", ["[[[1,2],[3,4],[5,9]]]", "[[1,2],[3,4],[5,9]]", "[1,2,3,4,5,9]", "[[1,2,3,4,5,9]]"])
def test_outlines_may_be_nested_in_several_ways(ring):
    (image,), _, problems = read(f'image,label,polygon\na.jpg,Cat,"{ring}"\n')
    assert (problems, image.annotations[0].parts) == ([], [[[1, 2], [3, 4], [5, 9]]])


@pytest.mark.parametrize("data", [b"", b"\n", b"\xff\xfe\x00a", b",\n,"])
def test_what_is_no_table_is_refused(data):
    with pytest.raises(NotReadable):
        read(data)


@drawn.several
@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data):
    with contextlib.suppress(NotReadable):
        images, _, problems = read(b"image,label,x,y,width,height,polygon,mask\n" + data)
        rows = data.count(b"\n") + data.count(b"\r") + 1
        assert sum(len(image.annotations) for image in images) + len(problems) <= rows
