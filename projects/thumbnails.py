"""Renditions of images, made when they are first asked for and kept in the installation's own store.

Two kinds: a thumbnail of every image, and for formats that browsers do not show a copy in full size (“proxy”). Decoding
happens in projects.decoding's process: it costs nothing once that runs, and nothing a file does there can harm this one.
"""

import hashlib
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from projects import datastores, decoding
from projects.models import Image
from projects.stores.base import ObjectMissing, ObjectStore
from projects.stores.local import LocalStore


def version(image: Image) -> str:
    """Changes when the image's bytes change."""
    return hashlib.sha256(f"{image.checksum}|{image.etag}|{image.byte_size}".encode()).hexdigest()[:16]


def key(image: Image, kind: decoding.Rendition) -> str:
    """Where a rendition is kept. Keys are generated: nothing that a person named is in them."""
    code = image.code.hex
    return f"renditions/{image.organisation_id}/{code[-2:]}/{code}-{kind}-{version(image)}"


def get(image: Image, kind: decoding.Rendition) -> bytes:
    """The encoded rendition (JPEG or PNG). Raises image_header.UnreadableImage, or a store's failure.

    Needs `image.dataset.datastore.workspace`.
    """
    own = datastores.installation_store()
    place = key(image, kind)
    try:
        return own.read(place)
    except ObjectMissing:
        made = _render(datastores.for_datastore(image.dataset.datastore), image.key, kind)
        own.put(place, io.BytesIO(made), "image/jpeg")
        return made


def _render(store: ObjectStore, source: str, kind: decoding.Rendition) -> bytes:
    with _as_file(store, source) as path:
        return decoding.render(path, kind, max_pixels=settings.IMAGE_PIXEL_LIMIT)


@contextmanager
def _as_file(store: ObjectStore, source: str) -> Iterator[Path]:
    """The object as a file of this machine: itself in a local store, else a copy that is gone afterwards."""
    if isinstance(store, LocalStore):
        path = store.path_of(source)
        if not path.is_file():
            raise ObjectMissing("The file is no longer in its folder.")
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="labelwright-") as file:
        for chunk in store.stream(source):
            file.write(chunk)
        file.flush()
        yield Path(file.name)
