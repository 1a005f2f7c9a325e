"""DICOM behind its window, and an image of a hundred megapixels that comes by tiles."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from projects.scenes import render_slice
from tests.browser.labelling import BoxPage, ClassifyPage, LabellingPage, boxes_of
from tests.projects.pictures import dicom, large

SHOWN = """() => {
  const base = document.querySelector("[data-part=base]");
  const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  copy.drawImage(base, -Math.round(base.width / 2), -Math.round(base.height / 2));
  return [...copy.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}"""


def shown(page: BoxPage) -> list[int]:
    """The colour in the middle of the stage."""
    page.page.wait_for_timeout(150)
    return page.page.evaluate(SHOWN)


def scan() -> bytes:
    """A CT-like slice: air around a disc of soft tissue, with a bone in it."""
    y, x = np.mgrid[0:480, 0:640]
    values = np.full((480, 640), -1000, "<i2")
    values[(x - 320) ** 2 + (y - 240) ** 2 < 200**2] = 40
    values[(x - 420) ** 2 + (y - 240) ** 2 < 40**2] = 900
    return dicom(
        values,
        RescaleSlope=1,
        RescaleIntercept=0,
        RescaleType="HU",
        WindowCenter=40,
        WindowWidth=400,
        BodyPartExamined="CHEST",
    )


@pytest.fixture
def scans(world, desk):
    project = world.project_of("box", ["Finding"], {"scan.dcm": scan()})
    one = desk(world.labellers[0])
    return BoxPage(one.page, project).open()


def test_window_of_a_dicom_image_changes_what_is_seen(scans):
    page = scans.page
    assert shown(scans) == [128, 128, 128]
    expect(page.locator("[data-command='tool.window']")).to_be_visible()
    expect(page.get_by_text("Not a medical device")).to_be_visible()
    page.keyboard.press("Alt+w")
    preset, level, width = (
        page.get_by_label("Window preset", exact=True),
        page.get_by_role("spinbutton", name="Level"),
        page.get_by_role("spinbutton", name="Width"),
    )
    assert (level.input_value(), width.input_value()) == ("40", "400")
    stage = scans.part("stage").bounding_box()
    middle = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0], middle[1] + 60, steps=4)
    page.mouse.up()
    assert shown(scans)[0] < 60
    assert (float(level.input_value()) > 150, width.input_value(), preset.input_value()) == (True, "400", "own")
    page.mouse.down()
    page.mouse.move(middle[0] + 200, middle[1] + 60, steps=4)
    page.keyboard.press("Escape")
    assert width.input_value() == "400"
    page.mouse.up()
    preset.select_option("lung")
    assert shown(scans)[0] > 230
    level.fill("900")
    level.press("Tab")
    assert shown(scans)[0] < 5
    page.locator("[data-part=options]").get_by_role("button", name="Reset").click()
    assert (shown(scans), preset.input_value()) == ([128, 128, 128], "file-0")
    page.keyboard.press("Alt+Shift+w")
    expect(preset).to_have_value("auto")


def test_box_on_dicom_is_stored_in_its_pixels_and_nothing_personal_arrives(scans, world):
    seen: list[str] = []
    scans.page.on(
        "response",
        lambda answer: seen.append(answer.text()) if "json" in answer.headers.get("content-type", "") else None,
    )
    scans.page.keyboard.press("Alt+w")
    scans.page.keyboard.press("r")
    drawn = scans.draw(380, 200, 80, 80)
    expect(scans.regions).to_have_count(1)
    scans.page.keyboard.press("Alt+d")
    facts = scans.part("dicom-panel")
    expect(facts).to_be_visible()
    expect(facts).to_contain_text("CHEST")
    everything = scans.page.content() + "".join(seen)
    assert not re.search("Secret|4711|Hidden Hospital|0815|1950", everything)
    sent = scans.submit()
    [stored] = boxes_of(sent["items"][0]["document"])
    assert stored.near(drawn)


@pytest.fixture
def mosaic(world, desk, tmp_path):
    path = large(tmp_path / "mosaic.tif", 12_000, 9_000, tile=True, compression="deflate")
    project = world.project_of("box", ["Field"], {"mosaic.tif": path.read_bytes()})
    one = desk(world.labellers[0])
    page = BoxPage(one.page, project)
    asked: list[str] = []
    one.page.on("request", lambda request: asked.append(request.url) if "/tiles/" in request.url else None)
    page.open()
    return page, asked


def test_huge_image_comes_by_the_tiles_that_are_looked_at(mosaic):
    page, asked = mosaic
    page.page.wait_for_load_state("networkidle")
    assert np.abs(np.subtract(shown(page), [127, 127, 127])).max() <= 4
    whole = [url for url in asked if re.search(r"/\d+-\d+-\d+/$", url)]
    assert len(whole) <= 20
    drawn = page.draw(6000, 4000, 2400, 1500)
    expect(page.regions).to_have_count(1)
    stage = page.part("stage").bounding_box()
    corner = stage["x"] + stage["width"] * 0.25, stage["y"] + stage["height"] * 0.3
    page.page.mouse.move(*corner)
    for _ in range(12):
        page.page.mouse.wheel(0, -300)
    page.page.wait_for_load_state("networkidle")
    red, green, _ = shown(page)
    assert 10 < red < 115
    assert 10 < green < 115
    assert len([url for url in asked if re.search(r"/\d+-\d+-\d+/$", url)]) - len(whole) <= 120
    page.page.keyboard.press("Alt+r")
    page.page.wait_for_load_state("networkidle")
    assert shown(page) != [0, 0, 0]
    page.page.keyboard.press("f")
    sent = page.submit()
    [stored] = boxes_of(sent["items"][0]["document"])
    assert stored.near(drawn, tolerance=2)


def test_a_grid_of_dicom_says_that_it_is_for_no_diagnosis(world, desk, shoot):
    project = world.project_of(
        "multiclass", ["Nodule", "Clear"], {f"{number}.dcm": render_slice(number) for number in range(4)}
    )
    page = desk(world.labellers[0]).page
    grid = ClassifyPage(page, project)
    grid.open()
    notice = page.get_by_text("Not a medical device: not for diagnosis or treatment.")
    expect(notice).to_have_count(1)
    page.keyboard.press("Alt+4")
    expect(grid.tiles).to_have_count(4)
    expect(notice).to_be_visible()
    for picture in grid.tiles.locator("img").all():
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    shoot(page, "dicom-grid")
    page.keyboard.press("z")
    expect(page.locator("[data-part=front]")).to_be_visible()
    expect(notice).to_be_visible()
    shoot(page, "dicom-large")


def test_a_colour_scan_says_why_it_has_no_window(world, desk):
    colours = np.zeros((60, 80, 3), np.uint8)
    project = world.project_of("box", ["Finding"], {"colour.dcm": dicom(colours)})
    page = BoxPage(desk(world.labellers[0]).page, project).open()
    page.page.keyboard.press("Alt+w")
    expect(page.part("message")).to_contain_text("This DICOM image is in colour")
    expect(page.page.locator("[data-command='tool.window']")).to_be_hidden()


def test_a_picture_that_is_being_made_says_so_and_comes_by_itself(world, desk, shoot):
    project = world.project("multiclass", ["Street", "Field"], images=1)
    one = desk(world.manager)
    there: list[bool] = []

    def answer(route):
        if there:
            route.continue_()
        else:
            route.fulfill(status=503, headers={"Retry-After": "1"}, body="This large image is being prepared.")

    one.page.route("**/files/**", answer)
    one.page.goto(f"/projects/{project.code}/data/")
    place = one.page.locator(".browse-picture")
    expect(place).to_have_attribute("data-picture", "preparing")
    shoot(one.page, "picture-preparing")
    there.append(True)
    expect(place).not_to_have_attribute("data-picture", "preparing")
    assert place.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    one.page.unroute("**/files/**")
    one.page.route("**/files/**", lambda route: route.fulfill(status=404, body="Gone."))
    one.page.reload()
    expect(place).to_have_attribute("data-picture", "broken")
    one.forgive("/files/")


def crossed() -> bytes:
    """A huge picture of two colours: a block of 200 × 100 px in its middle, which a line of one pixel cuts in halves."""
    picture = Image.new("P", (12_000, 9_000), 0)
    picture.putpalette([60, 60, 60, 200, 180, 40])
    picture.paste(1, (5_900, 4_450, 6_100, 4_550))
    picture.paste(0, (6_000, 4_450, 6_001, 4_550))
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()


def test_the_wand_reads_a_tiled_picture_to_the_pixel(world, desk):
    project = world.project_of("semantic", ["Field"], {"crossed.png": crossed()})
    page = LabellingPage(desk(world.labellers[0]).page, project)
    page.open()
    expect(page.part("cover")).to_be_hidden(timeout=60_000)
    stage = page.part("stage").bounding_box()
    middle = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2
    page.page.keyboard.press("w")
    page.page.mouse.click(*middle)
    expect(page.part("message")).to_contain_text("Zoom in first")
    page.page.keyboard.press("Shift+F")
    page.page.mouse.click(middle[0] - 50, middle[1])
    expect(page.page.locator("[data-part=regions] > li")).to_have_count(1)
    [region] = page.submit()["items"][0]["document"]["regions"]
    assert [region[side] for side in ("x", "y", "width", "height")] == [5_900, 4_450, 100, 100]
