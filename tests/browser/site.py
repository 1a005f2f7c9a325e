"""A whole installation for the browser: database, web server, worker and tick, as real processes."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psycopg
from django.db import connection
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60


class Site:
    """An installation on a free port. Its database is emptied first and left for a look afterwards."""

    def __init__(self, roots: list[Path]) -> None:
        suffix = os.environ.get("TEST_DATABASE_SUFFIX", "") + os.environ.get("PYTEST_XDIST_WORKER", "").replace(
            "gw", "_"
        )
        self.database = f"browser_labelwright{suffix}"
        self.folder = Path(tempfile.mkdtemp(prefix="lw-site-"))
        self.store = self.folder / "store"
        self.images = self.folder / "images"
        self.images.mkdir()
        self.port = _free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = self.folder / "log"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
            "BROWSER_DATABASE": self.database,
            "BROWSER_STORE": str(self.store),
            "BROWSER_ROOTS": ":".join(map(str, [self.images, *roots])),
            "DRAMATIQ_NAMESPACE": self.database,
            "PUBLIC_URL": self.url,
            "PORT": str(self.port),
            "WEB_CONCURRENCY": "1",
            "PYTHONWARNINGS": "",
        }

    def start(self) -> None:
        """Makes the database and starts the processes; returns when the site answers."""
        self._make_database()
        self.manage("migrate", "--verbosity=0")
        for role in ("web", "worker", "tick"):
            self._start(role)
        deadline = time.monotonic() + READY_SECONDS
        while not self._ready():
            assert time.monotonic() < deadline, f"the site does not start:\n{self.log.read_text()[-3000:]}"
            time.sleep(0.1)

    def manage(self, *words: str) -> str:
        """Runs a management command to its end; its output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def as_database(self) -> Iterator[None]:
        """Lets the test's own process read and write the site's database meanwhile."""
        before = connection.settings_dict["NAME"]
        self._point_to(self.database)
        try:
            yield
        finally:
            self._point_to(before)

    def stop(self) -> None:
        """Ends the processes and removes the files."""
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make_database(self) -> None:
        settings = connection.settings_dict
        place = {"host": settings["HOST"], "port": settings["PORT"], "user": settings["USER"]}
        place = {name: value for name, value in place.items() if value}
        with psycopg.connect(
            dbname="postgres", password=settings["PASSWORD"] or None, autocommit=True, **place
        ) as admin:
            name = sql.Identifier(self.database)
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            admin.execute(sql.SQL("CREATE DATABASE {}").format(name))

    def _start(self, role: str) -> None:
        with self.log.open("ab") as log:
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "config.processes", role],
                    cwd=ROOT,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def _ready(self) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        return False

    @staticmethod
    def _point_to(database: str) -> None:
        connection.close()
        connection.close_pool()
        connection.settings_dict["NAME"] = database


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
