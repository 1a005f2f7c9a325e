import re
from datetime import timedelta

import pytest
from django.utils import timezone

from projects import api_tokens
from projects.models import ApiToken, AuditEvent

pytestmark = pytest.mark.django_db


def made(client, cast, **more):
    data = {"name": "Robot", "organisation": cast.organisation.code, "scopes": ["read", "label"], "days": "30"}
    return client.post("/tokens/", data | more)


def test_a_token_is_shown_once_and_works(cast, client):
    client.force_login(cast.labeller)
    response = made(client, cast)
    text = re.search(r"lbl_pat_\w{12}_[\w-]{43}_[0-9a-f]{8}", response.content.decode())[0]
    token = api_tokens.enter(text)
    assert (token.user, token.scopes, token.name) == (cast.labeller, ["label", "read"], "Robot")
    assert timedelta(days=29) < token.expires_at - timezone.now() <= timedelta(days=30)
    assert text not in client.get("/tokens/").content.decode()
    assert response["Cache-Control"] == "no-store"
    assert AuditEvent.objects.latest("id").action == "token.issue"


def test_revoking_ends_it_at_once(cast, client):
    client.force_login(cast.labeller)
    made(client, cast)
    token = ApiToken.objects.get()
    client.post(f"/tokens/{token.code}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert AuditEvent.objects.latest("id").action == "token.revoke"


def test_nobody_revokes_another_persons_token(cast, client):
    client.force_login(cast.labeller)
    made(client, cast)
    client.force_login(cast.owner)
    assert client.post(f"/tokens/{ApiToken.objects.get().code}/revoke/").status_code == 404


@pytest.mark.parametrize("change", [{"name": ""}, {"scopes": []}, {"scopes": ["all"]}, {"days": "9999"}])
def test_bad_input_makes_no_token(cast, client, change):
    client.force_login(cast.labeller)
    assert made(client, cast, **change).status_code == 422
    assert not ApiToken.objects.exists()


def test_a_token_is_for_an_organisation_of_ones_own(cast, client):
    client.force_login(cast.labeller)
    assert made(client, cast, organisation=cast.foreign_project.organisation.code).status_code == 422
