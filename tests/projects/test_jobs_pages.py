"""The pages of background jobs: who sees which, what they show, and the two buttons."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from exports.models import Export
from projects import datasets, jobs, lifecycle, results
from projects.jobs import claiming
from projects.models import AuditEvent, Job, Membership
from tests import factories
from tests.projects.jobs import handlers

pytestmark = pytest.mark.django_db
assert handlers

LIST = "/jobs/"


@pytest.fixture
def job(cast):
    return enqueue(cast, "Read files of Street")


def enqueue(cast, title, **options):
    return jobs.enqueue(
        "test.mark",
        organisation_id=cast.organisation.pk,
        workspace=cast.workspace,
        arguments={"name": title},
        title=title,
        **options,
    )


def url(job, verb=""):
    return reverse(f"projects:job{verb}", args=[job.code])


def text(response):
    return " ".join(response.content.decode().split())


def test_list_shows_jobs_of_the_workspace_with_progress(client, cast, job):
    Job.objects.filter(pk=job.pk).update(
        state="running", progress_done=1204, progress_total=4812, started_at=timezone.now() - timedelta(seconds=60)
    )
    client.force_login(cast.viewer)
    page = text(client.get(LIST))
    assert "Read files of Street" in page
    assert "1,204 of 4,812" in page
    assert "20 per second · about 3 minutes left" in page
    assert 'hx-trigger="every 2s"' in page


@pytest.mark.parametrize("person", ["labeller", "outsider"])
def test_list_hides_jobs_from_who_may_not_see_them(client, cast, job, person):
    client.force_login(getattr(cast, person))
    assert "Read files" not in text(client.get(LIST))
    assert client.get(url(job)).status_code == {"labeller": 403, "outsider": 404}[person]


def test_own_jobs_are_seen_whatever_the_role(client, cast):
    own = enqueue(cast, "Own", created_by=cast.labeller)
    client.force_login(cast.labeller)
    assert "Own" in text(client.get(LIST))
    assert client.get(url(own)).status_code == 200


def test_shards_are_not_in_the_list(client, cast):
    parent = jobs.enqueue(
        "test.parent",
        organisation_id=cast.organisation.pk,
        workspace=cast.workspace,
        title="Whole",
        arguments={"items": ["a", "b"], "bad": "b"},
    )
    jobs.run_due()
    client.force_login(cast.manager)
    page = text(client.get(LIST))
    assert "Whole" in page
    assert "Part" not in page
    page = text(client.get(url(parent)))
    assert "1 succeeded, 1 failed" in page
    assert "Poison." in page


def test_polling_stops_when_nothing_is_at_work(client, cast, job):
    client.force_login(cast.manager)
    htmx = {"HX-Request": "true"}
    assert client.get(LIST, headers=htmx).status_code == 200
    assert client.get(url(job), headers=htmx).status_code == 200
    jobs.run_due()
    for place in (LIST, url(job)):
        response = client.get(place, headers=htmx)
        assert response.status_code == 286
        assert "<html" not in text(response)
        assert "hx-trigger" not in text(response)


def test_button_counts_what_is_at_work_and_what_failed_since_the_last_look(client, cast, job):
    enqueue(cast, "Another")
    Job.objects.filter(pk=job.pk).update(state="failed", finished_at=timezone.now())
    client.force_login(cast.manager)
    button = text(client.get(LIST, {"fragment": "button"}))
    assert '<span class="count count-accent">1</span>' in button
    assert "1 failed" in button
    client.get(LIST)
    button = text(client.get(LIST, headers={"HX-Request": "true", "HX-Target": "jobs-button"}))
    assert '<span class="count count-accent">1</span>' in button
    assert "failed" not in button


def test_filters_and_pages_of_the_list(client, cast, monkeypatch):
    monkeypatch.setattr("projects.views.jobs.PAGE_SIZE", 2)
    made = [enqueue(cast, f"Number {n}") for n in range(5)]
    Job.objects.filter(pk=made[4].pk).update(state="failed")
    client.force_login(cast.manager)
    titles = []
    place = f"{LIST}?state=unfinished"
    for _ in range(2):
        response = client.get(place)
        titles.append([job.title for job, _ in response.context["jobs"]])
        place = response.context["older_url"]
    assert titles == [["Number 3", "Number 2"], ["Number 1", "Number 0"]]
    assert place is None
    assert [job.title for job, _ in client.get(f"{LIST}?state=failed").context["jobs"]] == ["Number 4"]
    assert client.get(f"{LIST}?state=nonsense&before=nonsense").status_code == 200


def test_cancel_ends_a_queued_job_and_is_audited(client, cast, job):
    client.force_login(cast.manager)
    assert client.post(url(job, "-cancel")).headers["Location"] == url(job)
    job.refresh_from_db()
    assert job.state == "cancelled"
    event = AuditEvent.objects.get(action="job.cancel")
    assert (event.actor, event.object_code) == (cast.manager, job.code)
    assert "The job was cancelled." in text(client.get(url(job)))


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_who_only_labels_now_does_not_touch_what_they_started_once(client, cast, verb):
    own = enqueue(cast, "Start over", created_by=cast.manager)
    client.force_login(cast.manager)
    Membership.objects.filter(user=cast.manager, workspace=cast.workspace).update(role="reviewer")
    assert client.post(f"/jobs/{own.code}/{verb}/").status_code == 302
    Membership.objects.filter(user=cast.manager, workspace=cast.workspace).update(role="labeller")
    assert client.post(f"/jobs/{own.code}/{verb}/").status_code == 403
    assert client.get(f"/jobs/{own.code}/").status_code == 200


def test_cancel_of_a_running_job_says_that_it_is_under_way(client, cast, job):
    claiming.claim("fast")
    client.force_login(cast.manager)
    client.post(url(job, "-cancel"))
    page = text(client.get(url(job)))
    assert "Cancelling" in page
    assert "Cancel job" not in page


def test_failed_job_can_be_tried_again(client, cast):
    job = jobs.enqueue("test.refuse", organisation_id=cast.organisation.pk, workspace=cast.workspace)
    jobs.run_due()
    client.force_login(cast.manager)
    page = text(client.get(url(job)))
    assert "The file is no image." in page
    assert "Try again" in page
    client.post(url(job, "-retry"))
    job.refresh_from_db()
    assert (job.state, job.attempt) == ("queued", 0)
    again = client.post(url(job, "-retry"), follow=True)
    assert "Only a job that failed or was cancelled can be tried again." in text(again)


def test_text_of_an_unexpected_error_is_for_administrators(client, cast, admin_client):
    job = jobs.enqueue(
        "test.fail", organisation_id=cast.organisation.pk, workspace=cast.workspace, arguments={"times": 9}
    )
    Job.objects.update(max_attempts=1)
    jobs.run_due()
    client.force_login(cast.manager)
    for place in (LIST, url(job)):
        page = text(client.get(place))
        assert "unexpected" in page
        assert "RuntimeError" not in page
    assert "RuntimeError: attempt 1" in text(admin_client.get(f"/admin/projects/job/{job.pk}/change/"))


@pytest.mark.parametrize("verb", ["-cancel", "-retry"])
def test_viewer_may_look_but_not_touch(client, cast, job, verb):
    client.force_login(cast.viewer)
    page = text(client.get(url(job)))
    assert "Cancel job" not in page
    assert client.post(url(job, verb)).status_code == 403


@pytest.mark.parametrize("number", [1, 3])
def test_list_costs_the_same_for_any_number_of_jobs(client, cast, django_assert_num_queries, number):
    for n in range(number):
        enqueue(cast, f"Number {n}", created_by=cast.manager)
    client.force_login(cast.manager)
    client.get(LIST)
    with django_assert_num_queries(4):
        client.get(LIST, headers={"HX-Request": "true"})


def test_admin_lists_searches_retries_and_cancels(admin_client, cast, job):
    place = "/admin/projects/job/"
    assert "Read files of Street" in text(admin_client.get(place))
    assert "Read files of Street" in text(admin_client.get(place, {"q": str(job.code)}))
    admin_client.post(place, {"action": "cancel", "_selected_action": [job.pk]})
    job.refresh_from_db()
    assert job.state == "cancelled"
    admin_client.post(place, {"action": "retry", "_selected_action": [job.pk]})
    job.refresh_from_db()
    assert job.state == "queued"


def finished(cast, kind, **arguments):
    return Job.objects.create(
        organisation=cast.organisation,
        workspace=cast.workspace,
        kind=kind,
        queue="bulk",
        title=f"Do {kind}",
        arguments=arguments,
        state="succeeded",
        finished_at=timezone.now(),
    )


def test_finished_jobs_lead_to_what_they_made(client, cast):
    dataset = factories.DatasetFactory(workspace=cast.workspace)
    export = Export.objects.create(organisation=cast.organisation, project=cast.project, name="x", format="coco")
    made = {
        reverse("projects:dataset", args=[dataset.code]): finished(cast, datasets.INGEST, dataset_id=dataset.pk),
        reverse("annotations:dashboard", args=[cast.project.code]): finished(
            cast, lifecycle.INITIALIZE, project_id=cast.project.pk
        ),
        reverse("exports:export", args=[export.code]): finished(cast, "exports.build", export_id=export.pk),
    }
    client.force_login(cast.manager)
    page = text(client.get(LIST))
    for place, one in made.items():
        assert f'href="{place}"' in page
        assert f'href="{place}"' in text(client.get(url(one)))
    # A viewer reads data and progress, and exports nothing.
    client.force_login(cast.viewer)
    page = text(client.get(LIST))
    assert [f'href="{place}"' in page for place in made] == [True, True, False]


def test_no_way_to_what_is_gone_failed_or_elsewhere(client, cast):
    foreign = factories.DatasetFactory(workspace=cast.foreign_project.workspace)
    dataset = factories.DatasetFactory(workspace=cast.workspace)
    finished(cast, datasets.INGEST, dataset_id=dataset.pk + foreign.pk + 1000)
    finished(cast, datasets.INGEST, dataset_id=foreign.pk)
    failed = finished(cast, datasets.INGEST, dataset_id=dataset.pk)
    Job.objects.filter(pk=failed.pk).update(state="failed")
    assert results.links(Job.objects.all(), cast.manager) == {}
