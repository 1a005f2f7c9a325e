"""Refresh: on a schedule and on request; changed files are new versions, and what was labelled stays."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from annotations.models import Annotation, Task
from projects import datasets, jobs, refreshing
from projects.errors import BadInput
from projects.models import Dataset, Image, ImageVersion, Job, ProjectDataset
from tests import factories
from tests.conftest import Cast

pytestmark = pytest.mark.django_db
Photo = Callable[..., bytes]


@pytest.fixture
def dataset(cast: Cast, folder: Path) -> Dataset:
    store = factories.DatastoreFactory(workspace=cast.workspace, kind="local", location={"path": str(folder)})
    return factories.DatasetFactory(workspace=cast.workspace, datastore=store, pattern="**/*.*", state="empty")


def read(dataset: Dataset, cast: Cast) -> None:
    datasets.refresh(actor=cast.manager, dataset=dataset)
    jobs.run_due()
    dataset.refresh_from_db()


def flag() -> list[int]:
    """Has changes flagged as the tick does; how many tasks each project's job flagged."""
    refreshing.flag_changes()
    before = set(Job.objects.filter(kind=refreshing.FLAG, state="succeeded").values_list("pk", flat=True))
    jobs.run_due()
    done = Job.objects.filter(kind=refreshing.FLAG, state="succeeded").exclude(pk__in=before).order_by("pk")
    return [job.result["flagged"] for job in done]


def test_a_changed_file_is_a_new_version_and_the_old_one_is_remembered(
    dataset: Dataset, cast: Cast, folder: Path, photo: Photo
) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (folder / name).write_bytes(photo(ord(name[0]), size=(64, 48)))
    read(dataset, cast)
    first = Image.objects.get(dataset=dataset, key="a.jpg")
    (folder / "a.jpg").write_bytes(photo(9, size=(100, 80)))
    (folder / "b.jpg").touch()  # another etag, the same bytes
    gone = (folder / "c.jpg").read_bytes()
    (folder / "c.jpg").unlink()
    read(dataset, cast)
    found = {image.key: image for image in Image.objects.filter(dataset=dataset)}
    assert {key: (image.version, image.state) for key, image in found.items()} == {
        "a.jpg": (2, "ok"),
        "b.jpg": (1, "ok"),
        "c.jpg": (1, "missing"),
    }
    assert (found["a.jpg"].pk, found["a.jpg"].width, found["a.jpg"].height) == (first.pk, 100, 80)
    assert found["a.jpg"].changed_at is not None
    assert found["b.jpg"].changed_at is None
    kept = ImageVersion.objects.get()
    assert (kept.image_id, kept.number, kept.width, kept.height, kept.checksum, kept.etag) == (
        first.pk, 1, 64, 48, first.checksum, first.etag,
    )  # fmt: skip
    (folder / "c.jpg").write_bytes(gone)
    read(dataset, cast)
    back = Image.objects.get(dataset=dataset, key="c.jpg")
    assert (back.state, back.reason, back.version) == ("ok", "", 1)


def test_a_file_that_broke_keeps_what_it_was_and_a_sound_copy_repairs_it(
    dataset: Dataset, cast: Cast, folder: Path, photo: Photo
) -> None:
    (folder / "a.jpg").write_bytes(photo(1, size=(64, 48)))
    read(dataset, cast)
    (folder / "a.jpg").write_bytes(b"not a picture any more")
    read(dataset, cast)
    broken = Image.objects.get(dataset=dataset)
    assert (broken.state, broken.version, broken.width) == ("unreadable", 2, 0)
    assert ImageVersion.objects.values_list("width", "height").get() == (64, 48)
    (folder / "a.jpg").write_bytes(photo(2, size=(32, 24)))
    read(dataset, cast)
    sound = Image.objects.get(dataset=dataset)
    assert (sound.state, sound.version, sound.width) == ("ok", 2, 32)


def labelled(cast: Cast, image: Image) -> Task:
    """A task that was labelled a day ago."""
    then = timezone.now() - timedelta(days=1)
    document = {"labels": [], "regions": [], "empty": True}
    task = factories.TaskFactory(
        project=cast.project, image=image, status="labelled", open_slots=0, answers=1, final=document, final_at=then
    )
    Annotation.objects.create(
        organisation=cast.organisation,
        project=cast.project,
        task=task,
        labeller=cast.labeller,
        state="submitted",
        document=document,
        submitted_at=then,
        updated_at=then,
    )
    return task


def test_labelled_tasks_of_changed_images_are_flagged_once_and_keep_their_labels(
    dataset: Dataset, cast: Cast, folder: Path, photo: Photo
) -> None:
    factories.ProjectDatasetFactory(project=cast.project, dataset=dataset)
    for name in ("changed.jpg", "same.jpg", "unlabelled.jpg"):
        (folder / name).write_bytes(photo(len(name)))
    read(dataset, cast)
    images = {image.key: image for image in Image.objects.filter(dataset=dataset)}
    changed, same = labelled(cast, images["changed.jpg"]), labelled(cast, images["same.jpg"])
    open_task = factories.TaskFactory(project=cast.project, image=images["unlabelled.jpg"])
    assert flag() == []
    for name in ("changed.jpg", "unlabelled.jpg"):
        (folder / name).write_bytes(photo(77, size=(20, 10)))
    read(dataset, cast)
    assert flag() == [1]
    for task in (changed, same, open_task):
        task.refresh_from_db()
    assert changed.image_changed_at == Image.objects.get(key="changed.jpg").changed_at
    assert (changed.status, changed.final) == ("labelled", {"labels": [], "regions": [], "empty": True})
    assert (same.image_changed_at, open_task.image_changed_at) == (None, None)
    assert flag() == []
    link = ProjectDataset.objects.get(project=cast.project)
    dataset.refresh_from_db()
    assert link.flagged_arrival == dataset.changed_arrival


def test_many_changes_are_flagged_in_chunks_of_one_arrival(
    dataset: Dataset, cast: Cast, folder: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotations.flagging.CHUNK", 2)
    factories.ProjectDatasetFactory(project=cast.project, dataset=dataset)
    for number in range(5):
        (folder / f"{number}.jpg").write_bytes(photo(number))
    read(dataset, cast)
    tasks = [labelled(cast, image) for image in Image.objects.filter(dataset=dataset)]
    for number in range(5):
        (folder / f"{number}.jpg").write_bytes(photo(100 + number))
    read(dataset, cast)
    assert flag() == [5]
    assert Task.objects.filter(pk__in=[task.pk for task in tasks], image_changed_at__isnull=False).count() == 5


def test_completed_projects_are_flagged_too(dataset: Dataset, cast: Cast, folder: Path, photo: Photo) -> None:
    factories.ProjectDatasetFactory(project=cast.project, dataset=dataset)
    (folder / "a.jpg").write_bytes(photo(1))
    read(dataset, cast)
    task = labelled(cast, Image.objects.get(dataset=dataset))
    type(cast.project).objects.filter(pk=cast.project.pk).update(state="completed")
    (folder / "a.jpg").write_bytes(photo(2))
    read(dataset, cast)
    assert flag() == [1]
    task.refresh_from_db()
    assert task.image_changed_at is not None


def test_a_dataset_is_read_again_when_its_time_has_come(dataset: Dataset, cast: Cast) -> None:
    datasets.change(actor=cast.manager, dataset=dataset, refresh_minutes=60)
    dataset.refresh_from_db()
    assert dataset.next_refresh_at is not None
    assert refreshing.refresh_due() == 0
    Dataset.objects.filter(pk=dataset.pk).update(next_refresh_at=timezone.now() - timedelta(minutes=1))
    assert refreshing.refresh_due() == 1
    assert refreshing.refresh_due() == 0
    dataset.refresh_from_db()
    assert dataset.next_refresh_at > timezone.now()
    (job,) = Job.objects.filter(kind="datasets.ingest")
    assert datasets.refresh(actor=cast.manager, dataset=dataset).pk == job.pk
    assert job.created_by_id is None
    datasets.change(actor=cast.manager, dataset=dataset, refresh_minutes=None)
    dataset.refresh_from_db()
    assert dataset.next_refresh_at is None


def test_the_schedule_is_set_by_page_and_api(dataset: Dataset, cast: Cast, client: Client) -> None:
    client.force_login(cast.manager)
    url = f"/datasets/{dataset.code}/settings/"
    values = {"name": dataset.name, "description": "", "pattern": "**/*.*", "refresh_minutes": "1440"}
    assert client.post(url, values).status_code == 302
    assert "; next in " in client.get(f"/datasets/{dataset.code}/").content.decode()
    api = f"/api/v1/datasets/{dataset.code}/"
    assert client.get(api).json()["refresh_minutes"] == 1440
    answer = client.patch(api, {"refresh_minutes": 90}, content_type="application/json")
    assert (answer.status_code, answer.json()["refresh_minutes"]) == (200, 90)
    assert client.patch(api, {"refresh_minutes": 1}, content_type="application/json").status_code == 400
    assert "Every 90 minutes" in client.get(url).content.decode()
    assert (
        client.patch(api, {"refresh_minutes": None}, content_type="application/json").json()["next_refresh_at"] is None
    )


def test_uploads_have_no_schedule(cast: Cast, own_store: Path) -> None:
    made = datasets.create(actor=cast.manager, workspace=cast.workspace, name="Uploads", source="upload")
    with pytest.raises(BadInput, match="do not change by themselves"):
        datasets.change(actor=cast.manager, dataset=made, refresh_minutes=60)


def test_a_dataset_with_former_versions_can_be_deleted(
    dataset: Dataset, cast: Cast, folder: Path, photo: Photo
) -> None:
    (folder / "a.jpg").write_bytes(photo(1))
    read(dataset, cast)
    (folder / "a.jpg").write_bytes(photo(2))
    read(dataset, cast)
    assert ImageVersion.objects.count() == 1
    datasets.delete(actor=cast.manager, dataset=dataset)
    assert (ImageVersion.objects.count(), Image.objects.filter(dataset_id=dataset.pk).count()) == (0, 0)
