"""A real PostgreSQL and a real Redis for a checkout that was given none.

Everything lies under `var/` (`VAR_DIR`), listens on unix sockets only and belongs to one checkout. A process that asks for a
URL holds a shared lock for as long as it lives, and the last one to leave stops the servers. The kernel drops the lock of a
process that is killed, so nothing has to be counted, and the next process finds the servers running. `start` pins them until
`stop`; `run` holds them for one command.

PostgreSQL refuses to run as root. Started by root, both servers run as the user `postgres` or `nobody`, and move to
`/var/lib/labelwright` (recorded in `var/`) where that user cannot reach the checkout.
"""

import atexit
import fcntl
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from config.servers import EmbeddedError, Places, Postgres, Redis, Server

CHECKOUT = Path(__file__).resolve().parent.parent
# A unix socket's path must fit into 104 bytes on macOS and 108 on Linux.
SOCKET_DIR_BYTES = 100 - len("/labelwright-12345678/.s.PGSQL.5432")


def var_dir() -> Path:
    """The folder of everything this checkout makes while running (`VAR_DIR`)."""
    return Path(os.environ.get("VAR_DIR") or CHECKOUT / "var").resolve()


def _books() -> Path:
    """The folder of the locks and of the record of where things are."""
    return var_dir() / "embedded"


def _account(home: Path) -> pwd.struct_passwd | None:
    """Whom the servers run as: ourselves, or, as root, whoever owns the data already, else `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        return None
    with suppress(OSError, KeyError):
        return pwd.getpwuid((home / "postgres").stat().st_uid)
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise EmbeddedError("PostgreSQL does not run as root: run as an ordinary user, or set DATABASE_URL and REDIS_URL.")


def _places() -> Places | None:
    """The places that an earlier process recorded, if they still stand."""
    try:
        record = json.loads((_books() / "places.json").read_text())
    except (OSError, ValueError):
        return None
    home, sockets = Path(record["home"]), Path(record["sockets"])
    if not home.is_dir():
        return None
    return Places(home, sockets, _account(home))


def _settle() -> Places:
    """The recorded places, chosen and recorded first where there are none; the caller holds the lock."""
    places = _places()
    if places and _private(places):
        return places
    if places:
        _stop_servers()
    home = places.home if places else _home()
    places = Places(home, _socket_dir(), _account(home))
    places.give(places.sockets)
    draft = _books() / "places.json.new"
    draft.write_text(json.dumps({"home": str(places.home), "sockets": str(places.sockets)}) + "\n")
    draft.replace(_books() / "places.json")
    return places


def _private(places: Places) -> bool:
    """Whether the sockets' folder is there and still only ours; a cleaner of temporary files may have taken it."""
    try:
        status = places.sockets.lstat()
    except FileNotFoundError:
        return False
    return (
        status.st_uid == (places.account.pw_uid if places.account else os.geteuid())
        and status.st_mode & 0o77077 == 0o40000
    )


def _home() -> Path:
    """`var/`, or a folder elsewhere when we are root and the servers' account cannot enter `var/`."""
    var = var_dir()
    account = _account(var)
    if not account or Places(Path("/"), Path("/"), account).run("/bin/sh", "-c", 'cd "$0"', var).returncode == 0:
        return var
    shelf = Path("/var/lib/labelwright")
    try:
        shelf.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError:
        shelf = Path(tempfile.gettempdir())
    home = Path(tempfile.mkdtemp(prefix=f"{CHECKOUT.name}-", dir=shelf))
    os.chown(home, account.pw_uid, account.pw_gid)
    return home


def _socket_dir() -> Path:
    parent = Path(tempfile.gettempdir())
    if len(os.fsencode(parent)) > SOCKET_DIR_BYTES:
        parent = Path("/tmp")  # noqa: S108 mkdtemp makes a fresh folder of mode 0700 in it
    return Path(tempfile.mkdtemp(prefix="labelwright-", dir=parent))


@contextmanager
def _locked() -> Iterator[None]:
    """Only one process of the checkout starts or stops servers at a time."""
    with (_books() / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


_joined: dict[Path, int] = {}


def _join() -> None:
    """Count this process, and its forks, among the users of the servers until it ends."""
    books = _books()
    if books in _joined:
        return
    try:
        books.mkdir(mode=0o700, parents=True, exist_ok=True)
        _joined[books] = os.open(books / "users", os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError:
        raise EmbeddedError(
            f"{var_dir()} belongs to another user: run as that user, or set VAR_DIR to a folder of your own."
        ) from None
    fcntl.flock(_joined[books], fcntl.LOCK_SH)
    atexit.register(_leave, os.getpid(), books)


def _leave(pid: int, books: Path) -> None:
    """At the end of a process: stop the servers unless they are pinned or someone else uses them."""
    if pid != os.getpid() or books != _books() or (books / "pinned").exists():
        return
    with _locked(), suppress(BlockingIOError):
        fcntl.flock(_joined[books], fcntl.LOCK_EX | fcntl.LOCK_NB)
        _stop_servers()


def _use(kind: type[Server]) -> str:
    _join()
    places = _places()
    if not places or not kind(places).answers():
        with _locked():
            places = _settle()
            kind(places).start()
    return kind(places).url


def _stop_servers() -> None:
    if places := _places():
        for kind in (Redis, Postgres):
            kind(places).stop()


def postgres_url() -> str:
    """The app role's URL of this checkout's PostgreSQL, which is started if need be."""
    return _use(Postgres)


def redis_url() -> str:
    """The URL of this checkout's Redis, which is started if need be."""
    return _use(Redis)


def stop() -> None:
    """Stop this checkout's servers, whoever uses them."""
    if _books().is_dir():
        with _locked():
            (_books() / "pinned").unlink(missing_ok=True)
            _stop_servers()


def delete() -> None:
    """Stop this checkout's servers and delete everything they keep."""
    stop()
    if places := _places():
        for folder in (
            places.sockets,
            places.home / "postgres",
            places.home / "redis",
            places.home / "programs",
            _books(),
        ):
            shutil.rmtree(folder, ignore_errors=True)
        if places.home != var_dir():
            shutil.rmtree(places.home, ignore_errors=True)


def _start() -> int:
    _join()
    (_books() / "pinned").touch()
    return _print_urls()


def _print_urls() -> int:
    sys.stdout.write(f"DATABASE_URL={postgres_url()}\nREDIS_URL={redis_url()}\n")
    return 0


def _status() -> int:
    """Say what runs, without starting anything; exit status 3 unless both run, as service scripts have it."""
    places = _places()
    stopped = 0
    for kind in (Postgres, Redis):
        answers = places is not None and kind(places).answers()
        stopped += not answers
        sys.stdout.write(f"{kind.program}: {'running' if answers else 'stopped'}\n")
    return 3 if stopped else 0


def _run(command: list[str]) -> int:
    """Run a command with the servers up; its exit status is ours. Ctrl-C is the command's to handle."""
    postgres_url()
    redis_url()
    child = subprocess.Popen(command)
    signal.signal(signal.SIGTERM, lambda number, _frame: child.send_signal(number))
    while child.returncode is None:
        with suppress(KeyboardInterrupt):
            child.wait()
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def main(words: list[str]) -> int:
    """`python -m config.embedded start|stop|status|url|delete` or `run COMMAND …`."""
    match words:
        case ["start"]:
            return _start()
        case ["stop"]:
            stop()
            return 0
        case ["delete"]:
            delete()
            return 0
        case ["status"]:
            return _status()
        case ["url"]:
            return _status() or _print_urls()
        case ["run", *command] if command:
            return _run(command)
    sys.stderr.write(f"{main.__doc__}\n")
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except EmbeddedError as error:
        sys.exit(f"embedded: {error}")
