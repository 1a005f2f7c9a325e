"""Shards whose workers die are halved until what kills them stands alone."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from projects import jobs
from projects.jobs import sweeping
from projects.models import Organisation


def work_through(job: jobs.Job) -> int:
    """Runs what is due, and lets the leases of dead workers run out, until the job has ended; says how many died."""
    died = 0
    while not job.has_ended:
        jobs.run_due()
        lost = jobs.Job.objects.filter(state="running")
        died += lost.count()
        lost.update(lease_until=Now() - timedelta(seconds=1))
        sweeping.release_expired()
        jobs.Job.objects.filter(state="queued").update(next_attempt_at=Now())
        job.refresh_from_db()
    return died


def whole(organisation: Organisation, items: list[str]) -> jobs.Job:
    return jobs.enqueue("test.whole", organisation_id=organisation.pk, arguments={"items": items})


@pytest.mark.parametrize("place", [0, 3, 7])
def test_one_bad_item_is_isolated_wherever_it_stands(organisation, place):
    items = [f"{n}" for n in range(8)]
    items[place] = "killer"
    job = whole(organisation, items)
    # Three halvings and the second attempt of the last half: the first attempt of it is the fourth death.
    assert work_through(job) == 5
    assert job.result == {
        "done": sorted(set(items) - {"killer"}),
        "bad": ["killer"],
        "shards": {"succeeded": 4},
    }
    assert (job.progress_done, job.progress_total) == (8, 8)


def test_several_bad_items_are_all_isolated(organisation):
    job = whole(organisation, ["a", "killer", "b", "c", "killer"])
    work_through(job)
    assert (job.result["done"], job.result["bad"]) == (["a", "b", "c"], ["killer", "killer"])


def test_a_single_item_that_survives_its_second_attempt_is_good(organisation, monkeypatch):
    job = whole(organisation, ["killer"])
    jobs.run_due()
    shard = jobs.Job.objects.get(parent=job)
    jobs.Job.objects.filter(pk=shard.pk).update(arguments={"items": ["lucky"]})
    work_through(job)
    shard.refresh_from_db()
    assert (job.result["done"], job.result["bad"], shard.attempt) == (["lucky"], [], 2)


def test_shards_of_a_cancelled_job_are_not_halved(organisation):
    job = whole(organisation, ["a", "killer"])
    jobs.run_due()
    jobs.request_cancel(job)
    jobs.Job.objects.filter(state="running").update(lease_until=Now() - timedelta(seconds=1))
    sweeping.release_expired()
    assert list(jobs.Job.objects.filter(parent=job).values_list("state", flat=True)) == ["cancelled"]


def test_a_job_that_is_no_shard_uses_up_its_attempts(organisation):
    job = jobs.enqueue("test.some", organisation_id=organisation.pk, arguments={"items": ["killer", "a"]})
    work_through(job)
    assert (job.state, job.attempt, job.error_code) == ("failed", 2, "worker_lost")
