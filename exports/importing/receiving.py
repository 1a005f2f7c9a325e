"""The file of an import, or of a list of images: it comes in chunks, lies in the installation's store as it came, and is copied out to be read."""

import hashlib
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, TypeVar, cast

from django.conf import settings

from exports.models import ImageList, LabelImport
from projects import datastores
from projects.errors import BadInput, Conflict
from projects.models import Upload

CHUNK = Upload.CHUNK
MOST_BYTES = 50 << 30
Sent = TypeVar("Sent", LabelImport, ImageList)


class OffsetConflict(Conflict):
    """The chunk does not begin where the received bytes end; `received` says where that is."""

    code = "offset_conflict"


def receive(*, sent: Sent, offset: int, data: bytes) -> Sent:
    """Takes the next chunk. All but the last have CHUNK bytes; one that is there already is OffsetConflict."""
    if sent.state != "receiving":
        return sent
    if offset != sent.received:
        raise OffsetConflict("This part of the file is not the next one.", received=sent.received)
    end = offset + len(data)
    is_last = end == sent.byte_size
    if end > sent.byte_size or not data or len(data) > CHUNK or (len(data) < CHUNK and not is_last):
        raise BadInput(f"Send {CHUNK} bytes at a time, and what is left at the end.")
    _store().put(_part(sent, offset), io.BytesIO(data))
    if not type(sent).objects.filter(pk=sent.pk, received=offset).update(received=end):
        sent.refresh_from_db()
        raise OffsetConflict("This part of the file came twice.", received=sent.received)
    sent.received = end
    return sent


def forget(sent: LabelImport | ImageList) -> None:
    """Removes the file from the store, unless it is that of a dataset's list."""
    if isinstance(sent, LabelImport) and sent.image_list_id:
        return
    store = _store()
    for offset in range(0, sent.received, CHUNK):
        store.delete(_part(sent, offset))


@contextmanager
def fetched(sent: LabelImport | ImageList) -> Iterator[tuple[BinaryIO, str]]:
    """The whole file on this machine while it is read, and its SHA-256."""
    folder = settings.VAR_DIR / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    store, digest = _store(), hashlib.sha256()
    with tempfile.TemporaryFile(dir=folder) as file:
        for offset in range(0, sent.byte_size, CHUNK):
            for chunk in store.stream(_part(sent, offset)):
                digest.update(chunk)
                file.write(chunk)
        file.seek(0)
        yield cast("BinaryIO", file), digest.hexdigest()


def _store() -> Any:
    return datastores.installation_store("imports")


def _part(sent: LabelImport | ImageList, offset: int) -> str:
    if isinstance(sent, LabelImport) and sent.image_list_id:
        sent = sent.image_list
    return f"{sent.organisation_id}/{sent.code.hex}/{offset:014}"
