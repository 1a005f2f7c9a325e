"""Gives out finished exports by short-lived signed URLs."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from exports.building import FORMATS
from exports.models import Export
from projects import audit, datastores
from projects.errors import Conflict


class NotComplete(Conflict):
    """The file is not written yet."""

    code = "export_not_complete"


def signed_url(export: Export, *, actor: Any) -> str:
    """An address of the export's file, valid for settings.SIGNED_URL_SECONDS; the audit log keeps who asked."""
    if not export.key:
        raise NotComplete("The export is not finished. Wait until its state is “succeeded”.")
    form = FORMATS[export.format]
    audit.record(actor, "export.download", export)
    expires_at = timezone.now() + timedelta(seconds=settings.SIGNED_URL_SECONDS)
    return datastores.installation_store().signed_read_url(export.key, expires_at, form.content_type)
