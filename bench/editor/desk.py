"""A labeller's browser before a running project of one's own making: real files, the production server, real pointer events."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Picture
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bench import measure
from bench.queue_load import server

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
VIEWPORT = {"width": 1280, "height": 800}


class Bench:
    """A server, a browser, and a workspace whose labeller is signed in."""

    def __init__(self, port: int, browser: Browser, files: Path) -> None:
        from projects import organisations
        from projects.models import Membership, User, Workspace

        self.url = f"http://localhost:{port}"
        self.browser = browser
        self.files = files
        self.manager = User.objects.create(email=f"manager.{uuid.uuid4()}@example.com", name="Manager")
        self.organisation = organisations.found(owner=self.manager, name="Bench")
        self.workspace = Workspace.objects.get(organisation=self.organisation)
        self.labeller = User.objects.create(email=f"labeller.{uuid.uuid4()}@example.com", name="Labeller")
        for place in ({"role": "member"}, {"role": "labeller", "workspace": self.workspace}):
            Membership.objects.create(organisation=self.organisation, user=self.labeller, **place)

    def project(self, task_type: str, size: tuple[int, int], images: int = 3) -> Any:
        """A running project of pictures of this size, with one label."""
        from projects import datasets, datastores, lifecycle, setup, taxonomy
        from projects.models import Dataset, Datastore

        folder = self.files / str(uuid.uuid4())
        folder.mkdir()
        for number in range(images):
            photograph(size, number).save(folder / f"{number}.jpg", quality=88)
        actor, name = self.manager, f"{task_type} {folder.name}"
        connection = datastores.Connection(Datastore.Kind.LOCAL, {"path": str(folder)})
        store = datastores.create(actor=actor, workspace=self.workspace, name=name, connection=connection)
        source = {"source": Dataset.Source.PATTERN, "datastore": store}
        dataset = datasets.create(actor=actor, workspace=self.workspace, name=name, **source)
        _finish(datasets.latest_job(dataset))
        project = setup.create(workspace=self.workspace, name=name, task_type=task_type, actor=actor)
        setup.choose_data(project=project, datasets=[dataset], actor=actor)
        taxonomy.save_nested(project=project, labels=[{"name": "Thing"}], actor=actor)
        _finish(lifecycle.start(project=project, actor=actor))
        project.refresh_from_db()
        return project

    @contextmanager
    def label(self, project: Any) -> Iterator[Page]:
        """The labelling page of a project, its first picture painted."""
        from django.test import Client

        client = Client()
        client.force_login(self.labeller, backend="allauth.account.auth_backends.AuthenticationBackend")
        cookie = {"name": "session", "value": client.cookies["session"].value, "url": self.url}
        context = self.browser.new_context(base_url=self.url, viewport=VIEWPORT)  # type: ignore[arg-type]  # a TypedDict
        context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict
        try:
            page = context.new_page()
            page.goto(f"/projects/{project.code}/label/")
            expect(page.locator("[data-part=cover]")).to_be_hidden(timeout=60_000)
            page.wait_for_timeout(1500)
            yield page
        finally:
            context.close()


@contextmanager
def bench() -> Iterator[Bench]:
    """Everything started, and ended with the block."""
    files = Path(tempfile.mkdtemp(prefix="labelwright-bench-"))
    os.environ |= {"LOCAL_STORE_ROOTS": str(files), "DJANGO_ALLOW_ASYNC_UNSAFE": "1"}
    measure.prepare()
    from projects import tenancy

    try:
        with server() as web, sync_playwright() as playwright, tenancy.system_access("run a bench"):
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            yield Bench(web.port, browser, files)
            browser.close()
    finally:
        shutil.rmtree(files)


def photograph(size: tuple[int, int], seed: int) -> Picture.Image:
    """Soft noise in colour, which no decoder finds easier than a photograph."""
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (size[1] // 24, size[0] // 24, 3), dtype=np.uint8)
    return Picture.fromarray(small).resize(size, Picture.Resampling.BICUBIC)


def fit(page: Page, size: tuple[int, int]) -> tuple[float, float, float]:
    """Screen pixels per image pixel, and where the image's corner lies, of a picture that was just fitted."""
    stage = page.locator("[data-part=stage]").bounding_box()
    assert stage is not None
    scale = min((stage["width"] - 32) / size[0], (stage["height"] - 32) / size[1])
    left = stage["x"] + (stage["width"] - size[0] * scale) / 2
    return scale, left, stage["y"] + (stage["height"] - size[1] * scale) / 2


FRAMES = """() => {
  const frames = [];
  window.frames_ = { stop: false, frames };
  let last = performance.now();
  const next = (now) => {
    frames.push(now - last);
    last = now;
    if (!window.frames_.stop) requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}"""


@contextmanager
def frames(page: Page, into: list[float], work: list[float]) -> Iterator[None]:
    """Milliseconds from frame to frame meanwhile, and the CPU time of the main thread per frame."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.evaluate(FRAMES)
    before = _task_seconds(session)
    yield
    spent = _task_seconds(session) - before
    found = page.evaluate("() => { window.frames_.stop = true; return window.frames_.frames.slice(2); }")
    into.extend(found)
    work.append(1000 * spent / max(1, len(found)))
    session.detach()


def _task_seconds(session: Any) -> float:
    metrics: Sequence[dict[str, Any]] = session.send("Performance.getMetrics")["metrics"]
    return next(float(metric["value"]) for metric in metrics if metric["name"] == "TaskDuration")


def _finish(job: Any) -> None:
    from projects import jobs

    while not job.has_ended:
        jobs.run_due()
        job.refresh_from_db()
    if job.state != "succeeded":
        raise RuntimeError(job.error_detail)
