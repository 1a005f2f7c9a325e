"""A labeller of another project of the same workspace, as a vendor's is: of this one they find nothing, by any route."""

import pytest
from django.test import Client

from projects.models import Membership, Organisation, Project, Workspace
from tests import factories
from tests.conftest import Cast
from tests.isolation.conftest import CANARY, World, build
from tests.isolation.routes import Route, all_routes
from tests.isolation.table import TABLE
from tests.isolation.test_matrix import METHODS, call, url_of

pytestmark = [pytest.mark.django_db, pytest.mark.isolation]
SEEN = {"organisation"}
"""Whoever has any role in an organisation knows that it is there."""


@pytest.fixture
def hidden(cast: Cast) -> World:
    """The project next door, full of canaries; the organisation's and the workspace's own names are no secret."""
    places = (cast.organisation, cast.workspace)
    names = [place.name for place in places]
    world = build(cast.project, cast.labeller, CANARY)
    for model, place, name in zip((Organisation, Workspace), places, names, strict=True):
        model.objects.filter(pk=place.pk).update(name=name)
    return world


@pytest.fixture
def neighbour(cast: Cast) -> Client:
    own: Project = factories.ProjectFactory(workspace=cast.workspace)
    person = factories.UserFactory(name="Nora Neighbour")
    Membership.objects.create(organisation=cast.organisation, user=person, role="member")
    Membership.objects.create(organisation=cast.organisation, user=person, project=own, role="labeller")
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


@pytest.mark.parametrize("route", all_routes(), ids=lambda route: route.name)
def test_neighbour_finds_nothing(route: Route, hidden: World, neighbour: Client) -> None:
    row = TABLE[route.name]
    wrong = []
    for method in METHODS:
        if method not in row.methods:
            continue
        url = url_of(route, row, hidden)
        status, text = call(neighbour, method, url, row, hidden)
        expected = {404} if row.thing and row.thing not in SEEN else {200, 204, 302, 400, 403, 404, 422}
        wrong += [] if status in expected else [f"{method} {url}: {status}"]
        wrong += [f"{method} {url} shows the canary"] if CANARY in text else []
    assert wrong == []
