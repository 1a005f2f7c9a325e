"""What `dramatiq config.worker` loads: Django with every app's job handlers, and the broker with an actor per queue."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from projects.jobs.worker import broker  # noqa: E402  # needs Django

__all__ = ["broker"]
