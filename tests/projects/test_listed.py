"""Datasets whose files a list names: read, read again, and gone on with."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from projects import datasets, datastores, ingest, jobs, listed
from projects.errors import BadInput
from projects.models import Dataset, Datastore, Image, ImageVersion, Job
from tests import factories
from tests.conftest import Cast

pytestmark = pytest.mark.django_db
Photo = Callable[..., bytes]


@pytest.fixture
def store(cast: Cast, folder: Path) -> Datastore:
    return factories.DatastoreFactory(workspace=cast.workspace, kind="local", location={"path": str(folder)})


def make(cast: Cast, store: Datastore, keys: list[str]) -> Dataset:
    list_key = f"{cast.organisation.pk}/test/{len(keys)}"
    listed.keep(list_key, io.BytesIO("".join(f"{key}\n" for key in sorted(keys)).encode()))
    return datasets.create(
        actor=cast.manager, workspace=cast.workspace, name="Listed", source="list", datastore=store, list_key=list_key
    )


def rows(dataset: Dataset) -> dict[str, tuple[str, str]]:
    found = Image.objects.filter(dataset=dataset).order_by("key")
    return {image.key: (image.state, image.reason) for image in found}


def run(dataset: Dataset) -> Job:
    jobs.run_due()
    dataset.refresh_from_db()
    job = datasets.latest_job(dataset)
    assert job is not None
    return job


def test_listed_files_alone_become_images_and_absent_ones_items_in_error(
    cast: Cast, store: Datastore, folder: Path, photo: Photo
) -> None:
    (folder / "b").mkdir()
    for number, name in enumerate(("a.jpg", "b/ü 1.jpg", "unlisted.jpg")):
        (folder / name).write_bytes(photo(number))
    (folder / "bad.png").write_bytes(b"")
    dataset = make(cast, store, ["a.jpg", "b/ü 1.jpg", "bad.png", "gone/c.jpg"])
    job = run(dataset)
    assert (job.state, job.result) == (
        "succeeded",
        {"listed": 4, "read": 3, "unreadable": 1, "ignored": 0, "missing": 1},
    )
    assert rows(dataset) == {
        "a.jpg": ("ok", ""),
        "b/ü 1.jpg": ("ok", ""),
        "bad.png": ("unreadable", "The file is empty."),
        "gone/c.jpg": ("missing", "The list names this file, but it is not in the store."),
    }
    assert (dataset.state, dataset.image_count, dataset.error) == (
        "ready", 4, "1 of the 4 listed images are not in the store.",
    )  # fmt: skip


def test_refresh_reads_the_listed_files_again(cast: Cast, store: Datastore, folder: Path, photo: Photo) -> None:
    (folder / "a.jpg").write_bytes(photo(1))
    (folder / "b.jpg").write_bytes(photo(2))
    dataset = make(cast, store, ["a.jpg", "b.jpg", "c.jpg"])
    run(dataset)
    (folder / "a.jpg").write_bytes(photo(9, size=(100, 100)))
    (folder / "b.jpg").unlink()
    (folder / "c.jpg").write_bytes(photo(3))
    (folder / "d.jpg").write_bytes(photo(4))
    datasets.refresh(actor=cast.manager, dataset=dataset)
    job = run(dataset)
    assert job.result == {"listed": 3, "read": 2, "unreadable": 0, "ignored": 0, "missing": 1}
    assert rows(dataset) == {
        "a.jpg": ("ok", ""),
        "b.jpg": ("missing", "The file is no longer at its source."),
        "c.jpg": ("ok", ""),
    }
    assert list(ImageVersion.objects.values_list("image__key", "number")) == [("a.jpg", 1)]
    assert Image.objects.get(key="a.jpg").version == 2


@pytest.mark.parametrize("many", [500, 3], ids=["read here", "read by shards"])
def test_small_pages_leave_no_gap_and_double_nothing(
    cast: Cast, store: Datastore, folder: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(listed, "PAGE_BYTES", 50)
    monkeypatch.setattr(ingest, "MANY", many)
    keys = [f"{number:03}.jpg" for number in range(40)]
    for number, key in enumerate(keys):
        if number % 7:
            (folder / key).write_bytes(photo(number))
    dataset = make(cast, store, keys)
    job = run(dataset)
    assert job.state == "succeeded"
    assert {name: job.result[name] for name in ("listed", "read", "missing")} == {
        "listed": 40,
        "read": 34,
        "missing": 6,
    }
    assert [key for key, (state, _) in rows(dataset).items() if state == "missing"] == keys[::7]
    assert (len(rows(dataset)), job.progress_done) == (40, 40)


def test_a_run_that_died_goes_on_behind_its_last_page(
    cast: Cast, store: Datastore, folder: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listed, "PAGE_BYTES", 16)
    keys = [f"{number:03}.jpg" for number in range(12)]
    for number, key in enumerate(keys):
        (folder / key).write_bytes(photo(number))
    dataset = make(cast, store, keys)
    real, calls = ingest._pass, list[str]()

    def dying(dataset: Dataset, part: Any, *rest: Any) -> None:
        real(dataset, part, *rest)
        calls.append(part.upto)
        if len(calls) == 3:
            raise RuntimeError("the power went")

    monkeypatch.setattr(ingest, "_pass", dying)
    died = run(dataset)
    assert (died.state, died.attempt, died.cursor["last_key"]) == ("queued", 1, "003.jpg")
    assert Image.objects.filter(dataset=dataset).count() == 4
    Job.objects.filter(pk=died.pk).update(next_attempt_at=died.created_at)
    job = run(dataset)
    assert calls[2:] == ["005.jpg", "005.jpg", "007.jpg", "009.jpg", "011.jpg"]
    assert (job.state, sorted(rows(dataset))) == ("succeeded", keys)


def test_only_a_list_that_was_looked_through_makes_a_listed_dataset(cast: Cast, store: Datastore) -> None:
    with pytest.raises(BadInput, match="A list is a file of its own"):
        datasets.create(actor=cast.manager, workspace=cast.workspace, name="Forged", source="list", datastore=store)
    assert not Dataset.objects.filter(name="Forged").exists()


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("a/b.jpg", ""),
        (".hidden/b.JPEG", ""),
        ("../b.jpg", "this is no path within a store"),
        ("a/./b.jpg", "this is no path within a store"),
        ("/etc/b.jpg", "this is no path within a store"),
        ("a\nb.jpg", "this is no path within a store"),
        ("", "this is no path within a store"),
        ("x" * 1021 + ".jpg", "a path has at most 1,024 characters"),
        ("a/b.txt", "its name does not end as those of images do"),
        ("a/", "its name does not end as those of images do"),
    ],
)
def test_odd_keys_can_be_no_items(key: str, words: str) -> None:
    assert listed.problem(key) == words


@pytest.mark.parametrize(
    ("kind", "location", "addresses"),
    [
        ("azure", {"account": "acc", "container": "c"}, ["https://acc.blob.core.windows.net/c/"]),
        ("azure", {"account": "a", "container": "c", "endpoint": "http://h:1/a/"}, ["http://h:1/a/c/"]),
        (
            "s3",
            {"bucket": "b", "region": "eu-central-1"},
            ["s3://b/", "https://b.s3.eu-central-1.amazonaws.com/", "https://b.s3.amazonaws.com/",
             "https://s3.eu-central-1.amazonaws.com/b/"],
        ),
        ("s3", {"bucket": "b", "endpoint": "https://minio.test"}, ["s3://b/", "https://minio.test/b/"]),
        ("gcs", {"bucket": "b"}, ["gs://b/", "https://storage.googleapis.com/b/"]),
        ("local", {"path": "/srv/photos"}, ["file:///srv/photos/"]),
        ("builtin", {}, []),
    ],
)  # fmt: skip
def test_addresses_of_a_store(kind: str, location: dict[str, str], addresses: list[str]) -> None:
    assert datastores.addresses(Datastore(kind=kind, location=location)) == addresses
