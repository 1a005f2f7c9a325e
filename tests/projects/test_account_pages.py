"""One's own account: the name, the address, and what forms say."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from projects.models import User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(client: Client) -> User:
    user = factories.UserFactory(name="Rosa Vidal", email="rosa@example.com")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    client.force_login(user)
    return user


def text(response) -> str:
    return " ".join(response.content.decode().split())


def test_display_name_is_changed(client: Client, person: User) -> None:
    assert client.post("/account/", {"name": "  Rosa V. "}).status_code == 302
    person.refresh_from_db()
    assert person.display_name == "Rosa V."


@pytest.mark.parametrize("path", ["/account/", "/accounts/email/", "/accounts/password/change/", "/tokens/"])
def test_every_account_page_has_the_same_menu(client: Client, person: User, path: str) -> None:
    page = text(client.get(path))
    menu = page[page.index('aria-label="Your account">') :]
    for name in ("Profile", "Email", "Password", "Two-factor sign-in", "Sessions", "Connected accounts", "API tokens"):
        assert f"</svg>{name}</a>" in menu
    assert page.count('aria-current="page"') >= 1


def test_missing_value_says_what_to_do(client: Client, person: User) -> None:
    response = client.post("/account/", {"name": ""})
    assert response.status_code == 422
    assert "“Display name” is needed: fill it in." in text(response)
    assert 'id="id_name_error"' in text(response)
    assert 'aria-describedby="id_name_helptext id_name_error"' in text(response)
    page = text(client.post("/tokens/", {"name": "x"}))
    assert "“What it may do” is needed: choose one." in page
    assert "This field is required." not in page
    page = text(client.post("/accounts/password/change/", {}))
    assert "“Current password” is needed: fill it in." in page


def test_labels_are_in_sentence_case(client: Client, person: User) -> None:
    page = text(client.get("/accounts/password/change/"))
    assert [name in page for name in ("Current password", "New password", "New password again")] == [True] * 3
    assert "Current Password" not in page


def test_address_is_changed_once_the_new_one_is_confirmed(client: Client, person: User) -> None:
    assert "rosa@example.com" in text(client.get("/accounts/email/"))
    client.post("/accounts/reauthenticate/", {"password": factories.PASSWORD})
    client.post("/accounts/email/", {"action_add": "", "email": "rosa@new.example.com"})
    person.refresh_from_db()
    assert person.email == "rosa@example.com"
    code = re.search(r"^\s*([A-Z0-9-]{6,})\s*$", mail.outbox[-1].body, re.MULTILINE)
    assert code, mail.outbox[-1].body
    assert mail.outbox[-1].to == ["rosa@new.example.com"]
    client.post("/accounts/confirm-email/", {"code": code[1]})
    person.refresh_from_db()
    assert person.email == "rosa@new.example.com"
    assert list(EmailAddress.objects.filter(user=person).values_list("email", "primary")) == [
        ("rosa@new.example.com", True)
    ]
