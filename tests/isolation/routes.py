"""Every route of the installation, as the URL configuration has it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

# Gates of their own, tested on their own: the Django admin (superusers), allauth's pages about the caller's own account.
ELSEWHERE = ("admin/", "accounts/")


@dataclass(frozen=True)
class Route:
    name: str
    path: str
    """The joined patterns, with their converters."""
    methods: frozenset[str] | None
    """What DRF declares; None for a page, whose methods the table declares."""

    @property
    def takes_object(self) -> bool:
        return "<" in self.path


def _walk(patterns: list[Any], namespace: str, prefix: str) -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, inner, path)
        elif isinstance(pattern, URLPattern):
            actions = getattr(pattern.callback, "actions", None)
            methods = (
                frozenset(m.upper() for m in actions if m in pattern.callback.cls.http_method_names)
                if actions
                else None
            )
            yield Route(f"{namespace}{pattern.name or path}", path, methods and methods - {"HEAD"})


def all_routes() -> list[Route]:
    """Routes in the order of the URL configuration, those of `ELSEWHERE` left out."""
    found = _walk(get_resolver().url_patterns, "", "")
    return [route for route in found if not route.path.startswith(ELSEWHERE)]
