"""Statements that PostgreSQL plans once per connection: for the few that run at every click of every labeller.

Their texts are long and read tables behind row-level security, so planning costs several times what running does. Parameters
go to the server apart from the text, and the plan is a generic one (`plan_cache_mode` in the settings). A number that the plan
must know, such as a limit, therefore belongs into the text.

Several statements travel as one message and come back as one answer: a round trip wakes two processes up, which costs more
than most of these statements do.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, cast

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper
from psycopg import Pipeline
from psycopg.abc import PQGen

Rows: TypeAlias = list[tuple[Any, ...]]


class Query(NamedTuple):
    """A statement with its named parameters."""

    statement: str
    values: Mapping[str, Any]


def one_line(statement: str) -> str:
    """The statement without its indentation: psycopg remembers how it parsed texts of up to 4,096 characters."""
    return " ".join(statement.split())


class _OneMessage(Pipeline):
    """A pipeline that sends nothing before its end; psycopg's own sends each statement by itself."""

    _ending = False

    def _communicate_gen(self) -> PQGen[None]:
        if self._ending:
            yield from super()._communicate_gen()

    def _exit_gen(self) -> PQGen[None]:
        self._ending = True
        yield from super()._exit_gen()


def _execute(query: Query) -> CursorWrapper:
    make: Any = ServerBindingCursor
    cursor = cast("Any", connection)._prepare_cursor(make(connection.connection))
    cursor.execute(query.statement, query.values)
    return cast("CursorWrapper", cursor)


def _queued(raw: Any, queries: Sequence[Query]) -> list[CursorWrapper]:
    try:
        return [_execute(query) for query in queries]
    except Exception:
        # A value that cannot be sent: the pipeline's end would run what stands before it, and only that. The statement that
        # opens the tenants' walls to look for a token, say, without the one that closes them.
        raw.close()
        raise


def run(*queries: Query, last: bool = False) -> list[Rows]:
    """Runs the queries in one round trip and answers the rows of each.

    Each sees what was committed before it began, so the second sees what the first had to wait for. Outside a transaction
    they are one together: all or none, and their locks are held to the last one's end. With `last` nothing follows them in
    the transaction, so its COMMIT travels along and the block's end has nothing left to send; a block inside another one's
    keeps its changes to that one's end as ever.
    """
    connection.ensure_connection()
    raw = connection.connection
    ends = last and connection.in_atomic_block and not connection.savepoint_ids
    if len(queries) == 1 and not ends:
        return [list(_execute(queries[0]).fetchall())]
    with connection.wrap_database_errors:
        raw._pipeline = _OneMessage(raw)
        try:
            with raw._pipeline:
                cursors = _queued(raw, queries)
                if ends:
                    _execute(Query("COMMIT", {}))
        finally:
            raw._pipeline = None
    return [list(cursor.fetchall()) for cursor in cursors]


def rows(values: Mapping[str, Any], *statements: str) -> Rows:
    """Runs the statements, which share their parameters, in one round trip and answers the rows of the last."""
    return run(*(Query(statement, values) for statement in statements))[-1]
