"""Whether the answers to one task agree, and on what. Pure functions over annotation documents.

Two answers agree when they give the same set of image labels and their regions match one to one: equal labels, and an
intersection over union of at least `MATCHING_IOU`. An answer carries when more than half of those that do not abstain
agree with it, and at least two. Skips abstain, unless more than half of all answers are skips: then the task is skipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from annotations import geometry, rle
from annotations.documents import BoxRegion, Document, MaskRegion, PolygonRegion, Region

MATCHING_IOU = 0.5
MOST_PAIRS = 4_000_000
"""Documents with more possible pairs of regions than this are left to a reviewer."""
MOST_DRAWN = 1_000
"""Pairs of polygons that are drawn to compare two documents: two milliseconds each, in the transaction of a submit."""
RASTER = 512
"""Polygons are compared as masks of this many pixels along the longer side of both together."""


@dataclass(frozen=True)
class Verdict:
    """What the answers came to. Agreed without a document: most skipped."""

    agreed: bool
    document: Document | None = None


def judge(answers: Sequence[Document | None]) -> Verdict:
    """The verdict on a task's answers in the order they came; None is a skip."""
    voices = [answer for answer in answers if answer is not None]
    if 2 * (len(answers) - len(voices)) > len(answers):
        return Verdict(agreed=True)
    alike = {(one, other): agree(voices[one], voices[other]) for one, other in combinations(range(len(voices)), 2)}
    support = [1 + sum(alike[pair] for pair in alike if one in pair) for one in range(len(voices))]
    most = max(support, default=0)
    if most < 2 or 2 * most <= len(voices):
        return Verdict(agreed=False)
    return Verdict(agreed=True, document=voices[support.index(most)])


def agree(first: Document, second: Document) -> bool:
    """Whether two documents say the same."""
    if first is second:
        return True
    if set(first.labels) != set(second.labels) or len(first.regions) != len(second.regions):
        return False
    mine, yours = _by_label(first), _by_label(second)
    if {label: len(regions) for label, regions in mine.items()} != {
        label: len(regions) for label, regions in yours.items()
    }:
        return False
    if sum(len(regions) ** 2 for regions in mine.values()) > MOST_PAIRS:
        return False
    return all(matches(regions, yours[label]) for label, regions in mine.items())


def matches(first: Sequence[Region], second: Sequence[Region]) -> bool:
    """Whether regions of one label can be paired one to one, each pair overlapping enough."""
    return len(first) == len(second) and _perfect(_partners(first, second))


def iou(first: Region, second: Region) -> float:
    """Intersection over union of two regions; a polygon and a mask are compared by the mask's pixels, a box with nothing else."""
    if isinstance(first, BoxRegion) and isinstance(second, BoxRegion):
        return geometry.box_iou(_box(first), _box(second))
    if isinstance(first, MaskRegion) and isinstance(second, MaskRegion):
        return _mask_iou(first, second)
    if isinstance(first, PolygonRegion) and isinstance(second, PolygonRegion):
        return _polygon_iou(first, second)
    if isinstance(first, MaskRegion) and isinstance(second, PolygonRegion):
        return _painted_iou(first, second)
    if isinstance(first, PolygonRegion) and isinstance(second, MaskRegion):
        return _painted_iou(second, first)
    return 0.0


def _by_label(document: Document) -> dict[str, list[Region]]:
    groups: dict[str, list[Region]] = {}
    for region in document.regions:
        groups.setdefault(region.label, []).append(region)
    return groups


def _partners(first: Sequence[Region], second: Sequence[Region]) -> list[list[int]]:
    """For each region of the first, the positions of those of the second that overlap it enough."""
    mine, yours = ([_box(region) for region in side if isinstance(region, BoxRegion)] for side in (first, second))
    if len(mine) == len(first) and len(yours) == len(second):
        overlaps = geometry.box_iou_matrix(np.array(mine), np.array(yours))
        return [np.flatnonzero(row >= MATCHING_IOU).tolist() for row in overlaps]
    polygons = [[region for region in side if isinstance(region, PolygonRegion)] for side in (first, second)]
    if [len(side) for side in polygons] == [len(first), len(second)]:
        return _polygon_partners(*polygons)
    return [
        [position for position, other in enumerate(second) if iou(region, other) >= MATCHING_IOU] for region in first
    ]


def _polygon_partners(first: Sequence[PolygonRegion], second: Sequence[PolygonRegion]) -> list[list[int]]:
    """Draws only what may overlap enough, and nothing where that would take long: then nobody has a partner."""
    mine, yours = (np.array([geometry.bounds(region.parts) for region in side]) for side in (first, second))
    low = np.maximum(mine[:, None, :2], yours[None, :, :2])
    high = np.minimum(mine[:, None, :2] + mine[:, None, 2:], yours[None, :, :2] + yours[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    # The intersection is within both boxes, and the union at least as large as the larger of the two.
    largest = np.maximum(*np.ix_([_least_area(region) for region in first], [_least_area(region) for region in second]))
    near = (shared > 0) & (shared >= MATCHING_IOU * largest)
    if near.sum() > MOST_DRAWN:
        return [[] for _ in first]
    return [
        [other for other in np.flatnonzero(row).tolist() if iou(region, second[other]) >= MATCHING_IOU]
        for region, row in zip(first, near, strict=True)
    ]


def _least_area(region: PolygonRegion) -> float:
    """The area of a single ring; 0, which is always right, where several may cover each other."""
    return geometry.ring_area(region.parts[0]) if len(region.parts) == 1 else 0.0


def _perfect(partners: Sequence[Sequence[int]]) -> bool:
    """Whether everyone on the left finds a partner of their own: a perfect matching, by augmenting paths."""
    held_by: dict[int, int] = {}
    holds: dict[int, int] = {}
    for start in range(len(partners)):
        reached_from = _path(start, partners, held_by)
        if reached_from is None:
            return False
        end: int | None = next(reversed(reached_from))
        while end is not None:
            left = reached_from[end]
            held_by[end], before = left, holds.get(left)
            holds[left], end = end, before
    return True


def _path(start: int, partners: Sequence[Sequence[int]], held_by: dict[int, int]) -> dict[int, int] | None:
    """From whom each right side was reached, ending with a free one; None where there is no way to a free one."""
    reached_from: dict[int, int] = {}
    frontier = [start]
    while frontier:
        left = frontier.pop()
        free = next((right for right in partners[left] if right not in held_by), None)
        if free is not None:
            reached_from[free] = left
            return reached_from
        for right in partners[left]:
            if right not in reached_from:
                reached_from[right] = left
                frontier.append(held_by[right])
    return None


def _box(region: BoxRegion | MaskRegion) -> geometry.Box:
    return geometry.Box(region.x, region.y, region.width, region.height)


def _mask_iou(first: MaskRegion, second: MaskRegion) -> float:
    if first.rle.size != second.rle.size:
        return 0.0
    height, width = first.rle.size
    return _runs_iou(rle.from_text(first.rle.counts, height, width), rle.from_text(second.rle.counts, height, width))


def _painted_iou(mask: MaskRegion, polygon: PolygonRegion) -> float:
    if geometry.intersect(_box(mask), geometry.bounds(polygon.parts)) is None:
        return 0.0
    height, width = mask.rle.size
    runs = rle.from_text(mask.rle.counts, height, width)
    return _runs_iou(runs, rle.polygon_to_runs(polygon.parts, height, width))


def _polygon_iou(first: PolygonRegion, second: PolygonRegion) -> float:
    mine, yours = geometry.bounds(first.parts), geometry.bounds(second.parts)
    if geometry.intersect(mine, yours) is None:
        return 0.0
    left, top = min(mine.x, yours.x), min(mine.y, yours.y)
    wide, high = max(mine.right, yours.right) - left, max(mine.bottom, yours.bottom) - top
    scale = RASTER / max(wide, high)
    size = int(np.ceil(high * scale)), int(np.ceil(wide * scale))
    one, other = (
        rle.polygon_to_mask([[((x - left) * scale, (y - top) * scale) for x, y in ring] for ring in parts], *size)
        for parts in (first.parts, second.parts)
    )
    union = np.count_nonzero(one | other)
    return np.count_nonzero(one & other) / union if union else 0.0


def _runs_iou(first: rle.Runs, second: rle.Runs) -> float:
    """IoU of two masks of one size from their runs: the union is swept, the intersection follows from the areas."""
    spans = [rle.foreground(runs) for runs in (first, second)]
    starts, ends = (np.concatenate(side) for side in zip(*spans, strict=True))
    if not starts.size:
        return 0.0
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], ends[order]
    covered = np.concatenate([starts[:1], np.maximum.accumulate(ends)[:-1]])
    union = int(np.maximum(0, ends - np.maximum(starts, covered)).sum())
    return (rle.area(first) + rle.area(second) - union) / union
