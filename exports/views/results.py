"""What is done with exports: stopped, tried again, deleted, made into datasets, compared; and where they go."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exports import comparisons, registering, removing, services, storing
from exports.forms.exports import CompareForm, DatasetForm, OutputStoreForm
from exports.models import Comparison, Export, Registration
from projects import navigation, permissions
from projects.errors import DomainError
from projects.http import UserRequest
from projects.models import Job, Workspace
from projects.permissions import Action

STOP_POLLING = 286


def _export(request: UserRequest, code: str, action: Action = Action.EXPORT) -> Export:
    rows = Export.objects.for_user(request.user).select_related("project__workspace", "job", "datastore__workspace")
    export = get_object_or_404(rows, code=code)
    permissions.require(request.user, action, export.project)
    return export


def _back(request: UserRequest, export: Export, error: DomainError | None = None) -> HttpResponseRedirect:
    if error is not None:
        messages.error(request, error.detail)
    return redirect("exports:export", export.code)


@require_POST
def cancel(request: UserRequest, code: str) -> HttpResponse:
    """Stops the writing of an export."""
    export = _export(request, code)
    services.cancel_export(export=export, actor=request.user)
    return _back(request, export)


@require_POST
def retry(request: UserRequest, code: str) -> HttpResponse:
    """Goes on with an export that failed or was cancelled."""
    export = _export(request, code)
    try:
        services.retry_export(export=export, actor=request.user)
    except DomainError as error:
        return _back(request, export, error)
    return _back(request, export)


@require_POST
def delete(request: UserRequest, code: str) -> HttpResponse:
    """Deletes an export and its files."""
    export = _export(request, code, Action.MANAGE_PROJECT)
    project = export.project
    try:
        removing.remove(export=export, actor=request.user)
    except DomainError as error:
        return _back(request, export, error)
    messages.success(request, f"“{export.name}” is deleted.")
    return redirect("exports:exports", project.code)


@require_safe
def manifest(request: UserRequest, code: str) -> JsonResponse:
    """What the export holds, its filters and options, and the checksum of its file."""
    export = _export(request, code)
    response = JsonResponse(export.manifest, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="{export.name}.manifest.json"'
    return response


@require_POST
def register(request: UserRequest, code: str) -> HttpResponse:
    """Makes a dataset of the export's images."""
    export = _export(request, code)
    permissions.require(request.user, Action.MANAGE_DATA, export.project.workspace)
    form = DatasetForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Give the dataset a name of at most 120 characters.")
        return _back(request, export)
    try:
        registering.register(export=export, name=form.cleaned_data["name"], actor=request.user)
    except DomainError as error:
        return _back(request, export, error)
    return _back(request, export)


@require_safe
def of_dataset(request: UserRequest, code: str) -> HttpResponseRedirect:
    """The export that a dataset was made of."""
    rows = Registration.objects.for_user(request.user).select_related("export__project")
    found = get_object_or_404(rows, dataset__code=code)
    permissions.require(request.user, Action.EXPORT, found.export.project)
    return redirect("exports:export", found.export.code)


@require_POST
def compare(request: UserRequest, code: str) -> HttpResponse:
    """Compares the export with another one of its project."""
    export = _export(request, code)
    form = CompareForm(request.POST, export=export, user=request.user)
    if not form.is_valid():
        messages.error(request, "Choose an export of this project to compare with.")
        return _back(request, export)
    try:
        made = comparisons.request(export=export, earlier=form.cleaned_data["earlier"], actor=request.user)
    except DomainError as error:
        return _back(request, export, error)
    return redirect("exports:comparison", made.code)


@require_safe
def comparison(request: UserRequest, code: str) -> HttpResponse:
    """What changed between two exports; its progress until that is known."""
    rows = Comparison.objects.for_user(request.user).select_related("export__project__workspace", "earlier", "job")
    found = get_object_or_404(rows, code=code)
    project = found.export.project
    permissions.require(request.user, Action.EXPORT, project)
    navigation.at(request, project)
    context = {"project": project, "comparison": found, "labels": _by_label(found.changes or {})}
    if not request.htmx:
        return render(request, "exports/comparison.html", context)
    unfinished = found.job is not None and found.job.state in (Job.State.QUEUED, Job.State.RUNNING)
    return render(request, "exports/comparison.html#state", context, status=200 if unfinished else STOP_POLLING)


def _by_label(changes: Mapping[str, Any]) -> list[tuple[str, int, int, int]]:
    """Path, and how many annotations were added, removed and changed, for each label with any."""
    counts = [changes.get(f"annotations_{kind}", {}) for kind in ("added", "removed", "changed")]
    paths = sorted(set().union(*counts))
    return [(path, *(count.get(path, 0) for count in counts)) for path in paths]


@require_http_methods(["GET", "HEAD", "POST"])
def output_store(request: UserRequest, code: str) -> HttpResponse:
    """Where a workspace's exports go, and for how long they are kept."""
    rows = Workspace.objects.for_user(request.user).select_related("organisation")
    workspace = get_object_or_404(rows, code=code)
    permissions.require(request.user, Action.MANAGE_DATA, workspace)
    navigation.at(request, workspace)
    chosen = storing.chosen(workspace)
    initial = {"datastore": chosen.datastore.code, "keep_days": chosen.keep_days} if chosen else {}
    form = OutputStoreForm(request.POST or None, workspace=workspace, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            storing.choose(actor=request.user, workspace=workspace, **form.cleaned_data)
        except DomainError as error:
            form.add_error("datastore", error.detail)
        else:
            messages.success(request, "Exports are written there from now on.")
            return redirect("exports:output-store", workspace.code)
    context = {"workspace": workspace, "form": form, "can": permissions.allowed_actions(request.user, workspace)}
    return render(request, "exports/output_store.html", context, status=422 if form.errors else 200)
