"""Amazon S3 and the stores that speak its language: one bucket, reached with an access key."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from django.utils import timezone
from storages.backends.s3 import S3Storage

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
from projects.stores.guarding import guard

CONNECTIONS = 32
CHUNK = 256 * 1024

_WRONG_KEYS = {
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidToken",
    "ExpiredToken",
    "AuthorizationHeaderMissing",
}
_WRONG_REGION = {"PermanentRedirect", "AuthorizationHeaderMalformed", "301", "IllegalLocationConstraintException"}
_ABSENT = {"NoSuchKey", "404", "NotFound"}


class S3Store(ObjectStore):
    """A bucket. With `endpoint` any compatible store; empty keys mean this machine's own role (the installation's store)."""

    def __init__(
        self,
        *,
        bucket: str,
        access_key_id: str,
        secret_access_key: str,
        region: str = "",
        endpoint: str = "",
        prefix: str = "",
    ) -> None:
        super().__init__(prefix)
        self.bucket, self.endpoint = bucket, checked(endpoint) if endpoint else ""
        if not bucket:
            raise _refused("Enter the name of the bucket.", "bucket")
        self.storage = S3Storage(
            access_key=access_key_id or None,
            secret_key=secret_access_key or None,
            bucket_name=bucket,
            region_name=region or "us-east-1",
            endpoint_url=self.endpoint or None,
            client_config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path" if self.endpoint else "virtual"},
                connect_timeout=5,
                read_timeout=30,
                retries={"total_max_attempts": 3, "mode": "standard"},
                max_pool_connections=CONNECTIONS,
            ),
        )
        try:
            self.client: Any = self.storage.connection.meta.client
            # Nothing public of botocore's leads to its connections; a version that moves them fails here, and in tests.
            guard(self.client._endpoint.http_session._manager)
        except (BotoCoreError, ValueError) as error:
            raise _refused(
                "This is not the name of a region. Enter the one that the bucket's page shows.", "region"
            ) from error

    def pages(self, prefix: str = "", after: str = "", size: int = PAGE) -> Iterator[Page]:
        """Cursors are the last key of a page: S3 lists in the order of the keys."""
        last = self.prefix + after if after else ""
        while True:
            with self._explaining():
                found = self.client.list_objects_v2(
                    Bucket=self.bucket, Prefix=self.prefix + prefix, StartAfter=last, MaxKeys=size
                )
            contents = found.get("Contents", [])
            if contents:
                last = contents[-1]["Key"]
                entries = [
                    Entry(item["Key"][len(self.prefix) :], item["Size"], item["ETag"].strip('"')) for item in contents
                ]
                yield Page(entries, entries[-1].key)
            if not found.get("IsTruncated") or not contents:
                return

    def head(self, key: str) -> Entry:
        with self._explaining():
            found = self.client.head_object(Bucket=self.bucket, Key=self.name_of(key))
        return Entry(key, found["ContentLength"], found["ETag"].strip('"'))

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        return b"".join(limited(self.stream(key, start, length), length))

    def stream(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        end = "" if length is None else str(start + length - 1)
        wanted = {"Range": f"bytes={start}-{end}"} if start or length is not None else {}
        try:
            with self._explaining():
                body = self.client.get_object(Bucket=self.bucket, Key=self.name_of(key), **wanted)["Body"]
                try:
                    yield from body.iter_chunks(CHUNK)
                finally:
                    body.close()
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
        """A presigned GET (signature version 4) of one object."""
        parameters = {"Bucket": self.bucket, "Key": self.name_of(key), "ResponseContentType": content_type}
        return self._signed("get_object", parameters, expires_at)

    def signed_upload(self, key: str, expires_at: datetime, byte_size: int) -> SignedUpload:
        """A presigned PUT of exactly so many bytes, where nothing lies yet."""
        parameters = {
            "Bucket": self.bucket,
            "Key": self.name_of(key),
            "ContentLength": byte_size,
            "IfNoneMatch": "*",
        }
        return SignedUpload(self._signed("put_object", parameters, expires_at), {"If-None-Match": "*"})

    def _signed(self, method: str, parameters: dict[str, Any], expires_at: datetime) -> str:
        seconds = max(1, int((expires_at - timezone.now()).total_seconds()))
        return str(self.client.generate_presigned_url(method, Params=parameters, ExpiresIn=seconds))

    def check_write(self) -> None:
        name = f"{self.prefix}.labelwright-check"
        with self._explaining():
            self.client.put_object(Bucket=self.bucket, Key=name, Body=b"")
            self.client.delete_object(Bucket=self.bucket, Key=name)

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            raise self._explained(error) from error
        except BotoCoreError as error:
            if isinstance(refusal := error.kwargs.get("error"), StoreRefused):
                raise refusal from error
            raise StoreUnreachable(
                "The store did not answer. Check its address and region, and whether its network lets this server in."
            ) from error

    def _explained(self, error: ClientError) -> Exception:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code == "InvalidRange" or status == 416:
            return _BehindEnd()
        if code in _ABSENT:
            return ObjectMissing("The file is no longer in the bucket.")
        if code == "NoSuchBucket":
            return _refused(f"There is no bucket “{self.bucket}”. Create it, or correct its name.", "bucket")
        if code in _WRONG_KEYS:
            return _refused(
                "The store refused the access key. Enter the key's id and its secret again; a deleted key stops working.",
                "secret_access_key",
            )
        if code in _WRONG_REGION:
            return _refused("The bucket is in another region. Enter the region that its page shows.", "region")
        if status in {401, 403}:
            return _refused(
                "The key may not do this. Give its user s3:ListBucket on the bucket, s3:GetObject on its objects and, for"
                " uploads, s3:PutObject and s3:DeleteObject.",
                "access_key_id",
            )
        return StoreUnreachable("The store could not answer just now. Try again in a minute.")


class _BehindEnd(Exception):
    """The range begins behind the end of the object."""


def _refused(detail: str, field: str) -> StoreRefused:
    return StoreRefused(detail, fields={field: [detail]})
