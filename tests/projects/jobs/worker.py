"""What the tests' workers load: config.worker, the tests' handlers, and a wrong clock where a test wants one."""

import datetime
import os
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

from projects.jobs import pulse  # noqa: E402
from tests.projects.jobs import handlers  # noqa: E402

pulse.HAND_BACK_SECONDS = 1

__all__ = ["broker", "handlers"]
