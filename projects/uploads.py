"""Uploads: files come from browsers in chunks, are checked, and become images of a dataset.

A file is registered by its path and size before its first byte, so the server knows at any time how much it has: after a
reload or a lost connection the browser asks, and goes on there. What a file is called never becomes a name in a store.
"""

import hashlib
import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from projects import arrivals, datastores, image_header, quotas, reading, thumbnails, tiling
from projects.codes import new_code
from projects.errors import BadInput, Conflict
from projects.models import Dataset, Image, Upload, User
from projects.stores.base import Entry, ObjectStore, is_odd

BATCH = 500
"""Files registered in one call."""
KEPT = timedelta(days=7)
"""How long a file that stopped coming is waited for."""
IN_MEMORY = 16 * 1024 * 1024


class OffsetConflict(Conflict):
    """The chunk does not begin where the received bytes end; `received` says where that is."""

    code = "offset_conflict"


@dataclass(frozen=True)
class Announced:
    """A file as a browser announces it: its path below the chosen folder, and its size in bytes."""

    path: str
    byte_size: int


@transaction.atomic
def register(*, actor: User, dataset: Dataset, files: Sequence[Announced]) -> list[Upload]:
    """Says of each file how much of it is there; new ones begin at 0, and those that cannot be taken say why.

    A file that failed before is tried again. The answer is in the order of `files`.
    """
    if dataset.source != Dataset.Source.UPLOAD:
        raise BadInput("This dataset takes its files from a store. Make one for uploads.")
    if len(files) > BATCH:
        raise BadInput(f"Announce at most {BATCH} files at once.")
    wanted = [Announced(_label(file.path), file.byte_size) for file in files]
    Upload.objects.bulk_create([_new(dataset, actor, file) for file in dict.fromkeys(wanted)], ignore_conflicts=True)
    rows = Upload.objects.filter(dataset=dataset, path__in={file.path for file in wanted})
    rows.filter(state=Upload.State.FAILED).exclude(_refused_rows()).update(
        state=Upload.State.RECEIVING, received=0, reason=""
    )
    known = {Announced(row.path, row.byte_size): row for row in rows.select_related("image")}
    return [known[file] for file in wanted]


def _label(path: str) -> str:
    cleaned = "/".join(part for part in path.replace("\\", "/").split("/") if part)[-700:]
    if not cleaned or is_odd(cleaned):
        raise BadInput("A file has a name that cannot be taken: empty, with control characters, or with “..”.")
    return cleaned


def _new(dataset: Dataset, actor: User, file: Announced) -> Upload:
    refusal = _refusal(file)
    return Upload(
        organisation_id=dataset.organisation_id,
        workspace_id=dataset.workspace_id,
        dataset=dataset,
        path=file.path,
        byte_size=file.byte_size,
        state=Upload.State.FAILED if refusal else Upload.State.RECEIVING,
        reason=refusal,
        created_by=actor,
    )


def _refusal(file: Announced) -> str:
    """Why a file is not even begun; empty where it may be."""
    if file.byte_size <= 0:
        return "The file is empty."
    if file.byte_size > settings.UPLOAD_FILE_LIMIT:
        return f"The file is larger than {settings.UPLOAD_FILE_LIMIT / 2**20:,.0f} MB."
    if not image_header.supported(file.path):
        return f"{PurePosixPath(file.path).suffix.lower() or 'Nameless'} files are not supported."
    return ""


def _refused_rows() -> Q:
    """The rows that `_refusal` refuses, whatever their bytes would be."""
    names = Q()
    for extension in image_header.EXTENSIONS:
        names |= Q(path__iendswith=f".{extension}")
    return Q(byte_size__lte=0) | Q(byte_size__gt=settings.UPLOAD_FILE_LIMIT) | ~names


def receive(*, upload: Upload, offset: int, data: bytes) -> Upload:
    """Takes one chunk. The last one makes the image; the upload's state and reason say what became of it.

    All chunks but the last have Upload.CHUNK bytes. A chunk that is there already is OffsetConflict; a file that is
    finished stays as it is, so sending the last chunk again does no harm.
    """
    if upload.state != Upload.State.RECEIVING:
        return upload
    if offset != upload.received:
        raise OffsetConflict("This part of the file is not the next one.", received=upload.received)
    end = offset + len(data)
    is_last = end == upload.byte_size
    if end > upload.byte_size or len(data) > Upload.CHUNK or (len(data) < Upload.CHUNK and not is_last):
        raise BadInput(f"Send {Upload.CHUNK} bytes at a time, and what is left at the end.")
    if is_last and offset == 0:
        return _finish(upload, io.BytesIO(data))
    if data:
        try:
            quotas.check_part(upload, len(data))
        except quotas.QuotaExceeded as error:
            _forget_parts(upload)
            return _ended(upload, Upload.State.FAILED, error.detail)
        _keep_part(upload, offset, data)
    if not is_last:
        return upload
    with _assembled(upload) as file:
        return _finish(upload, file)


def _keep_part(upload: Upload, offset: int, data: bytes) -> None:
    _parts().put(_part(upload, offset), io.BytesIO(data))
    if not Upload.objects.filter(pk=upload.pk, received=offset).update(received=offset + len(data)):
        upload.refresh_from_db()
        raise OffsetConflict("This part of the file came twice.", received=upload.received)
    upload.received = offset + len(data)


def _parts() -> ObjectStore:
    return datastores.installation_store("uploads")


def _part(upload: Upload, offset: int) -> str:
    return f"{upload.organisation_id}/{upload.code.hex}/{offset:012}"


@contextmanager
def _assembled(upload: Upload) -> Iterator[BinaryIO]:
    parts = _parts()
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
        for offset in range(0, upload.byte_size, Upload.CHUNK):
            for chunk in parts.stream(_part(upload, offset)):
                file.write(chunk)
        yield cast("BinaryIO", file)
    _forget_parts(upload)


def _forget_parts(upload: Upload) -> None:
    parts = _parts()
    for offset in range(0, upload.received, Upload.CHUNK):
        parts.delete(_part(upload, offset))


def _finish(upload: Upload, file: BinaryIO) -> Upload:
    """All bytes are there: an image, a duplicate, or a file that cannot be read."""
    file.seek(0)
    checksum = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # it has readinto
    try:
        limits: dict[str, Any] = {"max_pixels": settings.IMAGE_PIXEL_LIMIT, "max_tiled": settings.TILED_PIXEL_LIMIT}
        header = image_header.probe(_seekable(file), upload.path, **limits)
        image_header.refuse_bomb(header, upload.byte_size, settings.IMAGE_PIXEL_LIMIT)
        if header.width * header.height <= reading.MOST_VERIFIED_PIXELS:
            image_header.probe(_seekable(file), upload.path, verify=True, **limits)
            reading.verify_frame(_seekable(file), header)
    except image_header.UnreadableImage as error:
        return _ended(upload, Upload.State.FAILED, error.detail)
    try:
        return _settle(upload, file, header, checksum)
    except quotas.QuotaExceeded as error:
        return _ended(upload, Upload.State.FAILED, error.detail)


def _settle(upload: Upload, file: BinaryIO, header: image_header.ImageHeader, checksum: str) -> Upload:
    """A readable file becomes an image, unless the dataset has the same bytes."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Two files of the same bytes may end at the same moment: one of them waits here, and finds the other.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"upload:{upload.dataset_id}:{checksum}"]
        )
        twin = (
            Image.objects.filter(dataset=upload.dataset, checksum=checksum).exclude(state=Image.State.MISSING).first()
        )
        if twin is not None:
            return _ended(upload, Upload.State.DUPLICATE, f"The same picture as {twin.name}.", twin)
        return _keep(upload, file, header, checksum)


def _seekable(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file


def _keep(upload: Upload, file: BinaryIO, header: image_header.ImageHeader, checksum: str) -> Upload:
    """Stores the bytes under a generated key and makes the row. The object goes first: a row never points nowhere."""
    code = new_code()
    key = f"{upload.dataset.code}/{code}.{header.format.lower()}"
    found = reading.of_header(Entry(key, upload.byte_size, ""), header, checksum)
    store = datastores.for_datastore(upload.dataset.datastore)
    store.put(key, file, header.content_type)
    frames = _frames(found, upload)
    try:
        with quotas.room_for_images(upload.dataset, [key], counts=False):
            images = _make_images(upload, key, code, frames)
            Dataset.objects.filter(pk=upload.dataset_id).update(
                state=Dataset.State.READY,
                image_count=F("image_count") + len(images),
                dicom_count=F("dicom_count") + (len(images) if found.format == "dicom" else 0),
                byte_size=F("byte_size") + upload.byte_size,
                refreshed_at=timezone.now(),
            )
    except quotas.QuotaExceeded:
        store.delete(key)
        raise
    if thumbnails.is_large(images[0]):
        tiling.request_all(upload.dataset)
    elsewhere = Image.objects.filter(workspace_id=upload.workspace_id, checksum=checksum).exclude(
        pk__in=[image.pk for image in images]
    )
    other = elsewhere.values_list("dataset__name", flat=True).first()
    return _ended(upload, Upload.State.DONE, f"Also in the dataset “{other}”." if other else "", images[0])


def _make_images(upload: Upload, key: str, code: UUID, frames: Sequence[reading.Found]) -> list[Image]:
    arrival = arrivals.draw(upload.dataset)
    return Image.objects.bulk_create(
        Image(
            organisation_id=upload.organisation_id,
            workspace_id=upload.workspace_id,
            dataset=upload.dataset,
            code=code if frame is frames[0] else new_code(),
            key=key,
            frame=frame.frame,
            name=frame.name,
            format=frame.format,
            width=frame.width,
            height=frame.height,
            byte_size=frame.byte_size,
            checksum=frame.checksum,
            metadata={**frame.metadata, "path": upload.path},
            arrival=arrival,
        )
        for frame in frames
    )


def _frames(found: reading.Found, upload: Upload) -> list[reading.Found]:
    """What the upload becomes: one image, or one per frame, called by the name that the person gave."""
    return reading.frames_of(replace(found, name=upload.path.rpartition("/")[2][-255:]))


def _ended(upload: Upload, state: str, reason: str, image: Image | None = None) -> Upload:
    upload.state, upload.reason, upload.image, upload.received = state, reason[:300], image, upload.byte_size
    ended = Upload.objects.filter(pk=upload.pk, state=Upload.State.RECEIVING).update(
        state=state, reason=upload.reason, image=image, received=upload.byte_size
    )
    if not ended:
        raise OffsetConflict("This file was finished at the same moment by another request.", received=upload.byte_size)
    return upload


def discard(*, upload: Upload) -> None:
    """Forgets a file that is not finished; an image that came of one stays."""
    _forget_parts(upload)
    Upload.objects.filter(pk=upload.pk).exclude(state=Upload.State.DONE).delete()


def discard_unfinished(*, dataset: Dataset) -> int:
    """Forgets all files of a dataset that stopped coming or could not be read; says how many."""
    rows = list(dataset.uploads.filter(state__in=(Upload.State.RECEIVING, Upload.State.FAILED)))
    for upload in rows:
        discard(upload=upload)
    return len(rows)


def discard_stale() -> None:
    """Forgets files that nobody has sent the rest of for a week, in any tenant."""
    stale = Upload.objects.filter(state=Upload.State.RECEIVING, created_at__lt=timezone.now() - KEPT)
    for upload in stale.iterator(chunk_size=200):
        discard(upload=upload)
