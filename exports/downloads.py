"""Gives out finished exports by short-lived signed URLs: straight from the store where browsers can read it, else from here."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from exports import storing
from exports.models import Export
from exports.writing import CONTENT_TYPES
from projects import audit, sealing, tenancy
from projects.errors import Conflict, DomainError

SALT = "exports.downloads"


class NotComplete(Conflict):
    """The file is not written yet."""

    code = "export_not_complete"


class LinkGone(DomainError):
    """Nobody signed this address, or it is too old."""

    code = "not_found"
    status = 404


@dataclass(frozen=True)
class Download:
    """A file on its way out; `size` in bytes."""

    name: str
    content_type: str
    size: int
    chunks: Iterator[bytes]


def signed_url(export: Export, *, actor: Any) -> str:
    """An address of the export's file, valid for settings.SIGNED_URL_SECONDS; the audit log keeps who asked."""
    if not export.key:
        raise NotComplete("The export is not finished. Wait until its state is “succeeded”.")
    audit.record(actor, "export.download", export)
    store = storing.store_of(export)
    expires_at = timezone.now() + timedelta(seconds=settings.SIGNED_URL_SECONDS)
    if not store.direct:
        sealed = sealing.seal(SALT, f"{export.organisation_id}-{export.pk}-{int(expires_at.timestamp())}")
        return f"{settings.PUBLIC_URL}{reverse('exports:file', args=[sealed])}"
    return str(store.signed_read_url(export.key, expires_at, CONTENT_TYPES[_ending(export)]))


def opened(signed: str) -> Download:
    """What an address of `signed_url` stands for, where the store gives out none of its own."""
    try:
        organisation_id, export_id, expires_at = map(int, sealing.opened(SALT, signed).split("-"))
    except ValueError:
        expires_at = 0
    if expires_at < time.time():
        raise LinkGone("This address is wrong or has expired. Go back to the export and download it again.")
    with tenancy.for_organisation(organisation_id):
        rows = Export.objects.filter(pk=export_id).exclude(key="")
        export = rows.select_related("datastore__workspace").first()
    if export is None:
        raise LinkGone("This export does not exist any more.")
    ending = _ending(export)
    chunks = storing.store_of(export).stream(export.key)
    return Download(f"{export.name}.{ending}", CONTENT_TYPES[ending], export.byte_size, chunks)


def _ending(export: Export) -> str:
    return export.key.rpartition(".")[2]
