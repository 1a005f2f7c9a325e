"""Jobs run inline: what handlers are given, and what becomes of how they end."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction

from projects import jobs, tenancy
from projects.errors import Conflict
from projects.jobs import claiming, outcomes, running
from projects.models import Organisation, Workspace
from tests import factories


def enqueue(organisation, kind, **arguments):
    return jobs.enqueue(kind, organisation_id=organisation.pk, arguments=arguments, title="Test")


def state_of(job):
    job.refresh_from_db()
    return job.state


def make_due():
    jobs.Job.objects.update(next_attempt_at="2020-01-01T00:00Z")


def test_job_runs_inside_its_organisation(organisation):
    factories.OrganisationFactory()
    seen = []

    @jobs.handler("test.look", queue="fast")
    def look(job: jobs.Running) -> None:
        seen.extend(Organisation.objects.values_list("pk", flat=True))

    job = enqueue(organisation, "test.look")
    assert jobs.run_due() == 1
    assert (state_of(job), job.attempt, seen) == ("succeeded", 1, [organisation.pk])
    assert job.finished_at is not None
    assert job.lease_token is None


def test_result_and_progress_are_kept(organisation):
    job = enqueue(organisation, "test.count", name="step", steps=3)
    jobs.run_due()
    assert (state_of(job), job.result, job.progress_done, job.progress_total, job.cursor) == (
        "succeeded",
        {"steps": 3},
        3,
        3,
        3,
    )
    assert Workspace.objects.count() == 3


def test_unknown_kind_and_wrong_arguments_are_refused_when_enqueued(organisation):
    with pytest.raises(LookupError, match="No handler is registered for jobs of kind"):
        enqueue(organisation, "test.none")
    with pytest.raises(TypeError, match="missing a required argument: 'name'"):
        enqueue(organisation, "test.mark")


def test_retry_waits_longer_each_time_and_gives_up(organisation, settings):
    job = enqueue(organisation, "test.fail", times=9)
    for attempt in (1, 2):
        assert jobs.run_due() == 1
        assert state_of(job) == "queued"
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM %s - statement_timestamp())", [job.next_attempt_at])
            pause = float(cursor.fetchone()[0])
        expected = settings.JOBS_RETRY_SECONDS * 4 ** (attempt - 1)
        assert 0.7 * expected < pause < 1.3 * expected
        assert jobs.run_due() == 0
        make_due()
    assert jobs.run_due() == 1
    assert (state_of(job), job.attempt, job.error_code, job.error_detail) == (
        "failed",
        3,
        "error",
        "RuntimeError: attempt 3",
    )


def test_backoff_has_a_limit():
    assert timedelta(minutes=45) <= outcomes.backoff(500) <= timedelta(minutes=75)


def test_failure_that_passes_is_retried_to_success(organisation):
    job = enqueue(organisation, "test.fail", times=1)
    jobs.run_due()
    make_due()
    jobs.run_due()
    assert (state_of(job), job.result, job.error_code) == ("succeeded", {"attempt": 2}, "")


def test_bad_input_fails_at_once(organisation):
    job = enqueue(organisation, "test.refuse")
    jobs.run_due()
    assert (state_of(job), job.attempt, job.error_code, job.error_detail) == (
        "failed",
        1,
        "bad_input",
        "The file is no image.",
    )


def test_result_that_is_no_json_fails_the_job(organisation):
    @jobs.handler("test.object", queue="fast", attempts=1)
    def answer(job: jobs.Running) -> dict[str, object]:
        return {"answer": object()}

    job = enqueue(organisation, "test.object")
    jobs.run_due()
    assert (state_of(job), job.error_code) == ("failed", "error")


def test_rollback_after_enqueue_leaves_no_job(organisation):
    def give_up():
        with transaction.atomic():
            enqueue(organisation, "test.mark", name="never")
            raise LookupError

    with pytest.raises(LookupError):
        give_up()
    assert jobs.Job.objects.count() == 0


def test_hint_is_sent_on_commit(organisation, django_capture_on_commit_callbacks, monkeypatch):
    rung = []
    monkeypatch.setattr("projects.jobs.doorbell.broker.enqueue", rung.append)
    with django_capture_on_commit_callbacks(execute=True):
        job = enqueue(organisation, "test.mark", name="mark")
        jobs.enqueue(
            "test.mark", organisation_id=organisation.pk, arguments={"name": "later"}, delay=timedelta(minutes=1)
        )
        assert rung == []
    assert [(message.queue_name, message.args) for message in rung] == [("fast", (job.pk,))]


def test_dedupe_returns_the_unfinished_job(organisation):
    other = factories.OrganisationFactory()

    def once(place):
        return jobs.enqueue("test.mark", organisation_id=place.pk, arguments={"name": "once"}, dedupe_key="key")

    first = once(organisation)
    assert once(organisation) == first
    assert once(other) != first
    jobs.run_due()
    assert once(organisation) != first


def test_cursor_survives_a_failure(organisation):
    attempts = []

    @jobs.handler("test.resume", queue="fast")
    def resume(job: jobs.Running) -> None:
        attempts.append(job.cursor)
        with job.effects():
            job.checkpoint({"after": 7})
        if len(attempts) == 1:
            raise RuntimeError("after the checkpoint")

    job = enqueue(organisation, "test.resume")
    jobs.run_due()
    make_due()
    jobs.run_due()
    assert (state_of(job), attempts) == ("succeeded", [None, {"after": 7}])


def test_stolen_lease_lets_nothing_be_written(organisation):
    caught = []

    @jobs.handler("test.zombie", queue="fast")
    def zombie(job: jobs.Running) -> None:
        jobs.Job.objects.filter(pk=job.job.pk).update(lease_token=uuid4(), attempt=2)
        try:
            with job.effects():
                Workspace.objects.create(organisation_id=organisation.pk, name="zombie's")
        except jobs.LostLease as lost:
            caught.append(lost)
            raise

    job = enqueue(organisation, "test.zombie")
    jobs.run_due(1)
    assert Workspace.objects.count() == 0
    assert len(caught) == 1
    assert (state_of(job), job.attempt) == ("running", 2)


def test_outcome_of_a_zombie_is_dropped(organisation):
    job = enqueue(organisation, "test.mark", name="mark")
    claimed = claiming.claim("fast")
    jobs.Job.objects.update(lease_token=uuid4())
    assert outcomes.succeed(claimed, {}) is False
    assert state_of(job) == "running"


def test_parent_waits_for_its_shards_and_counts_the_failed(organisation):
    job = enqueue(organisation, "test.parent", items=["a", "b", "c"], bad="b")
    assert jobs.run_due(1) == 1
    assert (state_of(job), job.waiting, job.attempt, job.progress_total) == ("queued", True, 0, 3)
    jobs.run_due()
    assert (state_of(job), job.attempt, job.progress_done) == ("succeeded", 1, 3)
    assert job.result == {"items": ["a", "c"], "failed": 1, "shards": {"succeeded": 2, "failed": 1}}


def test_retry_of_a_parent_runs_only_what_did_not_succeed(organisation):
    job = enqueue(organisation, "test.parent", items=["a", "b"], bad="b")
    jobs.run_due()
    shard = jobs.Job.objects.get(parent=job, state="failed")
    jobs.Job.objects.filter(pk=shard.pk).update(arguments={"item": "b"})
    jobs.retry(job)
    jobs.run_due()
    assert (state_of(job), job.result["items"], job.progress_done) == ("succeeded", ["a", "b"], 2)
    assert jobs.Job.objects.filter(parent=job).count() == 2


def test_retry_of_one_shard_runs_its_parent_again(organisation):
    job = enqueue(organisation, "test.parent", items=["a", "b"], bad="b")
    jobs.run_due()
    shard = jobs.Job.objects.get(parent=job, state="failed")
    jobs.Job.objects.filter(pk=shard.pk).update(arguments={"item": "b"})
    jobs.retry(shard)
    assert (state_of(job), job.waiting) == ("queued", True)
    jobs.run_due()
    assert (state_of(job), job.result["failed"]) == ("succeeded", 0)


def test_cancel_of_a_queued_job_is_at_once(organisation):
    job = jobs.request_cancel(enqueue(organisation, "test.mark", name="never"))
    assert job.state == "cancelled"
    assert jobs.run_due() == 0


def test_cancel_of_a_running_job_ends_it_at_its_next_progress(organisation):
    job = enqueue(organisation, "test.mark", name="never", seconds=1)
    claimed = claiming.claim("fast")
    assert jobs.request_cancel(job).state == "running"
    running.run(claimed)
    assert (state_of(job), Workspace.objects.count()) == ("cancelled", 0)


def test_cancel_of_a_parent_cancels_its_shards(organisation):
    job = enqueue(organisation, "test.parent", items=["a", "b"])
    jobs.run_due(1)
    assert jobs.request_cancel(job).state == "cancelled"
    assert set(jobs.Job.objects.filter(parent=job).values_list("state", flat=True)) == {"cancelled"}


def test_cancel_of_the_last_shard_wakes_the_parent(organisation):
    job = enqueue(organisation, "test.parent", items=["a"])
    jobs.run_due(1)
    jobs.request_cancel(jobs.Job.objects.get(parent=job))
    jobs.run_due()
    assert (state_of(job), job.result["shards"]) == ("succeeded", {"cancelled": 1})


def test_retry_starts_from_the_first_attempt(organisation):
    job = enqueue(organisation, "test.refuse")
    with pytest.raises(Conflict, match="Only a job that failed"):
        jobs.retry(job)
    jobs.run_due()
    job = jobs.retry(job)
    assert (job.state, job.attempt, job.error_code) == ("queued", 0, "")


def test_retry_next_to_the_same_work_is_a_conflict(organisation):
    def once():
        return jobs.enqueue("test.refuse", organisation_id=organisation.pk, dedupe_key="key")

    first = once()
    jobs.run_due()
    once()
    first.refresh_from_db()
    with pytest.raises(Conflict, match="The same work is queued already"):
        jobs.retry(first)


def test_job_of_a_kind_that_is_gone_fails_in_words(organisation):
    job = enqueue(organisation, "test.mark", name="mark")
    jobs.Job.objects.update(kind="test.gone", max_attempts=1)
    jobs.run_due()
    assert (state_of(job), job.error_code) == ("failed", "unknown_kind")


def test_job_of_the_installation_sees_every_organisation(organisation):
    seen = []

    @jobs.handler("test.system", queue="fast")
    def look(job: jobs.Running) -> None:
        seen.append(tenancy.current().system)

    jobs.enqueue("test.system", organisation_id=None)
    jobs.run_due()
    assert seen == [True]


def test_organisation_at_its_limit_waits_and_another_goes_first(organisation, settings):
    settings.JOBS_PER_ORGANISATION = 2
    other = factories.OrganisationFactory()
    for number in range(4):
        enqueue(organisation, "test.mark", name=str(number))
    late = enqueue(other, "test.mark", name="late")
    claimed = [claiming.claim("fast") for _ in range(4)]
    assert [job and job.organisation_id for job in claimed].count(organisation.pk) == 2
    assert late in claimed
    assert claimed[3] is None
    running.run(next(job for job in claimed if job.organisation_id == organisation.pk))
    assert claiming.claim("fast").organisation_id == organisation.pk


def test_higher_priority_goes_first(organisation):
    low = enqueue(organisation, "test.mark", name="low")
    high = jobs.enqueue("test.mark", organisation_id=organisation.pk, arguments={"name": "high"}, priority=5)
    assert [claiming.claim("fast"), claiming.claim("fast")] == [high, low]
