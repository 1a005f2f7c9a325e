"""Reading that is shared over workers, held and let go on, and how far it says it is."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from projects import datasets, ingest, jobs, reading
from projects.models import Dataset, Image, Job
from projects.stores.base import Entry, StoreRefused
from projects.stores.local import LocalStore
from tests import factories
from tests.conftest import Cast

pytestmark = pytest.mark.django_db
Photo = Callable[..., bytes]


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


def test_after_an_untimely_end_files_are_read_in_shards(
    dataset: Dataset, cast: Cast, folder: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(7):
        (folder / f"{index}.jpg").write_bytes(photo(index))
    (folder / "7.jpg").write_bytes(b"broken")
    monkeypatch.setattr(LocalStore.pages, "__defaults__", ("", "", 4))
    monkeypatch.setattr(ingest, "SHARD", 3)
    job = datasets.refresh(actor=cast.manager, dataset=dataset)
    Job.objects.filter(pk=job.pk).update(attempt=1)
    jobs.run_due()
    job.refresh_from_db()
    dataset.refresh_from_db()
    assert (job.state, job.attempt) == ("succeeded", 2)
    assert job.result == {"listed": 8, "read": 8, "unreadable": 1, "ignored": 0, "shards": {"succeeded": 4}}
    assert [len(shard.arguments["files"]) for shard in job.shards.order_by("pk")] == [3, 1, 3, 1]
    assert (dataset.state, dataset.image_count, dataset.unreadable_count) == ("ready", 8, 1)


def test_many_new_files_are_read_by_shards_and_counted_one_by_one(
    dataset: Dataset, cast: Cast, folder: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(9):
        (folder / f"{index}.jpg").write_bytes(photo(index))
    read(dataset, cast)
    for index in range(9, 20):
        (folder / f"{index:02}.jpg").write_bytes(photo(index))
    monkeypatch.setattr(LocalStore.pages, "__defaults__", ("", "", 5))
    monkeypatch.setattr(ingest, "MANY", 4)
    monkeypatch.setattr(ingest, "LARGE_SHARD", 2)
    monkeypatch.setattr(ingest, "MOST_AHEAD", 3)
    job = datasets.refresh(actor=cast.manager, dataset=dataset)
    jobs.run_due(1)
    job.refresh_from_db()
    assert (job.waiting, job.cursor["is_shared"], job.attempt) == (True, True, 0)
    assert [len(shard.arguments["files"]) for shard in job.shards.order_by("pk")] == [2, 2, 1]
    jobs.run_due()
    job.refresh_from_db()
    dataset.refresh_from_db()
    assert (job.state, job.result["listed"], job.result["read"]) == ("succeeded", 20, 11)
    assert (job.progress_done, job.progress_total) == (20, 20)
    assert (dataset.image_count, len(rows(dataset))) == (20, 20)


def test_reading_is_held_and_goes_on_by_page_and_api(
    dataset: Dataset, cast: Cast, folder: Path, photo: Photo, client: Client
) -> None:
    client.force_login(cast.manager)
    (folder / "a.jpg").write_bytes(photo(1))
    job = datasets.refresh(actor=cast.manager, dataset=dataset)
    page = f"/datasets/{dataset.code}/"
    assert f"/jobs/{job.code}/pause/" in client.get(page).content.decode()
    assert client.post(f"/jobs/{job.code}/pause/", {"next": page})["Location"] == page
    held = client.get(page).content.decode()
    assert f"/jobs/{job.code}/resume/" in held
    assert "It goes on where it stopped." in held
    assert jobs.run_due() == 0
    elsewhere = client.post(f"/jobs/{job.code}/resume/", {"next": "//elsewhere.example/"})
    assert elsewhere["Location"] == f"/jobs/{job.code}/"
    api = f"/api/v1/datasets/{dataset.code}"
    assert [client.post(f"{api}/{verb}/").status_code for verb in ("pause", "pause", "resume", "resume")] == [
        202, 409, 202, 202,
    ]  # fmt: skip
    jobs.run_due()
    assert rows(dataset) == {"a.jpg": ("ok", "")}
    assert client.post(f"{api}/pause/").status_code == 409


def test_a_first_run_counts_what_it_will_find(
    dataset: Dataset, cast: Cast, folder: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(3):
        (folder / f"{index}.jpg").write_bytes(photo(index))
    (folder / "notes.txt").write_bytes(b"words")
    job = read(dataset, cast)
    assert (job.progress_done, job.progress_total, job.cursor["total"]) == (3, 3, 3)
    other = factories.DatasetFactory(workspace=cast.workspace, datastore=dataset.datastore, state="empty")
    monkeypatch.setattr(ingest, "COUNTING_SECONDS", -1)
    job = read(other, cast)
    assert (job.progress_done, job.progress_total, job.cursor["total"]) == (3, None, 0)


def test_files_that_a_shard_could_not_read_are_read_when_it_is_tried_again(
    dataset: Dataset, cast: Cast, folder: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(4):
        (folder / f"{index}.jpg").write_bytes(photo(index))
    monkeypatch.setattr(ingest, "SHARD", 2)
    real = reading.read

    def away(store: LocalStore, entry: Entry) -> reading.Found | None:
        if entry.key == "3.jpg":
            raise StoreRefused("The store is closed.")
        return real(store, entry)

    monkeypatch.setattr(reading, "read", away)
    job = datasets.refresh(actor=cast.manager, dataset=dataset)
    Job.objects.filter(pk=job.pk).update(attempt=1)
    jobs.run_due()
    job.refresh_from_db()
    dataset.refresh_from_db()
    assert (job.state, job.error_detail) == (
        "failed",
        "2 files could not be read now. The store is closed. Try the job again.",
    )
    assert (dataset.state, dataset.image_count) == ("failed", 2)
    monkeypatch.setattr(reading, "read", real)
    jobs.retry(job)
    jobs.run_due()
    job.refresh_from_db()
    dataset.refresh_from_db()
    assert (job.state, job.result["read"], dataset.state, dataset.image_count) == ("succeeded", 4, "ready", 4)
