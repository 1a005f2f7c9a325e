"""What an organisation may hold: refused whole, with a sentence that says how much fits, and nothing where it is unlimited."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection, transaction

from projects import datasets, jobs, people, quotas, reading, tenancy, uploads
from projects.models import Dataset, Image, Job, Membership, Organisation, Upload
from projects.quotas import QuotaExceeded
from projects.stores.local import LocalStore
from projects.uploads import Announced
from tests import factories
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def limit(cast: Cast, **limits: int) -> None:
    Organisation.objects.filter(pk=cast.organisation.pk).update(**limits)


def found(*keys: str, size: int = 10) -> list[reading.Found]:
    return [reading.Found(key, "ok", size, width=1, height=1) for key in keys]


@pytest.fixture
def dataset(cast: Cast) -> Dataset:
    return factories.DatasetFactory(workspace=cast.workspace)


def test_images_are_counted_over_all_datasets_and_changes_are_not_new(cast: Cast, dataset: Dataset) -> None:
    limit(cast, image_limit=4)
    other = factories.DatasetFactory(workspace=cast.workspace, image_count=1)
    with transaction.atomic():
        reading.write(dataset, found("a", "b", "c"))
    with transaction.atomic():
        reading.write(dataset, found("a", "b", "c", size=20))
    with pytest.raises(QuotaExceeded) as caught, transaction.atomic():
        reading.write(other, found("d", "e"))
    assert caught.value.detail == (
        "The organisation may hold 4 images and has room for 0 more, not for these 2. "
        "Remove some, or ask the operator of this installation for more."
    )
    assert Image.objects.filter(dataset=other).count() == 0
    dataset.refresh_from_db()
    assert (dataset.image_count, dataset.byte_size) == (3, 60)


def test_bytes_are_limited_and_less_is_always_taken(cast: Cast, dataset: Dataset) -> None:
    limit(cast, byte_limit=100)
    with transaction.atomic():
        reading.write(dataset, found("a", "b", size=50))
    with (
        pytest.raises(QuotaExceeded, match="may hold 100\xa0bytes and has room for 0\xa0bytes more"),
        transaction.atomic(),
    ):
        reading.write(dataset, found("c", size=1))
    limit(cast, byte_limit=10)
    with transaction.atomic():
        reading.write(dataset, found("a", size=40))


def test_without_limits_nothing_is_counted(dataset: Dataset, django_assert_num_queries) -> None:
    with django_assert_num_queries(1), quotas.room_for_images(dataset, ["a"]):
        pass


def test_ingest_that_does_not_fit_says_so_and_keeps_what_did(cast: Cast, folder: Path, photo, monkeypatch) -> None:

    monkeypatch.setattr(LocalStore.pages, "__defaults__", ("", "", 2))
    for index in range(5):
        (folder / f"{index}.jpg").write_bytes(photo(index))
    limit(cast, image_limit=3)
    store = factories.DatastoreFactory(workspace=cast.workspace, location={"path": str(folder)})
    dataset = factories.DatasetFactory(workspace=cast.workspace, datastore=store, pattern="**/*.*", state="empty")
    datasets.refresh(actor=cast.manager, dataset=dataset)
    jobs.run_due()
    dataset.refresh_from_db()
    job = Job.objects.get(kind="datasets.ingest")
    words = "The organisation may hold 3 images and has room for 1 more, not for these 2."
    assert (job.state, job.attempt, job.error_code) == ("failed", 1, "quota_exceeded")
    assert (dataset.state, dataset.image_count, dataset.error[: len(words)]) == ("failed", 2, words)
    limit(cast, image_limit=5)
    datasets.refresh(actor=cast.manager, dataset=dataset)
    jobs.run_due()
    dataset.refresh_from_db()
    assert (dataset.state, dataset.image_count) == ("ready", 5)


def test_upload_that_does_not_fit_fails_with_the_reason_and_leaves_no_file(cast: Cast, own_store: Path, photo) -> None:
    limit(cast, image_limit=1)
    dataset = datasets.create(actor=cast.manager, workspace=cast.workspace, name="Mine", source="upload")
    results = []
    for index in range(2):
        data = photo(index)
        (upload,) = uploads.register(actor=cast.manager, dataset=dataset, files=[Announced(f"{index}.jpg", len(data))])
        results.append(uploads.receive(upload=upload, offset=0, data=data))
    assert [(upload.state, upload.reason[:52]) for upload in results] == [
        ("done", ""),
        ("failed", "The organisation may hold 1 images and has room for "),
    ]
    dataset.refresh_from_db()
    assert dataset.image_count == 1
    assert len([path for path in own_store.rglob("*.jpeg") if path.is_file()]) == 1


def test_members_are_limited_where_they_are_added(cast: Cast) -> None:
    members = Membership.objects.of_organisation().filter(organisation=cast.organisation).count()
    limit(cast, member_limit=members + 1)
    people.add(place=cast.workspace, email="one@example.com", role="viewer", actor=cast.manager)
    with pytest.raises(QuotaExceeded, match=f"may have {members + 1} members, and has them all"):
        people.add(place=cast.workspace, email="two@example.com", role="viewer", actor=cast.manager)
    assert not Membership.objects.filter(user__email="two@example.com").exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_both_take_the_last_place(cast: Cast) -> None:
    limit(cast, image_limit=3)
    pair = factories.DatasetFactory.create_batch(2, workspace=cast.workspace)
    barrier = threading.Barrier(2)

    def write(dataset: Dataset) -> bool:
        barrier.wait(20)
        try:
            with tenancy.for_organisation(cast.organisation.pk), transaction.atomic():
                reading.write(dataset, found("a", "b"))
        except QuotaExceeded:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(write, pair)) == [False, True]
    assert Image.objects.count() == 2
    connection.close_pool()


def test_parts_of_files_that_never_end_count_too(cast: Cast, own_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Upload, "CHUNK", 10)
    limit(cast, byte_limit=25)
    dataset = datasets.create(actor=cast.owner, workspace=cast.workspace, name="Own files", source="upload")
    files = [Announced(name, 100) for name in ("a.jpg", "b.jpg")]
    first, second = uploads.register(actor=cast.owner, dataset=dataset, files=files)
    assert uploads.receive(upload=first, offset=0, data=bytes(10)).state == "receiving"
    assert uploads.receive(upload=second, offset=0, data=bytes(10)).state == "receiving"
    refused = uploads.receive(upload=second, offset=10, data=bytes(10))
    assert (refused.state, refused.reason[:29]) == ("failed", "The organisation may hold 25\xa0")
    assert len([path for path in own_store.rglob("*") if path.is_file() and "uploads" in path.parts]) == 1
