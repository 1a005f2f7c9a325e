import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.cache import cache

from projects.models import Membership, User, Workspace
from tests import factories

pytestmark = pytest.mark.django_db
SIGNUP = {
    "name": "Nina New",
    "organisation": "New Ltd",
    "email": "nina@example.com",
    "password1": "a long enough secret",
}


@pytest.fixture(autouse=True)
def _no_limits_of_before():
    cache.clear()
    yield
    cache.clear()


def test_signing_up_makes_an_organisation_once_the_address_is_confirmed(client, settings):
    settings.OPEN_SIGNUP = True
    client.post("/accounts/signup/", SIGNUP)
    assert "_auth_user_id" not in client.session
    code = re.search(r"Your code is\s+(\S+)", mail.outbox[0].body)[1]
    response = client.post("/accounts/confirm-email/", {"code": code}, follow=True)
    user = User.objects.get(email="nina@example.com")
    assert EmailAddress.objects.get(user=user).verified
    assert (user.name, Membership.objects.get(user=user).role) == ("Nina New", "owner")
    workspace = Workspace.objects.get(organisation__name="New Ltd")
    assert response.redirect_chain[-1][0] == f"/workspaces/{workspace.code}/"


def test_a_wrong_code_confirms_nothing(client, settings):
    settings.OPEN_SIGNUP = True
    client.post("/accounts/signup/", SIGNUP)
    client.post("/accounts/confirm-email/", {"code": "AAAAAA"})
    assert not EmailAddress.objects.get(email="nina@example.com").verified
    assert "_auth_user_id" not in client.session


def test_a_new_code_can_be_asked_for_but_not_at_once(client, settings):
    settings.OPEN_SIGNUP = True
    client.post("/accounts/signup/", SIGNUP)
    soon = client.post("/accounts/confirm-email/", {"action": "resend"})
    assert (soon.status_code, "Wait a few minutes" in soon.content.decode()) == (429, True)
    cache.clear()
    client.post("/accounts/confirm-email/", {"action": "resend"})
    assert [message.to for message in mail.outbox] == [["nina@example.com"]] * 2


def test_signup_is_closed_where_the_operator_says_so(client, settings):
    settings.OPEN_SIGNUP = False
    client.post("/accounts/signup/", SIGNUP)
    assert not User.objects.exists()


def test_logins_that_fail_are_limited(client):
    user = factories.UserFactory()
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    for _ in range(6):
        response = client.post("/accounts/login/", {"login": user.email, "password": "wrong"})
    assert "Too many failed login attempts" in response.content.decode()
    client.post("/accounts/login/", {"login": user.email, "password": factories.PASSWORD})
    assert "_auth_user_id" not in client.session


def test_a_second_factor_is_set_up_and_then_asked_for(client):
    user = factories.UserFactory()
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    login = {"login": user.email, "password": factories.PASSWORD}
    client.post("/accounts/login/", login)
    page = client.get("/accounts/2fa/totp/activate/", follow=True)
    if "secret" not in vars(page.context["form"]):
        client.post(page.redirect_chain[-1][0], {"password": factories.PASSWORD})
        page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    client.post("/accounts/2fa/totp/activate/", {"code": code})
    types = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    assert types == {"totp", "recovery_codes"}
    client.post("/accounts/logout/")
    assert client.post("/accounts/login/", login)["Location"] == "/accounts/2fa/authenticate/"
    assert "_auth_user_id" not in client.session
    assert get_adapter().get_totp_issuer() == "Labelwright"


def test_mails_lead_to_the_public_address_whatever_host_was_asked(client, settings):
    user = factories.UserFactory()
    settings.PUBLIC_URL = "https://labels.example"
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    for host in ("testserver:9999", "other.example:31337"):
        for email in (user.email, "nobody@example.com"):
            client.post("/accounts/password/reset/", {"email": email}, headers={"Host": host})
    assert len(mail.outbox) == 4
    for sent in mail.outbox:
        assert "https://labels.example/accounts/" in sent.body
        assert "9999" not in sent.body + sent.subject
        assert "other.example" not in sent.body + sent.subject
