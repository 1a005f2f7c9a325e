from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from annotations.models import Annotation, Comment, Lease, Task
from exports.models import Comparison, Export, ImageList, LabelImport, Registration
from projects.models import ApiToken, Dataset, Job, Notification, Project, Upload, User, Workspace
from tests import factories
from tests.conftest import Cast


@dataclass
class World:
    """One object of every kind in a tenant, by the names that the table uses."""

    things: dict[str, Any]

    def code(self, thing: str) -> str:
        return str(self.things[thing].code)


def build(project: Project, labeller: User, canary: str) -> World:
    """Fills a project; every text that a person can write carries the canary."""
    workspace: Workspace = project.workspace
    for place in (project.organisation, workspace, project):
        place.name = f"{place.name} {canary}"
        place.save(update_fields=["name"])
    store = factories.DatastoreFactory(workspace=workspace, name=f"Store {canary}")
    dataset = factories.DatasetFactory(workspace=workspace, datastore=store, name=f"Data {canary}")
    factories.ProjectDatasetFactory(project=project, dataset=dataset)
    image = factories.ImageFactory(dataset=dataset, key=f"{canary}/one.jpg", name=f"{canary}.jpg")
    label = factories.LabelFactory(project=project, name=f"Label {canary}")
    task = factories.TaskFactory(project=project, image=image, open_slots=0)
    box = {"id": "1", "shape": "box", "label": str(label.code), "x": 1, "y": 1, "width": 5, "height": 5, "note": canary}
    return World(
        {
            "organisation": project.organisation,
            "workspace": workspace,
            "datastore": store,
            "dataset": dataset,
            "image": image,
            "project": project,
            "label": label,
            "task": task,
            **_labelling(task, labeller, {"labels": [], "regions": [box], "empty": False}, canary),
            **_running(dataset, labeller, canary),
            "list": _listed(dataset, labeller, canary),
        }
    )


def _labelling(task: Task, labeller: User, document: Any, canary: str) -> dict[str, Any]:
    tenant = {"organisation": task.organisation, "project": task.project}
    now = timezone.now()
    return {
        "lease": Lease.objects.create(
            **tenant, task=task, labeller=labeller, token=uuid4(), expires_at=now + timedelta(hours=1)
        ),
        "annotation": Annotation.objects.create(
            **tenant, task=task, labeller=labeller, state="submitted", document=document, submitted_at=now
        ),
        "comment": Comment.objects.create(**tenant, task=task, author=labeller, text=f"Comment {canary}"),
        **_exported(task, canary),
        "import": LabelImport.objects.create(
            **tenant, name=f"import {canary}.json", byte_size=10, format="coco", state="done", created_by=labeller
        ),
    }


def _exported(task: Task, canary: str) -> dict[str, Any]:
    tenant = {"organisation": task.organisation, "project": task.project}
    # Still being written, so that nobody can delete it.
    job = Job.objects.create(organisation=task.organisation, kind="test.canary", queue="io", title=f"Job {canary}")
    earlier, export = (
        Export.objects.create(**tenant, name=f"export {n} {canary}", format="coco", job=job) for n in (1, 2)
    )
    Registration.objects.create(organisation=task.organisation, export=export, dataset=task.image.dataset)
    comparison = Comparison.objects.create(organisation=task.organisation, export=export, earlier=earlier)
    return {"export": export, "comparison": comparison}


def _listed(dataset: Dataset, user: User, canary: str) -> ImageList:
    # Being looked through, so that nobody can throw it away.
    place = {"organisation": dataset.organisation, "workspace": dataset.workspace}
    job = Job.objects.create(**place, kind="test.canary", queue="io", title=f"Job {canary}")
    return ImageList.objects.create(
        **place,
        datastore=dataset.datastore,
        job=job,
        name=f"list {canary}.jsonl",
        state="checking",
        byte_size=10,
        received=10,
        created_by=user,
    )


def _running(dataset: Dataset, user: User, canary: str) -> dict[str, Any]:
    tenant = {"organisation": dataset.organisation}
    place = {**tenant, "workspace": dataset.workspace}
    return {
        "job": Job.objects.create(**place, kind="test.canary", queue="io", title=f"Job {canary}"),
        "upload": Upload.objects.create(
            **place, dataset=dataset, path=f"{canary}/up.jpg", byte_size=10, created_by=user
        ),
        "archive": Upload.objects.create(
            **place,
            dataset=dataset,
            path=f"{canary}/up.zip",
            byte_size=10,
            state="done",
            outcome={"taken": 1},
            created_by=user,
        ),
        "notification": Notification.objects.create(
            **tenant, user=user, kind="added", title=f"Notification {canary}", path="/"
        ),
        "token": ApiToken.objects.create(
            **tenant,
            user=user,
            name=f"Token {canary}",
            prefix=canary[:12],
            digest="0" * 64,
            scopes=["read"],
            expires_at=timezone.now() + timedelta(days=1),
        ),
    }


CANARY = "canary7f3a9"


@pytest.fixture
def own(cast: Cast) -> World:
    return build(cast.project, cast.labeller, "plainsight")


@pytest.fixture
def foreign(cast: Cast) -> World:
    """The other tenant's objects, full of canaries."""
    return build(cast.foreign_project, cast.outsider, CANARY)


@pytest.fixture
def clients(cast: Cast) -> dict[str, Client]:
    people = {
        "owner": cast.owner,
        "manager": cast.manager,
        "reviewer": cast.reviewer,
        "viewer": cast.viewer,
        "labeller": cast.labeller,
        "outsider": cast.outsider,
    }
    made = {"anonymous": Client(raise_request_exception=False)}
    for name, person in people.items():
        made[name] = Client(raise_request_exception=False)
        made[name].force_login(person)
    return made
