"""Comparisons of exports, kept: both are frozen, so what changed is worked out once, in the background where they are large."""

from typing import Any

from django.db import transaction

from exports import comparing, freezing
from exports.models import Comparison, Export
from exports.registering import frozen_of
from projects import audit, jobs
from projects.errors import BadInput
from projects.models import User

COMPARE = "exports.compare"
AT_ONCE = 2_000
"""Images of both exports together that are compared while somebody waits."""


@transaction.atomic
def request(*, export: Export, earlier: Export, actor: User) -> Comparison:
    """Says what changed from `earlier` to `export`, two finished exports of one project; the same one when asked again."""
    if earlier.project_id != export.project_id or earlier.pk == export.pk:
        words = "Choose another export of the same project."
        raise BadInput(words, fields={"earlier": [words]})
    if earlier.pk > export.pk:
        earlier, export = export, earlier
    images = frozen_of(earlier).images + frozen_of(export).images
    comparison, is_new = Comparison.objects.select_for_update(of=("self",)).get_or_create(
        export=export, earlier=earlier, defaults={"organisation_id": export.organisation_id}
    )
    if not is_new:
        if comparison.job is not None and jobs.can_retry(comparison.job):
            jobs.retry(comparison.job)
        return comparison
    audit.record(actor, "export.compare", export, detail={"earlier": str(earlier.code)})
    if images <= AT_ONCE:
        comparison.changes = _changes(comparison, lambda done: None)
    else:
        comparison.job = jobs.enqueue(
            COMPARE,
            organisation_id=export.organisation_id,
            workspace=export.project.workspace,
            arguments={"comparison_id": comparison.pk},
            title=f"Compare {export.name} with {earlier.name}",
            dedupe_key=f"comparison:{comparison.pk}",
            created_by=actor,
        )
    comparison.save(update_fields=["changes", "job"])
    return comparison


def work_out(comparison: Comparison, job: jobs.Running) -> dict[str, int]:
    """Reads both exports side by side, in one pass."""
    most = frozen_of(comparison.earlier).images + frozen_of(comparison.export).images
    changes = _changes(comparison, lambda done: job.progress(done, most))
    with job.effects():
        Comparison.objects.filter(pk=comparison.pk).update(changes=changes)
    return {name: changes[f"images_{name}"] for name in ("added", "removed", "changed")}


def _changes(comparison: Comparison, watch: comparing.Watch) -> dict[str, Any]:
    sides = [frozen_of(export) for export in (comparison.earlier, comparison.export)]
    before, after = ((side.categories, freezing.lines(side)) for side in sides)
    return comparing.compare(before, after, watch).as_row()
