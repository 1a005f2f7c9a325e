"""What every endpoint does alike: who calls, what errors look like, writes that are sent twice, limits, the schema."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from openapi_spec_validator import validate
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from projects import api_tokens
from projects.models import Label, User, Workspace
from projects.rest.throttling import TokenBucketThrottle
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

WORKSPACES, LABELS = "/api/v1/workspaces/", "/api/v1/labels/"


def token(cast: Cast, user: User, *scopes: str, days: int = 1) -> str:
    _, text = api_tokens.issue(
        user=user,
        organisation=cast.organisation,
        name="test",
        scopes=scopes or ("read",),
        expires_at=timezone.now() + timedelta(days=days),
    )
    return text


def call(method: str, url: str, text: str = "", body: Any = None, **headers: str) -> Any:
    if text:
        headers["Authorization"] = f"Bearer {text}"
    data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return Client().generic(method, url, headers=headers, **data)


def test_token_acts_as_its_user_in_its_organisation(cast: Cast) -> None:
    answer = call("GET", WORKSPACES, token(cast, cast.labeller))
    assert [row["code"] for row in answer.json()["results"]] == [str(cast.workspace.code)]


def test_wrong_expired_and_revoked_tokens_are_refused_alike(cast: Cast) -> None:
    good = token(cast, cast.owner)
    expired = token(cast, cast.owner, days=-1)
    flipped = good[:-12] + ("A" if good[-12] != "A" else "B") + good[-11:]
    answers = [call("GET", WORKSPACES, text) for text in (flipped, expired, "lbl_pat_x", "nonsense")]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(401, "authentication_failed")}
    cast.owner.api_tokens.update(revoked_at=timezone.now())
    assert call("GET", WORKSPACES, good).status_code == 401


def test_token_is_not_taken_from_the_query_and_dies_with_its_user(cast: Cast) -> None:
    text = token(cast, cast.owner)
    assert call("GET", f"{WORKSPACES}?token={text}").status_code == 401
    User.objects.filter(pk=cast.owner.pk).update(is_active=False)
    assert call("GET", WORKSPACES, text).status_code == 401


def test_database_holds_no_token(cast: Cast) -> None:
    text = token(cast, cast.owner)
    stored = cast.owner.api_tokens.get()
    secret = text.split("_", 3)[3].rpartition("_")[0]
    assert secret not in f"{stored.digest}{stored.prefix}{stored.name}"


def test_scope_narrows_the_role(cast: Cast) -> None:
    body = {"organisation": str(cast.organisation.code), "name": "New"}
    assert call("POST", WORKSPACES, token(cast, cast.owner, "read"), body).status_code == 403
    assert call("POST", WORKSPACES, token(cast, cast.owner, "manage"), body).status_code == 201
    assert call("POST", WORKSPACES, token(cast, cast.manager, "manage"), body).status_code == 403


def test_session_writes_need_the_csrf_token(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner)
    body = {"organisation": str(cast.organisation.code), "name": "New"}
    assert client.post(WORKSPACES, body, content_type="application/json").status_code == 403


def test_errors_are_problem_documents(cast: Cast) -> None:
    answer = call("POST", LABELS, token(cast, cast.manager, "manage"), {"project": str(cast.foreign_project.code)})
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {key: answer.json()[key] for key in ("status", "code", "title")} == {
        "status": 400,
        "code": "invalid",
        "title": "The request is not valid",
    }
    assert set(answer.json()["fields"]) == {"name", "project"}
    lost = call("GET", "/api/v1/nothing/", token(cast, cast.owner))
    assert (lost.status_code, lost.json()["code"]) == (404, "not_found")


def test_unknown_filter_is_refused(cast: Cast) -> None:
    answer = call("GET", f"{LABELS}?project__workspace__organisation=1", token(cast, cast.owner))
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["project__workspace__organisation"])


def test_repeated_write_with_a_key_changes_nothing(cast: Cast) -> None:
    text = token(cast, cast.owner, "manage")
    body = {"organisation": str(cast.organisation.code), "name": "Once"}
    first, second = (call("POST", WORKSPACES, text, body, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, first.json()) == (201, second.json())
    assert second.headers["Idempotent-Replay"] == "true"
    assert Workspace.objects.filter(name="Once").count() == 1
    other = call("POST", WORKSPACES, text, {**body, "name": "Other"}, **{"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


def test_failed_write_does_not_burn_its_key(cast: Cast) -> None:
    text = token(cast, cast.owner, "manage")
    bad = {"organisation": str(cast.organisation.code), "name": cast.workspace.name}
    assert call("POST", WORKSPACES, text, bad, **{"Idempotency-Key": "k2"}).status_code == 422
    good = {**bad, "name": "Fresh"}
    assert call("POST", WORKSPACES, text, good, **{"Idempotency-Key": "k2"}).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_parallel_writes_with_one_key_make_one_row(cast: Cast) -> None:
    text = token(cast, cast.owner, "manage")
    body = {"organisation": str(cast.organisation.code), "name": "Parallel"}

    def send(_: int) -> tuple[int, Any]:
        try:
            answer = call("POST", WORKSPACES, text, body, **{"Idempotency-Key": "k3"})
            return answer.status_code, answer.json()["code"]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(send, range(8)))
    assert len(answers) == 1
    assert Workspace.objects.filter(name="Parallel").count() == 1


def test_list_costs_the_same_queries_for_one_and_three_rows(cast: Cast, django_assert_num_queries: Any) -> None:
    text = token(cast, cast.owner)
    for count in (1, 3):
        while Label.objects.filter(project=cast.project).count() < count:
            number = Label.objects.count()
            Label.objects.create(
                organisation=cast.organisation,
                project=cast.project,
                name=f"L{number}",
                path=f"L{number}",
                colour="#112233",
            )
        call("GET", LABELS, text)  # notes the token's use
        with django_assert_num_queries(6):
            assert len(call("GET", LABELS, text).json()["results"]) == count


def test_parallel_callers_cannot_pass_the_limit(settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 60
    cache.clear()
    request = Request(APIRequestFactory().get("/", REMOTE_ADDR="192.0.2.7"))
    with ThreadPoolExecutor(16) as pool:
        passed = sum(pool.map(lambda _: TokenBucketThrottle().allow_request(request, None), range(200)))
    # The bucket holds ten, and refills by one a second.
    assert 10 <= passed <= 12


def test_schema_is_valid_openapi_and_names_the_labelling_routes(cast: Cast) -> None:
    schema = SchemaGenerator().get_schema(public=True)
    validate(schema)
    assert schema["openapi"].startswith("3.1")
    assert {"/api/v1/projects/", "/api/v1/exports/", "/api/v1/labels/"} <= set(schema["paths"])
