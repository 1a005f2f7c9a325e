"""Twenty-four label colours that stay apart on photographs and for colour-blind eyes.

How they were found (`generate` repeats it): candidates are sRGB colours on a grid that are neither so
dark, so pale nor so grey that they drown in a photograph. Each is seen four ways: as it is, and through
the protanopia, deuteranopia and tritanopia matrices of Machado, Oliveira and Fernandes (2009, severity
1.0). Two colours are as far apart as in the worst of the four, in OKLab times 100. Starting from a vivid
red, the furthest candidate is added again and again; then single colours are exchanged as long as the
closest pair moves apart. In the final order, too, each colour is the one furthest from all before it,
so small taxonomies get the clearest colours. Colours still never stand alone: labels carry names.
"""

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

# fmt: off
PALETTE = (
    "#e02030", "#1020f0", "#d0f000", "#b080f0", "#80d0d0", "#901080", "#409090", "#f0b040",
    "#f050c0", "#c010c0", "#b09000", "#a02000", "#7060e0", "#108040", "#805070", "#50c090",
    "#f09070", "#c06070", "#a0e090", "#a0f0f0", "#7020b0", "#c0b0f0", "#7090c0", "#6050a0",
)
# fmt: on

# Machado et al. 2009, table 1, severity 1.0, for linear RGB.
DEFICIENCIES = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FIRST = (224, 32, 48)
# Ordinary vision is the common one, so there colours should be further apart than the floor demands.
_ORDINARY_SHARE = 0.6


def colour_for(position: int) -> str:
    """Return the `#rrggbb` colour of the label at a position in its project, from 0; repeats after 24."""
    return PALETTE[position % len(PALETTE)]


def next_colour(used: Iterable[str]) -> str:
    """Return the colour that is used least, the clearest of them first."""
    counts = Counter(used)
    return min(PALETTE, key=lambda colour: counts[colour])


def oklab(rgb: NDArray[np.float64], deficiency: str = "") -> NDArray[np.float64]:
    """Convert sRGB [n, 3] in 0 to 255 to OKLab [n, 3] times 100, as seen with a deficiency or without."""
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    if deficiency:
        linear = np.clip(linear @ np.array(DEFICIENCIES[deficiency]).T, 0, 1)
    seen: NDArray[np.float64] = np.cbrt(linear @ _TO_LMS.T) @ _TO_OKLAB.T * 100
    return seen


def generate(count: int = 24) -> tuple[str, ...]:
    """Find the palette again; takes about a second."""
    rgb = _candidates()
    gaps = _gaps(rgb)
    start = int(np.argmin(((rgb - _FIRST) ** 2).sum(axis=1)))
    chosen = _exchange(gaps, _furthest_first(gaps, start, np.arange(len(rgb)), count))
    ordered = _furthest_first(gaps, start, np.array(chosen), count)
    return tuple("#{:02x}{:02x}{:02x}".format(*rgb[index].astype(int).tolist()) for index in ordered)


def _candidates() -> NDArray[np.float64]:
    levels = np.arange(0, 256, 16)
    grid = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    rgb = np.vstack([grid.astype(np.float64), [_FIRST]])
    lab = oklab(rgb)
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    found: NDArray[np.float64] = rgb[(lab[:, 0] >= 45) & (lab[:, 0] <= 95) & (chroma >= 7)]
    return found


def _gaps(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of every pair [n, n] in the worst of the four ways of seeing."""
    worst = _distances(oklab(rgb)) * _ORDINARY_SHARE
    for deficiency in DEFICIENCIES:
        np.minimum(worst, _distances(oklab(rgb, deficiency)), out=worst)
    return worst


def _distances(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    squares = (lab**2).sum(axis=1)
    found: NDArray[np.float64] = np.sqrt(np.maximum(squares[:, None] + squares - 2 * lab @ lab.T, 0))
    return found


def _furthest_first(gaps: NDArray[np.float64], start: int, pool: NDArray[np.intp], count: int) -> list[int]:
    chosen = [start]
    nearest = gaps[start, pool].copy()
    while len(chosen) < count:
        best = int(np.argmax(nearest))
        chosen.append(int(pool[best]))
        nearest = np.minimum(nearest, gaps[chosen[-1], pool])
    return chosen


def _exchange(gaps: NDArray[np.float64], chosen: list[int]) -> list[int]:
    """Replace one colour of the closest pair while that makes the closest pair of all wider."""
    while True:
        inside = gaps[np.ix_(chosen, chosen)] + np.eye(len(chosen)) * 1e9
        first, second = np.unravel_index(int(np.argmin(inside)), inside.shape)
        floor = inside[first, second]
        for position in (int(second), int(first)):
            if position == 0:
                continue
            rest = chosen[:position] + chosen[position + 1 :]
            nearest = gaps[rest].min(axis=0)
            nearest[rest] = 0
            best = int(np.argmax(nearest))
            if nearest[best] > floor + 1e-9:
                chosen[position] = best
                break
        else:
            return chosen
