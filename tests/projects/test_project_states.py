import pytest

from projects import lifecycle, setup, taxonomy
from projects.errors import Conflict
from projects.label_tree import from_lines
from projects.lifecycle import Lack, NotReady, WrongState
from projects.models import AuditEvent, Job, Membership, Project, ProjectDataset
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(cast):
    project = setup.create(workspace=cast.workspace, name="New", task_type="box", actor=cast.manager)
    dataset = factories.DatasetFactory(workspace=cast.workspace, image_count=3)
    setup.choose_data(project=project, datasets=[dataset], actor=cast.manager)
    taxonomy.save(project=project, nodes=from_lines("Cat"), actor=cast.manager)
    return project


def test_start_enqueues_in_the_same_transaction(draft, cast):
    job = lifecycle.start(project=draft, actor=cast.manager)
    assert draft.state == "initializing"
    assert (job.kind, job.arguments, job.state) == ("projects.initialize", {"project_id": draft.pk}, "queued")
    assert lifecycle.initialization(draft) == job


def test_starting_twice_is_one_job(draft, cast):
    lifecycle.start(project=draft, actor=cast.manager)
    with pytest.raises(WrongState):
        lifecycle.start(project=draft, actor=cast.manager)
    assert Job.objects.filter(kind="projects.initialize").count() == 1


def test_start_again_after_a_failed_job(draft, cast):
    first = lifecycle.start(project=draft, actor=cast.manager)
    Job.objects.filter(pk=first.pk).update(state="failed")
    assert lifecycle.start(project=draft, actor=cast.manager).pk != first.pk


def test_an_empty_draft_says_all_that_it_lacks(cast):
    project = setup.create(workspace=cast.workspace, name="New", task_type="semantic", actor=cast.manager)
    assert lifecycle.lacks(project) == [
        Lack("data", "Choose at least one dataset."),
        Lack("labels", "Add at least one label."),
    ]
    with pytest.raises(NotReady) as caught:
        lifecycle.start(project=project, actor=cast.manager)
    assert set(caught.value.fields) == {"data", "labels"}
    project.refresh_from_db()
    assert project.state == "draft"


def test_a_dataset_without_images_is_not_enough(draft):
    draft.project_datasets.get().dataset.__class__.objects.update(image_count=0)
    assert [lack.step for lack in lifecycle.lacks(draft)] == ["data"]


STEPS = [
    ("running", "pause", "paused"),
    ("paused", "resume", "running"),
    ("running", "complete", "completed"),
    ("paused", "complete", "completed"),
    ("completed", "reopen", "running"),
    ("running", "archive", "archived"),
    ("completed", "archive", "archived"),
    ("archived", "restore", "paused"),
]


@pytest.mark.parametrize(("before", "verb", "after"), STEPS)
def test_steps(before, verb, after, cast):
    project = factories.ProjectFactory(state=before)
    getattr(lifecycle, verb)(project=project, actor=cast.manager)
    project.refresh_from_db()
    assert project.state == after
    assert (project.completed_at is not None) == (after == "completed")
    assert AuditEvent.objects.latest("id").action == f"project.{verb}"


@pytest.mark.parametrize("verb", ["pause", "resume", "complete", "reopen", "archive", "restore"])
def test_no_step_leads_from_where_it_does_not_begin(verb, cast):
    allowed = {before for before, name, _ in STEPS if name == verb} | ({"paused"} if verb == "archive" else set())
    for state in set(Project.State.values) - allowed:
        project = factories.ProjectFactory(state=state)
        with pytest.raises(WrongState):
            getattr(lifecycle, verb)(project=project, actor=cast.manager)
        project.refresh_from_db()
        assert project.state == state


def test_restoring_under_a_taken_name_is_refused(cast):
    old = factories.ProjectFactory(workspace=cast.workspace, name="Same", state="archived")
    factories.ProjectFactory(workspace=cast.workspace, name="Same")
    with pytest.raises(Conflict, match="another project “Same”"):
        lifecycle.restore(project=old, actor=None)


def test_discard_takes_drafts_alone(draft, cast):
    with pytest.raises(WrongState):
        lifecycle.discard(project=cast.project, actor=cast.manager)
    lifecycle.discard(project=draft, actor=cast.manager)
    assert not Project.objects.filter(pk=draft.pk).exists()


def test_names_are_unique_among_what_is_not_archived(cast):
    cast.project.state = "archived"
    cast.project.save(update_fields=["state"])
    made = setup.create(workspace=cast.workspace, name=cast.project.name, task_type="box", actor=None)
    with pytest.raises(setup.NameTaken):
        setup.create(workspace=cast.workspace, name=f" {made.name} ", task_type="box", actor=None)


def test_what_counts_is_fixed_by_the_start(cast):
    setup.update(project=cast.project, name="Other", instructions="# Look", actor=cast.manager)
    assert AuditEvent.objects.latest("id").detail == {"name": "Other", "instructions": 6}
    for change in ({"task_type": "multiclass"}, {"labellers_maximum": 3}):
        with pytest.raises(setup.Fixed):
            setup.update(project=cast.project, actor=cast.manager, **change)
    with pytest.raises(TypeError):
        setup.update(project=cast.project, actor=cast.manager, state="archived")


def test_more_data_joins_a_running_project(cast):
    used, new = factories.DatasetFactory.create_batch(2, workspace=cast.workspace)
    factories.ProjectDatasetFactory(project=cast.project, dataset=used)
    setup.put_data(project=cast.project, datasets=[used, new], actor=cast.manager)
    assert set(ProjectDataset.objects.filter(project=cast.project).values_list("dataset", flat=True)) == {
        used.pk,
        new.pk,
    }
    assert Job.objects.filter(kind="projects.initialize").count() == 1


def test_data_of_another_workspace_is_refused(draft, cast):
    with pytest.raises(Conflict):
        setup.choose_data(project=draft, datasets=[factories.DatasetFactory()], actor=cast.manager)


def test_people_get_roles_that_count_here_alone(draft, cast):
    setup.choose_people(project=draft, roles={cast.viewer: "labeller"}, actor=cast.manager)
    assert setup.roles_in_project(draft) == {cast.viewer.pk: "labeller"}
    assert setup.count_labellers(draft) == 5  # owner, manager, two labellers, and the viewer
    setup.choose_people(project=draft, roles={}, actor=cast.manager)
    assert not Membership.objects.filter(project=draft).exists()


def test_people_of_elsewhere_cannot_be_chosen(draft, cast):
    with pytest.raises(Conflict):
        setup.choose_people(project=draft, roles={cast.outsider: "labeller"}, actor=cast.manager)
