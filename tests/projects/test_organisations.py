import pytest
from django.urls import reverse

from annotations.models import ProgressTotal
from projects.models import Membership, Workspace
from tests import factories

pytestmark = pytest.mark.django_db


def test_one_workspace_is_where_one_starts(cast, client):
    client.force_login(cast.manager)
    assert client.get("/")["Location"] == f"/workspaces/{cast.workspace.code}/"


def test_several_workspaces_are_a_choice(cast, client):
    other = factories.WorkspaceFactory(organisation=cast.organisation)
    client.force_login(cast.owner)
    assert client.get("/").context["workspaces"] == sorted([cast.workspace, other], key=lambda place: place.name)


def test_a_labeller_starts_at_their_projects(cast, client):
    ProgressTotal.objects.create(
        organisation=cast.organisation, project=cast.project, metric="open", day="2026-01-01", amount=7
    )
    client.force_login(cast.labeller)
    page = client.get("/").content.decode()
    assert "7 to do" in page
    assert reverse("annotations:label", args=[cast.project.code]) in page


def test_a_person_of_one_project_starts_there(cast, client):
    user = factories.UserFactory()
    Membership.objects.create(organisation=cast.organisation, user=user, project=cast.project, role="reviewer")
    client.force_login(user)
    assert client.get("/").context["projects"] == [cast.project]


def test_somebody_without_organisation_is_told_what_to_do(client, db):
    client.force_login(factories.UserFactory())
    assert "You belong to no organisation yet" in client.get("/").content.decode()


def test_making_a_workspace(cast, client):
    client.force_login(cast.owner)
    url = f"/organisations/{cast.organisation.code}/workspaces/new/"
    response = client.post(url, {"name": "Second", "description": ""})
    assert response["Location"] == f"/workspaces/{Workspace.objects.get(name='Second').code}/"
    again = client.post(url, {"name": "Second"})
    assert again.status_code == 422
    assert "There is a workspace “Second” already" in again.content.decode()


def test_renaming(cast, client):
    client.force_login(cast.owner)
    client.post(f"/organisations/{cast.organisation.code}/", {"name": "New name"})
    client.post(f"/workspaces/{cast.workspace.code}/settings/", {"name": "New place", "description": "Why"})
    cast.organisation.refresh_from_db()
    cast.workspace.refresh_from_db()
    assert (cast.organisation.name, cast.workspace.name, cast.workspace.description) == (
        "New name",
        "New place",
        "Why",
    )


def test_the_list_shows_what_is_asked_for(cast, client):
    done = factories.ProjectFactory(workspace=cast.workspace, name="Done cats", state="completed")
    draft = factories.ProjectFactory(workspace=cast.workspace, name="Draft cats", state="draft")
    url = f"/workspaces/{cast.workspace.code}/"
    client.force_login(cast.manager)
    assert client.get(url).context["projects"] == [draft, cast.project]
    assert client.get(url, {"show": "completed"}).context["projects"] == [done]
    assert client.get(url, {"q": "CATS"}).context["projects"] == [draft]
    client.force_login(cast.viewer)
    assert client.get(url).context["projects"] == [cast.project]


def test_the_list_is_paged_and_keeps_what_was_asked(cast, client):
    made = factories.ProjectFactory.create_batch(52, workspace=cast.workspace)
    client.force_login(cast.manager)
    url = f"/workspaces/{cast.workspace.code}/"
    page = client.get(url, {"q": "Project"})
    assert page.context["projects"] == made[:1:-1]
    following = client.get(f"{url}?{page.context['following']}")
    assert (following.context["projects"], following.context["text"]) == ([*made[1::-1], cast.project], "Project")


def test_htmx_gets_the_rows_alone(cast, client):
    client.force_login(cast.manager)
    response = client.get(f"/workspaces/{cast.workspace.code}/", headers={"HX-Request": "true"})
    assert response["Vary"].startswith("HX-Request")
    assert response.content.decode().strip().startswith('<div id="projects"')


@pytest.mark.parametrize("more", [0, 2])
def test_the_list_takes_the_same_queries_for_any_number(cast, client, django_assert_num_queries, more):
    factories.ProjectFactory.create_batch(more, workspace=cast.workspace)
    client.force_login(cast.manager)
    url = f"/workspaces/{cast.workspace.code}/"
    client.get(url)
    with django_assert_num_queries(10):
        client.get(url)
