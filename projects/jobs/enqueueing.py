"""Putting jobs into the table."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from projects.jobs.doorbell import ring_on_commit
from projects.jobs.models import Job
from projects.jobs.registry import Kind, kinds

if TYPE_CHECKING:
    from projects.models import User, Workspace


def _kind(name: str, arguments: Mapping[str, Any]) -> Kind:
    if name not in kinds:
        raise LookupError(f"No handler is registered for jobs of kind {name!r}.")
    kinds[name].check(arguments)
    return kinds[name]


def enqueue(
    kind: str,
    *,
    organisation_id: int | None,
    arguments: Mapping[str, Any] | None = None,
    title: str = "",
    workspace: "Workspace | None" = None,
    dedupe_key: str = "",
    created_by: "User | None" = None,
    delay: timedelta | None = None,
    priority: int = 0,
) -> Job:
    """Inserts a job in the caller's transaction; workers hear of it on commit.

    With a dedupe key, an unfinished job of the same organisation, kind and key is returned instead of a second one.
    Higher priorities go first among the jobs of one organisation and queue.
    """
    arguments = dict(arguments or {})
    known = _kind(kind, arguments)
    values: dict[str, Any] = {
        "organisation_id": organisation_id,
        "kind": kind,
        "arguments": arguments,
        "title": title[:200],
        "workspace": workspace,
        "created_by": created_by,
        "queue": known.queue,
        "max_attempts": known.attempts,
        "dedupe_key": dedupe_key,
        "priority": priority,
        "dispatched_at": None if delay else Now(),
        "next_attempt_at": Now() + delay if delay else Now(),
    }
    job = _insert_once(values) if dedupe_key else (Job.objects.create(**values), True)
    if job[1]:
        job[0].refresh_from_db(fields=["next_attempt_at", "dispatched_at"])
        if not delay:
            ring_on_commit(known.queue, job[0].pk)
    return job[0]


def _insert_once(values: dict[str, Any]) -> tuple[Job, bool]:
    """The unfinished job with the same dedupe key, or a new one; the database's unique index decides races."""
    same = Job.objects.unfinished().filter(
        organisation=values["organisation_id"], kind=values["kind"], dedupe_key=values["dedupe_key"]
    )
    while True:
        if existing := same.first():
            return existing, False
        try:
            with transaction.atomic():
                return Job.objects.create(**values), True
        except IntegrityError as error:
            if "job_unfinished_unique" not in str(error):
                raise


def enqueue_shards(
    parent: Job,
    kind: str,
    arguments: Sequence[Mapping[str, Any]],
    title: str,
    *,
    done: int = 0,
    total: int | None = None,
) -> int:
    """Inserts the shards of a running job, and counts them into its total, unless that is known. `done`: what is done besides.

    Rings only for as many as may run at once: each that ends rings for the next.
    """
    for each in arguments:
        known = _kind(kind, each)
    shards = Job.objects.bulk_create(
        [
            Job(
                organisation_id=parent.organisation_id,
                workspace_id=parent.workspace_id,
                parent=parent,
                kind=kind,
                title=title[:200],
                arguments=dict(each),
                weight=known.weight(each),
                queue=known.queue,
                max_attempts=known.attempts,
                priority=parent.priority,
                created_by_id=parent.created_by_id,
            )
            for each in arguments
        ],
        batch_size=1000,
    )
    ahead = sum(shard.weight for shard in shards)
    Job.objects.filter(pk=parent.pk).update(
        progress_done=F("progress_done") + done, progress_total=total or F("progress_done") + done + ahead
    )
    if shards:
        first = [shard.pk for shard in shards[: settings.JOBS_PER_ORGANISATION]]
        Job.objects.filter(pk__in=first).update(dispatched_at=Now())
        ring_on_commit(known.queue, *first)
    return len(shards)
