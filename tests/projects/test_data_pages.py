from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from projects import datasets, datastores, jobs
from projects.models import Dataset, Datastore, Image, User
from tests import factories
from tests.conftest import Cast
from tests.projects.conftest import Container

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("emulators")]
Photo = Callable[..., bytes]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def client(cast: Cast) -> Client:
    return client_of(cast.manager)


def url(name: str, thing: Any, query: str = "") -> str:
    return reverse(f"projects:{name}", args=[thing.code]) + query


def errors_of(response: Any) -> dict[str, list[str]]:
    return {name: [str(word) for word in words] for name, words in response.context["form"].errors.items()}


def test_empty_workspace_says_what_to_do(client: Client, cast: Cast) -> None:
    page = client.get(url("data", cast.workspace)).content.decode()
    assert "Bring in the first images" in page
    assert "No store is connected" in page
    viewer = client_of(cast.viewer).get(url("data", cast.workspace)).content.decode()
    assert "New dataset" not in viewer
    assert "A manager of this workspace can make one." in viewer


def test_azure_store_is_connected_by_the_form_and_shows_no_key(
    client: Client, cast: Cast, container: Container
) -> None:
    here = url("datastore-create", cast.workspace, "?kind=azure")
    assert client.get(url("datastore-create", cast.workspace)).status_code == 200
    form = {"name": "Blobs", **container.location, **container.secrets}
    wrong = client.post(here, {**form, "container": "absent"})
    assert wrong.status_code == 422
    assert errors_of(wrong) == {"container": ["The account has no container “absent”. Create it, or correct its name."]}
    assert container.secrets["account_key"] not in wrong.content.decode()
    made = client.post(here, form)
    store = Datastore.objects.get(workspace=cast.workspace)
    assert (made.status_code, made.url) == (302, url("datastore", store))
    page = client.get(made.url).content.decode()
    assert container.secrets["account_key"] not in page
    assert container.location["container"] in page
    kept = client.post(made.url, {"name": "Renamed", **container.location})
    assert kept.status_code == 302
    store.refresh_from_db()
    assert store.name == "Renamed"
    datastores.for_datastore(store).check(writable=False)
    assert client.post(url("datastore-check", store)).status_code == 302


def test_service_account_is_not_shown_back(client: Client, cast: Cast) -> None:
    here = url("datastore-create", cast.workspace, "?kind=gcs")
    response = client.post(here, {"name": "G", "bucket": "b", "service_account": '{"planted": "secret"}'})
    assert response.status_code == 422
    assert list(errors_of(response)) == ["service_account"]
    assert "planted" not in response.content.decode()
    response = client.post(here, {"name": "G", "bucket": "b", "service_account": "no json"})
    assert errors_of(response) == {"service_account": ["This is not a JSON file. Paste all of it, from { to }."]}


def test_store_outside_the_allow_list_is_refused(client: Client, cast: Cast, folder: Path) -> None:
    form = {"name": "M", "account": "a", "container": "c", "account_key": "A" * 86 + "=="}
    response = client.post(
        url("datastore-create", cast.workspace, "?kind=azure"), {**form, "endpoint": "http://169.254.169.254"}
    )
    assert "STORAGE_HOSTS" in errors_of(response)["endpoint"][0]
    response = client.post(url("datastore-create", cast.workspace, "?kind=local"), {"name": "etc", "path": "/etc"})
    assert "LOCAL_STORE_ROOTS" in errors_of(response)["path"][0]


def test_dataset_from_a_local_folder_is_read_and_shown(
    client: Client, cast: Cast, folder: Path, photo: Photo, own_store: Path
) -> None:
    for index in range(3):
        (folder / f"{index}.jpg").write_bytes(photo(index))
    (folder / "bad.png").write_bytes(b"nothing")
    client.post(url("datastore-create", cast.workspace, "?kind=local"), {"name": "Disk", "path": str(folder)})
    store = Datastore.objects.get(workspace=cast.workspace)
    assert store.is_default
    made = client.post(
        url("dataset-create", cast.workspace),
        {"name": "Streets", "source": "pattern", "datastore": str(store.code), "pattern": "**/*.*"},
    )
    dataset = Dataset.objects.get(workspace=cast.workspace)
    assert (made.status_code, made.url) == (302, url("dataset", dataset))
    waiting = client.get(made.url)
    assert "Waiting for its turn" in waiting.content.decode()
    live = client.get(made.url, headers={"HX-Request": "true", "HX-Target": "reading"})
    assert (live.status_code, b"<html" in live.content) == (200, False)
    jobs.run_due()
    ended = client.get(made.url, headers={"HX-Request": "true", "HX-Target": "reading"})
    assert (ended.status_code, ended["HX-Trigger"]) == (286, '{"images-read": {}}')
    page = client.get(made.url).content.decode()
    assert page.count('<li class="picture">') == 4
    assert "The file does not begin like any supported image format." in page
    rows = client.get(url("data", cast.workspace), headers={"HX-Request": "true"})
    assert (rows.status_code, b"1 unreadable" in rows.content) == (286, True)


def test_images_are_filtered_and_paged(client: Client, cast: Cast) -> None:
    dataset = factories.DatasetFactory(workspace=cast.workspace)
    made = factories.ImageFactory.create_batch(61, dataset=dataset)
    factories.ImageFactory(
        dataset=dataset, name="zebra.jpg", state="unreadable", reason="The file is empty.", width=0, height=0
    )
    here = url("dataset", dataset)
    first = client.get(here)
    assert first.context["cards"][0][0].name == "zebra.jpg"
    assert len(first.context["cards"]) == 60
    second = client.get(here + first.context["next_url"])
    assert [card[0].pk for card in second.context["cards"]] == [made[1].pk, made[0].pk]
    assert second.context["next_url"] is None
    assert [card[0].name for card in client.get(here + "?q=zeb").context["cards"]] == ["zebra.jpg"]
    assert len(client.get(here + "?state=unreadable").context["cards"]) == 1
    assert "No image matches" in client.get(here + "?q=nothing", headers={"HX-Request": "true"}).content.decode()
    assert client.get(here + "?state=nonsense&after=x").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_lists_take_the_same_queries_for_any_number_of_rows(
    client: Client, cast: Cast, count: int, django_assert_num_queries: Any
) -> None:
    factories.DatasetFactory.create_batch(count, workspace=cast.workspace)
    client.get(url("data", cast.workspace))
    with django_assert_num_queries(10):
        assert client.get(url("data", cast.workspace)).status_code == 200


def test_upload_page_knows_what_it_needs(client: Client, cast: Cast, own_store: Path) -> None:
    made = client.post(url("dataset-create", cast.workspace), {"name": "Mine", "source": "upload"})
    dataset = Dataset.objects.get(workspace=cast.workspace)
    assert (made.url, dataset.datastore.kind) == (url("upload", dataset), "builtin")
    page = client.get(made.url)
    assert page.context["bootstrap"]["dataset"] == str(dataset.code)
    assert client.post(made.url).status_code == 302
    pattern = factories.DatasetFactory(workspace=cast.workspace)
    assert client.get(url("upload", pattern)).status_code == 302


def test_pattern_without_a_store_says_so(client: Client, cast: Cast) -> None:
    response = client.post(url("dataset-create", cast.workspace), {"name": "A", "source": "pattern"})
    assert response.status_code == 422
    assert list(errors_of(response)) == ["datastore"]
    foreign = factories.DatastoreFactory(workspace=cast.foreign_project.workspace)
    response = client.post(
        url("dataset-create", cast.workspace), {"name": "A", "source": "pattern", "datastore": str(foreign.code)}
    )
    assert list(errors_of(response)) == ["datastore"]


def test_deleting_asks_for_the_name_and_is_refused_while_used(client: Client, cast: Cast) -> None:
    dataset = factories.DatasetFactory(workspace=cast.workspace, name="Streets")
    factories.ImageFactory.create_batch(3, dataset=dataset)
    client.post(url("dataset-delete", dataset), {"confirm_name": "Other"})
    assert Dataset.objects.filter(pk=dataset.pk).exists()
    used = factories.ProjectDatasetFactory(project=cast.project, dataset=dataset)
    client.post(url("dataset-delete", dataset), {"confirm_name": "Streets"})
    assert Dataset.objects.filter(pk=dataset.pk).exists()
    used.delete()
    client.post(url("datastore-delete", dataset.datastore))
    assert Datastore.objects.filter(pk=dataset.datastore_id).exists()
    client.post(url("dataset-delete", dataset), {"confirm_name": "Streets"})
    assert not Image.objects.filter(dataset_id=dataset.pk).exists()
    client.post(url("datastore-delete", dataset.datastore))
    assert not Datastore.objects.filter(pk=dataset.datastore_id).exists()


def test_default_store_and_refresh(client: Client, cast: Cast) -> None:
    dataset = factories.DatasetFactory(workspace=cast.workspace)
    client.post(url("datastore-default", dataset.datastore))
    assert Datastore.objects.get(pk=dataset.datastore_id).is_default
    client.post(url("dataset-refresh", dataset))
    job = datasets.latest_job(dataset)
    assert (job.state, job.title) == ("queued", f"Read files of {dataset.name}")
    client.post(url("dataset-delete", dataset), {"confirm_name": dataset.name})
    assert Dataset.objects.filter(pk=dataset.pk).exists()


def test_labellers_see_no_data_pages(cast: Cast) -> None:
    dataset = factories.DatasetFactory(workspace=cast.workspace)
    labeller, outsider = client_of(cast.labeller), client_of(cast.outsider)
    for name, thing in (("data", cast.workspace), ("dataset", dataset), ("datastore", dataset.datastore)):
        assert labeller.get(url(name, thing)).status_code == 403
        assert outsider.get(url(name, thing)).status_code == 404
        assert Client().get(url(name, thing)).status_code == 302
