from datetime import timedelta
from typing import Any

from exports import building
from exports.models import Export
from projects import jobs, results
from projects.models import Notification
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


@jobs.handler("exports.build", queue="bulk", lease=timedelta(minutes=2), attempts=3)
def build_export(job: jobs.Running, export_id: int) -> dict[str, Any]:
    """Writes the file of an export."""
    return building.build(Export.objects.select_related("project").get(pk=export_id), job)
