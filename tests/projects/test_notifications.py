"""What people are told: with its cause, to whom it concerns, as far as they want it."""

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from exports.models import Export
from projects import notifications, people, setup
from projects.jobs import outcomes
from projects.models import Job, Notification
from tests.conftest import Cast
from tests.projects.jobs import handlers

pytestmark = pytest.mark.django_db
assert handlers
Kind = Notification.Kind


def told(user) -> list[tuple[str, str]]:
    return list(Notification.objects.for_user(user).order_by("id").values_list("kind", "title"))


def running(cast: Cast, kind: str = "test.mark", **fields) -> Job:
    return Job.objects.create(
        organisation=cast.organisation,
        workspace=cast.workspace,
        kind=kind,
        queue="io",
        title="Work",
        state="running",
        attempt=3,
        created_by=cast.manager,
        **fields,
    )


def test_failure_is_told_to_who_started_the_job_with_its_reason(cast: Cast) -> None:
    outcomes.fail(running(cast), "no_files", "The folder is empty. Choose another.")
    assert told(cast.manager) == [(Kind.JOB_FAILED, "Work: failed")]
    assert Notification.objects.get().detail == "The folder is empty. Choose another."
    assert told(cast.owner) == []


def test_unexpected_error_keeps_its_words_for_administrators(cast: Cast) -> None:
    outcomes.fail(running(cast), outcomes.UNEXPECTED, "Traceback: secret")
    assert Notification.objects.get().detail == ""


def test_attempt_that_is_made_again_is_no_failure(cast: Cast) -> None:
    job = running(cast)
    job.attempt = 1
    outcomes.fail(job, "busy", "The store does not answer.")
    assert told(cast.manager) == []


def test_success_is_told_where_there_is_something_to_look_at(cast: Cast) -> None:
    export = Export.objects.create(organisation=cast.organisation, project=cast.project, name="x", format="coco")
    outcomes.succeed(running(cast), None)
    outcomes.succeed(running(cast, "exports.build", arguments={"export_id": export.pk}), None)
    assert told(cast.manager) == [(Kind.EXPORT_READY, "Work: done")]
    assert Notification.objects.get().path == f"/exports/{export.code}/"


def test_parts_of_a_job_tell_nobody(cast: Cast) -> None:
    whole = running(cast)
    outcomes.fail(running(cast, parent=whole), "bad", "Broken.")
    assert told(cast.manager) == []


def test_job_ends_and_tells_or_does_neither(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise RuntimeError

    job = running(cast)
    monkeypatch.setattr(notifications, "tell", refuse)
    with pytest.raises(RuntimeError), transaction.atomic():
        outcomes.fail(job, "bad", "Broken.")
    job.refresh_from_db()
    assert job.state == "running"


def test_people_are_told_where_they_belong_now(cast: Cast) -> None:
    added = people.add(place=cast.workspace, email="new@example.com", role="labeller", actor=cast.manager)
    assert told(added.user) == [(Kind.ADDED, f"You are labeller in {cast.workspace.name}")]
    setup.choose_people(project=cast.project, roles={added.user: "reviewer"}, actor=cast.manager)
    setup.choose_people(project=cast.project, roles={added.user: "viewer"}, actor=cast.manager)
    assert told(added.user)[1:] == [(Kind.ADDED, f"You are reviewer in {cast.project.name}")]


def tell(cast: Cast, number: int) -> None:
    for each in range(number):
        notifications.tell(
            kind=Kind.ADDED,
            users=[cast.labeller.pk],
            organisation_id=cast.organisation.pk,
            title=f"N{each}",
            path="/x/",
        )


def test_kinds_that_are_switched_off_are_not_written(cast: Cast, client: Client) -> None:
    client.force_login(cast.labeller)
    client.post("/notifications/choose/", {"kinds": [Kind.JOB_FAILED, Kind.JOB_DONE]})
    cast.labeller.refresh_from_db()
    assert cast.labeller.muted_notifications == ["added", "answer_rejected", "export_ready"]
    tell(cast, 1)
    assert told(cast.labeller) == []


def test_opening_one_marks_it_read_and_leads_there(cast: Cast, client: Client) -> None:
    tell(cast, 2)
    client.force_login(cast.labeller)
    first = Notification.objects.earliest("id")
    assert client.post(f"/notifications/{first.code}/open/")["Location"] == "/x/"
    assert notifications.unread(cast.labeller) == 1
    client.post("/notifications/read/")
    assert notifications.unread(cast.labeller) == 0
    client.force_login(cast.manager)
    assert client.post(f"/notifications/{first.code}/open/").status_code == 404


def test_list_goes_on_by_cursor_at_the_same_cost(cast: Cast, client: Client, django_assert_max_num_queries) -> None:
    tell(cast, 32)
    client.force_login(cast.labeller)
    with django_assert_max_num_queries(12):
        page = client.get("/notifications/")
    assert [row.title for row, _ in page.context["rows"]] == [f"N{each}" for each in range(31, 1, -1)]
    older = client.get(f"/notifications/{page.context['older_url']}")
    assert [row.title for row, _ in older.context["rows"]] == ["N1", "N0"]
    assert older.context["older_url"] is None
    # Row numbers are counted over all tenants: none is shown, and none is taken.
    assert str(page.context["rows"][-1][0].pk) not in page.context["older_url"]
    made_up = client.get(f"/notifications/?before={page.context['rows'][-1][0].pk}")
    assert made_up.context["rows"] == page.context["rows"]


def test_bell_is_in_the_answer_of_the_jobs_button(cast: Cast, client: Client) -> None:
    tell(cast, 2)
    client.force_login(cast.labeller)
    answer = client.get("/jobs/", headers={"HX-Request": "true", "HX-Target": "jobs-button"}).content.decode()
    assert 'aria-label="Notifications: 2 unread"' in answer
    assert 'id="jobs-link"' not in answer


def test_one_that_leads_elsewhere_cannot_be_written(cast: Cast) -> None:
    with pytest.raises(Exception, match="notification_path_is_ours"), transaction.atomic():
        notifications.tell(
            kind=Kind.ADDED,
            users=[cast.labeller.pk],
            organisation_id=cast.organisation.pk,
            title="x",
            path="//elsewhere.example.com",
        )


def test_old_ones_are_forgotten(cast: Cast) -> None:
    tell(cast, 2)
    Notification.objects.filter(title="N0").update(created_at=timezone.now() - notifications.KEPT * 1.1)
    notifications.forget_old()
    assert told(cast.labeller) == [(Kind.ADDED, "N1")]
