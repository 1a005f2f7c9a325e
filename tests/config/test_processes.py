"""The supervisor of `make demo`, tried with real processes: small scripts stand in for gunicorn, Dramatiq and manage.py."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from config import embedded, processes

# Plays every command of the demo; a file named like the command in the folder of the test changes what it does.
STAND_IN = """
import http.server, os, pathlib, signal, subprocess, sys, time
folder, words = pathlib.Path(sys.argv[1]), " ".join(sys.argv[2:])
name = next(n for n in ("migrate", "seed_demo", "tick", "gunicorn", "dramatiq") if n in words)
with (folder / "journal").open("a") as journal:
    journal.write(f"{name}\\n")
if (folder / f"{name}.fails").exists():
    sys.exit("no such luck")
if name == "seed_demo":
    print("owner@example.org / demo with", os.environ.get("IMAGES") or "drawn images", "at", os.environ["PUBLIC_URL"])
if name == "dramatiq":
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
if name == "gunicorn":
    class Ready(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/readyz" else 404)
            self.end_headers()
    http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Ready).serve_forever()
if name == "tick" and (folder / "tick.stubborn").exists():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if name in ("dramatiq", "tick"):
    time.sleep(300)
"""

# Runs the demo with the stand-in for every command, and with two sleeping processes in place of the two servers.
DRIVER = """
import sys
from config import embedded, processes
stand_in, folder = sys.argv[1:3]
processes._python = lambda words, **environment: processes.Role((sys.executable, stand_in, folder, *words.split()), environment)
embedded.postgres_url = embedded.redis_url = lambda: ""
processes.STOP_SECONDS = 2
try:
    processes.run_demo()
except processes.DemoError as error:
    sys.exit(f"demo: {error}")
"""


class Desk:
    """A folder and a port for one test's demos."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        (folder / "stand_in.py").write_text(STAND_IN)
        self.demos: list[subprocess.Popen[str]] = []

    def launch(self, **environment: str) -> subprocess.Popen[str]:
        here = {"VAR_DIR": str(self.folder), "PORT": str(self.port), "PYTHONPATH": str(embedded.CHECKOUT)}
        self.demos.append(
            subprocess.Popen(
                [sys.executable, "-c", DRIVER, str(self.folder / "stand_in.py"), str(self.folder)],
                env=os.environ | here | environment,
                cwd=embedded.CHECKOUT,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return self.demos[-1]

    def journal(self) -> list[str]:
        return (self.folder / "journal").read_text().split()

    def marked(self) -> list[psutil.Process]:
        """Every process that carries this folder's mark."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(processes.MARK) == str(self.folder):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def named(self, word: str) -> psutil.Process:
        return next(process for process in self.marked() if word in " ".join(process.cmdline()))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _read_until(demo: subprocess.Popen[str], words: str) -> str:
    assert demo.stdout is not None
    text = ""
    while words not in text:
        line = demo.stdout.readline()
        assert line, f"the demo ended: {text}"
        text += line
    return text


def _end(demo: subprocess.Popen[str], number: int = signal.SIGINT) -> str:
    demo.send_signal(number)
    return demo.communicate(timeout=30)[0]


def _eventually(question: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 15
    while not question():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    for demo in desk.demos:
        demo.kill()
        demo.communicate()
    for process in desk.marked():
        process.kill()


def test_the_demo_says_where_it_is_when_everything_runs(desk: Desk, tmp_path: Path) -> None:
    demo = desk.launch(IMAGES=str(tmp_path))
    text = _read_until(demo, "Ctrl-C")
    url = f"http://localhost:{desk.port}"
    assert f"\nLabelwright is ready at {url}\nowner@example.org / demo with {tmp_path} at {url}\n" in text
    assert desk.journal()[0] == "migrate"
    assert sorted(desk.journal()[1:]) == ["dramatiq", "gunicorn", "seed_demo", "tick"]
    _end(demo)
    assert demo.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_when_the_demo_is_stopped(desk: Desk, number: int) -> None:
    demo = desk.launch()
    _read_until(demo, "Ctrl-C")
    assert len(desk.marked()) == 4
    _end(demo, number)
    assert desk.marked() == []
    assert demo.returncode == 0


def test_a_process_that_ignores_the_request_is_killed(desk: Desk) -> None:
    (desk.folder / "tick.stubborn").touch()
    demo = desk.launch()
    _read_until(demo, "Ctrl-C")
    _end(demo)
    assert desk.marked() == []


def test_a_stop_while_starting_leaves_nothing(desk: Desk) -> None:
    demo = desk.launch()
    _read_until(demo, "Preparing")
    _end(demo)
    assert demo.returncode == 0
    assert desk.marked() == []


@pytest.mark.chaos
def test_a_process_that_died_is_started_again(desk: Desk) -> None:
    demo = desk.launch()
    _read_until(demo, "Ctrl-C")
    killed = desk.named("dramatiq")
    killed.kill()
    assert "worker │ ended with status -9; starting it again" in _read_until(demo, "starting it again")
    assert _eventually(lambda: desk.journal().count("dramatiq") == 2)
    assert desk.named("dramatiq").pid != killed.pid


@pytest.mark.chaos
def test_a_killed_demo_is_tidied_up_by_the_next(desk: Desk) -> None:
    demo = desk.launch()
    _read_until(demo, "Ctrl-C")
    _end(demo, signal.SIGKILL)
    orphans = {process.pid for process in desk.marked()}
    assert len(orphans) == 4
    _read_until(desk.launch(), "Ctrl-C")
    assert orphans.isdisjoint(process.pid for process in desk.marked())


def test_a_process_that_cannot_start_ends_the_demo(desk: Desk) -> None:
    (desk.folder / "dramatiq.fails").touch()
    demo = desk.launch()
    text = demo.communicate(timeout=60)[0]
    assert demo.returncode == 1
    assert "worker │ no such luck" in text
    assert text.endswith("demo: worker does not stay up; its output above says why.\n")
    assert desk.marked() == []


def test_a_failed_migration_ends_the_demo(desk: Desk) -> None:
    (desk.folder / "migrate.fails").touch()
    text = desk.launch().communicate(timeout=60)[0]
    assert "migrate │ no such luck" in text
    assert text.endswith("demo: migrate failed; its output above says why.\n")


def test_a_taken_port_is_refused_with_advice(desk: Desk) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", desk.port))
        other.listen()
        text = desk.launch().communicate(timeout=60)[0]
    advice = f"Choose another: make demo PORT={desk.port + 1}"
    assert text == f"demo: Port {desk.port} is taken by another program. {advice}\n"


def test_a_second_demo_of_the_checkout_is_refused(desk: Desk) -> None:
    _read_until(desk.launch(), "Ctrl-C")
    text = desk.launch(PORT=str(_free_port())).communicate(timeout=60)[0]
    assert text == "demo: A demo of this checkout is running already: use it, or stop it with Ctrl-C first.\n"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("PORT", "eighty", "PORT must be a number from 1 to 65535, not 'eighty'."),
        ("PORT", "70000", "PORT must be a number from 1 to 65535, not '70000'."),
        ("IMAGES", "/no/such/folder", "IMAGES names no folder: /no/such/folder"),
    ],
)
def test_bad_words_are_refused_before_anything_starts(desk: Desk, name: str, value: str, message: str) -> None:
    assert desk.launch(**{name: value}).communicate(timeout=60)[0] == f"demo: {message}\n"


def test_the_table_has_a_worker_for_every_queue() -> None:
    table = processes.roles()
    assert sorted(table) == ["tick", "web", "worker", "worker-bulk", "worker-fast", "worker-gpu", "worker-io"]
    queues = [
        role.command[role.command.index("--queues") + 1 :] for name, role in table.items() if name.startswith("worker-")
    ]
    assert table["worker"].command[-4:] == tuple(queue for (queue,) in queues)


def test_an_unknown_role_is_refused_with_the_list() -> None:
    command = [sys.executable, "-m", "config.processes", "wbe"]
    ran = subprocess.run(command, cwd=embedded.CHECKOUT, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr.startswith("usage: python -m config.processes demo|web|worker|")
