"""Suggestions on the classification page, on a desk and on a telephone, by hand and by key."""

import pytest
from playwright.sync_api import expect

from annotations.models import Task
from projects.models import Label
from tests.browser.conftest import turn
from tests.browser.labelling import ClassifyPage
from tests.browser.test_view import violations


@pytest.fixture
def suggested(world, desk):
    """A page of four images with suggestions, two with one label each of a model."""

    def open_page(**options) -> ClassifyPage:
        project = world.project("multilabel", ["Indoors", "Outdoors", "Unclear"], images=4, page_size=4)
        code = str(Label.objects.get(project=project, name="Outdoors").code)
        document = {"labels": [code], "regions": [], "empty": False}
        Task.objects.filter(project=project).update(prelabel=document, prelabel_confidence=0.87, prelabel_model="m")
        return ClassifyPage(desk(world.labellers[0], **options).page, project).open()

    return open_page


def test_suggestions_are_confirmed_one_by_one_or_all_with_the_page(suggested, shoot):
    page = suggested()
    press = page.page.keyboard.press
    expect(page.page.locator("[data-part=badges]")).to_contain_text("Pre-labelled · 87 %")
    expect(page.part("suggested")).to_have_text("4 to confirm")
    expect(page.tiles.first.locator(".tile-sure")).to_have_text("87 %")
    shoot(page.page, "classify-suggestions")
    press("y")
    expect(page.part("suggested")).to_have_text("3 to confirm")
    page.tiles.nth(1).get_by_role("button", name="Confirm Outdoors").click()
    expect(page.part("suggested")).to_have_text("2 to confirm")
    page.tiles.nth(2).get_by_role("button", name="Remove Outdoors").click()
    expect(page.part("suggested")).to_have_text("1 to confirm")
    page.select(2)
    press("1")
    sent = page.submit(lambda: press("Shift+Enter"))["items"]
    names = {str(label.code): label.name for label in Label.objects.filter(project=page.project)}
    assert [[names[code] for code in item["document"]["labels"]] for item in sent] == [
        ["Outdoors"],
        ["Outdoors"],
        ["Indoors"],
        ["Outdoors"],
    ]


@pytest.mark.parametrize("layout", ["Alt+4", "z"])
def test_a_telephone_is_enough(suggested, shoot, layout):
    page = suggested(viewport={"width": 400, "height": 800}, has_touch=True)
    browser = page.page
    browser.keyboard.press(layout)
    name = "grid" if layout == "Alt+4" else "film"
    shoot(browser, f"classify-narrow-{name}")
    assert browser.evaluate("document.documentElement.scrollWidth") == 400
    assert violations(page) == []
    if layout == "Alt+4":
        page.tiles.nth(0).locator(".tile-main").tap()
    page.part("quick").get_by_role("button", name="Unclear").tap()
    expect(page.tiles.nth(0).locator(".chip .truncate")).to_have_text(["Outdoors", "Unclear"])
    boxes = browser.locator(".classify button:visible").evaluate_all(
        "all => all.map((one) => [one.getBoundingClientRect(), one.title || one.textContent]).filter(([box]) => box.width < 24 || box.height < 24).map(([, name]) => name)"
    )
    assert boxes == []
    browser.locator("[data-command='panel.right']").first.tap()
    expect(page.part("label-search")).to_be_visible()
    shoot(browser, f"classify-narrow-{name}-labels", "light")


def test_the_page_is_for_everybody(suggested):
    page = suggested()
    for press in ("Alt+4", "z", "Alt+c"):
        page.page.keyboard.press(press)
        assert violations(page) == []
        turn(page.page, "dark")
        assert violations(page) == []
        turn(page.page, "light")
