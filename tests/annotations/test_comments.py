"""Comments on images: who sees them when, and what a reply or a resolution changes."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from annotations import comments
from annotations.comments import Pin
from annotations.models import Comment, Task
from projects import tenancy
from projects.errors import BadInput, Conflict, NotAllowed
from projects.models import User
from tests import factories
from tests.annotations.conftest import Bench, MakeBench
from tests.annotations.test_api import Caller, member

pytestmark = pytest.mark.django_db


def say(task: Task, author: User, text: str = "Look here", **more: Any) -> Comment:
    return comments.add(task=task, author=author, code=more.pop("code", uuid.uuid4()), text=text, **more)


def seen(user: User) -> list[str]:
    return list(Comment.objects.for_user(user).order_by("id").values_list("text", flat=True))


@pytest.fixture
def shared(make_bench: MakeBench) -> Bench:
    """Two labellers answer the same image."""
    return make_bench(tasks=1, minimum=2, maximum=2)


def task_of(bench: Bench) -> Task:
    return Task.objects.select_related("project", "image").order_by("id")[0]


def test_under_consensus_nobody_sees_others_comments_before_the_image_is_decided(shared: Bench) -> None:
    lars, lena = shared.labellers
    reviewer, viewer = member(shared, "reviewer"), member(shared, "viewer")
    task = task_of(shared)
    held = {user.pk: shared.lease(user)[0] for user in (lars, lena)}
    say(task, lars, "by lars")
    say(task, lena, "by lena")
    say(task, reviewer, "by the reviewer")
    assert (seen(lars), seen(lena)) == (["by lars"], ["by lena"])
    assert seen(reviewer) == seen(viewer) == ["by lars", "by lena", "by the reviewer"]

    document = shared.document()
    shared.submit(lars, shared.item(held[lars.pk], document))
    assert seen(lars) == ["by lars"]
    shared.submit(lena, shared.item(held[lena.pk], document))
    assert Task.objects.get().status == "labelled"
    assert seen(lars) == seen(lena) == ["by lars", "by lena", "by the reviewer"]
    # Sent back to the queue, it is blind once more.
    Task.objects.update(status="open")
    assert seen(lars) == ["by lars"]


def test_a_labeller_sees_the_answers_to_their_own_thread_alone(shared: Bench) -> None:
    lars, lena = shared.labellers
    manager = member(shared, "manager")
    task = task_of(shared)
    shared.lease(lars), shared.lease(lena)
    mine, hers = say(task, lars, "mine"), say(task, lena, "hers")
    say(task, manager, "to lars", thread=mine)
    say(task, manager, "to lena", thread=hers)
    assert seen(lars) == ["mine", "to lars"]


def test_with_one_labeller_an_image_the_reviewers_words_are_seen_by_whoever_has_it(bench: Bench) -> None:
    lars, lena = bench.labellers
    (held,) = bench.lease(lars)
    task = Task.objects.select_related("project", "image").get(pk=held.task_id)
    say(task, member(bench, "reviewer"), "Too wide")
    assert (seen(lars), seen(lena)) == (["Too wide"], [])


def test_labellers_comment_on_their_own_images_only(bench: Bench) -> None:
    with pytest.raises(NotAllowed):
        say(task_of(bench), bench.labellers[0])


def test_the_same_code_again_changes_nothing_and_is_nobody_elses(bench: Bench) -> None:
    lars = bench.labellers[0]
    (held,) = bench.lease(lars)
    task = Task.objects.select_related("project", "image").get(pk=held.task_id)
    code = uuid.uuid4()
    first = say(task, lars, "once", code=code)
    assert say(task, lars, "twice", code=code) == first
    with pytest.raises(Conflict):
        say(task, member(bench, "manager"), code=code)
    assert Comment.objects.get().text == "once"


def test_code_of_another_tenants_comment_is_taken_and_says_no_more(bench: Bench) -> None:
    theirs = factories.TaskFactory()
    tenant = {"organisation": theirs.organisation, "project": theirs.project}
    hidden = Comment.objects.create(**tenant, task=theirs, author=factories.UserFactory(), text="x")
    caller = Caller(member(bench, "manager"))
    body = {"code": str(hidden.code), "text": "Look"}
    assert caller("post", f"tasks/{task_of(bench).code}/comments/", body)[0] == 409


def test_pins_stay_inside_and_replies_have_none(bench: Bench) -> None:
    manager = member(bench, "manager")
    task = task_of(bench)
    first = say(task, manager, kind="flag", pin=Pin(-5, 9999, "region"))
    assert (first.x, first.y, first.region, first.kind) == (0, 480, "region", "flag")
    reply = say(task, manager, kind="flag", pin=Pin(1, 1), thread=first)
    assert (reply.x, reply.kind, reply.thread) == (None, "comment", first)
    assert say(task, manager, thread=reply).thread == first
    other = Task.objects.select_related("project", "image").order_by("id")[1]
    with pytest.raises(BadInput):
        say(other, manager, thread=first)


def test_a_reply_opens_a_resolved_thread_again(bench: Bench) -> None:
    manager = member(bench, "manager")
    task = task_of(bench)
    flag = say(task, manager, kind="flag")
    assert list(Comment.objects.open_flags()) == [flag]
    comments.resolve(comment=flag, actor=manager, resolved=True)
    assert not Comment.objects.open_flags()
    at = Comment.objects.get().resolved_at
    comments.resolve(comment=flag, actor=manager, resolved=True)
    assert Comment.objects.get().resolved_at == at
    reply = say(task, manager, thread=flag)
    assert list(Comment.objects.open_flags()) == [flag]
    with pytest.raises(BadInput):
        comments.resolve(comment=reply, actor=manager, resolved=True)


def test_only_the_author_or_a_reviewer_resolves(bench: Bench) -> None:
    lars = bench.labellers[0]
    (held,) = bench.lease(lars)
    task = Task.objects.select_related("project", "image").get(pk=held.task_id)
    theirs = say(task, member(bench, "reviewer"))
    with pytest.raises(NotAllowed):
        comments.resolve(comment=theirs, actor=lars, resolved=True)
    mine = say(task, lars)
    assert comments.resolve(comment=mine, actor=lars, resolved=True).resolved_at is not None


def test_a_reply_of_another_tenant_is_impossible(bench: Bench, make_bench: MakeBench) -> None:
    first = say(task_of(bench), member(bench, "manager"))
    foreign = make_bench(tasks=1)
    task = Task.objects.get(project=foreign.project)
    place = {"organisation": task.organisation, "project": task.project, "task": task}
    Comment.objects.create(**place, author=first.author, text="x", thread=first)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    transaction.set_rollback(True)


def test_the_api_lists_by_cursor_says_once_and_resolves(bench: Bench) -> None:
    user = member(bench, "manager")
    manager, viewer = Caller(user), Caller(member(bench, "viewer"))
    task = task_of(bench)
    where = f"tasks/{task.code}/comments/"
    body = {
        "code": str(uuid.uuid4()),
        "text": " <b>Wheel</b> is cut off ",
        "x": 10,
        "y": 20.5,
        "region": "r1",
        "kind": "flag",
    }
    status, made = manager("post", where, body)
    assert status == 201
    assert {name: made[name] for name in ("code", "thread", "mine", "kind", "text", "x", "y", "region", "resolved_at")} == {
        "code": body["code"], "thread": None, "mine": True, "kind": "flag", "text": "<b>Wheel</b> is cut off",
        "x": 10.0, "y": 20.5, "region": "r1", "resolved_at": None,
    }  # fmt: skip
    assert made["author"] == {"code": str(user.code), "name": user.display_name}
    assert manager("post", where, body)[1] == made
    reply = {"code": str(uuid.uuid4()), "text": "Widened", "thread": body["code"]}
    assert manager("post", where, reply)[1]["thread"] == body["code"]

    status, page = viewer("get", f"{where}?page_size=1")
    assert (status, [one["mine"] for one in page["results"]]) == (200, [False])
    following = viewer("get", page["next"].split("/api/v1/")[1])[1]
    assert [one["text"] for one in following["results"]] == ["Widened"]
    assert viewer("post", where, reply)[0] == 403
    status, done = manager("patch", f"comments/{body['code']}/", {"resolved": True})
    assert (status, done["resolved_at"] is not None) == (200, True)


@pytest.mark.parametrize(
    "wrong", [{"text": " "}, {"x": 1}, {"x": "NaN", "y": 1}, {"kind": "order"}, {"text": "x" * 2001}, {"code": "1"}]
)
def test_the_api_refuses_bad_comments(bench: Bench, wrong: dict[str, Any]) -> None:
    manager = Caller(member(bench, "manager"))
    body = {"code": str(uuid.uuid4()), "text": "Look"} | wrong
    assert manager("post", f"tasks/{task_of(bench).code}/comments/", body)[0] == 400


def test_a_thread_one_does_not_see_is_absent(shared: Bench) -> None:
    lars, lena = shared.labellers
    task = task_of(shared)
    shared.lease(lars), shared.lease(lena)
    hers = say(task, lena, "hers")
    caller = Caller(lars)
    reply = {"code": str(uuid.uuid4()), "text": "Me too", "thread": str(hers.code)}
    assert caller("post", f"tasks/{task.code}/comments/", reply)[0] == 404
    assert caller("patch", f"comments/{hers.code}/", {"resolved": True})[0] == 404
    assert caller("get", f"tasks/{task.code}/comments/")[1]["results"] == []


@pytest.mark.parametrize("rows", [1, 3])
def test_listing_costs_the_same_for_any_number(bench: Bench, rows: int, django_assert_num_queries: Any) -> None:
    user = member(bench, "manager")
    task = task_of(bench)
    for _ in range(rows):
        say(task, user)
    manager = Caller(user)
    manager("get", f"tasks/{task.code}/comments/")
    with django_assert_num_queries(6):
        assert len(manager("get", f"tasks/{task.code}/comments/")[1]["results"]) == rows


@pytest.mark.django_db(transaction=True)
def test_a_comment_sent_twice_at_once_is_said_once(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=1)
    user, code = member(bench, "manager"), uuid.uuid4()
    task = task_of(bench)

    def send(_: int) -> int:
        try:
            with tenancy.system_access("a window of the test"):
                return say(task, user, code=code).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(send, range(4)))) == 1
    assert Comment.objects.count() == 1
