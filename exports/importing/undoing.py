"""Takes an import back, task by task, wherever nobody has worked since; what was touched stays and is counted."""

from typing import Any

from django.utils import timezone

from annotations import importing
from exports.models import ImportedTask, LabelImport
from projects import jobs

CHUNK = 1_000
COLUMNS = (
    "own", "status", "open_slots", "answers", "final", "final_at", "prelabel", "prelabel_confidence", "prelabel_model",
    "rejection_note",
)  # fmt: skip
State = LabelImport.State


def undo(job: jobs.Running, label_import: LabelImport) -> dict[str, Any]:
    """Brings back what the tasks were; says how many were, and how many were changed since."""
    cursor = job.cursor or {"after": 0, "undone": 0, "kept": 0}
    rows = ImportedTask.objects.filter(label_import=label_import)
    total = cursor["undone"] + cursor["kept"] + rows.filter(task__gt=cursor["after"]).count()
    is_more = True
    while is_more:
        with job.effects():
            chunk = list(rows.filter(task__gt=cursor["after"]).order_by("task_id")[:CHUNK])
            is_more = len(chunk) == CHUNK
            if chunk:
                undone = _bring_back(label_import, chunk)
                cursor = {
                    "after": chunk[-1].task_id,
                    "undone": cursor["undone"] + undone,
                    "kept": cursor["kept"] + len(chunk) - undone,
                }
                job.checkpoint(cursor)
        job.progress(cursor["undone"] + cursor["kept"], total)
    counts = {"undone": cursor["undone"], "changed_since": cursor["kept"]}
    with job.effects():
        LabelImport.objects.filter(pk=label_import.pk, state=State.UNDOING).update(
            state=State.UNDONE, result=label_import.result | counts, undone_at=timezone.now()
        )
    return counts


def _bring_back(label_import: LabelImport, chunk: list[ImportedTask]) -> int:
    untouched = set(importing.untouched({row.task_id: row.task_version for row in chunk}))
    before = [
        {"task_id": row.task_id} | {name: getattr(row, name) for name in COLUMNS}
        for row in chunk
        if row.task_id in untouched
    ]
    if before:
        importing.bring_back(label_import.project, label_import.created_by_id, before)
        ImportedTask.objects.filter(label_import=label_import, task__in=untouched).delete()
    return len(before)
