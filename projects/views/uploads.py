"""Bringing files into a dataset from a computer, and what became of the archives among them."""

from typing import Any

from csp.decorators import csp_update
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from projects import navigation, permissions, uploads
from projects.errors import DomainError
from projects.http import UserRequest
from projects.models import Dataset, Job, Upload
from projects.permissions import Action

ARCHIVES = 20
PAGE = 100
STOP_POLLING = 286


def _dataset(request: UserRequest, code: str) -> Dataset:
    rows = Dataset.objects.for_user(request.user).select_related("workspace__organisation", "datastore__workspace")
    found = get_object_or_404(rows, code=code)
    permissions.require(request.user, Action.MANAGE_DATA, found.workspace)
    navigation.at(request, found.workspace)
    return found


@require_http_methods(["GET", "POST"])
def upload(request: UserRequest, code: str) -> HttpResponse:
    """The page that takes files; a POST forgets those that stopped coming."""
    found = _dataset(request, code)
    if found.source != Dataset.Source.UPLOAD:
        messages.error(request, "This dataset takes its files from a store. Make one for uploads.")
        return redirect("projects:dataset", found.code)
    if request.method == "POST":
        gone = uploads.discard_unfinished(dataset=found)
        messages.success(request, f"{gone:,} unfinished files were forgotten.")
        return redirect("projects:upload", found.code)
    sent = Upload.objects.for_user(request.user).filter(dataset=found)
    archives = list(sent.exclude(outcome={}).order_by("-pk")[:ARCHIVES])
    is_live = any(row.state == Upload.State.UNPACKING for row in archives)
    context = {"dataset": found, "archives": archives, "is_live": is_live}
    if request.htmx.target == "archives":
        return render(request, "projects/upload.html#archives", context, status=200 if is_live else STOP_POLLING)
    origin = _direct_origin(found)
    context |= {
        "workspace": found.workspace,
        "can": permissions.allowed_actions(request.user, found.workspace),
        "unfinished": sent.filter(state=Upload.State.RECEIVING).count(),
        "bootstrap": _bootstrap(found, origin),
    }
    answer = render(request, "projects/upload.html", context)
    if origin:
        # Only this page of ours talks to a store by itself.
        csp_update({"connect-src": [origin]})(lambda _: answer)(request)
    return answer


def _direct_origin(dataset: Dataset) -> str:
    try:
        return uploads.direct_origin(dataset)
    except DomainError:
        return ""  # the store's settings are no good: sending through the server says why


def _bootstrap(dataset: Dataset, origin: str) -> dict[str, Any]:
    return {
        "dataset": str(dataset.code),
        "url": "/api/v1/uploads/",
        "chunk": Upload.CHUNK,
        "batch": uploads.BATCH,
        "direct": bool(origin),
    }


@require_safe
def archive(request: UserRequest, code: str) -> HttpResponse:
    """What became of an archive: how far its job is, how many files were taken, and which were not, and why."""
    rows = Upload.objects.for_user(request.user).select_related("dataset__workspace__organisation", "created_by")
    found = get_object_or_404(rows.exclude(outcome={}), code=code)
    permissions.require(request.user, Action.MANAGE_DATA, found.dataset.workspace)
    navigation.at(request, found.dataset.workspace)
    refused = Upload.objects.for_user(request.user).filter(archive=found, state=Upload.State.FAILED)
    after = request.GET.get("after", "")
    if after.isdecimal() and len(after) < 19:
        refused = refused.filter(pk__gt=int(after))
    shown = list(refused.order_by("pk")[: PAGE + 1])
    jobs = Job.objects.for_user(request.user).filter(kind=uploads.UNPACK, dedupe_key=uploads.dedupe_key(found))
    is_live = found.state == Upload.State.UNPACKING
    context = {
        "archive": found,
        "dataset": found.dataset,
        "workspace": found.dataset.workspace,
        "can": permissions.allowed_actions(request.user, found.dataset.workspace),
        "job": jobs.order_by("-pk").first(),
        "is_live": is_live,
        "refused": shown[:PAGE],
        "next_url": f"?after={shown[PAGE - 1].pk}" if len(shown) > PAGE else None,
    }
    if request.htmx:
        return render(request, "projects/archive.html#state", context, status=200 if is_live else STOP_POLLING)
    return render(request, "projects/archive.html", context)
