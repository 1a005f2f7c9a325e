import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from projects import datasets, datastores, jobs, tenancy, uploads
from projects.models import Dataset, Image, Upload
from tests import factories
from tests.conftest import Cast

pytestmark = pytest.mark.django_db
Photo = Callable[..., bytes]
URL = "/api/v1/uploads/"


@pytest.fixture
def dataset(cast: Cast, own_store: Path) -> Dataset:
    return datasets.create(actor=cast.manager, workspace=cast.workspace, name="Uploads", source="upload")


@pytest.fixture
def client(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.manager)
    return client


def announce(client: Client, dataset: Dataset, *files: tuple[str, int]) -> Any:
    body = {"dataset": str(dataset.code), "files": [{"path": path, "byte_size": size} for path, size in files]}
    return client.post(URL, json.dumps(body), content_type="application/json")


def send(client: Client, code: str, offset: int, data: bytes) -> Any:
    headers = {"Upload-Offset": str(offset)}
    return client.patch(f"{URL}{code}/", data, content_type="application/octet-stream", headers=headers)


def upload(client: Client, dataset: Dataset, path: str, data: bytes) -> Any:
    row = announce(client, dataset, (path, len(data))).json()[0]
    answer = None
    for offset in range(row["received"], len(data), Upload.CHUNK):
        answer = send(client, row["code"], offset, data[offset : offset + Upload.CHUNK])
        assert answer.status_code == 200, answer.content
    return answer.json() if answer else row


def test_small_file_becomes_an_image(client: Client, dataset: Dataset, photo: Photo, own_store: Path) -> None:
    data = photo(1, size=(80, 60))
    answer = upload(client, dataset, "street/a.jpg", data)
    image = Image.objects.get(dataset=dataset)
    assert (answer["state"], answer["image"], answer["received"]) == ("done", str(image.code), len(data))
    assert (image.name, image.width, image.height, image.format) == ("a.jpg", 80, 60, "jpeg")
    assert image.checksum == hashlib.sha256(data).hexdigest()
    assert image.key == f"{dataset.code}/{image.code}.jpeg"
    assert image.metadata["path"] == "street/a.jpg"
    assert datastores.for_datastore(dataset.datastore).read(image.key) == data
    dataset.refresh_from_db()
    assert (dataset.state, dataset.image_count, dataset.byte_size) == ("ready", 1, len(data))


def test_large_file_comes_in_chunks_and_leaves_no_parts(
    client: Client, dataset: Dataset, photo: Photo, own_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Upload, "CHUNK", 1000)
    data = photo(1, size=(200, 150))
    assert len(data) > 3000
    row = announce(client, dataset, ("a.jpg", len(data))).json()[0]
    assert send(client, row["code"], 0, data[:1000]).json()["received"] == 1000
    again = announce(client, dataset, ("a.jpg", len(data))).json()[0]
    assert (again["code"], again["received"], again["state"]) == (row["code"], 1000, "receiving")
    assert upload(client, dataset, "a.jpg", data)["state"] == "done"
    image = Image.objects.get(dataset=dataset)
    assert datastores.for_datastore(dataset.datastore).read(image.key) == data
    assert [path for path in (own_store / "uploads").rglob("*") if path.is_file()] == []


def test_wrong_offset_says_where_to_go_on(
    client: Client, dataset: Dataset, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Upload, "CHUNK", 1000)
    data = photo(1, size=(200, 150))
    code = announce(client, dataset, ("a.jpg", len(data))).json()[0]["code"]
    send(client, code, 0, data[:1000])
    answer = send(client, code, 0, data[:1000])
    assert (answer.status_code, answer.json()["code"], answer.json()["received"]) == (409, "offset_conflict", 1000)
    assert send(client, code, 1000, data[1000:1500]).status_code == 422
    assert send(client, code, 1000, data[1000:2001]).status_code == 422
    missing = client.patch(f"{URL}{code}/", data, content_type="application/octet-stream")
    assert missing.status_code == 400


def test_file_that_died_before_its_end_is_finished(
    client: Client, dataset: Dataset, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Upload, "CHUNK", 1000)
    data = photo(1, size=(200, 150))
    code = announce(client, dataset, ("a.jpg", len(data))).json()[0]["code"]
    monkeypatch.setattr(uploads, "_finish", lambda upload, file: upload)
    for offset in range(0, len(data), 1000):
        monkeypatch.setattr(uploads, "_forget_parts", lambda upload: None)
        send(client, code, offset, data[offset : offset + 1000])
    monkeypatch.undo()
    monkeypatch.setattr(Upload, "CHUNK", 1000)
    assert Upload.objects.get(code=code).state == "receiving"
    assert send(client, code, len(data), b"").json()["state"] == "done"


def test_same_bytes_are_kept_once_per_dataset(
    client: Client, dataset: Dataset, photo: Photo, cast: Cast, own_store: Path
) -> None:
    data = photo(1)
    upload(client, dataset, "a.jpg", data)
    second = upload(client, dataset, "copy/b.jpg", data)
    assert (second["state"], second["reason"]) == ("duplicate", "The same picture as a.jpg.")
    other = datasets.create(actor=cast.manager, workspace=cast.workspace, name="Others", source="upload")
    third = upload(client, other, "a.jpg", data)
    assert (third["state"], third["reason"]) == ("done", "Also in the dataset “Uploads”.")
    assert [Image.objects.filter(dataset=place).count() for place in (dataset, other)] == [1, 1]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.jpg", b"<html>", "The name ends in .jpg, but the file is a web page."),
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "The PNG file is damaged or cut off."),
    ],
)
def test_unreadable_file_says_why_and_may_come_again(
    client: Client, dataset: Dataset, photo: Photo, name: str, data: bytes, reason: str
) -> None:
    answer = upload(client, dataset, name, data)
    assert (answer["state"], answer["reason"], answer["image"]) == ("failed", reason, None)
    assert not Image.objects.filter(dataset=dataset).exists()
    assert announce(client, dataset, (name, len(data))).json()[0]["state"] == "receiving"


def test_files_that_cannot_be_taken_are_refused_when_announced(
    client: Client, dataset: Dataset, settings: object
) -> None:
    settings.UPLOAD_FILE_LIMIT = 10 * 2**20
    files = [("a.svg", 5), ("b.jpg", 0), ("c.jpg", 11 * 2**20), ("d.7z", 5), ("e.JPG", 5)]
    for _ in range(2):
        rows = announce(client, dataset, *files).json()
        assert [(row["state"], row["reason"]) for row in rows] == [
            ("failed", ".svg files are not supported."),
            ("failed", "The file is empty."),
            ("failed", "The file is larger than 10 MB."),
            ("failed", ".7z files are not supported."),
            ("receiving", ""),
        ]


@pytest.mark.parametrize("path", ["a/../b.jpg", "a\x01.jpg", "/", "."])
def test_odd_names_are_refused(client: Client, dataset: Dataset, path: str) -> None:
    assert announce(client, dataset, (path, 5)).status_code in {400, 422}


def test_several_thousand_files_are_announced_in_batches(
    client: Client, dataset: Dataset, django_assert_max_num_queries: Any
) -> None:
    files = [(f"folder/{index:05}.jpg", 1000 + index) for index in range(uploads.BATCH)]
    with django_assert_max_num_queries(25):
        rows = announce(client, dataset, *files).json()
    assert [row["path"] for row in rows] == [path for path, _ in files]
    too_many = announce(client, dataset, *files, ("one-more.jpg", 5))
    assert too_many.status_code == 422


def test_other_peoples_uploads_are_not_there(client: Client, dataset: Dataset, cast: Cast, photo: Photo) -> None:
    data = photo(1)
    code = announce(client, dataset, ("a.jpg", len(data))).json()[0]["code"]
    for person, status in ((cast.outsider, 404), (cast.viewer, 403), (cast.labeller, 403)):
        other = Client()
        other.force_login(person)
        assert send(other, code, 0, data).status_code == status
        assert announce(other, dataset, ("b.jpg", 5)).status_code in {403, 400}
    assert send(Client(), code, 0, data).status_code in {401, 403}


def test_pattern_datasets_take_no_uploads(client: Client, cast: Cast) -> None:
    dataset = factories.DatasetFactory(workspace=cast.workspace)
    assert announce(client, dataset, ("a.jpg", 5)).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_twins_that_end_at_the_same_moment_become_one_image(cast: Cast, own_store: Path, photo: Photo) -> None:
    data = photo(1)
    made = datasets.create(actor=cast.manager, workspace=cast.workspace, name="Twins", source="upload")
    names = [uploads.Announced(f"{index}.jpg", len(data)) for index in range(8)]
    rows = uploads.register(actor=cast.manager, dataset=made, files=names)

    def finish(pk: int) -> str:
        try:
            with tenancy.for_organisation(cast.organisation.pk):
                row = Upload.objects.select_related("dataset__datastore__workspace").get(pk=pk)
                return uploads.receive(upload=row, offset=0, data=data).state
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        states = sorted(pool.map(finish, [row.pk for row in rows]))
    assert states == ["done", *["duplicate"] * 7]
    assert Image.objects.filter(dataset=made).count() == 1


def test_stale_and_unfinished_files_are_forgotten(
    client: Client, dataset: Dataset, photo: Photo, own_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Upload, "CHUNK", 1000)
    data = photo(1, size=(200, 150))
    done = upload(client, dataset, "done.jpg", data)
    code = announce(client, dataset, ("old.jpg", len(data))).json()[0]["code"]
    send(client, code, 0, data[:1000])
    uploads.discard_stale()
    assert Upload.objects.filter(code=code).exists()
    Upload.objects.filter(code=code).update(created_at=timezone.now() - timedelta(days=8))
    uploads.discard_stale()
    assert list(Upload.objects.values_list("path", flat=True)) == ["done.jpg"]
    assert done["state"] == "done"
    assert [path for path in (own_store / "uploads").rglob("*") if path.is_file()] == []
    announce(client, dataset, ("new.jpg", 5))
    assert uploads.discard_unfinished(dataset=dataset) == 1
    assert Image.objects.filter(dataset=dataset).count() == 1


def test_keys_in_the_store_are_never_names(client: Client, dataset: Dataset, own_store: Path, photo: Photo) -> None:
    for index, name in enumerate(["CON.jpg", "a b;c.jpg", "ünï.jpg", "x" * 400 + ".jpg"]):
        assert upload(client, dataset, name, photo(index))["state"] == "done"
    stored = [path.name for path in own_store.rglob("*.jpeg")]
    assert len(stored) == 4
    assert sorted(stored) == sorted(f"{code}.jpeg" for code in Image.objects.values_list("code", flat=True))


def test_deleted_dataset_takes_its_uploaded_files_along(
    client: Client, dataset: Dataset, cast: Cast, own_store: Path, photo: Photo
) -> None:
    other = datasets.create(actor=cast.manager, workspace=cast.workspace, name="Others", source="upload")
    upload(client, dataset, "a.jpg", photo(1))
    upload(client, other, "b.jpg", photo(2))
    datasets.delete(actor=cast.manager, dataset=dataset)
    assert len(list(own_store.rglob("*.jpeg"))) == 2
    jobs.run_due()
    assert [path.stem for path in own_store.rglob("*.jpeg")] == [str(Image.objects.get().code)]
