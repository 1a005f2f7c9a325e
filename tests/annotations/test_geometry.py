import math

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from annotations import geometry

SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10]]
HOLE = [[2, 2], [6, 2], [6, 6], [2, 6]]
APART = [[20, 0], [25, 0], [25, 5]]
BOW_TIE = [[0, 0], [10, 10], [10, 0], [0, 10]]

grid_points = st.tuples(st.integers(0, 12), st.integers(0, 12))
boxes = st.builds(geometry.Box, *[st.integers(-20, 20)] * 2, *[st.integers(1, 30)] * 2)


def circle(points, radius=100.0, wobble=0.0):
    angles = np.linspace(0, 2 * math.pi, points, endpoint=False)
    radii = radius * (1 + wobble * np.cos(angles * points / 2))
    return np.stack([200 + radii * np.cos(angles), 200 + radii * np.sin(angles)], axis=1).tolist()


@st.composite
def star_rings(draw):
    """Rings whose points go once around a centre, so that they never cross themselves."""
    radii = draw(st.lists(st.floats(1, 10), min_size=3, max_size=9))
    x, y = draw(grid_points)
    angles = np.linspace(0, 2 * math.pi, len(radii), endpoint=False)
    return [[x + r * math.cos(a), y + r * math.sin(a)] for r, a in zip(radii, angles, strict=True)]


def shapely_box(box):
    return shapely.box(box.x, box.y, box.right, box.bottom)


@given(boxes, boxes)
def test_box_iou_agrees_with_shapely(first, second):
    one, two = shapely_box(first), shapely_box(second)
    expected = one.intersection(two).area / one.union(two).area
    assert geometry.box_iou(first, second) == pytest.approx(expected)
    matrix = geometry.box_iou_matrix(np.array([first, second], float), np.array([second], float))
    assert matrix[:, 0].tolist() == pytest.approx([expected, 1.0])


@given(boxes)
def test_clip_box_keeps_what_is_inside(box):
    inside = shapely_box(box).intersection(shapely.box(0, 0, 15, 12))
    clipped = geometry.clip_box(box, 15, 12)
    assert (clipped.area if clipped else 0) == pytest.approx(inside.area)


def test_polygon_area_counts_holes_and_parts():
    assert geometry.ring_area(SQUARE) == 100
    assert geometry.polygon_area([SQUARE, HOLE]) == 84
    assert geometry.polygon_area([SQUARE, HOLE, APART]) == 96.5
    assert geometry.polygon_area([BOW_TIE, SQUARE]) == 50
    assert geometry.polygon_area([]) == 0
    assert geometry.bounds([SQUARE, APART]) == (0, 0, 25, 10)


@given(star_rings(), star_rings())
def test_polygon_area_of_crossing_rings_is_their_symmetric_difference(first, second):
    expected = shapely.Polygon(first).symmetric_difference(shapely.Polygon(second)).area
    assert geometry.polygon_area([first, second]) == pytest.approx(expected, abs=1e-9)


@given(st.lists(grid_points, min_size=3, max_size=8))
def test_contains_agrees_with_shapely_off_the_edges(ring):
    assume(geometry.is_simple(ring))
    polygon = shapely.Polygon(ring)
    for x, y in np.random.default_rng(1).uniform(0, 12, (20, 2)).tolist():
        if polygon.exterior.distance(shapely.Point(x, y)) > 1e-9:
            assert geometry.contains([ring], x, y) == polygon.contains(shapely.Point(x, y))


def test_contains_sees_holes():
    assert geometry.contains([SQUARE, HOLE], 1, 1)
    assert not geometry.contains([SQUARE, HOLE], 4, 4)
    assert not geometry.contains([SQUARE, HOLE], 11, 4)


@given(st.lists(grid_points, min_size=1, max_size=9))
def test_is_simple_agrees_with_shapely(ring):
    points = geometry.open_ring(ring)
    expected = len(points) >= 3 and shapely.LinearRing(points).is_simple
    assert geometry.is_simple(ring) == expected


@given(st.lists(grid_points, min_size=4, max_size=9))
def test_small_and_large_methods_agree(ring):
    points = geometry.open_ring(ring)
    assume(len(points) >= 4 and len(set(points)) == len(points))
    small = geometry._is_simple_small(points)
    assert geometry._is_simple_large(np.array(points, float)) == small


@pytest.mark.parametrize(("points", "wobble"), [(10_000, 0.0), (3_000, 0.4), (3_000, 0.95)])
def test_is_simple_is_right_on_long_and_on_spiky_rings(points, wobble):
    ring = circle(points, wobble=wobble)
    assert geometry.is_simple(ring)
    assert not geometry.is_simple([*ring[: points // 2], *reversed(ring[points // 2 :])])


def test_open_ring_drops_repeats_and_the_closing_point():
    assert geometry.open_ring([[0, 0], [0, 0], [1, 0], [1, 1], [0, 0]]) == [[0, 0], [1, 0], [1, 1]]
    assert geometry.distinct_points([[0, 0], [1, 0], [0, 0]]) == 2


@given(st.lists(grid_points, min_size=3, max_size=8))
def test_clip_polygon_keeps_the_area_inside(ring):
    assume(geometry.is_simple(ring))
    shifted = [[x - 3.0, y - 2.0] for x, y in ring]
    expected = shapely.Polygon(shifted).intersection(shapely.box(0, 0, 6, 7)).area
    clipped = geometry.clip_polygon([shifted], 6, 7)
    assert sum(geometry.ring_area(part) for part in clipped) == pytest.approx(expected, abs=1e-9)
    assert all(0 <= x <= 6 and 0 <= y <= 7 for part in clipped for x, y in part)


@given(st.floats(0.01, 20))
def test_simplify_stays_within_the_tolerance(tolerance):
    ring = circle(400)
    thin = geometry.simplify(ring, tolerance)
    assert 3 <= len(thin) <= len(ring)
    outline = shapely.LinearRing(thin)
    assert max(outline.distance(shapely.Point(point)) for point in ring) <= tolerance + 1e-9


def test_simplify_never_collapses_a_ring():
    assert len(geometry.simplify([[0, 0], [1, 0], [1, 1], [0, 1]], 50)) == 3
    assert geometry.simplify(SQUARE[:3], 50) == SQUARE[:3]
