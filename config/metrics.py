"""`/metrics` for Prometheus: the operator's gauges, for whoever holds METRICS_TOKEN, and for superusers.

They speak of the whole installation, so nobody else gets any of it. What is counted is read from PostgreSQL at each
request and is therefore the same from every web process; only the connection pool is that of the process that answers.
"""

import hmac
from collections.abc import Mapping

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from annotations.models import Lease
from projects import tenancy
from projects.errors import NotAllowed
from projects.http import public
from projects.jobs import gauges

QUEUE_GAUGES = {
    "queued": ("jobs_queued", "Jobs that wait for a worker, for their time, or for another attempt."),
    "due": ("jobs_due", "Jobs that could run now."),
    "oldest_due": ("jobs_oldest_due_seconds", "For how long the oldest of them could have run."),
    "running": ("jobs_running", "Jobs that workers hold."),
    "lost": ("jobs_lost", "Running jobs whose lease has run out: their worker died."),
    "heartbeat_lag": ("jobs_heartbeat_lag_seconds", "How long ago the most silent worker gave its sign of life."),
}
POOL_GAUGES = {
    "pool_max": ("database_pool_limit", "Most connections that the answering process may hold."),
    "pool_size": ("database_pool_size", "Connections that it holds."),
    "pool_available": ("database_pool_idle", "Those that are idle."),
    "requests_waiting": ("database_pool_waiting", "Threads that wait for one."),
}


@public
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The gauges in Prometheus' text format; 401 for strangers, 403 for people who are no superusers."""
    if not _has_token(request):
        if not request.user.is_authenticated:
            return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})
        if not (request.user.is_superuser and request.user.is_active):
            raise NotAllowed("This page is for the installation's administrators.")
    with tenancy.system_access("metrics"):
        return HttpResponse(generate_latest(_collect()), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    expected = settings.METRICS_TOKEN
    return (
        bool(expected) and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), expected.encode())
    )


def _collect() -> CollectorRegistry:
    registry = CollectorRegistry()
    jobs = gauges.read()
    for field, (name, words) in QUEUE_GAUGES.items():
        _gauge(registry, name, words, "queue", {queue: getattr(found, field) for queue, found in jobs.queues.items()})
    _gauge(registry, "jobs_failed", "Failed jobs, each for 90 days or until it is tried again.", "kind", jobs.failed)
    _gauge(registry, "tick_age_seconds", "Since when no tick has run a periodic function.", "", {"": jobs.tick_age})
    leases = Lease.objects.aggregate(open=Count("pk"), expired=Count("pk", filter=Q(expires_at__lt=Now())))
    _gauge(registry, "leases_open", "Tasks that labellers hold now.", "", {"": leases["open"] - leases["expired"]})
    _gauge(registry, "leases_expired", "Those that nobody has taken back yet.", "", {"": leases["expired"]})
    pool = connection.pool.get_stats()  # type: ignore[attr-defined]  # PostgreSQL's
    for field, (name, words) in POOL_GAUGES.items():
        _gauge(registry, name, words, "", {"": pool.get(field, 0)})
    return registry


def _gauge(registry: CollectorRegistry, name: str, words: str, label: str, values: Mapping[str, float]) -> None:
    gauge = Gauge(name, words, [label] if label else [], namespace="labelwright", registry=registry)
    for key, value in values.items():
        (gauge.labels(key) if label else gauge).set(value)
