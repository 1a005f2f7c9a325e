"""Short-lived addresses of images, signed without any I/O but one look at unknown datasets' datastores.

Where the store can be read by browsers, an address leads straight to it: read-only, one object, for at most
settings.SIGNED_URL_SECONDS. Else it is `/files/<signed>/` of this server. Addresses change only every third of that
time, so that browsers can keep what they loaded.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from django.conf import settings
from django.urls import reverse

from projects import datastores, image_header, sealing
from projects import thumbnails as thumbnails_made
from projects.errors import DomainError
from projects.models import Dataset, Image
from projects.stores.base import ObjectStore

logger = logging.getLogger(__name__)
SALT = "projects.image_urls"
KINDS = ("image", "thumbnail", "proxy", "values", "tiles")
KEPT_SECONDS = 60
MOST_KEPT = 1_000

_stores: dict[int, tuple[float, ObjectStore | None]] = {}
"""By dataset: when it was looked up, and the store where browsers can read from it."""


@dataclass(frozen=True)
class Link:
    """What a `/files/<signed>/` address stands for."""

    kind: str
    organisation_id: int
    image_id: int
    expires_at: int
    """Seconds since 1970."""


class LinkExpired(DomainError):
    """The address was good once."""

    code = "link_expired"
    status = 403


class LinkBroken(DomainError):
    """Nobody signed this address."""

    code = "not_found"
    status = 404


def signed(images: Sequence[Image]) -> dict[int, str]:
    """Addresses of the images as browsers can show them, by primary key; "" for those that cannot be read."""
    expires_at = _expiry()
    stores = _direct_stores({image.dataset_id for image in images})
    return {image.pk: _address(image, stores.get(image.dataset_id), expires_at) for image in images}


def own(images: Sequence[Image]) -> dict[int, str]:
    """Addresses of the same bytes at this installation, by primary key; "" where `signed` already is one.

    Browsers show pictures of any store, but let pages read the pixels only where the store allows their origin (CORS).
    """
    stores = _direct_stores({image.dataset_id for image in images})
    return _links(images, "image", lambda image: stores.get(image.dataset_id) is not None and not _is_rendered(image))


def thumbnails(images: Sequence[Image]) -> dict[int, str]:
    """Addresses of thumbnails, by primary key; "" for images that cannot be read."""
    return _links(images, "thumbnail", lambda _: True)


def values(images: Sequence[Image]) -> dict[int, str]:
    """Addresses of 16-bit values, by primary key; "" for images that are shown as they are."""
    return _links(images, "values", thumbnails_made.has_values)


def tiles(images: Sequence[Image]) -> dict[int, str]:
    """One address for all tiles of an image, by primary key; "" for images that are not cut into tiles."""
    return _links(images, "tiles", thumbnails_made.is_large)


def _links(images: Sequence[Image], kind: str, wanted: Callable[[Image], bool]) -> dict[int, str]:
    expires_at = _expiry()
    return {
        image.pk: _link(image, kind, expires_at) if image.state == Image.State.OK and wanted(image) else ""
        for image in images
    }


def _address(image: Image, store: ObjectStore | None, expires_at: int) -> str:
    if image.state != Image.State.OK:
        return ""
    if _is_rendered(image):
        return _link(image, "proxy", expires_at)
    if store is None:
        return _link(image, "image", expires_at)
    return _signed_by_store(store, image.key, content_type(image), expires_at)


def _is_rendered(image: Image) -> bool:
    """Whether browsers get a copy in place of the file itself."""
    return bool(image.metadata.get("proxy")) or thumbnails_made.is_large(image)


def content_type(image: Image) -> str:
    """By the format that was found in the bytes, never by the name."""
    return image_header.CONTENT_TYPES.get(image.format.upper(), "application/octet-stream")


@lru_cache(maxsize=20_000)
def _signed_by_store(store: ObjectStore, key: str, kind: str, expires_at: int) -> str:
    return store.signed_read_url(key, datetime.fromtimestamp(expires_at, UTC), kind)


def _link(image: Image, kind: str, expires_at: int) -> str:
    value = f"{KINDS.index(kind)}-{image.organisation_id}-{image.pk}-{expires_at}"
    return reverse(
        "projects:tiles" if kind == "tiles" else "projects:file",
        kwargs={"signed": sealing.seal(SALT, value)},
    )


def read_link(text: str, *, late_seconds: int = 0) -> Link:
    """What an address stands for; LinkBroken where this installation did not sign it, LinkExpired when it is late.

    `late_seconds`: so much later it still says what it stood for, to somebody who is asked for their permission anew.
    """
    try:
        kind, organisation_id, image_id, expires_at = map(int, sealing.opened(SALT, text).split("-"))
    except ValueError:
        raise LinkBroken("There is nothing here, or nothing that you may see.") from None
    if expires_at + late_seconds < time.time():
        raise LinkExpired("This address has expired. Reload the page that it came from.")
    return Link(KINDS[kind], organisation_id, image_id, expires_at)


def _expiry() -> int:
    """The end of the third step from now: between two thirds of the allowed time and all of it."""
    step = max(1, settings.SIGNED_URL_SECONDS // 3)
    return (int(time.time()) // step + 3) * step


def _direct_stores(dataset_ids: Iterable[int]) -> dict[int, ObjectStore | None]:
    now = time.monotonic()
    found = {pk: _stores[pk] for pk in dataset_ids if pk in _stores}
    fresh = {pk: store for pk, (looked_up, store) in found.items() if now - looked_up < KEPT_SECONDS}
    unknown = [pk for pk in dataset_ids if pk not in fresh]
    if unknown:
        if len(_stores) > MOST_KEPT:
            _stores.clear()
        for dataset in Dataset.objects.filter(pk__in=unknown).select_related("datastore__workspace"):
            fresh[dataset.pk] = _direct_store(dataset)
            _stores[dataset.pk] = (now, fresh[dataset.pk])
    return fresh


def _direct_store(dataset: Dataset) -> ObjectStore | None:
    if dataset.datastore.kind == "local":
        return None
    try:
        store = datastores.for_datastore(dataset.datastore)
    except DomainError as error:
        logger.warning("The datastore %s cannot be opened: %s", dataset.datastore.code, error.code)
        return None
    return store if store.direct else None


def forget() -> None:
    """Forgets the stores that were looked up: for whoever changes a datastore, and for tests."""
    _stores.clear()
