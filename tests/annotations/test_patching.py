"""Drafts by difference: the same documents as whole ones, and nobody's work overwritten."""

import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from annotations import drafts, patching, queue
from annotations.documents import MOST_REGIONS, InvalidDocument
from annotations.held import Held
from annotations.models import Annotation, Lease
from annotations.patching import Changes
from projects import tenancy
from projects.models import User
from tests.annotations.conftest import Bench, MakeBench, box
from tests.annotations.test_api import Caller
from tests.annotations.test_drafts import save


def region(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, **more}


def document(*names: str) -> dict[str, Any]:
    return {"labels": [], "regions": [region(name) for name in names], "empty": False}


def names(found: dict[str, Any]) -> str:
    return "".join(one["id"] for one in found["regions"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (Changes(), "abcd"),
        (Changes(removed=["b", "x"]), "acd"),
        (Changes(changed=[region("e")]), "abcde"),
        (Changes(changed=[region("b", note="n")]), "abcd"),
        (Changes(placed=[(None, region("d"))]), "dabc"),
        (Changes(placed=[("d", region("a"))]), "bcda"),
        (Changes(placed=[("a", region("x")), ("x", region("y")), ("y", region("z"))]), "axyzbcd"),
        (Changes(removed=["d"], placed=[("d", region("x"))]), "abcx"),
        (Changes(placed=[(None, region("c")), ("c", region("b"))]), "cbad"),
        (Changes(removed=["a", "b", "c", "d"], placed=[("a", region("x")), (None, region("y"))]), "xy"),
    ],
)
def test_changes_apply_in_their_order(changes: Changes, expected: str) -> None:
    assert names(patching.apply(document(*"abcd"), changes)) == expected


def test_any_reordering_can_be_said_by_what_each_lies_upon() -> None:
    chance = random.Random(7)
    for _ in range(300):
        before = [str(number) for number in range(chance.randrange(1, 12))]
        after = before + [f"n{number}" for number in range(chance.randrange(4))]
        chance.shuffle(after)
        kept = [name for name in after if name in before][: chance.randrange(3)]
        # What is left where it was must be in its old order; the rest is placed, lowest first.
        still = sorted(kept, key=before.index) == kept
        placed = [
            (after[place - 1] if place else None, region(name))
            for place, name in enumerate(after)
            if not (still and name in kept)
        ]
        gone = [name for name in before if name not in after]
        result = patching.apply(document(*before), Changes(placed=placed, removed=gone))
        assert [one["id"] for one in result["regions"]] == after


def test_image_labels_and_emptiness_change_only_when_said() -> None:
    before = {"labels": ["a"], "regions": [], "empty": True}
    assert patching.apply(before, Changes()) == before
    assert patching.apply(before, Changes(labels=["b"], empty=False)) == {
        "labels": ["b"],
        "regions": [],
        "empty": False,
    }


def test_too_many_regions_are_refused() -> None:
    full = document(*(str(number) for number in range(MOST_REGIONS)))
    with pytest.raises(InvalidDocument):
        patching.apply(full, Changes(changed=[region("one more")]))


def change(bench: Bench, user: User, held: Held, version: int, changes: Changes, seconds: float = 4) -> int:
    return patching.save(
        project=bench.project,
        task_id=held.task_id,
        labeller_id=user.pk,
        token=held.token,
        changes=changes,
        version=version,
        active_seconds=seconds,
    ).version


@pytest.fixture
def held(bench: Bench) -> Held:
    return bench.lease(bench.labellers[0])[0]


@pytest.mark.django_db
def test_changes_are_saved_over_the_version_they_know(bench: Bench, held: Held) -> None:
    lars = bench.labellers[0]
    label = str(bench.labels[0].code)
    first, second, third = (box(label, x=x) for x in (1, 2, 3))
    save(bench, lars, held, {"labels": [], "regions": [first, second], "empty": False}, None)
    moved = first | {"x": 9}
    assert change(bench, lars, held, 1, Changes(changed=[moved, third], removed=[second["id"]])) == 2
    defaults = {"crowd": False, "origin": "manual", "note": ""}
    draft = Annotation.objects.get().draft
    assert draft == {"labels": [], "regions": [moved | defaults, third | defaults], "empty": False}
    assert Annotation.objects.get().active_seconds == 4


@pytest.mark.django_db
def test_stale_version_is_refused_and_keeps_the_newer_draft(bench: Bench, held: Held) -> None:
    lars = bench.labellers[0]
    save(bench, lars, held, bench.document(boxes=2), None)
    save(bench, lars, held, bench.document(boxes=3), 1)
    with pytest.raises(drafts.DraftConflict) as caught:
        change(bench, lars, held, 1, Changes(removed=["x"]))
    assert caught.value.extra["version"] == 2
    assert len(caught.value.extra["document"]["regions"]) == 3  # type: ignore[index]
    assert len(Annotation.objects.get().draft["regions"]) == 3


@pytest.mark.django_db
def test_without_a_draft_the_whole_document_is_asked_for(bench: Bench) -> None:
    lars = bench.labellers[0]
    bench.answer(lars)
    again = queue.reopen(project=bench.project, annotation=Annotation.objects.get())
    with pytest.raises(patching.DraftMissing):
        change(bench, lars, again, 1, Changes())


@pytest.mark.django_db
def test_changes_after_the_lease_has_lapsed_are_kept_and_refused(bench: Bench, held: Held) -> None:
    lars = bench.labellers[0]
    save(bench, lars, held, bench.document(), None)
    Lease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    queue.release_expired()
    with pytest.raises(drafts.LeaseExpired):
        change(bench, lars, held, 1, Changes(changed=[box(str(bench.labels[0].code))]))
    assert len(Annotation.objects.get().draft["regions"]) == 2


@pytest.mark.django_db
def test_draft_does_not_grow_beyond_what_could_be_submitted(bench: Bench, held: Held, settings: Any) -> None:
    lars = bench.labellers[0]
    save(bench, lars, held, bench.document(), None)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
    notes = [box(str(bench.labels[0].code)) | {"note": "n" * 2_000} for _ in range(400)]
    assert change(bench, lars, held, 1, Changes(changed=notes)) == 2
    with pytest.raises(InvalidDocument, match="more than 1 MB"):
        change(bench, lars, held, 2, Changes(changed=[one | {"id": f"more {one['id']}"} for one in notes]))
    assert Annotation.objects.get().draft_version == 2


@pytest.mark.django_db
def test_nobody_changes_the_draft_of_somebody_else(bench: Bench, held: Held) -> None:
    lars, lena = bench.labellers
    save(bench, lars, held, bench.document(), None)
    with pytest.raises(drafts.LeaseExpired):
        change(bench, lena, held, 1, Changes(removed=["x"]))


@pytest.mark.django_db
def test_shapes_of_another_task_type_are_refused(bench: Bench, held: Held) -> None:
    lars = bench.labellers[0]
    save(bench, lars, held, bench.document(), None)
    polygon = {"id": str(uuid.uuid4()), "shape": "polygon", "label": "x", "parts": [[]]}
    with pytest.raises(InvalidDocument):
        change(bench, lars, held, 1, Changes(changed=[polygon]))


@pytest.mark.django_db
def test_the_endpoint_takes_changes_and_tells_of_conflicts(bench: Bench) -> None:
    lars = Caller(bench.labellers[0])
    _, page = lars("post", f"projects/{bench.project.code}/lease/", {"count": 1})
    task = page["tasks"][0]
    where, lease = f"tasks/{task['code']}/draft/", task["lease"]["token"]
    assert lars("put", where, {"lease": lease, "document": bench.document()})[0] == 200
    new = box(str(bench.labels[1].code))
    body = {"lease": lease, "version": 1, "placed": [{"after": None, "region": new}], "active_seconds": 2}
    status, saved = lars("patch", where, body)
    assert (status, saved["version"]) == (200, 2)
    assert Annotation.objects.get().draft["regions"][0]["id"] == new["id"]
    status, problem = lars("patch", where, body)
    assert (status, problem["code"], problem["version"]) == (409, "draft_conflict", 2)
    assert lars("patch", where, body | {"version": 2, "changed": [{"id": "1"}]})[0] == 422
    assert lars("patch", where, {"lease": lease})[0] == 400


@pytest.mark.django_db(transaction=True)
def test_two_windows_at_once_save_one_after_the_other(make_bench: MakeBench) -> None:
    bench = make_bench(tasks=1)
    lars = bench.labellers[0]
    (held,) = bench.lease(lars)
    save(bench, lars, held, bench.document(), None)
    label = str(bench.labels[0].code)

    def window(_: int) -> str:
        try:
            with tenancy.system_access("a window of the test"):
                change(bench, lars, held, 1, Changes(changed=[box(label)]))
        except drafts.DraftConflict as conflict:
            return f"conflict {conflict.extra['version']}"
        finally:
            connection.close()
        return "saved"

    with ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(window, range(4)))
    assert found == ["conflict 2"] * 3 + ["saved"]
    assert len(Annotation.objects.get().draft["regions"]) == 2
