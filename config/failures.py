"""What is answered where no view answers: pages for people, problem documents for programs."""

import logging
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

logger = logging.getLogger(__name__)


def _answer(request: HttpRequest, status: int, code: str, title: str, detail: str) -> HttpResponse:
    reference = getattr(request, "reference", "")
    if not request.path.startswith("/api/"):
        return render(request, f"{status}.html", {"reference": reference}, status=status)
    body = {
        "type": f"urn:labelwright:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "reference": reference,
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")


def not_found(request: HttpRequest, exception: Any) -> HttpResponse:
    """404: absent, foreign and hidden alike."""
    return _answer(request, 404, "not_found", "Not found", "There is nothing here, or nothing that you may see.")


def server_error(request: HttpRequest) -> HttpResponse:
    """500: ours; the reference leads to the log line."""
    logger.error("Request %s failed", getattr(request, "reference", ""))
    return _answer(request, 500, "server_error", "Something broke", "This is our fault. Nothing you sent was lost.")
