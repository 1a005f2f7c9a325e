"""Projects with tasks, and what a labeller does with them, for the tests of the queue and of submitting."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

import pytest
from django.db.models import Count, F, Q

from annotations import queue, submitting
from annotations.answering import Item
from annotations.held import Held
from annotations.models import Task
from annotations.submitting import Submission
from projects.models import Dataset, Image, Label, Membership, Project, ProjectDataset, User
from tests import factories


def box(label: str, x: float = 1, y: float = 2, width: float = 30, height: float = 40) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "shape": "box",
        "label": label,
        "x": x,
        "y": y,
        "width": width,
        "height": height,
    }


MakeBench: TypeAlias = "Callable[..., Bench]"


@dataclass
class Bench:
    """A running project with labels and labellers; verbs of a labeller in one line each."""

    project: Project
    dataset: Dataset
    labels: list[Label]
    labellers: list[User] = field(default_factory=list)

    def add_images(self, count: int, **fields: Any) -> list[Image]:
        start = Image.objects.filter(dataset=self.dataset).count()
        return Image.objects.bulk_create(
            Image(
                organisation_id=self.project.organisation_id,
                workspace_id=self.project.workspace_id,
                dataset=self.dataset,
                key=f"photos/{number:06}.jpg",
                name=f"{number:06}.jpg",
                **{"width": 640, "height": 480} | fields,
            )
            for number in range(start, start + count)
        )

    def add_tasks(self, count: int, **fields: Any) -> list[Task]:
        return Task.objects.bulk_create(
            Task(
                organisation_id=self.project.organisation_id,
                project=self.project,
                image=image,
                shuffle_key=number,
                open_slots=self.project.labellers_minimum,
                **fields,
            )
            for number, image in enumerate(self.add_images(count))
        )

    def add_labeller(self) -> User:
        user = factories.UserFactory()
        organisation = self.project.organisation
        Membership.objects.create(organisation=organisation, user=user, role="member")
        Membership.objects.create(
            organisation=organisation, user=user, workspace=self.project.workspace, role="labeller"
        )
        self.labellers.append(user)
        return user

    def document(self, *, label: int = 0, boxes: int = 1, **place: float) -> dict[str, Any]:
        """A valid answer for the project's task type."""
        code = str(self.labels[label].code)
        if self.project.is_classification:
            return {"labels": [code], "regions": [], "empty": False}
        return {"labels": [], "regions": [box(code, **place) for _ in range(boxes)], "empty": False}

    def lease(self, user: User, count: int = 1, **options: Any) -> tuple[Held, ...]:
        return queue.lease(project=self.project, labeller_id=user.pk, count=count, **options).tasks

    def item(self, held: Held, document: dict[str, Any] | None = None, *, skip: str = "", seconds: float = 5) -> Item:
        document = None if skip else document or self.document()
        return Item(held.code, held.token, document, skip, seconds)

    def submit(self, user: User, *items: Item, key: UUID | None = None, following: int = 0) -> Submission:
        return submitting.submit(
            project=self.project, labeller_id=user.pk, key=key or uuid.uuid4(), items=items, following=following
        )

    def answer(self, user: User, document: dict[str, Any] | None = None, **options: Any) -> Task:
        """Leases one task and answers it."""
        (held,) = self.lease(user)
        self.submit(user, self.item(held, document, **options))
        return Task.objects.get(pk=held.task_id)

    def broken(self) -> list[tuple[Any, ...]]:
        """Open tasks whose slots do not add up: minimum ≤ open + leased + answered ≤ maximum."""
        rows = Task.objects.filter(project=self.project).annotate(
            leased=Count("leases", filter=Q(leases__takes_slot=True), distinct=True),
            said=Count("annotations", filter=~Q(annotations__state="draft"), distinct=True),
        )
        wrong_answers = rows.exclude(answers=F("said"))
        total = F("open_slots") + F("leased") + F("answers")
        open_tasks = rows.annotate(total=total).filter(status=Task.Status.OPEN)
        least, most = self.project.labellers_minimum, self.project.labellers_maximum
        wrong_slots = open_tasks.exclude(total__gte=least, total__lte=most)
        settled_open = rows.exclude(status=Task.Status.OPEN).filter(open_slots__gt=0)
        found = [*wrong_answers, *wrong_slots, *settled_open]
        return [(task.pk, task.status, task.open_slots, task.leased, task.answers, task.said) for task in found]


def make_bench(
    *, tasks: int = 10, minimum: int = 1, maximum: int = 1, task_type: str = "box", labellers: int = 2, **fields: Any
) -> Bench:
    project = factories.ProjectFactory(
        task_type=task_type, labellers_minimum=minimum, labellers_maximum=maximum, **fields
    )
    dataset = factories.DatasetFactory(workspace=project.workspace)
    ProjectDataset.objects.create(organisation=project.organisation, project=project, dataset=dataset)
    bench = Bench(project, dataset, [factories.LabelFactory(project=project) for _ in range(3)])
    bench.add_tasks(tasks)
    for _ in range(labellers):
        bench.add_labeller()
    return bench


@pytest.fixture
def bench(db: None) -> Bench:
    return make_bench()


@pytest.fixture(name="make_bench")
def _make_bench(db: None) -> Callable[..., Bench]:
    return make_bench
