"""Each route × each role × own and foreign tenant, from one table."""

import json
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from tests.isolation.conftest import CANARY, World
from tests.isolation.routes import Route, all_routes
from tests.isolation.table import ROLES, TABLE, Row

pytestmark = [pytest.mark.django_db, pytest.mark.isolation]

DENIED, ABSENT, REFUSED = {403}, {404}, {400, 403, 404, 422}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def url_of(route: Route, row: Row, world: World) -> str:
    if not route.takes_object:
        return reverse(route.name)
    names = re.findall(r"<(?:\w+:)?(\w+)>", route.path)
    return reverse(route.name, kwargs={name: world.code(row.thing) for name in names})


def call(client: Client, method: str, url: str, row: Row, world: World) -> tuple[int, str]:
    options = {}
    if url.startswith("/api/") and method != "GET":
        body = {
            name: world.code(value[1:]) if isinstance(value, str) and value.startswith("@") else value
            for name, value in row.body.items()
        }
        options = {"data": json.dumps(body), "content_type": "application/json"}
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
    url = url_of(route, row, own)
    found = _judge(
        call(clients[role], method, url, row, own), _expected(row, method, role), f"{method} {url} as {role}"
    )
    if role == "outsider":
        # The canaries are the outsider's own.
        return [line for line in found if not line.endswith("canary")]
    if role == "anonymous":
        return found
    if row.thing and method in row.methods:
        theirs = url_of(route, row, foreign)
        answer = call(clients[role], method, theirs, row, foreign)
        found += _judge(answer, ABSENT.__contains__, f"{method} {theirs} of the other tenant as {role}")
    if row.body and method == "POST":
        answer = call(clients[role], method, url, row, foreign)
        found += _judge(answer, REFUSED.__contains__, f"{method} {url} naming the other tenant's things as {role}")
    return found


def _judge(answer: tuple[int, str], expected: Callable[[int], bool], what: str) -> list[str]:
    status, text = answer
    found = [] if expected(status) else [f"{what}: {status}"]
    return [*found, f"{what} shows the canary"] if CANARY in text else found


def _expected(row: Row, method: str, role: str) -> Callable[[int], bool]:
    if method not in row.methods:
        return lambda status: status in {302, 401, 403, 404, 405, 415}
    if row.signed:
        return ABSENT.__contains__
    if row.public:
        return lambda status: status < 400
    if role == "anonymous":
        return lambda status: status in {302, 401, 403}
    if row.thing and (role == "outsider" or role in row.hidden):
        return ABSENT.__contains__
    if role == "outsider" and row.body and method == "POST":
        return {400, 422}.__contains__
    if row.operator or (role != "outsider" and role not in row.methods[method]):
        return DENIED.__contains__
    # Let through: what the empty body then lacks is another matter, but never a server error.
    return lambda status: status not in {401, 403, 404, 405} and status < 500
