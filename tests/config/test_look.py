"""Every page of the account wears the product's look and keeps to its Content Security Policy."""

import re

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from tests import factories

BEFORE_SIGN_IN = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/inactive/",
    "/accounts/3rdparty/login/cancelled/",
]
SIGNED_IN = [
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/logout/",
    "/accounts/sessions/",
    "/accounts/3rdparty/",
    "/accounts/2fa/",
    "/accounts/reauthenticate/",
]
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=[\"']|<script(?![^>]*(?:\ssrc=|application/json))")


def assert_our_look(page: str) -> None:
    assert page.count("css/tokens.css") == 1
    assert page.count('id="main"') == 1
    assert len(re.findall(r"<h1[ >]", page)) == 1
    assert INLINE.findall(page) == []
    assert "{#" not in page
    assert "{%" not in page


@pytest.mark.parametrize("path", BEFORE_SIGN_IN)
def test_page_before_sign_in_has_our_look(db: None, client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert_our_look(response.content.decode())


@pytest.mark.parametrize("path", SIGNED_IN)
def test_account_page_has_our_look(db: None, client: Client, path: str) -> None:
    client.force_login(factories.UserFactory())
    response = client.get(path)
    assert response.status_code == 200
    assert_our_look(response.content.decode())


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "500"])
def test_error_page_renders_without_a_context(code: str) -> None:
    assert_our_look(render_to_string(f"{code}.html"))


@pytest.mark.parametrize(
    ("cookie", "attribute"), [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'), ('"><b>', ""), ("", "")]
)
def test_theme_is_in_the_first_byte_sent(cookie: str, attribute: str) -> None:
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = cookie
    assert f'<html lang="en"{attribute}>' in render_to_string("404.html", {"request": request})


def test_styleguide_shows_every_component(db: None, rf: RequestFactory) -> None:
    request = rf.get("/styleguide/")
    request.user = factories.UserFactory()
    assert_our_look(render_to_string("styleguide.html", {"request": request}))


def test_failed_third_party_sign_in_has_our_look(db: None, client: Client) -> None:
    response = client.get("/accounts/3rdparty/login/error/")
    assert response.status_code == 401
    assert_our_look(response.content.decode())
