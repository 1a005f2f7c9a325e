"""A site, a browser, and people who sit in front of it."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from projects import tenancy
from projects.models import User
from tests.browser.site import ROOT, Site
from tests.browser.world import World, make_world

SHARED_DATA = ROOT.parent / "shared" / "data"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
TIMEOUT_MS = 15_000
PAINTED = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  await frame();
  await frame();
  const ending = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < Infinity);
  await Promise.allSettled(ending.map((one) => one.finished));
  await frame();
}"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here drives a browser; all of them share one site, so they stay in one process."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="package")
def running_site(django_db_setup: None, django_db_blocker: Any) -> Iterator[Site]:
    site = Site([SHARED_DATA])
    with django_db_blocker.unblock():
        try:
            site.start()
            yield site
        finally:
            site.stop()


@pytest.fixture
def site(running_site: Site, settings: Any, django_db_blocker: Any) -> Iterator[Site]:
    """The running site; the test may arrange and look in its database."""
    settings.STORAGE_URL = f"file://{running_site.store}"
    settings.LOCAL_STORE_ROOTS = [running_site.images, SHARED_DATA]
    with (
        django_db_blocker.unblock(),
        running_site.as_database(),
        tenancy.system_access("arrange and assert in a browser test"),
    ):
        yield running_site


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or "/usr/bin/chromium", args=CHROMIUM_FLAGS
        )
        yield browser
        browser.close()


class Desk:
    """One person's browser: a context of its own, and everything that went wrong in it."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.problems: list[str] = []
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.problems.append(f"error: {error.error}"))
        context.on("response", self._answered)
        self.page = context.new_page()

    def _heard(self, message: Any) -> None:
        # Chromium says of every failed request that it failed; `_answered` says which.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.problems.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _answered(self, response: Any) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.status} {response.request.method} {response.url}")

    def forgive(self, words: str) -> None:
        """Takes back what the test meant to happen."""
        self.problems = [problem for problem in self.problems if words not in problem]


@pytest.fixture
def desk(site: Site, chromium: Browser) -> Iterator[Callable[..., Desk]]:
    """Makes a person's browser; afterwards none may have had console errors, CSP violations or failed requests."""
    desks: list[Desk] = []
    with ExitStack() as stack:

        def make(user: User | None = None, **options: Any) -> Desk:
            context = chromium.new_context(base_url=site.url, **{"viewport": {"width": 1280, "height": 800}} | options)
            stack.callback(context.close)
            context.set_default_timeout(TIMEOUT_MS)
            if user:
                context.add_cookies([session_of(user, site)])
            desks.append(Desk(context))
            return desks[-1]

        yield make
        problems = [problem for one in desks for problem in one.problems]
    assert problems == []


def session_of(user: User, site: Site) -> Any:
    """A signed-in session as the browser keeps it."""
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return {"name": "session", "value": client.cookies["session"].value, "url": site.url}


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where screenshots go: the folder that SCREENSHOTS names, else a temporary one."""
    folder = Path(os.environ.get("SCREENSHOTS") or tempfile.mkdtemp(prefix="labelwright-screenshots-"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def shoot(screenshots: Path) -> Callable[..., None]:
    """Takes a page's picture, in dark and in light unless told, and leaves it in light."""

    def take(page: Page, name: str, *schemes: str) -> None:
        for scheme in schemes or ("dark", "light"):
            turn(page, scheme)
            page.screenshot(path=screenshots / f"{name}-{scheme}.png")

    return take


def turn(page: Page, scheme: Any) -> None:
    """Light or dark, painted."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.evaluate(PAINTED)


@pytest.fixture
def world(site: Site) -> World:
    """An organisation of the test's own, with a manager and two labellers."""
    return make_world(site)
