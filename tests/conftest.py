import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

from projects import tenancy
from projects.models import Membership, Organisation, Project, User, Workspace
from tests import factories

# Playwright's synchronous driver runs an event loop in the tests' thread.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
# How long one example takes says more about what else the machine does than about what is tested.
hypothesis.settings.register_profile(
    "labelwright", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("labelwright")
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(autouse=True)
def _arranging(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests arrange and look with system access; requests, jobs and `acting_as` blocks inside run under the real walls."""
    named = {"db", "transactional_db", "live_server"} & set(request.fixturenames)
    if not named and not request.node.get_closest_marker("django_db"):
        yield
        return
    request.getfixturevalue("transactional_db" if "live_server" in request.fixturenames else "db")
    with tenancy.system_access("arrange and assert in a test"):
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real images beside the checkout; tests that need it are skipped, saying so, where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("real images (../shared/data) are not on this machine")
    return SHARED_DATA


@dataclass
class Cast:
    """The fixed cast: people of one project in four roles, and an outsider who manages another tenant's."""

    organisation: Organisation
    workspace: Workspace
    project: Project
    owner: User
    manager: User
    reviewer: User
    labeller: User
    second_labeller: User
    viewer: User
    outsider: User
    foreign_project: Project


@pytest.fixture
def cast(db: None) -> Cast:
    project = factories.ProjectFactory()
    foreign = factories.ProjectFactory()
    organisation, workspace = project.organisation, project.workspace

    def person(name: str, role: str, *, place: Workspace = workspace) -> User:
        user = factories.UserFactory(name=name)
        Membership.objects.create(organisation=place.organisation, user=user, role="member")
        Membership.objects.create(organisation=place.organisation, user=user, workspace=place, role=role)
        return user

    owner = factories.UserFactory(name="Olga Owner")
    Membership.objects.create(organisation=organisation, user=owner, role="owner")
    return Cast(
        organisation=organisation,
        workspace=workspace,
        project=project,
        owner=owner,
        manager=person("Mona Manager", "manager"),
        reviewer=person("Rita Reviewer", "reviewer"),
        labeller=person("Lars Labeller", "labeller"),
        second_labeller=person("Lena Labeller", "labeller"),
        viewer=person("Vera Viewer", "viewer"),
        outsider=person("Otto Outsider", "manager", place=foreign.workspace),
        foreign_project=foreign,
    )
