"""The labelling page's geometry against Shapely and against the server's own."""

import json
import math
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from annotations import crossings, geometry

SCRIPT = Path(__file__).parent / "page_geometry.mjs"
SIZE = {"width": 100, "height": 100}

hundredths = st.integers(0, 10_000).map(lambda value: value / 100)
points = st.tuples(hundredths, hundredths)
coarse = st.tuples(st.integers(0, 12), st.integers(0, 12))
lines = st.lists(st.tuples(st.integers(-2, 14), st.integers(-2, 14)), min_size=2, max_size=4, unique=True)


@st.composite
def outlines(draw):
    """A valid ring: around a centre, on coarse or fine coordinates, so that sides are often shared and often nearly so."""
    if draw(st.booleans()):
        ring = draw(st.lists(coarse, min_size=3, max_size=7, unique=True))
    else:
        radii = draw(st.lists(st.floats(2, 40), min_size=3, max_size=12))
        x, y = draw(points)
        angles = np.linspace(0, 2 * math.pi, len(radii), endpoint=False)
        ring = [
            (round(x + r * math.cos(a), 2), round(y + r * math.sin(a), 2)) for r, a in zip(radii, angles, strict=True)
        ]
    assume(geometry.is_simple(ring))
    return [list(point) for point in ring]


@pytest.fixture(scope="module")
def page() -> Iterator[Callable[..., Any]]:
    process = subprocess.Popen(["node", str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    assert process.stdout

    def call(name: str, *args: Any) -> Any:
        process.stdin.write(json.dumps({"call": name, "args": args}) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield call
    process.stdin.close()
    process.wait(timeout=10)


def area_of(shape: Any) -> float:
    return float(shape.area)


def filled(parts: list[Any]) -> Any:
    """The even-odd area of rings."""
    shape = shapely.Polygon()
    for ring in parts:
        shape = shape.symmetric_difference(shapely.Polygon(ring))
    return shape


def keeps_the_rules(parts: list[Any]) -> bool:
    return all(geometry.is_simple(ring) for ring in parts) and crossings.crossing_rings(parts) is None


examples = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
    deadline=None,
)


@pytest.mark.parametrize("name", ["union", "difference", "intersection"])
@examples
@given(first=st.lists(outlines(), min_size=1, max_size=2), second=outlines())
def test_set_operations_agree_with_shapely(page, name, first, second):
    assume(crossings.crossing_rings(first) is None)
    found = page(name, first, [second])
    expected = getattr(filled(first), name)(shapely.Polygon(second))
    edge = filled(first).length + shapely.Polygon(second).length
    assert keeps_the_rules(found)
    # Corners of the result lie on hundredths: each may be off by half a step, along all of the border.
    assert geometry.polygon_area(found) == pytest.approx(area_of(expected), abs=0.02 * edge + 0.01)
    assert filled(found).symmetric_difference(expected).area <= 0.02 * edge + 0.01


@examples
@given(outline=outlines(), line=lines)
def test_split_loses_nothing_and_shares_the_cut(page, outline, line):
    found = page("split", [outline], [list(point) for point in line])
    if found is None:
        return
    pieces = found["pieces"]
    assert len(pieces) >= 2
    assert all(keeps_the_rules(piece) for piece in pieces)
    total = sum(geometry.polygon_area(piece) for piece in pieces)
    edge = shapely.Polygon(outline).length + shapely.LineString(line).length
    assert total == pytest.approx(shapely.Polygon(outline).area, abs=0.02 * edge)
    overlap = sum(filled(one).intersection(filled(two)).area for i, one in enumerate(pieces) for two in pieces[:i])
    assert overlap == pytest.approx(0, abs=1e-6)


@examples
@given(first=st.lists(coarse, min_size=3, max_size=7), second=st.lists(coarse, min_size=3, max_size=7))
def test_page_and_server_refuse_the_same(page, first, second):
    assume(min(geometry.distinct_points(first), geometry.distinct_points(second)) >= 3)
    parts = [first, second]
    if all(geometry.is_simple(ring) for ring in parts):
        expected = "rings" if crossings.crossing_rings(parts) else None
        assert page("crosses", parts) == expected
    else:
        assert page("crosses", parts) is not None


@examples
@given(outlines(), st.lists(points, min_size=1, max_size=10))
def test_area_and_contains_agree_with_shapely(page, outline, places):
    polygon = shapely.Polygon(outline)
    assert page("area", [outline]) == pytest.approx(polygon.area)
    inside = page("contains", [outline], places)
    for place, answer in zip(places, inside, strict=True):
        point = shapely.Point(place)
        assert answer == polygon.contains(point) or polygon.exterior.distance(point) < 1e-9


@examples
@given(outlines(), st.floats(0.01, 20))
def test_simplify_stays_valid_and_near(page, outline, tolerance):
    ring = page("thinRing", outline, tolerance)
    assert ring == geometry.simplify(outline, tolerance)
    (found,) = page("simplify", [outline], tolerance)
    assert geometry.is_simple(found)
    assert {tuple(point) for point in found} <= {tuple(point) for point in outline}
    line = shapely.LinearRing(found)
    assert len(found) == 3 or max(line.distance(shapely.Point(point)) for point in outline) <= tolerance + 1e-9
