import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from annotations import queue, submitting
from annotations.answering import Item
from annotations.documents import InvalidDocument
from annotations.drafts import LeaseExpired
from annotations.models import Annotation, AnnotationRevision, Lease, Metric, ProgressDelta, Task, TaskLabel
from projects.models import Project
from tests.annotations.conftest import Bench, MakeBench, box

pytestmark = pytest.mark.django_db


def lapse(held: queue.Held) -> None:
    Lease.objects.filter(token=held.token).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert queue.release_expired() == 1


def sums() -> dict[tuple[str, int | None], float]:
    found: dict[tuple[str, int | None], float] = {}
    for changes in ProgressDelta.objects.values_list("changes", flat=True):
        for change in changes:
            key = (change["metric"], change["label"])
            found[key] = found.get(key, 0) + change["amount"]
    return {key: amount for key, amount in found.items() if amount}


def test_submit_makes_the_answer_final_and_counts_it(bench: Bench) -> None:
    lars = bench.labellers[0]
    (held,) = bench.lease(lars)
    document = bench.document(boxes=2)
    submission = bench.submit(lars, bench.item(held, document, seconds=7.5))
    annotation = Annotation.objects.get()
    task = Task.objects.get(pk=held.task_id)
    (result,) = submission.results
    assert (result.task, result.outcome, result.annotation, result.version) == (
        held.code,
        "submitted",
        annotation.code,
        1,
    )
    assert submission.page is None
    stored = [region | {"crowd": False, "origin": "manual", "note": ""} for region in document["regions"]]
    assert annotation.document == task.final == {"labels": [], "regions": stored, "empty": False}
    assert (annotation.state, annotation.active_seconds, annotation.draft) == ("submitted", 7.5, None)
    assert (task.status, task.open_slots, task.answers, task.version) == ("labelled", 0, 1, 1)
    assert Lease.objects.count() == 0
    label = bench.labels[0].pk
    assert list(TaskLabel.objects.values_list("task_id", "label_id")) == [(task.pk, label)]
    assert sums() == {
        (Metric.OPEN, None): -1,
        (Metric.LABELLED, None): 1,
        (Metric.ANSWERS, None): 1,
        (Metric.SECONDS, None): 7.5,
        (Metric.LABEL_TASKS, label): 1,
        (Metric.LABEL_REGIONS, label): 2,
    }
    assert bench.broken() == []


def test_submit_answers_with_the_next_page(bench: Bench) -> None:
    lars = bench.labellers[0]
    page = bench.lease(lars, 4)
    submission = bench.submit(lars, *(bench.item(held) for held in page), following=6)
    assert [result.outcome for result in submission.results] == ["submitted"] * 4
    assert submission.page is not None
    assert len(submission.page.tasks) == 6
    assert not {held.code for held in page} & {held.code for held in submission.page.tasks}
    last = bench.submit(lars, *(bench.item(held) for held in submission.page.tasks), following=1)
    assert last.page == queue.Page(reason="finished")


def test_skip_with_reason_sets_the_task_aside(bench: Bench) -> None:
    lars = bench.labellers[0]
    (held,) = bench.lease(lars)
    (result,) = bench.submit(lars, bench.item(held, skip="Too blurred.")).results
    annotation = Annotation.objects.get()
    assert (result.outcome, annotation.state, annotation.skip_reason) == ("skipped", "skipped", "Too blurred.")
    task = Task.objects.get(pk=held.task_id)
    assert (task.status, task.final, task.open_slots) == ("skipped", None, 0)
    assert sums()[Metric.SKIPS, None] == 1


def test_replay_changes_nothing(bench: Bench) -> None:
    lars = bench.labellers[0]
    page = bench.lease(lars, 4)
    key, items = uuid.uuid4(), [bench.item(held) for held in page]
    first = bench.submit(lars, *items, key=key, following=1)
    before = list(ProgressDelta.objects.values_list("pk", flat=True))
    again = bench.submit(lars, *items, key=key, following=1)
    assert [(r.task, r.annotation, r.version) for r in again.results] == [
        (r.task, r.annotation, r.version) for r in first.results
    ]
    assert {r.outcome for r in again.results} == {"replayed"}
    assert first.page is not None
    assert again.page is not None
    assert [held.token for held in again.page.tasks] == [held.token for held in first.page.tasks]
    assert list(ProgressDelta.objects.values_list("pk", flat=True)) == before
    assert AnnotationRevision.objects.count() == 0


def test_replay_is_answered_even_while_paused(bench: Bench) -> None:
    lars = bench.labellers[0]
    (held,) = bench.lease(lars)
    key, item = uuid.uuid4(), bench.item(held)
    bench.submit(lars, item, key=key)
    bench.project.state = Project.State.PAUSED
    assert bench.submit(lars, item, key=key).results[0].outcome == "replayed"


def test_invalid_document_names_item_and_region_and_writes_nothing(bench: Bench) -> None:
    lars = bench.labellers[0]
    page = bench.lease(lars, 4)
    wrong = {
        "labels": [],
        "regions": [box(str(bench.labels[0].code)), box(str(uuid.uuid4()), width=-1)],
        "empty": False,
    }
    items = [bench.item(page[0]), bench.item(page[1], wrong), bench.item(page[2]), bench.item(page[3])]
    with pytest.raises(InvalidDocument) as caught:
        bench.submit(lars, *items)
    assert sorted(caught.value.fields) == ["items.1.regions.1.label", "items.1.regions.1.width"]
    assert Annotation.objects.count() == ProgressDelta.objects.count() == 0
    assert Lease.objects.count() == 4


def test_unreadable_document_names_item_and_field(bench: Bench) -> None:
    lars = bench.labellers[0]
    (held,) = bench.lease(lars)
    with pytest.raises(InvalidDocument) as caught:
        bench.submit(lars, Item(held.code, held.token, {"regions": [{"shape": "box"}]}, "", 1))
    assert "items.0.regions.0.width" in caught.value.fields


def test_label_of_another_project_is_refused(bench: Bench, make_bench: MakeBench) -> None:
    lars = bench.labellers[0]
    (held,) = bench.lease(lars)
    with pytest.raises(InvalidDocument):
        bench.submit(lars, bench.item(held, make_bench(tasks=0).document()))


def test_archived_label_is_refused(bench: Bench) -> None:
    lars = bench.labellers[0]
    (held,) = bench.lease(lars)
    bench.labels[0].archived_at = timezone.now()
    bench.labels[0].save(update_fields=["archived_at"])
    with pytest.raises(InvalidDocument):
        bench.submit(lars, bench.item(held))


def test_paused_project_keeps_the_answer_as_draft(bench: Bench) -> None:
    lars = bench.labellers[0]
    (held,) = bench.lease(lars)
    bench.project.state = Project.State.PAUSED
    with pytest.raises(submitting.ProjectPaused):
        bench.submit(lars, bench.item(held))
    annotation = Annotation.objects.get()
    assert (annotation.state, annotation.draft_version) == ("draft", 1)
    assert annotation.draft["regions"][0]["width"] == 30
    assert Lease.objects.count() == 1


def test_task_of_another_project_is_unknown(bench: Bench, make_bench: MakeBench) -> None:
    other = make_bench(tasks=1)
    (held,) = other.lease(other.labellers[0])
    with pytest.raises(submitting.UnknownTask):
        bench.submit(bench.labellers[0], bench.item(held))


def test_task_that_was_never_leased_is_refused(bench: Bench) -> None:
    task = Task.objects.first()
    assert task is not None
    with pytest.raises(LeaseExpired):
        bench.submit(bench.labellers[0], Item(task.code, uuid.uuid4(), bench.document(), "", 1))
    assert Task.objects.get(pk=task.pk).answers == 0


def test_late_answer_counts_while_the_slot_is_free(bench: Bench) -> None:
    lars = bench.labellers[0]
    (held,) = bench.lease(lars)
    lapse(held)
    assert bench.submit(lars, bench.item(held)).results[0].outcome == "submitted"
    task = Task.objects.get(pk=held.task_id)
    assert (task.status, task.open_slots, task.answers) == ("labelled", 0, 1)
    assert bench.broken() == []


def test_late_answer_is_refused_and_kept_when_the_slot_is_taken(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=2)
    lars, lena = bench.labellers
    page = bench.lease(lars, 4)
    lapse(page[0])
    taken = bench.lease(lena)[0]
    assert taken.code == page[0].code
    with pytest.raises(LeaseExpired) as caught:
        bench.submit(lars, *(bench.item(held) for held in page))
    assert caught.value.extra == {"lost": [str(page[0].code)]}
    drafts = Annotation.objects.filter(labeller=lars)
    assert {(row.state, row.draft is not None) for row in drafts} == {("draft", True)}
    assert len(drafts) == 2
    assert Task.objects.filter(status="open").count() == 2
    assert bench.submit(lena, bench.item(taken)).results[0].outcome == "submitted"
    assert bench.broken() == []


def test_late_answer_with_a_stale_token_does_not_pass_for_the_new_lease(bench: Bench) -> None:
    lars = bench.labellers[0]
    (old,) = bench.lease(lars)
    lapse(old)
    (new,) = bench.lease(lars)
    assert new.code == old.code
    with pytest.raises(LeaseExpired):
        bench.submit(lars, bench.item(old))
    assert bench.submit(lars, bench.item(new)).results[0].outcome == "submitted"


def reopen(bench: Bench, user: Any, task: Task) -> queue.Held:
    annotation = Annotation.objects.get(task=task, labeller=user)
    return queue.reopen(project=bench.project, annotation=annotation)


def test_reopened_answer_is_submitted_again_with_a_revision(bench: Bench) -> None:
    lars = bench.labellers[0]
    task = bench.answer(lars)
    held = reopen(bench, lars, task)
    assert held.draft is not None
    assert held.draft.document == task.final
    (result,) = bench.submit(lars, bench.item(held, bench.document(label=1, boxes=3), seconds=8)).results
    assert (result.outcome, result.version) == ("submitted", 2)
    revision = AnnotationRevision.objects.get()
    assert (revision.version, revision.document) == (1, task.final)
    task.refresh_from_db()
    assert (task.status, task.answers, task.open_slots, len(task.final["regions"])) == ("labelled", 1, 0, 3)
    assert list(TaskLabel.objects.values_list("label_id", flat=True)) == [bench.labels[1].pk]
    assert sums() == {
        (Metric.OPEN, None): -1,
        (Metric.LABELLED, None): 1,
        (Metric.ANSWERS, None): 1,
        (Metric.SECONDS, None): 8,
        (Metric.LABEL_TASKS, bench.labels[1].pk): 1,
        (Metric.LABEL_REGIONS, bench.labels[1].pk): 3,
    }
    assert bench.broken() == []


def test_reopened_answer_stands_when_its_lease_lapses(bench: Bench) -> None:
    lars = bench.labellers[0]
    task = bench.answer(lars)
    held = reopen(bench, lars, task)
    assert reopen(bench, lars, task).token == held.token
    lapse(held)
    task.refresh_from_db()
    assert (task.status, task.open_slots, task.answers) == ("labelled", 0, 1)
    assert bench.submit(lars, bench.item(held, skip="No.")).results[0].version == 2
    assert bench.broken() == []


def test_reviewed_answer_cannot_be_reopened(bench: Bench) -> None:
    lars = bench.labellers[0]
    task = bench.answer(lars)
    held = reopen(bench, lars, task)
    Task.objects.filter(pk=task.pk).update(status="approved")
    with pytest.raises(LeaseExpired):
        bench.submit(lars, bench.item(held))
    Lease.objects.all().delete()
    with pytest.raises(queue.NotReopenable):
        reopen(bench, lars, task)


def test_two_agreeing_answers_settle_a_task(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=1, minimum=2, maximum=3, task_type="multiclass")
    first, second = bench.labellers
    assert bench.answer(first).status == "open"
    task = bench.answer(second)
    assert (task.status, task.open_slots, task.answers) == ("labelled", 0, 2)
    assert task.final["labels"] == [str(bench.labels[0].code)]
    assert bench.broken() == []


def test_disagreement_asks_one_more_and_then_a_reviewer(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=1, minimum=2, maximum=3, task_type="multiclass", labellers=3)
    first, second, third = bench.labellers
    bench.answer(first, bench.document(label=0))
    task = bench.answer(second, bench.document(label=1))
    assert (task.status, task.open_slots, task.answers) == ("open", 1, 2)
    task = bench.answer(third, bench.document(label=2))
    assert (task.status, task.open_slots, task.answers, task.final) == ("needs_review", 0, 3, None)
    held = reopen(bench, third, task)
    bench.submit(third, bench.item(held, bench.document(label=1)))
    task.refresh_from_db()
    assert (task.status, task.final["labels"]) == ("labelled", [str(bench.labels[1].code)])
    assert sums()[Metric.LABELLED, None] == 1
    assert (Metric.NEEDS_REVIEW, None) not in sums()
    assert bench.broken() == []


def test_changed_mind_after_agreement_opens_one_more_slot(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=1, minimum=2, maximum=3, task_type="multiclass")
    first, second = bench.labellers
    bench.answer(first)
    task = bench.answer(second)
    bench.submit(first, bench.item(reopen(bench, first, task), bench.document(label=2)))
    task.refresh_from_db()
    assert (task.status, task.open_slots, task.final) == ("open", 1, None)
    assert TaskLabel.objects.count() == 0
    assert bench.broken() == []


def test_large_document_is_saved_in_one_call(bench: Bench) -> None:
    lars = bench.labellers[0]
    (held,) = bench.lease(lars)
    bench.submit(lars, bench.item(held, bench.document(boxes=10_000)))
    assert len(Annotation.objects.get().document["regions"]) == 10_000
