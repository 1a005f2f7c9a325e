from collections.abc import Iterator

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection
from psycopg.errors import AdminShutdown, LockNotAvailable

from projects.tenancy_pool import Connection, NoneFree, Pool, is_away, reset_connection

NAMES = ("app.user", "app.organisations", "app.system")


def connect() -> Connection:
    parameters = connection.get_connection_params() | {"cursor_factory": None, "autocommit": True}
    return psycopg.connect(**parameters)


@pytest.fixture
def pool(db: None) -> Iterator[Pool]:
    made = Pool(connect, max_size=2, timeout=0.05)
    yield made
    made.close()


def seen(own: Connection) -> list[str]:
    return [own.execute("SELECT current_setting(%s)", [name]).fetchone()[0] for name in NAMES]


def kill(own: Connection) -> None:
    with connect() as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [own.info.backend_pid])


@pytest.mark.isolation
def test_connection_that_comes_back_has_forgotten_whose_rows_it_saw(db: None) -> None:
    with connect() as own:
        own.tenancy = "someone's"
        for name in NAMES:
            own.execute("SELECT set_config(%s, 'on', false)", [name])
        reset_connection(own)
        assert (seen(own), own.tenancy) == (["", "", ""], None)


@pytest.mark.isolation
def test_connection_left_in_a_transaction_is_not_handed_out_again(pool: Pool) -> None:
    own = pool.getconn()
    own.execute("BEGIN")
    own.execute("SELECT set_config('app.system', 'on', false)")
    pool.putconn(own)
    assert own.closed
    assert pool.get_stats() == {"pool_max": 2, "pool_size": 0, "pool_available": 0, "requests_waiting": 0}


def test_last_connection_that_came_back_goes_out_first(pool: Pool) -> None:
    first, second = pool.getconn(), pool.getconn()
    pool.putconn(second)
    pool.putconn(first)
    assert pool.getconn() is first
    assert pool.getconn() is second


def test_all_in_use_is_said_after_the_timeout_and_a_returned_one_helps(pool: Pool) -> None:
    own, _ = pool.getconn(), pool.getconn()
    with pytest.raises(NoneFree):
        pool.getconn()
    pool.putconn(own)
    assert pool.getconn() is own


def test_connection_that_died_at_rest_is_replaced_at_once(pool: Pool) -> None:
    dead = pool.getconn()
    pool.putconn(dead)
    kill(dead)
    living = pool.getconn()
    assert living is not dead
    assert living.execute("SELECT 1").fetchone() == (1,)
    assert pool.get_stats()["pool_size"] == 1


def test_check_drops_the_dead_and_keeps_the_living(pool: Pool) -> None:
    dead, living = pool.getconn(), pool.getconn()
    pool.putconn(dead)
    pool.putconn(living)
    kill(dead)
    pool.check()
    assert pool.get_stats()["pool_available"] == 1
    assert pool.getconn() is living


def test_failed_connecting_takes_no_place(db: None) -> None:
    attempts = iter([psycopg.OperationalError("refused"), None])

    def flaky() -> Connection:
        if error := next(attempts):
            raise error
        return connect()

    pool = Pool(flaky, max_size=1, timeout=0.05)
    with pytest.raises(psycopg.OperationalError, match="refused"):
        pool.getconn()
    pool.putconn(pool.getconn())
    pool.close()


@pytest.mark.parametrize(
    ("cause", "away"),
    [
        (psycopg.OperationalError("connection refused"), True),
        (AdminShutdown(), True),
        (NoneFree(), True),
        (LockNotAvailable(), False),
        (psycopg.IntegrityError(), False),
        (None, False),
    ],
)
def test_only_an_absent_server_is_away(cause: Exception | None, away: bool) -> None:
    wrapped = OperationalError() if isinstance(cause, psycopg.OperationalError) else DatabaseError()
    wrapped.__cause__ = cause
    assert (is_away(cause), is_away(wrapped)) == (away, away)
