"""Windows: which values become black and which white (PS3.3, C.11.2). The browser's static/editor/windowing.js says the same."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

ELEMENTS = ("WindowCenter", "WindowWidth", "WindowCenterWidthExplanation", "VOILUTFunction")
EXACT = "LINEAR_EXACT"
FUNCTIONS = frozenset({"LINEAR", EXACT, "SIGMOID"})
MOST_WINDOWS = 8
_NAMES = (
    "ABDOMEN", "ALGO", "ANGIO", "BONE", "BRAIN", "CARDIAC", "CHEST", "CONTRAST", "CUSTOM", "DEFAULT", "EAR", "FACE",
    "FLAT", "HARD", "HARDER", "HEAD", "HEART", "HIGH", "INNER", "KIDNEY", "LINEAR", "LIVER", "LOW", "LUNG", "LUNGS",
    "MEDIASTINUM", "NARROW", "NECK", "NORMAL", "OPTION", "ORIGINAL", "ORBIT", "PELVIS", "PRESET", "SHARP", "SINUS",
    "SKULL", "SOFT", "SOFTER", "SPINE", "STANDARD", "STROKE", "SUBDURAL", "TEMPORAL", "TISSUE", "USER", "VESSEL",
    "VESSELS", "WIDE", "WINDOW",
)  # fmt: skip
NAMES = frozenset(_NAMES)
"""Words of windows' names. The element is free text, so a name of any other word stays in the file: it might be a person's."""
_WORD = re.compile(r"[A-Za-z]+|\d+|\S", re.ASCII)
OUTLIERS = 0.5
"""Per cent of the values on either side that the automatic window leaves out."""


@dataclass(frozen=True, slots=True)
class Window:
    """In the unit of measurement: after slope and intercept."""

    name: str
    centre: float
    width: float
    function: str = EXACT
    """LINEAR, LINEAR_EXACT or SIGMOID."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What 16-bit values mean and how they are shown first. `curve` has a grey (0–255) for every value there is."""

    slope: float
    intercept: float
    inverted: bool
    unit: str
    padding: tuple[int, ...] | None
    """First and last value that mean “no measurement”; they are shown black."""
    windows: tuple[Window, ...]
    """From the file; then `auto` and `full`, which are computed."""
    curve: tuple[int, ...] | None
    auto: Window | None = None
    full: Window | None = None


def named(centres: Any, widths: Any, names: Any, function: Any) -> Iterator[Window]:
    """The windows that a file names; those that are none are left out."""
    pairs = list(zip(_several(centres), _several(widths), strict=False))
    called = [_called(str(name).strip()) for name in _several(names)[:MOST_WINDOWS]]
    for number, (centre, width) in enumerate(pairs[:MOST_WINDOWS]):
        if math.isfinite(float(centre)) and float(width) > 0 and math.isfinite(float(width)):
            name = called[number] if number < len(called) and called[number] else ""
            yield Window(
                name or ("File" if len(pairs) == 1 else f"File {number + 1}"),
                float(centre),
                float(width),
                str(function) if function in FUNCTIONS else "LINEAR",
            )


def _called(name: str) -> str:
    """The name, if it is made of known words and small numbers; else none."""
    words = _WORD.findall(name[:33])
    known = all(word.upper() in NAMES or word in "-_/" or (word.isdigit() and len(word) < 3) for word in words)
    return name if known and len(name) <= 32 else ""


def _several(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return [value] if isinstance(value, str | int | float) else list(value)


def completed(scale: Scale, values: NDArray[np.uint16], curved: NDArray[Any] | None) -> Scale:
    """The scale with the windows that its values ask for, and the file's curve as a table over them."""
    measured = values
    if scale.padding:
        low, high = scale.padding
        kept = values[(values < low) | (values > high)]
        measured = kept if kept.size else values
    counts = np.bincount(measured.ravel(), minlength=1)
    reached = np.cumsum(counts) / measured.size * 100
    low = int(np.searchsorted(reached, OUTLIERS))
    high = int(np.searchsorted(reached, 100 - OUTLIERS))
    seen = np.flatnonzero(counts)
    table = None
    if curved is not None:
        table = _table(values, curved)
    return replace(
        scale,
        auto=_between(scale, "Automatic", low, high),
        full=_between(scale, "Full range", int(seen[0]), int(seen[-1])),
        curve=table,
    )


def _between(scale: Scale, name: str, low: int, high: int) -> Window:
    ends = [value * scale.slope + scale.intercept for value in (low, high)]
    step = abs(scale.slope)
    return Window(name, (ends[0] + ends[1]) / 2, max(abs(ends[1] - ends[0]), step))


def _table(values: NDArray[np.uint16], curved: NDArray[Any]) -> tuple[int, ...]:
    greys = np.zeros(int(values.max()) + 1, dtype=np.float64)
    greys[values.ravel()] = curved.ravel()
    low, high = float(curved.min()), float(curved.max())
    # Values that no pixel has take the grey of the next lower one that some pixel has.
    present = np.zeros(greys.size, dtype=bool)
    present[values.ravel()] = True
    filled = greys[np.maximum.accumulate(np.where(present, np.arange(greys.size), 0))]
    return tuple(np.rint((filled - low) * (255 / (high - low or 1))).astype(int).tolist())


def greys(scale: Scale, window: Window | None, size: int) -> NDArray[np.uint8]:
    """The grey of every value from 0 to `size` − 1. Without a window the file's curve shows, or what fits the values."""
    window = window or (None if scale.curve else first(scale))
    if window is None:
        table = np.resize(np.asarray(scale.curve, dtype=np.float64), size) / 255
        table[len(scale.curve or ()) :] = 1.0
    else:
        table = _shares(np.arange(size) * scale.slope + scale.intercept, window)
    table = 1 - table if scale.inverted else table
    greys = np.rint(np.clip(table, 0, 1) * 255).astype(np.uint8)
    if scale.padding:
        greys[scale.padding[0] : scale.padding[1] + 1] = 0
    return greys


def first(scale: Scale) -> Window | None:
    """The window that shows when nobody has chosen one."""
    return scale.windows[0] if scale.windows else scale.auto


def _shares(measured: NDArray[Any], window: Window) -> NDArray[Any]:
    """How far from black (0) to white (1) the values are."""
    distance = measured - window.centre
    if window.function == "SIGMOID":
        return 1 / (1 + np.exp(np.clip(-4 * distance / window.width, -60, 60)))
    if window.function == EXACT:
        return distance / window.width + 0.5
    return (distance + 0.5) / max(window.width - 1, 1e-6) + 0.5
