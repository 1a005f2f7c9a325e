import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from projects.jobs import ticking


class Command(BaseCommand):
    """Finds lost jobs and starts periodic ones, until SIGTERM. Run one, or two for safety: only one leads."""

    help = __doc__ or ""
    requires_system_checks = ()  # they import every page, of which this process needs none

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: stopping.set())
        ticking.run(stopping)
