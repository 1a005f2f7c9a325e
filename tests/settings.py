"""The settings of the tests: everything is real but the password hasher and the e-mail backend."""

import os
import tempfile

from config.settings import *  # noqa: F403  # the tests run what production runs
from config.settings import CACHES, DATABASES, REDIS_URL, STATIC_ROOT

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = ["*"]

# Lets two test runs share one PostgreSQL.
DATABASES["default"]["TEST"] = {"NAME": "test_labelwright" + os.environ.get("TEST_DATABASE_SUFFIX", "")}

# A database of Redis for each worker of a parallel run: one may empty its own.
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
REDIS_URL = REDIS_URL.replace("db=0", f"db={1 + _worker % 15}")
CACHES["default"]["LOCATION"] = REDIS_URL

# WhiteNoise warns of a missing folder, and warnings are errors here.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)

# What tests write goes with them.
_store = tempfile.TemporaryDirectory(prefix="labelwright-tests-")
STORAGE_URL = f"file://{_store.name}"
