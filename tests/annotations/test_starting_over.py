"""Labels that come into a running project: going on, starting over with or without the old labels, and undoing that."""

from typing import Any

import pytest

from annotations import progress, queue, starting_over
from annotations.models import Annotation, AnnotationRevision, Lease, Metric, SetAside, Task, TaskLabel
from annotations.progress import Change, Counts, LabelUse
from projects import jobs, label_changes, taxonomy
from projects.label_changes import HandlingNeeded, StillAtWork
from projects.models import AuditEvent, Job, Label, LabelChange, Project
from tests.annotations.conftest import Bench, MakeBench

pytestmark = pytest.mark.django_db


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    """Six tasks: two labelled, one skipped, one held, two untouched."""
    bench = make_bench(tasks=6)
    progress.append(
        organisation_id=bench.project.organisation_id, project_id=bench.project.pk, changes=[Change(Metric.OPEN, 6)]
    )
    first, second = bench.labellers
    bench.answer(first, bench.document(boxes=2))
    bench.answer(second, bench.document(label=1))
    bench.answer(first, skip="Dark.")
    bench.lease(second)
    return bench


def add(bench: Bench, handling: str | None, name: str = "Bird") -> Label:
    return taxonomy.add(project=bench.project, name=name, actor=bench.labellers[0], handling=handling)


def everything(project: Project) -> dict[str, Any]:
    """What counts of a project, whatever row holds it."""
    reading = progress.reading(project.pk)
    return {
        "tasks": list(
            Task.objects.order_by("pk").values("status", "answers", "open_slots", "final", "final_at", "prelabel")
        ),
        "answers": list(
            Annotation.objects.order_by("pk").values("state", "document", "skip_reason", "version", "submitted_at")
        ),
        "labels": sorted(TaskLabel.objects.values_list("task", "label")),
        "revisions": AnnotationRevision.objects.count(),
        "counts": reading.counts,
        "uses": {pk: use for pk, use in reading.by_label.items() if use != LabelUse()},
    }


def test_labels_are_not_added_before_it_is_said_what_becomes_of_the_answers(bench: Bench) -> None:
    for handling in (None, "", "later"):
        with pytest.raises(HandlingNeeded) as caught:
            add(bench, handling)
        assert (caught.value.code, set(caught.value.fields)) == ("label_handling_needed", {"handling"})
    assert not Label.objects.filter(name="Bird").exists()


def test_drafts_and_changes_without_new_labels_are_not_asked(bench: Bench) -> None:
    taxonomy.rename(label=bench.labels[0], name="Renamed", actor=None)
    Project.objects.filter(pk=bench.project.pk).update(state="draft")
    add(bench, None)
    assert LabelChange.objects.count() == 0


def test_going_on_leaves_every_answer(bench: Bench) -> None:
    before = everything(bench.project)
    add(bench, "continue")
    assert jobs.run_due() == 0
    assert everything(bench.project) == before
    event = AuditEvent.objects.get(action="labels.add")
    assert (event.detail, event.actor) == ({"handling": "continue", "added": ["Bird"]}, bench.labellers[0])


@pytest.mark.parametrize("handling", ["keep", "clear"])
def test_starting_over_opens_what_was_answered(bench: Bench, handling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting_over, "CHUNK", 2)
    finals = dict(Task.objects.values_list("pk", "final"))
    add(bench, handling)
    assert jobs.run_due() == 1
    job = Job.objects.get(kind="projects.start-over")
    assert (job.state, job.result, job.progress_done) == ("succeeded", {"tasks": 3}, 3)
    assert set(Task.objects.values_list("status", "answers", "final")) == {("open", 0, None)}
    assert bench.broken() == []
    assert dict(Task.objects.values_list("pk", "prelabel")) == (finals if handling == "keep" else dict.fromkeys(finals))
    assert progress.counts(bench.project.pk) == Counts(open=6)
    assert set(progress.reading(bench.project.pk).by_label.values()) <= {LabelUse()}
    assert TaskLabel.objects.count() == 0


def test_nothing_that_was_submitted_is_lost_and_work_done_still_counts(bench: Bench) -> None:
    said = set(Annotation.objects.answered().values_list("pk", "version", "skip_reason"))
    documents = list(Annotation.objects.filter(state="submitted").order_by("pk").values_list("document", flat=True))
    add(bench, "clear")
    jobs.run_due()
    kept = AnnotationRevision.objects
    assert set(kept.values_list("annotation", "version", "skip_reason")) == said
    assert list(kept.filter(state="submitted").order_by("annotation").values_list("document", flat=True)) == documents
    work = progress.reading(bench.project.pk).by_labeller
    assert sum(one.answers for one in work.values()) == 2


def test_the_same_labeller_gets_the_image_again_with_the_old_labels(bench: Bench) -> None:
    queue.release(
        project=bench.project, labeller_id=bench.labellers[1].pk, tokens=[lease.token for lease in Lease.objects.all()]
    )
    new = add(bench, "keep")
    jobs.run_due()
    held = bench.lease(bench.labellers[0], 9)
    assert len(held) == 6
    assert sorted(len(one.prelabel["regions"]) for one in held if one.prelabel) == [1, 2]
    document = bench.document()
    document["regions"][0]["label"] = str(new.code)
    again = next(one for one in held if one.prelabel)
    bench.submit(bench.labellers[0], bench.item(again, document))
    assert Task.objects.get(pk=again.task_id).final["regions"][0]["label"] == str(new.code)
    assert set(Annotation.objects.filter(task=again.task_id, state="submitted").values_list("version", flat=True)) <= {
        1,
        2,
    }
    assert bench.broken() == []


def test_an_answer_that_was_taken_up_again_is_late_and_counts(bench: Bench) -> None:
    labeller = bench.labellers[0]
    mine = Annotation.objects.filter(labeller=labeller, state="submitted").get()
    held = queue.reopen(project=bench.project, annotation=mine)
    add(bench, "clear")
    jobs.run_due()
    bench.submit(labeller, bench.item(held))
    assert Task.objects.get(pk=mine.task_id).status == "labelled"
    assert bench.broken() == []


@pytest.mark.django_db(transaction=True)  # times are those of transactions
def test_what_was_labelled_since_the_labels_came_stays(bench: Bench) -> None:
    add(bench, "clear")
    since = bench.answer(bench.labellers[0])
    assert since.status == "labelled"
    jobs.run_due()
    assert Task.objects.get(pk=since.pk).final == since.final
    assert progress.counts(bench.project.pk) == Counts(open=5, labelled=1)


def test_half_answered_tasks_under_consensus_open_with_all_their_slots(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=3, minimum=2, maximum=3, labellers=3)
    bench.answer(bench.labellers[0])
    bench.lease(bench.labellers[1], 4)
    add(bench, "clear")
    jobs.run_due()
    assert bench.broken() == []
    assert set(Task.objects.values_list("answers", flat=True)) == {0}


@pytest.mark.parametrize("handling", ["keep", "clear"])
def test_undoing_brings_everything_back(bench: Bench, handling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting_over, "CHUNK", 2)
    before = everything(bench.project)
    add(bench, handling)
    jobs.run_due()
    assert everything(bench.project) != before
    label_changes.undo(project=bench.project, actor=bench.labellers[0])
    jobs.run_due()
    assert everything(bench.project) == before
    assert SetAside.objects.count() == 0
    with pytest.raises(label_changes.Conflict):
        label_changes.undo(project=bench.project, actor=bench.labellers[0])
    assert AuditEvent.objects.filter(action="labels.undo_start_over").count() == 1


def test_undoing_leaves_what_was_labelled_since(bench: Bench) -> None:
    old = Task.objects.filter(status="labelled").order_by("shuffle_key").first()
    add(bench, "clear")
    jobs.run_due()
    (held,) = [one for one in bench.lease(bench.labellers[0], 9) if one.task_id == old.pk]
    new = bench.document(label=2)
    bench.submit(bench.labellers[0], bench.item(held, new))
    queue.release(
        project=bench.project, labeller_id=bench.labellers[0].pk, tokens=[lease.token for lease in Lease.objects.all()]
    )
    label_changes.undo(project=bench.project, actor=bench.labellers[0])
    jobs.run_due()
    assert Task.objects.get(pk=old.pk).final["regions"][0]["label"] == new["regions"][0]["label"]
    assert Task.objects.filter(status="labelled").count() == 2
    assert Task.objects.filter(status="skipped").count() == 1
    assert bench.broken() == []


def test_two_at_once_are_refused(bench: Bench) -> None:
    add(bench, "clear")
    with pytest.raises(StillAtWork):
        add(bench, "clear", "Fish")
    with pytest.raises(StillAtWork):
        label_changes.undo(project=bench.project, actor=bench.labellers[0])
    add(bench, "continue", "Fish")


def test_only_the_latest_start_over_is_remembered(bench: Bench) -> None:
    add(bench, "clear")
    jobs.run_due()
    queue.release(
        project=bench.project, labeller_id=bench.labellers[1].pk, tokens=[lease.token for lease in Lease.objects.all()]
    )
    bench.answer(bench.labellers[0])
    add(bench, "clear", "Fish")
    jobs.run_due()
    assert SetAside.objects.values_list("change__added", flat=True).distinct().get() == ["Fish"]
    assert progress.counts(bench.project.pk) == Counts(open=6)
