"""Files that browsers send straight into a store: what the store is asked to take, and what counts afterwards."""

import hashlib
import io
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import boto3
import httpx
import pytest
from django.test import Client
from django.utils import timezone

from projects import datasets, datastores, uploads
from projects.models import Dataset, Image, ImageVersion, Upload
from tests.conftest import Cast
from tests.projects.conftest import AZURITE_ACCOUNT, AZURITE_KEY, Container, Emulator

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("emulators")]
Photo = Callable[..., bytes]
URL = "/api/v1/uploads/"


@pytest.fixture(params=["azure", "s3"])
def own_cloud(request: pytest.FixtureRequest, settings: Any) -> str:
    """The installation's own store in an emulated cloud; its origin."""
    if request.param == "azure":
        container: Container = request.getfixturevalue("container")
        name, endpoint = container.client.container_name, container.location["endpoint"]
        settings.STORAGE_URL = f"azure://{AZURITE_ACCOUNT}:{quote(AZURITE_KEY, safe='')}@{name}?endpoint={endpoint}"
        return endpoint.removesuffix(f"/{AZURITE_ACCOUNT}")
    emulator: Emulator = request.getfixturevalue("s3_emulator")
    settings.STORAGE_HOSTS = [emulator.origin]
    name = f"own-{uuid.uuid4().hex}"
    keys = {"aws_access_key_id": "id", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=emulator.endpoint, **keys).create_bucket(Bucket=name)
    settings.STORAGE_URL = f"s3://id:secret@{name}?region=us-east-1&endpoint={emulator.endpoint}"
    return emulator.origin


@pytest.fixture
def dataset(cast: Cast, own_cloud: str) -> Dataset:
    return datasets.create(actor=cast.manager, workspace=cast.workspace, name="Uploads", source="upload")


@pytest.fixture
def client(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.manager)
    return client


def announce(client: Client, dataset: Dataset, path: str, size: int, **more: Any) -> dict[str, Any]:
    body = {"dataset": str(dataset.code), "files": [{"path": path, "byte_size": size}], "direct": True, **more}
    row: dict[str, Any] = client.post(URL, json.dumps(body), content_type="application/json").json()[0]
    return row


def put(row: dict[str, Any], data: bytes) -> int:
    return httpx.put(row["direct"]["url"], content=data, headers=row["direct"]["headers"]).status_code


def complete(client: Client, row: dict[str, Any]) -> Any:
    return client.post(f"{URL}{row['code']}/complete/")


def keys(dataset: Dataset) -> list[str]:
    store = datastores.for_datastore(dataset.datastore)
    return [entry.key for page in store.pages(f"{dataset.code}/") for entry in page.entries]


def test_a_file_in_the_store_counts_once_it_was_read_here(client: Client, dataset: Dataset, photo: Photo) -> None:
    data = photo(1, size=(80, 60))
    row = announce(client, dataset, "street/a.jpg", len(data))
    assert (row["state"], row["received"]) == ("receiving", 0)
    early = complete(client, row)
    assert (early.status_code, early.json()["code"]) == (409, "not_arrived")
    assert put(row, data) in {200, 201}
    assert not Image.objects.filter(dataset=dataset).exists()
    for _ in range(2):
        assert complete(client, row).json()["state"] == "done"
    image = Image.objects.get(dataset=dataset)
    assert (image.name, image.width, image.checksum) == ("a.jpg", 80, hashlib.sha256(data).hexdigest())
    assert keys(dataset) == [image.key]
    assert datastores.for_datastore(dataset.datastore).read(image.key) == data
    again = announce(client, dataset, "street/a.jpg", len(data))
    assert (again["state"], again["direct"]) == ("done", None)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.jpg", b"<html><script>", "The name ends in .jpg, but the file is a web page."),
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "The PNG file is damaged or cut off."),
    ],
)
def test_what_is_no_image_does_not_stay_in_the_store(
    client: Client, dataset: Dataset, name: str, data: bytes, reason: str
) -> None:
    row = announce(client, dataset, name, len(data))
    put(row, data)
    answer = complete(client, row).json()
    assert (answer["state"], answer["reason"]) == ("failed", reason)
    assert keys(dataset) == []
    assert announce(client, dataset, name, len(data))["direct"]["url"] != row["direct"]["url"]


def test_duplicates_do_not_stay_either(client: Client, dataset: Dataset, photo: Photo) -> None:
    data = photo(1)
    for path, state in (("a.jpg", "done"), ("b.jpg", "duplicate")):
        row = announce(client, dataset, path, len(data))
        put(row, data)
        assert complete(client, row).json()["state"] == state
    assert len(keys(dataset)) == 1


def test_another_size_than_announced_is_refused(client: Client, dataset: Dataset, photo: Photo) -> None:
    data = photo(1)
    row = announce(client, dataset, "a.jpg", len(data) + 5)
    store = datastores.for_datastore(dataset.datastore)
    # A store that cannot be told the size takes it.
    store.put(Upload.objects.get(code=row["code"]).stored_key, io.BytesIO(data))
    answer = complete(client, row).json()
    assert answer["state"] == "failed"
    assert answer["reason"] == f"The store received {len(data):,} bytes of {len(data) + 5:,}. Send the file again."
    assert keys(dataset) == []


def test_chunks_do_as_well_for_what_was_offered_an_address(client: Client, dataset: Dataset, photo: Photo) -> None:
    data = photo(1)
    row = announce(client, dataset, "a.jpg", len(data))
    put(row, data)
    headers = {"Upload-Offset": "0"}
    answer = client.patch(f"{URL}{row['code']}/", data, content_type="application/octet-stream", headers=headers)
    assert answer.json()["state"] == "done"
    assert keys(dataset) == [Image.objects.get(dataset=dataset).key]


def test_a_replaced_file_is_a_new_version(client: Client, dataset: Dataset, photo: Photo) -> None:
    first, second = photo(1, size=(64, 48)), photo(2, size=(20, 10))
    row = announce(client, dataset, "a.jpg", len(first))
    put(row, first)
    complete(client, row)
    refused = announce(client, dataset, "a.jpg", len(second))
    assert (refused["state"], refused["direct"]) == ("failed", None)
    assert refused["reason"].startswith("Another file of this name is there already.")
    row = announce(client, dataset, "a.jpg", len(second), overwrite=True)
    assert row["state"] == "receiving"
    put(row, second)
    assert complete(client, row).json()["reason"] == "Replaced a.jpg."
    image = Image.objects.get(dataset=dataset)
    assert (image.version, image.width) == (2, 20)
    assert ImageVersion.objects.values_list("number", "width").get() == (1, 64)


def test_what_nobody_completes_is_forgotten_with_its_object(client: Client, dataset: Dataset, photo: Photo) -> None:
    data = photo(1)
    row = announce(client, dataset, "a.jpg", len(data))
    put(row, data)
    Upload.objects.update(created_at=timezone.now() - timedelta(days=8))
    uploads.discard_stale()
    assert (keys(dataset), Upload.objects.count()) == ([], 0)


def test_large_files_and_archives_come_in_chunks(client: Client, dataset: Dataset, settings: Any) -> None:
    settings.DIRECT_UPLOAD_LIMIT = 1000
    assert announce(client, dataset, "a.jpg", 1000)["direct"] is not None
    assert announce(client, dataset, "b.jpg", 1001)["direct"] is None
    assert announce(client, dataset, "c.zip", 10)["direct"] is None
    settings.DIRECT_UPLOAD_LIMIT = 0
    assert announce(client, dataset, "d.jpg", 10)["direct"] is None


def test_the_page_may_talk_to_its_store_and_no_other_page_may(client: Client, dataset: Dataset, own_cloud: str) -> None:
    def connect(path: str) -> list[str]:
        policy = client.get(path)["Content-Security-Policy"]
        (found,) = [part.split()[1:] for part in policy.split("; ") if part.startswith("connect-src")]
        return found

    assert connect(f"/datasets/{dataset.code}/upload/") == ["'self'", own_cloud]
    assert connect(f"/datasets/{dataset.code}/") == ["'self'"]


def test_only_who_may_upload_completes(cast: Cast, client: Client, dataset: Dataset) -> None:
    row = announce(client, dataset, "a.jpg", 10)
    for person, status in ((cast.outsider, 404), (cast.viewer, 403), (cast.labeller, 403)):
        other = Client()
        other.force_login(person)
        assert complete(other, row).status_code == status
