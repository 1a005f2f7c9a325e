"""Datasets made of exports."""

from typing import Any

import pytest
from django.test import Client

from exports import freezing, registering, services
from exports.models import Export
from projects import datasets, gathering, jobs
from projects.errors import BadInput, Conflict
from projects.models import Dataset, Image
from tests import factories
from tests.conftest import Cast
from tests.exports.labelled import labelled, many

pytestmark = pytest.mark.django_db(transaction=True)
COPIED = ("key", "name", "width", "height", "byte_size", "checksum", "state", "metadata")


def exported(cast: Cast) -> Export:
    export = services.request_export(project=cast.project, format="coco", actor=cast.manager)
    jobs.run_due()
    export.refresh_from_db()
    return export


def test_the_images_of_an_export_become_a_dataset(
    cast: Cast, dataset: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freezing, "PART", 2)
    monkeypatch.setattr(registering, "AT_ONCE", 2)
    many(cast, dataset, 5)
    factories.TaskFactory(project=cast.project, image=factories.ImageFactory(dataset=dataset))
    export = exported(cast)
    client.force_login(cast.manager)
    assert client.post(f"/exports/{export.code}/dataset/", {"name": "Selected"}).status_code == 302
    jobs.run_due()
    made = Dataset.objects.get(name="Selected")
    chosen = Image.objects.filter(dataset=dataset, tasks__final__isnull=False)
    assert list(Image.objects.filter(dataset=made).order_by("key").values(*COPIED)) == list(
        chosen.order_by("key").values(*COPIED)
    )
    assert (made.state, made.image_count, made.source, made.arrivals) == ("ready", 5, "selection", 3)
    assert client.get(f"/datasets/{made.code}/").status_code == 200
    link = client.get(f"/exports/of-dataset/{made.code}/")
    assert link["Location"] == f"/exports/{export.code}/"
    assert "Selected" in client.get(f"/exports/{export.code}/").content.decode()
    with pytest.raises(BadInput):
        datasets.refresh(actor=cast.manager, dataset=made)


def test_filling_goes_on_behind_what_is_written(cast: Cast, dataset: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registering, "AT_ONCE", 2)
    many(cast, dataset, 5)
    export = exported(cast)
    (made,) = registering.register(export=export, name="Selected", actor=cast.manager)
    add, calls = registering.gathering.add, []

    def dying(*values: Any) -> None:
        calls.append(len(values[1]))
        if len(calls) == 2:
            raise Conflict("The lights went out.")
        add(*values)

    monkeypatch.setattr(registering.gathering, "add", dying)
    jobs.run_due()
    jobs.Job.objects.filter(state="queued").update(next_attempt_at="2020-01-01T00:00Z")
    jobs.run_due()
    made.refresh_from_db()
    assert (calls, made.image_count) == ([2, 2, 2, 1], 5)


def test_images_of_two_stores_become_two_datasets(cast: Cast, dataset: Any) -> None:
    many(cast, dataset, 2)
    other = factories.DatasetFactory(
        workspace=cast.workspace, datastore=factories.DatastoreFactory(workspace=cast.workspace, name="Second")
    )
    factories.ProjectDatasetFactory(project=cast.project, dataset=other)
    labelled(cast, other, {"labels": [], "regions": [], "empty": True}, by=cast.labeller)
    made = registering.register(export=exported(cast), name="Selected", actor=cast.manager)
    jobs.run_due()
    assert [dataset.name for dataset in made] == [f"Selected ({dataset.datastore.name})", "Selected (Second)"]
    assert list(Dataset.objects.filter(name__startswith="Selected").order_by("pk").values_list("image_count")) == [
        (2,),
        (1,),
    ]


def test_uploaded_files_stay_while_another_dataset_shows_them(cast: Cast) -> None:
    uploads = datasets.create(actor=cast.manager, workspace=cast.workspace, name="Uploads", source="upload")
    image = factories.ImageFactory(dataset=uploads, key=f"{uploads.code}/one.jpg")
    made = gathering.create(actor=cast.manager, datastore=uploads.datastore, name="Selected")
    gathering.add(made, [str(image.code)])
    with pytest.raises(datasets.DatasetInUse, match="“Selected” shows files that were uploaded to this one"):
        datasets.delete(actor=cast.manager, dataset=uploads)
    datasets.delete(actor=cast.manager, dataset=made)
    datasets.delete(actor=cast.manager, dataset=uploads)
    assert not Dataset.objects.filter(workspace=cast.workspace).exists()


def test_what_cannot_be_registered_is_said(cast: Cast, dataset: Any, client: Client) -> None:
    unfinished = services.request_export(project=cast.project, format="coco", actor=cast.manager)
    with pytest.raises(registering.NotFrozen):
        registering.register(export=unfinished, name="Selected", actor=cast.manager)
    jobs.run_due()
    unfinished.refresh_from_db()
    with pytest.raises(Conflict, match="has no images"):
        registering.register(export=unfinished, name="Selected", actor=cast.manager)
    many(cast, dataset, 1)
    with pytest.raises(Conflict, match="a dataset of this name"):
        registering.register(export=exported(cast), name=dataset.name, actor=cast.manager)
    client.force_login(cast.manager)
    body = {"name": "By API"}
    answer = client.post(f"/api/v1/exports/{exported(cast).code}/register/", body, content_type="application/json")
    assert (answer.status_code, answer.json()) == (
        201,
        {"datasets": [str(Dataset.objects.get(name="By API").code)]},
    )
