import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from exports import views
from exports.models import Export
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
    monkeypatch.setattr(views, "PAGE", 2)
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
