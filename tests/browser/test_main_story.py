"""From a folder of images to a dataset that others can read: the whole job, by hand, in three browsers at once."""

import contextlib
import io
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pycocotools.coco import COCO

from annotations.models import Annotation
from projects.models import Image, Project
from tests import factories
from tests.browser.conftest import SHARED_DATA
from tests.browser.labelling import Box, BoxPage, boxes_of
from tests.browser.world import scene

IMAGES = 8


@pytest.fixture
def folder(world) -> Path:
    """Eight photographs of balloons where they are at hand; else rendered scenes."""
    photographs = sorted((SHARED_DATA / "balloon/images").glob("*.jpg"))[:IMAGES]
    if photographs:
        return world.folder("photos", {path.name: path.read_bytes() for path in photographs})
    return world.folder("photos", {f"scene-{seed}.jpg": scene(seed) for seed in range(IMAGES)})


def sign_in(page: Page, email: str) -> None:
    page.goto("/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/(workspaces/.*)?$"))


def make_dataset(page: Page, world, folder: Path) -> None:
    page.goto(f"/workspaces/{world.workspace.code}/data/")
    page.get_by_role("link", name="Connect datastore").first.click()
    page.get_by_role("link", name="Local disk").click()
    page.get_by_label("Name").fill("Photo disk")
    page.get_by_label("Folder of the server").fill(str(folder))
    page.get_by_role("button", name="Check and connect").click()
    page.goto(f"/workspaces/{world.workspace.code}/datasets/new/")
    page.get_by_label("Name").fill("Summer photos")
    page.get_by_text("A datastore", exact=True).click()
    page.get_by_role("button", name="Create dataset").click()
    expect(page.get_by_text("Ready").first).to_be_visible(timeout=30_000)


def make_project(page: Page, world) -> Project:
    """Through every step of the wizard."""
    page.goto(f"/workspaces/{world.workspace.code}/")
    page.get_by_role("link", name="New project").first.click()
    page.get_by_label("Name").fill("Balloons")
    page.get_by_text("Boxes", exact=True).click()
    following(page, "People")
    following(page, "Data")
    page.get_by_text("Summer photos").click()
    following(page, "Labels")
    names = page.locator("[data-part='name']")
    names.first.fill("Balloon")
    names.first.press("Enter")
    expect(names).to_have_count(2)
    names.nth(1).fill("Other")
    following(page, "Instructions")
    page.get_by_label("Instructions", exact=True).fill("# Every balloon\n\nBox the **whole** balloon.")
    following(page, "Quality")
    following(page, "Review")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("Running").first).to_be_visible(timeout=30_000)
    return Project.objects.get(workspace=world.workspace, name="Balloons")


def following(page: Page, title: str) -> None:
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def label_in_turns(labellers: list[BoxPage]) -> dict[str, list[Box]]:
    """Both have an image in hand all the time, until nothing is left; what was drawn on which task."""
    drawn: dict[str, list[Box]] = {}
    for turn in range(IMAGES):
        page = labellers[turn % 2]
        size = page.task["image"]
        boxes = [page.draw(20 + 7 * turn, 30, size["width"] / 3, size["height"] / 2)]
        if turn % 3 == 0:
            page.page.keyboard.press("2")
            boxes.append(page.draw(size["width"] / 2, size["height"] / 3, size["width"] / 4, size["height"] / 4))
        drawn[page.task["code"]] = boxes
        sent = page.submit()["items"][0]
        assert sent["task"] in drawn
        found = boxes_of(sent["document"])
        assert all(box.near(wanted) for box, wanted in zip(found, boxes, strict=True)), (found, boxes)
    return drawn


def export(page: Page, project: Project) -> dict:
    page.goto(f"/projects/{project.code}/exports/")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download").first.click(timeout=30_000)
    return json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))


def test_folder_becomes_a_dataset(world, desk, folder, shoot):
    manager = desk().page
    sign_in(manager, world.manager.email)
    make_dataset(manager, world, folder)
    project = make_project(manager, world)
    done = manager.get_by_text(f"of {IMAGES} images")
    expect(done).to_contain_text(f"0 of {IMAGES} images")

    labellers = []
    for user in world.labellers:
        page = desk().page
        sign_in(page, user.email)
        page.goto("/")
        labelling = BoxPage(page, project)
        page.get_by_role("link", name="Label", exact=True).first.click()
        expect(page.locator("strong", has_text="whole")).to_be_visible()
        page.get_by_role("button", name="Start labelling").click()
        page.wait_for_url("**/label/")
        labelling.ready()
        expect(labelling.part("cover")).to_be_hidden()
        labellers.append(labelling)
    drawn = label_in_turns(labellers)

    handed_out = [{task["code"] for task in page.tasks} for page in labellers]
    assert handed_out[0] & handed_out[1] == set()
    assert len(drawn) == IMAGES
    assert sorted(
        Annotation.objects.filter(project=project, state="submitted").values_list("labeller", flat=True)
    ) == sorted([labeller.pk for labeller in world.labellers] * (IMAGES // 2))

    # Nobody reloads the manager's dashboard.
    expect(done).to_contain_text(f"{IMAGES} of {IMAGES} images", timeout=15_000)
    expect(manager.get_by_role("row", name=re.compile("Lena Labeller"))).to_contain_text(str(IMAGES // 2))
    coco = export(manager, project)
    assert_boxes(coco, project, drawn)


def assert_boxes(written: dict, project: Project, drawn: dict[str, list[Box]]) -> None:
    """pycocotools reads the file, and finds on every image what was drawn there."""
    coco = COCO()
    coco.dataset = written
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
    assert len(coco.getImgIds()) == IMAGES
    assert {category["name"] for category in coco.loadCats(coco.getCatIds())} == {"Balloon", "Other"}
    names = dict(Image.objects.filter(tasks__project=project).values_list("tasks__code", "name"))
    files = {image["file_name"].rpartition("/")[2]: image["id"] for image in coco.loadImgs(coco.getImgIds())}
    for task, boxes in drawn.items():
        image = files[next(name for code, name in names.items() if str(code) == task)]
        found = [Box(*one["bbox"]) for one in coco.loadAnns(coco.getAnnIds(imgIds=[image]))]
        assert all(box.near(wanted) for box, wanted in zip(found, boxes, strict=True)), (found, boxes)
