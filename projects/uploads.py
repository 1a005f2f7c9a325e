"""Uploads: files come from browsers, in chunks or by way of the store, are checked, and become images of a dataset.

A file is registered by its path and size before its first byte, so the server knows at any time how much it has: after a
reload or a lost connection the browser asks, and goes on there. Where the store takes files from browsers, each is offered an
address there; what it then holds counts only when it was read here. Archives wait for a job (projects.unpacking).
"""

import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from projects import archives, datastores, image_header, jobs, keeping, quotas
from projects.codes import new_code
from projects.errors import BadInput, Conflict
from projects.models import Dataset, Image, Upload, User
from projects.stores.base import ObjectMissing, ObjectStore, SignedUpload, is_odd

UNPACK = "uploads.unpack"
BATCH = 500
"""Files registered in one call."""
KEPT = timedelta(days=7)
"""How long a file that stopped coming is waited for."""
OFFERED = timedelta(hours=2)
"""How long an address in the store takes a file: those of a batch wait for each other."""
IN_MEMORY = 16 * 1024 * 1024


class OffsetConflict(Conflict):
    """The chunk does not begin where the received bytes end; `received` says where that is."""

    code = "offset_conflict"


class NotArrived(Conflict):
    """The store does not have the file that should lie there."""

    code = "not_arrived"


@dataclass(frozen=True)
class Announced:
    """A file as a browser announces it: its path below the chosen folder, and its size in bytes."""

    path: str
    byte_size: int


@transaction.atomic
def register(*, actor: User, dataset: Dataset, files: Sequence[Announced], overwrite: bool = False) -> list[Upload]:
    """Says of each file how much of it is there; new ones begin at 0, and those that cannot be taken say why.

    A file that failed before is tried again; with `overwrite` one that is there comes again and takes its place. The
    answer is in the order of `files`.
    """
    if dataset.source != Dataset.Source.UPLOAD:
        raise BadInput("This dataset takes its files from a store. Make one for uploads.")
    if len(files) > BATCH:
        raise BadInput(f"Announce at most {BATCH} files at once.")
    wanted = [Announced(_label(file.path), file.byte_size) for file in files]
    Upload.objects.bulk_create([_new(dataset, actor, file) for file in dict.fromkeys(wanted)], ignore_conflicts=True)
    rows = Upload.objects.filter(dataset=dataset, pk__in=_rows_of(dataset, wanted))
    again = Q(state=Upload.State.FAILED)
    if overwrite:
        again |= Q(state__in=(Upload.State.DONE, Upload.State.DUPLICATE))
    rows.filter(again).exclude(_refused_rows()).update(
        state=Upload.State.RECEIVING, received=0, reason="", stored_key=""
    )
    rows.filter(state=Upload.State.RECEIVING).update(overwrite=overwrite)
    known = {Announced(row.path, row.byte_size): row for row in rows.select_related("image")}
    found = [known[file] for file in wanted]
    if not overwrite:
        _refuse_taken_names(found)
    return found


def _rows_of(dataset: Dataset, files: Sequence[Announced]) -> list[int]:
    """The rows of just these files: others may have their paths, of other sizes."""
    wanted = set(files)
    rows = Upload.objects.filter(dataset=dataset, path__in={file.path for file in wanted})
    return [pk for pk, path, size in rows.values_list("pk", "path", "byte_size") if Announced(path, size) in wanted]


def _refuse_taken_names(found: Sequence[Upload]) -> None:
    """Files whose name another one has already are not even begun."""
    begun = [row for row in found if row.state == Upload.State.RECEIVING]
    if not begun:
        return
    done = Upload.objects.filter(dataset=begun[0].dataset_id, state=Upload.State.DONE, image__isnull=False)
    taken = set(done.filter(path__in={row.path for row in begun}).values_list("path", flat=True))
    refused = [row for row in begun if row.path in taken]
    for row in refused:
        row.state, row.reason = Upload.State.FAILED, keeping.NAME_TAKEN
    Upload.objects.bulk_update(refused, ["state", "reason"])


def direct_origin(dataset: Dataset) -> str:
    """The origin of the store to which browsers may send this dataset's files; empty where they send them to us."""
    store = datastores.for_datastore(dataset.datastore)
    return store.signed_upload("-", timezone.now(), 0).origin if _is_direct(store) else ""


def _is_direct(store: ObjectStore) -> bool:
    return store.direct and settings.DIRECT_UPLOAD_LIMIT > 0


def offers(dataset: Dataset, found: Iterable[Upload]) -> Mapping[int, SignedUpload]:
    """Addresses in the store for files that have not begun, by primary key; none where only the server can write to it.

    Archives, and files that are read in more than a moment, come in chunks, which a lost connection does not begin anew.
    """
    store = datastores.for_datastore(dataset.datastore)
    limit = min(settings.UPLOAD_FILE_LIMIT, settings.DIRECT_UPLOAD_LIMIT)
    begun = [
        row
        for row in found
        if row.state == Upload.State.RECEIVING
        and row.received == 0
        and row.byte_size <= limit
        and not archives.is_archive(row.path)
    ]
    if not _is_direct(store) or not begun:
        return {}
    for row in begun:
        row.stored_key = row.stored_key or f"{dataset.code}/{new_code()}{PurePosixPath(row.path).suffix.lower()}"
    Upload.objects.bulk_update(begun, ["stored_key"])
    until = timezone.now() + OFFERED
    return {row.pk: store.signed_upload(row.stored_key, until, row.byte_size) for row in begun}


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
    is_archive = archives.is_archive(file.path)
    limit = settings.ARCHIVE_FILE_LIMIT if is_archive else settings.UPLOAD_FILE_LIMIT
    if file.byte_size > limit:
        return f"The file is larger than {limit / 2**20:,.0f} MB."
    if not is_archive and not image_header.supported(file.path):
        return f"{PurePosixPath(file.path).suffix.lower() or 'Nameless'} files are not supported."
    return ""


def _refused_rows() -> Q:
    """The rows that `_refusal` refuses, whatever their bytes would be."""
    images, packed = Q(), Q()
    for extension in image_header.EXTENSIONS:
        images |= Q(path__iendswith=f".{extension}")
    for ending in archives.ENDINGS:
        packed |= Q(path__iendswith=ending)
    taken = (images & Q(byte_size__lte=settings.UPLOAD_FILE_LIMIT)) | (
        packed & Q(byte_size__lte=settings.ARCHIVE_FILE_LIMIT)
    )
    return Q(byte_size__lte=0) | ~taken


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
    if is_last and offset == 0 and not archives.is_archive(upload.path):
        return _finish(upload, io.BytesIO(data))
    if data:
        try:
            quotas.check_part(upload, len(data))
        except quotas.QuotaExceeded as error:
            _forget_parts(upload)
            return _ended(upload, Upload.State.FAILED, error.detail)
        _keep_part(upload, offset, data)
    return _all_there(upload) if is_last else upload


def _all_there(upload: Upload) -> Upload:
    if archives.is_archive(upload.path):
        return _unpack_later(upload)
    with _assembled(upload) as file:
        return _finish(upload, file)


@transaction.atomic
def _unpack_later(upload: Upload) -> Upload:
    """The archive is there: a job takes its files out."""
    upload.state, upload.outcome = Upload.State.UNPACKING, {"taken": 0}
    begun = Upload.objects.filter(pk=upload.pk, state=Upload.State.RECEIVING)
    if begun.update(state=upload.state, outcome=upload.outcome, reason=""):
        name = upload.path.rpartition("/")[2]
        jobs.enqueue(
            UNPACK,
            organisation_id=upload.organisation_id,
            workspace=upload.workspace,
            arguments={"upload_id": upload.pk},
            title=f"Unpack {name}"[:200],
            dedupe_key=dedupe_key(upload),
            created_by=upload.created_by,
        )
    return upload


def dedupe_key(upload: Upload) -> str:
    """By which the job is found that unpacks an archive."""
    return f"upload:{upload.pk}"


def complete(*, upload: Upload) -> Upload:
    """The whole file lies in the store, says its bringer: it is read there, and counts if it is what was announced."""
    if upload.state != Upload.State.RECEIVING:
        return upload
    if not upload.stored_key:
        raise BadInput("This file was not offered an address in the store. Send it in chunks.")
    store = datastores.for_datastore(upload.dataset.datastore)
    try:
        size = store.head(upload.stored_key).size
    except ObjectMissing:
        raise NotArrived("The store does not have this file. Send it again.") from None
    if size != upload.byte_size:
        store.delete(upload.stored_key)
        words = f"The store received {size:,} bytes of {upload.byte_size:,}. Send the file again."
        return _ended(upload, Upload.State.FAILED, words)
    with _fetched(store, upload.stored_key) as file:
        return _finish(upload, file, is_stored=True)


@contextmanager
def _fetched(store: ObjectStore, key: str) -> Iterator[BinaryIO]:
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
        for chunk in store.stream(key):
            file.write(chunk)
        yield cast("BinaryIO", file)


def _keep_part(upload: Upload, offset: int, data: bytes) -> None:
    _parts().put(_part(upload, offset), io.BytesIO(data))
    if not Upload.objects.filter(pk=upload.pk, received=offset).update(received=offset + len(data)):
        upload.refresh_from_db()
        raise OffsetConflict("This part of the file came twice.", received=upload.received)
    upload.received = offset + len(data)


def _parts() -> ObjectStore:
    return datastores.installation_store("uploads")


def part_of(upload: Upload, number: int) -> bytes:
    """A chunk that was kept, by its number from 0."""
    return _parts().read(_part(upload, number * Upload.CHUNK))


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


def forget_bytes(upload: Upload) -> None:
    """Deletes what was kept of a file that is finished or given up: its chunks, and what it left in the store."""
    _forget_parts(upload)
    if upload.stored_key and not Image.objects.filter(dataset=upload.dataset_id, key=upload.stored_key).exists():
        datastores.for_datastore(upload.dataset.datastore).delete(upload.stored_key)


def _finish(upload: Upload, file: BinaryIO, *, is_stored: bool = False) -> Upload:
    """All bytes are there: an image, a duplicate, or a file that cannot be taken."""
    brought = keeping.Brought(
        dataset=upload.dataset,
        path=upload.path,
        byte_size=upload.byte_size,
        code=new_code(),
        overwrite=upload.overwrite,
        stored_key=upload.stored_key if is_stored else "",
    )
    try:
        sound = keeping.read(brought, file)
    except image_header.UnreadableImage as error:
        ended = _ended(upload, Upload.State.FAILED, error.detail)
    else:
        with transaction.atomic():
            kept = keeping.keep(sound)
            ended = _ended(upload, kept.state, kept.reason, kept.image)
    if upload.stored_key:
        forget_bytes(upload)
    return ended


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
    forget_bytes(upload)
    Upload.objects.filter(pk=upload.pk).exclude(state=Upload.State.DONE).delete()


def discard_unfinished(*, dataset: Dataset) -> int:
    """Forgets all files of a dataset that stopped coming or could not be read; says how many."""
    unfinished = dataset.uploads.filter(state__in=(Upload.State.RECEIVING, Upload.State.FAILED), outcome={})
    rows = list(unfinished.select_related("dataset__datastore__workspace"))
    for upload in rows:
        discard(upload=upload)
    return len(rows)


def discard_stale() -> None:
    """Forgets files that nobody has sent the rest of for a week, in any tenant."""
    stale = Upload.objects.filter(state=Upload.State.RECEIVING, created_at__lt=timezone.now() - KEPT)
    for upload in stale.select_related("dataset__datastore__workspace").iterator(chunk_size=200):
        discard(upload=upload)
