"""What the middleware adds to a request."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from projects.models import User


class UserRequest(HttpRequest):
    """A request behind `login_required`: `user` is a User, `htmx` says whether htmx sent it."""

    user: User
    htmx: HtmxDetails


V = TypeVar("V", bound=Callable[..., Any])


def public(view: V) -> V:
    """Marks a view that strangers may see; every other one sends them to the sign-in page."""
    view.public = True  # type: ignore[attr-defined]  # read by projects.middleware
    return view
