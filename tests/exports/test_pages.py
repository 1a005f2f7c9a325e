import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from exports.models import Export
from exports.views import exports
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(cast: Cast) -> list[Export]:
    return [
        Export.objects.create(
            organisation=cast.organisation,
            project=cast.project,
            format="coco",
            name=f"Export {n}",
            created_by=cast.manager,
        )
        for n in range(5)
    ]


def test_pages_go_by_cursor_and_count_nothing(
    many: list[Export], cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE", 2)
    client.force_login(cast.manager)
    base = f"/projects/{cast.project.code}/exports/"
    seen, url = [], base
    while url:
        with CaptureQueriesContext(connection) as queries:
            context = client.get(url).context
        assert [q for q in queries if "COUNT(" in q["sql"].upper() and "exports_export" in q["sql"]] == []
        seen.append([export.name for export in context["exports"]])
        url = context["older_url"] and base + context["older_url"]
    assert seen == [["Export 4", "Export 3"], ["Export 2", "Export 1"], ["Export 0"]]


@pytest.mark.parametrize("before", ["x", "1", "00000000-0000-0000-0000-000000000000", "%00"])
def test_a_cursor_that_somebody_made_up_shows_nothing_wrong(
    before: str, many: list[Export], cast: Cast, client: Client
) -> None:
    client.force_login(cast.manager)
    assert client.get(f"/projects/{cast.project.code}/exports/?before={before}").status_code == 200


def test_a_cursor_of_another_project_opens_nothing(many: list[Export], cast: Cast, client: Client) -> None:
    client.force_login(cast.outsider)
    assert client.get(f"/projects/{cast.project.code}/exports/?before={many[4].code}").status_code == 404


@pytest.mark.parametrize(
    ("task_type", "shown"),
    [
        ("box", ["coco", "yolo", "automl", "voc", "cvat", "labelstudio", "csv", "native"]),
        ("semantic", ["coco", "voc", "masks", "cvat", "labelstudio", "csv", "native"]),
        ("multiclass", ["coco", "automl", "folders", "cvat", "labelstudio", "csv", "native"]),
    ],
)
def test_only_formats_that_fit_are_offered(task_type: str, shown: list[str], cast: Cast, client: Client) -> None:
    cast.project.task_type = task_type
    cast.project.save(update_fields=["task_type"])
    client.force_login(cast.manager)
    text = client.get(f"/projects/{cast.project.code}/exports/").content.decode()
    assert re.findall(r'name="format" value="(\w+)"', text) == shown
    assert ("segmentation" in text, "mask_style" in text) == (task_type == "semantic", task_type == "semantic")
    answer = client.post(
        f"/projects/{cast.project.code}/exports/", {"format": "yolo" if task_type != "box" else "masks"}
    )
    assert answer.status_code == 422


def test_the_form_asks_for_what_was_chosen(cast: Cast, client: Client) -> None:
    client.force_login(cast.manager)
    chosen = {"format": "coco", "statuses": ["labelled"], "val": 20, "test": "", "seed": 7, "coordinates": "fractions"}
    answer = client.post(f"/projects/{cast.project.code}/exports/", chosen | {"mask_style": "colour", "images": ""})
    assert answer.status_code == 302
    assert Export.objects.get().options == {"val": 20, "seed": 7, "coordinates": "fractions"}


def test_a_split_without_training_is_refused_at_its_field(cast: Cast, client: Client) -> None:
    client.force_login(cast.manager)
    chosen = {"format": "coco", "statuses": ["labelled"], "val": 60, "test": 40}
    answer = client.post(f"/projects/{cast.project.code}/exports/", chosen)
    assert answer.status_code == 422
    assert "Leave some images for training" in answer.content.decode()
    assert not Export.objects.exists()


def test_a_last_day_before_the_first_is_refused_at_its_field(cast: Cast, client: Client) -> None:
    client.force_login(cast.manager)
    chosen = {"format": "coco", "statuses": ["labelled"], "since": "2024-03-02", "until": "2024-03-01"}
    answer = client.post(f"/projects/{cast.project.code}/exports/", chosen)
    assert (answer.status_code, answer.context["form"].errors["until"]) == (422, ["The last day is before the first."])


def test_options_come_by_api_too(cast: Cast, client: Client) -> None:
    client.force_login(cast.manager)
    body = {"project": str(cast.project.code), "format": "yolo", "options": {"val": 10, "images": True}}
    answer = client.post("/api/v1/exports/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["options"]) == (201, {"val": 10, "images": True})
    for wrong, status, field in (
        ({"options": {"val": 100}}, 400, "options.val"),
        ({"options": {"val": 50, "test": 50}}, 422, "test"),
        ({"format": "masks"}, 422, "format"),
    ):
        answer = client.post("/api/v1/exports/", body | wrong, content_type="application/json")
        assert (answer.status_code, list(answer.json()["fields"])) == (status, [field])
