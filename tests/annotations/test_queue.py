import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations import queue
from annotations.models import Annotation, Lease, QueuePosition, Task
from projects.models import Image, Project
from tests.annotations.conftest import Bench, MakeBench

pytestmark = pytest.mark.django_db


def expire(*held: queue.Held) -> None:
    Lease.objects.filter(token__in=[one.token for one in held]).update(expires_at=timezone.now() - timedelta(seconds=1))


def test_lease_takes_tasks_in_order_of_the_queue(bench: Bench) -> None:
    Task.objects.filter(shuffle_key=7).update(priority=-1)
    page = queue.lease(project=bench.project, labeller_id=bench.labellers[0].pk, count=4)
    keys = Task.objects.in_bulk([held.task_id for held in page.tasks])
    assert [keys[held.task_id].shuffle_key for held in page.tasks] == [7, 0, 1, 2]
    assert {task.open_slots for task in keys.values()} == {0}
    assert page.reason is None
    assert bench.broken() == []


def test_lease_again_gives_the_same_page_back_and_fills_it_up(bench: Bench) -> None:
    lars = bench.labellers[0]
    first = bench.lease(lars, 4)
    again = bench.lease(lars, 4)
    assert [held.token for held in again] == [held.token for held in first]
    more = bench.lease(lars, 6)
    assert [held.token for held in more][:4] == [held.token for held in first]
    assert len(more) == 6
    assert len(bench.lease(lars, 1)) == 1
    assert Lease.objects.count() == 6


def test_lease_leaves_excluded_tasks_out(bench: Bench) -> None:
    lars = bench.labellers[0]
    (first,) = bench.lease(lars)
    (second,) = bench.lease(lars, exclude=[first.code])
    assert second.code != first.code
    assert bench.broken() == []


def test_two_labellers_never_get_the_same_task(bench: Bench) -> None:
    pages = [bench.lease(user, 4) for user in bench.labellers]
    codes = [held.code for page in pages for held in page]
    assert len(codes) == len(set(codes)) == 8


def test_labeller_does_not_get_an_answered_task_again_under_consensus(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=3, minimum=2, maximum=2)
    lars, lena = bench.labellers
    for _ in range(3):
        bench.answer(lars)
    assert queue.lease(project=bench.project, labeller_id=lars.pk, count=1) == queue.Page(reason="nothing_for_you")
    assert len(bench.lease(lena, 4)) == 3


def test_rejected_answer_comes_back_to_its_labeller(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=2)
    lars = bench.labellers[0]
    task = bench.answer(lars)
    Annotation.objects.filter(task=task).update(state="draft", draft={"labels": [], "regions": [], "empty": False})
    Task.objects.filter(pk=task.pk).update(status="open", open_slots=1, answers=0, rejection_note="Look again.")
    codes = {held.code: held for held in bench.lease(lars, 4)}
    assert codes[task.code].rejection_note == "Look again."


def test_walk_goes_on_behind_the_last_task_and_wraps_around_once(bench: Bench) -> None:
    lars = bench.labellers[0]
    for _ in range(3):
        bench.answer(lars)
    Task.objects.filter(shuffle_key=1).update(status="open", open_slots=1, answers=0)
    Annotation.objects.filter(task__shuffle_key=1).delete()
    order = [Task.objects.get(pk=bench.lease(lars, exclude=[])[0].task_id).shuffle_key]
    assert order == [3]
    position = QueuePosition.objects.get()
    assert (position.priority, position.shuffle_key) == (0, 3)
    held = bench.lease(lars, 9)
    assert [Task.objects.get(pk=one.task_id).shuffle_key for one in held] == [3, 4, 5, 6, 7, 8, 9, 1]


def test_image_that_is_gone_is_not_handed_out(bench: Bench) -> None:
    Image.objects.filter(key="photos/000000.jpg").update(state="missing", reason="Gone.")
    assert bench.lease(bench.labellers[0])[0].image.key == "photos/000001.jpg"


@pytest.mark.parametrize(
    ("state", "reason"),
    [("paused", "paused"), ("completed", "finished"), ("draft", "not_started"), ("initializing", "initializing")],
)
def test_project_that_does_not_run_hands_out_nothing(bench: Bench, state: str, reason: str) -> None:
    bench.project.state = Project.State(state)
    assert queue.lease(project=bench.project, labeller_id=bench.labellers[0].pk, count=1) == queue.Page(reason=reason)


def test_empty_queue_says_whether_others_are_at_work(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=1)
    lars, lena = bench.labellers
    bench.lease(lars)
    assert queue.lease(project=bench.project, labeller_id=lena.pk, count=1).reason == "nothing_for_you"
    bench.answer(lars)
    assert queue.lease(project=bench.project, labeller_id=lena.pk, count=1).reason == "finished"


def test_expired_lease_comes_back_to_the_queue(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=1)
    lars, lena = bench.labellers
    (held,) = bench.lease(lars)
    expire(held)
    assert queue.release_expired() == 1
    assert bench.broken() == []
    assert bench.lease(lena)[0].code == held.code
    assert Annotation.objects.get(task_id=held.task_id, labeller=lars).lapsed_token == held.token


def test_empty_queue_takes_expired_leases_back_by_itself(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=1)
    lars, lena = bench.labellers
    (held,) = bench.lease(lars)
    expire(held)
    assert bench.lease(lena)[0].code == held.code


def test_expired_lease_that_nobody_swept_stays_its_owners(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=1)
    lars = bench.labellers[0]
    (held,) = bench.lease(lars)
    expire(held)
    (again,) = bench.lease(lars)
    assert again.token == held.token
    assert again.expires_at > timezone.now()


def test_sweep_gives_back_two_slots_of_one_task(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=1, minimum=2, maximum=3)
    expire(*(bench.lease(user)[0] for user in bench.labellers))
    assert queue.release_expired() == 2
    assert Task.objects.get().open_slots == 2


def test_heartbeat_extends_what_is_left(bench: Bench) -> None:
    lars, lena = bench.labellers
    mine, other = bench.lease(lars)[0], bench.lease(lena)[0]
    expire(mine, other)
    extended = queue.heartbeat(
        project=bench.project, labeller_id=lars.pk, tokens=[mine.token, other.token, uuid.uuid4()]
    )
    assert list(extended) == [mine.token]
    assert extended[mine.token] > timezone.now() + timedelta(minutes=29)
    assert queue.release_expired() == 1


def test_release_gives_back_own_leases_alone_and_sets_the_walk_back(bench: Bench) -> None:
    lars, lena = bench.labellers
    bench.answer(lars)
    held, foreign = bench.lease(lars, 4), bench.lease(lena)[0]
    tokens = [*(one.token for one in held), foreign.token]
    assert queue.release(project=bench.project, labeller_id=lars.pk, tokens=tokens) == 4
    assert queue.release(project=bench.project, labeller_id=lars.pk, tokens=tokens) == 0
    assert Lease.objects.count() == 1
    assert bench.broken() == []
    assert [one.code for one in bench.lease(lars, 4)] == [one.code for one in held]


def test_long_search_that_found_nothing_rests(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "LONG_SEARCH_SECONDS", 0)
    monkeypatch.setattr(queue, "REST_FACTOR", 100_000)
    monkeypatch.setattr(queue, "_anything_open", lambda *_: True)
    lars = bench.labellers[0]
    Task.objects.update(open_slots=0)
    assert bench.lease(lars) == ()
    assert QueuePosition.objects.get().rests_until > timezone.now()
    QueuePosition.objects.update(rests_until=timezone.now() + timedelta(minutes=1))
    Task.objects.update(open_slots=1)
    assert bench.lease(lars) == ()
    QueuePosition.objects.update(rests_until=timezone.now() - timedelta(hours=1))
    assert len(bench.lease(lars)) == 1
    assert QueuePosition.objects.get().rests_until is None


def test_answers_taken_up_again_come_first_the_latest_before_the_others(bench: Bench) -> None:
    lars = bench.labellers[0]
    old, new = bench.answer(lars), bench.answer(lars)
    (held,) = bench.lease(lars)
    for task in (old, new, old):
        queue.reopen(project=bench.project, annotation=Annotation.objects.get(task=task, labeller=lars))
    Lease.objects.filter(task=new).update(granted_at=timezone.now() - timedelta(minutes=1))
    assert [one.task_id for one in bench.lease(lars, 4)][:3] == [old.pk, new.pk, held.task_id]
