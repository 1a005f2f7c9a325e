"""Single sign-on by OpenID Connect, through a real provider on this machine."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import oidc_provider_mock
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from projects.models import Membership, User
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

ROSA = {"email": "rosa@example.com", "email_verified": True, "name": "Rosa Vidal"}


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The provider's address. Its people: Rosa, whose address it has verified; Max, of whom it knows nothing but one."""
    people = [
        oidc_provider_mock.User(sub="rosa", claims=ROSA),
        oidc_provider_mock.User(sub="max", claims={"email": "max@example.com"}),
    ]
    with oidc_provider_mock.run_server_in_thread(user_claims=people) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(autouse=True)
def single_sign_on(settings: Any, provider: str) -> dict[str, Any]:
    """Settings as OIDC_CLIENT_ID and the others make them; the app's own settings are answered."""
    own = {"server_url": provider, "oauth_pkce_enabled": True, "verified_email": None}
    app = {"provider_id": "oidc", "name": "Acme login", "client_id": "labels", "secret": "s3cret", "settings": own}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    return own


def arrive(client: Client, **answer: str) -> Any:
    """Goes to the provider, answers there as a person does, and comes back; the page that follows."""
    assert "Acme login" in client.get("/accounts/login/").content.decode()
    leaving = client.post("/accounts/oidc/oidc/login/")
    assert leaving.status_code == 302
    assert "code_challenge=" in leaving["Location"]
    back = urlsplit(httpx.post(leaving["Location"], data=answer).headers["Location"])
    return client.get(f"{back.path}?{back.query}", follow=True)


def signed_in(client: Client) -> str:
    return client.session.get("_auth_user_id", "")


def person(email: str, *, verified: bool = True) -> User:
    user = factories.UserFactory(email=email)
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=verified)
    return user


@pytest.mark.parametrize("invited", [True, False])
def test_a_verified_address_opens_the_account_that_has_it(client: Client, invited: bool) -> None:
    rosa = person("rosa@example.com", verified=not invited)
    assert arrive(client, sub="rosa").status_code == 200
    assert signed_in(client) == str(rosa.pk)
    assert SocialAccount.objects.get().user == rosa
    assert EmailAddress.objects.get(user=rosa).verified
    rosa.refresh_from_db()
    assert rosa.has_usable_password() is not invited  # whoever set it had not shown that the address is theirs
    again = Client()
    arrive(again, sub="rosa")
    assert signed_in(again) == str(rosa.pk)
    assert SocialAccount.objects.count() == 1


def test_an_address_that_nobody_verified_opens_nothing(client: Client) -> None:
    person("max@example.com")
    arrive(client, sub="max")
    assert signed_in(client) == ""
    client.post("/accounts/3rdparty/signup/", {"email": "max@example.com", "name": "M", "organisation": "O"})
    assert signed_in(client) == ""
    assert not SocialAccount.objects.exists()


def test_the_operator_may_trust_the_provider(client: Client, single_sign_on: dict[str, Any]) -> None:
    single_sign_on["verified_email"] = True
    max_ = person("max@example.com")
    arrive(client, sub="max")
    assert signed_in(client) == str(max_.pk)


def test_strangers_are_refused_where_sign_up_is_closed(client: Client, settings: Any) -> None:
    settings.OPEN_SIGNUP = False
    page = arrive(client, sub="rosa").content.decode()
    assert "invit" in page
    assert signed_in(client) == ""
    assert not User.objects.filter(email="rosa@example.com").exists()


def test_strangers_found_an_organisation_where_sign_up_is_open(client: Client, settings: Any) -> None:
    settings.OPEN_SIGNUP = True
    page = arrive(client, sub="rosa").content.decode()
    assert "Acme login" in page
    assert signed_in(client) == ""
    form = {"email": "rosa@example.com", "name": "Rosa Vidal", "organisation": "Quarry Vision"}
    assert client.post("/accounts/3rdparty/signup/", form, follow=True).status_code == 200
    rosa = User.objects.get(email="rosa@example.com")
    assert signed_in(client) == str(rosa.pk)
    assert rosa.name == "Rosa Vidal"
    membership = Membership.objects.get(user=rosa, workspace=None)
    assert (membership.role, membership.organisation.name) == ("owner", "Quarry Vision")


def test_who_is_not_let_in_is_told_how_to_go_on(client: Client) -> None:
    page = arrive(client, action="deny")
    assert page.status_code == 401
    assert 'href="/accounts/login/">Back to sign in' in page.content.decode()
    assert signed_in(client) == ""
