"""The settings of the tests: everything is real but the password hasher and the e-mail backend."""

from config.settings import *  # noqa: F403  # the tests run what production runs

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = ["*"]
