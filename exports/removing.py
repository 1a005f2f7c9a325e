"""Takes exports away: when somebody deletes one, and when the time is over that their workspace keeps them."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now

from exports import freezing, storing
from exports.models import Export, OutputStore
from projects import audit, jobs
from projects.errors import Conflict
from projects.models import User

REMOVE = "exports.remove-files"
AT_ONCE = 500


class ExportAtWork(Conflict):
    """It is still being written."""

    code = "export_at_work"


@transaction.atomic
def remove(*, export: Export, actor: User | None, action: str = "export.delete") -> None:
    """Forgets an export; its files are deleted in the background. Datasets that were made of it stay.

    Without an actor it is the workspace's own rule that takes it away.
    """
    if export.job is not None and not export.job.has_ended:
        raise ExportAtWork("The export is still being written. Cancel it first.")
    detail = {"format": export.format, "checksum": export.checksum}
    audit.record(actor, action, export, detail=detail)
    jobs.enqueue(
        REMOVE,
        organisation_id=export.organisation_id,
        workspace=export.project.workspace,
        arguments={
            "datastore_id": export.datastore_id,
            "keys": storing.keys(export),
            "folder": freezing.folder_of(export),
        },
        title=f"Remove the files of {export.name}",
        created_by=actor,
    )
    export.delete()


def remove_expired() -> None:
    """Removes exports that ended, or never will, longer ago than their workspace keeps them; some of very many at a time."""
    keep = OutputStore.objects.filter(workspace=OuterRef("project__workspace")).values("keep_days")
    dated = Export.objects.annotate(keep=Subquery(keep), of=Coalesce("completed_at", "created_at"))
    expired = dated.filter(of__lt=Now() - F("keep") * timedelta(days=1)).exclude(
        Q(job__state="queued") | Q(job__state="running")
    )
    for export in expired.select_related("project__workspace", "job").order_by("pk")[:AT_ONCE]:
        remove(export=export, actor=None, action="export.expire")
