"""Flags tasks whose images were changed after work on them had begun; the work itself stays as it is.

A project remembers for each dataset up to which arrival its tasks know of changes (`projects.refreshing`). Changed images are
walked in that order, chunk by chunk, each chunk one transaction with the place behind it, so a job that dies goes on where it
was. Tasks are locked in the order of their ids, as a submit does. An answer that is given later from the picture of before
flags its task itself (`annotations.answering`), so nothing falls between the two.
"""

from typing import Any

from django.db import connection, transaction

from annotations.models import Task
from projects import audit, jobs
from projects.models import Project, ProjectDataset, User

CHUNK = 1_000
_LAST = 2**63 - 1
"""Behind every image of an arrival."""

_CHANGED = """
SELECT id, arrival, changed_at FROM projects_image
WHERE dataset_id = %(dataset)s AND version > 1 AND (arrival, id) > (%(arrival)s, %(image)s) AND arrival <= %(upto)s
ORDER BY arrival, id LIMIT %(limit)s
"""
_LOCK = """
SELECT id FROM annotations_task WHERE project_id = %(project)s AND image_id = ANY (%(images)s)
ORDER BY id FOR NO KEY UPDATE
"""
_FLAG = """
UPDATE annotations_task t SET image_changed_at = i.changed_at
FROM projects_image i
WHERE t.project_id = %(project)s AND t.image_id = ANY (%(images)s) AND i.id = t.image_id
  AND (t.image_changed_at IS NULL OR t.image_changed_at < i.changed_at)
  AND (t.final_at < i.changed_at OR EXISTS (
      SELECT FROM annotations_annotation a
      WHERE a.task_id = t.id AND a.updated_at < i.changed_at AND (a.state <> 'draft' OR a.draft IS NOT NULL)))
"""


def flag(job: jobs.Running, project: Project) -> dict[str, int]:
    """Flags what has to be, in all datasets of the project; says how many tasks that were."""
    flagged = 0
    for link in ProjectDataset.objects.filter(project=project).select_related("dataset").order_by("dataset_id"):
        upto = link.dataset.changed_arrival
        place = {"arrival": link.flagged_arrival, "image": _LAST, "passed": link.flagged_arrival}
        # After a crash the images of one arrival may be looked at again, which changes nothing.
        while place["passed"] < upto:
            with job.effects():
                number, place = _flag_chunk(project, link, place, upto)
                ProjectDataset.objects.filter(pk=link.pk).update(flagged_arrival=place["passed"])
            flagged += number
            job.progress(flagged)
    return {"flagged": flagged}


def _flag_chunk(project: Project, link: ProjectDataset, place: dict[str, int], upto: int) -> tuple[int, dict[str, int]]:
    """Flags one chunk; the number of tasks, and the place behind it. `passed` is the last arrival that is done whole."""
    values: dict[str, Any] = {"dataset": link.dataset_id, "project": project.pk, "upto": upto, "limit": CHUNK, **place}
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, values)
        found = cursor.fetchall()
        if not found:
            return 0, {"arrival": upto, "image": _LAST, "passed": upto}
        values["images"] = [row[0] for row in found]
        cursor.execute(_LOCK, values)
        cursor.execute(_FLAG, values)
        flagged = int(cursor.rowcount)
    last_image, last_arrival, _ = found[-1]
    return flagged, {"arrival": last_arrival, "image": last_image, "passed": last_arrival - 1}


@transaction.atomic
def dismiss(*, actor: User, task: Task) -> None:
    """Says that the labels fit the changed image: the flag goes, the labels stay. Twice does no harm."""
    if Task.objects.filter(pk=task.pk, image_changed_at__isnull=False).update(image_changed_at=None):
        audit.record(actor, "task.image_checked", task)
