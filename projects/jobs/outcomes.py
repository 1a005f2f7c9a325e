"""How jobs leave the running state. Each function writes one transaction, and nothing if the lease is another's by now.

Where a parent and its shard are both locked, the parent is locked first; that order rules out deadlocks.
"""

import logging
import random
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef
from django.db.models.functions import Now

from projects import tenancy
from projects.jobs.doorbell import ring_on_commit
from projects.jobs.models import Job
from projects.jobs.registry import Result, endings

logger = logging.getLogger(__name__)

UNEXPECTED = "error"
"""The error code of exceptions that nobody expected; their text is for administrators."""
BACKOFF_FACTOR = 4
BACKOFF_LIMIT = timedelta(hours=1)


def backoff(attempt: int) -> timedelta:
    """How long to wait after so many attempts: growing fourfold, at most an hour, a quarter more or less by chance."""
    seconds = settings.JOBS_RETRY_SECONDS * BACKOFF_FACTOR ** min(attempt - 1, 20)
    return timedelta(seconds=min(seconds, BACKOFF_LIMIT.total_seconds()) * random.uniform(0.75, 1.25))  # noqa: S311  # no secret


def succeed(job: Job, result: Result) -> bool:
    """Ends a job with its result, to which the count of its shards is added."""
    shards = shard_counts(job)
    if shards:
        result = {**(result or {}), "shards": shards}
    return _leave(job, {"state": Job.State.SUCCEEDED, "result": result})


def fail(job: Job, code: str, detail: str, *, permanent: bool = False) -> bool:
    """Tries a job again later, or ends it where that is hopeless or attempts are used up."""
    return _leave(job, failure(job, code, detail, permanent=permanent))


def failure(job: Job, code: str, detail: str, *, permanent: bool = False) -> dict[str, Any]:
    """The changes to a job that failed."""
    error = {"error_code": code, "error_detail": detail[:2000]}
    if permanent or job.attempt >= job.max_attempts:
        return {"state": Job.State.FAILED, **error}
    return {"state": Job.State.QUEUED, "next_attempt_at": Now() + backoff(job.attempt), **error}


def cancel(job: Job) -> bool:
    """Ends a job that was asked to."""
    return _leave(job, {"state": Job.State.CANCELLED})


def hand_back(job: Job) -> bool:
    """Gives a job to the next worker at once; the attempt does not count."""
    return _leave(job, {"state": Job.State.QUEUED, "next_attempt_at": Now(), "attempt": F("attempt") - 1})


def wait(job: Job) -> bool:
    """Puts a parent aside until its shards have ended; the attempt does not count."""
    return _leave(
        job, {"state": Job.State.QUEUED, "next_attempt_at": Now(), "attempt": F("attempt") - 1, "waiting": True}
    )


def pause(job: Job) -> bool:
    """Puts a job aside that somebody holds; the attempt does not count."""
    return wait(job)


def shard_counts(job: Job) -> dict[str, int]:
    """How many shards of a job are in which state, in the order of a job's life; empty for a job without shards."""
    shards = Job.objects.filter(parent=job).order_by()
    counts = dict(shards.values_list("state").annotate(Count("pk")))
    return {state: counts[state] for state in Job.State.values if state in counts}


def _leave(job: Job, changes: dict[str, Any]) -> bool:
    with tenancy.system_access("write how a job went"), transaction.atomic():
        lock_parent(job.parent_id)
        mine = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, lease_token=job.lease_token)
        current = mine.select_for_update(no_key=True).only("cancel_requested").first()
        if current is None:
            logger.warning("Job %s (%s) was taken over; its outcome is dropped.", job.code, job.kind)
            return False
        leave_running(job, current.cancel_requested, changes)
    return True


def leave_running(job: Job, cancel_requested: bool, changes: dict[str, Any]) -> None:  # noqa: FBT001  # the row's flag
    """Writes the changes to a locked row; a job that was to be cancelled is not queued again."""
    if cancel_requested and changes["state"] == Job.State.QUEUED:
        changes = {"state": Job.State.CANCELLED}
    changes = {"lease_token": None, "lease_until": None, "dispatched_at": None, **changes}
    if changes["state"] in Job.ENDED:
        changes |= {"finished_at": Now(), "paused": False}
    Job.objects.filter(pk=job.pk).update(**changes)
    if changes["state"] in {Job.State.CANCELLED, Job.State.FAILED}:
        cancel_shards(job.pk)
    if changes["state"] in {Job.State.SUCCEEDED, Job.State.FAILED}:
        error = "" if changes.get("error_code") == UNEXPECTED else changes.get("error_detail", "")
        for tell in endings:
            tell(job, changes["state"], error)
    if changes["state"] in Job.ENDED:
        count_shard(job.parent_id, job.weight)
        wake_parents(job.parent_id)
    else:
        _queue_again(job, is_parent=changes.get("waiting", False))
    # A slot is free: whoever waits for one may come, be it this very job.
    ring_on_commit(job.queue, job.pk)


def _queue_again(job: Job, *, is_parent: bool) -> None:
    # Held meanwhile: it goes on when somebody lets it.
    Job.objects.filter(pk=job.pk, paused=True).update(waiting=True)
    if is_parent:
        wake_parents(job.pk)


def lock_parent(parent_id: int | None) -> None:
    """Lets the last two shards end one after the other, so that the second sees that it is the last."""
    if parent_id:
        Job.objects.select_for_update(no_key=True).filter(pk=parent_id).values_list("pk").first()


def count_shard(parent_id: int | None, weight: int) -> None:
    """Counts an ended shard into the progress of its parent."""
    if parent_id:
        Job.objects.filter(pk=parent_id).update(progress_done=F("progress_done") + weight)


def wake_parents(*parent_ids: int | None) -> None:
    """Queues those waiting parents again whose shards have all ended."""
    unfinished = Job.objects.unfinished().filter(parent=OuterRef("pk"))
    waiting = Job.objects.filter(waiting=True, paused=False).exclude(Exists(unfinished))
    for pk, queue in waiting.filter(pk__in=[pk for pk in parent_ids if pk]).values_list("pk", "queue"):
        if Job.objects.filter(pk=pk, waiting=True).update(waiting=False, next_attempt_at=Now(), dispatched_at=Now()):
            ring_on_commit(queue, pk)


def cancel_all(job_ids: list[int]) -> int:
    """Ends queued jobs and asks running ones to end; says how many ended."""
    jobs = Job.objects.unfinished().filter(pk__in=job_ids)
    # Locked first, so that none changes sides between the two statements.
    list(jobs.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    jobs.filter(state=Job.State.RUNNING).update(cancel_requested=True)
    return jobs.filter(state=Job.State.QUEUED).update(
        state=Job.State.CANCELLED, cancel_requested=True, waiting=False, paused=False, finished_at=Now()
    )


def cancel_shards(parent_id: int) -> None:
    """Cancels the shards of a job, and theirs."""
    level = [parent_id]
    while level := list(Job.objects.filter(parent__in=level).values_list("pk", flat=True)):
        cancel_all(level)
