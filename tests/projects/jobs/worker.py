"""What the tests' workers load: config.worker, the tests' handlers, a file that kills,
and a wrong clock where a test wants one."""

import dataclasses
import datetime
import os
import signal
import time

OFFSET = float(os.environ.get("TEST_JOBS_CLOCK") or 0)
if OFFSET:
    true_time = time.time
    time.time = lambda: true_time() + OFFSET

from config.worker import broker  # noqa: E402

if OFFSET:
    from django.utils import timezone

    true_now = timezone.now
    timezone.now = lambda: true_now() + datetime.timedelta(seconds=OFFSET)

from projects import reading  # noqa: E402
from projects.jobs import pulse  # noqa: E402
from projects.jobs.registry import kinds  # noqa: E402
from projects.stores.base import Entry, ObjectStore  # noqa: E402
from tests.projects.jobs import handlers  # noqa: E402

pulse.HAND_BACK_SECONDS = 1
for name in ("datasets.ingest", "datasets.read-files", "exports.build", "exports.part"):
    kinds[name] = dataclasses.replace(kinds[name], lease=handlers.SHORT / 2)
true_read = reading.read


def read_or_die(store: ObjectStore, entry: Entry) -> reading.Found | None:
    """Reads a file, unless it is of the kind that a decoder does not survive."""
    if store.read(entry.key) == handlers.KILLER:
        os.kill(os.getpid(), signal.SIGKILL)
    return true_read(store, entry)


reading.read = read_or_die

__all__ = ["broker", "handlers"]
