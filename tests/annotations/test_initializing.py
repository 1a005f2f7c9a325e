from typing import Any

import pytest

from annotations import initializing, progress
from annotations.models import Task
from annotations.progress import Counts
from projects import jobs
from projects.models import Job, Project
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
    assert run(draft) == {"tasks": 2, "images": 7}
    assert run(draft)["tasks"] == 0
    after = dict(Task.objects.values_list("image_id", "shuffle_key"))
    assert before.items() <= after.items()
    assert progress.counts(draft.project.pk) == Counts(open=7)


def test_paused_project_takes_new_tasks_and_stays_paused(draft: Bench) -> None:
    run(draft)
    Project.objects.update(state="paused")
    draft.add_images(1)
    run(draft)
    assert draft.project.state == "paused"


def test_chunks_go_on_behind_the_cursor(draft: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initializing, "CHUNK", 2)
    first = initializing.make_chunk(draft.project, draft.dataset.pk, 0, limit=2)
    assert (first.images, first.tasks) == (2, 2)
    second = initializing.make_chunk(draft.project, draft.dataset.pk, first.last or 0, limit=2)
    assert (second.images, second.tasks) == (2, 2)
    monkeypatch.undo()
    assert run(draft) == {"tasks": 1, "images": 5}


def test_order_depends_on_the_seed_alone(draft: Bench) -> None:
    run(draft)
    once = dict(Task.objects.values_list("image_id", "shuffle_key"))
    Task.objects.all().delete()
    run(draft)
    assert dict(Task.objects.values_list("image_id", "shuffle_key")) == once
    Task.objects.all().delete()
    Project.objects.update(seed=8)
    draft.project.refresh_from_db()
    run(draft)
    assert dict(Task.objects.values_list("image_id", "shuffle_key")) != once
