"""Search finds what the caller may open, and nothing else."""

import pytest
from django.test import Client
from django.urls import reverse

from projects import finding
from tests import factories
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def titles(groups) -> dict[str, list[str]]:
    return {group.title: [entry.title for entry in group.entries] for group in groups}


@pytest.fixture
def named(cast: Cast) -> Cast:
    for number, project in enumerate((cast.project, cast.foreign_project)):
        project.name = f"Street signs {number}"
        project.save(update_fields=["name"])
        factories.DatasetFactory(workspace=project.workspace, name=f"Street photos {number}")
    return cast


def test_names_are_found_by_all_words(named: Cast) -> None:
    found = titles(finding.find(user=named.manager, words="signs STREET", place=None))
    assert found == {"Projects": ["Street signs 0"]}
    found = titles(finding.find(user=named.manager, words="street", place=None))
    assert found == {"Projects": ["Street signs 0"], "Datasets": ["Street photos 0"]}


def test_labeller_finds_the_way_to_the_images_alone(named: Cast) -> None:
    groups = finding.find(user=named.labeller, words="street", place=named.project)
    assert titles(groups) == {"Projects": ["Street signs 0"], "Here": ["Label images", "Read the instructions"]}
    assert groups[0].entries[0].url == reverse("annotations:label", args=[named.project.code])


def test_here_is_what_the_role_allows(named: Cast) -> None:
    def here(user) -> list[str]:
        return titles(finding.find(user=user, words="", place=named.project)).get("Here", [])

    assert here(named.viewer) == [
        "Dashboard",
        "Images and answers",
        "Projects of the workspace",
        "Datastores and datasets",
    ]
    assert "New project" in here(named.manager)
    assert "Members of the organisation" not in here(named.manager)
    assert "Members of the organisation" in here(named.owner)


def test_place_of_another_tenant_counts_as_none(named: Cast, client: Client) -> None:
    client.force_login(named.outsider)
    page = client.get("/find/", {"q": "street", "project": str(named.project.code)}).content.decode()
    assert "Street signs 1" in page
    assert "Street signs 0" not in page


def test_answer_is_limited(cast: Cast) -> None:
    for number in range(finding.MOST + 3):
        factories.ProjectFactory(workspace=cast.workspace, name=f"Many {number}")
    assert len(finding.find(user=cast.manager, words="many", place=None)[0].entries) == finding.MOST


@pytest.mark.parametrize("count", [1, 3])
def test_cost_does_not_grow_with_what_is_found(cast: Cast, client: Client, django_assert_num_queries, count) -> None:
    for number in range(count):
        factories.ProjectFactory(workspace=cast.workspace, name=f"Many {number}")
        factories.DatasetFactory(workspace=cast.workspace, name=f"Many {number}")
    with django_assert_num_queries(5):
        finding.find(user=cast.manager, words="many", place=None)
