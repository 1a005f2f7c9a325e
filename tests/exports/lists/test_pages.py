"""Lists on pages and by API: the whole way, and what is refused."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotations.models import Task
from exports.lists import labels
from exports.models import ImageList, LabelImport
from projects import jobs
from projects.models import Dataset, Image
from tests import factories
from tests.exports.lists.conftest import Shelf, keys
from tests.exports.lists.test_lists import AUTOML, LISTED, box, lines

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def manager(client: Client, shelf: Shelf) -> Client:
    client.force_login(shelf.cast.manager)
    return client


def announce(client: Client, shelf: Shelf, data: bytes, **more: Any) -> Any:
    body = {"workspace": str(shelf.cast.workspace.code), "datastore": str(shelf.datastore.code)}
    body |= {"name": "list.jsonl", "byte_size": len(data), **more}
    return client.post("/api/v1/lists/", body, content_type=JSON)


def send(client: Client, code: str, data: bytes, offset: int = 0) -> Any:
    headers = {"Upload-Offset": str(offset)}
    return client.patch(f"/api/v1/lists/{code}/file/", data, content_type="application/octet-stream", headers=headers)


def test_the_whole_way_by_api(shelf: Shelf, manager: Client) -> None:
    data = lines({"where": "a.png", "Kind": [box("car")]}, {"where": "b/c.png"}, {"where": "notes.txt"})
    code = announce(manager, shelf, data).json()["code"]
    assert send(manager, code, data).json()["state"] == "checking"
    jobs.run_due()
    base = f"/api/v1/lists/{code}/"
    assert manager.get(base).json()["report"]["preview"]["columns"] == ["where", "Kind"]
    answer = manager.post(f"{base}dataset/", {"name": "Listed"}, content_type=JSON)
    assert (answer.status_code, Dataset.objects.count()) == (422, 0)
    answer = manager.post(f"{base}check/", {"columns": {"image": "where", "label": "Kind"}}, content_type=JSON)
    assert (answer.status_code, answer.json()["state"]) == (200, "checking")
    jobs.run_due()
    body = {"name": "Listed", "final": True, "refresh_minutes": 60}
    made = manager.post(f"{base}dataset/", body, content_type=JSON).json()
    assert (made["state"], made["final"]) == ("done", True)
    assert manager.post(f"{base}dataset/", body, content_type=JSON).json()["dataset"] == made["dataset"]
    jobs.run_due()
    dataset = Dataset.objects.get(code=made["dataset"])
    assert (keys(dataset), dataset.refresh_minutes) == ({"a.png": "ok", "b/c.png": "ok"}, 60)
    assert [row["code"] for row in manager.get(f"/api/v1/lists/?dataset={dataset.code}").json()["results"]] == [code]
    project = factories.ProjectFactory(workspace=shelf.cast.workspace)
    answer = manager.post(f"{base}labels/", {"project": str(project.code)}, content_type=JSON)
    assert (answer.status_code, answer.json()["detail"]) == (422, "The project does not use the dataset of this list.")
    factories.ProjectDatasetFactory(project=project, dataset=dataset)
    answer = manager.post(f"{base}labels/", {"project": str(project.code), "final": True}, content_type=JSON)
    assert (answer.status_code, answer.json()["state"], answer.json()["format"]) == (200, "checking", "automl")
    assert answer.json()["reading"] == {
        "columns": {"image": "where", "label": "Kind"}, "dataset": str(dataset.code),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"byte_size": 0}, 422, "byte_size"),
        ({"format": "yolo"}, 400, "format"),
        ({"name": ""}, 400, "name"),
        ({"datastore": None}, 400, "datastore"),
    ],
)
def test_what_cannot_be_announced_is_refused_at_its_field(
    shelf: Shelf, manager: Client, body: Any, status: int, field: str
) -> None:
    answer = announce(manager, shelf, AUTOML, **body)
    assert (answer.status_code, list(answer.json()["fields"])) == (status, [field])
    assert not ImageList.objects.exists()


def test_a_file_goes_on_where_it_was(shelf: Shelf, manager: Client) -> None:
    first, second = announce(manager, shelf, AUTOML).json(), announce(manager, shelf, AUTOML).json()
    assert first["code"] == second["code"]
    send(manager, first["code"], AUTOML)
    assert announce(manager, shelf, AUTOML).json()["code"] != first["code"]


def test_the_whole_way_on_pages(shelf: Shelf, manager: Client) -> None:
    page = manager.get(f"/workspaces/{shelf.cast.workspace.code}/lists/new/").content.decode()
    assert f'<option value="{shelf.datastore.code}"' in page
    found = shelf.send(lines({"where": "a.png"}, {"where": "b/c.png"}, {"where": "notes.txt"}), "street.jsonl")
    url = f"/lists/{found.code}/"
    page = manager.get(url).content.decode()
    assert "No image was found in this list." in page
    assert "Make dataset" not in page
    assert manager.post(url, {"verb": "check", "image": ""}).status_code == 422
    assert manager.post(url, {"verb": "check", "image": "where"}).headers["Location"] == url
    live = manager.get(url, headers={"HX-Request": "true"})
    assert (live.status_code, "every 1s" in live.content.decode()) == (200, True)
    jobs.run_due()
    assert manager.get(url, headers={"HX-Request": "true"}).status_code == 286
    page = manager.get(url).content.decode()
    assert "Make dataset of 2 images" in page
    assert 'value="street"' in page
    answer = manager.post(url, {"verb": "make", "name": "Street", "refresh_minutes": ""})
    dataset = Dataset.objects.get(name="Street")
    assert answer.headers["Location"] == f"/datasets/{dataset.code}/"
    assert manager.get(url).headers["Location"] == f"/datasets/{dataset.code}/"


def test_what_is_wrong_with_the_dataset_is_said_in_its_form(shelf: Shelf, manager: Client) -> None:
    factories.DatasetFactory(workspace=shelf.cast.workspace, name="Taken")
    found = shelf.send(AUTOML, "list.jsonl")
    answer = manager.post(f"/lists/{found.code}/", {"verb": "make", "name": "Taken", "final": "no"})
    assert answer.status_code == 422
    assert "The workspace has a dataset of this name. Choose another." in answer.content.decode()


def test_a_wrong_file_says_why_on_its_page(shelf: Shelf, manager: Client) -> None:
    found = shelf.send(b"a.png\nb/c.png", "list.csv")
    page = manager.get(f"/lists/{found.code}/").content.decode()
    assert "This list cannot be used as it is." in page
    assert "“a.png” is an image already" in page
    assert manager.post(f"/lists/{found.code}/", {"verb": "discard"}).status_code == 302
    assert not ImageList.objects.exists()


def test_projects_are_offered_the_labels(shelf: Shelf, manager: Client) -> None:
    dataset = shelf.make(shelf.send(AUTOML, "list.jsonl"), name="Street", final=True)
    assert keys(dataset) == LISTED
    project = factories.ProjectFactory(workspace=shelf.cast.workspace)
    factories.ProjectDatasetFactory(project=project, dataset=dataset)
    url = f"/projects/{project.code}/listed-labels/"
    for page in (f"/projects/{project.code}/imports/", f"/projects/{project.code}/"):
        assert f'hx-get="{url}"' in manager.get(page, follow=True).content.decode()
    part = manager.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "Street came with labels." in part
    assert "2 images of list.jsonl have 3 labels" in part
    (found,) = ImageList.objects.all()
    answer = manager.post(url, {"image_list": str(found.code), "final": "no"})
    (made,) = LabelImport.objects.all()
    assert answer.headers["Location"] == f"/imports/{made.code}/"
    assert (
        manager.post(url, {"image_list": str(found.code), "final": "no"}).headers["Location"]
        == f"/imports/{made.code}/"
    )
    jobs.run_due()
    page = manager.get(f"/imports/{made.code}/").content.decode()
    assert 'name="final" value="no" checked' in page
    answer = manager.post(f"/imports/{made.code}/", {"verb": "check", "format": "automl", "match": "path"})
    made.refresh_from_db()
    assert (answer.status_code, made.reading["dataset"], made.reading["columns"]["label"]) == (
        302, str(dataset.code), "label",
    )  # fmt: skip
    assert Task.objects.count() == 0


def test_the_wizard_offers_the_labels_at_its_end(shelf: Shelf, manager: Client) -> None:
    project = factories.ProjectFactory(workspace=shelf.cast.workspace, state="draft", created_by=shelf.cast.manager)
    page = manager.get(f"/projects/{project.code}/setup/?step=review").content.decode()
    assert f'hx-get="/projects/{project.code}/listed-labels/"' in page


@pytest.mark.parametrize("count", [1, 3])
def test_offers_and_lists_ask_the_same_number_of_questions(shelf: Shelf, manager: Client, count: int) -> None:
    project = factories.ProjectFactory(workspace=shelf.cast.workspace)
    for number in range(count):
        found = shelf.send(AUTOML, f"{number}.jsonl")
        factories.ProjectDatasetFactory(project=project, dataset=shelf.make(found))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert len(manager.get("/api/v1/lists/").json()["results"]) == count
    assert len(asked) <= 8
    with CaptureQueriesContext(connection) as asked:
        assert len(labels.offers(project)) == count
    assert len(asked) == 2


def test_a_listed_dataset_cannot_be_forged_by_api(shelf: Shelf, manager: Client) -> None:
    body = {"workspace": str(shelf.cast.workspace.code), "name": "Forged", "source": "list", "list_key": "1/x/y"}
    answer = manager.post("/api/v1/datasets/", body | {"datastore": str(shelf.datastore.code)}, content_type=JSON)
    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["source"])
    assert not Image.objects.exists()
    assert json.loads(manager.get("/api/v1/datasets/").content)["results"] == []
