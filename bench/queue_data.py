"""The data of `bench.queue`: a running box project, its tasks made by the database itself."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from annotations import initializing
from projects import api_tokens, tenancy
from projects.models import (
    ApiToken,
    Dataset,
    Datastore,
    Label,
    Membership,
    Organisation,
    Project,
    ProjectDataset,
    User,
    Workspace,
)

IMAGES = """
INSERT INTO projects_image
    (organisation_id, workspace_id, dataset_id, code, key, name, state, reason, format, width, height, byte_size,
     checksum, etag, metadata, created_at)
SELECT %(organisation)s, %(workspace)s, %(dataset)s, new_code(), 'photos/' || n || '.jpg', n || '.jpg', 'ok', '', 'jpeg',
       1920, 1080, 500000, '', '', '{}', now()
FROM generate_series(1, %(count)s) n
"""


def build(tasks: int, *, labellers: int, consensus: bool) -> dict[str, Any]:
    """Makes the project; answers its code, a label's code and a sign-in header per labeller."""
    with tenancy.system_access("build the data of a bench"):
        organisation = Organisation.objects.create(name="Bench")
        workspace = Workspace.objects.create(organisation=organisation, name="Bench")
        dataset = _images(organisation, workspace, tasks)
        project = Project.objects.create(
            organisation=organisation,
            workspace=workspace,
            name="Bench",
            task_type=Project.TaskType.BOX,
            state=Project.State.RUNNING,
            labellers_minimum=2 if consensus else 1,
            labellers_maximum=3 if consensus else 1,
            seed=7,
        )
        link = ProjectDataset.objects.create(organisation=organisation, project=project, dataset=dataset)
        label = Label.objects.create(
            organisation=organisation, project=project, name="Car", path="Car", colour="#2266aa"
        )
        with transaction.atomic():
            while initializing.take_chunk(project, link, limit=initializing.CHUNK).images:
                pass
        headers = tuple(_sign_in(workspace, number) for number in range(labellers))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE annotations_task, annotations_lease, annotations_annotation, projects_image")
    return {"code": str(project.code), "label": str(label.code), "headers": headers}


@contextmanager
def row_security(*, secured: bool) -> Iterator[None]:
    """Turns row-level security of every table off meanwhile, unless `secured`: what is left are the other two walls."""
    _alter(["ENABLE", "FORCE"] if secured else ["NO FORCE", "DISABLE"])
    try:
        yield
    finally:
        _alter(["ENABLE", "FORCE"])


def _alter(verbs: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tablename FROM pg_policies")
        for (table,), verb in itertools.product(cursor.fetchall(), verbs):
            cursor.execute(f'ALTER TABLE "{table}" {verb} ROW LEVEL SECURITY')


def _images(organisation: Organisation, workspace: Workspace, count: int) -> Dataset:
    store = Datastore.objects.create(
        organisation=organisation, workspace=workspace, name="Local", kind=Datastore.Kind.LOCAL, location={"path": ""}
    )
    dataset = Dataset.objects.create(
        organisation=organisation, workspace=workspace, datastore=store, name="Photos", source=Dataset.Source.PATTERN
    )
    with connection.cursor() as cursor:
        cursor.execute(
            IMAGES,
            {"organisation": organisation.pk, "workspace": workspace.pk, "dataset": dataset.pk, "count": count},
        )
    return dataset


def _sign_in(workspace: Workspace, number: int) -> dict[str, str]:
    organisation = workspace.organisation
    user = User.objects.create(email=f"labeller{number}.{workspace.code}@example.com", name=f"Labeller {number}")
    Membership.objects.create(organisation=organisation, user=user, role="member")
    Membership.objects.create(organisation=organisation, user=user, workspace=workspace, role="labeller")
    _, text = api_tokens.issue(
        user=user,
        organisation=organisation,
        name="Bench",
        scopes=[ApiToken.Scope.LABEL, ApiToken.Scope.READ],
        expires_at=timezone.now() + timedelta(days=1),
    )
    return {"Authorization": f"Bearer {text}"}
