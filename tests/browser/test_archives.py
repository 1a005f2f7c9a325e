"""An archive from a person's computer: sent, unpacked, and what became of each file."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image as Pillow
from playwright.sync_api import Page, expect

from projects import datasets
from projects.models import Dataset, Image
from tests.browser.conftest import Desk
from tests.browser.world import World


def picture(seed: int) -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", (48, 36), (seed * 20 % 256, 90, 255 - seed)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Twelve pictures, and what goes wrong in practice."""
    path = tmp_path / "street.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for number in range(12):
            packed.writestr(f"street/{number:02}.png", picture(number))
        packed.writestr("street/again.png", picture(3))
        packed.writestr("street/broken.jpg", b"\xff\xd8\xff\xe0" + bytes(400))
        packed.writestr("../outside.png", picture(99))
        packed.writestr("street/more.zip", b"PK")
        packed.writestr("notes.txt", "not an image")
    return path


def test_an_archive_is_sent_unpacked_and_explained(
    world: World, desk: Callable[..., Desk], archive: Path, shoot: Callable[..., None]
) -> None:
    dataset = datasets.create(
        actor=world.manager, workspace=world.workspace, name="Street archive", source=Dataset.Source.UPLOAD
    )
    page: Page = desk(world.manager, reduced_motion="reduce").page
    page.goto(f"/datasets/{dataset.code}/upload/")
    page.get_by_label("Files", exact=True).set_input_files(archive)
    row = page.locator("#archives tbody tr")
    expect(row).to_contain_text("12 taken, 1 already there, 3 refused, 1 other file left out", timeout=60_000)
    shoot(page, "upload-archive")
    row.get_by_role("link", name="street.zip").click()
    expect(page.get_by_role("heading", name="street.zip")).to_be_visible()
    expect(page.get_by_role("row", name="outside.png")).to_contain_text("Its name cannot be taken")
    expect(page.get_by_role("row", name="more.zip")).to_contain_text("Archives within archives are not unpacked")
    expect(page.get_by_role("row", name="broken.jpg")).to_be_visible()
    shoot(page, "archive")
    page.set_viewport_size({"width": 400, "height": 800})
    shoot(page, "archive-narrow", "light")
    page.goto(f"/datasets/{dataset.code}/upload/")
    shoot(page, "upload-archive-narrow", "light")
    assert Image.objects.filter(dataset=dataset, state="ok").count() == 12

    # The same archive again brings nothing new; with the switch, what is there is compared all the same.
    page.get_by_label("Replace files of the same name").check()
    page.get_by_label("Files", exact=True).set_input_files(archive)
    expect(row.first).to_contain_text("13 already there", timeout=60_000)
    assert Image.objects.filter(dataset=dataset).count() == 12
