"""Where a store's name leads: looked at on the connection, whatever was looked up before."""

import http.server
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from projects import datastores, reading
from projects.datastores import Connection
from projects.stores import guarding
from projects.stores.base import Entry, StoreRefused
from tests.projects.conftest import AZURITE_ACCOUNT, AZURITE_KEY

PUBLIC = ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]
INSIDE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "::1", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_reached(address: str, settings: Any) -> None:
    settings.STORAGE_HOSTS = ["*.example.com"]
    guarding.refuse_private("store.example.com", address)


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_a_network_may_not(address: str, settings: Any) -> None:
    settings.STORAGE_HOSTS = ["*.example.com"]
    with pytest.raises(StoreRefused, match=r"Ask its operator to name store\.example\.com itself"):
        guarding.refuse_private("store.example.com", address)


@pytest.mark.parametrize(
    ("entry", "allowed"),
    [
        ("store.example.com", True),
        ("https://store.example.com", True),
        ("https://*.example.com", True),
        ("*.example.com", False),
        ("https://*.example.org", False),
        ("other.example.com", False),
    ],
)
def test_the_operator_allows_a_host_by_naming_it(entry: str, allowed: bool, settings: Any) -> None:
    settings.STORAGE_HOSTS = [entry]
    if allowed:
        guarding.refuse_private("store.example.com", "10.1.2.3")
    else:
        with pytest.raises(StoreRefused):
            guarding.refuse_private("store.example.com", "10.1.2.3")


class _Endless(http.server.BaseHTTPRequestHandler):
    """A store that sends more than it says; notes what it was asked."""

    asked: list[str] = []

    def do_GET(self) -> None:
        _Endless.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(1 << 40))
        self.end_headers()
        try:
            for _ in range(1000):
                self.wfile.write(b"x" * 65_536)
        except OSError:
            return  # the reader has enough

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def hostile() -> Iterator[int]:
    """A server on this machine that should not be asked anything, or not for long; its port."""
    _Endless.asked.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Endless)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join(10)


def connection(kind: str, port: int) -> Connection:
    endpoint = f"http://store.example.com:{port}"
    if kind == "azure":
        location = {"account": AZURITE_ACCOUNT, "container": "c", "endpoint": endpoint}
        return Connection("azure", location, {"account_key": AZURITE_KEY})
    return Connection(
        "s3", {"bucket": "b", "endpoint": endpoint}, {"access_key_id": "id", "secret_access_key": "secret"}
    )


@pytest.fixture
def rebound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads into this machine when it is called, whatever it led to when it was looked up."""
    real = socket.getaddrinfo

    def lookup(host: Any, *rest: Any, **options: Any) -> Any:
        return real("127.0.0.1" if host == "store.example.com" else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@pytest.mark.usefixtures("rebound")
@pytest.mark.parametrize("kind", ["azure", "s3"])
def test_a_name_that_leads_inside_is_refused_before_anything_is_asked(kind: str, hostile: int, settings: Any) -> None:
    # Allowed by a wildcard with a scheme of its own port, so that only the look at the connection is left.
    settings.STORAGE_HOSTS = [f"http://store.example.com:{hostile}"]
    store = datastores.opened(connection(kind, hostile))
    settings.STORAGE_HOSTS = ["*.example.com"]
    with pytest.raises(StoreRefused, match=r"leads to an address inside a network, 127\.0\.0\.1"):
        store.check(writable=False)
    assert _Endless.asked == []


@pytest.mark.usefixtures("rebound")
def test_no_more_is_read_of_a_file_than_the_listing_said(hostile: int, settings: Any) -> None:
    settings.STORAGE_HOSTS = [f"http://store.example.com:{hostile}"]
    store = datastores.opened(connection("s3", hostile))
    assert len(store.read("a.jpg", 0, 100_000)) == 100_000
    found = reading.read(store, Entry("a.jpg", 1000, "etag"))
    assert found is not None
    assert (found.state, found.byte_size) == ("unreadable", 1000)
