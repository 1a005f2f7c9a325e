"""The settings of the workers and ticks that the tests start: everything as in production, but quicker."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, STORAGE_URL

DATABASES["default"]["NAME"] = os.environ["TEST_JOBS_DATABASE"]
REDIS_URL = os.environ["TEST_JOBS_REDIS"]
STORAGE_URL = os.environ.get("TEST_JOBS_STORE", STORAGE_URL)
JOBS_PULSE_SECONDS = 0.2
JOBS_SWEEP_SECONDS = 0.3
JOBS_HINT_SECONDS = 1.0
JOBS_RETRY_SECONDS = 0.1
