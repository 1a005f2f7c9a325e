"""Labelling anew after labels were added: sets answers aside, task by task, and brings them back when that is undone.

Both walk the tasks by id, chunk by chunk, each chunk one transaction with the cursor behind it and the counts; labellers
go on meanwhile. A task that was answered since the labels came is left as it is, and so is, when undone, one that was
touched since it was set aside. Locks go by task id like a submit's, so neither waits for the other in a circle.
"""

from typing import Any

from django.db import connection

from annotations import progress
from annotations.models import QueuePosition, SetAside
from projects import jobs
from projects.models import LabelChange

CHUNK = 2_000
KEPT_MODEL = "earlier labels"
"""What a task's suggestion says of its origin where it is the answer of before."""

_NEXT = """
SELECT id FROM annotations_task
WHERE project_id = %(project)s AND id > %(after)s AND status <> 'removed' AND (status <> 'open' OR answers > 0)
  AND coalesce(final_at, updated_at) < %(since)s
ORDER BY id LIMIT %(limit)s FOR NO KEY UPDATE
"""

# `takes_slot = false`: somebody had taken their answer up again; it is a late answer to an open task from here on.
_SET_ASIDE = """
WITH old AS MATERIALIZED (
    SELECT * FROM annotations_task WHERE id = ANY (%(tasks)s)
), remembered AS (
    INSERT INTO annotations_setaside
        (organisation_id, project_id, change_id, task_id, status, open_slots, answers, final, final_at, prelabel,
         prelabel_confidence, prelabel_model, rejection_note, answered, task_version)
    SELECT organisation_id, project_id, %(change)s, id, status, open_slots, answers, final, final_at, prelabel,
           prelabel_confidence, prelabel_model, rejection_note,
           coalesce((SELECT jsonb_agg(a.id) FROM annotations_annotation a
                     WHERE a.task_id = old.id AND a.state <> 'draft'), '[]'), version + 1
    FROM old
    ON CONFLICT (change_id, task_id) DO NOTHING
), revised AS (
    INSERT INTO annotations_annotationrevision
        (organisation_id, project_id, annotation_id, version, state, document, skip_reason, submitted_at)
    SELECT organisation_id, project_id, id, version, state, document, skip_reason, submitted_at
    FROM annotations_annotation WHERE task_id = ANY (%(tasks)s) AND state <> 'draft'
), reopened AS (
    DELETE FROM annotations_lease WHERE task_id = ANY (%(tasks)s) AND NOT takes_slot RETURNING task_id, labeller_id, token
), emptied AS (
    UPDATE annotations_annotation a SET
        state = 'draft', document = NULL, skip_reason = '', active_seconds = 0, updated_at = now(),
        lapsed_token = coalesce(
            (SELECT token FROM reopened r WHERE r.task_id = a.task_id AND r.labeller_id = a.labeller_id), lapsed_token)
    WHERE a.task_id = ANY (%(tasks)s) AND a.state <> 'draft'
), unlabelled AS (
    DELETE FROM annotations_tasklabel WHERE task_id = ANY (%(tasks)s)
), opened AS (
    UPDATE annotations_task t SET
        status = 'open', answers = 0, final = NULL, final_at = NULL, rejection_note = '', version = t.version + 1,
        updated_at = now(),
        open_slots = greatest(%(slots)s - (SELECT count(*) FROM annotations_lease l
                                           WHERE l.task_id = t.id AND l.takes_slot), 0),
        prelabel = CASE WHEN %(keep)s THEN coalesce(t.final, t.prelabel) ELSE t.prelabel END,
        prelabel_confidence = CASE WHEN %(keep)s AND t.final IS NOT NULL THEN NULL ELSE t.prelabel_confidence END,
        prelabel_model = CASE WHEN %(keep)s AND t.final IS NOT NULL THEN %(model)s ELSE t.prelabel_model END
    WHERE t.id = ANY (%(tasks)s)
)
SELECT count(*) FROM old
"""

_UNTOUCHED = """
SELECT t.id FROM annotations_setaside s JOIN annotations_task t ON t.id = s.task_id
WHERE s.change_id = %(change)s AND s.task_id > %(after)s AND t.version = s.task_version AND t.answers = 0
  AND NOT EXISTS (SELECT FROM annotations_lease l WHERE l.task_id = t.id)
ORDER BY t.id LIMIT %(limit)s FOR NO KEY UPDATE OF t
"""

_BRING_BACK = """
WITH old AS MATERIALIZED (
    DELETE FROM annotations_setaside WHERE change_id = %(change)s AND task_id = ANY (%(tasks)s) RETURNING *
), revision AS (
    DELETE FROM annotations_annotationrevision r USING annotations_annotation a
    WHERE r.annotation_id = a.id AND r.version = a.version AND a.state = 'draft'
      AND a.id IN (SELECT jsonb_array_elements_text(answered)::bigint FROM old)
    RETURNING r.annotation_id, r.state, r.document, r.skip_reason, r.submitted_at
), answered AS (
    UPDATE annotations_annotation a SET
        state = r.state, document = r.document, skip_reason = r.skip_reason, submitted_at = r.submitted_at,
        lapsed_token = NULL, updated_at = now()
    FROM revision r WHERE a.id = r.annotation_id
), labelled AS (
    INSERT INTO annotations_tasklabel (organisation_id, project_id, task_id, label_id)
    SELECT old.organisation_id, old.project_id, old.task_id, l.id
    FROM old JOIN LATERAL (
        SELECT r ->> 'label' AS code FROM jsonb_array_elements(old.final -> 'regions') r
        UNION SELECT jsonb_array_elements_text(old.final -> 'labels')
    ) used ON true JOIN projects_label l ON l.code = used.code::uuid AND l.project_id = old.project_id
    WHERE old.final IS NOT NULL
    ON CONFLICT (task_id, label_id) DO NOTHING
)
UPDATE annotations_task t SET
    status = old.status, answers = old.answers, final = old.final, final_at = old.final_at,
    prelabel = old.prelabel, prelabel_confidence = old.prelabel_confidence, prelabel_model = old.prelabel_model,
    rejection_note = old.rejection_note, version = t.version + 1, updated_at = now(),
    open_slots = CASE WHEN old.status = 'open' THEN greatest(%(slots)s - old.answers, old.open_slots, 1) ELSE 0 END
FROM old WHERE t.id = old.task_id
"""


def start_over(job: jobs.Running, change: LabelChange) -> dict[str, int]:
    """Opens every task that was answered before the labels came; its answers become revisions.

    What an earlier start over remembers is forgotten: only the latest can be undone.
    """
    is_more = True
    while is_more:
        with job.effects():
            earlier = SetAside.objects.filter(project=change.project_id).exclude(change=change)
            chunk = list(earlier.values_list("pk", flat=True)[:CHUNK])
            is_more = bool(SetAside.objects.filter(pk__in=chunk).delete()[0])
    return _walk(job, change, _NEXT, _SET_ASIDE)


def undo(job: jobs.Running, change: LabelChange) -> dict[str, int]:
    """Brings back what `start_over` set aside, wherever nobody has worked since."""
    return _walk(job, change, _UNTOUCHED, _BRING_BACK)


def _walk(job: jobs.Running, change: LabelChange, choose: str, write: str) -> dict[str, int]:
    project = change.project
    total = progress.counts(project.pk).total
    cursor = job.cursor or {"after": 0, "tasks": 0}
    values: dict[str, Any] = {
        "project": project.pk,
        "change": change.pk,
        "since": change.created_at,
        "limit": CHUNK,
        "slots": project.labellers_minimum,
        "keep": change.handling == LabelChange.Handling.KEEP,
        "model": KEPT_MODEL,
    }
    while True:
        with job.effects():
            tasks = [row[0] for row in _rows(choose, {**values, "after": cursor["after"]})]
            if tasks:
                with progress.recounted(project, tasks):
                    _execute(write, {**values, "tasks": tasks})
                cursor = {"after": tasks[-1], "tasks": cursor["tasks"] + len(tasks)}
                job.checkpoint(cursor)
        job.progress(cursor["tasks"], max(total, cursor["tasks"]))
        if len(tasks) < CHUNK:
            break
    with job.effects():
        QueuePosition.objects.filter(project=project).update(rests_until=None)
    return {"tasks": cursor["tasks"]}


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _execute(sql: str, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
