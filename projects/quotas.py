"""What an organisation may hold: images, bytes of them, members. The operator sets it in the admin; empty is unlimited.

Checked in the transaction that adds rows, behind a lock on the organisation's row, so that two at once cannot both take
the last place. Organisations without a limit pay one look at their row. Nothing is cut short: what does not fit whole is
refused, and the sentence says how much there is.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db.models import Count, F, Q, Sum
from django.template.defaultfilters import filesizeformat

from projects.errors import BadInput
from projects.models import Dataset, Image, Membership, Organisation, Upload


class QuotaExceeded(BadInput):
    """It would be more than the organisation may hold."""

    code = "quota_exceeded"
    status = 409


_WAY_OUT = "Remove some, or ask the operator of this installation for more."


@contextmanager
def room_for_images(dataset: Dataset, keys: Collection[str], *, counts: bool = True) -> Iterator[None]:
    """Around the statements that add or change the images with these keys, inside the caller's transaction.

    Raises QuotaExceeded if it is too much; the transaction is to be undone. `counts`: what came is counted into the
    dataset's row here, for statements that do not do it themselves.
    """
    limited = Q(image_limit__isnull=False) | Q(byte_limit__isnull=False)
    if not Organisation.objects.filter(limited, pk=dataset.organisation_id).exists():
        yield
        return
    organisation = _locked(dataset.organisation_id)
    before = _held(dataset, keys)
    yield
    after = _held(dataset, keys)
    images, size = after[0] - before[0], after[1] - before[1]
    if counts:
        grown = {"image_count": F("image_count") + images, "byte_size": F("byte_size") + size}
        Dataset.objects.filter(pk=dataset.pk).update(**grown)
    _refuse_images(organisation, images, size)


def _refuse_images(organisation: Organisation, images: int, size: int) -> None:
    """Raises if so many images and bytes, which are counted already, made it too much."""
    held = Dataset.objects.filter(organisation=organisation).aggregate(images=Sum("image_count"), size=Sum("byte_size"))
    if images > 0 and organisation.image_limit is not None and held["images"] > organisation.image_limit:
        room = max(organisation.image_limit - (held["images"] - images), 0)
        words = f"The organisation may hold {organisation.image_limit:,} images and has room for {room:,} more"
        raise QuotaExceeded(f"{words}, not for these {images:,}. {_WAY_OUT}")
    if size > 0 and organisation.byte_limit is not None and held["size"] > organisation.byte_limit:
        room = max(organisation.byte_limit - (held["size"] - size), 0)
        words = f"The organisation may hold {filesizeformat(organisation.byte_limit)} and has room for"
        raise QuotaExceeded(f"{words} {filesizeformat(room)} more, not for these {filesizeformat(size)}. {_WAY_OUT}")


def check_part(upload: Upload, size: int) -> None:
    """Before so many bytes of a file are kept that is not all there: parts count, too, or nobody would ever send the end.

    Without a lock: many at once may go over by a part each, and the whole file is checked again when it is there.
    """
    organisation = Organisation.objects.filter(pk=upload.organisation_id, byte_limit__isnull=False).first()
    if organisation is None or organisation.byte_limit is None:
        return
    mine = {"organisation": organisation}
    held = Dataset.objects.filter(**mine).aggregate(size=Sum("byte_size"))["size"] or 0
    parts = Upload.objects.filter(**mine, state=Upload.State.RECEIVING).aggregate(size=Sum("received"))["size"] or 0
    if held + parts + size > organisation.byte_limit:
        words = f"The organisation may hold {filesizeformat(organisation.byte_limit)}, unfinished uploads included."
        raise QuotaExceeded(f"{words} {_WAY_OUT}")


def check_members(organisation_id: int) -> None:
    """After a member was added, in the same transaction."""
    if not Organisation.objects.filter(pk=organisation_id, member_limit__isnull=False).exists():
        return
    limit = _locked(organisation_id).member_limit
    members = Membership.objects.of_organisation().filter(organisation=organisation_id).count()
    if limit is not None and members > limit:
        raise QuotaExceeded(f"The organisation may have {limit:,} members, and has them all. {_WAY_OUT}")


def _locked(organisation_id: int) -> Organisation:
    return Organisation.objects.select_for_update(no_key=True).get(pk=organisation_id)


def _held(dataset: Dataset, keys: Collection[str]) -> tuple[int, int]:
    """How many images with these keys there are, and their bytes; the frames of one file share them."""
    held = Image.objects.filter(dataset=dataset, key__in=keys).aggregate(
        images=Count("pk"), size=Sum("byte_size", filter=Q(frame__lte=1))
    )
    return held["images"], held["size"] or 0
