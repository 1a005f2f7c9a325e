"""Run-length encoded masks as COCO stores them: columns first, starting with background.

*Runs* are an int64 array of lengths, background and foreground in turn; they add up to
`height * width`. *Counts* is COCO's text form of the same runs. Masks are [height, width] arrays.
The results equal those of `pycocotools.mask`, which is not needed at run time.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from annotations import geometry

Runs: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.uint8]

FIRST_CHARACTER = 48
MOST_CHUNKS = 12


class RleError(ValueError):
    """The text is not a COCO run-length encoding of a mask of the stated size."""


def encode(mask: NDArray[Any]) -> Runs:
    """Return the runs of a [height, width] mask; anything not zero is foreground."""
    flat = np.asarray(mask).astype(bool).ravel(order="F")
    if not flat.size:
        return np.zeros(1, dtype=np.int64)
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    runs = np.diff(np.concatenate([[0], edges, [flat.size]])).astype(np.int64)
    return np.concatenate([np.zeros(1, dtype=np.int64), runs]) if flat[0] else runs


def decode(runs: Runs, height: int, width: int) -> Mask:
    """Return the [height, width] mask of 0 and 1."""
    values = (np.arange(len(runs)) % 2).astype(np.uint8)
    return np.repeat(values, runs).reshape((height, width), order="F")


def compress(runs: Runs) -> str:
    """Return COCO's text: differences to the run two before, in 5-bit groups from character 48."""
    values = runs.astype(np.int64).copy()
    values[3:] -= runs[1:-2]
    groups = np.zeros((len(values), MOST_CHUNKS), dtype=np.uint8)
    lengths = np.zeros(len(values), dtype=np.int64)
    pending = np.ones(len(values), dtype=bool)
    for position in range(MOST_CHUNKS):
        group = values & 31
        values = values >> 5
        done = np.where(group & 16, values == -1, values == 0)
        groups[:, position] = group + np.where(done, 0, 32) + FIRST_CHARACTER
        lengths[pending] = position + 1
        pending &= ~done
        if not pending.any():
            break
    used = np.arange(MOST_CHUNKS) < lengths[:, None]
    return groups[used].tobytes().decode("ascii")


def decompress(counts: str) -> Runs:
    """Read COCO's text back into runs; `RleError` when it is not such a text."""
    try:
        codes = np.frombuffer(counts.encode("ascii"), dtype=np.uint8).astype(np.int64) - FIRST_CHARACTER
    except UnicodeEncodeError as error:
        raise RleError("counts must be plain text") from error
    if not codes.size:
        raise RleError("counts is empty")
    ends = np.flatnonzero((codes & 32) == 0)
    if codes.min() < 0 or codes.max() > 63 or not ends.size or ends[-1] != codes.size - 1:
        raise RleError("counts is not COCO run-length text")
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if lengths.max() > MOST_CHUNKS:
        raise RleError("counts holds a number that is too large")
    shifts = 5 * (np.arange(codes.size) - np.repeat(starts, lengths))
    values = np.add.reduceat((codes & 31) << shifts, starts)
    values -= np.where(codes[ends] & 16, np.int64(1) << (5 * lengths), 0)
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values


def from_text(counts: str, height: int, width: int) -> Runs:
    """Read COCO's text and check that it describes a mask of exactly this size."""
    runs = decompress(counts)
    return checked(runs, height, width)


def from_list(counts: Sequence[int], height: int, width: int) -> Runs:
    """Read COCO's uncompressed form, a list of run lengths, and check it against the size."""
    return checked(np.asarray(counts, dtype=np.int64), height, width)


def checked(runs: Runs, height: int, width: int) -> Runs:
    if runs.min(initial=0) < 0:
        raise RleError("counts holds a negative run")
    if runs.max(initial=0) > height * width or int(runs.sum()) != height * width:
        raise RleError(f"counts must describe {height} x {width} pixels")
    return runs


def area(runs: Runs) -> int:
    """Number of foreground pixels."""
    return int(runs[1::2].sum())


def bounding_box(runs: Runs, height: int) -> geometry.Box:
    """Smallest box around the foreground; all zeros when there is none."""
    starts, ends = foreground(runs)
    if not starts.size:
        return geometry.Box(0, 0, 0, 0)
    last = ends - 1
    left, right = int(starts[0] // height), int(last[-1] // height)
    if bool((starts // height != last // height).any()):
        # A run that goes on into the next column touches both the bottom and the top.
        return geometry.Box(left, 0, right - left + 1, height)
    top, bottom = int((starts % height).min()), int((last % height).max())
    return geometry.Box(left, top, right - left + 1, bottom - top + 1)


def foreground(runs: Runs) -> tuple[Runs, Runs]:
    """Start and end (exclusive) of every foreground run, as column-first pixel numbers."""
    ends = np.cumsum(runs)[1::2]
    lengths = runs[1::2]
    filled = lengths > 0
    return (ends - lengths)[filled], ends[filled]


def sample(
    runs: Runs, height: int, rows: NDArray[np.integer[Any]], columns: NDArray[np.integer[Any]]
) -> NDArray[np.bool_]:
    """Which pixels at these rows and columns are foreground, as [rows, columns], without decoding the mask."""
    places = columns[None, :].astype(np.int64) * height + rows[:, None]
    found: NDArray[np.bool_] = np.searchsorted(np.cumsum(runs), places, side="right") % 2 == 1
    return found


def overlap(masks: Sequence[Runs]) -> bool:
    """Tell whether any pixel is foreground in two of the masks, without decoding them."""
    spans = [foreground(runs) for runs in masks]
    if not spans:
        return False
    starts, ends = (np.concatenate(side) for side in zip(*spans, strict=True))
    order = np.argsort(starts, kind="stable")
    return bool((starts[order][1:] < ends[order][:-1]).any())


def polygon_to_mask(parts: geometry.Parts, height: int, width: int) -> Mask:
    """Fill rings even-odd: a pixel is set when its centre lies inside. Returns [height, width]."""
    toggles = np.zeros((height, width + 1), dtype=np.uint8)
    for ring in parts:
        starts = np.asarray(ring, dtype=np.float64).reshape(-1, 2)
        _toggle_edges(toggles, starts, np.roll(starts, -1, axis=0))
    np.bitwise_xor.accumulate(toggles, axis=1, out=toggles)
    return toggles[:, :width]


def polygon_to_runs(parts: geometry.Parts, height: int, width: int) -> Runs:
    return encode(polygon_to_mask(parts, height, width))


def _toggle_edges(toggles: Mask, starts: geometry.Floats, ends: geometry.Floats) -> None:
    """Flip, for each edge and pixel row it crosses, the first pixel whose centre is to its right."""
    height, width = toggles.shape[0], toggles.shape[1] - 1
    low = np.minimum(starts[:, 1], ends[:, 1])
    high = np.maximum(starts[:, 1], ends[:, 1])
    first = np.clip(np.ceil(low - 0.5), 0, height).astype(np.int64)
    rows_each = np.clip(np.ceil(high - 0.5), 0, height).astype(np.int64) - first
    edge = np.repeat(np.arange(len(starts)), rows_each)
    before = np.cumsum(rows_each) - rows_each
    rows = np.arange(len(edge)) - before[edge] + first[edge]
    slope = (rows + 0.5 - starts[edge, 1]) / (ends[edge, 1] - starts[edge, 1])
    crossing = starts[edge, 0] + slope * (ends[edge, 0] - starts[edge, 0])
    columns = np.clip(np.ceil(crossing - 0.5), 0, width).astype(np.int64)
    np.bitwise_xor.at(toggles, (rows, columns), 1)
