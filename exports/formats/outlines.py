"""Outlines for formats that know neither masks nor holes: exact, so that filling them gives the same pixels.

Fills are even-odd. A mask becomes rings along the edges of its pixels. Rings that must be one are joined by
cuts of no width, there and back along the same line, which no even-odd fill can see.
"""

from collections.abc import Sequence

import numpy as np

from annotations import crossings, geometry, rle
from exports.formats import records
from exports.formats.records import ExportAnnotation


def rings(annotation: ExportAnnotation, width: int, height: int) -> geometry.Parts:
    """The rings of a polygon, clipped to the image, or of a mask; corners of a box. Empty when nothing is inside."""
    if annotation.shape == "mask":
        return of_mask(rle.decode(rle.from_text(annotation.counts, height, width), height, width))
    box, parts = records.clipped(annotation, width, height)
    if annotation.shape == "polygon" or box is None:
        return parts if box is not None else []
    return [[[box.x, box.y], [box.right, box.y], [box.right, box.bottom], [box.x, box.bottom]]]


def of_mask(mask: rle.Mask) -> list[list[list[float]]]:
    """Rings along the pixel edges of a [height, width] mask; pixels that only share a corner are apart.

    Every horizontal edge ends in two corners, and so does every vertical one: sorted by column, each two
    corners that follow each other are a vertical edge. Where four edges meet, the sign of the horizontal
    ones tells which belong together.
    """
    if not mask.any():
        return []
    padded = np.pad(mask.astype(np.int8), 1)
    steps = np.diff(padded, axis=0)
    changes = np.diff(steps, axis=1, prepend=0)
    ys, xs = np.nonzero(changes)
    before, after = steps[ys, xs - 1], steps[ys, xs]
    # A corner ends the edge on its left, begins the one on its right, or does both.
    corners = np.concatenate([np.stack([xs, ys, before], 1)[before != 0], np.stack([xs, ys, after], 1)[after != 0]])
    begins = np.concatenate([np.zeros((before != 0).sum(), bool), np.ones((after != 0).sum(), bool)])
    order = np.lexsort((begins, corners[:, 0], corners[:, 1]))
    corners = corners[order]
    vertical = np.lexsort((corners[:, 2], corners[:, 1], corners[:, 0]))
    partner = np.empty(len(corners), dtype=np.intp)
    partner[vertical[::2]], partner[vertical[1::2]] = vertical[1::2], vertical[::2]
    points = (corners[:, :2] - [1, 0]).astype(float).tolist()
    return _followed(points, partner.tolist())


def _followed(points: list[list[float]], partner: list[int]) -> list[list[list[float]]]:
    """Rings of corners, of which 2n and 2n + 1 end a horizontal edge, and `partner` a vertical one."""
    found, left = [], [True] * len(points)
    for start in range(0, len(points), 2):
        ring, corner = [], start
        while left[corner]:
            left[corner] = left[corner ^ 1] = False
            ring += [points[corner], points[corner ^ 1]]
            corner = partner[corner ^ 1]
        if ring:
            found.append(ring)
    return found


def without_holes(parts: geometry.Parts) -> geometry.Parts:
    """The same fill in rings that lie side by side: as they are, or joined into one where there are holes."""
    return [joined(parts)] if len(parts) > 1 and crossings.has_holes(parts) else parts


def joined(parts: geometry.Parts) -> list[geometry.Point]:
    """One ring with the same even-odd fill: from the nearest corner of the first ring to each other and back."""
    first = np.asarray(parts[0], dtype=float)
    detours: dict[int, list[Sequence[geometry.Point]]] = {}
    for ring in parts[1:]:
        nearest = int(((first - np.asarray(ring[0], dtype=float)) ** 2).sum(axis=1).argmin())
        detours.setdefault(nearest, []).append(ring)
    path: list[geometry.Point] = []
    for index, point in enumerate(parts[0]):
        path.append(point)
        for ring in detours.get(index, ()):
            path += [*ring, ring[0], point]
    return path
