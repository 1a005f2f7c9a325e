"""The background work of tenants and their data."""

from datetime import timedelta
from typing import Any

from projects import (
    datasets,
    ingest,
    jobs,
    lifecycle,
    notifications,
    people,
    reading,
    refreshing,
    tiling,
    unpacking,
    uploads,
)
from projects.models import Dataset, Datastore, Image, Upload, User


@jobs.handler(
    datasets.INGEST, queue="bulk", lease=timedelta(minutes=2), attempts=3, time_limit=timedelta(days=7), pausable=True
)
def ingest_dataset(job: jobs.Running, dataset_id: int) -> dict[str, Any]:
    """Reads the files of a dataset."""
    return dict(ingest.run(Dataset.objects.select_related("datastore__workspace").get(pk=dataset_id), job))


@jobs.handler(
    ingest.READ, queue="io", lease=timedelta(seconds=20), attempts=3, time_limit=timedelta(minutes=30), divides="files"
)
def read_files(
    job: jobs.Running, dataset_id: int, files: list[tuple[str, int, str]], *, is_bad: bool = False
) -> dict[str, Any]:
    """Reads some files of a dataset."""
    dataset = Dataset.objects.select_related("datastore__workspace").get(pk=dataset_id)
    return reading.read_shard(dataset, files, job, is_bad=is_bad)


@jobs.handler(
    uploads.UNPACK, queue="bulk", lease=timedelta(minutes=2), attempts=5, time_limit=timedelta(days=2), pausable=True
)
def unpack_archive(job: jobs.Running, upload_id: int) -> dict[str, Any]:
    """Makes images of the files in an uploaded archive."""
    uploaded = Upload.objects.select_related("dataset__datastore__workspace").get(pk=upload_id)
    return dict(unpacking.unpack(uploaded, job))


@jobs.handler(datasets.REMOVE_FILES, queue="io", lease=timedelta(minutes=1), attempts=5)
def remove_files(job: jobs.Running, datastore_id: int, folder: str) -> None:
    """Deletes the uploaded files of a dataset that is gone."""
    datasets.remove_files(Datastore.objects.select_related("workspace").get(pk=datastore_id), folder, job)


@jobs.handler(people.WELCOME, queue="io", lease=timedelta(minutes=1), attempts=5)
def write_welcome(job: jobs.Running, user_id: int, place: str, inviter: str) -> None:
    """Sends the mail that tells a person where they belong now."""
    people.welcome(user=User.objects.get(pk=user_id), place=place, inviter=inviter)


jobs.when_ended(notifications.tell_of_end)
jobs.periodic("notifications-forget", every=timedelta(days=1))(notifications.forget_old)
jobs.periodic("projects-take-in", every=timedelta(seconds=20))(lifecycle.take_in_arrivals)
jobs.periodic("projects-flag-changes", every=timedelta(seconds=20))(refreshing.flag_changes)
jobs.periodic("datasets-refresh", every=timedelta(minutes=1))(refreshing.refresh_due)
jobs.periodic("datasets-settle", every=timedelta(minutes=1))(ingest.settle_abandoned)


@jobs.handler(tiling.TILE_IMAGE, queue="bulk", lease=timedelta(minutes=2), attempts=3)
def tile_image(job: jobs.Running, image_id: int) -> None:
    """Cuts a large image into tiles."""
    tiling.build(Image.objects.select_related("dataset__datastore__workspace").get(pk=image_id), job)


@jobs.handler(tiling.TILE_DATASET, queue="bulk", lease=timedelta(minutes=2), attempts=3, time_limit=timedelta(days=2))
def tile_dataset(job: jobs.Running, dataset_id: int) -> dict[str, int]:
    """Cuts the large images of a dataset into tiles."""
    return tiling.build_all(Dataset.objects.get(pk=dataset_id), job)


jobs.periodic("renditions-discard-stale", every=timedelta(days=1))(tiling.discard_stale)
jobs.periodic("archives-settle", every=timedelta(minutes=1))(unpacking.settle_abandoned)
jobs.periodic("uploads-discard-stale", every=timedelta(hours=1))(uploads.discard_stale)
