"""Typed readers of the environment: the only place where a setting enters the process."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    """The value of `name`, stripped; `default` where it is absent or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool = False) -> bool:
    """A yes/no variable; raises ImproperlyConfigured for anything but 1/0, true/false, yes/no, on/off."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def integer(name: str, default: int, *, minimum: int = 0) -> int:
    """A whole number not below `minimum`; raises ImproperlyConfigured otherwise."""
    value = text(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None
    if number < minimum:
        raise ImproperlyConfigured(f"{name} must be at least {minimum}, not {number}.")
    return number


def words(name: str, default: str = "") -> list[str]:
    """A list separated by commas or white space."""
    return text(name, default).replace(",", " ").split()


def hosts(name: str, default: str = "") -> list[str]:
    """A list of hosts; raises ImproperlyConfigured for `*`, as whoever means every host has not thought of them."""
    found = words(name, default)
    if any(host.rpartition("//")[2] in {"*", "."} for host in found):
        raise ImproperlyConfigured(f"{name} must name the hosts: * would stand for any.")
    return found


def secret(name: str) -> str:
    """A secret from `NAME`, or from the file that `NAME_FILE` names; empty where neither is set."""
    path = text(f"{name}_FILE")
    if not path:
        return text(name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error}.") from error


def kept_secret(name: str, path: Path) -> str:
    """The secret `name`, or one made once and kept in `path` (mode 0600), for the embedded mode alone."""
    value = secret(name)
    if value:
        return value
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    made = secrets.token_urlsafe(48)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(made)
    return made
