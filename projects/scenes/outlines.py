"""The outline of what can be seen of one thing: rings around its pixels, holes included."""

from collections import defaultdict
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Corner: TypeAlias = tuple[int, int]
Ring: TypeAlias = list[tuple[float, float]]


def trace(mask: NDArray[np.bool_]) -> list[Ring]:
    """Rings of (x, y) around the set pixels of `mask` [height, width], in its pixels, filled even-odd.

    A ring goes through the middles of the pixels' sides, so that it never touches itself where pixels
    meet only at a corner.
    """
    steps = _border(mask)
    rings = []
    while steps:
        start = next(iter(steps))
        here, ring = start, []
        previous: Corner | None = None
        while here in steps:
            there = _take(steps, here, previous)
            ring.append(((here[0] + there[0]) / 2, (here[1] + there[1]) / 2))
            previous, here = here, there
        rings.append(ring)
    return rings


def _border(mask: NDArray[np.bool_]) -> dict[Corner, list[Corner]]:
    """Sides between set and unset pixels as steps from corner to corner, set pixels on the right."""
    framed = np.pad(mask, 1)
    steps: dict[Corner, list[Corner]] = defaultdict(list)
    sides: tuple[tuple[Any, Corner, Corner], ...] = (
        (framed[:-2, 1:-1], (0, 0), (1, 0)),
        (framed[1:-1, 2:], (1, 0), (1, 1)),
        (framed[2:, 1:-1], (1, 1), (0, 1)),
        (framed[1:-1, :-2], (0, 1), (0, 0)),
    )
    for beside, start, end in sides:
        for y, x in np.argwhere(mask & ~beside).tolist():
            steps[x + start[0], y + start[1]].append((x + end[0], y + end[1]))
    return steps


def _take(steps: dict[Corner, list[Corner]], here: Corner, previous: Corner | None) -> Corner:
    """Take the step that turns right where two are possible, which keeps to the same pixel."""
    choices = steps[here]
    best = 0
    if len(choices) > 1 and previous is not None:
        ahead = here[0] - previous[0], here[1] - previous[1]
        turns = [ahead[0] * (there[1] - here[1]) - ahead[1] * (there[0] - here[0]) for there in choices]
        best = turns.index(max(turns))
    there = choices.pop(best)
    if not choices:
        del steps[here]
    return there
