import json
import math
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from annotations import crossings, documents, geometry

TABLE = json.loads((Path(__file__).parent / "polygons.json").read_text(encoding="utf-8"))
MESSAGES = {
    "points": "needs at least three different points.",
    "self": "crosses or touches itself.",
    "rings": "crosses ring",
}

grid_points = st.tuples(st.integers(0, 9), st.integers(0, 9))
grid_rings = st.lists(grid_points, min_size=3, max_size=6, unique=True)


def problems(parts):
    region = {"id": "a", "shape": "polygon", "label": "x", "parts": [[[*map(float, p)] for p in r] for r in parts]}
    document = documents.parse({"labels": [], "regions": [region], "empty": False})
    found = documents.validate(document, task_type="polygon", width=200, height=200, labels={"x"})
    return [problem.message for problem in found]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["name"])
def test_shared_table(row):
    """`tests/js/editor/crossings.test.js` reads the same table, so that page and server agree."""
    found = problems(row["parts"])
    if row["problem"] is None:
        assert found == [] or found == ["ring 1 has a point outside the image, which is 200 x 200 px."]
        assert geometry.polygon_area(row["parts"]) == pytest.approx(row["area"])
        assert crossings.has_holes(row["parts"]) == row["holes"]
    else:
        assert any(MESSAGES[row["problem"]] in message for message in found), found


@given(grid_rings, grid_rings)
def test_crossing_agrees_with_shapely(first, second):
    assume(geometry.is_simple(first) and geometry.is_simple(second))
    one, two = shapely.Polygon(first), shapely.Polygon(second)
    shared = one.exterior.intersection(two.exterior).length
    apart = one.intersection(two).area == 0
    nested = one.covers(two) or two.covers(one)
    expected = shared > 0 or not (apart or nested)
    assert (crossings.crossing_rings([first, second]) is not None) == expected
    if not expected:
        assert crossings.has_holes([first, second]) == nested
        area = abs(one.area - two.area) if nested else one.area + two.area
        assert geometry.polygon_area([first, second]) == pytest.approx(area)


def test_rings_of_five_thousand_points_are_compared_quickly():
    angles = np.linspace(0, 2 * math.pi, 5_000, endpoint=False)
    outer, inner = (np.stack([100 + r * np.cos(angles), 100 + r * np.sin(angles)], axis=1).tolist() for r in (90, 89.9))
    assert crossings.crossing_rings([outer, inner]) is None
    assert crossings.has_holes([outer, inner])
    shifted = [[x + 0.5, y] for x, y in inner]
    assert crossings.crossing_rings([outer, shifted]) == (0, 1)
