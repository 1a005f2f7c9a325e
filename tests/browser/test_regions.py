"""Regions by the many: selecting, stacking, hiding, copying, commenting; and nothing lost by crash, network or a second tab."""

import contextlib

import pytest
from playwright.sync_api import Error, expect

from annotations import comments
from annotations.models import Annotation, Comment, Task
from projects import lifecycle
from projects.models import Label, Project
from tests.browser.labelling import BoxPage, boxes_of


@pytest.fixture
def project(world) -> Project:
    return world.project("box", ["Fruit", "Vessel", "Other"], images=4)


@pytest.fixture
def labelling(world, desk, project):
    """The editor in front of the first labeller, open at the first image."""
    one = desk(world.labellers[0])
    return one, BoxPage(one.page, project).open()


def codes(project: Project) -> dict[str, str]:
    return {label.name: str(label.code) for label in Label.objects.filter(project=project)}


def saved(page: BoxPage) -> dict:
    """The draft as the server has it, once everything is saved."""
    expect(page.part("save")).to_have_attribute("data-state", "saved", timeout=10_000)
    return Annotation.objects.get(task__code=page.task["code"]).draft


def band(page: BoxPage, start: tuple[float, float], end: tuple[float, float], key: str = "") -> None:
    mouse, keyboard = page.page.mouse, page.page.keyboard
    if key:
        keyboard.down(key)
    mouse.move(*page.screen(*start))
    mouse.down()
    mouse.move(*page.screen(*end), steps=5)
    mouse.up()
    if key:
        keyboard.up(key)


def four(page: BoxPage) -> None:
    for x, y in ((40, 40), (160, 40), (40, 180), (160, 180)):
        page.draw(x, y, 60, 60)
    expect(page.regions).to_have_count(4)


def selected(page: BoxPage):
    return page.page.locator(".region-row.is-selected")


def test_a_rubber_band_selects_many_to_be_relabelled_and_moved(labelling, project, shoot):
    _, page = labelling
    press = page.page.keyboard.press
    four(page)
    press("m")
    press("Escape")
    band(page, (20, 20), (240, 110))
    expect(selected(page)).to_have_count(2)
    band(page, (20, 170), (110, 260), "Shift")
    expect(selected(page)).to_have_count(3)
    band(page, (20, 20), (110, 110), "Control")
    expect(selected(page)).to_have_count(2)
    page.page.mouse.click(*page.screen(190, 210), button="left")
    expect(selected(page)).to_have_count(1)
    page.page.keyboard.down("Control")
    page.page.mouse.click(*page.screen(70, 210))
    page.page.keyboard.up("Control")
    expect(selected(page)).to_have_count(2)
    press("2")
    before = boxes_of(saved(page))
    for key in ("ArrowRight", "Shift+ArrowDown"):
        press(key)
    after = saved(page)
    vessel = codes(project)["Vessel"]
    assert [region["label"] == vessel for region in after["regions"]] == [False, False, True, True]
    moved = [(new.x - old.x, new.y - old.y) for new, old in zip(boxes_of(after), before, strict=True)]
    assert moved == [(0, 0), (0, 0), pytest.approx((1, 10)), pytest.approx((1, 10))]
    shoot(page.page, "regions-selected")
    press("Delete")
    expect(page.regions).to_have_count(2)
    press("Control+z")
    expect(page.regions).to_have_count(4)


def test_depth_is_changed_by_key_and_kept(labelling):
    _, page = labelling
    press = page.page.keyboard.press
    page.draw(40, 40, 120, 120)
    page.draw(100, 100, 120, 120)
    page.draw(300, 40, 60, 60)
    first = [region["id"] for region in saved(page)["regions"]]
    press("m")
    page.page.mouse.click(*page.screen(50, 50))
    press("Alt+]")
    expect(page.part("message")).to_contain_text("Bring forward")
    assert [region["id"] for region in saved(page)["regions"]] == [first[1], first[0], first[2]]
    press("Alt+]")
    expect(page.part("message")).to_contain_text("Nothing lies above it")
    press("Alt+PageUp")
    assert [region["id"] for region in saved(page)["regions"]] == [first[1], first[2], first[0]]
    page.page.reload()
    page.ready()
    sent = page.submit()["items"][0]["document"]
    assert [region["id"] for region in sent["regions"]] == [first[1], first[2], first[0]]


def test_regions_are_shown_alone_hidden_and_locked_and_still_submitted(labelling, shoot):
    _, page = labelling
    press = page.page.keyboard.press
    four(page)
    press("2")
    page.draw(300, 60, 80, 80)
    press("m")
    press("Shift+S")
    note = page.part("region-hidden")
    expect(note).to_contain_text("4 regions are hidden. They are submitted all the same.")
    shoot(page.page, "regions-solo")
    press("Shift+S")
    expect(note).to_be_hidden()
    page.part("region-group").click()
    groups = page.page.locator(".region-group")
    expect(groups).to_have_count(2)
    expect(groups.first).to_contain_text("4")
    groups.first.hover()
    groups.first.get_by_role("button", name="Hide").click()
    expect(note).to_contain_text("4 regions are hidden")
    groups.nth(1).hover()
    groups.nth(1).get_by_role("button", name="Lock").click()
    shoot(page.page, "regions-grouped")
    page.part("stage").focus()
    press("Escape")
    page.page.mouse.click(*page.screen(340, 100))
    press("Delete")
    expect(page.part("message")).to_contain_text("Locked")
    assert len(page.submit()["items"][0]["document"]["regions"]) == 5


def test_six_regions_are_seen_beside_the_selected_one(labelling, shoot):
    _, page = labelling
    for number in range(8):
        page.draw(20 + 55 * number, 40, 40, 60)
    expect(page.part("region-detail")).to_be_visible()
    list_box = page.page.locator(".region-scroll").bounding_box()
    rows = [row.bounding_box() for row in page.regions.all()]
    seen = [
        row
        for row in rows
        if list_box["y"] <= row["y"] and row["y"] + row["height"] <= list_box["y"] + list_box["height"] + 1
    ]
    shoot(page.page, "regions-list")
    assert len(seen) >= 6


def test_an_answer_to_a_paused_project_comes_back_and_is_taken_when_it_goes_on(labelling, world, project):
    one, page = labelling
    page.draw(40, 40, 60, 60)
    lifecycle.pause(project=project, actor=world.manager)
    page.page.keyboard.press("Enter")
    expect(page.part("halted")).to_be_visible()
    expect(page.regions).to_have_count(1)
    one.forgive("409")
    lifecycle.resume(project=project, actor=world.manager)
    assert len(page.submit()["items"][0]["document"]["regions"]) == 1
    expect(page.part("halted")).to_be_hidden()


def test_words_about_an_image_go_with_it(labelling):
    _, page = labelling
    page.page.keyboard.press("Enter")
    message = page.part("message")
    expect(message).to_contain_text("Draw a region first")
    page.page.keyboard.press("n")
    page.submit()
    page.page.keyboard.press("Enter")
    expect(message).to_contain_text("Draw a region first")
    page.page.keyboard.press(",")
    expect(message).to_be_hidden(timeout=1000)


def test_exact_numbers_and_a_note_are_typed_in(labelling):
    _, page = labelling
    page.draw(40, 40, 60, 60)
    for side, value in (("x", "12.5"), ("y", "7"), ("width", "100"), ("height", "9999")):
        page.part(f"region-{side}").fill(value)
        page.part(f"region-{side}").press("Enter")
    expect(page.part("region-height")).to_have_value("320")
    page.page.keyboard.press("e")
    page.page.keyboard.type("cut off")
    page.page.keyboard.press("Enter")
    region = saved(page)["regions"][0]
    assert [region[name] for name in ("x", "y", "width", "height", "note")] == [12.5, 0, 100, 320, "cut off"]


def test_the_list_is_searched_sorted_and_walked_by_key(labelling):
    _, page = labelling
    press = page.page.keyboard.press
    page.draw(40, 40, 60, 60)
    press("2")
    page.draw(160, 40, 90, 90)
    press("3")
    page.draw(300, 40, 30, 30)
    names = page.page.locator(".region-name")
    page.part("region-sort").select_option("size")
    expect(names).to_have_text(["Vessel", "Fruit", "Other"])
    page.part("region-sort").select_option("newest")
    expect(names).to_have_text(["Other", "Vessel", "Fruit"])
    page.part("region-search").fill("ves")
    expect(names).to_have_text(["Vessel"])
    expect(page.part("region-count")).to_have_text("1 of 3")
    page.part("region-search").fill("")
    page.part("region-search").press("ArrowDown")
    press("ArrowDown")
    press("Enter")
    expect(selected(page).locator(".region-name")).to_have_text("Vessel")
    press("ArrowRight")
    press("ArrowRight")
    press("Enter")
    expect(page.page.locator(".region-row.is-locked .region-name")).to_have_text("Vessel")


def test_regions_of_the_image_before_are_copied_also_after_a_reload(labelling):
    _, page = labelling
    press = page.page.keyboard.press
    four(page)
    document = page.submit()["items"][0]["document"]
    press("Control+Shift+v")
    expect(page.regions).to_have_count(4)
    press("Control+z")
    expect(page.regions).to_have_count(0)
    page.page.reload()
    page.ready()
    press("Control+Shift+v")
    expect(page.regions).to_have_count(4)
    copied = page.submit()["items"][0]["document"]
    assert boxes_of(copied) == boxes_of(document)
    assert not {one["id"] for one in copied["regions"]} & {one["id"] for one in document["regions"]}


def test_a_comment_is_pinned_answered_and_resolved(labelling, world, desk, project, shoot):
    _, page = labelling
    press = page.page.keyboard.press
    page.draw(40, 40, 100, 100)
    press("Alt+c")
    expect(page.part("comment-place")).to_have_text("About this region: Fruit")
    page.page.keyboard.type("Is <b>this</b> one fruit or two?")
    page.part("comment-flag").check()
    page.part("comment-text").press("Control+Enter")
    expect(page.page.locator(".thread-text")).to_have_text("Is <b>this</b> one fruit or two?")
    press("Escape")
    press("Alt+c")
    page.page.mouse.click(*page.screen(300, 200))
    page.page.keyboard.type("What is this?")
    page.part("comment-text").press("Control+Enter")
    expect(page.page.locator(".pin")).to_have_count(2)
    shoot(page.page, "regions-comments")
    flag, pinned = Comment.objects.filter(task__project=project).order_by("id")
    assert (flag.kind, flag.author, flag.region != "") == ("flag", world.labellers[0], True)
    assert (round(pinned.x), round(pinned.y), pinned.region) == (300, 200, "")
    task = Task.objects.select_related("project", "image").get(code=page.task["code"])

    boss = desk(world.manager)
    boss.page.goto(f"/projects/{project.code}/data/?flag=open")
    expect(boss.page.locator(".browse-card")).to_have_count(1)
    boss.page.goto(f"/tasks/{task.code}/")
    thread = boss.page.locator(".thread", has_text="one fruit or two")
    expect(thread).to_contain_text("Is <b>this</b> one fruit or two?")
    shoot(boss.page, "task-comments")
    thread.get_by_role("textbox").fill("Two.")
    thread.get_by_role("button", name="Reply").click()
    expect(thread).to_contain_text("Two.")
    thread.get_by_role("button", name="Resolve").click()
    expect(thread).to_contain_text("Resolved")
    boss.page.goto(f"/projects/{project.code}/data/?flag=open")
    expect(boss.page.locator(".browse-card")).to_have_count(0)

    page.page.reload()
    page.ready()
    expect(page.page.locator(".pin")).to_have_count(1)
    page.page.locator(".pin").click()
    expect(page.page.locator(".thread-reply")).to_contain_text("Two.")


def test_others_comments_stay_unseen_while_several_label(world, desk):
    shared = world.project("box", ["Fruit"], images=1, labellers_minimum=2, labellers_maximum=2)
    task = Task.objects.select_related("project", "image").get(project=shared)
    first = BoxPage(desk(world.labellers[0]).page, shared).open()
    comments.add(task=task, author=world.labellers[0], code=task.code, text="Mine alone")
    second = BoxPage(desk(world.labellers[1]).page, shared).open()
    first.page.reload()
    first.ready()
    expect(first.part("comment-count")).to_have_text("1")
    expect(second.part("comment-count")).to_have_text("")
    assert second.page.locator(".thread, .pin").count() == 0


def test_a_crash_loses_neither_the_draft_nor_its_undo(labelling):
    one, page = labelling
    press = page.page.keyboard.press
    page.draw(40, 40, 60, 60)
    expect(page.part("save")).to_have_attribute("data-state", "saved", timeout=10_000)
    one.context.set_offline(True)
    page.draw(200, 60, 60, 60)
    press("Shift+ArrowRight")
    expect(page.part("offline")).to_be_visible(timeout=10_000)
    page.page.wait_for_timeout(500)
    crash(page.page)
    one.context.set_offline(False)
    one.forgive("ERR_INTERNET_DISCONNECTED")

    one.page = one.context.new_page()
    again = BoxPage(one.page, page.project).open()
    expect(again.regions).to_have_count(2)
    press = again.page.keyboard.press
    after = boxes_of(saved(again))
    press("Control+z")
    press("Control+z")
    expect(again.regions).to_have_count(1)
    press("Control+z")
    expect(again.regions).to_have_count(0)
    for _ in range(3):
        press("Control+Shift+z")
    expect(again.regions).to_have_count(2)
    assert boxes_of(saved(again)) == after


def crash(page) -> None:
    """Kills the page's process: no handler runs."""
    with contextlib.suppress(Error):  # the answer dies with the page
        page.goto("chrome://crash", timeout=5000)
    page.close()


def test_time_on_an_image_survives_a_reload_without_doubling(labelling):
    _, page = labelling
    page.draw(40, 40, 60, 60)
    page.page.wait_for_timeout(2500)
    page.page.mouse.move(*page.screen(10, 10))
    page.page.reload()
    page.ready()
    sent = page.submit()["items"][0]
    assert 2 < sent["active_seconds"] < 15


def test_a_second_tab_is_told_of_the_first_and_may_take_over(labelling, project):
    one, page = labelling
    page.draw(40, 40, 60, 60)
    second = one.context.new_page()
    second.goto(f"/projects/{project.code}/label/")
    other = BoxPage(second, project)
    expect(other.part("tabs")).to_be_visible()
    expect(other.part("tabs-title")).to_have_text("This project is open in another tab")
    other.part("tabs").get_by_role("button", name="Work here").click()
    other.ready()
    expect(other.regions).to_have_count(1)
    expect(other.part("tabs")).to_be_hidden()
    expect(page.part("tabs")).to_be_visible()
    expect(page.part("tabs-title")).to_have_text("You went on in another tab")
    other.draw(200, 60, 60, 60)
    expect(other.regions).to_have_count(2)
    assert len(saved(other)["regions"]) == 2
