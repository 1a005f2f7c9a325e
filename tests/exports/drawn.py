"""Random images with labels, for the round trips of every format."""

import io
import zipfile

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annotations import geometry, rle
from exports.formats.archive import Archive
from exports.formats.folder import ZipFolder
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage, Size

CATEGORIES = [
    ExportCategory(1, "Cat", "Animal/Cat", "c1", "#e02030"),
    ExportCategory(2, 'Dog "big" & <ä>', 'Animal/Dog "big" & <ä>', "c2", "#1020f0"),
    ExportCategory(3, "Left", "Front/Left", "c3", "#d0f000"),
    ExportCategory(4, "Left", "Rear/Left", "c4", "#b080f0"),
]
UNIQUE = {1: "Cat", 2: 'Dog "big" & <ä>', 3: "Front/Left", 4: "Rear/Left"}
PATHS = {category.id: category.path for category in CATEGORIES}

several = settings(deadline=None, max_examples=40)
"""Examples enough for a format, on machines of any speed."""
names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=12)
splits = st.sampled_from(["", "train", "val", "test"])
categories = st.integers(1, 4)


def numbers(low, high):
    """Tenths of a pixel, as people draw."""
    return st.integers(low * 10, high * 10).map(lambda tenths: tenths / 10)


@st.composite
def boxes(draw, width, height, **more):
    x, y = draw(numbers(0, width - 2)), draw(numbers(0, height - 2))
    box = geometry.Box(x, y, draw(numbers(1, int(width - x))), draw(numbers(1, int(height - y))))
    return ExportAnnotation(draw(categories), "box", box, **more)


@st.composite
def polygons(draw, width, height):
    """A convex ring, and sometimes a second one beside it or within it."""
    rings = [draw(_ring(0, 0, width / 2, height))]
    kind = draw(st.sampled_from(["one", "beside", "hole"]))
    if kind == "beside":
        rings.append(draw(_ring(width / 2 + 1, 0, width / 2 - 1, height)))
    if kind == "hole":
        rings = [
            [[1, 1], [width - 1, 1], [width - 1, height - 1], [1, height - 1]],
            draw(_ring(2, 2, width - 4, height - 4)),
        ]
    return ExportAnnotation(draw(categories), "polygon", geometry.bounds(rings), rings)


@st.composite
def _ring(draw, x, y, width, height):
    # Never on a pixel's centre, where rounding would decide whether it is inside.
    x, y, width, height = x + 0.2, y + 0.2, width - 0.4, height - 0.4
    count = draw(st.integers(3, 7))
    start = draw(st.floats(0, 1))
    angles = [(start + step / count) * 2 * np.pi for step in range(count)]
    return [
        [
            round(x + width / 2 * (1 + float(np.cos(a))), 1) - 0.03,
            round(y + height / 2 * (1 + float(np.sin(a))), 1) - 0.03,
        ]
        for a in angles
    ]


@st.composite
def masks(draw, width, height):
    pixels = draw(arrays(np.uint8, (height, width), elements=st.integers(0, 1), fill=st.just(0)))
    pixels[draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))] = 1
    runs = rle.encode(pixels)
    box = rle.bounding_box(runs, height)
    return ExportAnnotation(draw(categories), "mask", box, counts=rle.compress(runs))


@st.composite
def images(draw, *kinds, labels=None, most=4):
    """A few images of 30 x 20 px up to 300 x 200, with annotations of `kinds`, or `labels` of the whole image."""
    found = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        width, height = draw(st.sampled_from([(30, 20), (300, 200), (33, 47)]))
        if labels is not None:
            chosen = draw(labels)
            rows = [ExportAnnotation(category, "label") for category in chosen]
        else:
            rows = draw(st.lists(st.one_of([kind(width, height) for kind in kinds]), max_size=most))
        split = draw(splits) if number == 1 else found[0].split and draw(st.sampled_from(["train", "val", "test"]))
        found.append(ExportImage(number, f"{draw(names)}/{number}{draw(names)}.jpg", width, height, rows, split=split))
    return found


def packed(write, given, **options):
    """What `write` makes of the images, as an opened ZIP and as a folder."""
    out = io.BytesIO()
    archive = Archive(out)
    written = write(archive, iter(given), CATEGORIES, **options)
    archive.close()
    return zipfile.ZipFile(out), ZipFolder(out), written


def folder_of(files):
    """A folder of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    return ZipFolder(out)


def sizes_of(given, names_of):
    """What readers without sizes are told, by stem in the archive."""
    return {names_of(image).stem: Size(image.name, image.width, image.height) for image in given}


def pixels_of(image):
    """One byte per image stands for its file."""
    return [bytes([image.id])]


def filled(annotation, width, height):
    """The pixels of any region."""
    if annotation.shape == "mask":
        return rle.decode(rle.from_text(annotation.counts, height, width), height, width)
    return rle.polygon_to_mask(annotation.parts, height, width)
