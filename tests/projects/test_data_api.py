import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from projects import jobs
from projects.models import Dataset, Datastore, User
from tests import factories
from tests.conftest import Cast
from tests.projects.conftest import Container

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("emulators")]
Photo = Callable[..., bytes]
STORES, DATASETS, IMAGES = "/api/v1/datastores/", "/api/v1/datasets/", "/api/v1/images/"


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def client(cast: Cast) -> Client:
    return client_of(cast.manager)


def post(client: Client, url: str, **body: object) -> Any:
    return client.post(url, json.dumps(body), content_type="application/json")


def names(client: Client, url: str) -> list[str]:
    return [row["name"] for row in client.get(url).json()["results"]]


def test_store_and_dataset_by_api(client: Client, cast: Cast, container: Container, photo: Photo) -> None:
    container.client.upload_blob("a.jpg", photo(1))
    body = {
        "workspace": str(cast.workspace.code), "name": "Blobs", "kind": "azure", "location": container.location,
        "credentials": container.secrets,
    }  # fmt: skip
    made = post(client, STORES, **body)
    assert made.status_code == 201, made.content
    store = made.json()
    assert "credentials" not in store
    assert container.secrets["account_key"] not in made.content.decode()
    assert store["location"] == container.location
    again = post(client, STORES, **body)
    assert (again.status_code, again.json()["code"], list(again.json()["fields"])) == (409, "conflict", ["name"])
    made = post(
        client,
        DATASETS,
        workspace=body["workspace"],
        datastore=store["code"],
        name="Streets",
        source="pattern",
        pattern="**",
    )
    assert made.status_code == 201, made.content
    assert (made.json()["state"], made.json()["image_count"]) == ("ingesting", 0)
    jobs.run_due()
    dataset = client.get(f"{DATASETS}{made.json()['code']}/").json()
    assert (dataset["state"], dataset["image_count"]) == ("ready", 1)
    images = client.get(f"{IMAGES}?dataset={dataset['code']}").json()["results"]
    assert [(image["name"], image["width"], image["state"]) for image in images] == [("a.jpg", 64, "ok")]
    assert images[0]["url"].startswith(container.location["endpoint"])
    assert client.post(f"{DATASETS}{dataset['code']}/refresh/").status_code == 202
    assert client.delete(f"{STORES}{store['code']}/").status_code == 409
    jobs.run_due()
    assert client.delete(f"{DATASETS}{dataset['code']}/").status_code == 204
    assert client.delete(f"{STORES}{store['code']}/").status_code == 204


def test_wrong_settings_are_problems_that_name_the_field(client: Client, cast: Cast, container: Container) -> None:
    answer = post(
        client,
        STORES,
        workspace=str(cast.workspace.code),
        name="Blobs",
        kind="azure",
        location={**container.location, "container": "absent"},
        credentials=container.secrets,
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "store_refused")
    assert list(answer.json()["fields"]) == ["container"]
    assert "devstoreaccount1" not in answer.json()["detail"]


def test_changing_a_store_keeps_its_keys(client: Client, cast: Cast, container: Container) -> None:
    store = container.datastore(workspace=cast.workspace, name="Old")
    answer = client.patch(f"{STORES}{store.code}/", json.dumps({"name": "New"}), content_type="application/json")
    assert (answer.status_code, answer.json()["name"]) == (200, "New")
    assert client.post(f"{STORES}{store.code}/check/").status_code == 200
    assert client.post(f"{STORES}{store.code}/set-default/").json()["is_default"] is True
    kind = client.patch(f"{STORES}{store.code}/", json.dumps({"kind": "s3"}), content_type="application/json")
    assert kind.status_code == 400


def test_lists_hold_only_what_the_role_may_see(client: Client, cast: Cast) -> None:
    dataset = factories.DatasetFactory(workspace=cast.workspace, name="Streets")
    image = factories.ImageFactory(dataset=dataset)
    factories.ImageFactory(dataset=factories.DatasetFactory(workspace=cast.foreign_project.workspace))
    assert names(client, DATASETS) == ["Streets"]
    assert names(client_of(cast.viewer), IMAGES) == [image.name]
    labeller, outsider = client_of(cast.labeller), client_of(cast.outsider)
    for url in (STORES, DATASETS, IMAGES):
        assert labeller.get(url).json()["results"] == []
        assert len(client.get(url).json()["results"]) == 1
    for path, thing in ((STORES, dataset.datastore), (DATASETS, dataset), (IMAGES, image)):
        assert labeller.get(f"{path}{thing.code}/").status_code == 403
        assert outsider.get(f"{path}{thing.code}/").status_code == 404
        assert Client().get(f"{path}{thing.code}/").status_code == 401
    assert names(outsider, f"{IMAGES}?dataset={dataset.code}") == []


def test_foreign_stores_and_workspaces_cannot_be_named(client: Client, cast: Cast, own_store: Path) -> None:
    foreign = factories.DatastoreFactory(workspace=cast.foreign_project.workspace)
    for body in (
        {"workspace": str(cast.workspace.code), "datastore": str(foreign.code), "source": "pattern"},
        {"workspace": str(foreign.workspace.code), "source": "upload"},
    ):
        assert post(client, DATASETS, name="X", **body).status_code == 400
    viewer = post(client_of(cast.viewer), DATASETS, name="X", workspace=str(cast.workspace.code), source="upload")
    assert viewer.status_code == 403
    assert (Dataset.objects.count(), Datastore.objects.count()) == (0, 1)


def test_images_are_filtered_by_a_list_of_fields(client: Client, cast: Cast) -> None:
    dataset = factories.DatasetFactory(workspace=cast.workspace)
    factories.ImageFactory(dataset=dataset, name="a.jpg")
    factories.ImageFactory(dataset=dataset, name="b.jpg", checksum="1" * 64)
    assert names(client, f"{IMAGES}?checksum={'1' * 64}") == ["b.jpg"]
    assert names(client, f"{IMAGES}?name=a.jpg&state=ok") == ["a.jpg"]
    assert client.get(f"{IMAGES}?dataset__workspace__name=x").status_code == 400


@pytest.mark.parametrize("count", [1, 3])
def test_image_list_takes_the_same_queries_for_any_number(
    client: Client, cast: Cast, count: int, django_assert_num_queries: Any
) -> None:
    dataset = factories.DatasetFactory(workspace=cast.workspace)
    factories.ImageFactory.create_batch(count, dataset=dataset)
    client.get(IMAGES)
    with django_assert_num_queries(4):
        assert len(client.get(IMAGES).json()["results"]) == count
