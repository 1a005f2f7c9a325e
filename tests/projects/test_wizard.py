import json

import pytest

from projects import jobs, setup, taxonomy
from projects.label_tree import from_lines, to_lines
from projects.models import Job, Membership, Project, ProjectDataset
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(cast, client):
    client.force_login(cast.manager)
    return client


@pytest.fixture
def draft(cast):
    return setup.create(workspace=cast.workspace, name="Cats", task_type="multiclass", actor=cast.manager)


def step(project, name):
    return f"/projects/{project.code}/setup/?step={name}"


def test_the_whole_way(manager, cast):
    dataset = factories.DatasetFactory(workspace=cast.workspace, image_count=3)
    first = {"name": "Signs", "description": "", "task_type": "box"}
    response = manager.post(f"/workspaces/{cast.workspace.code}/projects/new/", first)
    project = Project.objects.get(name="Signs")
    assert (project.state, response["Location"]) == ("draft", step(project, "people"))
    data = {f"role-{cast.viewer.code}": "labeller"}
    assert manager.post(step(project, "people"), data)["Location"] == step(project, "data")
    assert manager.post(step(project, "data"), {"datasets": [dataset.code]})["Location"] == step(project, "labels")
    labels = json.dumps([{"name": "Sign", "children": [{"name": "Stop"}]}])
    assert manager.post(step(project, "labels"), {"labels": labels})["Location"] == step(project, "instructions")
    words = {"instructions": "## Look", "instructions_url": "", "go": "next"}
    assert manager.post(step(project, "instructions"), words)["Location"] == step(project, "quality")
    quality = {"labellers_minimum": 2, "labellers_maximum": 3}
    assert manager.post(step(project, "quality"), quality)["Location"] == step(project, "review")
    review = manager.get(step(project, "review")).content.decode()
    assert "2 to 3 answers per image" in review
    assert manager.post(step(project, "review"))["Location"] == f"/projects/{project.code}/"
    project.refresh_from_db()
    assert (project.state, project.instructions, project.labellers_minimum) == ("initializing", "## Look", 2)
    assert to_lines(taxonomy.read(project)) == "Sign\nSign/Stop"
    assert Membership.objects.get(project=project).user == cast.viewer
    assert ProjectDataset.objects.get(project=project).dataset == dataset
    assert Job.objects.get(kind="projects.initialize").created_by == cast.manager


def test_a_draft_is_taken_up_where_it_lacks_something(manager, draft):
    assert manager.get(f"/projects/{draft.code}/setup/")["Location"] == step(draft, "data")
    assert manager.get(f"/projects/{draft.code}/settings/")["Location"] == f"/projects/{draft.code}/setup/"


@pytest.mark.parametrize("name", ["details", "people", "data", "labels", "instructions", "quality", "review"])
def test_every_step_shows(manager, draft, name):
    assert manager.get(step(draft, name)).status_code == 200


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("details", {"name": "", "task_type": "box"}, "“Name” is needed: fill it in."),
        ("details", {"name": "Cats", "task_type": "video"}, "Select a valid choice"),
        ("data", {"datasets": ["01a1fc8b-bb81-717b-9c35-27453556dd74"]}, "Select a valid choice"),
        ("labels", {"labels": '[{"name": "A"}, {"name": "A"}]'}, "“A” is there twice"),
        ("labels", {"lines": "a/b/c/d/e/f/g"}, "at most 6 levels"),
        ("labels", {"labels": "[[["}, "Enter a valid JSON."),
        ("instructions", {"instructions_url": "javascript:alert(1)"}, "Enter a valid URL."),
        ("quality", {"labellers_minimum": 3, "labellers_maximum": 2, "page_size": 4}, "This must be 3 or more"),
        ("quality", {"labellers_minimum": 0, "labellers_maximum": 2, "page_size": 4}, "greater than or equal to 1"),
    ],
)
def test_a_step_that_is_wrong_says_what(manager, draft, name, data, words):
    response = manager.post(step(draft, name), data)
    assert response.status_code == 422
    assert words in response.content.decode()


def test_a_taken_name_is_an_error_of_the_field(manager, draft, cast):
    url = f"/workspaces/{cast.workspace.code}/projects/new/"
    response = manager.post(url, {"name": "Cats", "task_type": "box"})
    assert response.status_code == 422
    assert response.context["form"].errors == {
        "name": ["There is a project “Cats” in this workspace already. Choose another name."]
    }


def test_datasets_of_another_workspace_cannot_be_chosen(manager, draft):
    other = factories.DatasetFactory()
    assert manager.post(step(draft, "data"), {"datasets": [other.code]}).status_code == 422


def test_lines_keep_the_labels_that_are_there(manager, draft):
    taxonomy.save(project=draft, nodes=from_lines("A\nB"), actor=None)
    codes = [node.code for node in taxonomy.read(draft)]
    manager.post(step(draft, "labels"), {"lines": "B\nA\nC"})
    nodes = taxonomy.read(draft)
    assert [node.name for node in nodes] == ["B", "A", "C"]
    assert [node.code for node in nodes[:2]] == codes[::-1]


def test_an_incomplete_draft_does_not_start(manager, draft):
    response = manager.post(step(draft, "review"))
    assert response.status_code == 422
    assert "Choose at least one dataset." in response.content.decode()


def test_steps_can_be_left_and_skipped_to(manager, draft, cast):
    words = {"instructions": "x", "instructions_url": ""}
    assert manager.post(step(draft, "instructions"), {**words, "go": "labels"})["Location"] == step(draft, "labels")
    response = manager.post(step(draft, "instructions"), {**words, "go": "leave"})
    assert response["Location"] == f"/workspaces/{cast.workspace.code}/"


def test_a_started_project_has_no_wizard(manager, cast):
    assert manager.get(step(cast.project, "data"))["Location"] == f"/projects/{cast.project.code}/"


@pytest.mark.parametrize("section", ["details", "people", "data", "labels", "instructions", "quality", "state"])
def test_every_section_of_the_settings_shows(manager, cast, section):
    assert manager.get(f"/projects/{cast.project.code}/settings/?section={section}").status_code == 200


def test_labels_change_while_the_project_runs(manager, cast):
    taxonomy.save(project=cast.project, nodes=from_lines("A\nB"), actor=None)
    a, b = taxonomy.read(cast.project)
    labels = [{"name": "Z", "code": str(b.code)}, {"name": "New"}]
    url = f"/projects/{cast.project.code}/settings/?section=labels"
    asked = manager.post(url, {"labels": json.dumps(labels)})
    assert (asked.status_code, "Choose one of the three" in asked.content.decode()) == (422, True)
    assert to_lines(taxonomy.read(cast.project)) == "A\nB"
    assert manager.post(url, {"labels": json.dumps(labels), "handling": "keep"}).status_code == 302
    assert to_lines(taxonomy.read(cast.project)) == "Z\nNew"
    assert Job.objects.get(kind="projects.start-over").state == "queued"
    assert "Labelling started over" in manager.get(url).content.decode()
    assert cast.project.labels.get(code=a.code).archived_at is not None


def test_starting_over_is_undone_by_the_page(manager, cast):
    taxonomy.save(project=cast.project, nodes=from_lines("A"), actor=None)
    taxonomy.add(project=cast.project, name="B", handling="clear", actor=cast.manager)
    url = f"/projects/{cast.project.code}/labels/undo/"
    assert manager.post(url)["Location"].endswith("?section=labels")
    jobs.run_due()
    assert "/jobs/" in manager.post(url)["Location"]
    assert Job.objects.get(kind="projects.undo-start-over").state == "queued"


def test_archived_labels_are_restored_by_the_page(manager, cast):
    taxonomy.save(project=cast.project, nodes=from_lines("A\nB"), actor=None)
    b = cast.project.labels.get(path="B")
    taxonomy.archive(label=b, actor=cast.manager)
    page = f"/projects/{cast.project.code}/settings/?section=labels"
    assert f'formaction="/labels/{b.code}/restore/"' in manager.get(page).content.decode()
    assert manager.post(f"/labels/{b.code}/restore/")["Location"] == page
    assert to_lines(taxonomy.read(cast.project)) == "A\nB"
    assert "Archived labels" not in manager.get(page).content.decode()


def test_labels_are_added_and_restored_by_the_api(manager, cast):
    taxonomy.save(project=cast.project, nodes=from_lines("A"), actor=None)
    project, a = cast.project, cast.project.labels.get(path="A")

    def call(method, path, body=None):
        answer = manager.generic(method, f"/api/v1/{path}", json.dumps(body), content_type="application/json")
        return answer.status_code, answer.json() if answer.content else None

    new = {"project": str(project.code), "name": "B"}
    status, problem = call("POST", "labels/", new)
    assert (status, problem["code"]) == (409, "label_handling_needed")
    assert call("POST", "labels/", {**new, "handling": "continue"})[0] == 201
    tree = [{"name": "A", "code": str(a.code)}, {"name": "C"}]
    assert call("PUT", f"projects/{project.code}/labels/", tree)[1]["code"] == "label_handling_needed"
    assert call("PUT", f"projects/{project.code}/labels/?handling=clear", tree) == (
        200,
        {"added": ["C"], "changed": [], "removed": ["B"]},
    )
    jobs.run_due()
    assert "job" in call("POST", f"projects/{project.code}/labels/undo/")[1]
    b = project.labels.get(path="B")
    assert call("POST", f"labels/{b.code}/restore/")[1]["archived_at"] is None
    assert to_lines(taxonomy.read(project)) == "A\nC\nB"


def test_states_by_the_page(manager, cast):
    url = f"/projects/{cast.project.code}/state/"
    manager.post(url, {"verb": "pause"})
    manager.post(url, {"verb": "archive"})
    cast.project.refresh_from_db()
    assert cast.project.state == "paused"
    manager.post(url, {"verb": "archive", "confirm_name": cast.project.name})
    cast.project.refresh_from_db()
    assert cast.project.state == "archived"


def test_a_step_out_of_turn_is_explained(manager, cast):
    response = manager.post(f"/projects/{cast.project.code}/state/", {"verb": "resume"}, follow=True)
    assert "it cannot be resumed now" in response.content.decode()


def test_a_draft_is_discarded_by_name(manager, draft):
    manager.post(f"/projects/{draft.code}/state/", {"verb": "discard", "confirm_name": "Cats"})
    assert not Project.objects.filter(pk=draft.pk).exists()


def test_preview_of_instructions_is_safe(manager):
    response = manager.post("/instructions/preview/", {"instructions": "## Hi <script>x</script>"})
    assert response.content.decode().count("<script") == 0
    assert "<h2>Hi" in response.content.decode()


def test_a_dataset_is_made_on_the_way(manager, draft, cast):
    url = f"/workspaces/{cast.workspace.code}/datasets/new/"
    assert manager.post(step(draft, "data"), {"go": "new-dataset"})["Location"] == url
    back = f'href="{step(draft, "data")}"'
    assert back in manager.get(url).content.decode()
    manager.post(step(draft, "data"), {})
    assert back not in manager.get(url).content.decode()


def test_the_dashboard_begins_anew_when_the_state_changed(manager, cast):
    url = f"/projects/{cast.project.code}/"
    asked = {"HX-Request": "true"}
    assert manager.get(f"{url}?state=initializing", headers=asked).get("HX-Refresh") == "true"
    assert manager.get(f"{url}?state=running", headers=asked).get("HX-Refresh") is None
