"""Hundreds of files from a person's computer, a broken one and a known one among them."""

import io
import random
import re

import pytest
from PIL import Image as Picture
from playwright.sync_api import expect

from projects import datasets
from projects.models import Dataset, Image

FILES = 200


@pytest.fixture
def files(tmp_path):
    """Small pictures, all different, and what goes wrong in practice."""
    dice = random.Random(7)
    for number in range(FILES):
        out = io.BytesIO()
        Picture.new("RGB", (32, 24), (number, 255 - number, 90)).save(out, "PNG")
        (tmp_path / f"tile-{number:03}.png").write_bytes(out.getvalue())
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0" + dice.randbytes(900))
    (tmp_path / "again.png").write_bytes((tmp_path / "tile-000.png").read_bytes())
    return sorted(tmp_path.iterdir())


def test_hundreds_of_files(world, desk, files, shoot):
    dataset = datasets.create(
        actor=world.manager, workspace=world.workspace, name="From my computer", source=Dataset.Source.UPLOAD
    )
    page = desk(world.manager, reduced_motion="reduce").page
    page.goto(f"/datasets/{dataset.code}/upload/")
    shoot(page, "upload")
    page.get_by_label("Files", exact=True).set_input_files(files)
    finished = page.get_by_role("link", name="See the images")
    expect(finished).to_be_visible(timeout=60_000)
    expect(page.locator("[data-upload='summary']")).to_have_text(
        f"{FILES} of {FILES + 2} uploaded · 1 already there · 1 not taken"
    )
    # Whichever of the two came second.
    expect(page.get_by_role("row", name=re.compile("The same picture as"))).to_have_count(1)
    expect(page.get_by_role("row", name="broken.jpg")).to_be_visible()
    shoot(page, "upload-done")

    images = Image.objects.filter(dataset=dataset)
    assert images.filter(state="ok").count() == FILES
    finished.click()
    expect(page.get_by_text("tile-", exact=False).first).to_be_visible()

    # Chosen again, nothing is sent twice.
    page.goto(f"/datasets/{dataset.code}/upload/")
    page.get_by_label("Files", exact=True).set_input_files(files[:20])
    expect(page.get_by_role("link", name="See the images")).to_be_visible(timeout=30_000)
    assert images.filter(state="ok").count() == FILES
