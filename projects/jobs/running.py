"""Running claimed jobs: what a handler is given, and what becomes of how it ends."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.dispatch import receiver

from projects import tenancy
from projects.errors import BadInput, DomainError
from projects.jobs import claiming, outcomes
from projects.jobs.enqueueing import enqueue_shards
from projects.jobs.interruptions import (
    Cancelled,
    HandedBack,
    Interruption,
    LostLease,
    Paused,
    TimeLimitExceeded,
    Waiting,
)
from projects.jobs.models import Job
from projects.jobs.pulse import Progress, Pulse, Watch
from projects.jobs.registry import Kind, Result, kinds

logger = logging.getLogger(__name__)
PAUSES = (0.2, 1, 3)
"""Seconds between tries to write an outcome."""
_inside = threading.local()


@dataclass(frozen=True)
class Shards:
    """How the shards of a job ended."""

    succeeded: int
    failed: int
    cancelled: int


class Running:
    """A job as its handler sees it."""

    def __init__(self, job: Job, kind: Kind, watch: Watch) -> None:
        self.job = job
        self._kind = kind
        self._watch = watch
        self._pending: dict[str, Any] = {}
        self._in_effects = False

    @property
    def cursor(self) -> Any:
        """What the last checkpoint saved; None in the beginning."""
        return self.job.cursor

    @property
    def shards(self) -> QuerySet[Job]:
        """The job's shards, in the order of their spawning."""
        return Job.objects.filter(parent=self.job).order_by("pk")

    def check(self) -> None:
        """Raises the Interruption that somebody asked for: Cancelled, LostLease or HandedBack. Costs nothing."""
        if self._watch.interruption:
            raise self._watch.interruption

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Reports how far the work is, and raises as `check` does. Call it as often as you like."""
        self._watch.report(Progress(done, total, note[:200]))
        self.check()

    @contextmanager
    def effects(self) -> Iterator[None]:
        """A transaction that commits only if the job is still this worker's: raises LostLease, writing nothing, if not."""
        if self._in_effects:
            yield
            return
        self.check()
        self._reconnect()
        self._in_effects = True
        try:
            with transaction.atomic():
                yield
                self._pass_fence()
        finally:
            self._in_effects = False
            self._pending = {}

    def checkpoint(self, cursor: Any) -> None:
        """Saves where to go on after a crash, together with the surrounding effects."""
        with self.effects():
            self._pending["cursor"] = cursor
        self.job.cursor = cursor

    def spawn(
        self,
        arguments: Sequence[Mapping[str, Any]],
        *,
        kind: str,
        title: str = "",
        more: bool = False,
        done: int = 0,
        total: int | None = None,
    ) -> int:
        """Makes one shard of `kind` for each set of arguments; says how many there are. Does nothing where the job has
        shards of this kind already, so a handler that runs again may simply call it again, unless it asks for `more`.

        From here on the shards report the progress, each by its items; `done` counts as done besides, of `total`.
        """
        if not more and (existing := self.shards.filter(kind=kind).count()):
            return existing
        with self.effects():
            if progress := self._watch.unwritten():
                Job.objects.filter(pk=self.job.pk, lease_token=self.job.lease_token).update(**progress.as_fields())
            self._watch.forget_progress()
            return enqueue_shards(self.job, kind, arguments, title or self.job.title, done=done, total=total)

    def wait_for_shards(self) -> Shards:
        """Says how the shards ended. While any has not, raises Waiting: the handler runs again from its beginning when
        all have, and takes up no worker meanwhile.
        """
        if self.shards.unfinished().exists():  # type: ignore[attr-defined]  # a JobQuerySet
            raise Waiting
        counts = outcomes.shard_counts(self.job)
        return Shards(*(counts.get(state, 0) for state in Job.ENDED))

    def _pass_fence(self) -> None:
        # The last statement of the transaction: it locks the row, so nobody takes the job over before the commit, and
        # nobody waits for a long transaction either.
        mine = Job.objects.filter(pk=self.job.pk, state=Job.State.RUNNING, lease_token=self.job.lease_token)
        if not mine.update(lease_until=Now() + self._kind.lease, **self._pending):
            self._watch.interruption = LostLease
            raise LostLease

    def _reconnect(self) -> None:
        if connection.connection is not None and connection.connection.closed and not connection.in_atomic_block:
            connection.close()


@receiver(connection_created)
def _enter_again(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """A handler's connection was lost or given back, and this is the next one: it must see the same rows."""
    context = getattr(_inside, "context", None)
    if context and connection is connections[DEFAULT_DB_ALIAS]:
        tenancy.enter(context)


@contextmanager
def _staying(context: tenancy.Context) -> Iterator[None]:
    _inside.context = context
    try:
        yield
    finally:
        _inside.context = None


def _access(job: Job) -> AbstractContextManager[None]:
    if job.organisation_id is None:
        return tenancy.system_access("run a job of the installation")
    return tenancy.for_organisation(job.organisation_id)


def run(job: Job, pulse: Pulse | None = None) -> None:
    """Runs a claimed job to its end and writes the outcome. Without a pulse, nobody extends the lease meanwhile."""
    kind = kinds.get(job.kind)
    if kind is None:
        outcomes.fail(job, "unknown_kind", f"This version of Labelwright has no handler for {job.kind}.")
        return
    watch = pulse.watch(job, kind) if pulse else Watch(job.pk, job.lease_token, kind)
    write = _attempt(job, kind, watch, pulse)
    if watch.forced:
        _drop_connection()
    _insist(partial(_conclude, watch, write))


def run_due(limit: int = 100) -> int:
    """Runs what is due in this process, one job after the other; says how many. For tests, seeding and scripts."""
    for number in range(limit):
        job = claiming.claim_any()
        if job is None:
            return number
        run(job)
    return limit


def _attempt(job: Job, kind: Kind, watch: Watch, pulse: Pulse | None) -> Callable[[], object]:
    """Calls the handler, and says what to write about how it ended."""
    try:
        return partial(outcomes.succeed, job, _call(job, kind, watch, pulse))
    except Interruption as interruption:
        return _after(interruption, job, kind)
    except BadInput as error:
        return partial(outcomes.fail, job, error.code, error.detail, permanent=True)
    except DomainError as error:
        return partial(outcomes.fail, job, error.code, error.detail)
    except Exception as error:
        logger.exception("Job %s (%s) failed in attempt %d", job.code, job.kind, job.attempt)
        return partial(outcomes.fail, job, outcomes.UNEXPECTED, f"{type(error).__name__}: {error}")


def _call(job: Job, kind: Kind, watch: Watch, pulse: Pulse | None) -> Result:
    try:
        with _access(job), _staying(tenancy.current()):
            result = kind(Running(job, kind, watch), job.arguments)
        json.dumps(result)
        return result
    finally:
        if pulse:
            pulse.forget(watch)


def _after(interruption: Interruption, job: Job, kind: Kind) -> Callable[[], object]:
    match interruption:
        case Waiting():
            return partial(outcomes.wait, job)
        case Cancelled():
            return partial(outcomes.cancel, job)
        case HandedBack():
            return partial(outcomes.hand_back, job)
        case Paused():
            return partial(outcomes.pause, job)
        case TimeLimitExceeded():
            words = f"It took longer than {kind.time_limit}."
            return partial(outcomes.fail, job, "time_limit", words)
    return partial(logger.warning, "Job %s (%s) was taken over from this worker.", job.code, job.kind)


def _conclude(watch: Watch, write: Callable[[], object]) -> None:
    with tenancy.system_access("write how a job went"):
        if progress := watch.unwritten():
            Job.objects.filter(pk=watch.job_id, lease_token=watch.token).update(**progress.as_fields())
        write()


def _insist(write: Callable[[], None]) -> None:
    """Writes even if the database has just been restarted; if it stays away, the sweeper finds the expired lease."""
    for pause in PAUSES:
        try:
            write()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block:
                raise
            logger.warning("The outcome of a job could not be written; trying again in %s s: %s", pause, error)
            connection.close()
            time.sleep(pause)
        else:
            return
    write()


def _drop_connection() -> None:
    """Closes a connection for good: the handler was interrupted anywhere, perhaps in the middle of a query."""
    if connection.connection is not None and not connection.in_atomic_block:
        connection.connection.close()
        connection.close()
