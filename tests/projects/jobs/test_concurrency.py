"""Several processes at once, played by threads with database connections of their own."""

import secrets
import threading
from datetime import timedelta

import pytest
from django.db import connection

from exports.models import Export
from projects import jobs, tenancy
from projects.jobs import claiming, registry, sweeping, ticking
from projects.jobs.models import Schedule
from projects.models import Organisation, Workspace
from tests import factories


@pytest.fixture
def organisation(transactional_db: None) -> Organisation:
    return factories.OrganisationFactory()


def in_threads(number, function):
    """What the function answers when called at the same time in so many threads."""
    answers = []
    start = threading.Barrier(number)

    def call():
        start.wait(timeout=10)
        try:
            with tenancy.system_access("a thread of a test"):
                answers.append(function())
        finally:
            connection.close()

    threads = [threading.Thread(target=call) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def enqueue(organisation, kind="test.mark", **options):
    arguments = {"name": secrets.token_hex(4)} if kind == "test.mark" else {}
    return jobs.enqueue(kind, organisation_id=organisation.pk, arguments=arguments, **options)


def test_dedupe_race_makes_one_row(organisation):
    made = in_threads(20, lambda: enqueue(organisation, dedupe_key="key").pk)
    assert len(made) == 20
    assert set(made) == set(jobs.Job.objects.values_list("pk", flat=True))
    assert jobs.Job.objects.count() == 1


def test_claims_at_once_keep_the_limit_of_the_organisation(organisation, settings):
    settings.JOBS_PER_ORGANISATION = 3
    other = factories.OrganisationFactory()
    for _ in range(8):
        enqueue(organisation)
    enqueue(other)
    claimed = [job for job in in_threads(8, lambda: claiming.claim("fast")) if job]
    assert len({job.pk for job in claimed}) == len(claimed)
    running = jobs.Job.objects.filter(state="running")
    assert (running.filter(organisation=organisation).count(), running.filter(organisation=other).count()) == (3, 1)


def test_two_sweepers_release_each_expired_job_once(organisation):
    for _ in range(4):
        enqueue(organisation)
    claimed = [claiming.claim("fast") for _ in range(4)]
    jobs.Job.objects.filter(pk=claimed[0].pk).update(max_attempts=1)
    jobs.Job.objects.update(lease_until="2020-01-01T00:00Z")
    assert sum(in_threads(2, sweeping.release_expired)) == 4
    assert sorted(jobs.Job.objects.values_list("state", "attempt", "error_code")) == [
        ("failed", 1, "worker_lost"),
        *[("queued", 1, "worker_lost")] * 3,
    ]


def test_sweeper_cancels_a_job_that_lost_its_worker_while_being_cancelled(organisation):
    job = enqueue(organisation)
    claiming.claim("fast")
    jobs.request_cancel(job)
    jobs.Job.objects.update(lease_until="2020-01-01T00:00Z")
    sweeping.sweep()
    job.refresh_from_db()
    assert job.state == "cancelled"


def test_sweeper_hints_at_no_more_jobs_than_may_run(organisation, settings, monkeypatch):
    settings.JOBS_PER_ORGANISATION = 2
    rung = []
    monkeypatch.setattr("projects.jobs.doorbell.ring", lambda queue, ids: rung.append((queue, list(ids))))
    first, second, _third = [enqueue(organisation) for _ in range(3)]
    rung.clear()
    sweeping.hint("fast")
    assert rung == []  # told on commit, not long ago
    jobs.Job.objects.update(dispatched_at=None)
    sweeping.hint("fast")
    sweeping.hint("fast")
    assert rung == [("fast", [first.pk, second.pk])]


def test_sweeper_wakes_a_parent_that_nobody_woke(organisation):
    parent = jobs.enqueue("test.parent", organisation_id=organisation.pk, arguments={"items": ["a"]})
    jobs.run_due(1)
    jobs.Job.objects.filter(parent=parent).update(state="failed")
    sweeping.sweep()
    parent.refresh_from_db()
    assert parent.waiting is False


def test_old_jobs_are_forgotten_unless_something_points_at_them(organisation):
    old, kept, recent = [enqueue(organisation) for _ in range(3)]
    project = factories.ProjectFactory(organisation=organisation, workspace__organisation=organisation)
    Export.objects.create(organisation=organisation, project=project, job=kept, name="x", format="coco")
    jobs.run_due()
    jobs.Job.objects.filter(pk__in=[old.pk, kept.pk]).update(finished_at="2020-01-01T00:00Z")
    assert sweeping.forget_old() == 1
    assert set(jobs.Job.objects.all()) == {kept, recent}


def test_one_tick_leads_until_it_resigns(transactional_db):
    first, second = ticking.Leadership(), ticking.Leadership()
    assert (first.holds(), second.holds(), first.holds()) == (True, False, True)
    first.resign()
    assert (second.holds(), first.holds()) == (True, False)
    second.resign()


def test_periodic_function_runs_once_in_its_time(transactional_db, monkeypatch):
    runs = []
    monkeypatch.setattr(registry, "periodics", {})
    monkeypatch.setattr(ticking, "periodics", registry.periodics)
    jobs.periodic("test.often", every=timedelta(minutes=5))(lambda: runs.append("often"))

    @jobs.periodic("test.broken", every=timedelta(minutes=5))
    def broken():
        runs.append("broken")
        raise RuntimeError("each time")

    in_threads(3, ticking.run_periodics)
    assert sorted(runs) == ["broken", "often"]
    Schedule.objects.filter(name="test.often").update(last_run_at="2020-01-01T00:00Z")
    in_threads(3, ticking.run_periodics)
    assert sorted(runs) == ["broken", "often", "often"]


def test_handler_whose_connection_drops_sees_its_organisation_again(organisation):
    factories.OrganisationFactory()
    seen = []

    @jobs.handler("test.drop", queue="fast")
    def drop(job: jobs.Running) -> None:
        connection.connection.close()
        with job.effects():
            seen.append(list(Organisation.objects.values_list("pk", flat=True)))
        connection.close()
        seen.append(list(Organisation.objects.values_list("pk", flat=True)))

    job = enqueue(organisation, "test.drop")
    jobs.run_due(1)
    with tenancy.system_access("look"):
        job.refresh_from_db()
        assert (job.state, seen) == ("succeeded", [[organisation.pk]] * 2)
        assert Workspace.objects.count() == 0
