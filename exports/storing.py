"""The output store of a workspace: where the files of exports go, and how they leave it again.

An export has a folder of its own, `exports/NAME_DATE_TIME/`, with its file, a manifest and checksums of both. Nothing in
it is written again once the export is complete, and no folder of another export is ever touched.
"""

import hashlib
import io
from typing import IO, Any

import orjson
from django.db import transaction

from exports.models import Export, OutputStore
from exports.writing import CONTENT_TYPES
from projects import audit, datastores, jobs
from projects.errors import BadInput, DomainError
from projects.models import Datastore, User, Workspace

FOLDER = "exports"
MANIFEST, SUMS = "manifest.json", "SHA256SUMS"


class FolderTaken(BadInput):
    """The folder holds something that this export did not write."""

    code = "export_folder_taken"


def chosen(workspace: Workspace) -> OutputStore | None:
    """What somebody chose for the workspace's exports; None means its built-in storage, for good."""
    return OutputStore.objects.filter(workspace=workspace).select_related("datastore__workspace").first()


def store_for(workspace: Workspace) -> Datastore:
    """Where the workspace's next export goes."""
    settings = chosen(workspace)
    return settings.datastore if settings else datastores.built_in(workspace)


@transaction.atomic
def choose(*, actor: User, workspace: Workspace, datastore: Datastore | None, keep_days: int | None) -> OutputStore:
    """Has later exports go to `datastore`, which must let itself be written; exports so far stay where they are.

    None is the built-in storage. All exports are deleted `keep_days` after they were finished, or never.
    """
    datastore = datastore or datastores.built_in(workspace)
    if datastore.workspace_id != workspace.pk:
        words = "Choose a datastore of this workspace."
        raise BadInput(words, fields={"datastore": [words]})
    datastores.for_datastore(datastore).check(writable=True)
    values = {"organisation_id": workspace.organisation_id, "datastore": datastore, "keep_days": keep_days}
    settings, _ = OutputStore.objects.update_or_create(workspace=workspace, defaults=values)
    audit.record(actor, "output_store.choose", datastore, detail={"keep_days": keep_days})
    return settings


def store_of(export: Export) -> Any:
    """The store that an export's key is in."""
    if export.datastore is None:
        return datastores.installation_store()
    return datastores.for_datastore(export.datastore)


def put(export: Export, file: IO[bytes], ending: str, manifest: dict[str, Any]) -> str:
    """Writes the file, then what says that it is whole; the key of the file. FolderTaken where the folder is another's."""
    store, folder = store_of(export), f"{FOLDER}/{export.name}"
    _refuse_taken(store, folder, export)
    name = f"{export.name}.{ending}"
    about = orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    sums = f"{manifest['sha256']}  {name}\n{hashlib.sha256(about).hexdigest()}  {MANIFEST}\n"
    store.put(f"{folder}/{name}", file, CONTENT_TYPES[ending])
    store.put(f"{folder}/{SUMS}", io.BytesIO(sums.encode()), "text/plain; charset=utf-8")
    store.put(f"{folder}/{MANIFEST}", io.BytesIO(about), CONTENT_TYPES["json"])
    return f"{folder}/{name}"


def _refuse_taken(store: Any, folder: str, export: Export) -> None:
    try:
        found = orjson.loads(store.read(f"{folder}/{MANIFEST}"))
    except DomainError as error:
        if error.code != "object_missing":
            raise
        return
    except orjson.JSONDecodeError:
        found = {}
    if not isinstance(found, dict) or found.get("export") != str(export.code):
        words = f"The output store has a folder {folder} already, and exports overwrite nothing. Export again."
        raise FolderTaken(words)


def keys(export: Export) -> list[str]:
    """All that lies in the output store for an export."""
    if not export.key:
        return []
    folder = export.key.rpartition("/")[0]
    return [export.key] if export.datastore_id is None else [export.key, f"{folder}/{SUMS}", f"{folder}/{MANIFEST}"]


def remove(datastore: Datastore | None, names: list[str], kept: str, job: jobs.Running) -> None:
    """Deletes the files of an export that is gone, and what the installation kept of it; twice does no harm."""
    if datastore is not None:
        store = datastores.for_datastore(datastore)
        for name in names:
            store.delete(name)
    own, gone = datastores.installation_store(), 0
    for page in own.pages(kept):
        for entry in page.entries:
            own.delete(entry.key)
            gone += 1
            job.progress(gone)
