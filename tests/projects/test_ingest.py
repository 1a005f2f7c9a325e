import hashlib
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client

from annotations.models import Task
from projects import credentials, datasets, ingest, jobs, lifecycle, reading, tenancy
from projects.errors import Conflict
from projects.models import AuditEvent, Dataset, Image, Job
from projects.stores.local import LocalStore
from tests import factories
from tests.conftest import Cast
from tests.projects.conftest import Container

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("emulators")]
Photo = Callable[..., bytes]


def bomb(side: int) -> bytes:
    """A PNG that says it has side × side pixels, and hardly has a byte."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.fixture
def dataset(cast: Cast, folder: Path) -> Dataset:
    store = factories.DatastoreFactory(workspace=cast.workspace, kind="local", location={"path": str(folder)})
    return factories.DatasetFactory(workspace=cast.workspace, datastore=store, pattern="**/*.*", state="empty")


def read(dataset: Dataset, cast: Cast) -> Job:
    """Has the files read by a job, as a worker would."""
    job = datasets.refresh(actor=cast.manager, dataset=dataset)
    jobs.run_due()
    dataset.refresh_from_db()
    job.refresh_from_db()
    return job


def rows(dataset: Dataset) -> dict[str, tuple[str, str]]:
    found = Image.objects.filter(dataset=dataset).order_by("key")
    return {image.key: (image.state, image.reason) for image in found}


def test_headers_checksums_and_metadata_are_read(dataset: Dataset, cast: Cast, folder: Path, photo: Photo) -> None:
    from PIL import Image as Pillow

    exif = Pillow.Exif()
    exif[274], exif[271] = 6, "Maker"
    data = photo(1, size=(64, 48), exif=exif)
    (folder / "a").mkdir()
    (folder / "a" / "turned.jpg").write_bytes(data)
    (folder / "b.tif").write_bytes(photo(2, kind="TIFF"))
    job = read(dataset, cast)
    assert (job.state, job.result) == ("succeeded", {"listed": 2, "read": 2, "unreadable": 0, "ignored": 0})
    turned, tiff = Image.objects.filter(dataset=dataset).order_by("key")
    assert (turned.key, turned.name, turned.format) == ("a/turned.jpg", "turned.jpg", "jpeg")
    assert (turned.width, turned.height, turned.byte_size) == (48, 64, len(data))
    assert turned.checksum == hashlib.sha256(data).hexdigest()
    assert turned.metadata == {"orientation": 6, "camera": "Maker"}
    assert (tiff.format, tiff.metadata) == ("tiff", {"proxy": True})
    assert (turned.organisation_id, turned.workspace_id) == (cast.organisation.pk, cast.workspace.pk)
    assert (dataset.state, dataset.image_count, dataset.unreadable_count) == ("ready", 2, 0)
    assert dataset.byte_size == len(data) + tiff.byte_size


def test_bad_files_become_items_in_error(dataset: Dataset, cast: Cast, folder: Path, photo: Photo) -> None:
    good = photo(1, size=(640, 480))
    files = {
        "good.jpg": good,
        "cut.jpg": good[: len(good) // 2],
        "empty.png": b"",
        "bomb.png": bomb(40_000),
        "page.jpg": b"<html><script>alert(1)</script></html>",
        "scan.dcm": b"\0" * 128 + b"DICM",
        "notes.txt": b"not an image at all",
        ".hidden.jpg": good,
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    job = read(dataset, cast)
    assert rows(dataset) == {
        "bomb.png": ("unreadable", "The image says it has 1,600 million pixels, but the file is too small for them."),
        "cut.jpg": ("unreadable", "The JPEG file is damaged or cut off."),
        "empty.png": ("unreadable", "The file is empty."),
        "good.jpg": ("ok", ""),
        "page.jpg": ("unreadable", "The name ends in .jpg, but the file is a web page."),
        "scan.dcm": ("unreadable", "The DICOM file is damaged or cut off."),
    }
    assert job.result == {"listed": 6, "read": 6, "unreadable": 5, "ignored": 2}
    assert (dataset.state, dataset.image_count, dataset.unreadable_count) == ("ready", 6, 5)


def test_second_run_reads_what_is_new_or_changed_alone(
    dataset: Dataset, cast: Cast, folder: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(4):
        (folder / f"{index}.jpg").write_bytes(photo(index))
    read(dataset, cast)
    before = {image.key: image.code for image in Image.objects.filter(dataset=dataset)}
    (folder / "1.jpg").write_bytes(photo(99, size=(100, 100)))
    (folder / "2.jpg").unlink()
    (folder / "4.jpg").write_bytes(photo(4))
    opened: list[str] = []
    real = LocalStore.read
    monkeypatch.setattr(LocalStore, "read", lambda self, key, *rest: (opened.append(key), real(self, key, *rest))[1])
    job = read(dataset, cast)
    assert sorted(opened) == ["1.jpg", "4.jpg"]
    assert job.result["read"] == 2
    assert rows(dataset)["2.jpg"] == ("missing", "The file is no longer at its source.")
    changed = Image.objects.get(dataset=dataset, key="1.jpg")
    assert (changed.width, changed.code) == (100, before["1.jpg"])
    assert dataset.image_count == 5
    (folder / "2.jpg").write_bytes(photo(2))
    read(dataset, cast)
    assert rows(dataset)["2.jpg"] == ("ok", "")


def test_listing_in_any_order_marks_only_the_missing(dataset: Dataset, cast: Cast, folder: Path, photo: Photo) -> None:
    # Azure accounts with folders of their own list "a/x" before "a-b", which is not the order of the keys.
    keys = ["a/x.jpg", "a-b.jpg", "a0.jpg", "b.jpg"]
    with transaction.atomic():
        reading.write(dataset, [reading.Found(key, "ok", 5, width=1, height=1) for key in [*keys, "a-c.jpg", "c.jpg"]])
    last = ""
    for key in keys:
        upto = max(last, key)
        reading.write(dataset, [reading.Found(key, "ok", 5, width=1, height=1)])
        ingest._mark_missing(dataset, last, upto, [key])
        last = upto
    ingest._mark_missing(dataset, last, None, [])
    assert [key for key, (state, _) in rows(dataset).items() if state == "missing"] == ["a-c.jpg", "c.jpg"]


def test_run_goes_on_behind_its_checkpoint(
    dataset: Dataset, cast: Cast, folder: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(6):
        (folder / f"{index}.jpg").write_bytes(photo(index))
    monkeypatch.setattr(LocalStore.pages, "__defaults__", ("", "", 2))
    real, calls = reading.write, []

    def dying(dataset: Dataset, found: list[reading.Found]) -> int:
        calls.append([row.key for row in found])
        if len(calls) == 3:
            raise RuntimeError("the power went")
        return real(dataset, found)

    monkeypatch.setattr(reading, "write", dying)
    job = read(dataset, cast)
    assert (job.state, job.attempt, job.cursor["last_key"]) == ("queued", 1, "3.jpg")
    assert (dataset.state, len(rows(dataset))) == ("ingesting", 4)
    Job.objects.filter(pk=job.pk).update(next_attempt_at=job.created_at)
    jobs.run_due()
    job.refresh_from_db()
    assert (job.state, job.result["read"]) == ("succeeded", 6)
    assert calls == [["0.jpg", "1.jpg"], ["2.jpg", "3.jpg"], ["4.jpg", "5.jpg"], ["4.jpg", "5.jpg"]]
    assert set(rows(dataset).values()) == {("ok", "")}


def test_refused_store_fails_the_dataset_at_once_with_what_to_do(dataset: Dataset, cast: Cast, folder: Path) -> None:
    folder.rmdir()
    job = read(dataset, cast)
    assert (job.state, job.attempt) == ("failed", 1)
    assert (dataset.state, dataset.error) == (
        "failed",
        "The folder does not exist on this server, or it cannot be read.",
    )


def test_nothing_found_says_so(dataset: Dataset, cast: Cast) -> None:
    assert read(dataset, cast).state == "succeeded"
    assert (dataset.state, dataset.error) == ("empty", "No image in the store matches the pattern.")


def test_cancelled_run_keeps_what_was_read(
    dataset: Dataset, cast: Cast, folder: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(4):
        (folder / f"{index}.jpg").write_bytes(photo(index))
    monkeypatch.setattr(LocalStore.pages, "__defaults__", ("", "", 2))
    done = []

    def progress(self: jobs.Running, number: int, total: int | None = None, note: str = "") -> None:
        done.append(number)
        if number > 2:
            raise jobs.Cancelled

    monkeypatch.setattr(jobs.Running, "progress", progress)
    monkeypatch.setattr(ingest, "REPORTED", 1)
    job = read(dataset, cast)
    assert job.state == "cancelled"
    assert (dataset.state, dataset.image_count) == ("ready", 2)


def test_refresh_while_reading_gives_the_same_job(dataset: Dataset, cast: Cast) -> None:
    assert (
        datasets.refresh(actor=cast.manager, dataset=dataset).pk
        == datasets.refresh(actor=cast.manager, dataset=dataset).pk
    )


def test_write_under_the_walls_cannot_reach_another_tenant(dataset: Dataset, cast: Cast) -> None:
    found = [reading.Found("a.jpg", "ok", 5, width=1, height=1)]
    foreign = cast.foreign_project.organisation_id
    with tenancy.for_organisation(foreign), pytest.raises(Dataset.DoesNotExist), transaction.atomic():
        reading.write(dataset, found)
    with tenancy.for_organisation(cast.organisation.pk), transaction.atomic():
        assert reading.write(dataset, found) == 1


def test_azure_container_is_read(container: Container, cast: Cast, photo: Photo) -> None:
    for index in range(25):
        container.client.upload_blob(f"street/{index % 3}/{index:02}.jpg", photo(index))
    container.client.upload_blob("street/broken.png", photo(1, kind="PNG")[:60])
    container.client.upload_blob("other/x.jpg", photo(77))
    store = container.datastore(workspace=cast.workspace)
    dataset = factories.DatasetFactory(workspace=cast.workspace, datastore=store, pattern="street", state="empty")
    job = read(dataset, cast)
    assert job.result == {"listed": 26, "read": 26, "unreadable": 1, "ignored": 0}
    assert rows(dataset)["street/broken.png"][0] == "unreadable"
    assert Image.objects.filter(dataset=dataset, state="ok").exclude(checksum="").count() == 25
    container.client.delete_blob("street/0/00.jpg")
    assert read(dataset, cast).result["read"] == 1
    assert rows(dataset)["street/0/00.jpg"][0] == "missing"


def test_large_files_are_read_by_their_header_alone(
    container: Container, cast: Cast, photo: Photo, settings: object
) -> None:
    settings.CHECKSUM_FILE_LIMIT = 1000
    data = photo(3, size=(900, 700), quality=95)
    assert len(data) > 100_000
    container.client.upload_blob("large.jpg", data)
    dataset = factories.DatasetFactory(
        workspace=cast.workspace, datastore=container.datastore(workspace=cast.workspace)
    )
    read(dataset, cast)
    image = Image.objects.get(dataset=dataset)
    assert (image.width, image.height, image.checksum) == (900, 700, "")
    assert image.etag != ""


def test_lost_key_fails_the_dataset_without_showing_anything(container: Container, cast: Cast) -> None:
    store = container.datastore(workspace=cast.workspace)
    store.credentials = credentials.encrypt({"account_key": "A" * 86 + "=="})
    store.save(update_fields=["credentials"])
    dataset = factories.DatasetFactory(workspace=cast.workspace, datastore=store)
    job = read(dataset, cast)
    assert (job.state, dataset.state) == ("failed", "failed")
    assert dataset.error.startswith("The account refused access. Copy its key again")


def test_new_and_repaired_files_become_tasks_of_running_projects(
    dataset: Dataset, cast: Cast, folder: Path, photo: Photo
) -> None:
    factories.ProjectDatasetFactory(project=cast.project, dataset=dataset)
    (folder / "a.jpg").write_bytes(photo(1))
    (folder / "b.jpg").write_bytes(photo(2)[:-300])

    def tasks() -> list[str]:
        read(dataset, cast)
        lifecycle.take_in_arrivals()
        jobs.run_due()
        names = Task.objects.filter(project=cast.project).order_by("image__key")
        return list(names.values_list("image__name", flat=True))

    assert tasks() == ["a.jpg"]
    (folder / "b.jpg").write_bytes(photo(2))
    (folder / "c.jpg").write_bytes(photo(3))
    (folder / "a.jpg").unlink()
    assert tasks() == ["a.jpg", "b.jpg", "c.jpg"]
    (folder / "a.jpg").write_bytes(photo(1))
    assert tasks() == ["a.jpg", "b.jpg", "c.jpg"]
    assert lifecycle.take_in_arrivals() == 0
    assert [job.result["images"] for job in Job.objects.filter(kind="projects.initialize").order_by("pk")] == [1, 2, 1]


@pytest.mark.parametrize(("ended", "state"), [("cancelled", "empty"), ("failed", "failed")])
def test_a_run_that_ended_unheard_leaves_no_dataset_reading(
    dataset: Dataset, cast: Cast, ended: str, state: str
) -> None:
    job = datasets.refresh(actor=cast.manager, dataset=dataset)
    ingest.settle_abandoned()
    dataset.refresh_from_db()
    assert dataset.state == "ingesting"
    Job.objects.filter(pk=job.pk).update(state=ended)
    ingest.settle_abandoned()
    dataset.refresh_from_db()
    assert dataset.state == state


def test_another_pattern_has_the_files_read_again(dataset: Dataset, cast: Cast, folder: Path, photo: Photo) -> None:
    for index, key in enumerate(["a/1.jpg", "b/2.jpg"]):
        (folder / key).parent.mkdir()
        (folder / key).write_bytes(photo(index))
    read(dataset, cast)
    factories.ProjectDatasetFactory(project=cast.project, dataset=dataset)
    lifecycle.take_in_arrivals()
    datasets.change(actor=cast.manager, dataset=dataset, pattern="b/**", name="Only b")
    with pytest.raises(Conflict, match="Wait until that has ended"):
        datasets.change(actor=cast.manager, dataset=dataset, pattern="c/**")
    jobs.run_due()
    dataset.refresh_from_db()
    assert (dataset.name, dataset.pattern, dataset.state) == ("Only b", "b/**", "ready")
    assert {key: state for key, (state, _) in rows(dataset).items()} == {"a/1.jpg": "missing", "b/2.jpg": "ok"}
    assert AuditEvent.objects.latest("id").detail == {"name": "Only b", "pattern": "b/**"}
    datasets.change(actor=cast.manager, dataset=dataset, pattern="**/*.*")
    jobs.run_due()
    assert set(rows(dataset).values()) == {("ok", "")}


def test_the_pattern_is_changed_by_page_and_api(dataset: Dataset, cast: Cast, client: Client) -> None:
    client.force_login(cast.manager)
    url = f"/datasets/{dataset.code}/settings/"
    assert 'value="**/*.*"' in client.get(url).content.decode()
    values = {"name": dataset.name, "description": "", "pattern": "x/**"}
    assert client.post(url, values)["Location"] == f"/datasets/{dataset.code}/"
    assert Job.objects.get(kind="datasets.ingest").state == "queued"
    again = client.post(url, {**values, "pattern": "y/**"})
    assert (again.status_code, "Wait until that has ended" in again.content.decode()) == (422, True)
    api = f"/api/v1/datasets/{dataset.code}/"
    answer = client.patch(api, {"pattern": "z/**"}, content_type="application/json")
    assert (answer.status_code, list(answer.json()["fields"])) == (409, ["pattern"])
    jobs.run_due()
    assert client.patch(api, {"pattern": "z/**"}, content_type="application/json").json()["pattern"] == "z/**"
    assert client.patch(api, {"source": "upload"}, content_type="application/json").status_code == 400
    upload = factories.DatasetFactory(workspace=cast.workspace, source="upload", pattern="")
    assert "Path pattern" not in client.get(f"/datasets/{upload.code}/settings/").content.decode()
