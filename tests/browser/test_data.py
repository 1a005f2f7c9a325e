"""Bringing images in: uploads that break off and go on, and folders of the server."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image as Pillow
from playwright.sync_api import Page, expect

from projects import datasets
from projects.models import Dataset, Image, Upload
from tests.browser.conftest import Desk
from tests.browser.world import World, scene

FILES = 240


def picture(seed: int, side: int = 48) -> bytes:
    out = io.BytesIO()
    image = Pillow.new("RGB", (side, side), (seed % 256, seed // 256, 90))
    image.save(out, "PNG")
    return out.getvalue()


def folder_of(path: Path) -> Path:
    """A folder as people have them: pictures in sub-folders, twins, damage, and litter."""
    for index in range(FILES):
        place = path / "street" / f"{index % 3}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{index:03}.png").write_bytes(picture(index))
    (path / "street" / "twin.png").write_bytes(picture(7))
    (path / "street" / "damaged.jpg").write_bytes(scene(1)[:9000])
    (path / "street" / "page.jpg").write_bytes(b"<html><script>alert(1)</script></html>")
    (path / "street" / "notes.txt").write_text("not an image")
    (path / "street" / ".DS_Store").write_bytes(b"litter")
    return path / "street"


def new_dataset(world: World) -> Dataset:
    return datasets.create(actor=world.manager, workspace=world.workspace, name="Street uploads", source="upload")


def test_folder_is_uploaded_with_a_reason_for_every_file_not_taken(
    world: World, desk: Callable[..., Desk], tmp_path: Path, shoot: Callable[[Page, str], None]
) -> None:
    page = desk(world.manager).page
    page.goto(f"/workspaces/{world.workspace.code}/data/")
    page.get_by_role("link", name="New dataset").first.click()
    page.get_by_label("Name").fill("Street uploads")
    page.get_by_text("This computer").click()
    page.get_by_role("button", name="Create dataset").click()
    expect(page.get_by_role("heading", name="Upload images")).to_be_visible()
    shoot(page, "upload-empty")
    page.locator("#pick-folder").set_input_files(folder_of(tmp_path))
    expect(page.get_by_text(f"{FILES} of {FILES + 4} uploaded · 1 already there · 3 not taken")).to_be_visible(
        timeout=60_000
    )
    expect(page.get_by_text("The name ends in .jpg, but the file is a web page.")).to_be_visible()
    expect(page.get_by_text(".txt files are not supported.")).to_be_visible()
    shoot(page, "upload-done")
    dataset = Dataset.objects.get(workspace=world.workspace)
    assert (dataset.image_count, dataset.state) == (FILES, "ready")
    page.get_by_role("link", name="See the images").click()
    expect(page.locator(".picture")).to_have_count(60)
    expect(page.locator(".picture img").first).to_have_js_property("naturalWidth", 48)
    shoot(page, "dataset")
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_role("link", name="Newest")).to_be_visible()


@pytest.mark.slow
def test_upload_goes_on_after_a_reload_and_a_broken_connection(
    world: World, desk: Callable[..., Desk], tmp_path: Path, shoot: Callable[[Page, str], None]
) -> None:
    large = tmp_path / "large.png"
    Pillow.frombytes("RGB", (2600, 2600), os.urandom(2600 * 2600 * 3)).save(large, compress_level=0)
    dataset = new_dataset(world)
    mine = desk(world.manager)
    page = mine.page
    page.goto(f"/datasets/{dataset.code}/upload/")
    sent: list[str] = []
    page.on(
        "request",
        lambda request: sent.append(request.headers.get("upload-offset", "")) if request.method == "PATCH" else None,
    )

    def third_chunk_is_lost(route: object) -> None:
        if route.request.headers.get("upload-offset") == str(2 * Upload.CHUNK):
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/uploads/*/", third_chunk_is_lost)
    page.locator("#pick-files").set_input_files(large)
    expect(page.locator("[data-upload=speed]")).to_contain_text("8.0 MB of", timeout=20_000)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused.")).to_be_visible()
    assert Upload.objects.get(dataset=dataset).received == 2 * Upload.CHUNK
    shoot(page, "upload-paused")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.get_by_text("1 file did not arrive whole.")).to_be_visible()
    shoot(page, "upload-again")
    page.unroute("**/api/v1/uploads/*/")
    sent.clear()
    page.locator("#pick-files").set_input_files(large)
    expect(page.get_by_text("1 of 1 uploaded", exact=True)).to_be_visible(timeout=30_000)
    assert int(sent[0]) == 2 * Upload.CHUNK
    image = Image.objects.get(dataset=dataset)
    assert (image.width, image.byte_size) == (2600, large.stat().st_size)
    mine.forgive("ERR_FAILED")


def test_folder_of_the_server_is_read_while_one_watches(
    world: World, desk: Callable[..., Desk], shoot: Callable[[Page, str], None]
) -> None:
    files = {f"{index:02}.jpg": scene(index % 12) for index in range(30)} | {"broken.jpg": scene(1)[:3000]}
    folder = world.folder("streets", files)
    mine = desk(world.manager)
    page = mine.page
    page.goto(f"/workspaces/{world.workspace.code}/data/")
    shoot(page, "data-empty")
    page.get_by_role("link", name="Connect datastore").first.click()
    shoot(page, "datastore-kinds")
    page.get_by_text("Local disk").click()
    page.get_by_label("Name").fill("Street disk")
    page.get_by_label("Folder of the server").fill("/etc")
    page.get_by_role("button", name="Check and connect").click()
    expect(page.get_by_text("by its whole path. Ask the operator")).to_be_visible()
    shoot(page, "datastore-refused")
    mine.forgive("422 POST")
    page.get_by_label("Folder of the server").fill(str(folder))
    page.get_by_role("button", name="Check and connect").click()
    expect(page.get_by_role("heading", name="Street disk")).to_be_visible()
    shoot(page, "datastore")
    page.get_by_role("link", name="Make a dataset").click()
    page.get_by_label("Name").fill("Streets")
    shoot(page, "dataset-form")
    page.get_by_role("button", name="Create dataset").click()
    expect(page.locator("#reading").get_by_text("Ready")).to_be_visible(timeout=30_000)
    page.reload()
    expect(page.locator(".picture")).to_have_count(31)
    expect(page.get_by_text("damaged or cut off")).to_be_visible()
    page.goto(f"/workspaces/{world.workspace.code}/data/")
    expect(page.get_by_text("1 unreadable")).to_be_visible()
    shoot(page, "data")


def test_pages_of_data_fit_a_phone(world: World, desk: Callable[..., Desk], shoot: Callable[[Page, str], None]) -> None:
    dataset = world.dataset("Streets", world.folder("phone", {f"{index}.jpg": scene(index) for index in range(6)}))
    page = desk(world.manager, viewport={"width": 400, "height": 800}).page
    uploads = new_dataset(world)
    for name, path in {
        "data": f"/workspaces/{world.workspace.code}/data/",
        "dataset": f"/datasets/{dataset.code}/",
        "datastore": f"/datastores/{dataset.datastore.code}/",
        "upload": f"/datasets/{uploads.code}/upload/",
        "kinds": f"/workspaces/{world.workspace.code}/datastores/new/",
        "form": f"/workspaces/{world.workspace.code}/datastores/new/?kind=azure",
        "new": f"/workspaces/{world.workspace.code}/datasets/new/",
    }.items():
        page.goto(path)
        shoot(page, f"phone-{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, name
