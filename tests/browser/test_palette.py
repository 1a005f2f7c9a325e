"""Search and commands, by keys alone."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def project(world):
    return world.project("box", ["Fruit"], images=2)


def test_keys_lead_to_a_project_and_to_what_can_be_done_there(world, desk, shoot, project):
    one = desk(world.manager, reduced_motion="reduce")
    page = one.page
    page.goto("/")
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Search and commands")
    expect(palette.get_by_role("link", name="Jobs")).to_be_visible()
    page.keyboard.type("box of")
    expect(palette.get_by_role("link")).to_have_count(2)  # the project, and its dataset of the same name
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{world.site.url}/projects/{project.code}/")

    page.keyboard.press("Control+k")
    expect(palette.get_by_role("link", name="Label images")).to_be_visible()
    shoot(page, "palette")
    page.set_viewport_size({"width": 400, "height": 800})
    shoot(page, "palette-narrow", "light")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{world.site.url}/projects/{project.code}/label/")
    # It is over the labelling page, too, and gives the keys back when it is closed.
    expect(page.locator("[data-part='cover']")).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(palette.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    one.forgive("htmx.min.js")  # whatever the dashboard was asking for when it was left


def test_pointer_opens_it_and_words_that_match_nothing_say_so(world, desk):
    page = desk(world.manager).page
    page.goto("/jobs/")
    page.get_by_role("link", name="Search").click()
    palette = page.get_by_role("dialog", name="Search and commands")
    palette.get_by_role("searchbox").fill("no such thing")
    expect(palette.get_by_text("Nothing that you can open is called “no such thing”.")).to_be_visible()
    palette.get_by_role("button", name="Close").click()
    expect(palette).to_be_hidden()
