"""The labelling pages as a labeller's hands and eyes use them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, Response, expect

from projects.models import Project

MARGIN = 16
"""Screen pixels that a fitted image leaves free on the stage (static/editor/viewport.js)."""


@dataclass(frozen=True)
class Box:
    """A box in pixels of the image."""

    x: float
    y: float
    width: float
    height: float

    def near(self, other: "Box", tolerance: float = 1.0) -> bool:
        return all(
            abs(mine - theirs) <= tolerance
            for mine, theirs in zip(vars(self).values(), vars(other).values(), strict=True)
        )


class LabellingPage:
    """Either labelling page, and the tasks that the server gave to it, in their order."""

    def __init__(self, page: Page, project: Project) -> None:
        self.page = page
        self.project = project
        self._answers: list[Response] = []
        page.on("response", self._keep)

    def _keep(self, response: Response) -> None:
        if response.ok and re.search(r"/(lease|submit)/$", response.url):
            self._answers.append(response)

    def open(self) -> "LabellingPage":
        self.page.goto(f"/projects/{self.project.code}/label/")
        self.ready()
        return self

    def ready(self) -> None:
        """Waits until there is a picture, or a sentence why not."""
        expect(self.part("cover")).not_to_have_attribute("data-state", "loading")

    def part(self, name: str) -> Any:
        return self.page.locator(f"[data-part='{name}']")

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """Everything that was handed out to this page, without repeats."""
        found: dict[str, dict[str, Any]] = {}
        for response in self._answers:
            body = response.json()
            page = body.get("next") if "results" in body else body
            for task in (page or {}).get("tasks", []):
                found.setdefault(task["code"], task)
        return list(found.values())

    def submit(self, act: Callable[[], object] | None = None) -> dict[str, Any]:
        """Submits by Enter (or by `act`); what was sent."""
        with self.page.expect_response(lambda answer: answer.url.endswith("/submit/")) as waiting:
            act() if act else self.page.keyboard.press("Enter")
        assert waiting.value.status == 200, waiting.value.text()
        sent: dict[str, Any] = waiting.value.request.post_data_json
        return sent


class BoxPage(LabellingPage):
    """The box editor, one image after the other."""

    at = 0

    def open(self) -> "BoxPage":
        super().open()
        expect(self.part("cover")).to_be_hidden()
        return self

    @property
    def task(self) -> dict[str, Any]:
        """The task in front."""
        return self.tasks[self.at]

    def submit(self, act: Callable[[], object] | None = None) -> dict[str, Any]:
        sent = super().submit(act)
        self.at += 1
        self.ready()
        return sent

    def screen(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the fitted image is on the screen."""
        scale, left, top = self._fit()
        return left + x * scale, top + y * scale

    def draw(self, x: float, y: float, width: float, height: float) -> Box:
        """Drags a box with the mouse, whose positions are whole screen pixels; the box that must come of it."""
        scale, left, top = self._fit()
        start = [round(value) for value in self.screen(x, y)]
        end = [round(value) for value in self.screen(x + width, y + height)]
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down()
        mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=3)
        mouse.move(*end, steps=3)
        mouse.up()
        return Box(
            (start[0] - left) / scale,
            (start[1] - top) / scale,
            (end[0] - start[0]) / scale,
            (end[1] - start[1]) / scale,
        )

    @property
    def regions(self) -> Any:
        return self.page.locator("[data-part='regions'] > li")

    def stored(self) -> list[dict[str, Any]]:
        """The regions of the draft that this browser sends next: read back from the page's own autosave."""
        with self.page.expect_response(lambda answer: answer.url.endswith("/draft/") and answer.ok) as waiting:
            pass
        return list(waiting.value.request.post_data_json["document"]["regions"])

    def _fit(self) -> tuple[float, float, float]:
        """Scale, and the screen position of the image's corner."""
        stage = self.part("stage").bounding_box()
        image = self.task["image"]
        room = stage["width"] - 2 * MARGIN, stage["height"] - 2 * MARGIN
        scale = min(room[0] / image["width"], room[1] / image["height"])
        left = stage["x"] + stage["width"] / 2 - image["width"] / 2 * scale
        top = stage["y"] + stage["height"] / 2 - image["height"] / 2 * scale
        return scale, left, top


def boxes_of(document: dict[str, Any]) -> list[Box]:
    """The boxes of a document, in its order."""
    return [Box(*(region[side] for side in ("x", "y", "width", "height"))) for region in document["regions"]]


class ClassifyPage(LabellingPage):
    """The classification page: a grid of images."""

    @property
    def tiles(self) -> Any:
        return self.page.locator("[data-part='grid'] > li")

    def shows(self, *labels: list[str]) -> None:
        """Waits until the first tiles show these labels, each tile its own."""
        for index, names in enumerate(labels):
            expect(self.tiles.nth(index).locator(".chip .truncate")).to_have_text(names)

    def select(self, *indices: int) -> None:
        for index in indices:
            self.tiles.nth(index).locator(".tile-main").click()
