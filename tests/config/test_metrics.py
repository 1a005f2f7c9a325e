"""The operator's gauges: who gets them, and that they say what is so."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from annotations.models import Lease
from config import metrics
from projects import jobs
from projects.jobs import claiming
from projects.models import Job, User
from tests import factories
from tests.conftest import Cast
from tests.projects.jobs import handlers

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-the-operator-alone"
__all__ = ["handlers"]


@pytest.fixture
def scrape(settings: object, client: Client) -> Callable[[], dict[tuple[str, ...], float]]:
    settings.METRICS_TOKEN = TOKEN

    def read() -> dict[tuple[str, ...], float]:
        response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert response.status_code == 200
        families = text_string_to_metric_families(response.content.decode())
        return {
            (sample.name.removeprefix("labelwright_"), *sample.labels.values()): sample.value
            for family in families
            for sample in family.samples
        }

    return read


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \u00fc"])
def test_strangers_get_nothing(given: str, client: Client, settings: object) -> None:
    settings.METRICS_TOKEN = TOKEN
    response = client.get("/metrics", headers={"Authorization": given})
    assert (response.status_code, response.content) == (401, b"")


def test_without_a_token_in_the_settings_no_token_opens(client: Client, settings: object) -> None:
    settings.METRICS_TOKEN = ""
    for given in ("Bearer ", "Bearer None"):
        assert client.get("/metrics", headers={"Authorization": given}).status_code == 401


def test_superusers_get_in_and_owners_do_not(client: Client, cast: Cast) -> None:
    client.force_login(cast.owner)
    assert client.get("/metrics").status_code == 403
    client.force_login(User.objects.create_superuser("root@example.com", "correct horse battery"))
    assert client.get("/metrics").status_code == 200


def test_queues_say_what_waits_runs_and_is_lost(scrape: Callable, cast: Cast) -> None:
    def enqueue(kind: str, **options: object) -> Job:
        return jobs.enqueue(kind, organisation_id=cast.organisation.pk, **options)

    for name in ("a", "b", "c"):
        enqueue("test.mark", arguments={"name": name})
    enqueue("test.mark", arguments={"name": "d"}, delay=timedelta(hours=1))
    Job.objects.filter(arguments={"name": "a"}).update(next_attempt_at=Now() - timedelta(seconds=90))
    held = claiming.claim("fast")
    assert held.arguments == {"name": "a"}
    Job.objects.filter(arguments={"name": "b"}).update(next_attempt_at=Now() - timedelta(seconds=60))
    Job.objects.filter(pk=held.pk).update(lease_until=Now() + handlers.SHORT - timedelta(seconds=5))
    failed = enqueue("test.refuse")
    Job.objects.filter(pk=failed.pk).update(state="failed", finished_at=Now())
    found = scrape()
    assert [found["jobs_queued", "fast"], found["jobs_due", "fast"], found["jobs_running", "fast"]] == [3, 2, 1]
    assert found["jobs_oldest_due_seconds", "fast"] == pytest.approx(60, abs=5)
    assert found["jobs_heartbeat_lag_seconds", "fast"] == pytest.approx(5, abs=2)
    assert (found["jobs_lost", "fast"], found["jobs_failed", "test.refuse"]) == (1, 1)
    assert {found["jobs_queued", queue] for queue in ("io", "bulk", "gpu")} == {0}


def test_leases_of_all_tenants_are_counted(scrape: Callable, cast: Cast) -> None:
    for project, minutes in ((cast.project, 5), (cast.foreign_project, 5), (cast.project, -5)):
        task = factories.TaskFactory(project=project)
        Lease.objects.create(
            organisation=project.organisation,
            project=project,
            task=task,
            labeller=cast.labeller,
            token=task.code,
            expires_at=Now() + timedelta(minutes=minutes),
        )
    found = scrape()
    assert (found["leases_open",], found["leases_expired",]) == (2, 1)
    assert found["database_pool_size",] >= 1


def test_the_number_of_statements_does_not_grow(cast: Cast, django_assert_num_queries: Callable) -> None:
    for number in range(5):
        jobs.enqueue("test.mark", organisation_id=cast.organisation.pk, arguments={"name": str(number)})
    with django_assert_num_queries(5):
        metrics._collect()
