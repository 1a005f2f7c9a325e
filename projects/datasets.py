"""Datasets: makes them, has their files read, and removes them."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from projects import audit, datastores, jobs
from projects.errors import BadInput, Conflict
from projects.models import Dataset, Datastore, Image, ImageVersion, Job, Project, Upload, User, Workspace

INGEST = "datasets.ingest"
REMOVE_FILES = "datasets.remove-files"


class DatasetInUse(Conflict):
    """Projects still label its images."""

    code = "dataset_in_use"


@transaction.atomic
def create(
    *,
    actor: User,
    workspace: Workspace,
    name: str,
    source: str,
    datastore: Datastore | None = None,
    pattern: str = "**/*.*",
    description: str = "",
    refresh_minutes: int | None = None,
    list_key: str = "",
) -> Dataset:
    """Makes a dataset and, where it is a pattern in a store or a list of its files, has them read in the background.

    `list_key` says where the list is (`projects.listed`); who makes one has looked it through. With `refresh_minutes` they are looked at again by themselves, so often. Uploads go to the workspace's built-in storage; a pattern needs its datastore.
    """
    if source == Dataset.Source.UPLOAD:
        datastore = datastores.built_in(workspace)
    if source not in (Dataset.Source.UPLOAD, Dataset.Source.PATTERN) and not list_key:
        words = "Choose files to upload, or files in a store. A list is a file of its own: send that first."
        raise BadInput(words, fields={"source": [words]})
    if datastore is None or datastore.workspace_id != workspace.pk:
        words = "Choose the datastore that holds the files."
        raise BadInput(words, fields={"datastore": [words]})
    _refuse_taken(workspace, name)
    dataset = Dataset.objects.create(
        organisation_id=workspace.organisation_id,
        workspace=workspace,
        datastore=datastore,
        name=name,
        description=description,
        source=source,
        pattern=pattern if source == Dataset.Source.PATTERN else "",
        refresh_minutes=refresh_minutes if source != Dataset.Source.UPLOAD else None,
        list_key=list_key if source == Dataset.Source.LIST else "",
        created_by=actor,
    )
    audit.record(actor, "dataset.create", dataset, detail={"source": source})
    if dataset.is_refreshable:
        read_files(dataset, actor)
    return dataset


def _refuse_taken(workspace: Workspace, name: str) -> None:
    if Dataset.objects.filter(workspace=workspace, name=name).exists():
        words = "The workspace has a dataset of this name. Choose another."
        raise Conflict(words, fields={"name": [words]})


@transaction.atomic
def change(*, actor: User, dataset: Dataset, **changes: str | int | None) -> Dataset:
    """Changes any of name, description, pattern and refresh_minutes; files are read again by another pattern.

    Images that it leaves out become missing and are labelled no more; their answers stay.
    """
    dataset = Dataset.objects.select_for_update(no_key=True).select_related("workspace").get(pk=dataset.pk)
    new = {name: value for name, value in changes.items() if getattr(dataset, name) != value}
    if not new:
        return dataset
    if "name" in new:
        _refuse_taken(dataset.workspace, str(new["name"]))
    if "pattern" in new:
        _refuse_pattern(dataset)
    if "refresh_minutes" in new:
        _refuse_schedule(dataset)
    for name, value in new.items():
        setattr(dataset, name, value)
    dataset.next_refresh_at = _next_refresh(dataset)
    dataset.save(update_fields=[*new, "next_refresh_at"])
    audit.record(actor, "dataset.change", dataset, detail=new)
    if "pattern" in new:
        read_files(dataset, actor)
    return dataset


def _refuse_schedule(dataset: Dataset) -> None:
    if not dataset.is_refreshable:
        words = "Uploaded files do not change by themselves."
        raise BadInput(words, fields={"refresh_minutes": [words]})


def _next_refresh(dataset: Dataset) -> datetime | None:
    """When the store is looked at next by itself, counted from now."""
    if not dataset.refresh_minutes:
        return None
    return timezone.now() + timedelta(minutes=dataset.refresh_minutes)


def _refuse_pattern(dataset: Dataset) -> None:
    if dataset.source != Dataset.Source.PATTERN:
        words = "Only a dataset of all that is in a store has a pattern."
        raise BadInput(words, fields={"pattern": [words]})
    job = latest_job(dataset)
    if job is not None and not job.has_ended:
        words = "Files are being read by the pattern of before. Wait until that has ended, or cancel it."
        raise Conflict(words, fields={"pattern": [words]})


@transaction.atomic
def refresh(*, actor: User, dataset: Dataset) -> Job:
    """Looks for new, changed and vanished files; while it already does, that same job is given back."""
    if not dataset.is_refreshable:
        raise BadInput("Uploaded files need no reading: they were read as they came.")
    audit.record(actor, "dataset.refresh", dataset)
    return read_files(dataset, actor)


def read_files(dataset: Dataset, actor: User | None = None) -> Job:
    """Has the files read in the background; the one job at a time that does it. In the caller's transaction."""
    dataset.state, dataset.error, dataset.next_refresh_at = Dataset.State.INGESTING, "", _next_refresh(dataset)
    dataset.save(update_fields=["state", "error", "next_refresh_at"])
    return jobs.enqueue(
        INGEST,
        organisation_id=dataset.organisation_id,
        arguments={"dataset_id": dataset.pk},
        title=f"Read files of {dataset.name}",
        workspace=dataset.workspace,
        dedupe_key=f"dataset:{dataset.pk}",
        created_by=actor,
    )


@transaction.atomic
def pause(*, actor: User, dataset: Dataset) -> None:
    """Holds the reading of files; Conflict where none is under way."""
    job = latest_job(dataset)
    if job is None or not jobs.can_pause(job):
        raise Conflict("No files are being read now.")
    audit.record(actor, "dataset.pause", dataset)
    jobs.pause(job)


@transaction.atomic
def resume(*, actor: User, dataset: Dataset) -> None:
    """Lets the reading of files go on; does nothing where it does."""
    job = latest_job(dataset)
    if job is None or job.has_ended:
        raise Conflict("No files are being read now.")
    audit.record(actor, "dataset.resume", dataset)
    jobs.resume(job)


def latest_job(dataset: Dataset) -> Job | None:
    """The newest run of reading the dataset's files."""
    runs: QuerySet[Job] = Job.objects.filter(
        organisation_id=dataset.organisation_id, kind=INGEST, dedupe_key=f"dataset:{dataset.pk}"
    )
    return runs.order_by("-pk").first()


@transaction.atomic
def delete(*, actor: User, dataset: Dataset) -> None:
    """Forgets a dataset and its images. Uploaded files go too, those of a store of one's own stay.

    Refused while projects label them.
    """
    users = list(
        Project.objects.filter(project_datasets__dataset=dataset).order_by("name").values_list("name", flat=True)[:4]
    )
    if users:
        names = ", ".join(f"“{name}”" for name in users[:3]) + (" and others" if len(users) > 3 else "")
        raise DatasetInUse(f"The projects {names} label images of this dataset. Archive and remove them first.")
    job = latest_job(dataset)
    if job is not None and job.state in (Job.State.QUEUED, Job.State.RUNNING):
        raise DatasetInUse("Files are being read into this dataset. Cancel that first.")
    _refuse_shared(dataset)
    audit.record(actor, "dataset.delete", dataset, detail={"images": dataset.image_count})
    # Statement by statement: Django would load every row to look for what hangs on it, which is no more than this.
    mine = (
        Upload.objects.filter(dataset=dataset),
        ImageVersion.objects.filter(image__in=Image.objects.filter(dataset=dataset, version__gt=1).values("pk")),
        Image.objects.filter(dataset=dataset),
    )
    for rows in mine:
        rows._raw_delete(rows.db)
    if dataset.source == Dataset.Source.UPLOAD:
        jobs.enqueue(
            REMOVE_FILES,
            organisation_id=dataset.organisation_id,
            arguments={"datastore_id": dataset.datastore_id, "folder": str(dataset.code)},
            title=f"Remove the files of {dataset.name}",
            workspace=dataset.workspace,
            created_by=actor,
        )
    dataset.delete()


def _refuse_shared(dataset: Dataset) -> None:
    """Uploaded files go with their dataset, so no other one may show them."""
    if dataset.source != Dataset.Source.UPLOAD:
        return
    shown = Image.objects.filter(dataset=OuterRef("pk"), key__startswith=f"{dataset.code}/")
    others = Dataset.objects.filter(datastore=dataset.datastore_id, source=Dataset.Source.SELECTION)
    if other := others.filter(Exists(shown)).order_by("pk").first():
        raise DatasetInUse(f"The dataset “{other.name}” shows files that were uploaded to this one. Delete it first.")


def remove_files(datastore: Datastore, folder: str, job: jobs.Running) -> None:
    """Deletes what was uploaded into a dataset that is gone; twice does no harm."""
    store = datastores.for_datastore(datastore)
    gone = 0
    for page in store.pages(f"{folder}/"):
        for entry in page.entries:
            store.delete(entry.key)
            gone += 1
            job.progress(gone)
