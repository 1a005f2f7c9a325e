"""Files go from a browser straight into Azure's emulator where that allows it, and through the server where it does not."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from azure.storage.blob import BlobServiceClient, CorsRule
from django.test import Client
from PIL import Image as Pillow
from playwright.sync_api import Browser, Page, expect

from projects import datasets
from projects.models import Dataset, Image
from tests.conftest import Cast
from tests.projects.conftest import (  # noqa: F401  # fixtures
    AZURITE_ACCOUNT,
    AZURITE_KEY,
    Container,
    Emulator,
    azurite,
    container,
)

FILES = 6


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    for number in range(FILES):
        out = io.BytesIO()
        Pillow.new("RGB", (64, 48), (number * 30, 90, 200)).save(out, "PNG")
        (tmp_path / f"{number}.png").write_bytes(out.getvalue())
    return sorted(tmp_path.glob("*.png"))


@pytest.fixture
def dataset(cast: Cast, container: Container, settings: Any) -> Dataset:  # noqa: F811  # a fixture
    name, endpoint = container.client.container_name, container.location["endpoint"]
    settings.STORAGE_URL = f"azure://{AZURITE_ACCOUNT}:{quote(AZURITE_KEY, safe='')}@{name}?endpoint={endpoint}"
    return datasets.create(actor=cast.manager, workspace=cast.workspace, name="Uploads", source="upload")


@pytest.fixture
def page(chromium: Browser, live_server: Any, cast: Cast) -> Iterator[Page]:
    client = Client()
    client.force_login(cast.manager)
    context = chromium.new_context(base_url=live_server.url)
    context.add_cookies([{"name": "session", "value": client.cookies["session"].value, "url": live_server.url}])
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("is_allowed", [True, False])
def test_files_reach_the_store_either_way(
    page: Page,
    dataset: Dataset,
    files: list[Path],
    azurite: Emulator,  # noqa: F811  # a fixture
    is_allowed: bool,
) -> None:
    account = {"account_name": AZURITE_ACCOUNT, "account_key": AZURITE_KEY}
    rule = CorsRule(["*"], ["PUT"], allowed_headers=["*"], max_age_in_seconds=60)
    BlobServiceClient(azurite.endpoint, credential=account).set_service_properties(cors=[rule] if is_allowed else [])
    straight: list[str] = []
    through: list[str] = []
    page.on("request", lambda sent: straight.append(sent.url) if sent.method == "PUT" else None)
    page.on("request", lambda sent: through.append(sent.url) if sent.method == "PATCH" else None)
    page.goto(f"/datasets/{dataset.code}/upload/")
    page.get_by_label("Files", exact=True).set_input_files(files)
    expect(page.locator("[data-upload='summary']")).to_have_text(f"{FILES} of {FILES} uploaded", timeout=60_000)
    assert all(url.startswith(azurite.origin) for url in straight)
    if is_allowed:
        assert (len(straight), through) == (FILES, [])
    else:
        assert len(through) == FILES
    images = Image.objects.filter(dataset=dataset, state="ok")
    assert images.count() == FILES
    assert images.exclude(checksum="").count() == FILES
