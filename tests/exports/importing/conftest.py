"""A project with tasks, and files that are brought into it."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest

from annotations import progress
from annotations.models import Annotation, AnnotationRevision, Metric, Task, TaskLabel
from annotations.progress import Change, LabelUse
from exports.formats import native
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage
from exports.importing import requesting
from exports.importing.options import Reading, Writing
from exports.models import LabelImport
from projects import jobs
from projects.models import Label, User
from tests import factories
from tests.annotations.conftest import Bench, make_bench


@dataclass
class Desk:
    """Brings files into a bench's project; a manager does it."""

    bench: Bench
    manager: User

    @property
    def names(self) -> list[str]:
        return list(Task.objects.filter(project=self.bench.project).order_by("pk").values_list("image__key", flat=True))

    def tasks(self) -> list[Task]:
        return list(Task.objects.filter(project=self.bench.project).order_by("pk"))

    def check(self, data: bytes, name: str, *, form: str = "", options: Reading | None = None) -> LabelImport:
        """A file that arrived and was looked through."""
        made = requesting.announce(
            project=self.bench.project, actor=self.manager, name=name, byte_size=len(data), form=form
        )
        made = requesting.receive(label_import=made, actor=self.manager, offset=0, data=data)
        if options is not None:
            jobs.run_due()
            made = requesting.check(label_import=made, actor=self.manager, options=options)
        jobs.run_due()
        return self.fresh(made)

    def write(self, label_import: LabelImport, **options: Any) -> LabelImport:
        requesting.write(label_import=label_import, actor=self.manager, options=Writing(**options))
        jobs.run_due()
        return self.fresh(label_import)

    def undo(self, label_import: LabelImport) -> LabelImport:
        requesting.undo(label_import=label_import, actor=self.manager)
        jobs.run_due()
        return self.fresh(label_import)

    def fresh(self, label_import: LabelImport) -> LabelImport:
        return LabelImport.objects.select_related("job", "project__workspace").get(pk=label_import.pk)


MakeDesk: TypeAlias = Callable[..., Desk]


@pytest.fixture
def make_desk(db: None) -> MakeDesk:
    def make(**options: Any) -> Desk:
        bench = make_bench(**options)
        count = Task.objects.filter(project=bench.project).count()
        progress.append(
            organisation_id=bench.project.organisation_id,
            project_id=bench.project.pk,
            changes=[Change(Metric.OPEN, count)],
        )
        return Desk(bench, factories.UserFactory(name="Mona Manager"))

    return make


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    return make_desk(tasks=6)


def csv_of(rows: list[tuple[Any, ...]], columns: str = "image,label,x,y,width,height") -> bytes:
    return "\n".join([columns, *(",".join(map(str, row)) for row in rows)]).encode()


def boxes(desk: Desk, names: list[str] | None = None, *, label: int = 0, x: int = 10) -> bytes:
    """One box for each image."""
    path = desk.bench.labels[label].path
    return csv_of([(name, path, x, 20, 30, 40) for name in (desk.names if names is None else names)])


def native_of(images: list[ExportImage], categories: list[ExportCategory]) -> bytes:
    out = io.BytesIO()
    native.write(out, iter(images), categories)
    return out.getvalue()


def said(task: Task) -> list[tuple[Any, ...]]:
    """The boxes of a task's final document."""
    return [
        (region["label"], region["x"], region["y"], region["width"], region["height"], region["origin"])
        for region in (task.final or {}).get("regions", ())
    ]


def label(category: int, **more: Any) -> ExportAnnotation:
    return ExportAnnotation(category, "label", **more)


def everything(desk: Desk) -> dict[str, Any]:
    """What counts of the project."""
    reading = progress.reading(desk.bench.project.pk)
    return {
        "tasks": list(
            Task.objects.order_by("pk").values("status", "answers", "open_slots", "final", "prelabel", "final_at")
        ),
        "answers": list(Annotation.objects.order_by("pk").values("state", "document", "version", "labeller")),
        "labels": sorted(TaskLabel.objects.values_list("task", "label")),
        "revisions": AnnotationRevision.objects.count(),
        "counts": reading.counts,
        "uses": {pk: use for pk, use in reading.by_label.items() if use != LabelUse()},
        "tree": sorted(Label.objects.values_list("path", flat=True)),
    }
