"""Holding jobs and letting them go on."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from projects import jobs
from projects.errors import Conflict
from projects.jobs import claiming, sweeping
from projects.jobs.models import Job
from tests.conftest import Cast

pytestmark = pytest.mark.django_db
SEEN: list[int] = []


@jobs.handler("test.long", queue="bulk", pausable=True)
def long(job: jobs.Running, steps: int) -> dict[str, int]:
    """Counts, from where it was."""
    for step in range(job.cursor or 0, steps):
        SEEN.append(step)
        job.checkpoint(step + 1)
        job.progress(step + 1, steps)
    return {"steps": steps}


@jobs.handler("test.long-piece", queue="bulk", divides="items")
def piece(job: jobs.Running, items: list[int]) -> None:
    SEEN.extend(items)


@jobs.handler("test.long-shared", queue="bulk", pausable=True)
def shared(job: jobs.Running) -> dict[str, int]:
    """Has others count."""
    job.spawn([{"items": [1, 2]}, {"items": [3]}], kind="test.long-piece", total=5, done=2)
    return {"pieces": job.wait_for_shards().succeeded}


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    SEEN.clear()


def begun(cast: Cast, kind: str = "test.long", **arguments: int) -> Job:
    return jobs.enqueue(kind, organisation_id=cast.organisation.pk, arguments=arguments)


def test_a_job_that_waits_is_held_at_once_and_goes_on(cast: Cast) -> None:
    job = begun(cast, steps=3)
    jobs.pause(job)
    assert (job.state, job.paused, job.is_at_work) == ("queued", True, False)
    sweeping.sweep()
    assert jobs.run_due() == 0
    with pytest.raises(Conflict):
        jobs.pause(job)
    for _ in range(2):
        jobs.resume(job)
    assert jobs.run_due() == 1
    job.refresh_from_db()
    assert (job.state, job.paused, SEEN) == ("succeeded", False, [0, 1, 2])


def test_a_running_job_is_held_at_its_next_sign_of_life_without_losing_an_attempt(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = begun(cast, steps=5)
    real = jobs.Running.checkpoint

    def checkpoint(self: jobs.Running, cursor: int) -> None:
        real(self, cursor)
        if cursor == 2:
            jobs.pause(Job.objects.get(pk=job.pk))

    monkeypatch.setattr(jobs.Running, "checkpoint", checkpoint)
    jobs.run_due()
    job.refresh_from_db()
    assert (job.state, job.paused, job.attempt, job.cursor, job.progress_done) == ("queued", True, 0, 2, 2)
    assert jobs.run_due() == 0
    jobs.resume(job)
    assert job.paced_from == 2
    jobs.run_due()
    job.refresh_from_db()
    assert (job.state, SEEN) == ("succeeded", [0, 1, 2, 3, 4])


def test_a_job_whose_worker_died_while_it_was_held_stays_held(cast: Cast) -> None:
    job = begun(cast, steps=1)
    claimed = claiming.claim("bulk")
    assert claimed is not None
    jobs.pause(job)
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))
    sweeping.sweep()
    Job.objects.filter(pk=job.pk).update(next_attempt_at=Now())
    job.refresh_from_db()
    assert (job.state, job.paused) == ("queued", True)
    assert jobs.run_due() == 0
    jobs.resume(job)
    assert jobs.run_due() == 1


def test_shards_are_held_with_their_parent_and_count_by_their_items(cast: Cast) -> None:
    job = begun(cast, "test.long-shared")
    jobs.run_due(1)
    job.refresh_from_db()
    assert (job.waiting, job.progress_done, job.progress_total) == (True, 2, 5)
    jobs.run_due(1)
    jobs.pause(job)
    sweeping.sweep()
    assert (jobs.run_due(), SEEN) == (0, [1, 2])
    jobs.resume(job)
    jobs.run_due()
    job.refresh_from_db()
    assert (job.state, job.result["pieces"], SEEN) == ("succeeded", 2, [1, 2, 3])
    assert (job.progress_done, job.progress_total) == (5, 5)


def test_a_held_job_can_be_cancelled(cast: Cast) -> None:
    job = begun(cast, "test.long-shared")
    jobs.run_due(1)
    jobs.pause(job)
    jobs.request_cancel(job)
    assert (job.state, job.paused) == ("cancelled", False)
    assert set(Job.objects.filter(parent=job).values_list("state", flat=True)) == {"cancelled"}


def test_only_kinds_that_go_on_from_a_checkpoint_can_be_held(cast: Cast) -> None:
    job = jobs.enqueue("test.long-piece", organisation_id=cast.organisation.pk, arguments={"items": []})
    assert not jobs.can_pause(job)
    with pytest.raises(Conflict):
        jobs.pause(job)


def test_speed_is_measured_from_where_a_job_went_on(cast: Cast) -> None:
    job = begun(cast, steps=1)
    Job.objects.filter(pk=job.pk).update(
        state="running",
        started_at=timezone.now() - timedelta(hours=10),
        paced_at=timezone.now() - timedelta(seconds=100),
        paced_from=400,
        progress_done=600,
        progress_total=1000,
    )
    job.refresh_from_db()
    assert job.pace == "2 per second · about 3 minutes left"
