"""Each route × each role × own and foreign tenant, from one table."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.isolation.conftest import CANARY, World
from tests.isolation.routes import Route, all_routes
from tests.isolation.table import ROLES, TABLE, Row

pytestmark = [pytest.mark.django_db, pytest.mark.isolation]

DENIED, ABSENT = {403}, {404}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _url(route: Route, row: Row, world: World) -> str:
    if not route.takes_object:
        return reverse(route.name)
    names = re.findall(r"<(?:\w+:)?(\w+)>", route.path)
    return reverse(route.name, kwargs={name: world.code(row.thing) for name in names})


def _call(client: Client, method: str, url: str) -> tuple[int, str]:
    body = json.dumps({}) if url.startswith("/api/") and method != "GET" else None
    options = {"data": body, "content_type": "application/json"} if body else {}
    response = client.generic(method, url, **options)
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return response.status_code, content.decode(errors="replace") + str(response.headers)


def test_every_route_has_a_row() -> None:
    assert {route.name for route in all_routes()} == set(TABLE)


def test_every_declared_api_method_has_a_cell() -> None:
    missing = {
        route.name: sorted(route.methods ^ set(TABLE[route.name].methods))
        for route in all_routes()
        if route.methods is not None and route.name in TABLE and route.methods != set(TABLE[route.name].methods)
    }
    assert missing == {}


@pytest.mark.parametrize("route", all_routes(), ids=lambda route: route.name)
def test_route(route: Route, own: World, foreign: World, clients: dict[str, Client]) -> None:
    row = TABLE[route.name]
    wrong = []
    for method in METHODS:
        for role in (*ROLES, "outsider", "anonymous"):
            wrong += _cell(route, row, method, role, own, foreign, clients)
    assert wrong == []


def _cell(
    route: Route, row: Row, method: str, role: str, own: World, foreign: World, clients: dict[str, Client]
) -> list[str]:
    found = []
    url = _url(route, row, own)
    status, text = _call(clients[role], method, url)
    expected = _expected(row, method, role)
    if not expected(status):
        found.append(f"{method} {url} as {role}: {status}")
    if CANARY in text and role != "outsider":
        found.append(f"{method} {url} as {role} shows the other tenant")
    if row.thing and role not in {"outsider", "anonymous"} and method in row.methods:
        status, text = _call(clients[role], method, _url(route, row, foreign))
        if status not in ABSENT:
            found.append(f"{method} {url} of the other tenant as {role}: {status}")
        if CANARY in text:
            found.append(f"{method} {url} of the other tenant as {role} shows the canary")
    return found


def _expected(row: Row, method: str, role: str):  # a predicate on the status
    if method not in row.methods:
        return lambda status: status in {302, 401, 403, 404, 405, 415}
    if row.public:
        return lambda status: status < 400
    if role == "anonymous":
        return lambda status: status in {302, 401, 403}
    if row.thing and (role == "outsider" or role in row.hidden):
        return ABSENT.__contains__
    if role != "outsider" and role not in row.methods[method]:
        return DENIED.__contains__
    # Let through: what the empty body then lacks is another matter, but never a server error.
    return lambda status: status not in {401, 403, 404, 405} and status < 500
