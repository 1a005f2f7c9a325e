"""Statements that PostgreSQL plans once per connection: for the few that run at every click of every labeller.

Their texts are long and read tables behind row-level security, so planning costs several times what running does. Parameters
go to the server apart from the text, and the plan is a generic one (`plan_cache_mode` in the settings). A number that the plan
must know, such as a limit, therefore belongs into the text.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper


def one_line(statement: str) -> str:
    """The statement without its indentation: psycopg remembers how it parsed texts of up to 4,096 characters."""
    return " ".join(statement.split())


@contextmanager
def _cursor() -> Iterator[CursorWrapper]:
    make: Any = ServerBindingCursor
    with cast("Any", connection)._prepare_cursor(make(connection.connection)) as cursor:
        yield cursor


def rows(values: Mapping[str, Any], statement: str, *more: str) -> list[tuple[Any, ...]]:
    """Runs the statements in one round trip and answers the rows of the last.

    Each sees what was committed before it began, so the second sees what the first had to wait for.
    """
    connection.ensure_connection()
    if not more:
        with _cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())
    with connection.wrap_database_errors, connection.connection.pipeline():
        for text in (statement, *more[:-1]):
            with _cursor() as cursor:
                cursor.execute(text, values)
        with _cursor() as cursor:
            cursor.execute(more[-1], values)
            return list(cursor.fetchall())
