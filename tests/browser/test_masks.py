"""Painting masks with a real pointer: what is stored is compared pixel by pixel with what the gestures cover."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from annotations import rle
from annotations.models import Annotation
from projects import lifecycle, setup, taxonomy
from projects.models import Project
from tests.browser.painting import HEIGHT, WIDTH, MaskPage, covered, filled, masks, same
from tests.browser.world import finish

LABELS = ["Road", "Car", "Sky"]


@pytest.fixture
def project(world) -> Project:
    return world.project("semantic", LABELS, images=2)


@pytest.fixture
def painting(world, desk, project):
    """The editor in front of the first labeller, with a brush of 25 px."""
    page = MaskPage(desk(world.labellers[0]).page, project)
    page.open()
    page.size(25)
    return page


def test_strokes_are_stored_to_the_pixel(painting, project):
    page = painting
    first = page.stroke((60, 60), (300, 90), (280, 200))
    page.press("Shift+Q")
    page.size(36)
    page.press("2")
    second = page.stroke((200, 40), (260, 260))
    page.press("Shift+Q", "3", "[")
    third = page.stroke((420, 250), (420, 250))
    page.again()
    expect(page.regions).to_have_count(3)
    item = page.submit()["items"][0]
    sent = item["document"]
    car = covered(second, 36, "square")
    same(
        masks(sent, project),
        {"Road": covered(first, 25) & ~car, "Car": car, "Sky": covered(third, 31)},
    )
    assert Annotation.objects.get(task__code=item["task"]).document == sent


def test_undo_takes_back_a_stroke_and_what_it_painted_over(painting, project):
    page = painting
    first = page.stroke((60, 60), (200, 60))
    page.press("2")
    second = page.stroke((120, 30), (120, 120))
    page.press("1")
    third = page.stroke((300, 200), (350, 240))
    for key in ("Control+z", "Control+z", "Control+z", "Control+Shift+z", "Control+Shift+z"):
        page.press(key)
    page.again()
    page.press("Control+y")  # the steps came back with the draft
    sent = page.submit()["items"][0]["document"]
    car = covered(second, 25)
    same(masks(sent, project), {"Road": (covered(first, 25) & ~car) | covered(third, 25), "Car": car})


def test_escape_takes_back_the_stroke_that_goes_on(painting):
    page = painting
    mouse = page.page.mouse
    mouse.move(*page.place(100, 100))
    mouse.down()
    mouse.move(*page.place(200, 150))
    expect(page.regions).to_have_count(1)
    page.press("Escape")
    expect(page.regions).to_have_count(0)
    mouse.move(*page.place(250, 150))
    mouse.up()
    expect(page.regions).to_have_count(0)


def test_the_eraser_and_its_short_cuts(painting, project):
    page = painting
    road = covered(page.stroke((60, 100), (400, 100)), 25)
    page.press("Shift+B")
    road &= ~covered(page.stroke((100, 60), (100, 140)), 25)
    page.press("b")
    road &= ~covered(page.stroke((200, 60), (200, 140), button="right"), 25)
    page.page.keyboard.down("Alt")
    road &= ~covered(page.stroke((300, 60), (300, 140)), 25)
    page.page.keyboard.up("Alt")
    sent = page.submit()["items"][0]["document"]
    same(masks(sent, project), {"Road": road})


def test_erasing_all_of_a_mask_removes_its_region(painting):
    page = painting
    page.stroke((100, 100), (100, 100))
    expect(page.regions).to_have_count(1)
    page.press("Shift+B", "]", "]")
    page.stroke((100, 100), (100, 100))
    expect(page.regions).to_have_count(0)
    page.press("Control+z")
    expect(page.regions).to_have_count(1)


def test_paint_may_keep_to_the_background(painting, project):
    page = painting
    road = covered(page.stroke((60, 100), (400, 100)), 25)
    page.press("q", "2")
    car = covered(page.stroke((200, 40), (200, 160)), 25) & ~road
    page.press("q", "3")
    sky = covered(page.stroke((300, 40), (300, 160)), 25)
    sent = page.submit()["items"][0]["document"]
    same(masks(sent, project), {"Road": road & ~sky, "Car": car, "Sky": sky})


def test_rectangles_and_polygons_are_filled(painting, project):
    page = painting
    page.press("Shift+R")
    (x0, y0), (x1, y1) = page.stroke((50, 60), (150, 140))
    road = np.zeros((HEIGHT, WIDTH), dtype=bool)
    road[round(y0) : round(y1), round(x0) : round(x1)] = True
    page.press("Shift+P", "2")
    for corner in ((220, 60), (380, 80), (100, 300), (300, 240)):
        page.click(*corner)
        if corner == (100, 300):
            page.press("Backspace")
    page.press("Enter")
    ring = [page.point(*corner) for corner in ((220, 60), (380, 80), (300, 240))]
    car = filled(ring)
    page.press("3")
    loop = page.stroke((400, 200), (460, 200), (460, 280), (400, 280), (402, 204))
    sky = filled(loop)
    sent = page.submit()["items"][0]["document"]
    same(masks(sent, project), {"Road": road, "Car": car, "Sky": sky})


def test_a_bucket_fills_holes_and_gives_pieces_another_label(painting, project):
    page = painting
    ring = covered(page.stroke((100, 80), (200, 80), (200, 180), (100, 180), (100, 80)), 25)
    apart = covered(page.stroke((350, 100), (400, 100)), 25)
    page.press("Shift+G")
    page.click(150, 130)  # the hole, with the label of the ring
    inside = np.zeros((HEIGHT, WIDTH), dtype=bool)
    inside[80:180, 100:200] = True
    page.press("2")
    page.click(375, 100)  # the other piece becomes a car
    page.press("3")
    page.click(300, 280)  # all of the background around
    road = ring | inside
    sent = page.submit()["items"][0]["document"]
    same(masks(sent, project), {"Road": road, "Car": apart, "Sky": ~road & ~apart})


def test_a_click_on_a_piece_of_its_own_label_fills_the_holes(painting, project):
    page = painting
    ring = covered(page.stroke((100, 80), (200, 80), (200, 180), (100, 180), (100, 80)), 25)
    page.press("Shift+G")
    page.click(100, 130)
    ring[80:180, 100:200] = True
    same(masks(page.submit()["items"][0]["document"], project), {"Road": ring})


def test_choosing_a_label_for_a_mask_joins_it_with_the_other(painting, project):
    page = painting
    road = covered(page.stroke((60, 100), (200, 100)), 25)
    page.press("2")
    car = covered(page.stroke((300, 200), (400, 200)), 25)
    page.press("m")
    page.click(150, 100)
    page.press("2")
    expect(page.regions).to_have_count(1)
    page.press("Control+z")
    expect(page.regions).to_have_count(2)
    page.press("Control+y")
    same(masks(page.submit()["items"][0]["document"], project), {"Car": road | car})


def test_hidden_masks_stay_as_they_are(painting, project):
    page = painting
    road = covered(page.stroke((60, 100), (400, 100)), 25)
    page.regions.first.hover()
    page.regions.first.get_by_role("button", name="Hide").click()
    page.part("stage").focus()
    page.press("2")
    car = covered(page.stroke((200, 40), (200, 160)), 25) & ~road
    page.press("Shift+H")
    same(masks(page.submit()["items"][0]["document"], project), {"Road": road, "Car": car})


def test_the_wheel_with_alt_and_the_bar_set_the_brush(painting):
    page = painting
    bar = page.part("options")
    page.page.mouse.move(*page.place(200, 100))
    page.page.keyboard.down("Alt")
    page.page.mouse.wheel(0, -100)
    page.page.keyboard.up("Alt")
    expect(bar.locator("output").first).to_have_text("26 px")
    bar.get_by_role("button", name="Square").click()
    expect(bar.get_by_role("button", name="Square")).to_have_attribute("aria-pressed", "true")
    bar.get_by_label("Size").focus()
    page.press("ArrowRight")
    expect(bar.locator("output").first).not_to_have_text("26 px")
    bar.get_by_label("Opacity").fill("20")
    expect(page.page.locator(".editor-stage canvas").nth(1)).to_have_css("opacity", "0.2")


def test_a_tap_paints_a_dot(world, desk, project):
    page = MaskPage(desk(world.labellers[0], has_touch=True).page, project)
    page.open()
    page.size(25)
    page.page.touchscreen.tap(*page.place(200, 100))
    expect(page.regions).to_have_count(1)
    same(masks(page.submit()["items"][0]["document"], project), {"Road": covered([page.point(200, 100)], 25)})


def blocks() -> bytes:
    """A picture of a grey ground with a lighter and a much lighter block that touch each other."""
    pixels = np.full((HEIGHT, WIDTH, 3), 60, dtype=np.uint8)
    pixels[80:200, 100:200] = 100
    pixels[80:200, 200:300] = 130
    pixels[250:280, 100:200] = 100
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "PNG")
    return target.getvalue()


@pytest.fixture
def blocky(world) -> Project:
    """A project of masks on one picture of flat colours."""
    project = setup.create(workspace=world.workspace, name="Blocks", task_type="semantic", actor=world.manager)
    dataset = world.dataset("Blocks", world.folder("blocks", {"blocks.png": blocks()}))
    setup.choose_data(project=project, datasets=[dataset], actor=world.manager)
    taxonomy.save_nested(project=project, labels=[{"name": label} for label in LABELS], actor=world.manager)
    finish(lifecycle.start(project=project, actor=world.manager))
    project.refresh_from_db()
    return project


def test_the_wand_takes_connected_pixels_of_like_colour(world, desk, blocky):
    page = MaskPage(desk(world.labellers[0]).page, blocky)
    page.open()
    page.press("w")
    page.click(150, 150)
    road = np.zeros((HEIGHT, WIDTH), dtype=bool)
    road[80:200, 100:200] = True
    page.press("2")
    mouse = page.page.mouse
    across, down = page.place(150, 265)
    mouse.move(across, down)
    mouse.down()
    mouse.move(across + 60, down)  # 20 more of tolerance take the ground as well
    expect(page.part("options")).to_contain_text("44")
    mouse.up()
    page.press("Control+z")
    page.press("q")
    page.click(150, 265)
    ground = np.ones((HEIGHT, WIDTH), dtype=bool)
    ground[80:200, 100:200] = False  # the lighter block is as near to the seed as the ground
    sent = page.submit()["items"][0]["document"]
    same(masks(sent, blocky), {"Road": road, "Car": ground})


def test_instances_may_be_painted(world, desk):
    project = world.project("polygon", LABELS, images=1)
    page = MaskPage(desk(world.labellers[0]).page, project)
    page.open()
    page.press("b")
    page.size(25)
    first = covered(page.stroke((60, 60), (120, 60)), 25)
    first |= covered(page.stroke((60, 100), (120, 60)), 25)
    expect(page.regions).to_have_count(1)
    page.press("Escape")
    second = covered(page.stroke((100, 60), (200, 60)), 25)
    expect(page.regions).to_have_count(2)
    page.again()
    sent = page.submit()["items"][0]["document"]
    found = [rle.decode(rle.from_text(one["rle"]["counts"], HEIGHT, WIDTH), HEIGHT, WIDTH) for one in sent["regions"]]
    assert (found[0] == (first & ~second)).all()
    assert (found[1] == second).all()
    assert [one["shape"] for one in sent["regions"]] == ["mask", "mask"]


SHADES = """() => {
  const masks = document.querySelectorAll(".editor-stage canvas")[1];
  const { data } = masks.getContext("2d").getImageData(0, 0, masks.width, masks.height);
  const shades = new Set();
  for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255) shades.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
  return [...shades].sort();
}"""


def test_masks_of_the_safe_palette_differ_by_more_than_colour(painting, shoot):
    page = painting
    page.size(100)
    page.stroke((80, 160), (80, 200))
    page.press("2")
    page.stroke((220, 160), (220, 200))
    page.press("3")
    page.stroke((360, 160), (360, 200))
    page.press("v")
    page.page.get_by_role("button", name="Colour-blind").click()
    page.press("Escape")
    page.press("Escape")
    shades = page.page.evaluate(SHADES)
    assert "0,0,0" in shades or "255,255,255" in shades
    shoot(page.page, "mask-safe")


TOOLS = {
    "brush": "b",
    "eraser": "Shift+B",
    "rectangle": "Shift+R",
    "polygon": "Shift+P",
    "bucket": "Shift+G",
    "wand": "w",
}


def test_every_tool_looks_right(painting, shoot):
    page = painting
    page.stroke((60, 230), (420, 250))
    page.press("2")
    page.stroke((300, 110), (330, 170))
    page.press("3")
    page.stroke((60, 40), (420, 40))
    for name, key in TOOLS.items():
        page.press("Escape", key, "2")
        page.page.mouse.move(*page.place(220, 140))
        if name in {"rectangle", "polygon"}:
            page.page.mouse.down()
            page.page.mouse.move(*page.place(260, 200), steps=4)
            page.page.mouse.move(*page.place(200, 210), steps=4)
        shoot(page.page, f"mask-{name}")
        page.press("Escape")
        page.page.mouse.up()
    page.press("m")
    page.click(310, 140)
    shoot(page.page, "mask-selected")


def test_the_data_page_shows_what_was_painted(painting, world, desk, project, shoot):
    page = painting
    page.stroke((100, 80), (200, 80), (200, 180), (100, 180), (100, 80))
    page.press("2")
    page.stroke((300, 250), (420, 100))
    page.submit()
    data = desk(world.manager).page
    data.goto(f"/projects/{project.code}/data/")
    drawn = data.locator("svg.overlay .overlay-shape")
    expect(drawn).to_have_count(2)
    assert drawn.first.get_attribute("d").count("M") == 2  # the ring and its hole
    shoot(data, "mask-data")
