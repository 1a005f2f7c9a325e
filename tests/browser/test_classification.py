"""Labelling whole images: pages of several, keys, layouts, and labels that toggle."""

import pytest
from playwright.sync_api import expect

from annotations.models import Annotation
from projects.models import Label
from tests.browser.labelling import ClassifyPage


@pytest.fixture
def classify(world, desk):
    """Opens the classification page of a new project for the first labeller."""

    def open_page(task_type: str, images: int = 9, page_size: int = 4) -> ClassifyPage:
        project = world.project(task_type, ["Indoors", "Outdoors", "Unclear"], images, page_size=page_size)
        return ClassifyPage(desk(world.labellers[0]).page, project).open()

    return open_page


def test_one_label_per_image(classify):
    page = classify("multiclass")
    press = page.page.keyboard.press
    expect(page.tiles).to_have_count(4)
    expect(page.part("submit")).to_be_disabled()

    page.select(0, 2)
    press("1")
    page.shows(["Indoors"], [], ["Indoors"], [])

    # Another layout keeps what is labelled, and shows more of the queue.
    press("Alt+6")
    expect(page.tiles).to_have_count(6)
    page.shows(["Indoors"], [], ["Indoors"])
    expect(page.part("submit")).to_be_disabled()

    # One label each: a second one takes the place of the first.
    page.select(0)
    press("2")
    page.shows(["Outdoors"])
    page.select(1, 3, 4, 5)
    press("3")
    expect(page.part("submit")).to_be_enabled()

    sent = page.submit()["items"]
    names = {str(label.code): label.name for label in Label.objects.filter(project=page.project)}
    expected = ["Outdoors", "Unclear", "Indoors", "Unclear", "Unclear", "Unclear"]
    assert [[names[code] for code in item["document"]["labels"]] for item in sent] == [[name] for name in expected]
    assert Annotation.objects.filter(project=page.project, state="submitted").count() == 6
    expect(page.tiles).to_have_count(3)


def test_several_labels_toggle(classify):
    page = classify("multilabel")
    press = page.page.keyboard.press
    press("a")
    press("1")
    page.shows(*[["Indoors"]] * 4)

    # Where only some of the selected have a label, its key gives it to all; then it takes it from all.
    page.select(0)
    press("2")
    page.shows(["Indoors", "Outdoors"], ["Indoors"])
    page.select(0, 1)
    press("2")
    page.shows(["Indoors", "Outdoors"], ["Indoors", "Outdoors"], ["Indoors"])
    page.select(0, 1)
    press("2")
    page.shows(["Indoors"], ["Indoors"])
    press("Control+z")
    page.shows(["Indoors", "Outdoors"], ["Indoors", "Outdoors"])

    sent = page.submit()["items"]
    assert [len(item["document"]["labels"]) for item in sent] == [2, 2, 1, 1]


def test_one_image_at_a_time(classify):
    page = classify("multiclass", images=3, page_size=1)
    for key in "123":
        expect(page.tiles).to_have_count(1)
        page.page.keyboard.press(key)
        page.submit()
    expect(page.part("cover-title")).to_have_text("Everything is labelled")
    assert Annotation.objects.filter(project=page.project, state="submitted").count() == 3


def test_none_of_the_labels_is_an_answer(classify, shoot):
    page = classify("multilabel")
    page.select(0, 1)
    page.page.get_by_role("button", name="None of these").click()
    page.shows(["None of these"], ["None of these"], [], [])
    page.select(1)
    page.page.keyboard.press("1")
    page.select(2, 3)
    page.page.keyboard.press("n")
    page.shows(["None of these"], ["Indoors"], ["None of these"], ["None of these"])
    shoot(page.page, "none-of-these")
    sent = page.submit()["items"]
    assert [(len(item["document"]["labels"]), item["document"]["empty"]) for item in sent] == [
        (0, True),
        (1, False),
        (0, True),
        (0, True),
    ]
    assert Annotation.objects.filter(project=page.project, state="submitted").count() == 4
