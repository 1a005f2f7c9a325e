"""The box editor under mouse and keys, a reload, and a lost network."""

import pytest
from playwright.sync_api import expect

from annotations.models import Annotation
from projects.models import Label, Project
from tests.browser.labelling import Box, BoxPage, boxes_of


@pytest.fixture
def project(world) -> Project:
    return world.project("box", ["Fruit", "Vessel", "Other"], images=3)


@pytest.fixture
def labelling(world, desk, project):
    """The editor in front of the first labeller, open at the first image."""
    one = desk(world.labellers[0])
    return one, BoxPage(one.page, project).open()


def answer(page: BoxPage, place: int = 0) -> Annotation:
    return Annotation.objects.get(task__code=page.tasks[place]["code"])


def test_keys_draw_change_and_take_back(labelling, project):
    _, page = labelling
    press = page.page.keyboard.press
    labels = {label.name: str(label.code) for label in Label.objects.filter(project=project)}

    first = page.draw(40, 50, 120, 90)
    expect(page.regions).to_have_count(1)
    press("Control+z")
    expect(page.regions).to_have_count(0)
    press("Control+Shift+z")
    expect(page.regions).to_have_count(1)

    press("2")
    second = page.draw(260, 60, 80, 100)
    expect(page.regions).to_have_count(2)
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowDown", "Control+ArrowLeft"):
        press(key)
    second = Box(second.x + 2, second.y + 10, second.width - 1, second.height)
    press("Control+c")
    press("Control+v")
    expect(page.regions).to_have_count(3)
    third = Box(second.x + 10, second.y + 10, second.width, second.height)
    press("m")
    press("3")

    sent = page.submit()["items"][0]["document"]
    found = boxes_of(sent)
    assert all(box.near(wanted) for box, wanted in zip(found, [first, second, third], strict=True)), found
    assert [region["label"] for region in sent["regions"]] == [labels["Fruit"], labels["Vessel"], labels["Other"]]
    assert answer(page).document == sent


def test_escape_never_makes_a_box(labelling):
    _, page = labelling
    mouse = page.page.mouse
    mouse.move(*page.screen(100, 100))
    mouse.down()
    mouse.move(*page.screen(200, 200), steps=4)
    page.page.keyboard.press("Escape")
    mouse.up()
    expect(page.regions).to_have_count(0)
    # A click begins a box, too; Escape takes back that one as well.
    mouse.click(*page.screen(120, 120))
    page.page.keyboard.press("Escape")
    mouse.click(*page.screen(220, 220))
    page.page.keyboard.press("Escape")
    expect(page.regions).to_have_count(0)
    page.page.keyboard.press("Enter")
    expect(page.part("message")).to_contain_text("Draw a region first")


def test_nothing_here_is_an_answer(labelling):
    _, page = labelling
    page.page.keyboard.press("n")
    assert page.submit()["items"][0]["document"] == {"labels": [], "regions": [], "empty": True}
    assert answer(page).document == {"labels": [], "regions": [], "empty": True}


def test_draft_survives_a_reload(labelling):
    _, page = labelling
    drawn = page.draw(60, 60, 100, 120)
    expect(page.part("save")).to_have_attribute("data-state", "saved", timeout=10_000)
    before = page.task["code"]
    page.page.reload()
    page.ready()
    expect(page.regions).to_have_count(1)
    sent = page.submit()["items"][0]
    assert sent["task"] == before
    assert boxes_of(sent["document"])[0].near(drawn)


def test_work_goes_on_without_a_network(labelling):
    one, page = labelling
    one.context.set_offline(True)
    first = page.draw(50, 50, 90, 90)
    page.page.keyboard.press("Enter")
    expect(page.part("offline")).to_be_visible()
    assert not Annotation.objects.filter(task__code=page.tasks[0]["code"], state="submitted").exists()

    with page.page.expect_response(lambda got: got.url.endswith("/submit/") and got.ok):
        one.context.set_offline(False)
    expect(page.part("offline")).to_be_hidden()
    kept = answer(page)
    assert kept.state == "submitted"
    assert boxes_of(kept.document)[0].near(first)
    one.forgive("ERR_INTERNET_DISCONNECTED")


def test_every_key_is_in_the_help(labelling):
    _, page = labelling
    page.page.keyboard.press("?")
    help_page = page.part("help")
    expect(help_page).to_be_visible()
    for words in ("Undo", "Nothing here", "Draw boxes", "Move left by 10 px", "Fruit"):
        expect(help_page).to_contain_text(words)
    page.page.keyboard.press("Escape")
    expect(help_page).to_be_hidden()
