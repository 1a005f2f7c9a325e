"""The queue and submitting under real concurrency and real death: threads on PostgreSQL, processes that are killed."""

import json
import os
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from annotations import progress, queue
from annotations.models import Annotation, AnnotationRevision, Lease, ProgressDelta, Task
from annotations.progress import Counts
from projects import tenancy
from projects.models import User
from tests.annotations.conftest import Bench, MakeBench

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
KILLED = 77


@pytest.fixture(autouse=True)
def _threads_leave_no_connections() -> Iterator[None]:
    yield
    connection.close_pool()


def together(work: Callable[[int], Any], count: int) -> list[Any]:
    """Runs `work` in `count` threads that start at the same moment, each with its own connection."""
    barrier = threading.Barrier(count)

    def run(number: int) -> Any:
        barrier.wait()
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def work_through(bench: Bench, user: User, size: int) -> list[uuid.UUID]:
    """What one labeller does until nothing is left: lease a page, answer most, skip some, release some."""
    seen, turn = [], 0
    with tenancy.acting_as(user):
        while held := bench.lease(user, size):
            turn += 1
            if turn % 5 == 3:
                queue.release(project=bench.project, labeller_id=user.pk, tokens=[held[0].token])
                held = held[1:]
            if held:
                items = [bench.item(one, skip="Dark." if (turn + n) % 7 == 6 else "") for n, one in enumerate(held)]
                bench.submit(user, *items)
            seen += [one.code for one in held]
    return seen


def test_eight_threads_share_every_task_and_none_twice(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=300, labellers=8)
    done = together(lambda n: work_through(bench, bench.labellers[n], queue.PAGE_SIZES[n % 4]), 8)
    codes = [code for part in done for code in part]
    assert len(codes) == len(set(codes)) == 300
    assert sum(1 for part in done if part) > 1
    assert bench.broken() == []
    assert Lease.objects.count() == 0
    assert not Task.objects.filter(status="open").exists()
    assert Annotation.objects.answered().count() == 300
    counts = progress.counts(bench.project.pk)
    assert (counts.open, counts.done) == (-300, 300)


def test_eight_threads_give_each_task_its_answers_under_consensus(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=60, minimum=3, maximum=3, task_type="multiclass", labellers=8)
    done = together(lambda n: work_through(bench, bench.labellers[n], 4), 8)
    answers = Counter(code for part in done for code in part)
    assert set(answers.values()) == {3}
    assert len(answers) == 60
    assert all(len(part) == len(set(part)) for part in done)
    assert bench.broken() == []
    assert not Task.objects.filter(status="open").exists()


def test_claims_while_leases_expire_lose_no_slot(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=40, labellers=6)

    def act(number: int) -> None:
        if number >= 6:
            with tenancy.system_access("sweep in a test"):
                for _ in range(30):
                    queue.release_expired(limit=7)
            return
        user = bench.labellers[number]
        with tenancy.acting_as(user):
            for _ in range(15):
                held = bench.lease(user, 4)
                Lease.objects.filter(token__in=[one.token for one in held[:3]]).update(expires_at="2020-01-01T00:00Z")
                if held:
                    queue.heartbeat(project=bench.project, labeller_id=user.pk, tokens=[held[0].token])

    together(act, 8)
    Lease.objects.update(expires_at="2020-01-01T00:00Z")
    while queue.release_expired():
        continue
    assert bench.broken() == []
    assert set(Task.objects.values_list("open_slots", flat=True)) == {1}


def post(client: Client, bench: Bench, name: str, body: dict[str, Any]) -> Any:
    response = client.post(f"/api/v1/projects/{bench.project.code}/{name}/", data=body, content_type="application/json")
    return response.status_code, response.json()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def body_of(bench: Bench, tasks: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    items = [{"task": t["code"], "lease": t["lease"]["token"], "document": bench.document(boxes=2)} for t in tasks]
    return {"key": str(uuid.uuid4()), "items": items} | more


def test_same_submit_twenty_times_at_once_is_one_answer(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=20, labellers=1)
    client = signed_in(bench.labellers[0])
    _, page = post(client, bench, "lease", {"count": 4})
    body = body_of(bench, page["tasks"], next=4)
    answers = together(lambda _: post(client, bench, "submit", body), 20)
    assert {status for status, _ in answers} == {200}
    said = {
        json.dumps([[r["task"], r["annotation"], r["version"]] for r in answer["results"]]) for _, answer in answers
    }
    assert len(said) == 1
    pages = {tuple(task["lease"]["token"] for task in answer["next"]["tasks"]) for _, answer in answers}
    assert len(pages) == 1
    outcomes = Counter(result["outcome"] for _, answer in answers for result in answer["results"])
    assert outcomes == {"submitted": 4, "replayed": 76}
    assert Annotation.objects.count() == 4
    assert AnnotationRevision.objects.count() == 0
    assert progress.counts(bench.project.pk) == Counts(open=-4, labelled=4)
    assert bench.broken() == []


def test_double_click_on_lease_takes_one_page(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=20, labellers=1)
    user = bench.labellers[0]

    def act(_: int) -> list[uuid.UUID]:
        with tenancy.acting_as(user):
            return [held.token for held in bench.lease(user, 4)]

    pages = together(act, 8)
    assert len({tuple(page) for page in pages}) == 1
    assert Lease.objects.count() == 4


def test_two_answers_at_once_are_both_counted(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=10, minimum=2, maximum=3, task_type="multiclass")
    held = {user.pk: bench.lease(user, 9) for user in bench.labellers}

    def act(number: int) -> None:
        user = bench.labellers[number]
        with tenancy.acting_as(user):
            for one in held[user.pk]:
                bench.submit(user, bench.item(one))

    together(act, 2)
    assert Task.objects.filter(status="labelled", answers=2, open_slots=0).count() == 9
    assert bench.broken() == []


@contextmanager
def bomb(at: int) -> Iterator[None]:
    """Ends the process, as `kill -9` does, before the statement or around the commit with this number."""
    steps = iter(range(1_000_000))

    def step() -> None:
        if next(steps) == at:
            os._exit(KILLED)

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        step()
        return execute(sql, params, many, context)

    commit = connection._commit

    def fragile_commit() -> None:
        step()
        commit()
        step()

    connection._commit = fragile_commit
    with connection.execute_wrapper(wrapper):
        yield


def in_child(work: Callable[[], None]) -> int:
    """Runs `work` in a forked process with database connections of its own; answers its exit status."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            wrapper = connections["default"]
            type(wrapper)._connection_pools = {}
            wrapper.connection = None
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def survive(bench: Bench, act: Callable[[Client], Any], check: Callable[[], None]) -> int:
    """Kills `act` at every step, one after the other, checking each time; answers how many steps there were."""
    client = signed_in(bench.labellers[0])
    for at in range(200):

        def work(at: int = at) -> None:
            with bomb(at):
                act(client)

        status = in_child(work)
        assert status in (0, KILLED)
        check()
        if status == 0:
            return at
    raise AssertionError("The request never ended.")


@pytest.mark.chaos
def test_killed_submit_is_whole_or_nothing_and_its_retry_counts_once(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=400, labellers=1, minimum=1)
    user = bench.labellers[0]
    client = signed_in(user)
    sent: dict[str, Any] = {}

    def act(inner: Client) -> None:
        status, _ = post(inner, bench, "submit", sent)
        assert status == 200

    def check() -> None:
        assert bench.broken() == []
        codes = [item["task"] for item in sent["items"]]
        assert Annotation.objects.answered().filter(task__code__in=codes).count() in (0, 4)
        status, answer = post(client, bench, "submit", sent)
        assert status == 200
        assert Annotation.objects.answered().filter(task__code__in=codes, version=1).count() == 4
        assert progress.counts(bench.project.pk).labelled == Annotation.objects.answered().count()
        assert bench.broken() == []
        sent.clear()
        sent.update(body_of(bench, answer["next"]["tasks"], next=4))

    _, page = post(client, bench, "lease", {"count": 4})
    sent.update(body_of(bench, page["tasks"], next=4))
    assert survive(bench, act, check) >= 8
    assert AnnotationRevision.objects.count() == 0


@pytest.mark.chaos
def test_killed_lease_leaks_no_slot(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=50, labellers=1, minimum=2, maximum=2)

    def check() -> None:
        assert bench.broken() == []
        assert Lease.objects.count() in (0, 4)

    assert survive(bench, lambda client: post(client, bench, "lease", {"count": 4}), check) >= 5
    assert ProgressDelta.objects.count() == 0


@pytest.mark.chaos
def test_killed_release_and_sweep_leak_no_slot(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=30, labellers=1)
    user = bench.labellers[0]

    def act(client: Client) -> None:
        with tenancy.system_access("release and sweep in a test"):
            held = bench.lease(user, 4)
            queue.release(project=bench.project, labeller_id=user.pk, tokens=[one.token for one in held[:2]])
            Lease.objects.update(expires_at="2020-01-01T00:00Z")
            queue.release_expired()

    def check() -> None:
        assert bench.broken() == []

    assert survive(bench, act, check) >= 8
