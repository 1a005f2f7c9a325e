import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client

from projects import datasets, image_urls, jobs, sealing
from projects.models import Dataset, Image
from tests import factories
from tests.conftest import Cast
from tests.projects.conftest import Container

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("emulators")]
Photo = Callable[..., bytes]


@pytest.fixture(autouse=True)
def _forgetting() -> Iterator[None]:
    image_urls.forget()
    yield
    image_urls.forget()


@pytest.fixture
def data(photo: Photo) -> bytes:
    return photo(1, size=(900, 600))


@pytest.fixture
def dataset(cast: Cast, folder: Path, own_store: Path, photo: Photo, data: bytes) -> Dataset:
    (folder / "a.jpg").write_bytes(data)
    (folder / "b.tif").write_bytes(photo(2, kind="TIFF"))
    (folder / "bad.jpg").write_bytes(b"<html><script>alert(1)</script>")
    store = factories.DatastoreFactory(workspace=cast.workspace, location={"path": str(folder)})
    made = factories.DatasetFactory(workspace=cast.workspace, datastore=store)
    datasets.refresh(actor=cast.manager, dataset=made)
    jobs.run_due()
    return made


def image_of(dataset: Dataset, key: str) -> Image:
    return Image.objects.get(dataset=dataset, key=key)


def get(url: str, **headers: str) -> Any:
    return Client().get(url, headers=headers)


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_local_file_is_served_by_a_signed_address_in_a_sandbox(dataset: Dataset, data: bytes) -> None:
    image = image_of(dataset, "a.jpg")
    url = image_urls.signed([image])[image.pk]
    response = get(url)
    assert (response.status_code, body(response)) == (200, data)
    assert {name: response.headers.get(name) for name in (
        "Content-Type", "Content-Length", "Accept-Ranges", "X-Content-Type-Options", "Content-Security-Policy",
        "Cross-Origin-Resource-Policy", "Content-Disposition",
    )} == {
        "Content-Type": "image/jpeg",
        "Content-Length": str(len(data)),
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Content-Disposition": 'inline; filename="a.jpg"',
    }  # fmt: skip
    assert response.headers["Cache-Control"].startswith("private, max-age=")
    again = get(url, **{"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("header", "status", "start", "end"),
    [
        ("bytes=0-9", 206, 0, 10), ("bytes=100-", 206, 100, None), ("bytes=-7", 206, -7, None),
        ("bytes=5-999999999", 206, 5, None), ("bytes=0-", 200, 0, None), ("bytes=9-3", 200, 0, None),
        ("lines=1-2", 200, 0, None), ("bytes=0-1,5-6", 200, 0, None), ("bytes=-", 200, 0, None),
    ],
)  # fmt: skip
def test_ranges(dataset: Dataset, data: bytes, header: str, status: int, start: int, end: int | None) -> None:
    image = image_of(dataset, "a.jpg")
    response = get(image_urls.signed([image])[image.pk], Range=header)
    wanted = data[start:end]
    assert (response.status_code, body(response)) == (status, wanted)
    assert response.headers["Content-Length"] == str(len(wanted))
    if status == 206:
        begin = len(data) + start if start < 0 else start
        assert response.headers["Content-Range"] == f"bytes {begin}-{begin + len(wanted) - 1}/{len(data)}"


def test_range_behind_the_end(dataset: Dataset, data: bytes) -> None:
    image = image_of(dataset, "a.jpg")
    response = get(image_urls.signed([image])[image.pk], Range=f"bytes={len(data)}-")
    assert (response.status_code, response.headers["Content-Range"]) == (416, f"bytes */{len(data)}")


def test_address_expires_and_cannot_be_changed(
    dataset: Dataset, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = image_of(dataset, "a.jpg")
    url = image_urls.signed([image])[image.pk]
    value = url.split("/")[2]
    for forged in (value[:-3] + "AAA", "AAA" + value[3:], "x", sealing.seal("other", "0-1-1-9")):
        assert get(f"/files/{forged}/").status_code == 404
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + settings.SIGNED_URL_SECONDS + 1)
    assert get(url).status_code == 403
    assert get(image_urls.thumbnails([image])[image.pk]).status_code == 200


def test_addresses_last_between_two_thirds_and_all_of_the_time(dataset: Dataset, settings: object) -> None:
    image = image_of(dataset, "a.jpg")
    link = image_urls.read_link(image_urls.signed([image])[image.pk].split("/")[2])
    left = link.expires_at - time.time()
    assert settings.SIGNED_URL_SECONDS * 2 / 3 - 2 <= left <= settings.SIGNED_URL_SECONDS
    assert image_urls.signed([image]) == image_urls.signed([image])


def test_signature_of_another_tenants_image_names_its_own_tenant(dataset: Dataset, cast: Cast) -> None:
    image = image_of(dataset, "a.jpg")
    image.organisation_id = cast.foreign_project.organisation_id
    assert get(image_urls.signed([image])[image.pk]).status_code == 404


def test_unreadable_images_have_no_address(dataset: Dataset) -> None:
    bad = image_of(dataset, "bad.jpg")
    assert (image_urls.signed([bad]), image_urls.thumbnails([bad])) == ({bad.pk: ""}, {bad.pk: ""})
    image = image_of(dataset, "a.jpg")
    url = image_urls.signed([image])[image.pk]
    Image.objects.filter(pk=image.pk).update(state="unreadable", reason="x")
    assert get(url).status_code == 404


def test_file_that_turned_into_a_page_is_still_an_image_in_a_sandbox(dataset: Dataset, folder: Path) -> None:
    image = image_of(dataset, "a.jpg")
    url = image_urls.signed([image])[image.pk]
    (folder / "a.jpg").write_bytes(b"<html><script>alert(1)</script>")
    response = get(url)
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert get(image_urls.thumbnails([image])[image.pk]).status_code == 404
    (folder / "a.jpg").unlink()
    assert get(url).status_code == 404


def test_browsers_get_a_rendered_copy_of_tiff(dataset: Dataset) -> None:
    image = image_of(dataset, "b.tif")
    response = get(image_urls.signed([image])[image.pk])
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/jpeg")
    assert response.content.startswith(b"\xff\xd8")


def test_thumbnails_are_small_pictures(dataset: Dataset) -> None:
    images = [image_of(dataset, key) for key in ("a.jpg", "b.tif")]
    for url in image_urls.thumbnails(images).values():
        response = get(url)
        assert (response.status_code, response.headers["Content-Type"]) == (200, "image/jpeg")
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_azure_addresses_lead_straight_to_the_blob(
    container: Container, cast: Cast, data: bytes, django_assert_num_queries: Any
) -> None:
    for name in ("a.jpg", "b c.jpg"):
        container.client.upload_blob(name, data)
    dataset = factories.DatasetFactory(
        workspace=cast.workspace, datastore=container.datastore(workspace=cast.workspace)
    )
    images = [factories.ImageFactory(dataset=dataset, key=name) for name in ("a.jpg", "b c.jpg")]
    with django_assert_num_queries(1):
        urls = image_urls.signed(images)
    with django_assert_num_queries(0):
        assert image_urls.signed(images) == urls
    for url in urls.values():
        answer = httpx.get(url)
        assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "image/jpeg", data)
        assert "sp=r&" in url
    assert httpx.get(urls[images[0].pk].replace("a.jpg?", "b%20c.jpg?")).status_code == 403
