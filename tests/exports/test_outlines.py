from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annotations import geometry, rle
from exports.formats import outlines
from exports.formats.records import ExportAnnotation

masks = arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 1))


@given(masks)
def test_rings_of_a_mask_fill_the_same_pixels(mask):
    rings = outlines.of_mask(mask)
    assert (rle.polygon_to_mask(rings, *mask.shape) == mask).all()
    assert geometry.polygon_area(rings) == mask.sum()
    assert all(one[0] == two[0] or one[1] == two[1] for ring in rings for one, two in pairwise(ring))


@given(masks)
def test_joined_rings_fill_the_same_pixels(mask):
    rings = outlines.of_mask(mask)
    if rings:
        assert (rle.polygon_to_mask([outlines.joined(rings)], *mask.shape) == mask).all()
        assert (rle.polygon_to_mask(outlines.without_holes(rings), *mask.shape) == mask).all()


def test_pixels_that_share_a_corner_are_two_squares():
    squares = [[[0, 0], [1, 0], [1, 1], [0, 1]], [[1, 1], [2, 1], [2, 2], [1, 2]]]
    found = outlines.of_mask(np.eye(2, dtype=np.uint8))
    assert sorted(sorted(ring) for ring in found) == sorted(sorted(ring) for ring in squares)


def test_parts_apart_stay_apart():
    apart = [[[0, 0], [2, 0], [2, 2]], [[5, 5], [7, 5], [7, 7]]]
    assert outlines.without_holes(apart) == apart


@pytest.mark.parametrize("shape", ["box", "polygon", "mask"])
def test_every_region_has_rings(shape):
    mask = np.zeros((10, 12), np.uint8)
    mask[2:5, 3:9] = 1
    square = [[3.0, 2.0], [9.0, 2.0], [9.0, 5.0], [3.0, 5.0]]
    counts = rle.compress(rle.encode(mask)) if shape == "mask" else ""
    region = ExportAnnotation(1, shape, geometry.Box(3, 2, 6, 3), [square] if shape == "polygon" else (), counts)
    (ring,) = outlines.rings(region, 12, 10)
    assert sorted(map(tuple, ring)) == sorted(map(tuple, square))
