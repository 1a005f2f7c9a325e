"""Boxes and polygons in image pixels: origin top-left, x right, y down.

A *ring* is a closed sequence of points whose closing point is left out. A *polygon* is a list of
rings filled even-odd, so that a ring inside another is a hole and rings apart are a split object.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Point: TypeAlias = Sequence[float]
Ring: TypeAlias = Sequence[Point]
Parts: TypeAlias = Sequence[Ring]
Floats: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.intp]

SMALL_RING = 24
PAIRS_AT_ONCE = 1 << 20


class Box(NamedTuple):
    """An axis-aligned rectangle; `width` and `height` are in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def area(self) -> float:
        return self.width * self.height


def intersect(first: Box, second: Box) -> Box | None:
    """Return the part two boxes share, or None when they share no area."""
    left, top = max(first.x, second.x), max(first.y, second.y)
    right, bottom = min(first.right, second.right), min(first.bottom, second.bottom)
    if right <= left or bottom <= top:
        return None
    return Box(left, top, right - left, bottom - top)


def clip_box(box: Box, width: float, height: float) -> Box | None:
    """Return the part of `box` inside an image of `width` by `height`, or None when nothing is."""
    if box.x >= 0 and box.y >= 0 and box.right <= width and box.bottom <= height:
        return box
    return intersect(box, Box(0, 0, width, height))


def box_iou(first: Box, second: Box) -> float:
    """Intersection over union, 0.0 to 1.0."""
    shared = intersect(first, second)
    if shared is None:
        return 0.0
    return shared.area / (first.area + second.area - shared.area)


def box_iou_matrix(first: Floats, second: Floats) -> Floats:
    """IoU of every pair: `first` [n, 4] and `second` [m, 4] as x, y, width, height → [n, m]."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, :2] + first[:, None, 2:], second[None, :, :2] + second[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    union = first[:, 2:].prod(axis=1)[:, None] + second[:, 2:].prod(axis=1)[None, :] - shared
    overlaps: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return overlaps


def bounds(parts: Parts) -> Box:
    """Return the smallest box around all points of all rings."""
    xs = [point[0] for ring in parts for point in ring]
    ys = [point[1] for ring in parts for point in ring]
    left, top = min(xs), min(ys)
    return Box(left, top, max(xs) - left, max(ys) - top)


def open_ring(ring: Ring) -> list[Point]:
    """Drop repeated neighbours and a repeated closing point; the shape stays the same."""
    points: list[Point] = []
    for point in ring:
        if not points or point[0] != points[-1][0] or point[1] != points[-1][1]:
            points.append(point)
    while len(points) > 1 and points[0][0] == points[-1][0] and points[0][1] == points[-1][1]:
        points.pop()
    return points


def distinct_points(ring: Ring) -> int:
    return len({(point[0], point[1]) for point in ring})


def ring_area(ring: Ring) -> float:
    """Area enclosed by one simple ring, in square pixels, always ≥ 0."""
    xs, ys = _columns(ring)
    if not xs.size:
        return 0.0
    xs, ys = xs - xs[0], ys - ys[0]
    return abs(float(np.dot(xs, np.roll(ys, -1)) - np.dot(ys, np.roll(xs, -1)))) / 2


def polygon_area(parts: Parts) -> float:
    """Exact even-odd area of all rings together, in square pixels.

    Rings whose boxes do not meet are added up. Otherwise the plane is cut into horizontal bands in
    which no two edges cross, where the filled width is a straight function of y.
    """
    if not parts_meet(parts):
        return sum(ring_area(ring) for ring in parts)
    starts, ends = _edges(parts)
    levels = np.unique(np.concatenate([starts[:, 1], _crossing_levels(starts, ends)]))
    total = 0.0
    for low, high in pairwise(levels):
        crossings = _crossings(starts, ends, (low + high) / 2)
        total += float((crossings[1::2] - crossings[::2]).sum()) * float(high - low)
    return total


def parts_meet(parts: Parts) -> bool:
    """Tell whether the boxes of any two rings share area, as with a hole."""
    boxes = [bounds([ring]) for ring in parts]
    return any(intersect(first, second) for first, second in combinations(boxes, 2))


def contains(parts: Parts, x: float, y: float) -> bool:
    """Tell whether a point is in the even-odd fill; points on an edge may fall either way."""
    starts, ends = _edges(parts)
    return bool((_crossings(starts, ends, y) > x).sum() % 2)


def is_simple(ring: Ring) -> bool:
    """Tell whether a ring neither crosses nor touches itself and has at least three points."""
    points = open_ring(ring)
    if len(points) < 3 or distinct_points(points) != len(points):
        return False
    if len(points) <= SMALL_RING:
        return _is_simple_small(points)
    return _is_simple_large(np.asarray(points, dtype=np.float64))


def clip_polygon(parts: Parts, width: float, height: float) -> list[list[Point]]:
    """Cut every ring at the image border (Sutherland-Hodgman); rings wholly outside vanish."""
    clipped = []
    for ring in parts:
        points: list[Point] = list(ring)
        for axis, limit, sign in ((0, 0.0, 1), (0, width, -1), (1, 0.0, 1), (1, height, -1)):
            points = _clip_half_plane(points, axis, limit, sign)
        if distinct_points(points) >= 3:
            clipped.append(open_ring(points))
    return clipped


def simplify(ring: Ring, tolerance: float) -> list[Point]:
    """Thin a ring (Douglas-Peucker): no dropped point was further than `tolerance` px from its edge.

    At least three points stay, so a tiny ring does not collapse.
    """
    points = open_ring(ring)
    if len(points) <= 3:
        return points
    array = np.asarray([*points, points[0]], dtype=np.float64)
    middle = int(np.argmax(((array - array[0]) ** 2).sum(axis=1)))
    kept = {0, middle}
    pending = [(0, middle), (middle, len(points))]
    while pending:
        first, last = pending.pop()
        index, distance = _furthest(array, first, last)
        if distance > tolerance:
            kept.add(index)
            pending += [(first, index), (index, last)]
    if len(kept) < 3:
        side = [_furthest(array, 0, middle), _furthest(array, middle, len(points))]
        kept.add(max(side, key=lambda found: found[1])[0])
    return [points[index] for index in sorted(kept)]


def _columns(ring: Ring) -> tuple[Floats, Floats]:
    array = np.asarray(ring, dtype=np.float64).reshape(-1, 2)
    return array[:, 0], array[:, 1]


def _edges(parts: Parts) -> tuple[Floats, Floats]:
    """Start and end points of all edges of all rings, each [n, 2]."""
    rings = [np.asarray(ring, dtype=np.float64).reshape(-1, 2) for ring in parts]
    if not rings:
        return np.empty((0, 2)), np.empty((0, 2))
    return np.concatenate(rings), np.concatenate([np.roll(ring, -1, axis=0) for ring in rings])


def _crossings(starts: Floats, ends: Floats, y: float) -> Floats:
    """Sorted x where the edges cross the horizontal line at `y`; always an even number."""
    hit = (starts[:, 1] <= y) != (ends[:, 1] <= y)
    low, high = starts[hit], ends[hit]
    return np.sort(low[:, 0] + (y - low[:, 1]) * (high[:, 0] - low[:, 0]) / (high[:, 1] - low[:, 1]))


def _crossing_levels(starts: Floats, ends: Floats) -> Floats:
    """Y of every point where two edges cross."""
    found = [np.empty(0)]
    for index in range(len(starts) - 1):
        origin, step = starts[index], ends[index] - starts[index]
        others, steps = starts[index + 1 :], ends[index + 1 :] - starts[index + 1 :]
        scale = step[0] * steps[:, 1] - step[1] * steps[:, 0]
        usable = scale != 0
        gap = others[usable] - origin
        scale, steps = scale[usable], steps[usable]
        along = (gap[:, 0] * steps[:, 1] - gap[:, 1] * steps[:, 0]) / scale
        across = (gap[:, 0] * step[1] - gap[:, 1] * step[0]) / scale
        inside = (along > 0) & (along < 1) & (across > 0) & (across < 1)
        found.append(origin[1] + along[inside] * step[1])
    return np.concatenate(found)


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Tell whether the closed segments ab and cd share a point."""
    for axis in (0, 1):
        if max(a[axis], b[axis]) < min(c[axis], d[axis]) or max(c[axis], d[axis]) < min(a[axis], b[axis]):
            return False
    # The boxes overlap, so they meet unless one lies wholly on one side of the other.
    return not (_apart(_turn(a, b, c), _turn(a, b, d)) or _apart(_turn(c, d, a), _turn(c, d, b)))


def _apart(first: float, second: float) -> bool:
    return (first > 0 and second > 0) or (first < 0 and second < 0)


def _is_simple_small(points: Sequence[Point]) -> bool:
    count = len(points)
    for index, (a, b) in enumerate(zip(points, [*points[1:], points[0]], strict=True)):
        following = points[(index + 2) % count]
        if _turn(a, b, following) == 0 and not _goes_on(a, b, following):
            return False
        for other in range(index + 2, count - (index == 0)):
            if _meet(a, b, points[other], points[(other + 1) % count]):
                return False
    return True


def _goes_on(a: Point, b: Point, c: Point) -> bool:
    """Tell whether abc, known to be in line, runs on at b instead of turning back."""
    return (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]) > 0


def _is_simple_large(points: Floats) -> bool:
    ends = np.roll(points, -1, axis=0)
    steps, following = ends - points, np.roll(ends, -1, axis=0) - ends
    straight = steps[:, 0] * following[:, 1] - steps[:, 1] * following[:, 0] == 0
    if bool((straight & ((steps * following).sum(axis=1) < 0)).any()):
        return False
    return not any(_any_meet(points, ends, first, second) for first, second in edge_pairs(points, ends))


def edge_pairs(starts: Floats, ends: Floats) -> Iterator[tuple[Indices, Indices]]:
    """Yield, in chunks, every pair of edges that overlap along the direction in which edges overlap least."""
    axis = min(_sweep_axes(ends - starts), key=lambda vector: _overlap_count(starts @ vector, ends @ vector))
    low = np.minimum(starts @ axis, ends @ axis)
    high = np.maximum(starts @ axis, ends @ axis)
    order = np.argsort(low, kind="stable")
    reach = np.searchsorted(low[order], high[order], side="right")
    for first, second in _pairs(reach):
        yield order[first], order[second]


def _sweep_axes(steps: Floats) -> tuple[Floats, ...]:
    """Candidate sweep directions: x, y and the normal of the prevailing edge direction."""
    angle = np.angle(((steps[:, 0] + 1j * steps[:, 1]) ** 2).sum()) / 2
    return np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([-np.sin(angle), np.cos(angle)])


def _overlap_count(first: Floats, second: Floats) -> int:
    low, high = np.sort(np.minimum(first, second)), np.maximum(first, second)
    return int(np.searchsorted(low, high, side="right").sum())


def _pairs(reach: Indices) -> Iterator[tuple[Indices, Indices]]:
    """Yield chunks of index pairs (i, j) with i < j < reach[i]."""
    counts = np.maximum(reach - np.arange(len(reach)) - 1, 0)
    totals = np.concatenate([[0], np.cumsum(counts)])
    start = 0
    while start < len(reach):
        stop = int(np.searchsorted(totals, totals[start] + PAIRS_AT_ONCE, side="right")) - 1
        stop = min(max(stop, start + 1), len(reach))
        chunk = counts[start:stop]
        first = np.repeat(np.arange(start, stop), chunk)
        steps = np.arange(len(first)) - np.repeat(totals[start:stop] - totals[start], chunk)
        yield first, first + 1 + steps
        start = stop


def _any_meet(starts: Floats, ends: Floats, first: Indices, second: Indices) -> bool:
    """Tell whether any of the paired edges that are not neighbours share a point."""
    gap = np.abs(first - second)
    apart = (gap != 1) & (gap != len(starts) - 1)
    first, second = first[apart], second[apart]
    for axis in (0, 1):
        low, high = np.minimum(starts[:, axis], ends[:, axis]), np.maximum(starts[:, axis], ends[:, axis])
        near = (low[first] <= high[second]) & (low[second] <= high[first])
        first, second = first[near], second[near]
    a, b, c, d = starts[first], ends[first], starts[second], ends[second]
    # The boxes overlap, so the edges meet unless one lies wholly on one side of the other.
    beside = (side(a, b, c) * side(a, b, d) > 0) | (side(c, d, a) * side(c, d, b) > 0)
    return not bool(beside.all())


def side(a: Floats, b: Floats, c: Floats) -> Floats:
    """Sign of the turn a → b → c, row by row."""
    return np.sign((b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]))


def _furthest(array: Floats, first: int, last: int) -> tuple[int, float]:
    """Index and distance of the point strictly between furthest from the from first to last."""
    inner = array[first + 1 : last]
    if not len(inner):
        return first, -1.0
    origin, step = array[first], array[last] - array[first]
    length = float(step @ step)
    along = np.clip(((inner - origin) @ step) / length, 0, 1) if length else np.zeros(len(inner))
    gaps = np.hypot(*(inner - origin - along[:, None] * step).T)
    best = int(np.argmax(gaps))
    return first + 1 + best, float(gaps[best])


def _clip_half_plane(ring: Ring, axis: int, limit: float, sign: int) -> list[Point]:
    """Keep the part of a ring where `sign * coordinate >= sign * limit`."""
    kept: list[Point] = []
    for start, end in zip([*ring[-1:], *ring[:-1]], ring, strict=True):
        inside = sign * end[axis] >= sign * limit
        if inside != (sign * start[axis] >= sign * limit):
            share = (limit - start[axis]) / (end[axis] - start[axis])
            crossing = [start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])]
            crossing[axis] = limit
            kept.append(crossing)
        if inside:
            kept.append(end)
    return kept
