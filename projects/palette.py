"""Colours for labels: 24 that stay apart on photographs and in the three common colour-vision deficiencies.

Chosen greedily by the largest smallest distance in OKLab, over normal vision and simulated protanopia, deuteranopia and
tritanopia, so every prefix of the list is about as distinguishable as it can be. Never shown without the label's name.
"""

from collections.abc import Iterable

PALETTE = (
    "#00a8e4",
    "#fc0000",
    "#f0e400",
    "#6c00fc",
    "#905484",
    "#00fcd8",
    "#f09c78",
    "#fc60a8",
    "#009048",
    "#c00cc0",
    "#906cfc",
    "#90ccfc",
    "#c0a800",
    "#b4e49c",
    "#b4240c",
    "#cc6c78",
    "#fcc054",
    "#f000a8",
    "#fc6cfc",
    "#a86cc0",
    "#486cd8",
    "#9c309c",
    "#60cc9c",
    "#d878cc",
)


def colour_for(position: int) -> str:
    """The colour of the label at `position`, counted from 0; they come round again after 24."""
    return PALETTE[position % len(PALETTE)]


def next_colour(used: Iterable[str]) -> str:
    """The first colour that is used least."""
    counts = dict.fromkeys(PALETTE, 0)
    for colour in used:
        if colour in counts:
            counts[colour] += 1
    return min(PALETTE, key=lambda colour: counts[colour])
