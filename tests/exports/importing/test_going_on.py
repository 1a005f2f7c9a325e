"""Imports that stop half-way, or are shared out: they go on without doubles."""

from typing import Any

import pytest

from annotations import progress
from annotations.models import Annotation, Task
from annotations.progress import Counts
from exports.importing import applying, checking, requesting, sifting
from exports.importing.options import Writing
from exports.models import ImportedTask
from projects import jobs
from projects.jobs import claiming
from projects.jobs.registry import kinds
from tests.exports.importing.conftest import Desk, boxes, everything

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """Stands for kill -9: nothing of the process goes on."""


def test_an_import_that_was_killed_goes_on_without_doubles(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sifting, "BATCH", 2)
    made = desk.check(boxes(desk), "boxes.csv")
    requesting.write(label_import=made, actor=desk.manager, options=Writing())
    write, calls = applying._write, []

    def dying(*given: Any) -> None:
        write(*given)
        calls.append(1)
        if len(calls) == 2:
            raise Killed

    monkeypatch.setattr(applying, "_write", dying)
    job = claiming.claim_any()
    assert job is not None
    with pytest.raises(Killed):
        kinds[job.kind].function(jobs.Running(job, kinds[job.kind], _watch(job)), **job.arguments)
    assert [bool(task.final) for task in desk.tasks()] == [True, True, False, False, False, False]
    jobs.Job.objects.filter(pk=job.pk).update(state="queued", lease_token=None)
    monkeypatch.setattr(applying, "_write", write)
    jobs.run_due()
    made = desk.fresh(made)
    assert (made.state, made.result["written"], made.result["images"]) == ("done", 6, 6)
    assert Annotation.objects.count() == ImportedTask.objects.count() == 6
    assert set(Annotation.objects.values_list("version", flat=True)) == {1}
    assert progress.counts(desk.bench.project.pk) == Counts(labelled=6)


def _watch(job: Any) -> Any:
    return jobs.running.Watch(job.pk, job.lease_token, kinds[job.kind])  # type: ignore[attr-defined]  # the runner's own


def test_a_large_file_is_shared_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "SPAN", 2)
    names = [*desk.names[:3], "gone.jpg", *desk.names[3:], desk.names[0]]
    made = desk.check(boxes(desk, names), "boxes.csv")
    made = desk.write(made)
    parts = jobs.Job.objects.filter(parent=made.job).order_by("pk")
    assert [part.arguments["first"] for part in parts] == [0, 2, 4, 6]
    counted = ("images", "matched", "unknown", "written", "problem_count")
    assert {name: made.result[name] for name in counted} == {
        "images": 8, "matched": 7, "unknown": 1, "written": 6, "problem_count": 1,
    }  # fmt: skip
    assert made.result["labels"] == [{"path": desk.bench.labels[0].path, "annotations": 7, "known": True}]
    assert Annotation.objects.count() == 6
    desk.undo(made)
    assert not Task.objects.exclude(status="open").exists()


def test_parts_that_could_not_be_written_are_gone_on_with(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "SPAN", 2)
    made = desk.check(boxes(desk), "boxes.csv")
    write = applying._write

    def failing(label_import: Any, writing: Any, batch: Any, tally: Any) -> None:
        if desk.names[2] in [candidate.name for candidate in batch.candidates]:
            raise checking.FileUnreadable("Line 9 is odd.")
        write(label_import, writing, batch, tally)

    monkeypatch.setattr(applying, "_write", failing)
    made = desk.write(made)
    words = "1 of 3 parts could not be written. Line 9 is odd. Go on: what is written is kept."
    assert (made.state, made.job.state, made.job.error_detail) == ("writing", "failed", words)
    monkeypatch.setattr(applying, "_write", write)
    requesting.go_on(label_import=made, actor=desk.manager)
    jobs.run_due()
    made = desk.fresh(made)
    assert (made.state, made.result["written"], Annotation.objects.count()) == ("done", 6, 6)


def test_an_import_that_was_cancelled_half_way_goes_on_or_is_undone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sifting, "BATCH", 2)
    before = everything(desk)
    made = desk.check(boxes(desk), "boxes.csv")
    requesting.write(label_import=made, actor=desk.manager, options=Writing())
    write = applying._write

    def cancelling(*given: Any) -> None:
        write(*given)
        raise jobs.Cancelled

    for _ in range(2):
        monkeypatch.setattr(applying, "_write", cancelling)
        jobs.run_due()
        assert desk.fresh(made).job.state == "cancelled"
        monkeypatch.setattr(applying, "_write", write)
        requesting.go_on(label_import=made, actor=desk.manager)
    jobs.run_due()
    assert desk.fresh(made).result["written"] == 6
    desk.undo(made)
    assert everything(desk) == before
