"""A state machine that does whatever labellers, sweepers and time can do, in any order, against a model of it."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from annotations import progress, queue
from annotations.drafts import LeaseExpired
from annotations.held import Held
from annotations.models import Annotation, AnnotationRevision, Lease, Task
from tests.annotations.conftest import Bench, make_bench

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
TASKS, LABELLERS = 4, 3
people = st.integers(0, LABELLERS - 1)
picks = st.integers(0, 50)


@dataclass
class Labeller:
    """What a labeller remembers: the tasks on their screens, also long after the leases ended."""

    user: Any
    screens: list[Held] = field(default_factory=list)
    answers: dict[int, tuple[str, int]] = field(default_factory=dict)
    """By task: the label of the last answer, empty for a skip, and how often it was given."""
    last: tuple[Any, Any] | None = None


class Queue(RuleBasedStateMachine):
    minimum, maximum = 1, 1

    def __init__(self) -> None:
        super().__init__()
        self.bench: Bench = make_bench(
            tasks=TASKS, minimum=self.minimum, maximum=self.maximum, task_type="multiclass", labellers=LABELLERS
        )
        self.people = [Labeller(user) for user in self.bench.labellers]
        self.codes = [str(label.code) for label in self.bench.labels]

    @rule(who=people, count=st.sampled_from(queue.PAGE_SIZES))
    def lease(self, who: int, count: int) -> None:
        person = self.people[who]
        held = self.bench.lease(person.user, count)
        for one in held:
            if one.task_id in person.answers:
                assert not Lease.objects.get(token=one.token).takes_slot, "an answered task was handed out"
        free = Task.objects.filter(project=self.bench.project, open_slots__gt=0).exclude(
            pk__in=[*person.answers, *Lease.objects.filter(labeller=person.user).values_list("task_id", flat=True)]
        )
        assert len(held) == count or not free.exists(), "a page was left short"
        person.screens += [one for one in held if one.token not in {seen.token for seen in person.screens}]

    @precondition(lambda self: any(person.screens for person in self.people))
    @rule(who=people, pick=picks, label=st.integers(-1, 2), following=st.sampled_from([0, 1]))
    def submit(self, who: int, pick: int, label: int, following: int) -> None:
        person = self.people[who]
        if not person.screens:
            return
        held = person.screens.pop(pick % len(person.screens))
        task = Task.objects.get(pk=held.task_id)
        lease = Lease.objects.filter(task=task, labeller=person.user).first()
        draft = Annotation.objects.filter(task=task, labeller=person.user).first()
        lapsed = lease is None and draft is not None and draft.lapsed_token == held.token
        first = held.task_id not in person.answers
        takes = (lease is not None and lease.token == held.token) or (
            lapsed and (not first or (task.status == "open" and task.open_slots > 0))
        )
        if task.status == "approved":
            takes = False
        item = self.bench.item(held, self.bench.document(label=label), skip="No." if label < 0 else "")
        key = uuid.uuid4()
        if not takes:
            with pytest.raises(LeaseExpired):
                self.bench.submit(person.user, item, key=key, following=following)
            return
        done = self.bench.submit(person.user, item, key=key, following=following)
        person.last = (key, item)
        times = person.answers.get(held.task_id, ("", 0))[1]
        person.answers[held.task_id] = ("" if label < 0 else self.codes[label], times + 1)
        assert done.results[0].version == times + 1
        if done.page:
            person.screens += [one for one in done.page.tasks if one.token not in {s.token for s in person.screens}]

    @rule(who=people)
    def replay(self, who: int) -> None:
        person = self.people[who]
        if person.last is None:
            return
        key, item = person.last
        annotation = Annotation.objects.get(task__code=item.task, labeller=person.user)
        if annotation.submit_key == key:
            assert self.bench.submit(person.user, item, key=key).results[0].outcome == "replayed"

    @rule(who=people, pick=picks)
    def release(self, who: int, pick: int) -> None:
        person = self.people[who]
        if person.screens:
            held = person.screens[pick % len(person.screens)]
            queue.release(project=self.bench.project, labeller_id=person.user.pk, tokens=[held.token])

    @rule(pick=picks)
    def expire(self, pick: int) -> None:
        leases = list(Lease.objects.filter(project=self.bench.project).order_by("pk"))
        if leases:
            Lease.objects.filter(pk=leases[pick % len(leases)].pk).update(expires_at="2020-01-01T00:00Z")

    @rule()
    def sweep(self) -> None:
        queue.release_expired(project_id=self.bench.project.pk)

    @rule(who=people, pick=picks)
    def reopen(self, who: int, pick: int) -> None:
        person = self.people[who]
        own = list(Annotation.objects.filter(labeller=person.user).answered().order_by("pk"))
        if not own:
            return
        annotation = own[pick % len(own)]
        try:
            held = queue.reopen(project=self.bench.project, annotation=annotation)
        except queue.NotReopenable:
            assert Task.objects.get(pk=annotation.task_id).status == "approved"
            return
        person.screens = [one for one in person.screens if one.token != held.token] + [held]

    @rule(pick=picks)
    def approve(self, pick: int) -> None:
        done = list(Task.objects.filter(project=self.bench.project, status="labelled").order_by("pk"))
        if done and pick % 3 == 0:
            task = done[pick % len(done)]
            Task.objects.filter(pk=task.pk).update(status="approved")
            changes = progress.of_status("labelled", "approved")
            progress.append(organisation_id=task.organisation_id, project_id=task.project_id, changes=changes)

    @rule()
    def fold(self) -> None:
        progress.fold(limit=3)

    @invariant()
    def slots_add_up(self) -> None:
        assert self.bench.broken() == []

    @invariant()
    def no_answer_is_lost(self) -> None:
        for person in self.people:
            rows = Annotation.objects.filter(labeller=person.user).answered()
            said = {row.task_id: ((row.document or {"labels": [""]})["labels"][0], row.version) for row in rows}
            assert said == person.answers
            revisions = AnnotationRevision.objects.filter(annotation__labeller=person.user).count()
            assert revisions == sum(times - 1 for _, times in person.answers.values())

    @invariant()
    def counts_are_exact(self) -> None:
        counts = progress.counts(self.bench.project.pk)
        actual = dict.fromkeys(("labelled", "needs_review", "approved", "skipped"), 0)
        for status in Task.objects.filter(project=self.bench.project).values_list("status", flat=True):
            if status in actual:
                actual[status] += 1
        assert {status: getattr(counts, status) for status in actual} == actual


class Consensus(Queue):
    minimum, maximum = 2, 3


@pytest.mark.parametrize("machine", [Queue, Consensus])
def test_queue_keeps_its_promises_in_any_order(machine: type[Queue], db: None) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
