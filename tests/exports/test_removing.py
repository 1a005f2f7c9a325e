"""Exports go when somebody deletes them, and when their time is over; nothing of them stays in any store."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from exports import freezing, removing, services, storing
from exports.models import Export
from projects import datastores, jobs
from projects.models import AuditEvent, Job
from tests.conftest import Cast
from tests.exports.labelled import many

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def export(cast: Cast, dataset: Any, monkeypatch: pytest.MonkeyPatch) -> Export:
    """A finished export of several parts."""
    monkeypatch.setattr(freezing, "PART", 2)
    many(cast, dataset, 3)
    made = services.request_export(project=cast.project, format="coco", actor=cast.manager)
    jobs.run_due()
    made.refresh_from_db()
    return made


def kept(export: Export) -> list[str]:
    stores = (datastores.installation_store(freezing.folder_of(export)), storing.store_of(export))
    return [entry.key for store in stores for page in store.pages() for entry in page.entries]


def test_nothing_of_a_deleted_export_stays(export: Export, cast: Cast, client: Client) -> None:
    assert len(kept(export)) == 5, "two frozen parts; file, manifest and checksums"
    client.force_login(cast.manager)
    assert client.post(f"/exports/{export.code}/delete/").status_code == 302
    jobs.run_due()
    assert (kept(export), Export.objects.filter(pk=export.pk).exists()) == ([], False)
    event = AuditEvent.objects.get(action="export.delete")
    assert (event.actor, event.object_name, event.detail["checksum"]) == (cast.manager, export.name, export.checksum)


def test_a_reviewer_may_export_and_not_delete(export: Export, cast: Cast, client: Client) -> None:
    client.force_login(cast.reviewer)
    assert client.post(f"/exports/{export.code}/delete/").status_code == 403
    assert client.delete(f"/api/v1/exports/{export.code}/").status_code == 403
    client.force_login(cast.manager)
    assert client.delete(f"/api/v1/exports/{export.code}/").status_code == 204


def test_an_export_at_work_is_cancelled_first(cast: Cast) -> None:
    export = services.request_export(project=cast.project, format="coco", actor=cast.manager)
    with pytest.raises(removing.ExportAtWork):
        removing.remove(export=export, actor=cast.manager)
    services.cancel_export(export=export, actor=cast.manager)
    export.refresh_from_db()
    removing.remove(export=export, actor=cast.manager)
    assert not Export.objects.filter(pk=export.pk).exists()


def test_exports_go_when_their_days_are_over(export: Export, cast: Cast) -> None:
    removing.remove_expired()
    storing.choose(actor=cast.manager, workspace=cast.workspace, datastore=None, keep_days=10)
    Export.objects.filter(pk=export.pk).update(completed_at=timezone.now() - timedelta(days=9))
    removing.remove_expired()
    assert Export.objects.filter(pk=export.pk).exists()
    Export.objects.filter(pk=export.pk).update(completed_at=timezone.now() - timedelta(days=11))
    removing.remove_expired()
    jobs.run_due()
    assert (kept(export), Export.objects.filter(pk=export.pk).exists()) == ([], False)
    assert AuditEvent.objects.get(action="export.expire").actor is None


def test_what_never_was_finished_goes_too(cast: Cast) -> None:
    storing.choose(actor=cast.manager, workspace=cast.workspace, datastore=None, keep_days=10)
    export = services.request_export(project=cast.project, format="coco", actor=cast.manager)
    Export.objects.filter(pk=export.pk).update(created_at=timezone.now() - timedelta(days=11))
    removing.remove_expired()
    assert Export.objects.filter(pk=export.pk).exists(), "it is still waited for"
    services.cancel_export(export=export, actor=cast.manager)
    removing.remove_expired()
    assert not Export.objects.filter(pk=export.pk).exists()


def test_files_are_removed_again_when_the_worker_died(export: Export, cast: Cast) -> None:
    removing.remove(export=export, actor=cast.manager)
    jobs.run_due()
    done = Job.objects.get(kind=removing.REMOVE)
    Job.objects.filter(pk=done.pk).update(state="queued", attempt=0, finished_at=None)
    jobs.run_due()
    done.refresh_from_db()
    assert done.state == "succeeded"
