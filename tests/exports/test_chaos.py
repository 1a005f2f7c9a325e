"""Workers that write an export are killed, really: the file is the same as one that nobody disturbed."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from exports import freezing, services
from exports.models import Export
from projects import jobs
from projects.jobs import doorbell
from projects.models import Job
from tests.conftest import Cast
from tests.exports.labelled import content, many
from tests.projects.jobs.fleet import Fleet, until

BOOT = 120
"""Seconds that a worker may take to start and to work, on a machine of any speed."""
pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.xdist_group("exports-chaos")]


@pytest.fixture
def fleet(transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    """Real processes that share a store with the test."""
    made = Fleet(connection.settings_dict["NAME"])
    made.redis.start()
    settings.STORAGE_URL = f"file://{made.folder}/store"
    made.environment["TEST_JOBS_STORE"] = settings.STORAGE_URL
    monkeypatch.setattr(doorbell, "broker", doorbell.connect(made.redis.url))
    try:
        yield made
    finally:
        made.close()


def test_whoever_writes_and_dies_the_bytes_are_the_same(
    fleet: Fleet, cast: Cast, dataset: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freezing, "PART", 2)
    many(cast, dataset, 9)
    export = services.request_export(project=cast.project, format="yolo", actor=cast.manager)
    # What is frozen here is written by others.
    jobs.run_due(1)
    shards = Job.objects.filter(parent=export.job)
    assert shards.count() == 5
    fleet.tick()
    for _ in range(2):
        # The worker dies in the middle of whatever it does.
        before = shards.filter(state="succeeded").count()
        worker = fleet.worker(threads=1)
        until(lambda before=before: shards.filter(state="succeeded").count() > before, BOOT)
        fleet.kill(worker)
    fleet.worker(threads=2)
    fleet.worker(threads=2)
    until(lambda: Job.objects.get(pk=export.job_id).has_ended, BOOT)
    assert Job.objects.get(pk=export.job_id).state == "succeeded"
    survived = content(export)

    for process in list(fleet.processes):
        fleet.kill(process)
    Job.objects.filter(parent=export.job).delete()
    Export.objects.filter(pk=export.pk).update(completed_at=None, key="")
    Job.objects.filter(pk=export.job_id).update(state="queued", attempt=0, finished_at=None)
    jobs.run_due()
    assert content(export) == survived
