"""Painting on a picture of 64 megapixels that is painted already: every stroke, saving, and the server's check."""

import json
import time
import uuid
from typing import Any

import numpy as np
from playwright.sync_api import Page, Request

from bench import measure
from bench.editor.desk import Bench, fit

SIZE = (8000, 8000)
LABELS = 8
BLOBS = 400
EVENTS = 120
NIBS = (25, 200, 1000)
"""Diameters of the brush in image pixels."""

WATCH = """() => {
  const events = window.events_ = { handling: [], painting: [] };
  let began = 0;
  const plain = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (run) => plain((now) => {
    const start = performance.now();
    run(now);
    events.painting.push(performance.now() - start);
  });
  for (const kind of ["pointerdown", "pointermove", "pointerup"]) {
    window.addEventListener(kind, () => { began = performance.now(); }, true);
    window.addEventListener(kind, () => events.handling.push(performance.now() - began));
  }
}"""

TAKE = """() => {
  const { handling, painting } = window.events_;
  return { handling: handling.splice(0), painting: painting.splice(0) };
}"""

ENCODE = """async ([counts, side]) => {
  const place = (name) => import(`/static/editor/mask/${name}.js`);
  const [{ decode, encode }, { Patch }, { sweep }] = await Promise.all([place("codec"), place("bitmap"), place("scan")]);
  const timed = (work) => { const start = performance.now(); const result = work(); return [performance.now() - start, result]; };
  const found = { decode: 0, whole: 0, after: 0 };
  let bitmap;
  [found.decode, bitmap] = timed(() => decode({ size: [side, side], counts }));
  const whole = timed(() => encode(bitmap));
  if (whole[1] !== counts) throw new Error("the mask has changed");
  found.whole = whole[0];
  const patch = new Patch(bitmap);
  sweep(patch, { x: 3000, y: 3000 }, { x: 3400, y: 3600 }, 100, "round");
  found.after = timed(() => JSON.stringify({ counts: encode(bitmap.plus(patch)) }))[0];
  return found;
}"""


def run(bench: Bench) -> None:
    """The page on a painted picture, then the server alone."""
    project = bench.project("semantic", SIZE, images=1)
    regions = _prelabel(project, bench.manager)
    _check(regions)
    with bench.label(project) as page:
        page.evaluate(WATCH)
        for size in NIBS:
            _brush(page, size)
        _codec(page, regions)
        _save(page)


def _brush(page: Page, size: int) -> None:
    """One long stroke; what each of its events costs, and the frames meanwhile."""
    while (now := _nib(page)) != size and not (now > size > 36 and now - size < size / 8):
        page.keyboard.press("]" if now < size else "[")
    now = _nib(page)
    scale, left, top = fit(page, SIZE)
    page.evaluate(TAKE)
    page.mouse.move(left + 1000 * scale, top + 1000 * scale)
    page.mouse.down()
    for step in range(EVENTS):
        x, y = 1000 + 6000 * step / EVENTS, 4000 + 3000 * np.sin(step / 9)
        page.mouse.move(left + x * scale, top + y * scale)
    page.mouse.up()
    page.wait_for_timeout(100)
    found = page.evaluate(TAKE)
    name = f"brush of {now} px on {SIZE[0]:,} × {SIZE[1]:,}"
    measure.report("editor", f"{name}: one event", found["handling"], unit="ms", at_most=16)
    worst = measure.percentile(found["handling"], 95)
    measure.report("editor", f"{name}: one event, 95 of 100", [worst], unit="ms", at_most=16)
    measure.report("editor", f"{name}: painting a frame", found["painting"], unit="ms", at_most=16)
    page.keyboard.press("Control+z")


def _nib(page: Page) -> int:
    return int(page.locator("[data-part=options] output").first.inner_text().split()[0])


def _codec(page: Page, regions: list[dict[str, Any]]) -> None:
    found = page.evaluate(ENCODE, [regions[0]["rle"]["counts"], SIZE[0]])
    name = f"one mask of {SIZE[0]:,} × {SIZE[1]:,}"
    measure.report("editor", f"{name}: read", [found["decode"]], unit="ms")
    measure.report("editor", f"{name}: write all of it", [found["whole"]], unit="ms")
    measure.report("editor", f"{name}: write after a stroke, with JSON", [found["after"]], unit="ms", at_most=1000)


def _save(page: Page) -> None:
    """From the end of a stroke to the answered autosave, less the pause that it waits for; then a submit."""
    drafts: list[Request] = []
    page.on("request", lambda request: drafts.append(request) if request.url.endswith("/draft/") else None)
    scale, left, top = fit(page, SIZE)
    for index in range(3):
        x, y = left + (2000 + 800 * index) * scale, top + 5000 * scale
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 40, y + 40)
        with page.expect_response(lambda answer: answer.url.endswith("/draft/")) as saving:
            page.mouse.up()
        if not saving.value.ok:
            raise RuntimeError(saving.value.text())
    for request in drafts[1:]:
        size = len(request.post_data or "") / 1024
        measure.report("editor", f"autosave of a stroke ({request.method}): sent", [size], unit="KiB", at_most=1024)
    start = time.perf_counter()
    with page.expect_response(lambda answer: answer.url.endswith("/submit/")) as waiting:
        page.keyboard.press("Enter")
    taken = 1000 * (time.perf_counter() - start)
    if waiting.value.status != 200:
        raise RuntimeError(waiting.value.text())
    sent = len(waiting.value.request.post_data or "") / 1024
    name = f"{LABELS} masks of {SIZE[0]:,} × {SIZE[1]:,}"
    measure.report("editor", f"submit of {name}: answered", [taken], unit="ms", at_most=1000)
    measure.report("editor", f"submit of {name}: sent", [sent], unit="KiB")


def _check(regions: list[dict[str, Any]]) -> None:
    from annotations import documents

    text = json.dumps({"labels": [], "regions": regions, "empty": False})

    def check() -> None:
        parsed = documents.parse_json(text)
        labels = {region["label"] for region in regions}
        problems = documents.validate(parsed, task_type="semantic", width=SIZE[0], height=SIZE[1], labels=labels)
        if problems:
            raise RuntimeError(problems[0])

    taken = [1000 * seconds for seconds in measure.seconds(check)]
    name = f"the server's check of {LABELS} masks of {SIZE[0]:,} × {SIZE[1]:,}"
    measure.report("editor", f"{name}, {len(text) / 1024:.0f} KiB", taken, unit="ms", at_most=300)


def _prelabel(project: Any, actor: Any) -> list[dict[str, Any]]:
    """Paints the picture all over in blobs of every label, and suggests that."""
    from annotations.models import Task
    from projects import taxonomy
    from projects.models import Label

    names = [{"name": "Thing"}, *({"name": f"Thing {number}"} for number in range(2, LABELS + 1))]
    taxonomy.save_nested(project=project, labels=names, actor=actor, handling="continue")
    codes = [str(label.code) for label in Label.objects.filter(project=project).active().order_by("position")]
    owner = _blobs(len(codes))
    regions = [_region(code, owner == number) for number, code in enumerate(codes, 1)]
    Task.objects.filter(project=project).update(prelabel={"labels": [], "regions": regions, "empty": False})
    return regions


def _blobs(labels: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Which label each pixel has, 0 for none: discs in front of each other."""
    random = np.random.default_rng(8)
    owner = np.zeros((SIZE[1], SIZE[0]), dtype=np.uint8)
    for number in range(BLOBS):
        radius = int(random.integers(60, 600))
        x, y = (int(value) for value in random.integers(0, SIZE[0], 2))
        rows = slice(max(0, y - radius), min(SIZE[1], y + radius))
        columns = slice(max(0, x - radius), min(SIZE[0], x + radius))
        down, across = np.ogrid[rows, columns]
        owner[rows, columns][(across - x) ** 2 + (down - y) ** 2 < radius**2] = 1 + number % labels
    return owner


def _region(code: str, pixels: Any) -> dict[str, Any]:
    from annotations import rle

    runs = rle.encode(pixels)
    box = rle.bounding_box(runs, SIZE[1])
    text = {"size": [SIZE[1], SIZE[0]], "counts": rle.compress(runs)}
    common = {"id": str(uuid.uuid4()), "shape": "mask", "label": code, "origin": "prelabel", "note": ""}
    return common | {"rle": text, "x": box.x, "y": box.y, "width": box.width, "height": box.height}
