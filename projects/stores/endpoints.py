"""Where a datastore may point: the guard against making this server call addresses of somebody else's choosing.

The vendors' SDKs connect to whatever endpoint they are given, so the endpoint is checked before one is made: its host
must be on the operator's list (settings.STORAGE_HOSTS). An entry without a scheme means https on its usual port; one
with a scheme (`http://127.0.0.1:10000`) allows exactly that origin. Redirects are never followed.
"""

import ipaddress
import re
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from django.conf import settings

from projects.stores.base import StoreRefused

# Of *.amazonaws.com only S3's own names: anybody can rent a machine that is called ec2-….amazonaws.com.
_S3_HOST = re.compile(r"(.+\.)?s3[.-]([a-z0-9-]+\.)*amazonaws\.com(\.cn)?")
# The SDKs read an address with parsers of their own: of `127.0.0.1\.blob.core.windows.net` they take the part before the
# backslash for the host. So a host has the letters of a host, and what they get is put together from what was checked.
_HOST = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9])?")
_PATH = re.compile(r"(/[A-Za-z0-9._~%+=-]*)*")


def checked(url: str, *, field: str = "endpoint") -> str:
    """The endpoint without a trailing slash; StoreRefused where it is malformed or its host is not allowed."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        host, port = "", None
    if parts.scheme not in {"http", "https"} or not (_HOST.fullmatch(host) or _is_address(host)):
        raise _refused("Give a whole address, such as https://account.blob.core.windows.net.", field)
    if parts.username or parts.password or parts.query or parts.fragment or not _PATH.fullmatch(parts.path):
        raise _refused("Give the address alone: without a user name, password, query or token.", field)
    if not _is_allowed(parts.scheme, host, port):
        raise _refused(
            f"This installation does not connect to {parts.scheme}://{parts.netloc}. Ask its operator to add the host"
            " to STORAGE_HOSTS, or correct the address.",
            field,
        )
    return f"{parts.scheme}://{_origin(host, port)}{parts.path.rstrip('/')}"


def _origin(host: str, port: int | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"


def _is_allowed(scheme: str, host: str, port: int | None) -> bool:
    if host.endswith((".amazonaws.com", ".amazonaws.com.cn")) and not _S3_HOST.fullmatch(host):
        return False
    return any(_matches(entry.lower(), scheme, host, port) for entry in settings.STORAGE_HOSTS)


def may_be_private(host: str) -> bool:
    """Whether the operator means this very host: by its name, or by a wildcard that says how to reach it."""
    for entry in map(str.lower, settings.STORAGE_HOSTS):
        has_scheme = "://" in entry
        pattern = urlsplit(entry if has_scheme else f"https://{entry}").hostname or ""
        named = pattern == host.lower() if "*" not in pattern else has_scheme and fnmatchcase(host.lower(), pattern)
        if named:
            return True
    return False


def _matches(entry: str, scheme: str, host: str, port: int | None) -> bool:
    wanted = urlsplit(entry if "://" in entry else f"https://{entry}")
    default = 443 if wanted.scheme == "https" else 80
    if scheme != wanted.scheme or (port or default) != (wanted.port or default):
        return False
    pattern = wanted.hostname or ""
    if pattern.startswith("*."):
        return not _is_address(host) and fnmatchcase(host, pattern)
    return host == pattern


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _refused(detail: str, field: str) -> StoreRefused:
    return StoreRefused(detail, fields={field: [detail]})
