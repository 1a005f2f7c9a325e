"""What an operator watches of the jobs: how many wait, for how long, and whether workers are alive."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q
from django.db.models.functions import Now

from projects.jobs.models import Job, Schedule
from projects.jobs.registry import QUEUES, kinds


@dataclass(frozen=True)
class Queue:
    """One queue now; ages and lags in seconds of the database's clock, 0 where there is nothing."""

    queued: int = 0
    due: int = 0
    oldest_due: float = 0
    running: int = 0
    lost: int = 0
    """Running by their state, but their lease has run out: the worker died, and nobody has swept yet."""
    heartbeat_lag: float = 0
    """How long ago the most silent worker extended its lease; a healthy one does each third of a lease."""


@dataclass(frozen=True)
class Reading:
    """All queues, failed jobs that are still remembered by kind, and since when no tick has run anything."""

    queues: Mapping[str, Queue]
    failed: Mapping[str, int]
    tick_age: float


def read() -> Reading:
    """Four statements over the partial indexes of unfinished and failed jobs; needs system access."""
    queued = _queued()
    running = _running()
    failed = Job.objects.filter(state=Job.State.FAILED, parent__isnull=True).values_list("kind").annotate(Count("pk"))
    last = Schedule.objects.annotate(now=Now()).order_by("-last_run_at").values_list("last_run_at", "now").first()
    return Reading(
        queues={name: Queue(**queued.get(name, {}), **running.get(name, {})) for name in QUEUES},
        failed=dict(failed),
        tick_age=_seconds(*last) if last else 0,
    )


def _queued() -> dict[str, dict[str, Any]]:
    is_due = Q(next_attempt_at__lte=Now())
    rows = (
        Job.objects.filter(state=Job.State.QUEUED, waiting=False)
        .values("queue")
        .annotate(
            now=Now(),
            queued=Count("pk"),
            due=Count("pk", filter=is_due),
            oldest=Min("next_attempt_at", filter=is_due),
        )
    )
    return {
        row["queue"]: {"queued": row["queued"], "due": row["due"], "oldest_due": _seconds(row["oldest"], row["now"])}
        for row in rows
    }


def _running() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    rows = (
        Job.objects.filter(state=Job.State.RUNNING)
        .values("queue", "kind")
        .annotate(
            now=Now(), number=Count("pk"), lost=Count("pk", filter=Q(lease_until__lt=Now())), ends=Min("lease_until")
        )
    )
    for row in rows:
        counts = found.setdefault(row["queue"], {"running": 0, "lost": 0, "heartbeat_lag": 0})
        counts["running"] += row["number"]
        counts["lost"] += row["lost"]
        if row["kind"] in kinds:
            lag = _seconds(row["ends"] - kinds[row["kind"]].lease, row["now"])
            counts["heartbeat_lag"] = max(counts["heartbeat_lag"], lag)
    return found


def _seconds(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0) if since else 0
