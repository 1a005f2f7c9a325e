import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from annotations import drafts, queue
from annotations.documents import InvalidDocument
from annotations.held import Held
from annotations.models import Annotation, Lease
from projects.models import User
from tests.annotations.conftest import Bench

pytestmark = pytest.mark.django_db
HALF_DONE = {"labels": [], "regions": [], "empty": False}


def save(
    bench: Bench, user: User, held: Held, document: dict[str, Any], version: int | None, seconds: float = 3
) -> int:
    return drafts.save(
        project=bench.project,
        task_id=held.task_id,
        labeller_id=user.pk,
        token=held.token,
        document=document,
        version=version,
        active_seconds=seconds,
    ).version


def test_draft_is_saved_version_by_version_and_comes_back_with_the_lease(bench: Bench) -> None:
    lars = bench.labellers[0]
    (held,) = bench.lease(lars)
    assert save(bench, lars, held, HALF_DONE, None) == 1
    assert save(bench, lars, held, bench.document(), 1, seconds=4.5) == 2
    (again,) = bench.lease(lars)
    assert again.draft is not None
    assert (again.draft.version, again.draft.active_seconds, len(again.draft.document["regions"])) == (2, 4.5, 1)


def test_older_version_is_refused_with_the_newer_draft(bench: Bench) -> None:
    lars = bench.labellers[0]
    (held,) = bench.lease(lars)
    save(bench, lars, held, bench.document(), None)
    for known in (None, 5):
        with pytest.raises(drafts.DraftConflict) as caught:
            save(bench, lars, held, HALF_DONE, known)
        assert caught.value.extra["version"] == 1
        assert len(caught.value.extra["document"]["regions"]) == 1


def test_draft_of_a_lapsed_lease_is_kept_and_refused(bench: Bench) -> None:
    lars = bench.labellers[0]
    (held,) = bench.lease(lars)
    Lease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    queue.release_expired()
    with pytest.raises(drafts.LeaseExpired):
        save(bench, lars, held, bench.document(), None)
    assert len(Annotation.objects.get().draft["regions"]) == 1


def test_draft_without_a_lease_is_refused_and_leaves_nothing(bench: Bench) -> None:
    lars, lena = bench.labellers
    (held,) = bench.lease(lars)
    with pytest.raises(drafts.LeaseExpired):
        save(bench, lena, held, bench.document(), None)
    assert Annotation.objects.count() == 0


def test_draft_of_another_kind_is_refused(bench: Bench) -> None:
    lars = bench.labellers[0]
    (held,) = bench.lease(lars)
    polygon = {"id": str(uuid.uuid4()), "shape": "polygon", "label": str(bench.labels[0].code), "parts": [[]]}
    with pytest.raises(InvalidDocument):
        save(bench, lars, held, {"labels": [], "regions": [polygon], "empty": False}, None)


def test_draft_of_a_reopened_answer_leaves_the_answer_alone(bench: Bench) -> None:
    lars = bench.labellers[0]
    task = bench.answer(lars)
    annotation = Annotation.objects.get()
    held = queue.reopen(project=bench.project, annotation=annotation)
    assert save(bench, lars, held, HALF_DONE, 0, seconds=99) == 1
    annotation.refresh_from_db()
    assert (annotation.state, annotation.document, annotation.active_seconds) == ("submitted", task.final, 5)
    assert annotation.draft == HALF_DONE


def test_submitting_clears_the_draft_and_late_autosave_is_refused(bench: Bench) -> None:
    lars = bench.labellers[0]
    (held,) = bench.lease(lars)
    save(bench, lars, held, HALF_DONE, None)
    bench.submit(lars, bench.item(held))
    with pytest.raises(drafts.LeaseExpired):
        save(bench, lars, held, HALF_DONE, 1)
    annotation = Annotation.objects.get()
    assert (annotation.state, annotation.draft) == ("submitted", None)
