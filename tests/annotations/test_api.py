"""The labelling API as a client meets it."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from annotations.models import Annotation, Lease, Task
from projects.models import Membership, User
from tests import factories
from tests.annotations.conftest import Bench, MakeBench

pytestmark = pytest.mark.django_db


class Caller:
    """A signed-in client that speaks JSON."""

    def __init__(self, user: User | None) -> None:
        self.client = Client()
        if user is not None:
            self.client.force_login(user)

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        options = {} if body is None else {"data": body, "content_type": "application/json"}
        response = getattr(self.client, method)(f"/api/v1/{path}", **options)
        return response.status_code, response.json() if response.content else None


@pytest.fixture
def lars(bench: Bench) -> Caller:
    return Caller(bench.labellers[0])


@pytest.fixture
def manager(bench: Bench) -> Caller:
    return Caller(member(bench, "manager"))


def member(bench: Bench, role: str) -> User:
    user = factories.UserFactory()
    project = bench.project
    Membership.objects.create(organisation=project.organisation, user=user, workspace=project.workspace, role=role)
    return user


def at(bench: Bench, name: str) -> str:
    return f"projects/{bench.project.code}/{name}/"


def submission(tasks: list[Any], document: Any, **more: Any) -> dict[str, Any]:
    items = [
        {"task": task["code"], "lease": task["lease"]["token"], "document": document, "active_seconds": 3}
        for task in tasks
    ]
    return {"key": str(uuid.uuid4()), "items": items} | more


def test_lease_then_submit_then_next_page(bench: Bench, lars: Caller) -> None:
    status, page = lars("post", at(bench, "lease"), {"count": 4})
    assert status == 200
    assert len(page["tasks"]) == 4
    assert page["reason"] is None
    task = page["tasks"][0]
    assert sorted(task) == [
        "code", "draft", "image", "image_changed", "kind", "lease", "prelabel", "prelabel_confidence", "rejection_note",
    ]  # fmt: skip
    assert (task["kind"], task["draft"], task["prelabel"], task["rejection_note"]) == ("manual", None, None, "")
    assert sorted(task["image"]) == [
        "code", "details", "frame", "height", "name", "own_url", "thumbnail_url", "tiles_url", "url", "values_url", "width",
    ]  # fmt: skip
    assert task["image"]["url"]
    assert parse_datetime(task["lease"]["expires_at"]) is not None
    body = submission(page["tasks"], bench.document(), next=6)
    status, done = lars("post", at(bench, "submit"), body)
    assert status == 200
    assert [result["outcome"] for result in done["results"]] == ["submitted"] * 4
    assert [result["task"] for result in done["results"]] == [task["code"] for task in page["tasks"]]
    assert len(done["next"]["tasks"]) == 6
    status, again = lars("post", at(bench, "submit"), body)
    assert status == 200
    assert [result["outcome"] for result in again["results"]] == ["replayed"] * 4
    assert [result["annotation"] for result in again["results"]] == [r["annotation"] for r in done["results"]]


def test_skip_needs_a_reason_and_takes_the_place_of_a_document(bench: Bench, lars: Caller) -> None:
    _, page = lars("post", at(bench, "lease"), {})
    item = {"task": page["tasks"][0]["code"], "lease": page["tasks"][0]["lease"]["token"]}
    for wrong in ({}, {"skip_reason": " "}, {"skip_reason": "x", "document": {}}):
        status, problem = lars("post", at(bench, "submit"), {"key": str(uuid.uuid4()), "items": [item | wrong]})
        assert (status, problem["code"], list(problem["fields"])) == (400, "invalid", ["items.0"])
    body = {"key": str(uuid.uuid4()), "items": [item | {"skip_reason": "Out of focus."}]}
    status, done = lars("post", at(bench, "submit"), body)
    assert (status, done["results"][0]["outcome"], done["next"]) == (200, "skipped", None)


def test_invalid_document_is_422_and_names_the_region(bench: Bench, lars: Caller) -> None:
    _, page = lars("post", at(bench, "lease"), {})
    status, problem = lars("post", at(bench, "submit"), submission(page["tasks"], bench.document(width=-3)))
    assert status == 422
    assert problem["code"] == "invalid_document"
    assert problem["detail"] == "Region 1 (box): width must be greater than 0."
    assert list(problem["fields"]) == ["items.0.regions.0.width"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"count": 5}, "count"),
        ({"many": 1}, "many"),
        ({"exclude": ["x"]}, "exclude.0"),
        ([], "body"),
    ],
)
def test_bad_lease_body_is_400(bench: Bench, lars: Caller, body: Any, field: str) -> None:
    status, problem = lars("post", at(bench, "lease"), body)
    assert (status, problem["code"], list(problem["fields"])) == (400, "invalid", [field])


def test_lost_lease_is_409_and_keeps_the_draft(bench: Bench, lars: Caller) -> None:
    _, page = lars("post", at(bench, "lease"), {})
    Lease.objects.all().delete()
    status, problem = lars("post", at(bench, "submit"), submission(page["tasks"], bench.document()))
    assert (status, problem["code"], problem["lost"]) == (409, "lease_expired", [page["tasks"][0]["code"]])
    assert Annotation.objects.get().draft["regions"]


def test_paused_project_is_409_and_hands_out_nothing(bench: Bench, lars: Caller) -> None:
    _, page = lars("post", at(bench, "lease"), {})
    bench.project.state = "paused"
    bench.project.save(update_fields=["state"])
    status, problem = lars("post", at(bench, "submit"), submission(page["tasks"], bench.document()))
    assert (status, problem["code"]) == (409, "project_paused")
    assert Annotation.objects.get().draft["regions"]
    status, empty = lars("post", at(bench, "lease"), {})
    assert (status, empty["tasks"], empty["reason"]) == (200, [], "paused")


def test_draft_heartbeat_release(bench: Bench, lars: Caller) -> None:
    _, page = lars("post", at(bench, "lease"), {})
    task = page["tasks"][0]
    token = task["lease"]["token"]
    body = {"lease": token, "document": bench.document(), "version": None, "active_seconds": 2.5}
    status, saved = lars("put", f"tasks/{task['code']}/draft/", body)
    assert (status, saved["version"]) == (200, 1)
    status, conflict = lars("put", f"tasks/{task['code']}/draft/", body)
    assert (status, conflict["code"], conflict["version"]) == (409, "draft_conflict", 1)
    assert conflict["document"]["regions"]
    foreign = str(uuid.uuid4())
    status, beat = lars("post", at(bench, "heartbeat"), {"leases": [token, foreign]})
    assert (status, [lease["token"] for lease in beat["leases"]], beat["lost"]) == (200, [token], [foreign])
    assert lars("post", at(bench, "release"), {"leases": [token]}) == (204, None)
    assert Lease.objects.count() == 0
    _, page = lars("post", at(bench, "lease"), {})
    assert (page["tasks"][0]["code"], page["tasks"][0]["draft"]["version"]) == (task["code"], 1)


def test_history_shows_own_answers_and_reopens_them(bench: Bench, lars: Caller) -> None:
    first, second = bench.labellers
    tasks = [bench.answer(first), bench.answer(first, skip="Dark."), bench.answer(second)]
    Task.objects.filter(pk=tasks[1].pk).update(status="approved")
    Annotation.objects.filter(task=tasks[0]).update(submitted_at=timezone.now() - timedelta(minutes=1))
    status, history = lars("get", at(bench, "history"))
    assert status == 200
    assert [(entry["task"], entry["skipped"], entry["reopenable"]) for entry in history["results"]] == [
        (str(tasks[1].code), True, False),
        (str(tasks[0].code), False, True),
    ]
    entry = history["results"][1]
    status, task = lars("post", f"annotations/{entry['annotation']}/reopen/")
    assert status == 200
    assert task["draft"]["document"] == entry["document"]
    status, problem = lars("post", f"annotations/{history['results'][0]['annotation']}/reopen/")
    assert (status, problem["code"]) == (409, "not_reopenable")


def test_labeller_is_blind_for_others_answers(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=2, minimum=2, maximum=2)
    first, second = bench.labellers
    bench.answer(first)
    code = Annotation.objects.get().code
    lena = Caller(second)
    assert lena("get", f"annotations/{code}/")[0] == 404
    assert lena("post", f"annotations/{code}/reopen/")[0] == 404
    assert lena("get", "annotations/")[1]["results"] == []
    assert lena("get", "tasks/")[1]["results"] == []
    assert lena("get", f"tasks/{Task.objects.first().code}/")[0] == 403
    assert lena("get", at(bench, "history"))[1]["results"] == []
    _, page = lena("post", at(bench, "lease"), {})
    assert page["tasks"][0]["draft"] is None
    assert Caller(first)("get", f"annotations/{code}/")[0] == 200


def test_manager_lists_tasks_and_answers_with_filters(bench: Bench, manager: Caller) -> None:
    first, second = bench.labellers
    cat, dog = (str(label.code) for label in bench.labels[:2])
    mine = bench.answer(first, bench.document(label=0))
    hers = bench.answer(second, bench.document(label=1))
    status, page = manager("get", f"tasks/?project={bench.project.code}&page_size=3")
    assert (status, len(page["results"])) == (200, 3)
    assert page["next"]

    def found(query: str) -> list[str]:
        return [row["code"] for row in manager("get", f"tasks/?{query}")[1]["results"]]

    assert found("status=labelled") == [str(hers.code), str(mine.code)]
    assert found(f"label={dog}") == [str(hers.code)]
    assert found(f"label={cat}") == [str(mine.code)]
    assert found(f"labeller={first.code}") == [str(mine.code)]
    assert manager("get", "tasks/?colour=red")[0] == 400
    status, task = manager("get", f"tasks/{mine.code}/")
    assert (task["status"], task["answers"], task["final"]) == ("labelled", 1, mine.final)
    status, answers = manager("get", f"annotations/?labeller={first.code}")
    assert [row["task"] for row in answers["results"]] == [str(mine.code)]
    status, problem = manager("post", f"annotations/{answers['results'][0]['code']}/reopen/")
    assert (status, problem["code"]) == (403, "not_allowed")


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("path", "queries"), [("tasks/", 4), ("annotations/", 4)])
def test_lists_take_the_same_queries_for_any_length(
    bench: Bench, manager: Caller, django_assert_num_queries: Any, rows: int, path: str, queries: int
) -> None:
    for _ in range(rows):
        bench.answer(bench.labellers[0])
    manager("get", path)
    with django_assert_num_queries(queries):
        manager("get", path)
