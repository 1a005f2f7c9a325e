"""Counts of a project: appended as deltas by whoever causes them, folded into totals in the background.

A labeller's transaction only inserts, so no two of them wait for one counter. A reading is the totals plus what is not
folded yet, in one statement, so it is exact at any time.
"""

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson
from django.db import connection, transaction

from annotations.models import Annotation, Metric
from projects.models import Project

FOLD_BATCH = 5_000
REMEMBER_SECONDS = 5
MOST_REMEMBERED = 10_000
STATUSES = (
    Metric.OPEN, Metric.LABELLED, Metric.NEEDS_REVIEW, Metric.APPROVED, Metric.SKIPPED, Metric.REMOVED,
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One count that goes up or down."""

    metric: str
    amount: float
    labeller_id: int | None = None
    label_id: int | None = None


APPEND = """
    INSERT INTO annotations_progressdelta (organisation_id, project_id, day, changes, created_at)
    SELECT %(organisation)s, %(project)s, (now() AT TIME ZONE 'UTC')::date, %(changes)s::jsonb, now()
    WHERE %(changes)s::jsonb <> '[]'
"""
_EACH_CHANGE = "jsonb_to_recordset(changes) AS x(metric text, labeller bigint, label bigint, amount float8)"

# A label may be gone by now, and its counts with it.
_FOLD = f"""
WITH gone AS (
    DELETE FROM annotations_progressdelta WHERE id IN (
        SELECT id FROM annotations_progressdelta ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
    RETURNING organisation_id, project_id, day, changes
), folded AS (
    INSERT INTO annotations_progresstotal AS t
        (organisation_id, project_id, metric, labeller_id, label_id, day, amount)
    SELECT organisation_id, project_id, metric, labeller, label, day, sum(amount) FROM gone, {_EACH_CHANGE}
    WHERE label IS NULL OR EXISTS (SELECT FROM projects_label WHERE id = label)
    GROUP BY organisation_id, project_id, metric, labeller, label, day
    ORDER BY project_id, metric, day, labeller, label
    ON CONFLICT (project_id, metric, day, labeller_id, label_id) DO UPDATE SET amount = t.amount + excluded.amount
)
SELECT count(*) FROM gone
"""  # noqa: S608  # put together from constants

_NOW = f"""
FROM (
    SELECT metric, labeller_id, label_id, day, amount FROM annotations_progresstotal WHERE project_id = %(project)s
    UNION ALL
    SELECT metric, labeller, label, day, amount FROM annotations_progressdelta, {_EACH_CHANGE}
    WHERE project_id = %(project)s
) counts
WHERE metric = ANY (%(metrics)s)
"""  # noqa: S608  # put together from constants
_COUNTS = f"SELECT metric, sum(amount) {_NOW} GROUP BY metric"  # constants
_READ = f"""
SELECT metric, labeller_id, label_id, day, sum(amount) {_NOW}
GROUP BY GROUPING SETS ((metric), (metric, labeller_id), (metric, label_id), (metric, day))
"""  # constants


def of_status(before: str, after: str) -> list[Change]:
    """A task that goes from one status to another."""
    return [] if before == after else [Change(before, -1), Change(after, 1)]


def of_answer(labeller_id: int, *, before: str | None, after: str, seconds: float) -> list[Change]:
    """An answer that is given (`before` is None), or given again; `seconds` is the active time it added."""
    metrics = {Annotation.State.SUBMITTED: Metric.ANSWERS, Annotation.State.SKIPPED: Metric.SKIPS}
    changes = [Change(Metric.SECONDS, seconds, labeller_id)] if seconds else []
    if before != after:
        changes.append(Change(metrics[Annotation.State(after)], 1, labeller_id))
        if before is not None:
            changes.append(Change(metrics[Annotation.State(before)], -1, labeller_id))
    return changes


def of_labels(before: Mapping[str, int], after: Mapping[str, int], ids: Mapping[str, int]) -> list[Change]:
    """A final document that changes: regions per label code, 0 for image labels. Labels without an id are gone."""
    changes = []
    for label in sorted((before.keys() | after.keys()) & ids.keys()):
        tasks = (label in after) - (label in before)
        regions = after.get(label, 0) - before.get(label, 0)
        if tasks:
            changes.append(Change(Metric.LABEL_TASKS, tasks, label_id=ids[label]))
        if regions:
            changes.append(Change(Metric.LABEL_REGIONS, regions, label_id=ids[label]))
    return changes


def packed(changes: Iterable[Change]) -> str:
    """The parameter `changes` of `APPEND`: sums per count, as JSON."""
    sums: dict[tuple[str, int | None, int | None], float] = {}
    for change in changes:
        key = (str(change.metric), change.labeller_id, change.label_id)
        sums[key] = sums.get(key, 0) + change.amount
    rows = [
        {"metric": metric, "labeller": labeller, "label": label, "amount": amount}
        for (metric, labeller, label), amount in sums.items()
        if amount
    ]
    return orjson.dumps(rows).decode()


def append(*, organisation_id: int, project_id: int, changes: Iterable[Change]) -> None:
    """Appends changes in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(APPEND, {"organisation": organisation_id, "project": project_id, "changes": packed(changes)})


# Tasks by status, and by label the tasks and regions of their final documents.
_STATUSES = "SELECT status, count(*), count(final) FROM annotations_task WHERE id = ANY (%(tasks)s) GROUP BY status"
_LABELS = """
SELECT l.id, count(DISTINCT used.task_id), sum(used.regions) FROM (
    SELECT t.id AS task_id, r ->> 'label' AS code, 1 AS regions
    FROM annotations_task t CROSS JOIN LATERAL jsonb_array_elements(t.final -> 'regions') r WHERE t.id = ANY (%(tasks)s)
    UNION ALL
    SELECT t.id, label, 0
    FROM annotations_task t CROSS JOIN LATERAL jsonb_array_elements_text(t.final -> 'labels') label
    WHERE t.id = ANY (%(tasks)s)
) used JOIN projects_label l ON l.code = used.code::uuid AND l.project_id = %(project)s
GROUP BY l.id
"""


def of_tasks(project: Project, tasks: Sequence[int]) -> list[Change]:
    """What some tasks count for now, by status and by label."""
    values: dict[str, Any] = {"tasks": list(tasks), "project": project.pk}
    with connection.cursor() as cursor:
        cursor.execute(_STATUSES, values)
        rows = cursor.fetchall()
        changes = [Change(status, number) for status, number, _ in rows]
        if not any(finals for _, _, finals in rows):
            return changes
        cursor.execute(_LABELS, values)
        for label_id, number, regions in cursor.fetchall():
            changes.append(Change(Metric.LABEL_TASKS, number, label_id=label_id))
            changes.append(Change(Metric.LABEL_REGIONS, int(regions), label_id=label_id))
    return changes


def negative(changes: Iterable[Change]) -> list[Change]:
    """What takes these changes back."""
    return [Change(one.metric, -one.amount, one.labeller_id, one.label_id) for one in changes]


@contextmanager
def recounted(project: Project, tasks: Sequence[int]) -> Iterator[None]:
    """Counts some tasks by status and label before and after what is done inside, and appends the difference."""
    before = of_tasks(project, tasks)
    yield
    changes = [*negative(before), *of_tasks(project, tasks)]
    append(organisation_id=project.organisation_id, project_id=project.pk, changes=changes)


def fold(*, limit: int = FOLD_BATCH) -> int:
    """Folds the oldest deltas that the context sees into the totals; answers how many. One fold runs at a time."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('progress folding', 0))")
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_FOLD, {"limit": limit})
        return int(cursor.fetchone()[0])


@dataclass(frozen=True)
class Counts:
    """Tasks of a project by status."""

    open: int = 0
    labelled: int = 0
    needs_review: int = 0
    approved: int = 0
    skipped: int = 0
    removed: int = 0

    @property
    def total(self) -> int:
        """Tasks that count: removed ones do not."""
        return self.open + self.done

    @property
    def done(self) -> int:
        return self.labelled + self.needs_review + self.approved + self.skipped


@dataclass(frozen=True)
class Work:
    """What one labeller did, in all or on one day."""

    answers: int = 0
    skips: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class LabelUse:
    """How often final documents use a label."""

    tasks: int = 0
    regions: int = 0


@dataclass(frozen=True)
class Reading:
    """All counts of a project at one instant, by row ids."""

    counts: Counts
    by_labeller: Mapping[int, Work] = field(default_factory=dict)
    by_day: Mapping[date, Work] = field(default_factory=dict)
    by_label: Mapping[int, LabelUse] = field(default_factory=dict)


def counts(project_id: int) -> Counts:
    """Tasks by status, exact now."""
    return Counts(**{metric: round(amount) for metric, amount in _rows(_COUNTS, project_id, STATUSES)})


_COUNTS_OF = f"""
SELECT project_id, metric, sum(amount) FROM (
    SELECT project_id, metric, amount FROM annotations_progresstotal WHERE project_id = ANY (%(projects)s)
    UNION ALL
    SELECT project_id, metric, amount FROM annotations_progressdelta, {_EACH_CHANGE} WHERE project_id = ANY (%(projects)s)
) counts
WHERE metric = ANY (%(metrics)s) GROUP BY project_id, metric
"""  # noqa: S608  # put together from constants


def counts_of(project_ids: Iterable[int]) -> dict[int, Counts]:
    """The same for each of several projects, in one query."""
    found: dict[int, dict[str, int]] = {project_id: {} for project_id in project_ids}
    if not found:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS_OF, {"projects": list(found), "metrics": [str(metric) for metric in STATUSES]})
        for project_id, metric, amount in cursor.fetchall():
            found[project_id][metric] = round(amount)
    return {project_id: Counts(**counts) for project_id, counts in found.items()}


_remaining: dict[int, tuple[float, int]] = {}


def remaining(project_id: int) -> int:
    """Tasks that are still to do, for a labeller's eyes: at most `REMEMBER_SECONDS` old."""
    read_at, number = _remaining.get(project_id, (-math.inf, 0))
    if time.monotonic() - read_at > REMEMBER_SECONDS:
        if len(_remaining) >= MOST_REMEMBERED:
            _remaining.clear()
        number = counts(project_id).open
        _remaining[project_id] = time.monotonic(), number
    return number


def reading(project_id: int) -> Reading:
    """Every count of the project; the cost grows with its days, labellers and labels, not with its tasks."""
    rows = _rows(_READ, project_id, tuple(Metric))
    return Reading(
        counts=Counts(
            **{metric: round(sum_) for metric, *key, sum_ in rows if metric in STATUSES and key == [None] * 3}
        ),
        by_labeller=_gather(
            rows, 1, Work, {Metric.ANSWERS: "answers", Metric.SKIPS: "skips", Metric.SECONDS: "seconds"}
        ),
        by_day=_gather(rows, 3, Work, {Metric.ANSWERS: "answers", Metric.SKIPS: "skips", Metric.SECONDS: "seconds"}),
        by_label=_gather(rows, 2, LabelUse, {Metric.LABEL_TASKS: "tasks", Metric.LABEL_REGIONS: "regions"}),
    )


def _gather(rows: list[tuple[Any, ...]], column: int, kind: Any, names: Mapping[Metric, str]) -> dict[Any, Any]:
    values: dict[Any, dict[str, float]] = {}
    for row in rows:
        name = names.get(row[0])
        if name is not None and row[column] is not None:
            values.setdefault(row[column], {})[name] = row[4] if name == "seconds" else round(row[4])
    return {key: kind(**found) for key, found in values.items()}


def _rows(sql: str, project_id: int, metrics: Iterable[str]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"project": project_id, "metrics": [str(metric) for metric in metrics]})
        return list(cursor.fetchall())
