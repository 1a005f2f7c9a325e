"""What is drawn over a thumbnail: shapes in image pixels for an SVG whose view box is the image."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations import rle

MOST_SHAPES = 200
CELLS = 64
"""A mask is drawn in cells, so many along the longer side of its box: a thumbnail shows no more."""


@dataclass(frozen=True)
class Drawn:
    """One SVG element: a path in image pixels, its label's path and colour (`#rrggbb`)."""

    path: str
    label: str
    colour: str
    dashed: bool = False


@dataclass(frozen=True)
class Overlay:
    """The drawing of one document. `more` counts shapes left out; `labels` are the image's own (path, colour)."""

    shapes: list[Drawn]
    labels: list[tuple[str, str]]
    empty: bool = False
    more: int = 0

    def counts(self) -> list[tuple[str, str, int]]:
        """(label path, colour, number of drawn shapes), most frequent first."""
        found = Counter((shape.label, shape.colour) for shape in self.shapes)
        return [(label, colour, count) for (label, colour), count in found.most_common()]


def _rectangle(region: Mapping[str, Any]) -> str:
    x, y, width, height = (region[name] for name in ("x", "y", "width", "height"))
    return f"M{x:g} {y:g}h{width:g}v{height:g}h{-width:g}z"


def _rings(region: Mapping[str, Any]) -> str:
    return "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in ring) + "z" for ring in region["parts"])


def _silhouette(region: Mapping[str, Any]) -> str:
    """The outline of a mask's cells; its box where it is too thin to be seen, or cannot be read."""
    height, width = region["rle"]["size"]
    left, top = max(0, int(region["x"])), max(0, int(region["y"]))
    step = max(1, -(-int(max(region["width"], region["height"])) // CELLS))
    columns = np.arange(left + step // 2, min(width, int(region["x"] + region["width"])), step)
    rows = np.arange(top + step // 2, min(height, int(region["y"] + region["height"])), step)
    try:
        cells = rle.sample(rle.from_text(region["rle"]["counts"], height, width), height, rows, columns)
    except rle.RleError:
        return _rectangle(region)
    return _around(cells, left, top, step) or _rectangle(region)


def _around(cells: NDArray[np.bool_], left: int, top: int, step: int) -> str:
    """The borders of set cells as closed paths, each with the cells on its right."""
    field = np.pad(cells, 1)
    inside = field[1:-1, 1:-1]
    leads: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for (up, across), (fx, fy), (tx, ty) in (
        ((0, 1), (0, 0), (1, 0)),
        ((1, 2), (1, 0), (1, 1)),
        ((2, 1), (1, 1), (0, 1)),
        ((1, 0), (0, 1), (0, 0)),
    ):
        beside = field[up : up + cells.shape[0], across : across + cells.shape[1]]
        for y, x in np.argwhere(inside & ~beside).tolist():
            leads.setdefault((x + fx, y + fy), []).append((x + tx, y + ty))
    paths = []
    while leads:
        start = next(iter(leads))
        corners = _walk(leads, start)
        points = [f"{left + x * step} {top + y * step}" for x, y in corners]
        paths.append("M" + "L".join(points) + "z")
    return "".join(paths)


def _walk(leads: dict[tuple[int, int], list[tuple[int, int]]], start: tuple[int, int]) -> list[tuple[int, int]]:
    """Follows sides until it is back, and forgets them; only the corners where it turns."""
    corners, at = [start], start
    while True:
        onward = leads[at].pop()
        if not leads[at]:
            del leads[at]
        if len(corners) > 1 and _straight(corners[-2], corners[-1], onward):
            corners[-1] = onward
        else:
            corners.append(onward)
        at = onward
        if at == start:
            return corners[:-1]


def _straight(first: tuple[int, int], second: tuple[int, int], third: tuple[int, int]) -> bool:
    return first[0] == second[0] == third[0] or first[1] == second[1] == third[1]


def _path(region: Mapping[str, Any]) -> str:
    draw_shape = {"polygon": _rings, "mask": _silhouette}.get(region["shape"], _rectangle)
    return draw_shape(region)


def draw(document: Mapping[str, Any] | None, labels: Mapping[str, tuple[str, str]]) -> Overlay:
    """The overlay of a document; `labels` maps a label's code to its path and colour."""
    if not document:
        return Overlay([], [])
    unknown = ("Removed label", "#888888")
    regions = document.get("regions", [])
    shapes = []
    for region in regions[:MOST_SHAPES]:
        name, colour = labels.get(region["label"], unknown)
        shapes.append(Drawn(_path(region), name, colour, dashed=bool(region.get("crowd"))))
    return Overlay(
        shapes,
        [labels.get(code, unknown) for code in document.get("labels", [])],
        empty=bool(document.get("empty")),
        more=max(0, len(regions) - MOST_SHAPES),
    )
