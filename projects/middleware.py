"""Every request gets the rows of its user and no others, and every expected failure its page."""

import secrets
from collections.abc import Callable
from typing import Any, TypeAlias

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from projects import origins, tenancy
from projects.errors import DomainError

Handler: TypeAlias = Callable[[HttpRequest], HttpResponseBase]


class RequestIdMiddleware:
    """Gives every request a reference that its answer, its error page and its log lines share, and notes its origin."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        reference = secrets.token_hex(6)
        origins.enter(request)
        request.reference = reference  # type: ignore[attr-defined]  # read by config.failures
        response = self.get_response(request)
        response["X-Request-ID"] = reference
        return response


class PrivateAnswersMiddleware:
    """Keeps answers out of every cache, the browser's too, unless their view says how long they may be kept.

    They show one person's rows, and whoever sits down at the machine after them would find them by “back”.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class TenancyMiddleware:
    """Opens the tenancy context of the signed-in user; the admin of superusers sees all tenants.

    It closes nothing: the connection forgets its context when it goes back to the pool. Only a context that was there
    before (in tests) is restored.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        before = tenancy.current()
        self._enter(request)
        try:
            return self.get_response(request)
        finally:
            if before != tenancy.NOWHERE:
                tenancy.restore(before)

    def _enter(self, request: HttpRequest) -> None:
        if not request.user.is_authenticated:
            if tenancy.current() != tenancy.NOWHERE:
                tenancy.enter(tenancy.NOWHERE)
        elif request.path.startswith("/admin/") and request.user.is_superuser:
            tenancy.enter(tenancy.Context(system=True))
        else:
            tenancy.enter_user(request.user.pk)


class DeniedByDefaultMiddleware:
    """Sends strangers to the sign-in page, unless the view is public or answers for itself (the API)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Lets through who is signed in, public views, DRF's views, and allauth's and the admin's own gates."""
        if request.user.is_authenticated or getattr(view, "public", False):
            return None
        module = getattr(view, "__module__", "") or ""
        if hasattr(view, "cls") or module.startswith(("allauth.", "django.contrib.admin", "drf_spectacular.")):
            return None
        return redirect_to_login(request.get_full_path())


class DomainErrorMiddleware:
    """Turns a DomainError that no view caught into a page with its sentence and status."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Other exceptions stay what they are: a 500."""
        if not isinstance(error, DomainError):
            return None
        template = "403.html" if error.status == 403 else "problem.html"
        return render(request, template, {"problem": error}, status=error.status)
