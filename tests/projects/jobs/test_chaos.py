"""The promise: whatever dies, every job is done, and its effects happen once. Real processes, really killed."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from PIL import Image as Pillow

from projects import datasets, jobs, reading
from projects.jobs import doorbell
from projects.models import Image, Organisation, Workspace
from tests import factories
from tests.projects.jobs import handlers
from tests.projects.jobs.fleet import Fleet, until

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.xdist_group("jobs-chaos")]


class Crew:
    """A fleet that always has one worker and one tick when a test begins."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.redis = fleet.redis
        self.worker = fleet.worker()
        self.tick = fleet.tick()

    def complete(self) -> None:
        if not self.redis.answers():
            self.redis.start()
        if self.worker.poll() is not None:
            self.worker = self.fleet.worker()
        if self.tick.poll() is not None:
            self.tick = self.fleet.tick()

    def replace_worker(self) -> None:
        self.worker = self.fleet.worker()


@pytest.fixture(scope="module")
def _crew(django_db_setup: None) -> Iterator[Crew]:
    fleet = Fleet(connection.settings_dict["NAME"])
    fleet.redis.start()
    try:
        yield Crew(fleet)
    finally:
        fleet.close()


@pytest.fixture
def crew(_crew: Crew, monkeypatch: pytest.MonkeyPatch) -> Crew:
    _crew.complete()
    monkeypatch.setattr(doorbell, "broker", doorbell.connect(_crew.redis.url))
    return _crew


@pytest.fixture
def organisation(transactional_db: None) -> Organisation:
    return factories.OrganisationFactory()


def enqueue(organisation: Organisation, kind: str, **arguments: object) -> jobs.Job:
    return jobs.enqueue(kind, organisation_id=organisation.pk, arguments=arguments)


def fresh(job: jobs.Job) -> jobs.Job:
    return jobs.Job.objects.get(pk=job.pk)


def ended(*all_jobs: jobs.Job) -> bool:
    return not jobs.Job.objects.unfinished().filter(pk__in=[job.pk for job in all_jobs]).exists()


def marks() -> list[str]:
    return sorted(Workspace.objects.values_list("name", flat=True))


def test_redis_killed_between_commit_and_hint(crew, organisation):
    crew.redis.kill()
    job = enqueue(organisation, "test.mark", name="late")
    assert fresh(job).state == "queued"
    crew.redis.start()
    until(lambda: ended(job))
    assert (fresh(job).state, fresh(job).attempt, marks()) == ("succeeded", 1, ["late"])


def test_worker_killed_in_the_middle(crew, organisation):
    job = enqueue(organisation, "test.count", name="step", steps=40, pause=0.05)
    until(lambda: (fresh(job).cursor or 0) >= 3)
    crew.fleet.kill(crew.worker)
    done = fresh(job).cursor
    crew.replace_worker()
    until(lambda: ended(job))
    job = fresh(job)
    assert (job.state, job.attempt, job.result) == ("succeeded", 2, {"steps": 40})
    assert marks() == sorted(f"step {n} in attempt {1 if n < done else 2}" for n in range(40))


def test_same_hint_fifty_times(crew, organisation):
    job = enqueue(organisation, "test.mark", name="once", seconds=0.5)
    doorbell.ring("fast", [job.pk] * 50)
    until(lambda: ended(job))
    until(lambda: crew.redis.client.llen(f"{doorbell.broker.namespace}:fast") == 0)
    assert (fresh(job).state, fresh(job).attempt, marks()) == ("succeeded", 1, ["once"])


def test_stolen_lease_writes_nothing(crew, organisation):
    job = enqueue(organisation, "test.mark", name="mark", seconds=1)
    until(lambda: fresh(job).progress_done > 2)
    thief = uuid4()
    jobs.Job.objects.filter(pk=job.pk).update(lease_token=thief)
    until(lambda: fresh(job).lease_token != thief)
    assert (fresh(job).error_code, marks()) == ("worker_lost", [])
    until(lambda: ended(job))
    assert (fresh(job).state, fresh(job).attempt, marks()) == ("succeeded", 2, ["mark"])


def test_poison_fails_and_the_others_go_on(crew, organisation):
    poison = enqueue(organisation, "test.poison")
    others = [enqueue(organisation, "test.mark", name=f"mark {n}", seconds=0.2) for n in range(6)]

    def all_ended() -> bool:
        crew.complete()  # the supervisor of a deployment starts dead workers again
        return ended(poison, *others)

    until(all_ended, 45)
    assert (fresh(poison).state, fresh(poison).error_code, fresh(poison).attempt) == ("failed", "worker_lost", 2)
    assert {fresh(job).state for job in others} == {"succeeded"}
    assert len(marks()) == 6


def test_a_file_that_kills_its_reader_is_found_and_the_others_are_read(crew, organisation):
    folder = crew.fleet.folder / "photos"
    folder.mkdir()
    for number in range(6):
        Pillow.new("RGB", (20, 10 + number)).save(folder / f"{number}.png")
    (folder / "4.png").write_bytes(handlers.KILLER)
    store = factories.DatastoreFactory(workspace__organisation=organisation, location={"path": str(folder)})
    dataset = factories.DatasetFactory(workspace=store.workspace, datastore=store, pattern="**/*.*")
    job = datasets.refresh(actor=factories.UserFactory(), dataset=dataset)

    def all_ended() -> bool:
        crew.complete()
        return ended(job)

    until(all_ended, 120)
    expected = {f"{n}.png": ("ok", 10 + n) for n in range(6)} | {"4.png": ("unreadable", 0)}
    images = Image.objects.filter(dataset=dataset)
    assert {image.key: (image.state, image.height) for image in images} == expected
    assert images.get(key="4.png").reason == reading.KILLER
    job = fresh(job)
    assert (job.state, job.result["read"], job.result["unreadable"]) == ("succeeded", 6, 1)
    assert set(job.result["shards"]) == {"succeeded"}
    again = datasets.refresh(actor=factories.UserFactory(), dataset=dataset)
    until(lambda: ended(again))
    assert (fresh(again).attempt, fresh(again).result["read"]) == (1, 0)


def test_workers_with_wrong_clocks(crew, organisation):
    crew.fleet.stop(crew.worker)
    workers = [crew.fleet.worker(clock=3600), crew.fleet.worker(clock=-3600)]
    long = [enqueue(organisation, "test.mark", name=f"long {n}", seconds=4.5) for n in range(2)]
    late = jobs.enqueue(
        "test.mark", organisation_id=organisation.pk, arguments={"name": "late"}, delay=timedelta(seconds=2)
    )
    until(lambda: ended(*long, late))
    for job in map(fresh, (*long, late)):
        assert (job.state, job.attempt) == ("succeeded", 1)
    assert fresh(late).started_at >= late.next_attempt_at
    assert fresh(late).started_at < late.next_attempt_at + timedelta(seconds=20)
    for worker in workers:
        crew.fleet.stop(worker)


def test_flushed_redis(crew, organisation):
    others = [factories.OrganisationFactory() for _ in range(3)]
    load = [enqueue(place, "test.mark", name=f"{n}") for n in range(15) for place in (organisation, *others)]
    until(lambda: jobs.Job.objects.filter(state="succeeded").count() > 5)
    crew.redis.client.flushall()
    until(lambda: ended(*load))
    assert set(jobs.Job.objects.values_list("state", "attempt")) == {("succeeded", 1)}
    assert Workspace.objects.count() == len(load)


def test_terminated_worker_hands_its_job_over(crew, organisation):
    job = enqueue(organisation, "test.count", name="step", steps=60, pause=0.1)
    until(lambda: (fresh(job).cursor or 0) >= 3)
    leaving, first_token = crew.worker, fresh(job).lease_token
    crew.replace_worker()
    assert crew.fleet.stop(leaving) < 10
    assert not ended(job)
    until(lambda: fresh(job).lease_token not in {None, first_token})
    assert fresh(job).cursor >= 3
    until(lambda: ended(job))
    assert (fresh(job).state, fresh(job).attempt, len(marks())) == ("succeeded", 1, 60)


def test_terminated_worker_takes_a_job_away_from_a_deaf_handler(crew, organisation):
    job = enqueue(organisation, "test.stubborn", seconds=6)
    until(lambda: fresh(job).state == "running")
    crew.fleet.stop(crew.worker)
    assert (fresh(job).state, fresh(job).attempt) == ("queued", 0)
    jobs.request_cancel(fresh(job))


def test_cancel_takes_seconds_and_time_limits_hold(crew, organisation):
    overdue = enqueue(organisation, "test.overdue")
    job = enqueue(organisation, "test.mark", name="never", seconds=60)
    until(lambda: fresh(job).state == "running")
    jobs.request_cancel(fresh(job))
    until(lambda: ended(job), 6)
    assert (fresh(job).state, marks()) == ("cancelled", [])
    until(lambda: ended(overdue))
    assert (fresh(overdue).state, fresh(overdue).error_code) == ("failed", "time_limit")


def test_postgresql_drops_every_connection(crew, organisation):
    running = enqueue(organisation, "test.count", name="step", steps=20, pause=0.1)
    until(lambda: (fresh(running).cursor or 0) >= 3)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()"
        )
    connection.pool.check()  # the test's own idle connections are gone too
    later = [enqueue(organisation, "test.mark", name=f"mark {n}") for n in range(4)]
    until(lambda: ended(running, *later))
    assert {fresh(job).state for job in (running, *later)} == {"succeeded"}
    assert len(marks()) == 24


def test_shards_share_the_workers_and_one_bad_one_sinks_none(crew, organisation):
    job = enqueue(organisation, "test.parent", items=[f"{n}" for n in range(25)], bad="7")
    until(lambda: ended(job))
    job = fresh(job)
    assert (job.state, job.result["failed"], len(job.result["items"])) == ("succeeded", 1, 24)
    assert job.result["shards"] == {"succeeded": 24, "failed": 1}
