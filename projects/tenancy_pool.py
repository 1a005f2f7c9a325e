"""The database connections of a process: one thread at a time has one, and gives it back blind.

Requests are short and many, so this does everything in the thread that asks: no thread is woken up to reset a connection or to
make one. When PostgreSQL is away a request learns it at once, and when it is back the next request has a connection.
"""

import select
import time
from collections import deque
from collections.abc import Callable
from threading import BoundedSemaphore
from typing import Any, TypeAlias

import psycopg
from psycopg.pq import ExecStatus, TransactionStatus

Connection: TypeAlias = psycopg.Connection[Any]

ASK_AFTER_SECONDS = 30
"""A connection that rested for longer is asked whether it still lives: networks lose connections without a word."""
MOST_SECONDS_IDLE = 600
MOST_SECONDS_OLD = 3600
_FORGET = b'RESET app."user"; RESET app.organisations; RESET app.system'
_AWAY = ("08", "57P")
"""SQLSTATEs of lost connections, and of a server that goes down or comes up."""


class NoneFree(psycopg.OperationalError):
    """Every connection of this process is in use."""


def is_away(error: BaseException | None) -> bool:
    """Whether PostgreSQL could not be reached, or went away: another try in a moment will do. Takes Django's errors, too."""
    cause = error if isinstance(error, psycopg.Error) else getattr(error, "__cause__", None)
    if not isinstance(cause, psycopg.OperationalError):
        return False
    return cause.sqlstate is None or cause.sqlstate.startswith(_AWAY)


def reset_connection(connection: Any) -> None:
    """Forgets whose rows a psycopg connection could see (projects.tenancy), so that the next user starts blind.

    Raises OperationalError where that fails, or where a transaction was left open.
    """
    # By libpq's blocking call: at the end of every request, psycopg's own machinery would cost more than the statement.
    idle = connection.pgconn.transaction_status == TransactionStatus.IDLE
    if not idle or connection.pgconn.exec_(_FORGET).status != ExecStatus.COMMAND_OK:
        raise psycopg.OperationalError("The connection could not be reset.")
    connection.tenancy = None


class Pool:
    """At most `max_size` connections; who finds none free waits for up to `timeout` seconds.

    The last that came back goes out first: it still has its plans and its tables at hand.
    """

    def __init__(self, connect: Callable[[], Connection], *, max_size: int, timeout: float) -> None:
        self.max_size = max_size
        self.timeout = timeout
        self._connect = connect
        self._free = BoundedSemaphore(max_size)
        self._idle: deque[tuple[float, Connection]] = deque()
        self._born: dict[Connection, float] = {}
        self._waiting = 0
        self._closed = False

    def open(self) -> None:
        """Begins, or begins again after `close`."""
        self._closed = False

    def getconn(self) -> Connection:
        """A connection that lives and sees nothing; NoneFree, or the error of the attempt to connect."""
        if not self._free.acquire(blocking=False):
            self._wait()
        try:
            connection = self._living() or self._made()
        except BaseException:
            self._free.release()
            raise
        connection._pool = self  # type: ignore[assignment]  # where Django looks for whom to give it back to
        return connection

    def putconn(self, connection: Connection) -> None:
        """Takes a connection back; one that is broken, old or in a transaction is closed."""
        connection._pool = None
        try:
            reset_connection(connection)
        except psycopg.Error:
            self._drop(connection)
        else:
            now = time.monotonic()
            if self._closed or now - self._born[connection] > MOST_SECONDS_OLD:
                self._drop(connection)
            else:
                self._idle.append((now, connection))
        self._free.release()
        self._drop_rested()

    def check(self) -> None:
        """Closes the idle connections that are dead."""
        for _ in range(len(self._idle)):
            rested, connection = self._idle.popleft()
            if _answers(connection):
                self._idle.append((rested, connection))
            else:
                self._drop(connection)

    def close(self) -> None:
        """Closes the idle connections, and those in use as they come back."""
        self._closed = True
        while self._idle:
            self._drop(self._idle.pop()[1])

    def get_stats(self) -> dict[str, int]:
        """Numbers under the names of psycopg's own pool: the limit, connections, free ones, threads that wait."""
        return {
            "pool_max": self.max_size,
            "pool_size": len(self._born),
            "pool_available": len(self._idle),
            "requests_waiting": self._waiting,
        }

    def _wait(self) -> None:
        self._waiting += 1
        try:
            if not self._free.acquire(timeout=self.timeout):
                raise NoneFree(f"No database connection became free in {self.timeout} s; see DATABASE_POOL_SIZE.")
        finally:
            self._waiting -= 1

    def _living(self) -> Connection | None:
        while True:
            try:
                rested, connection = self._idle.pop()
            except IndexError:
                return None
            if (time.monotonic() - rested < ASK_AFTER_SECONDS and not _was_told(connection)) or _answers(connection):
                return connection
            self._drop(connection)

    def _made(self) -> Connection:
        connection = self._connect()
        self._born[connection] = time.monotonic()
        return connection

    def _drop(self, connection: Connection) -> None:
        self._born.pop(connection, None)
        connection.close()

    def _drop_rested(self) -> None:
        """What nobody needed for long lies at the far end."""
        try:
            rested, connection = self._idle.popleft()
        except IndexError:
            return
        if time.monotonic() - rested > MOST_SECONDS_IDLE:
            self._drop(connection)
        else:
            self._idle.appendleft((rested, connection))


def _was_told(connection: Connection) -> bool:
    """Whether the server has sent something to a connection that asked nothing: as a rule its goodbye. No round trip."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _answers(connection: Connection) -> bool:
    try:
        connection.execute("")
    except psycopg.Error:
        return False
    return True
