"""Pages of a project's imports of labels."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from exports.forms.exports import ListForm
from exports.forms.imports import ReadingForm, WritingForm
from exports.importing import receiving, requesting
from exports.models import LabelImport
from projects import jobs, navigation, permissions
from projects.errors import DomainError
from projects.http import UserRequest
from projects.models import Project
from projects.permissions import Action

PAGE = 25
STOP_POLLING = 286
State = LabelImport.State


def _project(request: UserRequest, code: str) -> Project:
    project = get_object_or_404(Project.objects.for_user(request.user).select_related("workspace"), code=code)
    permissions.require(request.user, Action.IMPORT_LABELS, project)
    navigation.at(request, project)
    return project


@require_safe
def imports(request: UserRequest, code: str) -> HttpResponse:
    """The project's imports, newest first, older than the one that `?before=` names."""
    project = _project(request, code)
    own = LabelImport.objects.for_user(request.user).filter(project=project)
    cursor = ListForm(request.GET)
    before = cursor.cleaned_data["before"] if cursor.is_valid() else None
    rows = own.filter(pk__lt=own.filter(code=before).values("pk")) if before else own
    found = list(rows.select_related("job", "created_by").order_by("-pk")[: PAGE + 1])
    context = {
        "project": project,
        "imports": found[:PAGE],
        "older_url": f"?before={found[PAGE - 1].code}" if len(found) > PAGE else None,
        "newest_url": request.path if before else None,
    }
    return render(request, "exports/imports.html", context)


@require_safe
def new(request: UserRequest, code: str) -> HttpResponse:
    """The page that takes a file."""
    project = _project(request, code)
    bootstrap = {
        "body": {"project": str(project.code)},
        "url": "/api/v1/imports/",
        "page": "/imports/",
        "chunk": receiving.CHUNK,
    }
    return render(request, "exports/import_new.html", {"project": project, "bootstrap": bootstrap})


def _import(request: UserRequest, code: str) -> LabelImport:
    rows = LabelImport.objects.for_user(request.user).select_related("project__workspace", "job", "created_by")
    found = get_object_or_404(rows, code=code)
    permissions.require(request.user, Action.IMPORT_LABELS, found.project)
    navigation.at(request, found.project)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def label_import(request: UserRequest, code: str) -> HttpResponse:
    """One import: what was found in its file, how it is to be written, its progress, its result. A POST names a verb."""
    found = _import(request, code)
    if request.method == "POST":
        return _done(request, found)
    return _page(request, found)


def _page(
    request: UserRequest, found: LabelImport, reading: ReadingForm | None = None, writing: WritingForm | None = None
) -> HttpResponse:
    is_live = requesting.is_at_work(found)
    context = {
        "project": found.project,
        "import": found,
        "is_live": is_live,
        "is_stuck": found.state in requesting.AT_WORK and not is_live,
        "reading": reading or ReadingForm(found),
        "writing": writing or WritingForm(found),
        "undoable": requesting.undoable(found),
        "writable": found.project.state in requesting.WRITABLE,
    }
    if request.htmx:
        return render(request, "exports/import.html#state", context, status=200 if is_live else STOP_POLLING)
    is_wrong = (reading and reading.errors) or (writing and writing.errors)
    return render(request, "exports/import.html", context, status=422 if is_wrong else 200)


def _done(request: UserRequest, found: LabelImport) -> HttpResponse:
    """Does what the pressed button says."""
    verb = request.POST.get("verb", "")
    try:
        if verb == "check" and not (reading := _checked(request, found)).is_valid():
            return _page(request, found, reading=reading)
        if verb == "write" and not (writing := _written(request, found)).is_valid():
            return _page(request, found, writing=writing)
        if verb == "discard":
            requesting.discard(label_import=found, actor=request.user)
            return redirect("exports:imports", found.project.code)
        if verb == "cancel" and found.job is not None:
            jobs.request_cancel(found.job)
        if verb in ("undo", "go_on"):
            getattr(requesting, verb)(label_import=found, actor=request.user)
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("exports:import", found.code)


def _checked(request: UserRequest, found: LabelImport) -> ReadingForm:
    """Has the file looked through again, where the form allows."""
    form = ReadingForm(found, request.POST)
    if form.is_valid():
        requesting.check(
            label_import=found, actor=request.user, options=form.options(), form=form.cleaned_data["format"]
        )
    return form


def _written(request: UserRequest, found: LabelImport) -> WritingForm:
    form = WritingForm(found, request.POST)
    if form.is_valid():
        requesting.write(label_import=found, actor=request.user, options=form.options())
    return form
