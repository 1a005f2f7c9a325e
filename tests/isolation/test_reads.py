"""A GET changes nothing: a link, a prefetch or a picture in somebody's page can make a browser send one."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.isolation.conftest import World
from tests.isolation.routes import Route, all_routes
from tests.isolation.table import TABLE
from tests.isolation.test_matrix import call, url_of

pytestmark = [pytest.mark.django_db, pytest.mark.isolation]

WRITE = re.compile(r"\b(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+\"?(\w+)", re.IGNORECASE)
LOCK = re.compile(r"\bFOR\s+(NO\s+KEY\s+)?UPDATE\b", re.IGNORECASE)
KEPT_BY_READING = {"django_session", "usersessions_usersession"}
NOTES_WHO_ASKED = {"exports:download", "api-exports:export-download", "projects:audit-download"}


@contextmanager
def writing() -> Iterator[set[str]]:
    """Collects the tables that are written inside."""
    tables: set[str] = set()

    def note(execute: Callable[..., Any], sql: str, *more: Any) -> Any:
        tables.update(match[2] for match in WRITE.finditer(LOCK.sub("", str(sql))))
        return execute(sql, *more)

    with connection.execute_wrapper(note):
        yield tables
    tables -= KEPT_BY_READING


@pytest.mark.parametrize(
    "route",
    [r for r in all_routes() if r.name in TABLE and "GET" in TABLE[r.name].methods],
    ids=lambda route: route.name,
)
def test_get_writes_nothing(route: Route, own: World, clients: dict[str, Client]) -> None:
    row = TABLE[route.name]
    with writing() as tables:
        for role in ("owner", "labeller"):
            call(clients[role], "GET", url_of(route, row, own), row, own)
    assert tables == ({"projects_auditevent"} & tables if route.name in NOTES_WHO_ASKED else set())


def test_a_write_is_noticed(own: World) -> None:
    project = own.things["project"]
    with writing() as tables:
        project.save(update_fields=["name"])
        list(type(project).objects.select_for_update())
    assert tables == {"projects_project"}
