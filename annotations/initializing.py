"""Makes a project's tasks from the images of its datasets, chunk by chunk, as often as there are new images.

A project remembers for each dataset how far it has taken the images in, by their order of arrival (`projects.arrivals`),
and goes on behind that. A chunk is one `INSERT … SELECT` over what came next, committed together with the new position
and the counts. So a job that dies goes on where it was, two at once take turns, and nothing is read or counted twice.
"""

from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from annotations import progress
from annotations.models import Metric, QueuePosition
from annotations.progress import Change
from projects import jobs
from projects.models import Project, ProjectDataset

CHUNK = 20_000

# The scalar subquery asks the unique index once per image; a join may be planned otherwise before new images are analysed.
# It answers for images that were missing for a while, and have their task.
# The queue's order is a hash of the image under the project's seed: the same wherever and however often it is made.
_MAKE = """
WITH chunk AS MATERIALIZED (
    SELECT id, arrival FROM projects_image
    WHERE dataset_id = %(dataset)s AND state = 'ok' AND (arrival, id) > (%(arrival)s, %(image)s)
    ORDER BY arrival, id LIMIT %(limit)s
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
), last AS (
    SELECT arrival, id FROM chunk ORDER BY arrival DESC, id DESC LIMIT 1
)
SELECT (SELECT count(*) FROM chunk), (SELECT count(*) FROM made), (SELECT arrival FROM last), (SELECT id FROM last)
"""

_AHEAD = """
SELECT count(*) FROM projects_image
WHERE dataset_id = %(dataset)s AND state = 'ok' AND (arrival, id) > (%(arrival)s, %(image)s)
"""


@dataclass(frozen=True)
class Chunk:
    """One step: images it looked at, tasks it made."""

    images: int
    tasks: int


def initialize(job: jobs.Running, project: Project) -> dict[str, int]:
    """Makes the tasks that are missing and, where the project was waiting for them, sets it running."""
    Project.objects.filter(pk=project.pk, state=Project.State.DRAFT).update(state=Project.State.INITIALIZING)
    links = list(ProjectDataset.objects.filter(project=project).order_by("dataset_id"))
    done = job.cursor or {"images": 0, "tasks": 0}
    total = done["images"] + sum(map(ahead, links))
    for link in links:
        is_done = False
        while not is_done:
            with job.effects():
                chunk = take_chunk(project, link, limit=CHUNK)
                done = {"images": done["images"] + chunk.images, "tasks": done["tasks"] + chunk.tasks}
                job.checkpoint(done)
            job.progress(done["images"], max(total, done["images"]))
            is_done = chunk.images < CHUNK
    with job.effects():
        _finish(project)
    return {"tasks": done["tasks"], "images": done["images"]}


def ahead(link: ProjectDataset) -> int:
    """How many readable images of the dataset the project has not looked at yet. Reads none of the others."""
    with connection.cursor() as cursor:
        cursor.execute(_AHEAD, _position(link))
        return int(cursor.fetchone()[0])


def take_chunk(project: Project, link: ProjectDataset, *, limit: int) -> Chunk:
    """Makes tasks of the dataset's next images and moves the position behind them; inside the caller's transaction."""
    # Locked before anything is read, so that two jobs take turns. All images up to `arrivals` are visible from here on.
    link = ProjectDataset.objects.select_for_update(no_key=True, of=("self",)).select_related("dataset").get(pk=link.pk)
    arrivals = link.dataset.arrivals
    with connection.cursor() as cursor:
        cursor.execute(
            _MAKE,
            {
                "organisation": project.organisation_id,
                "project": project.pk,
                "limit": limit,
                "seed": project.seed,
                "slots": project.labellers_minimum,
                **_position(link),
            },
        )
        images, tasks, *last = cursor.fetchone()
    position = (last[0], last[1]) if images else (link.taken_arrival, link.taken_image_id)
    if images < limit:
        # Nothing is left up to there, even if the last arrivals brought no image that is readable now.
        position = max(position, (arrivals, 0))
    ProjectDataset.objects.filter(pk=link.pk).update(taken_arrival=position[0], taken_image_id=position[1])
    if tasks:
        progress.append(
            organisation_id=project.organisation_id, project_id=project.pk, changes=[Change(Metric.OPEN, tasks)]
        )
    return Chunk(images, tasks)


def _position(link: ProjectDataset) -> dict[str, int]:
    return {"dataset": link.dataset_id, "arrival": link.taken_arrival, "image": link.taken_image_id}


def _finish(project: Project) -> None:
    Project.objects.filter(pk=project.pk, state=Project.State.INITIALIZING).update(
        state=Project.State.RUNNING, started_at=timezone.now()
    )
    QueuePosition.objects.filter(project=project).update(rests_until=None)
