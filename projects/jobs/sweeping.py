"""Finding what was lost: workers that died, parents nobody woke, hints nobody heard. Safe to run twice at once."""

import logging
from datetime import timedelta

import redis
from django.conf import settings
from django.db import transaction
from django.db.models import PROTECT, Exists, ManyToOneRel, OuterRef, Q
from django.db.models.functions import Now

from projects import tenancy
from projects.jobs import bisecting, claiming, doorbell, outcomes
from projects.jobs.models import Job
from projects.jobs.registry import QUEUES, periodic

logger = logging.getLogger(__name__)

BATCH = 200
HINTS_AT_MOST = 100
"""With so many hints waiting in a queue, its workers are busy, not deaf."""


KEPT = timedelta(days=90)
"""How long jobs are remembered after their end."""


def sweep() -> None:
    """Everything, once."""
    with tenancy.system_access("sweep jobs"):
        release_expired()
        wake_parents()
        for queue in QUEUES:
            hint(queue)


def release_expired() -> int:
    """Takes running jobs from workers that stopped answering: tried again, or failed when attempts are used up."""
    expired = Job.objects.filter(state=Job.State.RUNNING, lease_until__lt=Now())
    return sum(
        _release(pk, parent_id) for pk, parent_id in expired.order_by("lease_until").values_list("pk", "parent")[:BATCH]
    )


@transaction.atomic
def _release(job_id: int, parent_id: int | None) -> bool:
    outcomes.lock_parent(parent_id)
    expired = Job.objects.filter(pk=job_id, state=Job.State.RUNNING, lease_until__lt=Now())
    job = expired.select_for_update(no_key=True, skip_locked=True).first()
    if job is None:
        return False
    logger.warning("Job %s (%s) lost its worker in attempt %d", job.code, job.kind, job.attempt)
    if bisecting.divide(job):
        return True
    detail = f"The worker stopped answering in attempt {job.attempt}."
    outcomes.leave_running(job, job.cancel_requested, outcomes.failure(job, "worker_lost", detail))
    return True


def wake_parents() -> None:
    """Wakes parents whose shards have all ended; normally the last shard does."""
    ids = list(
        Job.objects.filter(waiting=True, paused=False).order_by("next_attempt_at").values_list("pk", flat=True)[:BATCH]
    )
    if ids:
        with transaction.atomic():
            outcomes.wake_parents(*ids)


def hint(queue: str) -> int:
    """Rings again for due jobs that nobody came for: for as many of each organisation as may run."""
    heads: list[int] = []
    for organisation, running in claiming.organisations_with_work(queue):
        jobs = claiming.due(queue, organisation)[: settings.JOBS_PER_ORGANISATION - running]
        heads += jobs.values_list("pk", flat=True)
    lately = Now() - timedelta(seconds=settings.JOBS_HINT_SECONDS)
    unheard = Q(dispatched_at__isnull=True) | Q(dispatched_at__lt=lately)
    found = list(Job.objects.filter(unheard, pk__in=heads).values_list("pk", flat=True)[:HINTS_AT_MOST])
    if not found or _is_busy(queue):
        return 0
    Job.objects.filter(pk__in=found).update(dispatched_at=Now())
    doorbell.ring(queue, found)
    return len(found)


def _is_busy(queue: str) -> bool:
    try:
        return int(doorbell.broker.do_qsize(queue)) > HINTS_AT_MOST
    except (redis.RedisError, OSError):
        return False


@periodic("jobs-forget", every=timedelta(hours=1))
def forget_old(batches: int = 20) -> int:
    """Deletes jobs that ended long ago, with their shards; those that something else still points at stay."""
    old = Job.objects.whole().filter(finished_at__lt=Now() - KEPT)
    for relation in Job._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel) and relation.on_delete is PROTECT:
            pointing = relation.related_model._default_manager.filter(**{relation.field.name: OuterRef("pk")})
            old = old.exclude(Exists(pointing))
    deleted = 0
    for _ in range(batches):
        found = list(old.order_by("finished_at").values_list("pk", flat=True)[:BATCH])
        deleted += Job.objects.filter(pk__in=found).delete()[0] if found else 0
        if len(found) < BATCH:
            break
    return deleted
