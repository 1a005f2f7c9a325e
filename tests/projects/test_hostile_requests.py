"""What nobody's page sends: each is refused in words, and none is an error of ours."""

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from projects import api_tokens, datasets, files
from projects.models import Membership, Organisation, Upload, User, Workspace
from tests import factories
from tests.conftest import Cast

pytestmark = pytest.mark.django_db
WORKSPACES = "/api/v1/workspaces/"


@pytest.fixture
def client(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.owner)
    return client


def send(client: Client, body: bytes, **headers: str) -> Any:
    return client.post(WORKSPACES, body, content_type="application/json", headers=headers)


def token(user: User, organisation: Organisation) -> str:
    soon = timezone.now() + timedelta(days=1)
    return api_tokens.issue(user=user, organisation=organisation, name="test", scopes=["manage"], expires_at=soon)[1]


def named(cast: Cast, name: str) -> bytes:
    return b'{"organisation": "%s", "name": "%s"}' % (str(cast.organisation.code).encode(), name.encode())


@pytest.mark.parametrize(
    "name", ["a\\u0000b", "\\\\\\u0000", "\\ud800", "\\udc00x"], ids=["zero", "zero-behind-backslash", "half", "other"]
)
def test_text_that_the_database_cannot_hold_is_refused(cast: Cast, client: Client, name: str) -> None:
    answer = send(client, named(cast, name))
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")


def test_text_about_zero_characters_is_text(cast: Cast, client: Client) -> None:
    assert send(client, named(cast, "the text \\\\u0000")).status_code == 201
    assert Workspace.objects.filter(name="the text \\u0000").exists()


@pytest.mark.parametrize(
    "body",
    [b"[" * 200_000, b"[" * 50_000 + b"]" * 50_000, b'{"a":' * 3_000 + b"1" + b"}" * 3_000, b'{"name": NaN}', b"1" * 9_000, b"\xff"],
    ids=["open", "deep-list", "deep-object", "nan", "number", "not-utf-8"],
)  # fmt: skip
def test_json_that_is_none_or_too_deep_is_refused(client: Client, body: bytes) -> None:
    assert (send(client, body).status_code, send(client, body).json()["code"]) == (400, "parse_error")


def test_deepest_json_that_is_read_is_no_error_of_ours(cast: Cast, client: Client) -> None:
    body = b'[{"name":"x","children":' * 500 + b"[]" + b"}]" * 500
    url = f"/api/v1/projects/{cast.project.code}/labels/"
    for headers in ({}, {"Idempotency-Key": "deep"}):
        answer = client.put(url, body, content_type="application/json", headers=headers)
        assert answer.status_code in (400, 422), answer.content


def test_body_has_a_limit(cast: Cast, client: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
    for caller, headers in (
        (client, {}),
        (Client(), {"Authorization": f"Bearer {token(cast.owner, cast.organisation)}"}),
    ):
        answer = send(caller, named(cast, "x" * 2**20), **headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_form_with_a_file_is_read_no_further(client: Client) -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"file": SimpleUploadedFile("a", b"x" * 2**20)})
    assert answer.status_code == 403
    assert not answer.wsgi_request.FILES


def cursor(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("position", ["abc", "\0", "2020-13-45", "0001-01-01T00:00+23:59", "9" * 40])
def test_made_up_cursor_finds_nothing(cast: Cast, position: str) -> None:
    client = Client()
    client.force_login(cast.labeller)
    for url in (WORKSPACES, f"/api/v1/projects/{cast.project.code}/history/"):
        assert client.get(url, {"cursor": cursor(f"p={position}")}).status_code in (200, 404)


@pytest.mark.parametrize("before", ["2024-13-45T00:00:00", "0001-01-01T00:00:00+23:59", "2024-01-01T00:00:00", "\0"])
def test_history_before_no_time_is_the_latest(cast: Cast, before: str) -> None:
    client = Client()
    client.force_login(cast.labeller)
    assert client.get(f"/projects/{cast.project.code}/history/", {"before": before}).status_code == 200


@pytest.mark.parametrize("query", [{"q": "\0"}, {"after": "²"}, {"after": "9" * 60}, {"show": "\0"}])
def test_odd_query_of_a_page_is_an_ordinary_page(cast: Cast, client: Client, query: dict[str, str]) -> None:
    assert client.get(f"/workspaces/{cast.workspace.code}/", query).status_code == 200


@pytest.mark.parametrize(
    "header", ["bytes=0-" + "9" * 5000, "bytes=²-", "bytes=-", "bytes=9-1", "bytes=" + "9" * 19 + "-"]
)
def test_range_that_is_none_asks_for_everything(header: str) -> None:
    assert files._range(header, 100) == (0, 100)


def test_upload_says_numbers_that_are_numbers(cast: Cast, client: Client, own_store: Path) -> None:
    dataset = datasets.create(actor=cast.owner, workspace=cast.workspace, name="Uploads", source="upload")
    for size in (10**30, -1, 1.5, "x"):
        body = {"dataset": str(dataset.code), "files": [{"path": "a.jpg", "byte_size": size}]}
        assert client.post("/api/v1/uploads/", body, content_type="application/json").status_code == 400
    body = {"dataset": str(dataset.code), "files": [{"path": "a.jpg", "byte_size": 9}]}
    row = client.post("/api/v1/uploads/", body, content_type="application/json").json()[0]
    for offset in ("²", "9" * 5000, "-1", "0x1", ""):
        answer = client.patch(
            f"/api/v1/uploads/{row['code']}/", b"x", content_type="application/octet-stream", headers={"Upload-Offset": offset}
        )  # fmt: skip
        assert answer.status_code == 400
    assert Upload.objects.get(code=row["code"]).received == 0


def test_key_of_a_write_in_another_organisation_is_used_up(cast: Cast) -> None:
    other = factories.OrganisationFactory()
    Membership.objects.create(organisation=other, user=cast.owner, role="owner")
    for organisation, expected in ((cast.organisation, 201), (other, 409)):
        text = token(cast.owner, organisation)
        body = json.dumps({"organisation": str(organisation.code), "name": "Once"}).encode()
        answer = send(Client(), body, Authorization=f"Bearer {text}", **{"Idempotency-Key": "same"})
        assert answer.status_code == expected, answer.content


def test_no_cache_keeps_what_one_person_saw(cast: Cast, client: Client) -> None:
    for url in (
        f"/workspaces/{cast.workspace.code}/",
        "/api/v1/projects/",
        "/nothing/",
        f"/projects/{cast.project.code}/",
    ):
        assert client.get(url).headers["Cache-Control"] == "private, no-store", url
    bearer = {"Authorization": f"Bearer {token(cast.owner, cast.organisation)}"}
    assert Client().get("/api/v1/projects/", headers=bearer).headers["Cache-Control"] == "private, no-store"
