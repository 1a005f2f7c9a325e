"""How the picture is looked at: turned, mirrored, adjusted, from afar and close, with one's own keys."""

import time

import pytest
from playwright.sync_api import expect

from annotations.models import Annotation
from projects.models import Preferences, Project
from tests.browser.labelling import MARGIN, Box, BoxPage, ClassifyPage, boxes_of
from tests.browser.site import ROOT

PIXEL = """([x, y]) => {
  const canvas = document.querySelector("[data-part=base]");
  const ratio = canvas.width / canvas.clientWidth;
  const copy = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  copy.drawImage(canvas, -x * ratio, -y * ratio);
  return [...copy.getImageData(0, 0, 1, 1).data];
}"""
ADJUSTED = {"brightness": 0.0, "contrast": 0.0, "gamma": 1.0, "saturation": 0.0, "invert": True}


@pytest.fixture
def project(world) -> Project:
    return world.project("box", ["Fruit", "Vessel", "Other"], images=2)


@pytest.fixture
def labelling(world, desk, project):
    """The editor in front of the first labeller, open at the first image."""
    one = desk(world.labellers[0])
    return one, BoxPage(one.page, project).open()


def kept(world) -> dict:
    row = Preferences.objects.filter(user=world.labellers[0]).first()
    return row.editor if row else {}


def wait_until(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in ten seconds."
        time.sleep(0.1)


def fit(page: BoxPage, width: float, height: float) -> tuple[float, float, float]:
    """Scale and corner on the page of something fitted into the stage."""
    stage = page.part("stage").bounding_box()
    scale = min((stage["width"] - 2 * MARGIN) / width, (stage["height"] - 2 * MARGIN) / height)
    left, top = stage["x"] + (stage["width"] - width * scale) / 2, stage["y"] + (stage["height"] - height * scale) / 2
    return scale, left, top


def drag(page: BoxPage, start: tuple[float, float], end: tuple[float, float]) -> None:
    mouse = page.page.mouse
    mouse.move(*start)
    mouse.down()
    mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=3)
    mouse.move(*end, steps=3)
    mouse.up()


def test_box_drawn_in_a_turned_and_mirrored_view_is_where_the_image_has_it(labelling):
    _, page = labelling
    image = page.task["image"]
    page.page.keyboard.press("Alt+r")
    page.page.keyboard.press("Alt+f")
    expect(page.part("mark-turned")).to_contain_text("turned by 270°, mirrored")
    # A quarter clockwise and then mirrored: the image's x runs down, its y runs right. Both axes are exchanged.
    scale, left, top = fit(page, image["height"], image["width"])
    start, end = (left + 60 * scale, top + 90 * scale), (left + 160 * scale, top + 210 * scale)
    drag(page, start, end)
    expect(page.regions).to_have_count(1)
    page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("Shift+ArrowDown")
    page.page.keyboard.press("Control+ArrowRight")
    sent = page.submit()["items"][0]["document"]
    wanted = Box(90 + 10, 60 + 1, 120, 100 + 1)
    assert boxes_of(sent)[0].near(wanted), sent
    assert Annotation.objects.get(task__code=page.tasks[0]["code"]).document == sent
    # The next image is upright, the one before lies as it was left.
    expect(page.part("mark-turned")).to_be_hidden()
    page.page.keyboard.press("PageUp")
    expect(page.part("mark-turned")).to_be_visible()
    page.page.locator("[data-part=mark-turned]").click()
    expect(page.part("mark-turned")).to_be_hidden()


def test_adjustments_change_what_is_seen_and_nothing_else(labelling, world, project, shoot):
    _, page = labelling
    spot = [300, 200]
    before = page.page.evaluate(PIXEL, spot)
    page.page.keyboard.press("v")
    panel = page.part("view-panel")
    expect(panel).to_be_visible()
    expect(panel.get_by_label("Brightness", exact=True)).to_be_focused()
    panel.get_by_label("Saturation, number").fill("0")
    panel.get_by_label("Saturation, number").press("Enter")
    panel.get_by_label("Invert").check()
    expect(page.part("mark-adjusted")).to_be_visible()
    page.page.wait_for_function(f"before => JSON.stringify(({PIXEL})({spot})) !== JSON.stringify(before)", arg=before)
    red, green, blue, alpha = page.page.evaluate(PIXEL, spot)
    luma = 0.2126 * before[0] + 0.7152 * before[1] + 0.0722 * before[2]
    assert max(red, green, blue) - min(red, green, blue) <= 1
    assert (abs(red - (255 - luma)) <= 2, alpha) == (True, 255)
    shoot(page.page, "view-panel")
    panel.get_by_label("Brightness", exact=True).press("Escape")
    expect(panel).to_be_hidden()
    wait_until(lambda: kept(world).get("adjust") == {str(project.code): ADJUSTED})
    # They are there after a reload, and the mark takes them off.
    page.page.reload()
    page.ready()
    expect(page.part("mark-adjusted")).to_be_visible()
    page.part("mark-adjusted").click()
    page.page.wait_for_function(f"before => JSON.stringify(({PIXEL})({spot})) === JSON.stringify(before)", arg=before)
    wait_until(lambda: "adjust" not in kept(world))


def test_minimap_appears_when_zoomed_in_and_moves_the_view(labelling, shoot):
    _, page = labelling
    expect(page.part("minimap")).to_be_hidden()
    for _ in range(8):
        page.page.keyboard.press("+")
    expect(page.part("minimap")).to_be_visible()
    window = page.part("minimap-window")
    start = window.bounding_box()
    middle = (start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    drag(page, middle, (middle[0] + 40, middle[1] + 20))
    end = window.bounding_box()
    assert end["x"] - start["x"] == pytest.approx(40, abs=2)
    assert end["y"] - start["y"] == pytest.approx(20, abs=2)
    # Nothing was drawn, and arrows move the view, too.
    expect(page.regions).to_have_count(0)
    page.page.keyboard.press("ArrowLeft")
    page.page.wait_for_function(
        "before => document.querySelector('[data-part=minimap-window]').getBoundingClientRect().x < before - 1",
        arg=end["x"],
    )
    for _ in range(6):
        page.page.keyboard.press("+")
    shoot(page.page, "view-zoomed")
    page.page.keyboard.press("Alt+m")
    expect(page.part("minimap")).to_be_hidden()


def test_own_keys_hold_after_a_reload_and_on_the_other_page(labelling, world, desk, shoot):
    one, page = labelling
    press = page.page.keyboard.press
    press("?")
    page.part("help-search").fill("draw boxes")
    row = page.page.locator("[data-row='tool.box']")
    row.get_by_role("button", name="Change R of Draw boxes").click()
    press("g")
    # G moves the view: they are exchanged.
    expect(row).to_contain_text("Move the view")
    shoot(page.page, "keys-conflict")
    row.get_by_role("button", name="Swap").click()
    expect(page.part("help-status")).to_have_text("Draw boxes: G")
    # What belongs to other kinds of projects has no row here, and a name all the same.
    page.part("help-search").fill("fit the image")
    row = page.page.locator("[data-row='view.fit']")
    row.get_by_role("button", name="Change F of Fit the image").click()
    press("q")
    expect(row).to_contain_text("Paint over background only, or over any mask")
    row.get_by_role("button", name="Leave it").click()
    page.part("help-search").fill("undo")
    page.page.locator("[data-row='undo']").get_by_role("button", name="Add keys for Undo").click()
    press("Alt+u")
    expect(page.part("help-status")).to_have_text("Undo: Ctrl Z, Alt U")
    press("Escape")
    wait_until(lambda: len(kept(world).get("keys", {})) == 3)
    assert kept(world)["keys"] == {"tool.box": ["G"], "tool.pan": ["R"], "undo": ["Ctrl+Z", "Alt+U"]}
    page = BoxPage(one.page, page.project).open()
    press("r")
    expect(page.page.locator("[data-command='tool.pan']")).to_have_attribute("aria-pressed", "true")
    expect(page.page.locator("[data-command='tool.box'] [data-key]")).to_have_text("G")
    press("g")
    page.draw(40, 50, 120, 90)
    expect(page.regions).to_have_count(1)
    press("Alt+u")
    expect(page.regions).to_have_count(0)
    sheets = ClassifyPage(one.page, world.project("multiclass", ["Day", "Night"], images=1)).open()
    press("1")
    sheets.shows(["Day"])
    press("Alt+u")
    sheets.shows([])
    press("?")
    page.part("help-reset").click()
    expect(page.part("help-status")).to_have_text("All keys are as they came.")
    wait_until(lambda: "keys" not in kept(world))


def test_page_is_usable_at_400_px(labelling, shoot):
    _, page = labelling
    page.page.set_viewport_size({"width": 400, "height": 800})
    overflow = page.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow == 0
    shoot(page.page, "view-narrow")
    page.page.keyboard.press("v")
    shoot(page.page, "view-narrow-panel")
    page.page.keyboard.press("v")
    page.page.keyboard.press("?")
    shoot(page.page, "keys-narrow")


AXE_RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]


def violations(page: BoxPage) -> list[tuple[str, str]]:
    page.page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8"))
    found = page.page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", AXE_RULES)[
        "violations"
    ]
    return [(one["id"], node["html"]) for one in found for node in one["nodes"]]


def test_editor_with_its_panels_is_accessible(labelling, shoot):
    _, page = labelling
    page.draw(40, 50, 120, 90)
    page.page.keyboard.press("v")
    shoot(page.page, "view-open")
    assert violations(page) == []
    page.page.keyboard.press("Escape")
    expect(page.part("stage")).to_be_focused()
    page.page.keyboard.press("?")
    shoot(page.page, "keys")
    assert violations(page) == []


def test_pen_draws_while_fingers_move_the_view(world, desk, project):
    one = desk(world.labellers[0], has_touch=True)
    page = BoxPage(one.page, project).open()
    wire = one.context.new_cdp_session(one.page)
    scale, left, top = fit(page, page.task["image"]["width"], page.task["image"]["height"])

    def pen(kind: str, x: float, y: float) -> None:
        pressed = {"button": "left", "buttons": int(kind != "mouseReleased"), "clickCount": 1, "pointerType": "pen"}
        wire.send("Input.dispatchMouseEvent", {"type": kind, "x": left + x * scale, "y": top + y * scale, **pressed})

    def finger(kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": x, "y": y, "id": index} for index, (x, y) in enumerate(points)]
        wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    pen("mousePressed", 40, 50)
    for step in range(1, 6):
        pen("mouseMoved", 40 + step * 20, 50 + step * 10)
    finger("touchStart", (left + 300, top + 300))
    finger("touchMove", (left + 340, top + 330))
    finger("touchEnd")
    pen("mouseReleased", 140, 100)
    expect(page.regions).to_have_count(1)
    where = "() => getComputedStyle(document.querySelector('[data-part=minimap-window]')).translate"
    for _ in range(8):
        page.page.keyboard.press("+")
    expect(page.part("minimap")).to_be_visible()
    before = page.page.evaluate(where)
    finger("touchStart", (left + 300, top + 300))
    finger("touchMove", (left + 340, top + 330))
    finger("touchEnd")
    page.page.wait_for_function(f"before => ({where})() !== before", arg=before)
    expect(page.regions).to_have_count(1)
    sent = page.submit()["items"][0]["document"]
    assert boxes_of(sent)[0].near(Box(40, 50, 100, 50), 1.5), sent
