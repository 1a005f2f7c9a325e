"""Azure Blob Storage: one container, reached with an account key."""

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any, cast
from urllib.parse import quote

import requests
from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import (
    BlobSasPermissions,
    BlobServiceClient,
    ContainerClient,
    ExponentialRetry,
    generate_blob_sas,
)
from django.core.files import File
from storages.backends.azure_storage import AzureStorage

from projects.stores.base import (
    PAGE,
    Entry,
    ObjectMissing,
    ObjectStore,
    Page,
    SignedUpload,
    StoreRefused,
    StoreUnreachable,
    limited,
)
from projects.stores.endpoints import checked
from projects.stores.guarding import GuardedAdapter

CONNECTIONS = 32


class _Storage(AzureStorage):  # type: ignore[misc]  # django-storages has no types
    """django-storages' backend on an endpoint of our choosing: no redirects, short waits, a pool for many threads."""

    def __init__(self, *, endpoint: str, **settings: Any) -> None:
        super().__init__(overwrite_files=True, **settings)
        self.endpoint = endpoint

    def _get_service_client(self) -> BlobServiceClient:
        session = requests.Session()
        for scheme in ("https://", "http://"):
            session.mount(scheme, GuardedAdapter(pool_connections=4, pool_maxsize=CONNECTIONS))
        return BlobServiceClient(
            self.endpoint,
            credential={"account_name": self.account_name, "account_key": self.account_key},
            transport=RequestsTransport(session=session, session_owner=False),
            retry_policy=ExponentialRetry(initial_backoff=1, increment_base=2, retry_total=2),
            connection_timeout=5,
            read_timeout=30,
            permit_redirects=False,
        )


class AzureStore(ObjectStore):
    """A container. `endpoint` is the account's address, by default the public cloud's."""

    def __init__(self, *, account: str, key: str, container: str, endpoint: str = "", prefix: str = "") -> None:
        super().__init__(prefix)
        self.account, self.key, self.container = account, key, container
        if not account:
            raise _refused("Enter the name of the storage account.", "account")
        if not container:
            raise _refused("Enter the name of the container.", "container")
        if not _is_key(key):
            raise _refused(
                "This is not an account key: those are 88 characters of base64. Copy “key1” or “key2” from the storage"
                " account's page “Access keys”.",
                "account_key",
            )
        self.endpoint = checked(endpoint or f"https://{account}.blob.core.windows.net")
        self.storage = _Storage(
            endpoint=self.endpoint, account_name=account, account_key=key, azure_container=container
        )

    @property
    def client(self) -> ContainerClient:
        return cast("ContainerClient", self.storage.client)

    def pages(self, prefix: str = "", after: str = "", size: int = PAGE) -> Iterator[Page]:
        """Cursors are Azure's own continuation markers, which do not expire."""
        with self._explaining():
            listing = self.client.list_blobs(name_starts_with=self.prefix + prefix, results_per_page=size)
            pager = cast("Any", listing.by_page(continuation_token=after or None))
            for blobs in pager:
                entries = [
                    Entry(blob.name[len(self.prefix) :], blob.size or 0, (blob.etag or "").strip('"')) for blob in blobs
                ]
                yield Page(entries, pager.continuation_token or "")

    def head(self, key: str) -> Entry:
        with self._explaining():
            found = self.client.get_blob_client(self.name_of(key)).get_blob_properties()
        return Entry(key, found.size, (found.etag or "").strip('"'))

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        return b"".join(limited(self.stream(key, start, length), length))

    def stream(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        try:
            with self._explaining():
                yield from self.client.download_blob(
                    self.name_of(key), offset=start if start or length is not None else None, length=length
                ).chunks()
        except _BehindEnd:
            return

    def put(self, key: str, content: IO[bytes], content_type: str = "application/octet-stream") -> None:
        file = File(content, name=key)
        file.content_type = content_type  # type: ignore[attr-defined]  # django-storages reads it
        with self._explaining():
            self.storage.save(self.name_of(key), file)

    def delete(self, key: str) -> None:
        with self._explaining():
            self.storage.delete(self.name_of(key))

    def signed_read_url(self, key: str, expires_at: datetime, content_type: str) -> str:
        """A SAS for one blob, for reading alone."""
        return self._signed(key, expires_at, BlobSasPermissions(read=True), content_type)

    def signed_upload(self, key: str, expires_at: datetime, byte_size: int) -> SignedUpload:
        """A SAS that makes one blob and overwrites none; Azure cannot be told the size."""
        url = self._signed(key, expires_at, BlobSasPermissions(create=True), None)
        return SignedUpload(url, {"x-ms-blob-type": "BlockBlob"})

    def _signed(self, key: str, expires_at: datetime, permission: BlobSasPermissions, content_type: str | None) -> str:
        name = self.name_of(key)
        token = generate_blob_sas(
            self.account,
            self.container,
            name,
            account_key=self.key,
            permission=permission,
            expiry=expires_at,
            content_type=content_type,
            protocol="https" if self.endpoint.startswith("https:") else None,
        )
        return f"{self.endpoint}/{quote(self.container)}/{quote(name)}?{token}"

    def check_write(self) -> None:
        name = f"{self.prefix}.labelwright-check"
        with self._explaining():
            self.client.upload_blob(name, b"", overwrite=True)
            self.client.delete_blob(name)

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except HttpResponseError as error:
            raise self._explained(error) from error
        except (ServiceRequestError, ServiceResponseError, AzureError) as error:
            raise StoreUnreachable(
                f"The storage account at {self.endpoint} did not answer. Check the account's name and address, and"
                " whether its firewall lets this server in."
            ) from error

    def _explained(self, error: HttpResponseError) -> Exception:
        code = str(getattr(error, "error_code", "") or "").rpartition(".")[2]
        if code == "InvalidRange" or error.status_code == 416:
            return _BehindEnd()
        if code == "ContainerNotFound":
            return _refused(
                f"The account has no container “{self.container}”. Create it, or correct its name.", "container"
            )
        if error.status_code == 404:
            return ObjectMissing("The file is no longer in the container.")
        if code in {"AuthenticationFailed", "InvalidAuthenticationInfo"}:
            return _refused(
                "The account refused the key. Copy “key1” or “key2” of this account again; a rotated key stops working.",
                "account_key",
            )
        if error.status_code in {401, 403}:
            return _refused(
                "The account refused access. Copy its key again, let this server through the account's firewall, and"
                " allow “storage account key access”, which listing the container needs.",
                "account_key",
            )
        if error.status_code in {301, 302, 307, 308, 400}:
            return _refused(f"{self.endpoint} does not answer like Azure Blob Storage. Check the address.", "endpoint")
        return StoreUnreachable("The storage account could not answer just now. Try again in a minute.")


class _BehindEnd(Exception):
    """The range begins behind the end of the blob."""


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) >= 32
    except (ValueError, binascii.Error):
        return False


def _refused(detail: str, field: str) -> StoreRefused:
    return StoreRefused(detail, fields={field: [detail]})
