"""What becomes of a project's tasks when labels come in from a file."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from annotations import progress, queue
from annotations.models import Annotation, AnnotationRevision, Lease, Task, TaskLabel
from annotations.progress import Counts, LabelUse
from exports.importing import receiving, requesting, sifting
from exports.importing.options import Writing
from exports.models import ImportedTask
from projects import jobs
from projects.errors import Conflict
from projects.models import Label
from tests.exports.importing.conftest import Desk, MakeDesk, boxes, csv_of, everything, said

pytestmark = pytest.mark.django_db


def test_looking_through_changes_nothing_and_counts_everything(desk: Desk) -> None:
    first = desk.bench.labellers[0]
    desk.bench.answer(first)
    desk.bench.lease(first)
    before = everything(desk)
    path = desk.bench.labels[0].path
    rows = [
        *((name, path, 1, 2, 30, 40) for name in desk.names),
        ("elsewhere/gone.jpg", path, 1, 2, 30, 40),
        (desk.names[5], "Unicorn", 1, 2, 3, 4),
        (desk.names[5], path, 700, 2, 30, 40),
        (desk.names[5], path, "x", 2, 30, 40),
    ]
    rows = [*rows[:6], *rows[7:], rows[6]]
    made = desk.check(csv_of(rows), "boxes.csv")
    assert everything(desk) == before
    assert (made.state, made.format, made.job.state) == ("checked", "csv", "succeeded")
    report = made.report
    counted = ("images", "matched", "unknown", "ready", "answered", "in_hand", "annotations", "without_label", "wrong")
    assert {name: report[name] for name in counted} == {
        "images": 7, "matched": 6, "unknown": 1, "ready": 6, "answered": 1, "in_hand": 1, "annotations": 8,
        "without_label": 1, "wrong": 1,
    }  # fmt: skip
    assert report["labels"] == [
        {"path": "Unicorn", "annotations": 1, "known": False},
        {"path": path, "annotations": 7, "known": True},
    ]
    assert sorted(report["problems"]) == [
        "Line 10: “x” is not a number.",
        "elsewhere/gone.jpg: no image of the project has this name.",
        f"{desk.names[5]}: a box lies outside the image, or has no area.",
    ]


def test_answers_are_written_and_counted(desk: Desk) -> None:
    made = desk.write(desk.check(boxes(desk, desk.names[:4]), "boxes.csv"))
    assert (made.state, made.job.state, made.result["written"]) == ("done", "succeeded", 4)
    code = str(desk.bench.labels[0].code)
    tasks = desk.tasks()
    assert [said(task) for task in tasks] == [[(code, 10, 20, 30, 40, "import")]] * 4 + [[], []]
    assert [(task.status, task.open_slots, task.answers) for task in tasks] == [("labelled", 0, 1)] * 4 + [
        ("open", 1, 0)
    ] * 2
    assert set(Annotation.objects.values_list("labeller", "state", "version")) == {(desk.manager.pk, "submitted", 1)}
    reading = progress.reading(desk.bench.project.pk)
    assert reading.counts == Counts(open=2, labelled=4)
    assert reading.by_label == {desk.bench.labels[0].pk: LabelUse(tasks=4, regions=4)}
    assert TaskLabel.objects.count() == 4
    assert desk.bench.broken() == []
    held = desk.bench.lease(desk.bench.labellers[0], count=4)
    assert {one.task_id for one in held} == {task.pk for task in tasks[4:]}


def test_suggestions_are_what_labellers_begin_with(desk: Desk) -> None:
    rows = [(name, desk.bench.labels[0].path, 1, 2, 3, 4, 0.5) for name in desk.names]
    made = desk.check(csv_of(rows, "image,label,x,y,width,height,confidence"), "boxes.csv")
    made = desk.write(made, final=False)
    assert (made.result["written"], made.result["suggestions"]) == (0, 6)
    (held,) = desk.bench.lease(desk.bench.labellers[0])
    assert held.kind == "prelabelled"
    assert held.prelabel is not None
    assert (held.prelabel["regions"][0]["x"], held.prelabel_confidence) == (1, 0.5)
    assert progress.counts(desk.bench.project.pk) == Counts(open=6)
    assert not Annotation.objects.filter(state="submitted").exists()


@pytest.mark.parametrize(
    ("options", "answered", "suggested", "bare"),
    [
        ({"policy": "keep"}, ("old", None), ("new", "old"), ("new", None)),
        ({"policy": "replace"}, ("new", None), ("new", "old"), ("new", None)),
        ({"policy": "suggest"}, ("old", "new"), ("new", "old"), ("new", None)),
        ({"policy": "skip"}, ("old", None), (None, "old"), ("new", None)),
        ({"policy": "keep", "final": False}, ("old", None), (None, "new"), (None, "new")),
        ({"policy": "replace", "final": False}, ("old", "new"), (None, "new"), (None, "new")),
        ({"policy": "suggest", "final": False}, ("old", "new"), (None, "new"), (None, "new")),
        ({"policy": "skip", "final": False}, ("old", None), (None, "old"), (None, "new")),
    ],
)
def test_policies(make_desk: MakeDesk, options: Any, answered: Any, suggested: Any, bare: Any) -> None:
    """One task with an answer, one with a suggestion, one bare; what each has afterwards as answer and as suggestion."""
    desk = make_desk(tasks=3)
    done = desk.bench.answer(desk.bench.labellers[0], desk.bench.document(x=99))
    other, third = (task for task in desk.tasks() if task.pk != done.pk)
    Task.objects.filter(pk=other.pk).update(prelabel=desk.bench.document(x=99))
    desk.write(desk.check(boxes(desk), "boxes.csv"), **options)

    def what(document: Any) -> str | None:
        return {99: "old", 10: "new"}[document["regions"][0]["x"]] if document else None

    found = [(what(t.final), what(t.prelabel)) for t in (Task.objects.get(pk=t.pk) for t in (done, other, third))]
    assert found == [answered, suggested, bare]
    assert desk.bench.broken() == []


def test_a_replaced_answer_stays_in_the_history(desk: Desk) -> None:
    """Also where it is the importer's own."""
    desk.write(desk.check(boxes(desk, x=5), "first.csv"))
    desk.write(desk.check(boxes(desk, label=1, x=7), "second.csv"), policy="replace")
    assert AnnotationRevision.objects.count() == 6
    assert {said(task)[0][1] for task in desk.tasks()} == {7}
    assert set(Annotation.objects.values_list("version", flat=True)) == {2}
    assert set(TaskLabel.objects.values_list("label", flat=True)) == {desk.bench.labels[1].pk}
    assert progress.reading(desk.bench.project.pk).by_label[desk.bench.labels[0].pk] == LabelUse()
    assert desk.bench.broken() == []


def test_what_somebody_has_in_hand_is_left_to_them(desk: Desk) -> None:
    labeller = desk.bench.labellers[0]
    (held,) = desk.bench.lease(labeller)
    made = desk.write(desk.check(boxes(desk), "boxes.csv"), policy="replace")
    assert (made.result["written"], made.result["in_hand"]) == (5, 1)
    desk.bench.submit(labeller, desk.bench.item(held, desk.bench.document(x=77)))
    assert said(Task.objects.get(pk=held.task_id))[0][1] == 77


def test_a_lease_that_has_run_out_keeps_nothing_back(desk: Desk) -> None:
    desk.bench.lease(desk.bench.labellers[0])
    Lease.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    assert desk.write(desk.check(boxes(desk), "boxes.csv")).result["written"] == 6


def test_a_draft_of_the_importers_own_is_not_lost(desk: Desk) -> None:
    project = desk.bench.project
    held = queue.lease(project=project, labeller_id=desk.manager.pk, count=1).tasks[0]
    Annotation.objects.create(
        organisation=project.organisation, project=project, task_id=held.task_id, labeller=desk.manager,
        draft=desk.bench.document(x=55),
    )  # fmt: skip
    queue.release(project=project, labeller_id=desk.manager.pk, tokens=[held.token])
    made = desk.write(desk.check(boxes(desk), "boxes.csv"))
    assert Annotation.objects.get(task=held.task_id).draft["regions"][0]["x"] == 55
    desk.undo(made)
    own = Annotation.objects.get(task=held.task_id)
    assert (own.state, own.version, own.draft["regions"][0]["x"]) == ("draft", 0, 55)


def test_labels_that_the_project_lacks_are_left_out_or_added(desk: Desk) -> None:
    first, second, *_ = desk.names
    data = csv_of(
        [
            (first, "Animal/Cat", 1, 2, 3, 4),
            (first, desk.bench.labels[0].path, 1, 2, 3, 4),
            (second, "Animal/Dog", 1, 2, 3, 4),
        ]
    )
    made = desk.write(desk.check(data, "a.csv"))
    assert (made.result["written"], made.result["without_label"], made.result["unusable"]) == (1, 2, 1)
    made = desk.write(desk.check(data, "b.csv"), create_labels=True, policy="replace")
    assert made.result["written"] == 2
    paths = dict(Label.objects.values_list("code", "path"))
    assert [[paths[region[0]] for region in map(_uuid, said(task))] for task in desk.tasks()[:2]] == [
        ["Animal/Cat", desk.bench.labels[0].path],
        ["Animal/Dog"],
    ]
    assert Label.objects.get(path="Animal/Dog").parent == Label.objects.get(path="Animal")


def _uuid(region: tuple[Any, ...]) -> tuple[Any, ...]:
    return (Label.objects.get(code=region[0]).code, *region[1:])


def test_images_that_a_file_says_nothing_of_are_empty_only_if_wished(desk: Desk) -> None:
    data = csv_of([(name, "", "", "", "", "") for name in desk.names])
    made = desk.write(desk.check(data, "a.csv"))
    assert (made.report["unlabelled"], made.report["ready"], made.result["written"]) == (6, 0, 0)
    made = desk.write(desk.check(data, "b.csv"), empty=True)
    assert made.result["written"] == 6
    assert [task.final for task in desk.tasks()] == [{"labels": [], "regions": [], "empty": True}] * 6


def test_under_consensus_an_imported_answer_decides(make_desk: MakeDesk) -> None:
    desk = make_desk(tasks=3, minimum=2, maximum=3)
    desk.bench.answer(desk.bench.labellers[0])
    desk.write(desk.check(boxes(desk), "boxes.csv"), policy="replace")
    assert sorted((t.status, t.open_slots, t.answers) for t in desk.tasks()) == [
        ("labelled", 0, 1), ("labelled", 0, 1), ("labelled", 0, 2),
    ]  # fmt: skip
    assert desk.bench.broken() == []


def test_two_imports_take_turns_and_the_second_keeps_what_the_first_wrote(desk: Desk) -> None:
    first = desk.check(boxes(desk, x=5), "first.csv")
    second = desk.check(boxes(desk, x=6), "second.csv")
    for made in (first, second):
        requesting.write(label_import=made, actor=desk.manager, options=Writing())
    jobs.run_due()
    assert [desk.fresh(made).result["written"] for made in (first, second)] == [6, 0]
    assert desk.fresh(second).result["kept"] == 6
    assert {said(task)[0][1] for task in desk.tasks()} == {5}


def test_an_image_that_stands_twice_in_a_file_is_written_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sifting, "BATCH", 2)
    names = [desk.names[0], desk.names[1], desk.names[0], desk.names[2]]
    made = desk.write(desk.check(boxes(desk, names), "boxes.csv"), policy="replace")
    assert (made.report["repeated"], made.result["repeated"], made.result["written"]) == (1, 1, 3)
    assert set(Annotation.objects.values_list("version", flat=True)) == {1}


def test_undoing_brings_everything_back(desk: Desk) -> None:
    desk.bench.answer(desk.bench.labellers[0], desk.bench.document(label=1, boxes=2))
    desk.write(desk.check(boxes(desk, desk.names[:3], x=3), "own.csv"), policy="replace")
    before = everything(desk)
    made = desk.write(desk.check(boxes(desk, label=2), "boxes.csv"), policy="replace")
    assert made.result["written"] == 6
    made = desk.undo(made)
    assert everything(desk) == before
    assert (made.state, made.result["undone"], made.result["changed_since"]) == ("undone", 6, 0)
    assert ImportedTask.objects.filter(label_import=made).count() == 0
    assert len(desk.bench.lease(desk.bench.labellers[1], count=4)) > 0
    assert desk.bench.broken() == []


def test_undoing_suggestions_takes_them_away(desk: Desk) -> None:
    before = everything(desk)
    desk.undo(desk.write(desk.check(boxes(desk), "boxes.csv"), final=False))
    assert everything(desk) == before


def test_undoing_leaves_what_somebody_has_worked_on(desk: Desk) -> None:
    labeller = desk.bench.labellers[0]
    made = desk.write(desk.check(boxes(desk), "boxes.csv"), final=False)
    answered = desk.bench.answer(labeller)
    (held,) = desk.bench.lease(labeller)
    made = desk.undo(made)
    assert (made.result["undone"], made.result["changed_since"]) == (4, 2)
    kept = {task.pk for task in desk.tasks() if task.prelabel}
    assert kept == {answered.pk, held.task_id}
    assert Task.objects.get(pk=answered.pk).status == "labelled"


def test_the_second_of_two_imports_can_be_undone_and_then_the_first(desk: Desk) -> None:
    first = desk.write(desk.check(boxes(desk, x=5), "first.csv"))
    second = desk.write(desk.check(boxes(desk, x=6), "second.csv"), policy="replace")
    assert desk.undo(first).result["changed_since"] == 6
    desk.undo(second)
    assert {said(task)[0][1] for task in desk.tasks()} == {5}


def test_a_file_that_was_exchanged_is_noticed(desk: Desk) -> None:
    made = desk.check(boxes(desk), "boxes.csv")
    store = receiving._store()
    part = receiving._part(made, 0)
    data = store.read(part).replace(b",10,", b",11,")
    requesting.write(label_import=made, actor=desk.manager, options=Writing())
    store.put(part, io.BytesIO(data))
    jobs.run_due()
    made = desk.fresh(made)
    assert (made.job.state, made.job.error_code) == ("failed", "import_changed")
    assert Annotation.objects.count() == 0


def test_labels_that_changed_since_are_noticed(desk: Desk) -> None:
    made = desk.check(boxes(desk), "boxes.csv")
    Label.objects.filter(pk=desk.bench.labels[2].pk).update(path="Renamed", name="Renamed")
    with pytest.raises(requesting.WrongMoment, match="have changed"):
        requesting.write(label_import=made, actor=desk.manager, options=Writing())
    made = requesting.check(label_import=desk.fresh(made), actor=desk.manager)
    jobs.run_due()
    assert desk.write(desk.fresh(made)).state == "done"


def test_nothing_is_done_at_the_wrong_moment(desk: Desk) -> None:
    made = desk.check(boxes(desk), "boxes.csv")
    for verb in (requesting.undo, requesting.go_on):
        with pytest.raises(Conflict):
            verb(label_import=made, actor=desk.manager)
    done = desk.write(made)
    for verb in (requesting.discard, requesting.check, requesting.go_on):
        with pytest.raises(Conflict):
            verb(label_import=done, actor=desk.manager)
    with pytest.raises(requesting.WrongMoment):
        requesting.write(label_import=done, actor=desk.manager, options=Writing())


def test_a_project_that_is_not_running_takes_no_labels(desk: Desk) -> None:
    made = desk.check(boxes(desk), "boxes.csv")
    desk.bench.project.state = "completed"
    desk.bench.project.save(update_fields=["state"])
    with pytest.raises(requesting.ProjectNotReady):
        requesting.write(label_import=made, actor=desk.manager, options=Writing())
