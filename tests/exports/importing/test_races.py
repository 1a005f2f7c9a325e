"""Imports beside labellers and beside each other, in threads with connections of their own."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from annotations import progress
from annotations.models import Annotation, Task
from annotations.progress import Counts
from exports.importing import requesting, sifting
from exports.importing.options import Writing
from projects import jobs, tenancy
from tests.annotations.test_queue_races import together
from tests.exports.importing.conftest import Desk, MakeDesk, boxes, said

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
TASKS = 60


@pytest.fixture(autouse=True)
def _threads_leave_no_connections() -> Iterator[None]:
    yield
    connection.close_pool()


@pytest.fixture
def many(make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(sifting, "BATCH", 7)
    return make_desk(tasks=TASKS, labellers=3)


def label_on(desk: Desk, number: int) -> int:
    """What one labeller does until nothing is left; how many answers they gave."""
    labeller, done = desk.bench.labellers[number], 0
    with tenancy.acting_as(labeller):
        while held := desk.bench.lease(labeller, 4):
            done += len(held)
            desk.bench.submit(labeller, *[desk.bench.item(one, desk.bench.document(x=99)) for one in held])
    return done


def test_labellers_and_an_import_share_the_tasks(many: Desk) -> None:
    made = many.check(boxes(many), "boxes.csv")
    requesting.write(label_import=made, actor=many.manager, options=Writing())

    def work(number: int) -> int:
        return jobs.run_due() if number == 0 else label_on(many, number - 1)

    _, *answered = together(work, 4)
    made = many.fresh(made)
    assert (made.job.state, made.job.attempt) == ("succeeded", 1)
    written = made.result["written"]
    assert written + sum(answered) == TASKS == written + made.result["kept"] + made.result["in_hand"]
    places = [said(task)[0][1] for task in many.tasks()]
    assert (places.count(10), places.count(99)) == (written, sum(answered))
    assert Annotation.objects.filter(state="submitted").count() == TASKS
    assert many.bench.broken() == []
    assert progress.counts(many.bench.project.pk) == Counts(labelled=TASKS)


def test_two_imports_and_an_undoing_at_once_leave_everything_whole(many: Desk) -> None:
    first = many.write(many.check(boxes(many, x=5), "first.csv"))
    second = many.check(boxes(many, x=6), "second.csv")
    third = many.check(boxes(many, x=7), "third.csv")
    requesting.undo(label_import=first, actor=many.manager)
    for made in (second, third):
        requesting.write(label_import=made, actor=many.manager, options=Writing(policy="replace"))

    def work(number: int) -> Any:
        return jobs.run_due()

    together(work, 3)
    assert [many.fresh(made).job.state for made in (first, second, third)] == ["succeeded"] * 3
    assert {said(task)[0][1] for task in many.tasks()} <= {6, 7}
    assert {task.status for task in many.tasks()} == {"labelled"}
    assert Task.objects.filter(answers=1).count() == TASKS == Annotation.objects.filter(state="submitted").count()
    assert many.bench.broken() == []
    assert progress.counts(many.bench.project.pk) == Counts(labelled=TASKS)
