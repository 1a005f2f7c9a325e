"""Finding what kills workers: a shard whose worker died is halved until one item stands alone.

Only shards of kinds that say which argument lists their items (`divides`). The halves run like any shard, so a worker
that was killed for other reasons costs a little time and loses nothing. A single item gets all the attempts of its
kind; if none survives, the handler is called once more with `is_bad=True`, and writes down what it does not touch.
"""

import logging
from typing import Any

from django.db.models.functions import Now

from projects.jobs.doorbell import ring_on_commit
from projects.jobs.models import Job
from projects.jobs.registry import kinds

logger = logging.getLogger(__name__)


def divide(job: Job) -> bool:
    """Halves a locked shard whose worker died, or marks its only item as bad; False where it is to be tried as it is."""
    kind = kinds.get(job.kind)
    if kind is None or not kind.divides or job.parent_id is None or job.cancel_requested:
        return False
    items = job.arguments[kind.divides]
    if len(items) > 1:
        middle = len(items) // 2
        _queue_again(job, {**job.arguments, kind.divides: items[:middle]})
        _add_twin(job, {**job.arguments, kind.divides: items[middle:]})
        logger.warning("Job %s (%s) is halved: %d items", job.code, job.kind, len(items))
        return True
    if job.attempt < job.max_attempts or job.arguments.get("is_bad"):
        return False
    _queue_again(job, {**job.arguments, "is_bad": True})
    logger.error("Job %s (%s) found the item that kills its workers", job.code, job.kind)
    return True


def _queue_again(job: Job, arguments: dict[str, Any]) -> None:
    Job.objects.filter(pk=job.pk).update(
        arguments=arguments,
        weight=kinds[job.kind].weight(arguments),
        state=Job.State.QUEUED,
        attempt=0,
        cursor=None,
        lease_token=None,
        lease_until=None,
        next_attempt_at=Now(),
        dispatched_at=Now(),
    )
    ring_on_commit(job.queue, job.pk)


def _add_twin(job: Job, arguments: dict[str, Any]) -> None:
    twin = Job.objects.create(
        organisation_id=job.organisation_id,
        workspace_id=job.workspace_id,
        parent_id=job.parent_id,
        kind=job.kind,
        title=job.title,
        arguments=arguments,
        weight=kinds[job.kind].weight(arguments),
        queue=job.queue,
        max_attempts=job.max_attempts,
        priority=job.priority,
        created_by_id=job.created_by_id,
        dispatched_at=Now(),
    )
    ring_on_commit(job.queue, twin.pk)
