"""Labels from a file: uploaded, looked through, imported, and undone again."""

import pytest
from playwright.sync_api import expect

from annotations.models import Task


@pytest.fixture
def labels(tmp_path):
    """Boxes on three images of the project, one of a label that it lacks, and one on an image that it has not got."""
    rows = [
        *(f"scene-{seed:02}.jpg,Vehicle,20,30,80,60" for seed in range(3)),
        "scene-02.jpg,Lamp,200,40,30,90",
        "elsewhere.jpg,Vehicle,1,1,9,9",
    ]
    file = tmp_path / "boxes.csv"
    file.write_text("\n".join(["image,label,x,y,width,height", *rows]))
    return file


def test_labels_come_in_and_go_again(world, desk, shoot, labels):
    project = world.project("box", ["Vehicle"], 4)
    page = desk(world.manager, reduced_motion="reduce").page
    page.goto(f"/projects/{project.code}/imports/")
    shoot(page, "imports-empty")
    page.get_by_role("link", name="Import labels").click()
    shoot(page, "import-new")
    page.get_by_label("File", exact=True).set_input_files(labels)

    expect(page.get_by_text("Ready to import", exact=True).first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("elsewhere.jpg: no image of the project has this name.")).to_be_visible()
    expect(page.get_by_role("row", name="Lamp 1 No")).to_be_visible()
    assert not Task.objects.filter(project=project, status="labelled").exists()
    shoot(page, "import-report")
    page.set_viewport_size({"width": 400, "height": 800})
    page.screenshot(path=shoot_path(shoot, "import-report-narrow"), full_page=True)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.screenshot(path=shoot_path(shoot, "import-report-whole"), full_page=True)

    page.get_by_label("Add the labels that the project lacks").check()
    page.get_by_role("button", name="Import 3 images").click()
    expect(page.get_by_text("Answers written")).to_be_visible(timeout=30_000)
    found = Task.objects.filter(project=project, status="labelled").order_by("image__key")
    assert [len(task.final["regions"]) for task in found] == [1, 1, 2]
    shoot(page, "import-done")

    page.get_by_role("button", name="Undo import").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Images on which somebody has worked since")).to_be_visible()
    dialog.get_by_role("button", name="Undo import").click()
    expect(page.get_by_text("Taken back")).to_be_visible(timeout=30_000)
    assert not found.all().exists()
    page.goto(f"/projects/{project.code}/imports/")
    expect(page.get_by_role("row", name="boxes.csv")).to_contain_text("Undone")
    shoot(page, "imports")


def shoot_path(shoot, name):
    """Where `shoot` puts its pictures."""
    return shoot.__closure__[0].cell_contents / f"{name}.png"
