"""Renditions of images, made when they are first asked for and kept in the installation's own store.

A thumbnail of every image; for formats that browsers do not show a copy in full size (“proxy”); of grey DICOM images the
16-bit values (“values”). Of images that are cut into tiles (projects.tiling) the job makes them. Decoding happens in projects.decoding's process: it costs nothing once that runs, and nothing a file does there can harm this one.
"""

import hashlib
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from projects import datastores, decoding, image_header
from projects.errors import DomainError
from projects.models import Image
from projects.stores.base import ObjectMissing
from projects.stores.local import LocalStore


class NotPrepared(DomainError):
    """The picture is being made."""

    code = "not_prepared"
    status = 503


def is_large(image: Image) -> bool:
    """Whether browsers get tiles of the image (projects.tiling) and a small preview, but never the whole."""
    return image.format.upper() in image_header.TILED_FORMATS and image.width * image.height > settings.TILED_PIXELS


def has_values(image: Image) -> bool:
    """Whether the image is shown through a window over its 16-bit values: grey DICOM."""
    return image.format == "dicom" and image.metadata.get("mode", "RGB") != "RGB"


def version(image: Image) -> str:
    """Changes when the image's bytes change."""
    return hashlib.sha256(f"{image.checksum}|{image.etag}|{image.byte_size}".encode()).hexdigest()[:16]


def key(image: Image, kind: decoding.Rendition) -> str:
    """Where a rendition is kept. Keys are generated: nothing that a person named is in them."""
    code = image.code.hex
    return f"renditions/{image.organisation_id}/{code[-2:]}/{code}-{kind}-{version(image)}"


def get(image: Image, kind: decoding.Rendition) -> bytes:
    """The encoded rendition (JPEG or PNG; values as projects.dicom.pixels packs them). Raises image_header.UnreadableImage, or a store's failure.

    Needs `image.dataset.datastore.workspace`.
    """
    own = datastores.installation_store()
    place = key(image, kind)
    try:
        return own.read(place)
    except ObjectMissing:
        if is_large(image):
            raise NotPrepared("This large image is being prepared.") from None
        with as_file(image) as path:
            made = decoding.render(path, kind, max_pixels=settings.IMAGE_PIXEL_LIMIT, frame=image.frame)
        own.put(place, io.BytesIO(made), "image/jpeg")
        return made


@contextmanager
def as_file(image: Image) -> Iterator[Path]:
    """The image's file on this machine: itself in a local store, else a copy that is gone afterwards."""
    store = datastores.for_datastore(image.dataset.datastore)
    if isinstance(store, LocalStore):
        path = store.path_of(image.key)
        if not path.is_file():
            raise ObjectMissing("The file is no longer in its folder.")
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="labelwright-") as file:
        for chunk in store.stream(image.key):
            file.write(chunk)
        file.flush()
        yield Path(file.name)
