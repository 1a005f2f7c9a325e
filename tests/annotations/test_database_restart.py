"""PostgreSQL is restarted under labellers at work: they are told to wait, and nothing that they were promised is lost.

On a PostgreSQL and a Redis of its own, behind the production web server.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
LABELLERS = 4
AWAY_SECONDS = 1.5
SETTLED_SECONDS = 1.0
"""How long after the server's return a request may still be refused."""

BUILD = f"""
import json, django
django.setup()
from bench import queue_data
print(json.dumps(queue_data.build(20_000, labellers={LABELLERS}, consensus=False)))
"""
READ = """
import django
django.setup()
from annotations.models import Annotation
from projects import tenancy
with tenancy.system_access("assert in a test"):
    for code, key in Annotation.objects.filter(state="submitted").values_list("code", "submit_key"):
        print(code, key)
"""

pytestmark = [pytest.mark.chaos, pytest.mark.slow]


@dataclass(frozen=True)
class Answer:
    """One answer of the web server; `at` is when it came, by the monotonic clock."""

    at: float
    status: int
    kind: str | None
    retry_after: str | None
    body: Any


class Installation:
    """Its own servers and web process under a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")},
            "VAR_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "API_REQUESTS_PER_MINUTE": "1000000",
            "EMBEDDED_FSYNC": "on",
        }
        self.run("-m", "config.embedded", "start")
        self.run("manage.py", "migrate", "--verbosity=0")
        self.site = json.loads(self.run("-c", BUILD))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.web = subprocess.Popen(
            [sys.executable, "-m", "config.processes", "web"],
            cwd=CHECKOUT,
            env=self.environment | {"PORT": str(self.port)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words], cwd=CHECKOUT, env=self.environment, check=True, capture_output=True, text=True
        )
        return done.stdout

    def stop_postgres(self) -> None:
        home = Path(json.loads((self.folder / "embedded" / "places.json").read_text())["home"])
        pid_file = home / "postgres" / "postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGINT)
        while pid_file.exists():
            time.sleep(0.02)

    def close(self) -> None:
        self.web.terminate()
        self.web.wait(30)
        self.run("-m", "config.embedded", "delete")


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    folder = tmp_path.resolve() / "var"
    folder.mkdir()
    made = Installation(folder)
    try:
        yield made
    finally:
        made.close()


@dataclass
class Labeller:
    """Leases, saves a draft and submits, again and again; sends the same once more when told to wait."""

    installation: Installation
    number: int
    answers: list[Answer] = field(default_factory=list)
    promised: set[tuple[str, str]] = field(default_factory=set)
    """Codes of annotations and keys of submissions that were acknowledged."""

    def work(self, ended: threading.Event) -> None:
        project = f"projects/{self.installation.site['code']}"
        while not ended.is_set():
            (task,) = self.insist("POST", f"{project}/lease/", {"count": 1})["tasks"]
            lease = task["lease"]["token"]
            draft = task["draft"]["version"] if task["draft"] else None
            body = {"lease": lease, "document": self.document(), "version": draft}
            self.ask("PUT", f"tasks/{task['code']}/draft/", body)
            item = {"task": task["code"], "lease": lease, "document": self.document()}
            key = str(uuid.uuid4())
            (result,) = self.insist("POST", f"{project}/submit/", {"key": key, "items": [item]})["results"]
            self.promised.add((result["annotation"], key))

    def insist(self, method: str, path: str, body: Any) -> Any:
        while (answer := self.ask(method, path, body)).status == 503:
            time.sleep(0.1)
        assert answer.status == 200, answer
        return answer.body

    def ask(self, method: str, path: str, body: Any) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.installation.port, timeout=30)
        headers = {"Content-Type": "application/json"} | self.installation.site["headers"][self.number]
        connection.request(method, f"/api/v1/{path}", json.dumps(body), headers)
        found = connection.getresponse()
        content = json.loads(found.read())
        connection.close()
        answer = Answer(
            time.monotonic(), found.status, found.headers["Content-Type"], found.headers["Retry-After"], content
        )
        self.answers.append(answer)
        return answer

    def document(self) -> Any:
        label = self.installation.site["label"]
        box = {"id": "a", "shape": "box", "label": label, "x": 1, "y": 2, "width": 30, "height": 40}
        return {"labels": [], "regions": [box], "empty": False}


def wait_for_web(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise AssertionError("The web server does not come up.")


def test_restart_of_the_database_loses_no_answer_and_is_over_when_it_is_back(installation: Installation) -> None:
    wait_for_web(installation.port)
    labellers = [Labeller(installation, number) for number in range(LABELLERS)]
    ended = threading.Event()
    threads = [threading.Thread(target=labeller.work, args=(ended,)) for labeller in labellers]
    for thread in threads:
        thread.start()
    time.sleep(2)
    installation.stop_postgres()
    time.sleep(AWAY_SECONDS)
    page = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=30)
    page.request("GET", "/accounts/login/", headers={"Cookie": "session=unknown"})
    page_status = page.getresponse().status
    installation.run("-m", "config.embedded", "start")
    back = time.monotonic()
    time.sleep(3)
    ended.set()
    for thread in threads:
        thread.join(60)

    answers = [answer for labeller in labellers for answer in labeller.answers]
    refused = [answer for answer in answers if answer.status != 200]
    assert page_status in (200, 503)
    assert {(answer.status, answer.kind, answer.retry_after, answer.body["code"]) for answer in refused} == {
        (503, "application/problem+json", "2", "unavailable")
    }
    assert max(answer.at for answer in refused) < back + SETTLED_SECONDS
    assert all(any(answer.at > back + SETTLED_SECONDS for answer in labeller.answers) for labeller in labellers)
    promised = set().union(*(labeller.promised for labeller in labellers))
    assert {tuple(line.split()) for line in installation.run("-c", READ).splitlines()} == promised
