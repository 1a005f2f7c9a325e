"""A dataset of the images that a list names: the columns chosen, the labels that came along imported."""

import json

from playwright.sync_api import expect

from annotations.models import Task
from projects import datastores, lifecycle, setup, taxonomy
from projects.models import Dataset, Datastore
from tests.browser.site import ROOT
from tests.browser.world import finish, scene

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def box(label):
    return {"label": label, "topX": 0.1, "topY": 0.1, "bottomX": 0.4, "bottomY": 0.6, "isCrowd": 0}


def list_of(tmp_path):
    """Three images, one of which is gone, one address in another store, and what is no image."""
    rows = [
        *({"where": f"AmlDatastore://ws/scene-{seed}.jpg", "Kind": [box("Vehicle")], "p": [0.8]} for seed in range(2)),
        {"where": "AmlDatastore://ws/gone.jpg", "Kind": [], "p": []},
        {"where": "https://other.example.com/scene-2.jpg", "Kind": [box("Lamp")], "p": [1.0]},
        {"where": "notes.txt", "Kind": [], "p": []},
    ]
    file = tmp_path / "street.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows))
    return file


def test_a_list_becomes_a_dataset_and_its_labels_come_along(world, desk, screenshots, tmp_path):
    folder = world.folder("listed", {f"scene-{seed}.jpg": scene(seed) for seed in range(4)})
    connection = datastores.Connection(Datastore.Kind.LOCAL, {"path": str(folder)})
    datastores.create(actor=world.manager, workspace=world.workspace, name="Street store", connection=connection)
    page = desk(world.manager, reduced_motion="reduce").page

    def pictures(name):
        page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8"))
        for width in (1280, 400):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)["violations"]
                assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], f"{name} {width} {scheme}"
                page.screenshot(path=screenshots / f"{name}-{width}-{scheme}.png", full_page=True)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.set_viewport_size({"width": 1280, "height": 800})

    page.goto(f"/workspaces/{world.workspace.code}/datasets/new/")
    pictures("list-dataset-form")
    page.get_by_role("link", name="A list of images").click()
    expect(page.get_by_label("Datastore")).to_contain_text("Street store")
    pictures("list-new")
    page.get_by_label("File", exact=True).set_input_files(list_of(tmp_path))
    expect(page.get_by_text("No image was found in this list.")).to_be_visible(timeout=30_000)
    pictures("list-columns")
    page.get_by_label("Image", exact=False).select_option("where")
    page.get_by_label("Category").select_option("Kind")
    page.get_by_label("Confidence").select_option("p")
    page.get_by_role("button", name="Look through again").click()
    expect(page.get_by_text("its address is not in the datastore")).to_be_visible(timeout=30_000)
    assert not Dataset.objects.filter(workspace=world.workspace).exists()
    pictures("list-report")
    page.get_by_role("button", name="Make dataset of 3 images").click()
    expect(page.get_by_text("1 of the 3 listed images are not in the store.")).to_be_visible(timeout=30_000)
    page.reload()
    expect(page.get_by_text("The list names this file, but it is not in the store.")).to_be_visible()
    pictures("list-dataset")

    project = setup.create(
        workspace=world.workspace, name="Street", task_type="box", actor=world.manager, description="Vehicles"
    )
    setup.choose_data(project=project, datasets=list(Dataset.objects.filter(name="street")), actor=world.manager)
    taxonomy.save_nested(project=project, labels=[{"name": "Vehicle"}], actor=world.manager)
    page.goto(f"/projects/{project.code}/setup/?step=review")
    expect(page.get_by_text("street came with labels.")).to_be_visible()
    pictures("list-review")
    finish(lifecycle.start(project=project, actor=world.manager))
    page.goto(f"/projects/{project.code}/")
    expect(page.get_by_text("street came with labels.")).to_be_visible()
    pictures("list-dashboard")
    page.get_by_role("button", name="Import as pre-labels").click()
    expect(page.get_by_role("button", name="Import 2 images")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("radio", name="As suggestions")).to_be_checked()
    page.get_by_role("button", name="Import 2 images").click()
    expect(page.get_by_text("Suggestions written")).to_be_visible(timeout=30_000)
    found = Task.objects.filter(project=project, prelabel__isnull=False)
    assert list(found.values_list("prelabel_confidence", flat=True)) == [0.8, 0.8]
