"""Whether the rings of one polygon keep out of each other's way.

Rings may touch at points, as a hole does that reaches the border. They may neither cross nor run along
each other for a length, because the even-odd fill would then hold what nobody drew. The labelling page
decides by the same arithmetic (`static/editor/rings/crossings.js`); both are tested on one table.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from annotations.geometry import Floats, Indices, Parts, Point, edge_pairs, open_ring, side

Numbers: TypeAlias = tuple[float, float]


class _Edges(NamedTuple):
    """All edges of all rings: `starts` and `ends` [n, 2], the ring of each, and each ring's first edge."""

    starts: Floats
    ends: Floats
    ring: Indices
    first: Indices
    counts: Indices


def crossing_rings(parts: Parts) -> tuple[int, int] | None:
    """Return the indices of two rings that cross or share a length of border, or None when no two do."""
    rings = [np.asarray(open_ring(ring), dtype=np.float64).reshape(-1, 2) for ring in parts]
    if len(rings) < 2 or not any(map(len, rings)):
        return None
    edges = _edges(rings)
    for first, second in edge_pairs(edges.starts, edges.ends):
        other = edges.ring[first] != edges.ring[second]
        if (found := _crossing(edges, first[other], second[other])) is not None:
            return found
    return None


def has_holes(parts: Parts) -> bool:
    """Tell whether rings overlap or lie inside each other, so that they are more than parts side by side."""
    if crossing_rings(parts) is not None:
        return True
    rings = [np.asarray(open_ring(ring), dtype=np.float64).reshape(-1, 2) for ring in parts]
    return any(
        _inside(other, (ring[0] + ring[1]) / 2)
        for index, ring in enumerate(rings)
        for number, other in enumerate(rings)
        if number != index and _box_holds(other, ring)
    )


def _edges(rings: Sequence[Floats]) -> _Edges:
    count = np.array([len(ring) for ring in rings])
    return _Edges(
        np.concatenate(rings),
        np.concatenate([np.roll(ring, -1, axis=0) for ring in rings]),
        np.repeat(np.arange(len(rings)), count),
        np.cumsum(count) - count,
        count,
    )


def _crossing(edges: _Edges, first: Indices, second: Indices) -> tuple[int, int] | None:
    """The rings of the first pair of edges that makes two rings cross."""
    a, b, c, d = edges.starts[first], edges.ends[first], edges.starts[second], edges.ends[second]
    near = ((np.minimum(a, b) <= np.maximum(c, d)) & (np.minimum(c, d) <= np.maximum(a, b))).all(axis=1)
    first, second, a, b, c, d = first[near], second[near], a[near], b[near], c[near], d[near]
    turns = side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)
    meet = ~((turns[0] * turns[1] > 0) | (turns[2] * turns[3] > 0))
    through = (turns[0] * turns[1] < 0) & (turns[2] * turns[3] < 0)
    along = (turns[0] == 0) & (turns[1] == 0)
    shared = np.minimum(np.maximum(a, b), np.maximum(c, d)) - np.maximum(np.minimum(a, b), np.minimum(c, d))
    wrong = through | (along & (shared > 0).any(axis=1))
    for index in np.flatnonzero(wrong)[:1]:
        return int(edges.ring[first[index]]), int(edges.ring[second[index]])
    for index in np.flatnonzero(meet):
        if _passes(edges, int(first[index]), int(second[index])):
            return int(edges.ring[first[index]]), int(edges.ring[second[index]])
    return None


def _passes(edges: _Edges, first: int, second: int) -> bool:
    """Tell whether two edges that only touch belong to rings that cross where they do."""
    ends = [tuple(edges.starts[edge]) for edge in (first, second)] + [
        tuple(edges.ends[edge]) for edge in (first, second)
    ]
    touches = [point for point in ends if _on(edges, first, point) and _on(edges, second, point)]
    for x, y in touches[:1]:
        (u, v), directions = _ways(edges, first, (x, y)), _ways(edges, second, (x, y))
        return len({_between(way, u, v) for way in directions}) > 1
    return False


def _on(edges: _Edges, edge: int, point: Point) -> bool:
    a, b = edges.starts[edge], edges.ends[edge]
    if (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]) != 0:
        return False
    return all(min(a[axis], b[axis]) <= point[axis] <= max(a[axis], b[axis]) for axis in (0, 1))


def _ways(edges: _Edges, edge: int, point: Numbers) -> tuple[Numbers, Numbers]:
    """Directions from a point of an edge's ring: to the corner before it and to the one after it."""
    ring = edges.ring[edge]
    before, after = edge, edge
    start, count = int(edges.first[ring]), int(edges.counts[ring])
    if tuple(edges.starts[edge]) == point:
        before = start + (edge - start - 1) % count
    elif tuple(edges.ends[edge]) == point:
        after = start + (edge - start + 1) % count
    (px, py), (nx, ny) = edges.starts[before], edges.ends[after]
    return (float(px) - point[0], float(py) - point[1]), (float(nx) - point[0], float(ny) - point[1])


def _between(way: Numbers, u: Numbers, v: Numbers) -> bool:
    """Tell whether a direction lies on the turn from u to v."""
    opening = _cross(u, v)
    if opening > 0:
        return _cross(u, way) > 0 and _cross(way, v) > 0
    if opening < 0:
        return not (_cross(v, way) > 0 and _cross(way, u) > 0)
    return _cross(u, way) > 0


def _cross(u: Numbers, v: Numbers) -> float:
    return u[0] * v[1] - u[1] * v[0]


def _box_holds(outer: Floats, inner: Floats) -> bool:
    return bool((outer.min(axis=0) <= inner.min(axis=0)).all() and (inner.max(axis=0) <= outer.max(axis=0)).all())


def _inside(ring: Floats, point: Iterable[float]) -> bool:
    x, y = point
    ends = np.roll(ring, -1, axis=0)
    hit = (ring[:, 1] <= y) != (ends[:, 1] <= y)
    low, high = ring[hit], ends[hit]
    return bool((low[:, 0] + (y - low[:, 1]) * (high[:, 0] - low[:, 0]) / (high[:, 1] - low[:, 1]) > x).sum() % 2)
