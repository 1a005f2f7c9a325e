"""The file of an import: it comes in chunks, lies in the installation's store as it came, and is copied out to be read."""

import hashlib
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from django.conf import settings

from exports.models import LabelImport
from projects import datastores
from projects.errors import BadInput, Conflict
from projects.models import Upload

CHUNK = Upload.CHUNK
MOST_BYTES = 50 << 30


class OffsetConflict(Conflict):
    """The chunk does not begin where the received bytes end; `received` says where that is."""

    code = "offset_conflict"


def receive(*, label_import: LabelImport, offset: int, data: bytes) -> LabelImport:
    """Takes the next chunk. All but the last have CHUNK bytes; one that is there already is OffsetConflict."""
    if label_import.state != LabelImport.State.RECEIVING:
        return label_import
    if offset != label_import.received:
        raise OffsetConflict("This part of the file is not the next one.", received=label_import.received)
    end = offset + len(data)
    is_last = end == label_import.byte_size
    if end > label_import.byte_size or not data or len(data) > CHUNK or (len(data) < CHUNK and not is_last):
        raise BadInput(f"Send {CHUNK} bytes at a time, and what is left at the end.")
    _store().put(_part(label_import, offset), io.BytesIO(data))
    if not LabelImport.objects.filter(pk=label_import.pk, received=offset).update(received=end):
        label_import.refresh_from_db()
        raise OffsetConflict("This part of the file came twice.", received=label_import.received)
    label_import.received = end
    return label_import


def forget(label_import: LabelImport) -> None:
    """Removes the file from the store."""
    store = _store()
    for offset in range(0, label_import.received, CHUNK):
        store.delete(_part(label_import, offset))


@contextmanager
def fetched(label_import: LabelImport) -> Iterator[tuple[BinaryIO, str]]:
    """The whole file on this machine while it is read, and its SHA-256."""
    folder = settings.VAR_DIR / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    store, digest = _store(), hashlib.sha256()
    with tempfile.TemporaryFile(dir=folder) as file:
        for offset in range(0, label_import.byte_size, CHUNK):
            for chunk in store.stream(_part(label_import, offset)):
                digest.update(chunk)
                file.write(chunk)
        file.seek(0)
        yield cast("BinaryIO", file), digest.hexdigest()


def _store() -> Any:
    return datastores.installation_store("imports")


def _part(label_import: LabelImport, offset: int) -> str:
    return f"{label_import.organisation_id}/{label_import.code.hex}/{offset:014}"
