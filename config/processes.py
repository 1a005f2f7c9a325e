"""The processes Labelwright consists of, and the supervisor that runs them together for `make demo`.

`python -m config.processes ROLE` becomes one process of the table. `python -m config.processes demo` runs what a single
machine needs: migrations, the sample organisation, web, one worker over all queues, and tick.
"""

import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

from config import embedded, servers

# A load balancer keeps connections open; a deployment waits ten seconds for requests that are under way.
WEB_OPTIONS = "--keep-alive 30 --graceful-timeout 10 --no-control-socket"
DEMO = ("web", "worker", "tick")
STOP_SECONDS = 20
READY_SECONDS = 120
SERVER_CHECK_SECONDS = 5
# A process that ends this soon after its start, this often in a row, will not come up by trying again.
EARLY_SECONDS = 10
EARLY_ENDS = 3
# Every process of a demo carries this variable, so that none can be overlooked when the demo ends or has been killed.
MARK = "LABELWRIGHT_DEMO"


class DemoError(RuntimeError):
    """The demo cannot go on; the message says what to do."""


class Stopped(Exception):
    """The user asked the demo to stop."""


@dataclass(frozen=True)
class Role:
    """A long-running process: its command and what it needs in its environment."""

    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


def roles() -> dict[str, Role]:
    """Every long-running process by name: the table that the demo, the image and the documentation share."""
    address = f"{os.environ.get('BIND') or '127.0.0.1'}:{os.environ.get('PORT') or 8000}"
    size = f"--workers {os.environ.get('WEB_CONCURRENCY') or 3} --worker-class gthread --threads 8"
    return {
        "web": _python(f"-m gunicorn config.wsgi --bind {address} {size} {WEB_OPTIONS}"),
        "worker": _worker("fast io bulk gpu", "--threads 4"),
        "worker-fast": _worker("fast", "--threads 4"),
        "worker-io": _worker("io", "--threads 4"),
        "worker-bulk": _worker("bulk", "--threads 1", prefetch=1),
        # CUDA does not survive a fork.
        "worker-gpu": _worker("gpu", "--threads 1 --use-spawn", prefetch=1),
        "tick": _python("manage.py tick"),
    }


def _worker(queues: str, options: str, *, prefetch: int = 2) -> Role:
    command = f"-m dramatiq config.worker --processes 1 {options} --worker-shutdown-timeout 15000 --queues {queues}"
    return _python(command, dramatiq_queue_prefetch=str(prefetch))


def _python(words: str, **environment: str) -> Role:
    return Role((sys.executable, *words.split()), environment)


@dataclass
class Child:
    """One process of the demo, in a session of its own: Ctrl-C reaches the supervisor, which ends the others in order."""

    name: str
    role: Role
    early_ends: int = 0
    started_at: float = 0
    resting_until: float = 0
    process: subprocess.Popen[str] | None = None

    def start(self, environment: dict[str, str], out: Callable[[str], None], err: Callable[[str], None]) -> None:
        """Start the process; each line it prints goes to `out` or `err`, from a thread of its own."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            self.role.command,
            cwd=embedded.CHECKOUT,
            env=environment | self.role.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        for stream, take in ((self.process.stdout, out), (self.process.stderr, err)):
            assert stream is not None
            threading.Thread(target=_forward, args=(stream, take), daemon=True).start()

    @property
    def status(self) -> int | None:
        """The exit status, or None while the process runs."""
        return self.process.poll() if self.process else None

    def count_end(self) -> None:
        """Note that the process has ended by itself, and how long to rest before the next start."""
        early = time.monotonic() - self.started_at < EARLY_SECONDS
        self.early_ends = self.early_ends + 1 if early else 0
        self.resting_until = time.monotonic() + self.early_ends
        self.process = None


def _forward(lines: IO[str], take: Callable[[str], None]) -> None:
    with lines:
        for line in lines:
            take(line.rstrip())


class Demo:
    """Runs the demo's processes until it is told to stop or cannot go on."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://localhost:{port}"
        self.stopping = threading.Event()
        self.hurrying = threading.Event()
        self.children: list[Child] = []
        self.servers_checked_at = 0.0
        self.environment = {
            "PUBLIC_URL": self.url,
            **os.environ,
            "PORT": str(port),
            "PYTHONUNBUFFERED": "1",
            MARK: str(embedded.var_dir()),
        }

    def run(self) -> None:
        """Prepare, start, say where it is, and watch until told to stop."""
        with suppress(Stopped):
            self._prepare()
            for name in DEMO:
                self._start(name, roles()[name])
            self._log("demo", "Making the sample organisation …")
            welcome: list[str] = []
            self._finish(self._start("seed", _python("manage.py seed_demo"), out=welcome.append))
            self._await_ready()
            self._welcome(welcome)
            while True:
                self._pause(0.2)
                self._watch()

    def stop(self) -> None:
        """End every process: politely, then, for what is left or at the second Ctrl-C, at once."""
        for child in self.children:
            if child.process and child.status is None:
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while any(child.process and child.status is None for child in self.children):
            if time.monotonic() > deadline or self.hurrying.wait(0.05):
                break
        end_marked()

    def on_signal(self, _number: int, _frame: object) -> None:
        """The first signal asks everything to stop, the second does not wait."""
        (self.hurrying if self.stopping.is_set() else self.stopping).set()

    def _prepare(self) -> None:
        self._keep_servers()
        # WhiteNoise looks here too, and warns where nothing is.
        (embedded.var_dir() / "static").mkdir(exist_ok=True)
        self._log("demo", "Preparing the database …")
        self._finish(self._start("migrate", _python("manage.py migrate --verbosity=0")))

    def _keep_servers(self) -> None:
        """Start PostgreSQL and Redis, or start them again, unless the user brought their own."""
        self.servers_checked_at = time.monotonic()
        if not os.environ.get("DATABASE_URL"):
            embedded.postgres_url()
        if not os.environ.get("REDIS_URL"):
            embedded.redis_url()

    def _pause(self, seconds: float) -> None:
        if self.stopping.wait(seconds):
            raise Stopped

    def _start(self, name: str, role: Role, out: Callable[[str], None] | None = None) -> Child:
        child = Child(name, role)
        self.children.append(child)
        self._launch(child, out)
        return child

    def _launch(self, child: Child, out: Callable[[str], None] | None = None) -> None:
        def log(line: str) -> None:
            self._log(child.name, line)

        child.start(self.environment, out or log, log)

    def _finish(self, *children: Child) -> None:
        """Wait for processes that have an end; one that fails ends the demo."""
        while any(child.status is None for child in children):
            self._pause(0.05)
            self._watch(children)
        for child in children:
            if child.status != 0:
                raise DemoError(f"{child.name} failed; its output above says why.")
            self.children.remove(child)

    def _await_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not self._ready():
            self._pause(0.1)
            self._watch()
            if time.monotonic() > deadline:
                raise DemoError(f"The web server is not ready after {READY_SECONDS} s; see {self.url}/readyz.")

    def _ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz", headers={"Host": f"localhost:{self.port}"})
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _watch(self, ending: tuple[Child, ...] = ()) -> None:
        """Start again what has ended though it should not, the two servers included."""
        now = time.monotonic()
        for child in self.children:
            if child in ending:
                continue
            if child.process is None and now >= child.resting_until:
                self._launch(child)
            elif child.status is not None:
                self._log(child.name, f"ended with status {child.status}; starting it again")
                child.count_end()
                if child.early_ends >= EARLY_ENDS:
                    raise DemoError(f"{child.name} does not stay up; its output above says why.")
        if now - self.servers_checked_at > SERVER_CHECK_SECONDS:
            self._keep_servers()

    def _log(self, name: str, line: str) -> None:
        sys.stdout.write(f"{name:>7} │ {line}\n")
        sys.stdout.flush()

    def _welcome(self, lines: list[str]) -> None:
        sys.stdout.write(
            "\n".join(["", f"Labelwright is ready at {self.url}", *lines, "", "Stop it with Ctrl-C.", "", ""])
        )
        sys.stdout.flush()


def marked() -> list[psutil.Process]:
    """The processes of this checkout's demo, whoever their parent is now."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == str(embedded.var_dir()) and process.pid != os.getpid():
                found.append(process)
    return found


def end_marked() -> None:
    """Kill what is left of this checkout's demo."""
    left = marked()
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=5)


@contextmanager
def only_demo() -> Iterator[None]:
    """One demo per checkout; what a killed one left behind ends here."""
    embedded.var_dir().mkdir(parents=True, exist_ok=True)
    with (embedded.var_dir() / "demo.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(
                "A demo of this checkout is running already: use it, or stop it with Ctrl-C first."
            ) from None
        end_marked()
        yield


def chosen_port() -> int:
    """The port from `PORT`, checked to be free."""
    word = os.environ.get("PORT") or "8000"
    if not word.isdecimal() or not 0 < int(word) < 65536:
        raise DemoError(f"PORT must be a number from 1 to 65535, not {word!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(word)))
        except PermissionError:
            raise DemoError(f"Port {word} is for root only. Choose one above 1023: make demo PORT=8000") from None
        except OSError:
            raise DemoError(
                f"Port {word} is taken by another program. Choose another: make demo PORT={int(word) % 65535 + 1}"
            ) from None
    return int(word)


def _check_images() -> None:
    """Make `IMAGES` absolute, and refuse a folder that is not there before anything has started."""
    if folder := os.environ.get("IMAGES"):
        path = Path(folder).expanduser().resolve()
        if not path.is_dir():
            raise DemoError(f"IMAGES names no folder: {path}")
        os.environ["IMAGES"] = str(path)


def run_demo() -> None:
    """`make demo`, from the first process to the last."""
    _check_images()
    with only_demo():
        demo = Demo(chosen_port())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, demo.on_signal)
        try:
            demo.run()
        finally:
            demo.stop()


def main(words: list[str]) -> None:
    """Become one role, or run the demo."""
    table = roles()
    match words:
        case ["demo"]:
            run_demo()
        case [name] if name in table:
            role = table[name]
            os.chdir(embedded.CHECKOUT)
            os.execve(role.command[0], role.command, os.environ | role.environment)  # noqa: S606 the table's own command
        case _:
            sys.exit(f"usage: python -m config.processes demo|{'|'.join(table)}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (DemoError, servers.EmbeddedError) as error:
        sys.exit(f"demo: {error}")
