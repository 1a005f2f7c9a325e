from datetime import timedelta
from typing import Any

from exports import building, comparisons, registering, removing, storing
from exports.importing import applying, checking, requesting, undoing
from exports.lists import looking
from exports.lists import requesting as lists
from exports.models import Comparison, Export, ImageList, LabelImport, Registration
from projects import jobs, results
from projects.models import Datastore, Notification
from projects.permissions import Action

results.register(
    "exports.build",
    results.Result(
        "export_id",
        Export,
        "exports:export",
        "Open the export",
        Action.EXPORT,
        "project",
        Notification.Kind.EXPORT_READY,
    ),
)
for _kind, _words in (
    (requesting.CHECK, "See the report"),
    (requesting.APPLY, "See the import"),
    (requesting.UNDO, "See the import"),
):
    results.register(
        _kind, results.Result("import_id", LabelImport, "exports:import", _words, Action.IMPORT_LABELS, "project")
    )

results.register(
    lists.LOOK,
    results.Result("list_id", ImageList, "exports:list", "Open the list", Action.MANAGE_DATA, "workspace"),
)


@jobs.handler("exports.build", queue="bulk", lease=timedelta(minutes=2), attempts=3)
def build_export(job: jobs.Running, export_id: int) -> dict[str, Any]:
    """Writes the file of an export."""
    return building.build(_export(export_id), job)


@jobs.handler(building.PART, queue="bulk", lease=timedelta(minutes=2), attempts=3)
def write_part(job: jobs.Running, export_id: int, number: int) -> dict[str, Any]:
    """Writes one part of a large export."""
    return building.write_part(_export(export_id), number, job)


@jobs.handler(removing.REMOVE, queue="io", lease=timedelta(minutes=1), attempts=5)
def remove_files(job: jobs.Running, datastore_id: int | None, keys: list[str], folder: str) -> None:
    """Deletes the files of an export that is gone."""
    rows = Datastore.objects.select_related("workspace")
    datastore = rows.filter(pk=datastore_id).first() if datastore_id else None
    storing.remove(datastore, keys, folder, job)


@jobs.handler(registering.REGISTER, queue="bulk", lease=timedelta(minutes=1), attempts=3)
def gather_images(job: jobs.Running, registration_id: int) -> dict[str, int]:
    """Fills a dataset with the images of an export."""
    rows = Registration.objects.select_related("export", "dataset")
    return registering.gather(rows.get(pk=registration_id), job)


@jobs.handler(comparisons.COMPARE, queue="bulk", lease=timedelta(minutes=1), attempts=3)
def compare_exports(job: jobs.Running, comparison_id: int) -> dict[str, int]:
    """Says what changed between two exports."""
    rows = Comparison.objects.select_related("export", "earlier")
    return comparisons.work_out(rows.get(pk=comparison_id), job)


jobs.periodic("exports-expire", every=timedelta(hours=1))(removing.remove_expired)


def _export(pk: int) -> Export:
    return Export.objects.select_related("project", "datastore__workspace").get(pk=pk)


@jobs.handler(requesting.CHECK, queue="bulk", lease=timedelta(minutes=2), attempts=3)
def check_labels(job: jobs.Running, import_id: int) -> dict[str, Any]:
    """Looks a file of labels through."""
    return checking.check(job, _label_import(import_id))


@jobs.handler(requesting.APPLY, queue="bulk", lease=timedelta(minutes=2), attempts=5)
def import_labels(job: jobs.Running, import_id: int) -> dict[str, Any]:
    """Writes the labels of a file."""
    return applying.apply(job, _label_import(import_id))


@jobs.handler(applying.PART, queue="bulk", lease=timedelta(minutes=2), attempts=5)
def import_part(job: jobs.Running, import_id: int, first: int) -> dict[str, Any]:
    """Writes a part of the labels of a large file."""
    return applying.apply_part(job, _label_import(import_id), first)


@jobs.handler(requesting.UNDO, queue="bulk", lease=timedelta(minutes=2), attempts=5)
def undo_import(job: jobs.Running, import_id: int) -> dict[str, Any]:
    """Takes an import back."""
    return undoing.undo(job, _label_import(import_id))


jobs.periodic("imports-forget", every=timedelta(hours=1))(requesting.discard_stale)


@jobs.handler(lists.LOOK, queue="bulk", lease=timedelta(minutes=2), attempts=3)
def look_through_list(job: jobs.Running, list_id: int) -> dict[str, Any]:
    """Looks a list of images through."""
    return looking.look(job, ImageList.objects.select_related("datastore").get(pk=list_id))


jobs.periodic("lists-forget", every=timedelta(hours=1))(lists.forget_stale)


def _label_import(pk: int) -> LabelImport:
    return LabelImport.objects.select_related("project__workspace").get(pk=pk)
