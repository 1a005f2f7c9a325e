"""Tiles of images that are too large to be decoded whole: made once by a job, kept in the installation's own store.

Bands (projects.pyramid) lie under keys that follow from the image alone, so making them twice writes the same, and a job that
died goes on behind the last band that it saved. When all are there the image's row says so (`metadata.pyramid`), for the
bytes that it had: a changed file is a new pyramid, and `discard_stale` removes the old one.
"""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.db.models import BigIntegerField, F, QuerySet
from django.db.models.functions import Cast

from projects import datastores, decoding, image_header, jobs, pyramid, renditions, tenancy, thumbnails
from projects.errors import DomainError
from projects.image_problems import UnreadableImage
from projects.models import Dataset, Image, Job
from projects.stores.base import ObjectMissing

TILE_IMAGE = "pictures.tile-image"
TILE_DATASET = "pictures.tile-dataset"
PREVIEW_SIDE = 2_048
FEW_COLOURS = ("1", "P", "PA")
"""Pillow's modes of images whose every pixel counts: label maps, line art. Their tiles are lossless."""
SOON = 10
"""Priority of an image that somebody is waiting for, among jobs that nobody looks at."""
REMOVED_AT_ONCE = 500
_NAMED = re.compile(r"(?:renditions|pyramids)/\d+/../(?P<code>[0-9a-f]{32})-(?:[a-z]+-)?(?P<version>[0-9a-f]{16})")


class TileMissing(DomainError):
    """The image has no such tile, or not yet."""

    code = "not_found"
    status = 404


@dataclass(frozen=True)
class Progress:
    """How far an image's tiles are: ready, waiting, working or failed, and then why."""

    state: str
    done: int = 0
    total: int = 0
    reason: str = ""


def is_ready(image: Image) -> bool:
    """Whether all tiles of the image's present bytes are there. No I/O."""
    return bool(image.metadata.get("pyramid") == thumbnails.version(image))


def key(image: Image, level: int, row: int) -> str:
    """Where a band is kept."""
    code = image.code.hex
    return f"pyramids/{image.organisation_id}/{code[-2:]}/{code}-{thumbnails.version(image)}/{level}-{row}"


def tile(image: Image, level: int, column: int, row: int) -> bytes:
    """The encoded tile (JPEG or PNG); TileMissing where there is none."""
    sizes = pyramid.levels(image.width, image.height)
    if level >= len(sizes) or row >= sizes[level].rows or column >= sizes[level].columns:
        raise TileMissing("The image has no such tile.")
    place = key(image, level, row)
    try:
        start, length = _spans(place, sizes[level].columns)[column]
        return datastores.installation_store().read(place, start, length)
    except ObjectMissing:
        raise TileMissing("The image's tiles are not made yet.") from None


@lru_cache(maxsize=4_096)
def _spans(place: str, columns: int) -> list[tuple[int, int]]:
    """A band never changes: its key names the bytes that it was made from."""
    return pyramid.spans(datastores.installation_store().read(place, 0, pyramid.table_size(columns)))


def request(image: Image) -> None:
    """Has the tiles of an image made that somebody is waiting for. Again does no harm, nor when they are there."""
    if thumbnails.is_large(image) and not is_ready(image):
        jobs.enqueue(
            TILE_IMAGE,
            organisation_id=image.organisation_id,
            workspace=image.workspace,
            arguments={"image_id": image.pk},
            title=f"Prepare {image.name}"[:200],
            dedupe_key=_dedupe_key(image),
            priority=SOON,
        )


def _dedupe_key(image: Image) -> str:
    return f"image:{image.pk}"


def request_all(dataset: Dataset) -> None:
    """Has the tiles of all large images of a dataset made, one after the other. In the caller's transaction."""
    if _large(dataset.pk).exists():
        jobs.enqueue(
            TILE_DATASET,
            organisation_id=dataset.organisation_id,
            workspace=dataset.workspace,
            arguments={"dataset_id": dataset.pk},
            title=f"Prepare large images of {dataset.name}"[:200],
            dedupe_key=f"dataset:{dataset.pk}",
        )


def _large(dataset_id: int) -> QuerySet[Image]:
    area = Cast(F("width"), BigIntegerField()) * Cast(F("height"), BigIntegerField())
    formats = [name.lower() for name in image_header.TILED_FORMATS]
    rows = Image.objects.filter(dataset_id=dataset_id).readable().filter(format__in=formats)
    return rows.alias(area=area).filter(area__gt=settings.TILED_PIXELS)


def progress(image: Image) -> Progress:
    """How far the tiles are."""
    total = len(pyramid.order(image.width, image.height))
    if is_ready(image):
        return Progress("ready", total, total)
    job = (
        Job.objects.filter(organisation_id=image.organisation_id, kind=TILE_IMAGE, dedupe_key=_dedupe_key(image))
        .order_by("-pk")
        .first()
    )
    if job is None or job.state == Job.State.QUEUED:
        return Progress("waiting", 0, total)
    if job.state == Job.State.RUNNING:
        return Progress("working", job.progress_done, total)
    return Progress("failed", reason="The image could not be prepared. Try again, or skip it.")


def build_all(dataset: Dataset, job: jobs.Running) -> dict[str, int]:
    """Makes the tiles of a dataset's large images, by primary key; goes on where it was."""
    place = job.cursor or {"image": 0, "done": 0, "built": 0}
    images = _large(dataset.pk).select_related("dataset__datastore__workspace").order_by("pk")
    while image := images.filter(pk__gte=place["image"]).first():
        if image.pk != place["image"]:
            place = {**place, "image": image.pk, "done": 0}
        if not is_ready(image):
            _build(image, job, place)
            place["built"] += 1
        place = {**place, "image": image.pk + 1, "done": 0}
        job.checkpoint(place)
    return {"built": place["built"]}


def build(image: Image, job: jobs.Running) -> None:
    """Makes the tiles of one image."""
    if thumbnails.is_large(image) and not is_ready(image) and image.state == Image.State.OK:
        _build(image, job, job.cursor or {"done": 0})


def _build(image: Image, job: jobs.Running, place: dict[str, int]) -> None:
    """Stores band after band; `place` says how many of them are there. A file that cannot be cut is an item in error."""
    own, total = datastores.installation_store(), len(pyramid.order(image.width, image.height))
    quality = 100 if image.metadata.get("mode") in FEW_COLOURS else settings.TILE_QUALITY
    try:
        with thumbnails.as_file(image) as path:
            orientation = int(image.metadata.get("orientation", 1))
            size = (image.width, image.height)
            for band in decoding.cut(path, size, quality=quality, orientation=orientation, done=place["done"]):
                own.put(key(image, band.level, band.row), io.BytesIO(band.packed))
                place["done"] += 1
                job.checkpoint(place)
                job.progress(place["done"], total, image.name)
        _put_previews(image)
    except UnreadableImage as error:
        image.metadata["killer"] = True  # so that it is not read again until its file is another one
        with job.effects():
            _same(image).update(state=Image.State.UNREADABLE, reason=error.detail[:300], metadata=image.metadata)
        return
    with job.effects():
        image.metadata["pyramid"] = thumbnails.version(image)
        _same(image).update(metadata=image.metadata)


def _same(image: Image) -> QuerySet[Image]:
    """The image's row, if its file was not replaced meanwhile."""
    return Image.objects.filter(pk=image.pk, etag=image.etag, byte_size=image.byte_size, checksum=image.checksum)


def _put_previews(image: Image) -> None:
    """The thumbnail, and what pages without zoom show, put together from the first level that is small enough."""
    sizes = pyramid.levels(image.width, image.height)
    level = next(n for n, size in enumerate(sizes) if max(size.width, size.height) <= PREVIEW_SIDE)
    tiles = [
        [tile(image, level, column, row) for column in range(sizes[level].columns)] for row in range(sizes[level].rows)
    ]
    own = datastores.installation_store()
    previews = renditions.joined(tiles, sizes[level], (PREVIEW_SIDE, decoding.THUMBNAIL_SIDE))
    kinds: tuple[decoding.Rendition, ...] = ("proxy", "thumbnail")
    for kind, data in zip(kinds, previews, strict=True):
        own.put(thumbnails.key(image, kind), io.BytesIO(data), "image/jpeg")


def discard_stale() -> None:
    """Removes what was rendered of images that are gone or have other bytes now, in every tenant."""
    own = datastores.installation_store()
    for prefix in ("renditions/", "pyramids/"):
        for page in own.pages(prefix, size=REMOVED_AT_ONCE):
            keys = [entry.key for entry in page.entries]
            for stale in _stale(keys):
                own.delete(stale)


def _stale(keys: Iterable[str]) -> list[str]:
    """Keys whose image is gone, or is of another version than the key says; what is being written has no such key."""
    named = {place: match for place in keys if (match := _NAMED.match(place))}
    with tenancy.system_access("look for renditions of images that are gone"):
        rows = Image.objects.filter(code__in={match["code"] for match in named.values()})
        versions = {image.code.hex: thumbnails.version(image) for image in rows}
    return [place for place, match in named.items() if versions.get(match["code"]) != match["version"]]
