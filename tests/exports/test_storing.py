"""Where exports go: the store that the workspace chose, into a folder of their own, never over another."""

import hashlib
import io
import json
from typing import Any

import pytest
from django.test import Client

from exports import services, storing
from exports.models import Export
from projects import datastores, jobs
from projects.datastores import DatastoreInUse
from projects.errors import BadInput
from projects.models import AuditEvent, Datastore
from projects.stores.base import StoreUnreachable
from tests import factories
from tests.conftest import Cast
from tests.exports.labelled import box, content, hurry, labelled

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def own_store(cast: Cast, tmp_path: Any, settings: Any) -> Datastore:
    """A folder of the server."""
    settings.LOCAL_STORE_ROOTS = [tmp_path]
    (tmp_path / "out").mkdir()
    location = {"path": str(tmp_path / "out")}
    return factories.DatastoreFactory(workspace=cast.workspace, kind="local", location=location)


@pytest.fixture
def project(cast: Cast, dataset: Any) -> Any:
    car = factories.LabelFactory(project=cast.project, name="Car")
    labelled(cast, dataset, {"labels": [], "regions": [box(car, 1)], "empty": False}, by=cast.labeller)
    return cast.project


def exported(cast: Cast, name: str = "coco") -> Export:
    export = services.request_export(project=cast.project, format=name, actor=cast.manager)
    jobs.run_due()
    export.refresh_from_db()
    return export


def test_exports_go_to_the_built_in_storage_unless_another_is_chosen(cast: Cast, project: Any, dataset: Any) -> None:
    export = exported(cast)
    assert export.datastore == dataset.datastore
    assert export.key == f"exports/{export.name}/{export.name}.json"


def test_manifest_and_checksums_lie_beside_the_file(cast: Cast, project: Any, own_store: Datastore) -> None:
    storing.choose(actor=cast.manager, workspace=cast.workspace, datastore=own_store, keep_days=None)
    export = exported(cast)
    assert export.datastore == own_store
    store = datastores.for_datastore(own_store)
    folder = f"exports/{export.name}"
    names = sorted(entry.key for page in store.pages() for entry in page.entries)
    assert names == [f"{folder}/SHA256SUMS", f"{folder}/manifest.json", f"{folder}/{export.name}.json"]
    sums = dict(reversed(line.split("  ")) for line in store.read(f"{folder}/SHA256SUMS").decode().splitlines())
    assert sums == {
        name: hashlib.sha256(store.read(f"{folder}/{name}")).hexdigest()
        for name in (f"{export.name}.json", "manifest.json")
    }
    assert json.loads(store.read(f"{folder}/manifest.json")) == export.manifest
    assert AuditEvent.objects.filter(action="output_store.choose", actor=cast.manager).count() == 1


def test_exports_so_far_stay_where_they_are(cast: Cast, project: Any, own_store: Datastore) -> None:
    export = exported(cast)
    before = content(export)
    storing.choose(actor=cast.manager, workspace=cast.workspace, datastore=own_store, keep_days=None)
    later = exported(cast)
    assert (content(export), later.datastore) == (before, own_store)


def test_two_exports_of_one_second_have_two_folders(cast: Cast, project: Any) -> None:
    names = {services.request_export(project=project, format="coco", actor=cast.manager).name for _ in range(3)}
    assert len(names) == 3


def test_the_folder_of_another_installation_is_left_alone(cast: Cast, project: Any, own_store: Datastore) -> None:
    storing.choose(actor=cast.manager, workspace=cast.workspace, datastore=own_store, keep_days=None)
    export = services.request_export(project=project, format="coco", actor=cast.manager)
    store = datastores.for_datastore(own_store)
    store.put(f"exports/{export.name}/manifest.json", io.BytesIO(b'{"export": "somebody else"}'))
    jobs.run_due()
    export.refresh_from_db()
    assert (export.job.state, export.job.error_code, export.key) == ("failed", "export_folder_taken", "")
    assert store.read(f"exports/{export.name}/manifest.json") == b'{"export": "somebody else"}'


def test_a_store_that_is_away_is_said_clearly_and_tried_again(
    cast: Cast, project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = storing.put

    def away(*_: Any) -> str:
        raise StoreUnreachable("The store did not answer. Try again later.")

    monkeypatch.setattr(storing, "put", away)
    export = services.request_export(project=project, format="coco", actor=cast.manager)
    for _ in range(3):
        jobs.run_due()
        hurry()
    export.job.refresh_from_db()
    assert (export.job.state, export.job.error_detail) == ("failed", "The store did not answer. Try again later.")
    monkeypatch.setattr(storing, "put", put)
    services.retry_export(export=export, actor=cast.manager)
    jobs.run_due()
    assert len(json.loads(content(export))["images"]) == 1


def test_a_store_that_cannot_be_written_is_not_chosen(
    cast: Cast, own_store: Datastore, client: Client, tmp_path: Any
) -> None:
    (tmp_path / "out").rmdir()
    (tmp_path / "out").write_text("no folder")
    client.force_login(cast.manager)
    url = f"/workspaces/{cast.workspace.code}/output-store/"
    answer = client.post(url, {"datastore": str(own_store.code), "keep_days": ""})
    assert (answer.status_code, storing.chosen(cast.workspace)) == (422, None)


def test_the_datastore_of_another_workspace_is_refused(cast: Cast) -> None:
    other = factories.DatastoreFactory(workspace=factories.WorkspaceFactory(organisation=cast.organisation))
    with pytest.raises(BadInput, match="Choose a datastore of this workspace"):
        storing.choose(actor=cast.manager, workspace=cast.workspace, datastore=other, keep_days=None)


def test_a_datastore_with_exports_is_not_forgotten(cast: Cast, project: Any, own_store: Datastore) -> None:
    storing.choose(actor=cast.manager, workspace=cast.workspace, datastore=own_store, keep_days=None)
    with pytest.raises(DatastoreInUse, match="Exports are kept in this datastore"):
        datastores.delete(actor=cast.manager, datastore=own_store)
    assert Datastore.objects.filter(pk=own_store.pk).exists()


def test_the_page_and_the_api_choose(cast: Cast, own_store: Datastore, client: Client) -> None:
    client.force_login(cast.manager)
    page = f"/workspaces/{cast.workspace.code}/output-store/"
    assert client.post(page, {"datastore": str(own_store.code), "keep_days": "30"}).status_code == 302
    api = f"/api/v1/output-stores/{cast.workspace.code}/"
    assert client.get(api).json() == {"datastore": str(own_store.code), "keep_days": 30}
    body = {"datastore": None, "keep_days": None}
    assert client.put(api, body, content_type="application/json").json()["keep_days"] is None
    chosen = storing.chosen(cast.workspace)
    assert chosen is not None
    assert (chosen.datastore.kind, chosen.keep_days) == ("builtin", None)
