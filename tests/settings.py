"""The settings of the tests: everything is real but the password hasher and the e-mail backend."""

import os
import tempfile

from config.settings import *  # noqa: F403  # the tests run what production runs
from config.settings import DATABASES, STATIC_ROOT

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = ["*"]

# Lets two test runs share one PostgreSQL.
DATABASES["default"]["TEST"] = {"NAME": "test_labelwright" + os.environ.get("TEST_DATABASE_SUFFIX", "")}

# WhiteNoise warns of a missing folder, and warnings are errors here.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)

# What tests write goes with them.
_store = tempfile.TemporaryDirectory(prefix="labelwright-tests-")
STORAGE_URL = f"file://{_store.name}"
