"""What people do with exports."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from annotations.models import Task
from exports import storing, writing
from exports.models import Export
from projects import audit, jobs
from projects.errors import BadInput, Conflict
from projects.models import Datastore, Label, Project, User

_USUAL = writing.Options()
DEFAULT_STATUSES = (Task.Status.LABELLED, Task.Status.APPROVED)


class FormatUnfit(BadInput):
    """The format cannot say what the project's tasks hold, or its options contradict each other."""

    code = "export_format_unfit"


@transaction.atomic
def request_export(
    *,
    project: Project,
    format: str,  # noqa: A002  # the field's own name
    actor: User,
    statuses: Collection[str] = DEFAULT_STATUSES,
    labels: Collection[Label] = (),
    since: date | None = None,
    until: date | None = None,
    options: writing.Options = _USUAL,
) -> Export:
    """Asks for a dataset in `format`; it is written in the background, as of the moment its job begins.

    `statuses` and `labels` choose the tasks; no labels means every label. `since` and `until` are the first and the last
    day, in UTC, on which they got their labels. FormatUnfit where the format has no words for the project's tasks.
    """
    _require_fit(project, format, options)
    if since and until and since > until:
        words = "The last day is before the first."
        raise FormatUnfit(words, fields={"until": [words]})
    filters: dict[str, Any] = {"statuses": sorted(statuses), "labels": sorted(str(label.code) for label in labels)}
    filters |= {name: day.isoformat() for name, day in (("since", since), ("until", until)) if day}
    datastore = storing.store_for(project.workspace)
    export = Export.objects.create(
        organisation_id=project.organisation_id,
        project=project,
        name=_free_name(project, format, datastore),
        datastore=datastore,
        format=format,
        filters=filters,
        options=options.chosen(),
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
    audit.record(actor, "export.request", export, detail={"format": format, **filters, **options.chosen()})
    return export


def _free_name(project: Project, name: str, datastore: Datastore) -> str:
    """Project, format, date and time; a number tells apart what is asked for within a second."""
    stamp = timezone.now().strftime("%Y%m%d_%H%M%S")
    base = f"{slugify(project.name)[:120] or 'project'}_{name}_{stamp}"
    # Whoever asks at the same moment waits here, so that both see which names are taken.
    Datastore.objects.select_for_update(no_key=True).get(pk=datastore.pk)
    taken = set(Export.objects.filter(datastore=datastore, name__startswith=base).values_list("name", flat=True))
    return next(free for free in (base, *(f"{base}_{number}" for number in range(2, 99_999))) if free not in taken)


@transaction.atomic
def cancel_export(*, export: Export, actor: User) -> None:
    """Ends the writing of an export; does nothing where that has ended."""
    if export.job is not None and not export.job.has_ended:
        audit.record(actor, "export.cancel", export)
        jobs.request_cancel(export.job)


@transaction.atomic
def retry_export(*, export: Export, actor: User) -> None:
    """Goes on with an export that failed or was cancelled, with what it froze then; Conflict where there is none."""
    if export.job is None or not jobs.can_retry(export.job):
        raise Conflict("Only an export that failed or was cancelled can be tried again.")
    audit.record(actor, "export.retry", export)
    jobs.retry(export.job)


def _require_fit(project: Project, name: str, options: writing.Options) -> None:
    if name not in [value for value, _, _ in writing.available(project)]:
        words = f"{Export.Format(name).label} cannot hold the labels of this project. Choose another format."
        raise FormatUnfit(words, fields={"format": [words]})
    if min(options.val, options.test) < 0 or options.val + options.test >= 100:
        words = "Leave some images for training: validation and test together must be less than 100 %."
        raise FormatUnfit(words, fields={"test": [words]})
