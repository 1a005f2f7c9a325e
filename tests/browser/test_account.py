"""One's own account: a second factor is set up, asked for, and replaced by a recovery code that works once."""

import time

from allauth.mfa.totp.internal import auth as totp
from playwright.sync_api import Page, expect

from tests import factories


def sign_in(page: Page, email: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def app_code(secret: str) -> str:
    """What an authenticator app shows now."""
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


def test_second_factor_and_recovery_code(world, desk):
    page = desk().page
    sign_in(page, world.manager.email)
    expect(page.get_by_role("button", name="Your account")).to_be_visible()
    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Set up").click()
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.locator("main button[type=submit]").first.click()
    secret = "".join(page.locator("#totp-secret").inner_text().split())
    page.get_by_label("Code from the app").fill(app_code(secret))
    page.get_by_role("button", name="Switch on").click()
    codes = page.locator(".code-list code").all_inner_texts()
    assert len(codes) == 10

    for use in ("first", "second"):
        other = desk().page
        sign_in(other, world.manager.email)
        expect(other.get_by_role("heading", name="Two-factor sign-in")).to_be_visible()
        other.locator("[name=code]").fill(codes[0])
        other.get_by_role("button", name="Sign in").click()
        if use == "first":
            expect(other.get_by_role("button", name="Your account")).to_be_visible()
        else:
            expect(other.get_by_text("This code is not right, or was used before.")).to_be_visible()
