"""Errors of the API as RFC 9457 problem documents with a stable `code`."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from projects.errors import DomainError
from projects.rest.parsing import TooLarge

TITLES = {
    400: "The request is not valid",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "The body is too large",
    415: "Unsupported media type",
    422: "The input is not valid",
    429: "Too many requests",
}


def problem(
    http_status: int, code: str, detail: str, *, fields: Mapping[str, Any] | None = None, **extra: Any
) -> Response:
    """A problem document as a response."""
    body = {
        "type": f"urn:labelwright:problem:{code}",
        "title": TITLES.get(http_status, "Error"),
        "status": http_status,
        "code": code,
        "detail": detail,
        **extra,
    }
    if fields:
        body["fields"] = fields
    return Response(body, status=http_status, content_type="application/problem+json")


def _flat(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    if isinstance(detail, Mapping):
        found: dict[str, list[str]] = {}
        for name, value in detail.items():
            found |= _flat(value, f"{prefix}.{name}" if prefix else str(name))
        return found
    if isinstance(detail, list) and any(isinstance(item, Mapping | list) for item in detail):
        found = {}
        for index, item in enumerate(detail):
            found |= _flat(item, f"{prefix}.{index}" if prefix else str(index))
        return found
    messages = detail if isinstance(detail, list) else [detail]
    return {prefix or "detail": [str(message) for message in messages]}


def _as_api_error(error: Exception) -> Exception:
    if isinstance(error, RecursionError):
        return exceptions.ParseError("The body is nested too deeply.")
    if isinstance(error, RequestDataTooBig):
        return TooLarge()
    if isinstance(error, Http404):
        return exceptions.NotFound("There is nothing here, or nothing that you may see.")
    return exceptions.PermissionDenied() if isinstance(error, PermissionDenied) else error


def _of_api_error(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.ValidationError):
        fields = _flat(error.detail)
        name, messages = next(iter(fields.items()))
        return problem(status.HTTP_400_BAD_REQUEST, "invalid", f"{name}: {messages[0]}", fields=fields)
    codes = error.get_codes()
    return problem(error.status_code, codes if isinstance(codes, str) else "error", str(error.detail))


def problem_response(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler; None (a 500) for what is not the caller's fault."""
    error = _as_api_error(error)
    if isinstance(error, DomainError):
        set_rollback()
        return problem(error.status, error.code, error.detail, fields=error.fields, **error.extra)
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    answer = _of_api_error(error)
    wait = getattr(error, "wait", None)
    if wait:
        answer["Retry-After"] = str(int(wait) + 1)
    header = getattr(error, "auth_header", None)
    if header:
        answer["WWW-Authenticate"] = header
    return answer


def is_api(request: HttpRequest) -> bool:
    """Whether the request is for the API, whose errors are documents and not pages."""
    return request.path.startswith("/api/")
