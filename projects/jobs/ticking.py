"""The one process that minds the time: it sweeps, and starts periodic functions. Any number may run; one leads."""

import logging
import threading

from django.conf import settings
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    InterfaceError,
    connection,
    connections,
    transaction,
)
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Now

from projects import tenancy
from projects.jobs.models import Schedule
from projects.jobs.registry import Periodic, periodics
from projects.jobs.sweeping import sweep

logger = logging.getLogger(__name__)

LEADER_LOCK = 7_235_001
"""The advisory lock of the leading tick: one for each database."""


class Leadership:
    """Held as long as a database connection of its own lives: PostgreSQL passes it on when that or the process dies."""

    def __init__(self) -> None:
        self._connection: BaseDatabaseWrapper | None = None

    def holds(self) -> bool:
        """Whether this process leads; takes the lead where nobody has it."""
        try:
            return self._is_alive(self._connection) if self._connection else self._acquire()
        except (DatabaseError, InterfaceError):
            self.resign()
            raise

    def _is_alive(self, held: BaseDatabaseWrapper) -> bool:
        with held.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True

    def _acquire(self) -> bool:
        own = connections.create_connection(DEFAULT_DB_ALIAS)
        try:
            with own.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_LOCK])
                won = bool(cursor.fetchone()[0])
        except (DatabaseError, InterfaceError):
            own.close()
            raise
        if won:
            self._connection = own
            logger.info("This tick leads")
        else:
            own.close()
        return won

    def resign(self) -> None:
        """Lets another tick lead."""
        held, self._connection = self._connection, None
        if held is None:
            return
        try:
            with held.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LEADER_LOCK])
        except (DatabaseError, InterfaceError):
            if held.connection is not None:
                held.connection.close()
        held.close()


def run(stopping: threading.Event) -> None:
    """Ticks until told to stop, through any absence of PostgreSQL and Redis."""
    leadership = Leadership()
    while not stopping.is_set():
        try:
            if leadership.holds():
                sweep()
                run_periodics()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("The database is away; trying again: %s", error)
            connection.close()
        stopping.wait(settings.JOBS_SWEEP_SECONDS)
    leadership.resign()


def run_periodics() -> list[str]:
    """Runs the periodic functions that are due; says which."""
    with tenancy.system_access("look at the schedule"):
        due = [periodic for periodic in periodics.values() if _take_turn(periodic)]
    for periodic in due:
        _run(periodic)
    return [periodic.name for periodic in due]


@transaction.atomic
def _take_turn(periodic: Periodic) -> bool:
    """Whether it is time, and nobody else took the turn. The turn is taken before the work, so a failure waits its time."""
    _, is_first = Schedule.objects.get_or_create(name=periodic.name)
    turns = Schedule.objects.filter(name=periodic.name, last_run_at__lte=Now() - periodic.every)
    return is_first or bool(turns.update(last_run_at=Now()))


def _run(periodic: Periodic) -> None:
    try:
        with tenancy.system_access(f"periodic {periodic.name}"):
            periodic.function()
    except Exception:
        # The edge of the function: the others go on, and it is called again when its time has come.
        logger.exception("The periodic function %s failed", periodic.name)
        connection.close_if_unusable_or_obsolete()
