"""The audit log as those read it who answer for an organisation."""

import csv
import io
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone

from projects import audit
from projects.forms.audit import PAGE
from projects.models import AuditEvent
from tests import factories
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def page_of(client: Client, cast: Cast, **query: str) -> str:
    return client.get(f"/organisations/{cast.organisation.code}/audit/", query).content.decode()


def rows_of(client: Client, cast: Cast, **query: str) -> list[dict[str, str]]:
    answer = client.get(f"/organisations/{cast.organisation.code}/audit.csv", query)
    assert answer["Content-Disposition"].startswith("attachment")
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode(), newline="")))


@pytest.fixture
def owner(client: Client, cast: Cast) -> Client:
    client.force_login(cast.owner)
    return client


def test_filters_meet_and_the_download_is_what_they_show(owner: Client, cast: Cast) -> None:
    audit.record(cast.manager, "project.pause", cast.project, detail={"from": ["running", "late"], "why": ""})
    audit.record(cast.manager, "workspace.update", cast.workspace)
    audit.record(cast.labeller, "project.resume", cast.project)
    chosen = {"about": "project", "person": cast.manager.email.upper()}
    page = page_of(owner, cast, **chosen)
    assert "Project: pause" in page
    assert "running, late" in page
    assert "resume" not in page
    assert "Workspace: update" not in page
    (row,) = rows_of(owner, cast, **chosen)
    assert (row["action"], row["email"], row["name"]) == ("project.pause", cast.manager.email, cast.project.name)
    assert rows_of(owner, cast)[0]["action"] == "audit.download"


def test_days_are_whole(owner: Client, cast: Cast) -> None:
    audit.record(cast.manager, "project.pause", cast.project)
    today = timezone.now().date()
    tomorrow = today + timedelta(days=1)
    assert "Project: pause" in page_of(owner, cast, since=str(today), until=str(today))
    assert "Project: pause" not in page_of(owner, cast, since=str(tomorrow))
    assert "No event matches" in page_of(owner, cast, until=str(today - timedelta(days=1)))
    assert "Project: pause" in page_of(owner, cast, since="nonsense")


def test_every_event_is_on_one_page_and_in_the_download(owner: Client, cast: Cast) -> None:
    for number in range(PAGE + 5):
        audit.record(cast.manager, "project.pause", cast.project, detail={"number": f"n{number:03}."})
    first = page_of(owner, cast, about="project")
    older = next(part for part in first.split('"') if part.startswith("?about=project&amp;before="))
    second = owner.get(f"/organisations/{cast.organisation.code}/audit/{older.replace('&amp;', '&')}").content.decode()
    for number in range(PAGE + 5):
        assert (f"n{number:03}." in first) != (f"n{number:03}." in second)
    assert len(rows_of(owner, cast, about="project")) == PAGE + 5


def test_cells_are_no_formulas(owner: Client, cast: Cast) -> None:
    cast.project.name = "=HYPERLINK(1)"
    cast.project.save(update_fields=["name"])
    audit.record(cast.manager, "project.pause", cast.project)
    assert rows_of(owner, cast, about="project")[0]["name"] == "'=HYPERLINK(1)"


def test_who_signs_in_or_fails_to_is_written_down_in_their_organisation(cast: Cast, settings) -> None:
    EmailAddress.objects.create(user=cast.labeller, email=cast.labeller.email, primary=True, verified=True)
    anyone = Client(REMOTE_ADDR="203.0.113.9")
    for password in ("wrong password", factories.PASSWORD):
        anyone.post("/accounts/login/", {"login": cast.labeller.email, "password": password})
    events = AuditEvent.objects.filter(object_type="user").order_by("pk")
    assert [(event.action, event.organisation, event.address) for event in events] == [
        ("user.sign_in_refused", cast.organisation, "203.0.113.9"),
        ("user.sign_in", cast.organisation, "203.0.113.9"),
    ]


def test_api_lists_what_happened_in_organisations_that_one_runs(client: Client, cast: Cast) -> None:
    audit.record(cast.manager, "project.pause", cast.project)
    client.force_login(cast.owner)
    query = {"object_code": str(cast.project.code), "actor": cast.manager.email}
    (event,) = client.get("/api/v1/audit-events/", query).json()["results"]
    assert (event["action"], event["actor"]) == ("project.pause", cast.manager.email)
    for other in (cast.manager, cast.labeller, cast.outsider):
        client.force_login(other)
        assert client.get("/api/v1/audit-events/").json()["results"] == []
