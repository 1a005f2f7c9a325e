"""Where the request that is being answered comes from: what the audit log writes beside who did what."""

from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest

_address: ContextVar[str | None] = ContextVar("address", default=None)


def enter(request: HttpRequest) -> None:
    """Remembers the client of this request, in this thread, until the next one."""
    _address.set(client_address(request))


def address() -> str | None:
    """The client's address; None in jobs and commands."""
    return _address.get()


def client_address(request: HttpRequest) -> str | None:
    """The address behind the TRUSTED_PROXIES: each of them appended the one that it saw to X-Forwarded-For."""
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    proxies = settings.TRUSTED_PROXIES
    if proxies and len(seen) >= proxies:
        return seen[-proxies]
    return request.META.get("REMOTE_ADDR") or None
