"""What is answered where no view answers: pages for people, problem documents for programs."""

import logging
import sys
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from projects import tenancy_pool

RETRY_SECONDS = 2
logger = logging.getLogger(__name__)


def _answer(request: HttpRequest, status: int, code: str, title: str, detail: str) -> HttpResponse:
    reference = getattr(request, "reference", "")
    if not request.path.startswith("/api/"):
        # After a failure of ours the page does without what the frame reads from the database.
        return render(None if status >= 500 else request, f"{status}.html", {"reference": reference}, status=status)
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
    """500: ours; the reference leads to the log line. 503 while PostgreSQL is away."""
    if tenancy_pool.is_away(sys.exc_info()[1]):
        detail = "The database is away for a moment. Nothing was lost; send this again."
        answer = _answer(request, 503, "unavailable", "Unavailable for a moment", detail)
        answer["Retry-After"] = str(RETRY_SECONDS)
        return answer
    logger.error("Request %s failed", getattr(request, "reference", ""))
    return _answer(request, 500, "server_error", "Something broke", "This is our fault. Nothing you sent was lost.")
