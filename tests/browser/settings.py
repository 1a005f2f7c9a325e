"""The settings of the site that the browser visits: as in `make demo`, with a database and a store of its own."""

import os
from pathlib import Path

from tests.settings import *  # noqa: F403  # what the tests run, the browser's site runs
from tests.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ["BROWSER_DATABASE"]
STORAGE_URL = f"file://{os.environ['BROWSER_STORE']}"
LOCAL_STORE_ROOTS = [Path(root) for root in os.environ["BROWSER_ROOTS"].split(":")]
JOBS_SWEEP_SECONDS = 1.0
JOBS_HINT_SECONDS = 2.0
