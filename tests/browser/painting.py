"""The mask editor under a real pointer, and the pixels that its gestures cover, computed another way."""

from typing import Any

import numpy as np
from playwright.sync_api import expect

from annotations import rle
from projects.models import Label, Project
from tests.browser.labelling import BoxPage
from tests.browser.world import SCENE_SIZE

WIDTH, HEIGHT = SCENE_SIZE


class MaskPage(BoxPage):
    """The editor of a project of masks."""

    def place(self, x: float, y: float) -> tuple[int, int]:
        """The whole screen pixel nearest to a point of the image."""
        across, down = self.screen(x, y)
        return round(across), round(down)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Where in the image the pointer is when it is put at that point."""
        scale, left, top = self._fit()
        across, down = self.place(x, y)
        return (across - left) / scale, (down - top) / scale

    def stroke(self, *points: tuple[float, float], button: Any = "left") -> list[tuple[float, float]]:
        """Drags from point to point, one event each; the points that were met."""
        mouse = self.page.mouse
        mouse.move(*self.place(*points[0]))
        mouse.down(button=button)
        for point in points[1:]:
            mouse.move(*self.place(*point))
        mouse.up(button=button)
        return [self.point(*point) for point in points]

    def click(self, x: float, y: float) -> None:
        self.page.mouse.click(*self.place(x, y))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def size(self, pixels: int) -> None:
        """Makes the brush so large, by its keys."""
        for _ in range(200):
            now = int(self.part("options").locator("output").first.inner_text().split()[0])
            if now == pixels:
                return
            self.press("[" if now > pixels else "]")
        raise AssertionError(f"the brush does not become {pixels} px")

    def again(self) -> None:
        """Reloads once everything is saved."""
        expect(self.part("save")).to_have_attribute("data-state", "saved", timeout=10_000)
        self.page.reload()
        self.ready()


def covered(points: list[tuple[float, float]], size: int, nib: str = "round") -> np.ndarray:
    """The pixels whose centres a nib covers on its way, asked one by one; [row, column] of bool."""
    spots = [_snapped(x, y, size) for x, y in points]
    across, down = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    found = np.zeros((HEIGHT, WIDTH), dtype=bool)
    for a, b in zip(spots, [*spots[1:], spots[-1]], strict=True):
        found |= (_in_round if nib == "round" else _in_square)(across, down, a, b, size / 2)
    return found


def _in_round(across: Any, down: Any, a: tuple[float, float], b: tuple[float, float], radius: float) -> Any:
    (ax, ay), (dx, dy) = a, (b[0] - a[0], b[1] - a[1])
    length = dx * dx + dy * dy
    t = 0.0 if length == 0 else np.clip(((across - ax) * dx + (down - ay) * dy) / length, 0, 1)
    return np.hypot(across - ax - t * dx, down - ay - t * dy) <= radius + 1e-7


def _in_square(across: Any, down: Any, a: tuple[float, float], b: tuple[float, float], radius: float) -> Any:
    """The times at which the square covers a pixel in x and in y meet."""
    starts, ends = [np.zeros_like(across)], [np.ones_like(across)]
    for value, start, way in ((across, a[0], b[0] - a[0]), (down, a[1], b[1] - a[1])):
        if way == 0:
            ends.append(np.where(abs(value - start) <= radius, 1.0, -1.0))
        else:
            times = [(value - radius - start) / way, (value + radius - start) / way]
            starts.append(np.minimum(*times))
            ends.append(np.maximum(*times))
    return np.maximum.reduce(starts) <= np.minimum.reduce(ends) + 1e-9


def _snapped(x: float, y: float, size: int) -> tuple[float, float]:
    if size % 2:
        return np.floor(x) + 0.5, np.floor(y) + 0.5
    return np.floor(x + 0.5), np.floor(y + 0.5)


def filled(ring: list[tuple[float, float]]) -> np.ndarray:
    """The pixels inside; the editor keeps corners to a hundredth of a pixel."""
    return rle.polygon_to_mask([np.round(ring, 2)], HEIGHT, WIDTH).astype(bool)


def masks(document: dict[str, Any], project: Project) -> dict[str, np.ndarray]:
    """The pixels of each label; what is stored must be a mask per label, with its own box."""
    names = {str(label.code): label.name for label in Label.objects.filter(project=project)}
    found = {}
    for region in document["regions"]:
        height, width = region["rle"]["size"]
        runs = rle.from_text(region["rle"]["counts"], height, width)
        assert [region[side] for side in ("x", "y", "width", "height")] == list(rle.bounding_box(runs, height))
        found[names[region["label"]]] = rle.decode(runs, height, width).astype(bool)
    assert len(found) == len(document["regions"])
    return found


def same(found: dict[str, np.ndarray], wanted: dict[str, np.ndarray]) -> None:
    assert sorted(found) == sorted(wanted)
    for label, pixels in wanted.items():
        assert (found[label] == pixels).all(), f"{label}: {np.count_nonzero(found[label] != pixels)} pixels differ"
