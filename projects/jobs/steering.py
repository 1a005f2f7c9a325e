"""What people do to jobs: cancel them and try them again."""

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from projects.errors import Conflict
from projects.jobs import outcomes
from projects.jobs.doorbell import ring_on_commit
from projects.jobs.models import Job

RETRYABLE = (Job.State.FAILED, Job.State.CANCELLED)


@transaction.atomic
def request_cancel(job: Job) -> Job:
    """Cancels a queued job at once, and a running one at its next sign of life; its shards likewise."""
    outcomes.lock_parent(job.parent_id)
    if outcomes.cancel_all([job.pk]):
        outcomes.count_shard(job.parent_id)
        outcomes.wake_parents(job.parent_id)
    outcomes.cancel_shards(job.pk)
    job.refresh_from_db()
    return job


def can_retry(job: Job) -> bool:
    """Whether a job has failed or was cancelled, itself or in one of its shards."""
    return job.state in RETRYABLE or (
        job.state in Job.ENDED and Job.objects.filter(parent=job, state__in=RETRYABLE).exists()
    )


def retry(job: Job) -> Job:
    """Queues a job again, with all its attempts, and the shards that did not succeed; the others keep their results."""
    job.refresh_from_db()
    if not can_retry(job):
        raise Conflict("Only a job that failed or was cancelled can be tried again.")
    try:
        with transaction.atomic():
            _requeue(job)
    except IntegrityError:
        raise Conflict("The same work is queued already.") from None
    job.refresh_from_db()
    return job


def _requeue(job: Job) -> None:
    outcomes.lock_parent(job.parent_id)
    again = Job.objects.filter(Q(pk=job.pk, state__in=Job.ENDED) | Q(parent=job, state__in=RETRYABLE))
    again.update(
        state=Job.State.QUEUED,
        attempt=0,
        cancel_requested=False,
        waiting=False,
        next_attempt_at=Now(),
        dispatched_at=Now(),
        started_at=None,
        finished_at=None,
        result=None,
        error_code="",
        error_detail="",
    )
    shards = Job.objects.filter(parent=job)
    if shards.exists():
        Job.objects.filter(pk=job.pk).update(progress_done=shards.filter(state=Job.State.SUCCEEDED).count())
    if job.parent_id:
        # The parent's result counts its shards, so it is written anew when they have ended.
        outcomes.count_shard(job.parent_id, -1)
        Job.objects.filter(pk=job.parent_id, state__in=Job.ENDED).update(
            state=Job.State.QUEUED, waiting=True, attempt=0, cancel_requested=False, finished_at=None, result=None
        )
    ring_on_commit(job.queue, job.pk)
