"""Google Cloud Storage: one bucket, reached with a service account's key."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any

import requests
from django.core.files import File
from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError, RefreshError
from google.oauth2 import service_account
from storages.backends.gcloud import GoogleCloudStorage

from projects.stores.base import (
    PAGE,
    Entry,
    ObjectMissing,
    ObjectStore,
    Page,
    SignedUpload,
    StoreRefused,
    StoreUnreachable,
)

TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105  # an address, and the only one that keys are sent to
CHUNK = 256 * 1024
_SCOPES = ["https://www.googleapis.com/auth/devstorage.read_write"]


class GCSStore(ObjectStore):
    """A bucket. Without a service account the machine's own credentials serve (the installation's store)."""

    def __init__(self, *, bucket: str, service_account_info: Mapping[str, Any] | None, prefix: str = "") -> None:
        super().__init__(prefix)
        if not bucket:
            raise _refused("Enter the name of the bucket.", "bucket")
        self.bucket_name = bucket
        credentials = None if service_account_info is None else _credentials(service_account_info)
        self.storage = GoogleCloudStorage(
            bucket_name=bucket,
            credentials=credentials,
            project_id=None if credentials is None else credentials.project_id,
            file_overwrite=True,
        )

    @property
    def bucket(self) -> Any:
        return self.storage.bucket

    def pages(self, prefix: str = "", after: str = "", size: int = PAGE) -> Iterator[Page]:
        """Cursors are the last key of a page: GCS lists in the order of the keys, from an offset that it includes."""
        with self._explaining():
            listing = self.storage.client.list_blobs(
                self.bucket_name,
                prefix=self.prefix + prefix,
                start_offset=self.prefix + after if after else None,
                page_size=size,
                fields="items(name,size,etag,generation),nextPageToken",
            )
            for blobs in listing.pages:
                entries = [
                    Entry(blob.name[len(self.prefix) :], blob.size or 0, str(blob.generation or blob.etag))
                    for blob in blobs
                    if blob.name[len(self.prefix) :] != after
                ]
                if entries:
                    yield Page(entries, entries[-1].key)

    def head(self, key: str) -> Entry:
        with self._explaining():
            blob = self.bucket.get_blob(self.name_of(key))
        if blob is None:
            raise ObjectMissing("The file is no longer in the bucket.")
        return Entry(key, blob.size, str(blob.generation))

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        try:
            with self._explaining():
                end = None if length is None else start + length - 1
                data: bytes = self.bucket.blob(self.name_of(key)).download_as_bytes(start=start, end=end)
                return data
        except exceptions.RequestRangeNotSatisfiable:
            return b""

    def stream(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        with self._explaining(), self.bucket.blob(self.name_of(key)).open("rb", chunk_size=4 * CHUNK) as file:
            file.seek(start)
            left = length
            while chunk := file.read(CHUNK if left is None else min(CHUNK, left)):
                left = None if left is None else left - len(chunk)
                yield chunk

    def put(self, key: str, content: IO[bytes], content_type: str = "application/octet-stream") -> None:
        with self._explaining():
            content.seek(0)
            self.bucket.blob(self.name_of(key)).upload_from_file(File(content), content_type=content_type)

    def delete(self, key: str) -> None:
        with self._explaining():
            self.storage.delete(self.name_of(key))

    def signed_read_url(self, key: str, expires_at: datetime, content_type: str) -> str:
        """A V4 signed GET of one object, signed here with the service account's private key."""
        return self._signed(key, "GET", expires_at, response_type=content_type)

    def signed_upload(self, key: str, expires_at: datetime, byte_size: int) -> SignedUpload:
        """A V4 signed PUT of exactly so many bytes, where nothing lies yet."""
        headers = {
            "x-goog-content-length-range": f"{byte_size},{byte_size}",
            "x-goog-if-generation-match": "0",
        }
        return SignedUpload(self._signed(key, "PUT", expires_at, headers=headers), headers)

    def _signed(self, key: str, method: str, expires_at: datetime, **options: Any) -> str:
        blob = self.bucket.blob(self.name_of(key))
        return str(blob.generate_signed_url(version="v4", method=method, expiration=expires_at, **options))

    def check_write(self) -> None:
        with self._explaining():
            blob = self.bucket.blob(f"{self.prefix}.labelwright-check")
            blob.upload_from_string(b"")
            blob.delete()

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except exceptions.RequestRangeNotSatisfiable:
            raise
        except exceptions.NotFound as error:
            if "/o/" in str(error):
                raise ObjectMissing("The file is no longer in the bucket.") from error
            raise _refused(
                f"There is no bucket “{self.bucket_name}”. Create it, or correct its name.", "bucket"
            ) from error
        except (exceptions.Unauthorized, RefreshError) as error:
            raise _refused(
                "Google refused the service account's key. Create a new key and paste its whole JSON file.",
                "service_account",
            ) from error
        except exceptions.Forbidden as error:
            raise _refused(
                "The service account may not do this. Give it the role “Storage Object Viewer” on the bucket, and for"
                " uploads “Storage Object Admin”.",
                "service_account",
            ) from error
        except (exceptions.GoogleAPIError, GoogleAuthError, requests.RequestException) as error:
            raise StoreUnreachable("Google Cloud Storage could not answer just now. Try again in a minute.") from error


def _credentials(info: Mapping[str, Any]) -> service_account.Credentials:
    """Credentials from a key file. Where it says to send tokens is not believed: that would be any address."""
    if info.get("type") != "service_account" or info.get("universe_domain", "googleapis.com") != "googleapis.com":
        raise _refused(
            "Paste the JSON key file of a service account: its “type” is “service_account”.", "service_account"
        )
    try:
        made: service_account.Credentials = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]  # google's has no types
            {**info, "token_uri": TOKEN_URI}, scopes=_SCOPES
        )
    except (ValueError, KeyError, TypeError) as error:
        raise _refused(
            "The service account's key is damaged. Paste the whole JSON file as Google gave it.", "service_account"
        ) from error
    return made


def _refused(detail: str, field: str) -> StoreRefused:
    return StoreRefused(detail, fields={field: [detail]})
