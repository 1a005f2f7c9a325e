"""The last look before anything is said to a store: to which address its name has led.

That a host is on the operator's list (projects.stores.endpoints) says nothing of where its name points, which may change
between a look and the call. So it is the connection itself that is looked at, once it stands and before a byte is sent: a
private, link-local or loopback address is refused, unless the list names that very host or gives its wildcard a scheme.
Connections to a proxy of the operator's are not looked at; that is the proxy's to do.
"""

import ipaddress
import socket
from functools import lru_cache
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import PoolManager

from projects.stores import endpoints
from projects.stores.base import StoreRefused


class GuardedAdapter(HTTPAdapter):
    """requests' transport with every connection looked at."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        guard(self.poolmanager)


def guard(manager: PoolManager) -> None:
    """Has the connections of a pool looked at that it makes from here on."""
    manager.pool_classes_by_scheme = {scheme: _guarded(pool) for scheme, pool in manager.pool_classes_by_scheme.items()}


@lru_cache
def _guarded(pool: Any) -> Any:
    """A kind of pool whose connections are looked at."""

    class Connection(pool.ConnectionCls):  # type: ignore[misc]  # one of urllib3's, or botocore's
        def _new_conn(self) -> socket.socket:
            made: socket.socket = super()._new_conn()
            try:
                refuse_private(self.host, made.getpeername()[0])
            except StoreRefused:
                made.close()
                raise
            return made

    return type(f"Guarded{pool.__name__}", (pool,), {"ConnectionCls": Connection})


def refuse_private(host: str, address: str) -> None:
    """Raises StoreRefused if `host` has led to an address that it may not have."""
    found: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address.partition("%")[0])
    found = getattr(found, "ipv4_mapped", None) or found
    if found.is_global and not found.is_multicast:
        return
    if not endpoints.may_be_private(host):
        words = (
            f"{host} leads to an address inside a network, {found}, where this installation does not go. Ask its operator"
            f" to name {host} itself in STORAGE_HOSTS, or correct the address."
        )
        raise StoreRefused(words, fields={"endpoint": [words]})
