"""Datasets of images that other datasets of the workspace have, too. The files stay where they are; rows point to them."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone

from projects import arrivals, audit, quotas
from projects.errors import Conflict
from projects.models import Dataset, Datastore, Image, User

_COPIED = "key, frame, name, state, reason, format, width, height, byte_size, checksum, etag, metadata"
_GATHER = f"""
INSERT INTO projects_image (organisation_id, workspace_id, dataset_id, code, arrival, created_at, {_COPIED})
SELECT i.organisation_id, i.workspace_id, %(dataset)s, gen_random_uuid(), %(arrival)s, now(),
       {", ".join(f"i.{name.strip()}" for name in _COPIED.split(","))}
FROM projects_image i JOIN projects_dataset d ON d.id = i.dataset_id
WHERE i.code = ANY(%(codes)s::uuid[]) AND i.workspace_id = %(workspace)s AND d.datastore_id = %(datastore)s
ON CONFLICT (dataset_id, key, frame) DO NOTHING
"""  # noqa: S608  # put together from constants


@transaction.atomic
def create(*, actor: User, datastore: Datastore, name: str, description: str = "") -> Dataset:
    """Makes a dataset for images whose files are in `datastore`; there are none in it yet."""
    if Dataset.objects.filter(workspace=datastore.workspace, name=name).exists():
        words = "The workspace has a dataset of this name. Choose another."
        raise Conflict(words, fields={"name": [words]})
    dataset = Dataset.objects.create(
        organisation_id=datastore.organisation_id,
        workspace=datastore.workspace,
        datastore=datastore,
        name=name,
        description=description[:500],
        source=Dataset.Source.SELECTION,
        pattern="",
        created_by=actor,
    )
    audit.record(actor, "dataset.create", dataset, detail={"source": dataset.source})
    return dataset


def add(dataset: Dataset, codes: Sequence[str]) -> None:
    """Adds the images with these codes whose files are in the dataset's store, inside the caller's transaction.

    Those that it has already stay as they are. Raises QuotaExceeded where the organisation may not hold them.
    """
    keys = Image.objects.filter(code__in=codes, workspace=dataset.workspace_id).values_list("key", flat=True)
    with quotas.room_for_images(dataset, list(keys)), connection.cursor() as cursor:
        values: dict[str, Any] = {
            "dataset": dataset.pk,
            "arrival": arrivals.draw(dataset),
            "codes": list(codes),
            "workspace": dataset.workspace_id,
            "datastore": dataset.datastore_id,
        }
        cursor.execute(_GATHER, values)


def settle(dataset: Dataset) -> int:
    """Counts what the dataset holds now that all are in it; gives the number of images."""
    counts = Image.objects.filter(dataset=dataset).aggregate(
        image_count=Count("pk"),
        unreadable_count=Count("pk", filter=Q(state=Image.State.UNREADABLE)),
        dicom_count=Count("pk", filter=Q(format="dicom")),
        size=Sum("byte_size", filter=Q(frame__lte=1)),
    )
    size = counts.pop("size") or 0
    state = Dataset.State.READY if counts["image_count"] else Dataset.State.EMPTY
    Dataset.objects.filter(pk=dataset.pk).update(state=state, byte_size=size, refreshed_at=timezone.now(), **counts)
    return int(counts["image_count"])
