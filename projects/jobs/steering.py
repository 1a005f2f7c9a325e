"""What people do to jobs: cancel them, hold them and let them go on, try them again."""

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce, Now

from projects.errors import Conflict
from projects.jobs import outcomes
from projects.jobs.doorbell import ring_on_commit
from projects.jobs.models import Job
from projects.jobs.registry import kinds

RETRYABLE = (Job.State.FAILED, Job.State.CANCELLED)


@transaction.atomic
def request_cancel(job: Job) -> Job:
    """Cancels a queued job at once, and a running one at its next sign of life; its shards likewise."""
    outcomes.lock_parent(job.parent_id)
    if outcomes.cancel_all([job.pk]):
        outcomes.count_shard(job.parent_id, job.weight)
        outcomes.wake_parents(job.parent_id)
    outcomes.cancel_shards(job.pk)
    job.refresh_from_db()
    return job


def can_pause(job: Job) -> bool:
    """Whether the job could be held and go on later from where it was."""
    return job.parent_id is None and not job.has_ended and not job.paused and _is_pausable(job)


def _is_pausable(job: Job) -> bool:
    return job.kind in kinds and kinds[job.kind].pausable


@transaction.atomic
def pause(job: Job) -> Job:
    """Holds a job: at once where it waits, at its next sign of life where it runs. Shards that run end by themselves."""
    if not can_pause(job):
        raise Conflict("This job cannot be paused now.")
    unfinished = Job.objects.unfinished()
    list(unfinished.filter(pk=job.pk).select_for_update(no_key=True).values_list("pk"))
    unfinished.filter(pk=job.pk).update(paused=True)
    queued = unfinished.filter(Q(pk=job.pk) | Q(parent=job), state=Job.State.QUEUED)
    queued.update(paused=True, waiting=True)
    job.refresh_from_db()
    return job


@transaction.atomic
def resume(job: Job) -> Job:
    """Lets a job go on that was held; its speed is measured from here. Twice does no harm."""
    outcomes.lock_parent(job.pk)
    held = Job.objects.filter(pk=job.pk, paused=True)
    if not held.update(paused=False, paced_at=Now(), paced_from=F("progress_done")):
        job.refresh_from_db()
        return job
    shards = Job.objects.filter(parent=job, paused=True)
    going_on = list(shards.values_list("pk", "queue"))
    shards.update(paused=False, waiting=False, next_attempt_at=Now(), dispatched_at=Now())
    # With shards to wait for it waits; without, it is woken here.
    outcomes.wake_parents(job.pk)
    for pk, queue in going_on[: settings.JOBS_PER_ORGANISATION]:
        ring_on_commit(queue, pk)
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
        paused=False,
        paced_at=None,
        paced_from=0,
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
        Job.objects.filter(pk=job.pk).update(
            progress_done=shards.filter(state=Job.State.SUCCEEDED).aggregate(done=Coalesce(Sum("weight"), 0))["done"]
        )
    if job.parent_id:
        # The parent's result counts its shards, so it is written anew when they have ended.
        outcomes.count_shard(job.parent_id, -job.weight)
        Job.objects.filter(pk=job.parent_id, state__in=Job.ENDED).update(
            state=Job.State.QUEUED, waiting=True, attempt=0, cancel_requested=False, finished_at=None, result=None
        )
    ring_on_commit(job.queue, job.pk)
