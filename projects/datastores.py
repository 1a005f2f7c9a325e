"""Datastores: makes, checks and removes them, and opens the stores behind them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from projects import audit, credentials
from projects.errors import BadInput, Conflict, DomainError
from projects.models import Dataset, Datastore, User, Workspace
from projects.stores.azure import AzureStore
from projects.stores.base import ObjectStore, StoreRefused
from projects.stores.gcs import GCSStore
from projects.stores.local import LocalStore
from projects.stores.s3 import S3Store

BUILT_IN_NAME = "Built-in storage"


class DatastoreInUse(Conflict):
    """Datasets still read from the store."""

    code = "datastore_in_use"


@dataclass(frozen=True)
class Connection:
    """What a datastore is made of, before there is a row: `location` is shown again, `secrets` never."""

    kind: str
    location: Mapping[str, str]
    secrets: Mapping[str, Any] = field(default_factory=dict)


def for_datastore(datastore: Datastore) -> ObjectStore:
    """The store behind a datastore. Reads no network; CredentialsLost or StoreRefused where its settings are no good."""
    if datastore.kind == Datastore.Kind.BUILT_IN:
        return installation_store(f"workspaces/{datastore.workspace.code}")
    return opened(Connection(datastore.kind, datastore.location, credentials.decrypt(datastore.credentials)))


def opened(connection: Connection) -> ObjectStore:
    """The store that a connection describes."""
    location, secrets = connection.location, connection.secrets
    prefix = location.get("prefix", "")
    if connection.kind == Datastore.Kind.LOCAL:
        return LocalStore(_allowed_folder(location.get("path", "")), prefix)
    if connection.kind == Datastore.Kind.AZURE:
        return AzureStore(
            account=location.get("account", ""),
            key=str(secrets.get("account_key", "")),
            container=location.get("container", ""),
            endpoint=location.get("endpoint", ""),
            prefix=prefix,
        )
    if connection.kind == Datastore.Kind.S3:
        return S3Store(
            bucket=location.get("bucket", ""),
            access_key_id=_needed(secrets, "access_key_id", "Enter the id of an access key."),
            secret_access_key=_needed(secrets, "secret_access_key", "Enter the secret of the access key."),
            region=location.get("region", ""),
            endpoint=location.get("endpoint", ""),
            prefix=prefix,
        )
    account = secrets.get("service_account")
    if not isinstance(account, dict):
        raise StoreRefused(
            "Paste the JSON key file of a service account.",
            fields={"service_account": ["Paste the JSON key file of a service account."]},
        )
    return GCSStore(bucket=location.get("bucket", ""), service_account_info=account, prefix=prefix)


def addresses(datastore: Datastore) -> list[str]:
    """What the whole address of a file in the store may begin with, each ending in `/`; below it is the file's path in
    the container, bucket or folder, with the datastore's own prefix.
    """
    found, endpoint = datastore.location, str(datastore.location.get("endpoint", "")).rstrip("/")
    bucket = found.get("bucket", "")
    match datastore.kind:
        case Datastore.Kind.AZURE:
            account = endpoint or f"https://{found['account']}.blob.core.windows.net"
            return [f"{account}/{found['container']}/"]
        case Datastore.Kind.S3:
            region = found.get("region") or "us-east-1"
            hosts = [f"https://{bucket}.s3.{region}.amazonaws.com/", f"https://{bucket}.s3.amazonaws.com/"]
            own = [f"{endpoint}/{bucket}/"] if endpoint else [*hosts, f"https://s3.{region}.amazonaws.com/{bucket}/"]
            return [f"s3://{bucket}/", *own]
        case Datastore.Kind.GCS:
            return [f"gs://{bucket}/", f"https://storage.googleapis.com/{bucket}/"]
        case Datastore.Kind.LOCAL:
            return [f"file://{found['path'].rstrip('/')}/"]
    return []


def _needed(secrets: Mapping[str, Any], name: str, words: str) -> str:
    # Without keys the SDK would take this machine's own: a tenant would read with the operator's rights.
    value = str(secrets.get(name, ""))
    if not value:
        raise StoreRefused(words, fields={name: [words]})
    return value


def _allowed_folder(path: str) -> Path:
    """The folder with links resolved; StoreRefused outside settings.LOCAL_STORE_ROOTS."""
    folder = Path(path).resolve() if path.startswith("/") else None
    if folder is not None and any(folder.is_relative_to(root) for root in settings.LOCAL_STORE_ROOTS):
        if not _holds_other_tenants(folder):
            return folder
        words = "This folder belongs to Labelwright itself. Choose another."
    elif not settings.LOCAL_STORE_ROOTS:
        words = "This installation reads no folders of its server. Ask its operator to name some in LOCAL_STORE_ROOTS."
    else:
        roots = ", ".join(str(root) for root in settings.LOCAL_STORE_ROOTS)
        words = (
            f"Choose a folder below {roots}, by its whole path. Ask the operator to add others to LOCAL_STORE_ROOTS."
        )
    raise StoreRefused(words, fields={"path": [words]})


def _holds_other_tenants(folder: Path) -> bool:
    """Whether the folder overlaps with the installation's own store, where every tenant's uploads are."""
    parts = urlsplit(settings.STORAGE_URL)
    own = Path(unquote(parts.path)).resolve()
    return parts.scheme == "file" and (folder.is_relative_to(own) or own.is_relative_to(folder))


def installation_store(prefix: str = "") -> ObjectStore:
    """The installation's own store (settings.STORAGE_URL), below `prefix`."""
    parts = urlsplit(settings.STORAGE_URL)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    within = "/".join(part for part in (parts.path.strip("/"), prefix) if part)
    if parts.scheme == "file":
        root = Path(unquote(parts.path))
        root.mkdir(parents=True, exist_ok=True)
        return LocalStore(root, prefix)
    if parts.scheme == "azure":
        account, container, below = unquote(parts.username or ""), parts.hostname or "", within
        key, endpoint = unquote(parts.password or ""), query.get("endpoint", "")
        return AzureStore(account=account, key=key, container=container, endpoint=endpoint, prefix=below)
    if parts.scheme == "s3":
        return S3Store(
            bucket=parts.hostname or "",
            access_key_id=unquote(parts.username or ""),
            secret_access_key=unquote(parts.password or ""),
            region=query.get("region", ""),
            endpoint=query.get("endpoint", ""),
            prefix=within,
        )
    if parts.scheme == "gs":
        return GCSStore(bucket=parts.hostname or "", service_account_info=None, prefix=within)
    raise ImproperlyConfigured("STORAGE_URL must begin with file://, azure://, s3:// or gs://.")


def check(connection: Connection) -> None:
    """Opens, lists and, unless it is only read from, writes; a DomainError says what to change."""
    opened(connection).check(writable=False)


@transaction.atomic
def create(*, actor: User, workspace: Workspace, name: str, connection: Connection) -> Datastore:
    """Checks a connection and keeps it, its secrets encrypted. The first of a workspace becomes its default."""
    check(connection)
    others = Datastore.objects.filter(workspace=workspace)
    if others.filter(name=name).exists():
        words = "The workspace has a datastore of this name. Choose another."
        raise Conflict(words, fields={"name": [words]})
    datastore = Datastore.objects.create(
        organisation_id=workspace.organisation_id,
        workspace=workspace,
        name=name,
        kind=connection.kind,
        location=dict(connection.location),
        credentials=credentials.encrypt(connection.secrets),
        is_default=not others.filter(is_default=True).exists(),
        checked_at=timezone.now(),
        created_by=actor,
    )
    audit.record(actor, "datastore.create", datastore, detail={"kind": datastore.kind})
    return datastore


@transaction.atomic
def change(*, actor: User, datastore: Datastore, name: str, connection: Connection) -> Datastore:
    """Checks and keeps a changed connection; secrets that are not given stay as they were, for the same place alone."""
    if datastore.kind == Datastore.Kind.BUILT_IN:
        raise BadInput("The built-in storage has no settings.")
    kept = credentials.decrypt(datastore.credentials) if not connection.secrets else {}
    if kept and _given(connection.location) != _given(datastore.location):
        # Whoever entered the keys meant this bucket and this folder; another manager cannot point them elsewhere.
        words = "Enter the keys again: the ones there are were given for another place."
        raise StoreRefused(words, fields={name: [words] for name in kept})
    connection = Connection(datastore.kind, connection.location, connection.secrets or kept)
    check(connection)
    if Datastore.objects.filter(workspace=datastore.workspace, name=name).exclude(pk=datastore.pk).exists():
        words = "The workspace has a datastore of this name. Choose another."
        raise Conflict(words, fields={"name": [words]})
    datastore.name = name
    datastore.location = dict(connection.location)
    datastore.credentials = credentials.encrypt(connection.secrets)
    datastore.checked_at = timezone.now()
    datastore.save(update_fields=["name", "location", "credentials", "checked_at"])
    audit.record(actor, "datastore.change", datastore)
    return datastore


def _given(location: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in location.items() if value}


def recheck(*, datastore: Datastore) -> None:
    """Checks a stored connection now; a DomainError says what to change."""
    for_datastore(datastore).check(writable=False)
    Datastore.objects.filter(pk=datastore.pk).update(checked_at=timezone.now())


@transaction.atomic
def set_default(*, actor: User, datastore: Datastore) -> None:
    """Makes a datastore the one that new datasets of its workspace use."""
    Datastore.objects.filter(workspace=datastore.workspace, is_default=True).update(is_default=False)
    Datastore.objects.filter(pk=datastore.pk).update(is_default=True)
    audit.record(actor, "datastore.set_default", datastore)


@transaction.atomic
def delete(*, actor: User, datastore: Datastore) -> None:
    """Forgets a connection and its credentials; files in the store stay. Refused while datasets read from it."""
    users = list(Dataset.objects.filter(datastore=datastore).order_by("name").values_list("name", flat=True)[:4])
    if users:
        names = ", ".join(f"“{name}”" for name in users[:3]) + (" and others" if len(users) > 3 else "")
        raise DatastoreInUse(f"The datasets {names} read from this datastore. Delete them first.")
    audit.record(actor, "datastore.delete", datastore)
    try:
        datastore.delete()
    except ProtectedError as error:
        words = "Exports are kept in this datastore, or will be. Delete them and choose another output store first."
        raise DatastoreInUse(words) from error


@transaction.atomic
def built_in(workspace: Workspace) -> Datastore:
    """The workspace's part of the installation's own store, made when it is first wanted."""
    found, _ = Datastore.objects.get_or_create(
        workspace=workspace,
        kind=Datastore.Kind.BUILT_IN,
        defaults={
            "organisation_id": workspace.organisation_id,
            "name": _free_name(workspace),
            "checked_at": timezone.now(),
            "is_default": not Datastore.objects.filter(workspace=workspace, is_default=True).exists(),
        },
    )
    return found


def _free_name(workspace: Workspace) -> str:
    taken = set(Datastore.objects.filter(workspace=workspace).values_list("name", flat=True))
    return next(
        name
        for name in (BUILT_IN_NAME, *(f"{BUILT_IN_NAME} {number}" for number in range(2, 999)))
        if name not in taken
    )


def explain(error: DomainError) -> Mapping[str, list[str]]:
    """A failure as a form's errors: by field where the field is known, else for the whole form (`__all__`)."""
    return error.fields or {"__all__": [error.detail]}
