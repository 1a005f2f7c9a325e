"""Imports on pages and by API: the whole way, and what is refused."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotations.models import Task
from exports.importing import receiving
from exports.models import LabelImport
from exports.views import imports
from projects import jobs
from projects.errors import DomainError
from projects.models import Label, Membership, User
from tests import factories
from tests.exports.importing.conftest import Desk, boxes, csv_of

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def person(desk: Desk) -> User:
    place = desk.bench.project.workspace
    for scope in ({}, {"workspace": place}):
        role = "manager" if scope else "member"
        Membership.objects.create(organisation=place.organisation, user=desk.manager, role=role, **scope)
    return desk.manager


@pytest.fixture
def signed_in(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


def announce(client: Client, desk: Desk, data: bytes, **more: Any) -> dict[str, Any]:
    body = {"project": str(desk.bench.project.code), "name": "boxes.csv", "byte_size": len(data)} | more
    answer = client.post("/api/v1/imports/", body, content_type=JSON)
    assert answer.status_code == 201, answer.json()
    found: dict[str, Any] = answer.json()
    return found


def send(client: Client, code: str, data: bytes, offset: int = 0) -> Any:
    url = f"/api/v1/imports/{code}/file/"
    return client.patch(url, data, content_type="application/octet-stream", headers={"Upload-Offset": str(offset)})


def test_the_whole_way_by_api(desk: Desk, signed_in: Client) -> None:
    data = boxes(desk)
    code = announce(signed_in, desk, data)["code"]
    answer = send(signed_in, code, data)
    assert (answer.status_code, answer.json()["state"]) == (200, "checking")
    jobs.run_due()
    base = f"/api/v1/imports/{code}/"
    found = signed_in.get(base).json()
    assert (found["state"], found["format"], found["report"]["ready"]) == ("checked", "csv", 6)
    answer = signed_in.post(f"{base}check/", {"match": "exact"}, content_type=JSON)
    assert (answer.status_code, answer.json()["reading"]) == (200, {"match": "exact"})
    jobs.run_due()
    answer = signed_in.post(f"{base}import/", {"final": False, "policy": "skip"}, content_type=JSON)
    assert (answer.status_code, answer.json()["writing"]) == (200, {"final": False, "policy": "skip"})
    jobs.run_due()
    assert signed_in.get(base).json()["result"]["suggestions"] == 6
    assert signed_in.delete(base).status_code == 409
    assert signed_in.post(f"{base}undo/").json()["state"] == "undoing"
    jobs.run_due()
    assert signed_in.get(base).json()["result"]["undone"] == 6
    assert [row["code"] for row in signed_in.get("/api/v1/imports/?state=undone").json()["results"]] == [code]


def test_a_file_comes_in_chunks_and_goes_on_where_it_was(
    desk: Desk, signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "CHUNK", 100)
    data = boxes(desk)
    assert len(data) > 200
    code = announce(signed_in, desk, data)["code"]
    assert send(signed_in, code, data[:100]).json()["received"] == 100
    again = announce(signed_in, desk, data)
    assert (again["code"], again["received"]) == (code, 100)
    answer = send(signed_in, code, data[:100])
    assert (answer.status_code, answer.json()["code"], answer.json()["received"]) == (409, "offset_conflict", 100)
    assert send(signed_in, code, data[100:150], 100).status_code == 422
    for offset in range(100, len(data), 100):
        answer = send(signed_in, code, data[offset : offset + 100], offset)
    assert answer.json()["state"] == "checking"
    jobs.run_due()
    assert LabelImport.objects.get().report["ready"] == 6
    assert send(signed_in, code, data[-50:], 100).json()["state"] == "checked"


def test_a_file_that_was_not_imported_can_be_thrown_away(
    desk: Desk, signed_in: Client, django_capture_on_commit_callbacks: Any
) -> None:
    data = boxes(desk)
    made = desk.check(data, "boxes.csv")
    store, part = receiving._store(), receiving._part(made, 0)
    assert store.read(part) == data
    with django_capture_on_commit_callbacks(execute=True):
        assert signed_in.delete(f"/api/v1/imports/{made.code}/").status_code == 204
    assert not LabelImport.objects.exists()
    with pytest.raises(DomainError, match="no longer"):
        store.read(part)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"byte_size": 0}, 422, "byte_size"),
        ({"byte_size": -1}, 422, "byte_size"),
        ({"format": "gif"}, 400, "format"),
        ({"name": ""}, 400, "name"),
    ],
)
def test_what_cannot_be_announced_is_refused_at_its_field(
    desk: Desk, signed_in: Client, body: Any, status: int, field: str
) -> None:
    body = {"project": str(desk.bench.project.code), "name": "a.csv", "byte_size": 5} | body
    answer = signed_in.post("/api/v1/imports/", body, content_type=JSON)
    assert (answer.status_code, list(answer.json()["fields"])) == (status, [field])


def test_a_column_holds_only_what_there_is(desk: Desk, signed_in: Client) -> None:
    made = desk.check(boxes(desk), "boxes.csv")
    answer = signed_in.post(f"/api/v1/imports/{made.code}/check/", {"columns": {"colour": "x"}}, content_type=JSON)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["columns"])


def test_the_whole_way_on_pages(desk: Desk, signed_in: Client) -> None:
    empty = signed_in.get(f"/projects/{desk.bench.project.code}/imports/").content.decode()
    assert "No imports yet" in empty
    new = signed_in.get(f"/projects/{desk.bench.project.code}/imports/new/")
    assert b"exports/import-upload" in new.content
    made = desk.check(csv_of([(name, "Unicorn", 1, 2, 3, 4) for name in desk.names]), "boxes.csv")
    url = f"/imports/{made.code}/"
    page = signed_in.get(url).content.decode()
    assert "Unknown labels" in page
    assert "Add the labels that the project lacks" in page
    answer = signed_in.post(url, {"verb": "write", "final": "yes", "policy": "never"})
    assert answer.status_code == 422
    answer = signed_in.post(url, {"verb": "write", "final": "yes", "policy": "keep", "create_labels": "on"})
    assert (answer.status_code, answer["Location"]) == (302, url)
    assert 'hx-trigger="every 1s"' in signed_in.get(url).content.decode()
    jobs.run_due()
    fragment = signed_in.get(url, headers={"HX-Request": "true"})
    assert (fragment.status_code, b"Answers written" in fragment.content) == (286, True)
    assert Label.objects.filter(path="Unicorn").exists()
    assert signed_in.post(url, {"verb": "undo"}).status_code == 302
    jobs.run_due()
    assert not Task.objects.exclude(status="open").exists()
    listed = signed_in.get(f"/projects/{desk.bench.project.code}/imports/").content.decode()
    assert "boxes.csv" in listed
    assert "Undone" in listed


def test_columns_are_chosen_on_the_page(desk: Desk, signed_in: Client) -> None:
    made = desk.check(f"who,what\n{desk.names[0]},{desk.bench.labels[0].path}\n".encode(), "a.csv")
    url = f"/imports/{made.code}/"
    assert "No column says which image" in signed_in.get(url).content.decode()
    form = {"verb": "check", "format": "csv", "match": "path"}
    for wrong in ({"column_0": "label", "column_1": "label"}, {"column_1": "label"}):
        assert signed_in.post(url, form | wrong).status_code == 422
    assert signed_in.post(url, form | {"column_0": "image", "column_1": "label"}).status_code == 302
    jobs.run_due()
    made.refresh_from_db()
    assert (made.state, made.reading) == ("checked", {"columns": {"image": "who", "label": "what"}})


def test_what_cannot_be_done_now_is_said(desk: Desk, signed_in: Client) -> None:
    made = desk.write(desk.check(boxes(desk), "boxes.csv"))
    answer = signed_in.post(f"/imports/{made.code}/", {"verb": "discard"}, follow=True)
    assert "Undo the import instead" in answer.content.decode()


def test_the_list_goes_by_cursor_and_counts_nothing(
    desk: Desk, signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "PAGE", 2)
    project = desk.bench.project
    for number in range(5):
        LabelImport.objects.create(
            organisation=project.organisation, project=project, name=f"{number}.csv", byte_size=1,
            created_by=desk.manager,
        )  # fmt: skip
    base = f"/projects/{project.code}/imports/"
    seen, url = [], base
    while url:
        with CaptureQueriesContext(connection) as queries:
            context = signed_in.get(url).context
        assert [q for q in queries if "COUNT(" in q["sql"].upper() and "labelimport" in q["sql"]] == []
        seen.append([one.name for one in context["imports"]])
        url = context["older_url"] and base + context["older_url"]
    assert seen == [["4.csv", "3.csv"], ["2.csv", "1.csv"], ["0.csv"]]


def test_a_page_of_imports_costs_the_same_for_one_and_for_three(
    desk: Desk, signed_in: Client, django_assert_num_queries: Any
) -> None:
    project = desk.bench.project
    url = f"/projects/{project.code}/imports/"

    def add() -> None:
        LabelImport.objects.create(
            organisation=project.organisation, project=project, name="a.csv", byte_size=1, created_by=desk.manager
        )

    add()
    with CaptureQueriesContext(connection) as first:
        signed_in.get(url)
    add()
    add()
    with django_assert_num_queries(len(first)):
        signed_in.get(url)


def test_somebody_elses_import_is_nowhere(desk: Desk, client: Client) -> None:
    made = desk.check(boxes(desk), "boxes.csv")
    client.force_login(factories.UserFactory())
    for url in (
        f"/imports/{made.code}/",
        f"/api/v1/imports/{made.code}/",
        f"/projects/{desk.bench.project.code}/imports/",
    ):
        assert client.get(url).status_code == 404


def test_a_page_is_still_as_soon_as_its_state_says_what_is_done(desk: Desk, signed_in: Client) -> None:
    """The job ends a moment later; a form must not be exchanged under somebody's hands."""
    made = desk.check(boxes(desk), "boxes.csv")
    jobs.Job.objects.filter(pk=made.job.pk).update(state="running")
    url = f"/imports/{made.code}/"
    assert "hx-trigger" not in signed_in.get(url).content.decode().partition('id="import-state"')[2].partition(">")[0]
    assert signed_in.get(url, headers={"HX-Request": "true"}).status_code == 286
