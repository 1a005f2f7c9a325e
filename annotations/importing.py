"""Answers and suggestions that come from files: written for many tasks at once, and taken back.

Whoever calls reads the tasks behind their locks, decides, and writes, in one transaction of their own. A task that somebody
has in hand is told, so that nobody's running work is overtaken. Locks go by task id like a submit's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection

from annotations import progress
from annotations.models import Metric, QueuePosition, Task
from annotations.progress import Change
from projects.models import Project

_LOCK = """
SELECT id FROM annotations_task WHERE project_id = %(project)s AND image_id = ANY (%(images)s)
ORDER BY id FOR NO KEY UPDATE
"""
_READ = """
SELECT t.id, t.image_id, t.status, t.answers, t.prelabel IS NOT NULL,
       EXISTS (SELECT FROM annotations_lease l WHERE l.task_id = t.id)
FROM annotations_task t WHERE t.project_id = %(project)s AND t.image_id = ANY (%(images)s) ORDER BY t.id
"""
_LOCK_AGAIN = "SELECT id FROM annotations_task WHERE id = ANY (%(tasks)s) ORDER BY id FOR NO KEY UPDATE"
_UNTOUCHED = """
SELECT t.id FROM annotations_task t
JOIN unnest(%(tasks)s::bigint[], %(versions)s::int[]) AS x(id, version) ON x.id = t.id AND x.version = t.version
WHERE NOT EXISTS (SELECT FROM annotations_lease l WHERE l.task_id = t.id)
"""

# A draft of the writer's own stays beside the answer that comes in. The data-changing parts see the rows as they were.
_ANSWER = """
WITH item AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(items)s::jsonb) AS x(task_id bigint, document jsonb, labels bigint[])
), mine AS MATERIALIZED (
    SELECT * FROM annotations_annotation
    WHERE task_id = ANY (%(tasks)s) AND labeller_id = %(labeller)s AND state <> 'draft'
), revised AS (
    INSERT INTO annotations_annotationrevision
        (organisation_id, project_id, annotation_id, version, state, document, skip_reason, submitted_at)
    SELECT organisation_id, project_id, id, version, state, document, skip_reason, submitted_at FROM mine
), answered AS (
    INSERT INTO annotations_annotation AS a
        (organisation_id, project_id, task_id, labeller_id, code, state, document, draft_version, version, skip_reason,
         active_seconds, submitted_at, created_at, updated_at)
    SELECT %(organisation)s, %(project)s, task_id, %(labeller)s, new_code(), 'submitted', document, 0, 1, '', 0,
           now(), now(), now()
    FROM item ORDER BY task_id
    ON CONFLICT (task_id, labeller_id) DO UPDATE SET
        state = 'submitted', document = excluded.document, version = a.version + 1, skip_reason = '', submit_key = NULL,
        submitted_at = now(), updated_at = now()
), settled AS (
    UPDATE annotations_task t SET
        status = 'labelled', open_slots = 0, final = item.document, final_at = now(), rejection_note = '',
        answers = t.answers + CASE WHEN EXISTS (SELECT FROM mine WHERE mine.task_id = t.id) THEN 0 ELSE 1 END,
        version = t.version + 1, updated_at = now()
    FROM item WHERE t.id = item.task_id AND t.id = ANY (%(tasks)s)
), dropped AS (
    DELETE FROM annotations_tasklabel u USING item
    WHERE u.task_id = item.task_id AND u.label_id <> ALL (item.labels) AND u.task_id = ANY (%(tasks)s)
)
INSERT INTO annotations_tasklabel (organisation_id, project_id, task_id, label_id)
SELECT %(organisation)s, %(project)s, task_id, unnest(labels) FROM item
ON CONFLICT (task_id, label_id) DO NOTHING
"""

_SUGGEST = """
UPDATE annotations_task t SET
    prelabel = item.document, prelabel_confidence = item.confidence, prelabel_model = %(model)s,
    version = t.version + 1, updated_at = now()
FROM jsonb_to_recordset(%(items)s::jsonb) AS item(task_id bigint, document jsonb, confidence float8)
WHERE t.id = item.task_id AND t.id = ANY (%(tasks)s)
"""

_BRING_BACK = """
WITH old AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(items)s::jsonb) AS x(
        task_id bigint, own text, status text, open_slots smallint, answers smallint, final jsonb, final_at timestamptz,
        prelabel jsonb, prelabel_confidence float8, prelabel_model text, rejection_note text)
), mine AS MATERIALIZED (
    SELECT a.id, a.version, a.draft IS NULL AS empty, old.own
    FROM old JOIN annotations_annotation a ON a.task_id = old.task_id AND a.labeller_id = %(labeller)s
    WHERE a.task_id = ANY (%(tasks)s) AND old.own <> 'none' AND a.state = 'submitted'
), revision AS (
    DELETE FROM annotations_annotationrevision r USING mine
    WHERE mine.own = 'answer' AND r.annotation_id = mine.id AND r.version = mine.version - 1
    RETURNING r.annotation_id, r.version, r.state, r.document, r.skip_reason, r.submitted_at
), restored AS (
    UPDATE annotations_annotation a SET
        state = r.state, document = r.document, skip_reason = r.skip_reason, submitted_at = r.submitted_at,
        version = r.version, updated_at = now()
    FROM revision r WHERE a.id = r.annotation_id
), emptied AS (
    UPDATE annotations_annotation a SET state = 'draft', document = NULL, version = a.version - 1, updated_at = now()
    FROM mine WHERE a.id = mine.id AND (mine.own = 'draft' OR mine.own = 'new' AND NOT mine.empty)
), deleted AS (
    DELETE FROM annotations_annotation a USING mine WHERE a.id = mine.id AND mine.own = 'new' AND mine.empty
), used AS MATERIALIZED (
    SELECT DISTINCT old.task_id, l.id AS label_id
    FROM old CROSS JOIN LATERAL (
        SELECT r ->> 'label' AS code FROM jsonb_array_elements(old.final -> 'regions') r
        UNION ALL SELECT jsonb_array_elements_text(old.final -> 'labels')
    ) said JOIN projects_label l ON l.code = said.code::uuid AND l.project_id = %(project)s
), dropped AS (
    DELETE FROM annotations_tasklabel u
    WHERE u.task_id = ANY (%(tasks)s)
      AND NOT EXISTS (SELECT FROM used WHERE used.task_id = u.task_id AND used.label_id = u.label_id)
), added AS (
    INSERT INTO annotations_tasklabel (organisation_id, project_id, task_id, label_id)
    SELECT %(organisation)s, %(project)s, task_id, label_id FROM used
    ON CONFLICT (task_id, label_id) DO NOTHING
)
UPDATE annotations_task t SET
    status = old.status, open_slots = old.open_slots, answers = old.answers, final = old.final, final_at = old.final_at,
    prelabel = old.prelabel, prelabel_confidence = old.prelabel_confidence, prelabel_model = old.prelabel_model,
    rejection_note = old.rejection_note, version = t.version + 1, updated_at = now()
FROM old WHERE t.id = old.task_id AND t.id = ANY (%(tasks)s)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """The task of an image as an importer finds it."""

    task_id: int
    image_id: int
    status: str
    answers: int
    has_suggestion: bool
    is_in_hand: bool
    """Somebody holds it, be it to change an answer of theirs."""

    @property
    def is_answered(self) -> bool:
        return self.answers > 0 or self.status != Task.Status.OPEN

    @property
    def is_removed(self) -> bool:
        return self.status == Task.Status.REMOVED


@dataclass(frozen=True, slots=True)
class Said:
    """A document for a task, as JSON, with how many regions of each label it has, by row id (0 for labels of the whole
    image); `confidence` is for suggestions.
    """

    task_id: int
    document: bytes
    labels: Mapping[int, int]
    confidence: float | None = None


def read(project: Project, images: Sequence[int], *, locked: bool) -> dict[int, Place]:
    """The project's tasks by image; `locked` keeps others from them until the caller's transaction ends."""
    values: dict[str, Any] = {"project": project.pk, "images": list(images)}
    with connection.cursor() as cursor:
        if locked:
            cursor.execute(_LOCK, values)
        cursor.execute(_READ, values)
        return {row[1]: Place(*row) for row in cursor.fetchall()}


def answer(project: Project, labeller_id: int, said: Sequence[Said]) -> None:
    """Makes each document the labeller's answer and the task's final one. What was answered before becomes a revision."""
    items = [
        {"task_id": one.task_id, "document": orjson.Fragment(one.document), "labels": list(one.labels)} for one in said
    ]
    changes = progress.negative(progress.of_tasks(project, [one.task_id for one in said]))
    changes.append(Change(Metric.LABELLED, len(said)))
    for one in said:
        for label_id, regions in one.labels.items():
            changes.append(Change(Metric.LABEL_TASKS, 1, label_id=label_id))
            changes.append(Change(Metric.LABEL_REGIONS, regions, label_id=label_id))
    _write(_ANSWER, project, items, labeller=labeller_id)
    progress.append(organisation_id=project.organisation_id, project_id=project.pk, changes=changes)


def suggest(project: Project, said: Sequence[Said], *, model: str) -> None:
    """Makes each document what labellers are shown to begin with; `model` says where it comes from."""
    items = [
        {"task_id": one.task_id, "document": orjson.Fragment(one.document), "confidence": one.confidence}
        for one in said
    ]
    _write(_SUGGEST, project, items, model=model)


def untouched(versions: Mapping[int, int]) -> list[int]:
    """Locks the tasks, and says which still have the version given and are in nobody's hand."""
    values: dict[str, Any] = {"tasks": list(versions), "versions": list(versions.values())}
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_AGAIN, values)
        cursor.execute(_UNTOUCHED, values)
        return [row[0] for row in cursor.fetchall()]


def bring_back(project: Project, labeller_id: int, before: Sequence[Mapping[str, Any]]) -> None:
    """Makes tasks what they were: `before` has, by column, what each was, and as `own` what the labeller's row was."""
    with progress.recounted(project, [row["task_id"] for row in before]):
        _write(_BRING_BACK, project, before, labeller=labeller_id)
    QueuePosition.objects.filter(project=project).update(rests_until=None)


def _write(sql: str, project: Project, items: Sequence[Mapping[str, Any]], **values: Any) -> None:
    values |= {
        "organisation": project.organisation_id,
        "project": project.pk,
        "tasks": [item["task_id"] for item in items],
        "items": orjson.dumps(items).decode(),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
