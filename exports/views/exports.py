"""Pages of a project's exports."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from exports import downloads, services, storing
from exports.forms.exports import CompareForm, DatasetForm, ExportForm, ListForm
from exports.models import Export, Registration
from projects import navigation, permissions
from projects.http import UserRequest, public
from projects.models import Job, Project
from projects.permissions import Action

PAGE = 25
STOP_POLLING = 286


@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: UserRequest, code: str) -> HttpResponse:
    """The project's exports, newest first, and the form for another one."""
    project = get_object_or_404(Project.objects.for_user(request.user).select_related("workspace"), code=code)
    permissions.require(request.user, Action.EXPORT, project)
    navigation.at(request, project)
    form = ExportForm(request.POST or None, project=project, user=request.user)
    if request.method == "POST" and form.is_valid() and (export := _requested(request, project, form)):
        return redirect("exports:export", export.code)
    context = {
        "project": project,
        "form": form,
        "output_store": storing.chosen(project.workspace),
        "workspace_can": permissions.allowed_actions(request.user, project.workspace),
        **_page(request, project),
    }
    return render(request, "exports/exports.html", context, status=422 if form.errors else 200)


def _requested(request: UserRequest, project: Project, form: ExportForm) -> Export | None:
    """The export that the form asks for; None, with the form saying why, where it cannot be had."""
    chosen = {name: form.cleaned_data[name] for name in ("format", "statuses", "labels", "since", "until")}
    try:
        return services.request_export(project=project, actor=request.user, options=form.options(), **chosen)
    except services.FormatUnfit as error:
        for name, words in error.fields.items():
            form.add_error(name, words)
        return None


def _page(request: UserRequest, project: Project) -> dict[str, object]:
    """One page of a project's exports, newest first, older than the one that `?before=` names."""
    own = Export.objects.for_user(request.user).filter(project=project)
    cursor = ListForm(request.GET)
    before = cursor.cleaned_data["before"] if cursor.is_valid() else None
    rows = own.filter(pk__lt=own.filter(code=before).values("pk")) if before else own
    found = list(rows.select_related("job", "created_by").order_by("-pk")[: PAGE + 1])
    older_url = f"?before={found[PAGE - 1].code}" if len(found) > PAGE else None
    return {"exports": found[:PAGE], "older_url": older_url, "newest_url": request.path if before else None}


def _export(request: UserRequest, code: str) -> Export:
    rows = Export.objects.for_user(request.user).select_related("project__workspace", "job", "created_by", "datastore")
    export = get_object_or_404(rows, code=code)
    permissions.require(request.user, Action.EXPORT, export.project)
    return export


@require_safe
def export(request: UserRequest, code: str) -> HttpResponse:
    """One export: its progress until it is done, then its manifest and its download."""
    found = _export(request, code)
    navigation.at(request, found.project)
    context: dict[str, object] = {"project": found.project, "export": found}
    if found.completed_at:
        made = Registration.objects.for_user(request.user).filter(export=found).select_related("dataset", "job")
        context |= {
            "registrations": made.order_by("pk"),
            "compare_form": CompareForm(export=found, user=request.user),
            "dataset_form": DatasetForm(initial={"name": found.name[:120]}),
        }
    workspace_can = permissions.allowed_actions(request.user, found.project.workspace)
    context |= {"can": permissions.allowed_actions(request.user, found.project), "workspace_can": workspace_can}
    if not request.htmx:
        return render(request, "exports/export.html", context)
    unfinished = found.job is not None and found.job.state in (Job.State.QUEUED, Job.State.RUNNING)
    return render(request, "exports/export.html#state", context, status=200 if unfinished else STOP_POLLING)


@require_safe
def download(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Sends the browser to a short-lived signed URL of the file, and records that it was taken."""
    found = _export(request, code)  # type: ignore[arg-type]  # signed in: DeniedByDefaultMiddleware
    return redirect(downloads.signed_url(found, actor=request.user))


@public
@require_safe
def file(request: HttpRequest, signed: str) -> StreamingHttpResponse:
    """A finished export, to whoever holds its short-lived address: where the installation's store is a local disk."""
    found = downloads.opened(signed)
    response = StreamingHttpResponse(found.chunks, content_type=found.content_type)
    response["Content-Length"] = str(found.size)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=found.name) or ""
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
