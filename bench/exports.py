"""Exports from the database to the store: whole runs of COCO and YOLO, five boxes an image, by one and by two workers.

Freezing, parts and joining are in the figure, from asking to the end of the job. PostgreSQL and the workers share this
machine's cores.

    make bench NAME=exports                    50,000 images
    make bench NAME=exports ARGS='1000000'     so many
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench import measure

IMAGES, EACH, REPEATS = 50_000, 5, 3
FORMATS = ("coco", "yolo")
ANSWERS = """
UPDATE annotations_task t SET status = 'labelled', open_slots = 0, final_at = now(), final = jsonb_build_object(
    'labels', '[]'::jsonb, 'empty', false, 'regions', (
        SELECT jsonb_agg(jsonb_build_object(
            'id', n, 'shape', 'box', 'label', %(label)s, 'origin', 'manual',
            'x', t.id %% 700 + n * 10.5, 'y', n * 100.25, 'width', 120.5, 'height', 80.75))
        FROM generate_series(1, %(each)s) n))
WHERE project_id = %(project)s
"""


def main() -> None:
    """Every format by every number of workers."""
    measure.prepare()
    from projects import tenancy

    images = int(sys.argv[1]) if sys.argv[1:] else IMAGES
    with tenancy.system_access("bench"):
        project = labelled(images)
        for name in FORMATS:
            rates = {}
            for number in (1, 2):
                with workers(number):
                    rates[number] = [rate(project, name, images) for _ in range(REPEATS)]
                words = f"{name}, {images:,} images × {EACH} boxes, {number} worker{'s' if number > 1 else ''}"
                measure.report("exports", words, rates[number], unit="images/s")
            gains = [two / one for one, two in zip(rates[1], rates[2], strict=True)]
            measure.report("exports", f"{name}, 2 workers ÷ 1", gains, unit="×")


def labelled(images: int) -> Any:
    """A project whose images all have their answer, written by the database itself."""
    from django.db import connection

    from bench import queue_data
    from projects.models import Project

    made = queue_data.build(images, labellers=0, consensus=False)
    project = Project.objects.get(code=made["code"])
    with connection.cursor() as cursor:
        cursor.execute(ANSWERS, {"label": made["label"], "each": EACH, "project": project.pk})
        cursor.execute("VACUUM ANALYZE annotations_task")
    return project


def rate(project: Any, name: str, images: int) -> float:
    """Images per second of one export."""
    from exports import services
    from projects.models import User

    person = User.objects.filter(email="bench@example.com").first() or User.objects.create(email="bench@example.com")
    start = time.perf_counter()
    export = services.request_export(project=project, format=name, actor=person)
    job = export.job
    assert job is not None
    while not job.has_ended:
        time.sleep(0.02)
        job.refresh_from_db(fields=["state", "error_detail"])
    seconds = time.perf_counter() - start
    export.refresh_from_db()
    assert (job.state, export.manifest["images"]) == ("succeeded", images), job.error_detail
    return images / seconds


@contextmanager
def workers(number: int) -> Iterator[None]:
    """So many worker processes of one thread."""
    command = [sys.executable, "-m", "dramatiq", "config.worker", "--processes", "1", "--threads", "1"]
    running = [
        subprocess.Popen(
            [*command, "--queues", "bulk"],
            cwd=measure.CHECKOUT,
            env=os.environ | {"LOG_LEVEL": "ERROR"},
            stderr=subprocess.DEVNULL,
        )
        for _ in range(number)
    ]
    try:
        time.sleep(5)  # until they listen
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


if __name__ == "__main__":
    main()
