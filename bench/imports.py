"""Label import: 100,000 images with five boxes each, looked through and written, in images per second.

The whole job is measured, from the file in the store to the last commit, with the walls between tenants up. Two workers
run; a file is shared out between them in parts of `applying.SPAN` images.
"""

import io
import multiprocessing
import sys
import time
from collections.abc import Iterator
from typing import Any, cast

from bench import measure

IMAGES, EACH, REPEATS, WORKERS = 100_000, 5, 1, 2


def main() -> None:
    """`make bench NAME=imports`; ARGS=20000 for fewer images."""
    measure.prepare()
    from projects import tenancy
    from projects.models import Job

    count = int(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    with tenancy.system_access("bench"):
        Job.objects.unfinished().delete()
        for form in ("coco", "native"):
            _run(form, count)


def _run(form: str, count: int) -> None:
    from bench import queue_data
    from exports.importing import requesting
    from exports.importing.options import Writing
    from exports.models import ImportedTask
    from projects.models import Project, User

    rates: dict[str, list[float]] = {"looked through": [], "written": [], "taken back": []}
    for _ in range(REPEATS):
        built = queue_data.build(count, labellers=1, consensus=False)
        project = Project.objects.select_related("workspace").get(code=built["code"])
        actor = User.objects.order_by("pk").last()
        made = _received(project, cast("User", actor), _file(form, count))
        rates["looked through"].append(count / _seconds())
        made.refresh_from_db()
        requesting.write(label_import=made, actor=cast("User", actor), options=Writing())
        rates["written"].append(count / _seconds())
        assert ImportedTask.objects.filter(label_import=made).count() == count
        requesting.undo(label_import=made, actor=cast("User", actor))
        rates["taken back"].append(count / _seconds())
    for what, values in rates.items():
        at_least = 10_000 if what == "written" else None
        measure.report(
            "imports", f"{form}, {count:,} images of five boxes {what}", values, unit="rows/s", at_least=at_least
        )


def _seconds() -> float:
    """Runs what is due in two processes, as two workers would."""
    from django.db import connection

    from projects import tenancy

    connection.close()
    connection.close_pool()
    start = time.perf_counter()
    workers = [multiprocessing.get_context("fork").Process(target=_work) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - start
    # The connection that is opened next is a new one, and sees nothing yet.
    tenancy.enter(tenancy.Context(system=True))
    return seconds


def _work() -> None:
    """Goes on until nothing is left: what waits for parts is due again when they have ended."""
    from projects import jobs, tenancy
    from projects.models import Job

    with tenancy.system_access("bench"):
        while Job.objects.unfinished().exists():
            if not jobs.run_due():
                time.sleep(0.02)


def _received(project: Any, actor: Any, data: bytes) -> Any:
    from exports.importing import receiving, requesting

    made = requesting.announce(project=project, actor=actor, name="labels", byte_size=len(data))
    for offset in range(0, len(data), receiving.CHUNK):
        made = requesting.receive(
            label_import=made, actor=actor, offset=offset, data=data[offset : offset + receiving.CHUNK]
        )
    return made


def _file(form: str, count: int) -> bytes:
    from exports.formats import coco, native
    from exports.formats.records import ExportCategory

    out = io.BytesIO()
    writer: Any = {"coco": coco.write, "native": native.write}[form]
    writer(out, _images(count), [ExportCategory(1, "Car", "Car")])
    return out.getvalue()


def _images(count: int) -> Iterator[Any]:
    from annotations import geometry
    from exports.formats.records import ExportAnnotation, ExportImage

    for number in range(1, count + 1):
        boxes = [
            ExportAnnotation(1, "box", geometry.Box(number % 700 + at * 10.5, at * 100.25, 120.5, 80.75), code=f"r{at}")
            for at in range(EACH)
        ]
        yield ExportImage(number, f"photos/{number}.jpg", 1920, 1080, boxes)


if __name__ == "__main__":
    main()
