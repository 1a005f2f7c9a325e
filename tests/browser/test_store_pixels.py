"""Pictures straight from Azure's emulator: their pixels can be read whether or not the store lets this page have them."""

import io
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient, CorsRule
from django.test import Client
from PIL import Image
from playwright.sync_api import Browser

from projects import datasets, jobs, lifecycle, setup, taxonomy
from projects.models import Dataset, Project
from tests.browser.labelling import BoxPage
from tests.browser.test_pictures import SHOWN
from tests.conftest import Cast
from tests.projects.conftest import (  # noqa: F401  # fixtures
    AZURITE_ACCOUNT,
    AZURITE_KEY,
    Container,
    Emulator,
    azurite,
    container,
)


@pytest.fixture
def project(cast: Cast, container: Container) -> Project:  # noqa: F811  # a fixture
    out = io.BytesIO()
    Image.new("RGB", (640, 480), (200, 90, 30)).save(out, "PNG")
    container.client.upload_blob("one.png", out.getvalue())
    store = container.datastore(workspace=cast.workspace)
    actor, source = cast.manager, {"source": Dataset.Source.PATTERN, "datastore": store}
    dataset = datasets.create(actor=actor, workspace=cast.workspace, name="Store", **source)
    jobs.run_due()
    made = setup.create(workspace=cast.workspace, name="Store", task_type="box", actor=actor)
    setup.choose_data(project=made, datasets=[dataset], actor=actor)
    taxonomy.save_nested(project=made, labels=[{"name": "Thing"}], actor=actor)
    lifecycle.start(project=made, actor=actor)
    jobs.run_due()
    return made


@pytest.mark.parametrize("is_allowed", [True, False])
def test_pixels_are_read_either_way(
    chromium: Browser,
    live_server: Any,
    cast: Cast,
    project: Project,
    azurite: Emulator,  # noqa: F811  # a fixture
    settings: Any,
    is_allowed: bool,
) -> None:
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": policy | {"img-src": [*policy["img-src"], azurite.origin]}}
    account = {"account_name": AZURITE_ACCOUNT, "account_key": AZURITE_KEY}
    rule = CorsRule(["*"], ["GET"], allowed_headers=["*"], max_age_in_seconds=60)
    BlobServiceClient(azurite.endpoint, credential=account).set_service_properties(cors=[rule] if is_allowed else [])
    client = Client()
    client.force_login(cast.labeller)
    context = chromium.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": "session", "value": client.cookies["session"].value, "url": live_server.url}])
    page = context.new_page()
    loaded: list[str] = []
    page.on("requestfinished", lambda sent: loaded.append(sent.url))
    labelling = BoxPage(page, project).open()
    page.wait_for_timeout(150)
    assert page.evaluate(SHOWN) == [200, 90, 30]
    image = labelling.task["image"]
    assert image["url"].startswith(azurite.origin)
    assert (f"{live_server.url}{image['own_url']}" in loaded) is not is_allowed
    context.close()
