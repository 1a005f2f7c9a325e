import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from annotations import initializing, progress
from annotations.initializing import Chunk
from annotations.models import Task
from annotations.progress import Counts
from projects import jobs, reading, tenancy
from projects.models import Job, Project, ProjectDataset
from tests.annotations.conftest import Bench, MakeBench

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(make_bench: MakeBench) -> Bench:
    bench = make_bench(tasks=0, minimum=2, maximum=3)
    bench.add_images(5)
    bench.add_images(1, state="unreadable", width=0, height=0)
    Project.objects.filter(pk=bench.project.pk).update(state="initializing", seed=7)
    return bench


def run(bench: Bench) -> dict[str, Any]:
    project = bench.project
    job = jobs.enqueue(
        "projects.initialize",
        organisation_id=project.organisation_id,
        arguments={"project_id": project.pk},
        title="Initialize",
        dedupe_key=f"project:{project.pk}",
    )
    jobs.run_due()
    job.refresh_from_db()
    assert job.state == Job.State.SUCCEEDED, job.error_detail
    project.refresh_from_db()
    return job.result


def test_readable_images_become_open_tasks_and_the_project_runs(draft: Bench) -> None:
    assert run(draft) == {"tasks": 5, "images": 5}
    assert draft.project.state == "running"
    assert draft.project.started_at is not None
    tasks = Task.objects.all()
    assert {(task.status, task.open_slots, task.answers) for task in tasks} == {("open", 2, 0)}
    assert len({task.shuffle_key for task in tasks}) == 5
    assert {task.code.version for task in tasks} == {7}
    assert progress.counts(draft.project.pk) == Counts(open=5)


def test_again_makes_only_what_is_missing(draft: Bench) -> None:
    run(draft)
    before = dict(Task.objects.values_list("image_id", "shuffle_key"))
    draft.add_images(2)
    assert run(draft) == {"tasks": 2, "images": 2}
    assert run(draft) == {"tasks": 0, "images": 0}
    after = dict(Task.objects.values_list("image_id", "shuffle_key"))
    assert before.items() <= after.items()
    assert progress.counts(draft.project.pk) == Counts(open=7)


def test_paused_project_takes_new_tasks_and_stays_paused(draft: Bench) -> None:
    run(draft)
    Project.objects.update(state="paused")
    draft.add_images(1)
    run(draft)
    assert draft.project.state == "paused"


def test_chunks_go_on_behind_the_position(draft: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    link = ProjectDataset.objects.get(project=draft.project)
    assert initializing.ahead(link) == 5
    assert initializing.take_chunk(draft.project, link, limit=2) == Chunk(images=2, tasks=2)
    assert initializing.take_chunk(draft.project, link, limit=2) == Chunk(images=2, tasks=2)
    link.refresh_from_db()
    assert initializing.ahead(link) == 1
    monkeypatch.setattr(initializing, "CHUNK", 1)
    assert run(draft) == {"tasks": 1, "images": 1}


def test_a_job_that_died_goes_on_and_counts_once(draft: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initializing, "CHUNK", 2)
    real, calls = initializing.take_chunk, []

    def dying(*arguments: Any, **options: Any) -> Chunk:
        calls.append(1)
        chunk = real(*arguments, **options)
        if len(calls) == 2:
            raise RuntimeError("the power went")
        return chunk

    monkeypatch.setattr(initializing, "take_chunk", dying)
    job = jobs.enqueue(
        "projects.initialize",
        organisation_id=draft.project.organisation_id,
        arguments={"project_id": draft.project.pk},
    )
    jobs.run_due()
    assert progress.counts(draft.project.pk) == Counts(open=2)
    Job.objects.filter(pk=job.pk).update(next_attempt_at=Now())
    jobs.run_due()
    job.refresh_from_db()
    assert (job.result, job.progress_done, job.progress_total) == ({"tasks": 5, "images": 5}, 5, 5)
    assert progress.counts(draft.project.pk) == Counts(open=5)


def scanned(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The nodes of a plan that read a table."""
    if "Relation Name" in plan:
        yield plan
    for part in plan.get("Plans", ()):
        yield from scanned(part)


def test_what_was_taken_in_is_not_read_again(draft: Bench) -> None:
    draft.add_images(3000)
    run(draft)
    with transaction.atomic():
        reading.write(draft.dataset, [reading.Found(f"new/{n}.jpg", "ok", 5, width=1, height=1) for n in range(3)])
    link = ProjectDataset.objects.get(project=draft.project)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE projects_image")
        place = {"dataset": link.dataset_id, "arrival": link.taken_arrival, "image": link.taken_image_id}
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {initializing._AHEAD}", place)
        scans = list(scanned(cursor.fetchone()[0][0]["Plan"]))
    assert [(scan["Relation Name"], scan["Index Name"], scan["Actual Rows"]) for scan in scans] == [
        ("projects_image", "image_by_arrival", 3)
    ]
    assert "Filter" not in scans[0] or scans[0].get("Rows Removed by Filter", 0) == 0
    assert run(draft) == {"tasks": 3, "images": 3}


@pytest.mark.django_db(transaction=True)
def test_an_image_that_commits_late_is_not_missed(draft: Bench) -> None:
    """The one that was drawn first commits last: whoever comes later waits for it, and finds both."""
    drawn, may_commit = threading.Event(), threading.Event()

    def write(name: str, wait: threading.Event | None) -> None:
        with tenancy.for_organisation(draft.project.organisation_id), transaction.atomic():
            reading.write(draft.dataset, [reading.Found(name, "ok", 5, width=1, height=1)])
            drawn.set()
            if wait:
                assert wait.wait(20)
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        early = pool.submit(write, "early.jpg", may_commit)
        assert drawn.wait(20)
        late = pool.submit(write, "late.jpg", None)
        assert run(draft) == {"tasks": 5, "images": 5}
        assert not late.done()
        may_commit.set()
        early.result(20)
        late.result(20)
    assert run(draft) == {"tasks": 2, "images": 2}
    connection.close_pool()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_nothing_is_missed_or_doubled_while_others_write(draft: Bench) -> None:
    """Four writers commit at random moments while two jobs take in again and again."""
    organisation, project = draft.project.organisation_id, draft.project
    link = ProjectDataset.objects.get(project=project)
    writing = threading.Event()
    writing.set()

    def write(number: int) -> int:
        for page in range(30):
            with tenancy.for_organisation(organisation), transaction.atomic():
                found = [
                    reading.Found(f"{number}/{page}/{n}.jpg", "ok" if n else "unreadable", 5, width=1, height=1)
                    for n in range(4)
                ]
                reading.write(draft.dataset, found)
                time.sleep(random.random() / 100)
        connection.close()
        return 0

    def take(_: int) -> int:
        looked_at = 0
        while True:
            is_last = not writing.is_set()
            with tenancy.for_organisation(organisation), transaction.atomic():
                chunk = initializing.take_chunk(project, link, limit=7)
            looked_at += chunk.images
            if is_last and not chunk.images:
                connection.close()
                return looked_at

    with ThreadPoolExecutor(6) as pool:
        takers = [pool.submit(take, n) for n in range(2)]
        writers = [pool.submit(write, n) for n in range(4)]
        for writer in writers:
            writer.result(60)
        writing.clear()
        looked_at = sum(taker.result(60) for taker in takers)
    readable = 5 + 4 * 30 * 3
    assert looked_at == Task.objects.filter(project=project).count() == readable
    assert progress.counts(project.pk) == Counts(open=readable)
    connection.close_pool()


def test_order_depends_on_the_seed_alone(draft: Bench) -> None:
    def start_over() -> None:
        Task.objects.all().delete()
        ProjectDataset.objects.update(taken_arrival=0, taken_image_id=0)

    run(draft)
    once = dict(Task.objects.values_list("image_id", "shuffle_key"))
    start_over()
    run(draft)
    assert dict(Task.objects.values_list("image_id", "shuffle_key")) == once
    start_over()
    Project.objects.update(seed=8)
    draft.project.refresh_from_db()
    run(draft)
    assert dict(Task.objects.values_list("image_id", "shuffle_key")) != once
