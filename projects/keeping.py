"""What becomes of a whole file that somebody brought: an image, a new version of one, a duplicate, or a reason against it.

However it came, in chunks, straight into the store or within an archive, it is the same from here on. The object goes into
the store first: a row never points nowhere. What a file is called never becomes a name in a store.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO
from uuid import UUID, uuid5

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from projects import arrivals, datastores, image_header, quotas, reading, thumbnails, tiling
from projects.errors import Conflict
from projects.models import Dataset, Image, ImageVersion, Upload
from projects.stores.base import Entry, ObjectStore

NAME_TAKEN = "Another file of this name is there already. Choose “Replace files of the same name” to have it replaced."


class _Refused(Conflict):
    """The file is sound, and cannot be taken all the same."""

    code = "file_refused"


@dataclass(frozen=True)
class Brought:
    """A file and where it is to go: `path` is what its bringer calls it, `code` becomes the image's.

    `stored_key`: it lies there in the dataset's store already. `overwrite`: it takes the place of a file of its name.
    """

    dataset: Dataset
    path: str
    byte_size: int
    code: UUID
    overwrite: bool = False
    stored_key: str = ""


@dataclass(frozen=True)
class Kept:
    """What became of it, in the words of Upload."""

    state: str
    reason: str = ""
    image: Image | None = None


@dataclass(frozen=True)
class _Sound:
    """A file that was read: all that a row needs to know of it."""

    brought: Brought
    file: BinaryIO
    header: image_header.ImageHeader
    checksum: str

    @property
    def key(self) -> str:
        brought = self.brought
        return brought.stored_key or f"{brought.dataset.code}/{brought.code}.{self.header.format.lower()}"

    def frames(self) -> list[reading.Found]:
        """One image, or one per frame, called by the name that the person gave."""
        found = reading.of_header(Entry(self.key, self.brought.byte_size, ""), self.header, self.checksum)
        return reading.frames_of(replace(found, name=self.brought.path.rpartition("/")[2][-255:]))


def read(brought: Brought, file: BinaryIO) -> _Sound:
    """Reads a seekable file; UnreadableImage says what is wrong with it."""
    file.seek(0)
    checksum = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # it has readinto
    limits: dict[str, Any] = {"max_pixels": settings.IMAGE_PIXEL_LIMIT, "max_tiled": settings.TILED_PIXEL_LIMIT}
    header = image_header.probe(_rewound(file), brought.path, **limits)
    image_header.refuse_bomb(header, brought.byte_size, settings.IMAGE_PIXEL_LIMIT)
    if header.width * header.height <= reading.MOST_VERIFIED_PIXELS:
        image_header.probe(_rewound(file), brought.path, verify=True, **limits)
        reading.verify_frame(_rewound(file), header)
    return _Sound(brought, file, header, checksum)


def _rewound(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file


def keep(sound: _Sound) -> Kept:
    """Makes the rows of a file that was read, in a transaction; a refusal undoes them and leaves nothing in the store."""
    store = datastores.for_datastore(sound.brought.dataset.datastore)
    try:
        with transaction.atomic():
            return _kept(sound, store)
    except (quotas.QuotaExceeded, _Refused) as error:
        if not sound.brought.stored_key:
            store.delete(sound.key)
        return Kept(Upload.State.FAILED, error.detail)


def _kept(sound: _Sound, store: ObjectStore) -> Kept:
    brought = sound.brought
    with connection.cursor() as cursor:
        # Two files of the same bytes, or of one name, may end at the same moment: one of them waits here for the other.
        for word in sorted(
            (f"upload:{brought.dataset.pk}:{sound.checksum}", f"name:{brought.dataset.pk}:{brought.path}")
        ):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [word])
    present = Image.objects.filter(dataset=brought.dataset).exclude(state=Image.State.MISSING)
    twin = present.filter(checksum=sound.checksum).first()
    if twin is not None:
        return Kept(Upload.State.DUPLICATE, f"The same picture as {twin.name}.", twin)
    namesake = _namesake(brought)
    if namesake is not None and not brought.overwrite:
        raise _Refused(NAME_TAKEN)
    if not brought.stored_key:
        store.put(sound.key, sound.file, sound.header.content_type)
    if namesake is not None:
        return _replaced(namesake, sound, store)
    return _added(sound)


def _namesake(brought: Brought) -> Image | None:
    """The image that a file of this name became before."""
    rows = Upload.objects.filter(dataset=brought.dataset, path=brought.path, state=Upload.State.DONE)
    row = rows.filter(image__isnull=False).select_related("image").order_by("-pk").first()
    return row.image if row else None


def _added(sound: _Sound) -> Kept:
    dataset, frames = sound.brought.dataset, sound.frames()
    with quotas.room_for_images(dataset, [sound.key], counts=False):
        images = _make_images(sound, frames)
        Dataset.objects.filter(pk=dataset.pk).update(
            state=Dataset.State.READY,
            image_count=F("image_count") + len(images),
            dicom_count=F("dicom_count") + (len(images) if frames[0].format == "dicom" else 0),
            byte_size=F("byte_size") + sound.brought.byte_size,
            refreshed_at=timezone.now(),
        )
    if thumbnails.is_large(images[0]):
        tiling.request_all(dataset)
    elsewhere = Image.objects.filter(workspace_id=dataset.workspace_id, checksum=sound.checksum).exclude(
        pk__in=[image.pk for image in images]
    )
    other = elsewhere.values_list("dataset__name", flat=True).first()
    return Kept(Upload.State.DONE, f"Also in the dataset “{other}”." if other else "", images[0])


def _make_images(sound: _Sound, frames: Sequence[reading.Found]) -> list[Image]:
    dataset, arrival = sound.brought.dataset, arrivals.draw(sound.brought.dataset)
    return Image.objects.bulk_create(
        Image(
            organisation_id=dataset.organisation_id,
            workspace_id=dataset.workspace_id,
            dataset=dataset,
            # Frames behind the first follow from the file's code, too: what is done again makes the same rows.
            code=sound.brought.code if frame is frames[0] else uuid5(sound.brought.code, str(frame.frame)),
            arrival=arrival,
            **_facts(sound, frame),
        )
        for frame in frames
    )


def _facts(sound: _Sound, found: reading.Found) -> dict[str, Any]:
    return {
        "key": found.key,
        "frame": found.frame,
        "name": found.name,
        "format": found.format,
        "width": found.width,
        "height": found.height,
        "byte_size": found.byte_size,
        "checksum": found.checksum,
        "metadata": {**found.metadata, "path": sound.brought.path},
    }


def _replaced(image: Image, sound: _Sound, store: ObjectStore) -> Kept:
    """The image gets the new bytes as its next version; labels stay, and are flagged as after a refresh."""
    (found, *more), dataset = sound.frames(), sound.brought.dataset
    if more or image.frame:
        raise _Refused("A file with several frames cannot be replaced. Delete it, or give this one another name.")
    ImageVersion.objects.create(
        organisation_id=image.organisation_id,
        workspace_id=image.workspace_id,
        image=image,
        number=image.version,
        format=image.format,
        width=image.width,
        height=image.height,
        byte_size=image.byte_size,
        checksum=image.checksum,
        etag=image.etag,
        replaced_at=timezone.now(),
    )
    with quotas.room_for_images(dataset, [image.key, sound.key], counts=False):
        arrival = arrivals.draw(dataset)
        Image.objects.filter(pk=image.pk).update(
            **_facts(sound, found),
            state=Image.State.OK,
            reason="",
            etag="",
            arrival=arrival,
            version=F("version") + 1,
            changed_at=timezone.now(),
        )
        Dataset.objects.filter(pk=dataset.pk).update(
            changed_arrival=arrival,
            byte_size=F("byte_size") + sound.brought.byte_size - image.byte_size,
            refreshed_at=timezone.now(),
        )
    former = image.key
    transaction.on_commit(lambda: store.delete(former))
    image.refresh_from_db()
    if thumbnails.is_large(image):
        tiling.request_all(dataset)
    return Kept(Upload.State.DONE, f"Replaced {image.name}.", image)
