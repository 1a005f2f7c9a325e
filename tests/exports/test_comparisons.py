"""Comparisons of exports as people ask for them."""

from typing import Any

import pytest
from django.test import Client

from annotations.models import Task
from exports import comparisons, services
from exports.models import Comparison, Export
from projects import jobs
from projects.errors import BadInput
from projects.models import Label
from tests import factories
from tests.conftest import Cast
from tests.exports.labelled import box, labelled, many

pytestmark = pytest.mark.django_db(transaction=True)


def exported(cast: Cast) -> Export:
    export = services.request_export(project=cast.project, format="csv", actor=cast.manager)
    jobs.run_due()
    export.refresh_from_db()
    return export


@pytest.fixture
def pair(cast: Cast, dataset: Any) -> tuple[Export, Export]:
    """Three images with none, one and two regions; then one more, and another box in the last."""
    many(cast, dataset, 3)
    earlier = exported(cast)
    car = Label.objects.get(project=cast.project, name="Car")
    labelled(cast, dataset, {"labels": [], "regions": [box(car, 1)], "empty": False}, by=cast.labeller)
    task = Task.objects.filter(project=cast.project).order_by("pk")[2]
    task.final["regions"][0]["width"] = 3
    Task.objects.filter(pk=task.pk).update(final=task.final)
    return earlier, exported(cast)


EXPECTED = {
    "images_added": 1,
    "images_removed": 0,
    "images_changed": 1,
    "images_same": 2,
    "annotations_added": {"Car": 1},
    "annotations_removed": {},
    "annotations_changed": {"Car": 1},
}


@pytest.mark.parametrize("at_once", [100, 0])
def test_the_way_from_one_export_to_the_next(
    at_once: int, pair: tuple[Export, Export], cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small ones while somebody waits, large ones by a job; and once."""
    monkeypatch.setattr(comparisons, "AT_ONCE", at_once)
    earlier, later = pair
    made = comparisons.request(export=later, earlier=earlier, actor=cast.manager)
    assert (made.changes is None) == (at_once == 0)
    jobs.run_due()
    made.refresh_from_db()
    assert {name: made.changes[name] for name in EXPECTED} == EXPECTED
    assert comparisons.request(export=earlier, earlier=later, actor=cast.manager) == made
    assert Comparison.objects.count() == 1


def test_exports_of_other_projects_are_refused(pair: tuple[Export, Export], cast: Cast) -> None:
    other = factories.ProjectFactory(workspace=cast.workspace)
    export = services.request_export(project=other, format="csv", actor=cast.manager)
    for wrong in (export, pair[0]):
        with pytest.raises(BadInput, match="another export of the same project"):
            comparisons.request(export=pair[0], earlier=wrong, actor=cast.manager)


def test_the_page_says_what_changed(pair: tuple[Export, Export], cast: Cast, client: Client) -> None:
    client.force_login(cast.reviewer)
    page = client.get(f"/exports/{pair[1].code}/").content.decode()
    assert str(pair[0].code) in page
    answer = client.post(f"/exports/{pair[1].code}/compare/", {"earlier": str(pair[0].code)})
    assert answer.status_code == 302
    text = client.get(answer["Location"]).content.decode()
    assert '<td class="table-name">Car</td><td class="numeric">1</td><td class="numeric">0</td>' in text
    assert client.get(answer["Location"], headers={"HX-Request": "true"}).status_code == 286


def test_the_api_says_what_changed(pair: tuple[Export, Export], cast: Cast, client: Client) -> None:
    client.force_login(cast.manager)
    url = f"/api/v1/exports/{pair[1].code}/compare/"
    found = client.post(url, {"earlier": str(pair[0].code)}, content_type="application/json").json()
    assert (found["state"], found["earlier"], found["changes"]["images_added"]) == ("succeeded", str(pair[0].code), 1)
    assert client.get(f"/api/v1/comparisons/{found['code']}/").json() == found
