"""The sign of life of running jobs: one thread per worker process that beats for all of them.

Every `JOBS_PULSE_SECONDS` it writes the progress they reported, looks whether they were cancelled or taken over, and
extends leases when a third of them has passed. Handlers never wait for it: they leave their progress in memory, and are
told to end the next time they report.
"""

import logging
import threading
import time
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models.functions import Now
from dramatiq.middleware.threading import raise_thread_exception

from projects import tenancy
from projects.jobs.interruptions import Cancelled, HandedBack, Interruption, LostLease, Paused, TimeLimitExceeded
from projects.jobs.models import Job
from projects.jobs.registry import Kind

logger = logging.getLogger(__name__)

HAND_BACK_SECONDS = 8
"""How long a handler may go on after the worker was told to stop; within dramatiq's --worker-shutdown-timeout."""


@dataclass(frozen=True)
class Progress:
    done: int
    total: int | None
    note: str

    def as_fields(self) -> dict[str, object]:
        return {"progress_done": self.done, "progress_total": self.total, "progress_note": self.note}


@dataclass
class Watch:
    """One running job as the pulse sees it. Reports written at once: what a job has that runs inline, without pulse."""

    job_id: int
    token: UUID | None
    kind: Kind
    interruption: type[Interruption] | None = None
    forced: bool = False
    """Whether an interruption was raised in the handler's thread, wherever it was."""
    thread: int = field(default_factory=threading.get_ident)
    started: float = field(default_factory=time.monotonic)

    def report(self, progress: Progress) -> None:
        """Takes the progress."""
        self.look()
        Job.objects.filter(pk=self.job_id, lease_token=self.token).update(**progress.as_fields())

    def look(self) -> None:
        """Looks whether the job was cancelled, held or taken over."""
        mine = Job.objects.filter(pk=self.job_id, lease_token=self.token, state=Job.State.RUNNING)
        found = mine.values_list("cancel_requested", "paused").first()
        if found is None:
            self.interruption = LostLease
        elif any(found):
            self.interruption = self.interruption or (Cancelled if found[0] else Paused)

    def unwritten(self) -> Progress | None:
        """Progress that the row does not show yet."""
        return None

    def forget_progress(self) -> None:
        """From here on the row's progress is written by the job's shards."""


@dataclass
class BeatingWatch(Watch):
    """A running job whose reports the pulse writes."""

    progress: Progress | None = None
    written: Progress | None = None
    extended: float = field(default_factory=time.monotonic)

    def report(self, progress: Progress) -> None:
        self.progress = progress

    def unwritten(self) -> Progress | None:
        return self.progress if self.progress != self.written else None

    def forget_progress(self) -> None:
        self.progress = self.written = None

    def beat(self) -> None:
        """Looks, and writes what is due."""
        self.look()
        if self.interruption is LostLease:
            return
        progress = self.unwritten()
        extend = time.monotonic() - self.extended > self.kind.lease.total_seconds() / 3
        if not progress and not extend:
            return
        changes = {
            **(progress.as_fields() if progress else {}),
            **({"lease_until": Now() + self.kind.lease} if extend else {}),
        }
        began = time.monotonic()
        if not Job.objects.filter(pk=self.job_id, lease_token=self.token, state=Job.State.RUNNING).update(**changes):
            self.interruption = LostLease
        if progress:
            self.written = progress
        if extend:
            self.extended = began


class Pulse:
    """The thread; it starts with the first job of the process, after any fork."""

    def __init__(self) -> None:
        self._watches: dict[int, BeatingWatch] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping_since: float | None = None

    def watch(self, job: Job, kind: Kind) -> BeatingWatch:
        """Begins to beat for a job that the calling thread runs."""
        watch = BeatingWatch(job.pk, job.lease_token, kind)
        with self._changed:
            self._watches[watch.thread] = watch
            if self._stopping_since is not None:
                watch.interruption = HandedBack
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="jobs-pulse", daemon=True)
                self._thread.start()
            self._changed.notify()
        return watch

    def forget(self, watch: Watch) -> None:
        """Ends beating; from here on nothing is raised in the job's thread."""
        with self._changed:
            self._watches.pop(watch.thread, None)

    def shut_down(self) -> None:
        """Asks every running job to give itself back."""
        with self._changed:
            self._stopping_since = time.monotonic()
            for watch in self._watches.values():
                watch.interruption = watch.interruption or HandedBack

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._watches:
                    connection.close()
                    self._changed.wait()
                watches = list(self._watches.values())
            self._beat(watches)
            self._force(watches)
            time.sleep(settings.JOBS_PULSE_SECONDS)

    def _beat(self, watches: list[BeatingWatch]) -> None:
        try:
            with tenancy.system_access("beat for running jobs"):
                for watch in watches:
                    watch.beat()
        except (DatabaseError, InterfaceError) as error:
            # The leases outlast a short absence of the database; the next beat tries again.
            logger.warning("The database did not take the sign of life of %d jobs: %s", len(watches), error)
            connection.close()
        except Exception:
            # The edge of the thread: if it ended, every job of this process would lose its lease.
            logger.exception("The pulse of %d jobs missed a beat", len(watches))

    def _force(self, watches: list[BeatingWatch]) -> None:
        """Raises in the threads of handlers that overstay their time or do not hear that the worker stops."""
        now = time.monotonic()
        leaving = self._stopping_since is not None and now - self._stopping_since > HAND_BACK_SECONDS
        for watch in watches:
            overdue = now - watch.started > watch.kind.time_limit.total_seconds()
            with self._changed:
                if watch.forced or not (leaving or overdue) or self._watches.get(watch.thread) is not watch:
                    continue
                watch.forced = True
                raise_thread_exception(  # type: ignore[no-untyped-call]  # dramatiq
                    watch.thread, HandedBack if leaving else TimeLimitExceeded
                )


pulse = Pulse()
