"""What is drawn over a thumbnail: shapes in image pixels for an SVG whose view box is the image."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST_SHAPES = 200


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


def draw(document: Mapping[str, Any] | None, labels: Mapping[str, tuple[str, str]]) -> Overlay:
    """The overlay of a document; `labels` maps a label's code to its path and colour. A mask is drawn as its box."""
    if not document:
        return Overlay([], [])
    unknown = ("Removed label", "#888888")
    regions = document.get("regions", [])
    shapes = []
    for region in regions[:MOST_SHAPES]:
        name, colour = labels.get(region["label"], unknown)
        path = _rings(region) if region["shape"] == "polygon" else _rectangle(region)
        shapes.append(Drawn(path, name, colour, dashed=region["shape"] == "mask" or bool(region.get("crowd"))))
    return Overlay(
        shapes,
        [labels.get(code, unknown) for code in document.get("labels", [])],
        empty=bool(document.get("empty")),
        more=max(0, len(regions) - MOST_SHAPES),
    )
