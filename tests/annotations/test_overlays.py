"""What is drawn over thumbnails."""

import re

import numpy as np
import pytest

from annotations import overlays, rle

LABELS = {"road": ("Ground/Road", "#3366cc")}


def region(pixels, **more):
    runs = rle.encode(pixels)
    frame = dict(zip(("x", "y", "width", "height"), rle.bounding_box(runs, pixels.shape[0]), strict=True))
    text = {"size": list(pixels.shape), "counts": rle.compress(runs)}
    return {"id": "m", "shape": "mask", "label": "road", "rle": text, **frame} | more


def path_of(pixels):
    (drawn,) = overlays.draw({"regions": [region(pixels)]}, LABELS).shapes
    assert (drawn.label, drawn.colour, drawn.dashed) == ("Ground/Road", "#3366cc", False)
    return drawn.path


def rings(path):
    return [[tuple(map(int, point.split())) for point in ring[1:].split("L")] for ring in path.split("z") if ring]


def test_a_small_mask_is_drawn_pixel_by_pixel():
    pixels = np.zeros((20, 30), dtype=np.uint8)
    pixels[3:6, 4:9] = 1
    pixels[4, 5:7] = 0
    assert rings(path_of(pixels)) == [[(4, 3), (9, 3), (9, 6), (4, 6)], [(5, 5), (7, 5), (7, 4), (5, 4)]]


def test_pieces_that_meet_in_a_corner_are_closed_lines():
    pixels = np.eye(4, dtype=np.uint8)
    drawn = np.zeros((4, 4), dtype=np.uint8)
    for ring in rings(path_of(pixels)):
        drawn ^= rle.polygon_to_mask([ring], 4, 4)
    assert (drawn == pixels).all()


@pytest.mark.parametrize("seed", range(8))
def test_the_outline_encloses_the_pixels(seed):
    pixels = (np.random.default_rng(seed).random((40, 50)) > 0.6).astype(np.uint8)
    drawn = np.zeros_like(pixels)
    for ring in rings(path_of(pixels)):
        drawn ^= rle.polygon_to_mask([ring], 40, 50)
    assert (drawn == pixels).all()


def test_a_large_mask_is_drawn_in_cells():
    pixels = np.zeros((2000, 3000), dtype=np.uint8)
    pixels[500:1500, 1000:2280] = 1
    path = path_of(pixels)
    assert re.fullmatch(r"M1000 500L2280 500L2280 1500L1000 1500z", path)
    noise = (np.random.default_rng(1).random((2000, 3000)) > 0.5).astype(np.uint8)
    assert len(path_of(noise)) < 100_000


def test_what_is_too_thin_for_cells_is_drawn_as_its_box():
    pixels = np.zeros((2000, 3000), dtype=np.uint8)
    pixels[0, :] = 1
    assert path_of(pixels) == "M0 0h3000v1h-3000z"


def test_an_unreadable_mask_is_drawn_as_its_box():
    broken = region(np.ones((4, 4), dtype=np.uint8), rle={"size": [4, 4], "counts": "~~"})
    (drawn,) = overlays.draw({"regions": [broken]}, LABELS).shapes
    assert drawn.path == "M0 0h4v4h-4z"
