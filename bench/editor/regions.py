"""Boxes and polygons by the thousand on a picture of 12 megapixels: panning, zooming, dragging, submitting."""

import math
import random
import statistics
import uuid
from typing import Any

from playwright.sync_api import Page

from bench import measure
from bench.editor.desk import Bench, fit, frames

SIZE = (4000, 3000)
REGIONS = (100, 500, 2_000, 10_000)
BUDGETED = 2_000
STEPS = 90
SUBMITS = 4
PREFETCH_MS = 1500
POINTS = 60
"""Corners of each polygon; there is one for every four boxes."""

PRESSED = """() => {
  window.pressed_ = new Promise((done) => {
    new PerformanceObserver((list, observer) => {
      const found = list.getEntries().filter((entry) => entry.name === "keydown");
      if (found.length) { observer.disconnect(); done(Math.max(...found.map((entry) => entry.duration))); }
    }).observe({ type: "event", durationThreshold: 16, buffered: false });
  });
}"""


def run(bench: Bench) -> None:
    """Every number of regions, then how the cost of a drag grows with it."""
    dragging = {count: measure_count(bench, count) for count in REGIONS}
    ratio = dragging[REGIONS[-1]] / dragging[REGIONS[0]]
    name = f"work per frame of a drag, {REGIONS[-1]:,} ÷ {REGIONS[0]:,} regions"
    measure.report("editor", name, [ratio], unit="×", at_most=1.5)


def measure_count(bench: Bench, count: int) -> float:
    """All gestures with `count` boxes and a quarter as many polygons; the work per frame of a drag."""
    project = bench.project("box", SIZE, images=SUBMITS + 1)
    grip = _prelabel(project, count)
    budget = count == BUDGETED
    with bench.label(project) as page:
        dragging = 0.0
        for gesture in ("pan", "zoom", "drag"):
            found: list[float] = []
            work: list[float] = []
            with frames(page, found, work):
                {"pan": _pan, "zoom": _zoom, "drag": _drag}[gesture](page, grip)
            name = f"{gesture}, {count:,} boxes, {count // 4:,} polygons"
            rate = 1000 / statistics.median(found)
            measure.report("editor", f"{name}: median rate", [rate], unit="frames/s", at_least=55 if budget else None)
            longest = measure.percentile(found, 100)
            measure.report("editor", f"{name}: longest frame", [longest], unit="ms", at_most=50 if budget else None)
            measure.report("editor", f"{name}: work per frame", work, unit="ms")
            dragging = work[0]
    _prelabel(project, count, polygons=False)
    with bench.label(project) as page:
        first, *later = [_submit(page) for _ in range(SUBMITS)]
        name, most = (
            f"submit to next image painted, {count:,} boxes on both",
            300 if budget else 100 if count <= 100 else None,
        )
        measure.report("editor", f"{name}: first of a page", [first], unit="ms", at_most=most)
        measure.report("editor", f"{name}: later ones", later, unit="ms", at_most=most)
    return dragging


def _submit(page: Page) -> float:
    """Milliseconds from the key to the next paint; leaves time to fetch the image after the next."""
    page.evaluate(PRESSED)
    page.keyboard.press("Enter")
    taken = float(page.evaluate("() => window.pressed_"))
    page.wait_for_timeout(PREFETCH_MS)
    return taken


def _pan(page: Page, _grip: tuple[float, float]) -> None:
    page.keyboard.press("Shift+F")
    page.mouse.move(500, 400)
    page.mouse.down(button="middle")
    for step in range(STEPS):
        page.mouse.move(500 + 150 * math.sin(step / 12), 400 + 120 * math.cos(step / 9))
    page.mouse.up(button="middle")
    page.keyboard.press("f")


def _zoom(page: Page, _grip: tuple[float, float]) -> None:
    page.mouse.move(500, 400)
    for step in range(STEPS):
        page.mouse.wheel(0, -60 if step < STEPS / 2 else 60)
    page.keyboard.press("f")


def _drag(page: Page, grip: tuple[float, float]) -> None:
    page.keyboard.press("m")
    scale, left, top = fit(page, SIZE)
    x, y = left + grip[0] * scale, top + grip[1] * scale
    page.mouse.click(x, y)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(STEPS):
        page.mouse.move(x + 60 * math.sin(step / 10), y + 40 * math.sin(step / 7))
    page.mouse.up()


def _prelabel(project: Any, count: int, *, polygons: bool = True) -> tuple[float, float]:
    """Gives every task the same number of suggested regions; the middle of one box that nothing else covers."""
    from annotations.models import Annotation, Lease, Task
    from projects.models import Label

    label = str(Label.objects.get(project=project).code)
    chance = random.Random(count)
    Lease.objects.filter(task__project=project).delete()
    Annotation.objects.filter(task__project=project).delete()
    grip = {"x": SIZE[0] / 2 - 100, "y": SIZE[1] / 2 - 80, "width": 200.0, "height": 160.0}
    for task in Task.objects.filter(project=project):
        regions = [_region(label, "box", grip)] + [_region(label, "box", _place(chance)) for _ in range(count - 1)]
        if polygons:
            regions += [_region(label, "polygon", {"parts": [_ring(_place(chance))]}) for _ in range(count // 4)]
        task.prelabel = {"labels": [], "regions": regions, "empty": False}
        task.save(update_fields=["prelabel"])
    return SIZE[0] / 2, SIZE[1] / 2


def _region(label: str, shape: str, geometry: dict[str, Any]) -> dict[str, Any]:
    common = {"id": str(uuid.uuid4()), "shape": shape, "label": label, "origin": "prelabel", "note": ""}
    return common | geometry | ({"crowd": False} if shape == "box" else {})


def _place(chance: random.Random) -> dict[str, float]:
    """A box anywhere but over the middle of the picture."""
    while True:
        width, height = chance.uniform(20, 90), chance.uniform(20, 90)
        x, y = chance.uniform(0, SIZE[0] - width), chance.uniform(0, SIZE[1] - height)
        if abs(x + width / 2 - SIZE[0] / 2) > 250 or abs(y + height / 2 - SIZE[1] / 2) > 200:
            return {"x": round(x, 2), "y": round(y, 2), "width": round(width, 2), "height": round(height, 2)}


def _ring(place: dict[str, float]) -> list[tuple[float, float]]:
    turns = [2 * math.pi * index / POINTS for index in range(POINTS)]
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    return [
        (round(x + place["width"] / 2 * math.cos(turn), 2), round(y + place["height"] / 2 * math.sin(turn), 2))
        for turn in turns
    ]
