"""What people do with exports."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from annotations.models import Task
from exports.models import Export
from projects import audit, jobs
from projects.models import Label, Project, User

DEFAULT_STATUSES = (Task.Status.LABELLED, Task.Status.APPROVED)


@transaction.atomic
def request_export(
    *,
    project: Project,
    format: str,  # noqa: A002  # the field's own name
    actor: User,
    statuses: Collection[str] = DEFAULT_STATUSES,
    labels: Collection[Label] = (),
) -> Export:
    """Asks for a dataset in `format`; it is written in the background, as of the moment its job begins.

    `statuses` and `labels` choose the tasks; no labels means every label.
    """
    filters: dict[str, Any] = {"statuses": sorted(statuses), "labels": sorted(str(label.code) for label in labels)}
    stamp = timezone.now().strftime("%Y%m%d_%H%M%S")
    export = Export.objects.create(
        organisation_id=project.organisation_id,
        project=project,
        name=f"{slugify(project.name) or 'project'}_{format}_{stamp}",
        format=format,
        filters=filters,
        created_by=actor,
    )
    export.job = jobs.enqueue(
        "exports.build",
        organisation_id=project.organisation_id,
        workspace=project.workspace,
        arguments={"export_id": export.pk},
        title=f"Export {project.name} as {export.get_format_display()}"[:200],
        dedupe_key=f"export:{export.pk}",
        created_by=actor,
    )
    export.save(update_fields=["job"])
    audit.record(actor, "export.request", export, detail={"format": format, **filters})
    return export
