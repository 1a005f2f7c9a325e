"""Makes a project's tasks from the images of its datasets, chunk by chunk, as often as there are new images.

A chunk is one `INSERT … SELECT` over a range of image ids, committed together with the cursor behind it and the counts, so
a job that dies goes on where it was and nothing is counted twice.
"""

from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from annotations import progress
from annotations.models import Metric, QueuePosition
from annotations.progress import Change
from projects import jobs
from projects.models import Image, Project, ProjectDataset

CHUNK = 20_000

# The scalar subquery asks the unique index once per image; a join may be planned otherwise before new images are analysed.
# The queue's order is a hash of the image under the project's seed: the same wherever and however often it is made.
_MAKE = """
WITH chunk AS MATERIALIZED (
    SELECT id FROM projects_image
    WHERE dataset_id = %(dataset)s AND state = 'ok' AND id > %(after)s ORDER BY id LIMIT %(limit)s
), made AS (
    INSERT INTO annotations_task
        (organisation_id, project_id, image_id, code, status, shuffle_key, priority, open_slots, answers,
         prelabel_model, rejection_note, version, updated_at)
    SELECT %(organisation)s, %(project)s, id, new_code(), 'open',
           (hashint8extended(id, %(seed)s) & 2147483647)::int, 0, %(slots)s, 0, '', '', 0, now()
    FROM chunk
    WHERE coalesce(
        (SELECT false FROM annotations_task t WHERE t.project_id = %(project)s AND t.image_id = chunk.id), true)
    ORDER BY id
    ON CONFLICT (project_id, image_id) DO NOTHING
    RETURNING id
)
SELECT (SELECT max(id) FROM chunk), (SELECT count(*) FROM chunk), (SELECT count(*) FROM made)
"""


@dataclass(frozen=True)
class Chunk:
    """One step: the last image id it reached (None at the end), images it looked at, tasks it made."""

    last: int | None
    images: int
    tasks: int


def initialize(job: jobs.Running, project: Project) -> dict[str, int]:
    """Makes the tasks that are missing and, where the project was waiting for them, sets it running."""
    Project.objects.filter(pk=project.pk, state=Project.State.DRAFT).update(state=Project.State.INITIALIZING)
    datasets = list(
        ProjectDataset.objects.filter(project=project).order_by("dataset_id").values_list("dataset_id", flat=True)
    )
    total = Image.objects.filter(dataset__in=datasets).readable().count()
    cursor = job.cursor or {"dataset": 0, "after": 0, "images": 0, "tasks": 0}
    for dataset_id in datasets:
        if dataset_id < cursor["dataset"]:
            continue
        after = cursor["after"] if dataset_id == cursor["dataset"] else 0
        while True:
            with job.effects():
                chunk = make_chunk(project, dataset_id, after, limit=CHUNK)
                cursor = {
                    "dataset": dataset_id,
                    "after": chunk.last or after,
                    "images": cursor["images"] + chunk.images,
                    "tasks": cursor["tasks"] + chunk.tasks,
                }
                job.checkpoint(cursor)
            job.progress(cursor["images"], total)
            if chunk.images < CHUNK:
                break
            after = cursor["after"]
    with job.effects():
        _finish(project)
    return {"tasks": cursor["tasks"], "images": cursor["images"]}


def make_chunk(project: Project, dataset_id: int, after: int, *, limit: int) -> Chunk:
    """Makes tasks for the dataset's readable images behind the id `after`; inside the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            _MAKE,
            {
                "organisation": project.organisation_id,
                "project": project.pk,
                "dataset": dataset_id,
                "after": after,
                "limit": limit,
                "seed": project.seed,
                "slots": project.labellers_minimum,
            },
        )
        chunk = Chunk(*cursor.fetchone())
    if chunk.tasks:
        progress.append(
            organisation_id=project.organisation_id,
            project_id=project.pk,
            changes=[Change(Metric.OPEN, chunk.tasks)],
        )
    return chunk


def _finish(project: Project) -> None:
    Project.objects.filter(pk=project.pk, state=Project.State.INITIALIZING).update(
        state=Project.State.RUNNING, started_at=timezone.now()
    )
    QueuePosition.objects.filter(project=project).update(rests_until=None)
