"""Finished exports leave by addresses that say everything: no sign-in, one file, for a short time."""

import io
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from exports import downloads
from exports.models import Export
from projects import datastores
from projects.models import AuditEvent
from tests.conftest import Cast


@pytest.fixture
def export(cast: Cast) -> Export:
    """A finished export of five bytes."""
    datastores.installation_store().put("exports/one.csv", io.BytesIO(b"a,b\n1"))
    return Export.objects.create(
        organisation=cast.organisation,
        project=cast.project,
        name="one",
        format="csv",
        key="exports/one.csv",
        byte_size=5,
    )


def address(export: Export, cast: Cast) -> str:
    return downloads.signed_url(export, actor=cast.manager).partition("8000")[2]


def test_stranger_with_the_address_gets_the_file(export: Export, cast: Cast, client: Client) -> None:
    response = client.get(address(export, cast))
    assert response.status_code == 200
    assert b"".join(response.streaming_content) == b"a,b\n1"
    assert response["Content-Disposition"] == 'attachment; filename="one.csv"'
    assert response["Content-Length"] == "5"
    assert AuditEvent.objects.filter(action="export.download", object_code=export.code, actor=cast.manager).count() == 1


def test_changed_or_late_address_gives_nothing(export: Export, cast: Cast, client: Client, settings) -> None:
    path = address(export, cast)
    assert client.get(path[:-5] + "AAAA/").status_code == 404
    settings.SIGNED_URL_SECONDS = timedelta(seconds=-2).total_seconds()
    assert client.get(address(export, cast)).status_code == 404


def test_download_page_leads_to_the_file(export: Export, cast: Cast, client: Client) -> None:
    Export.objects.filter(pk=export.pk).update(completed_at=timezone.now())
    client.force_login(cast.manager)
    response = client.get(f"/exports/{export.code}/download/")
    assert response.status_code == 302
    assert response["Location"].startswith("http://localhost:8000/exports/files/")
