import pytest

from projects.models import Organisation
from tests import factories
from tests.projects.jobs import handlers

__all__ = ["handlers"]


@pytest.fixture
def organisation(db: None) -> Organisation:
    return factories.OrganisationFactory()
