"""Pages of lists that become datasets, and of the labels that came with them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from exports.forms.lists import BringForm, MakeForm, MappingForm, StoreForm
from exports.importing import receiving
from exports.lists import labels as listed_labels
from exports.lists import requesting
from exports.models import ImageList
from projects import datastores, jobs, navigation, permissions
from projects.errors import DomainError
from projects.http import UserRequest
from projects.models import Project, Workspace
from projects.permissions import Action

STOP_POLLING = 286


@require_safe
def new(request: UserRequest, code: str) -> HttpResponse:
    """The page that takes a list for a datastore."""
    workspace = get_object_or_404(Workspace.objects.for_user(request.user).select_related("organisation"), code=code)
    permissions.require(request.user, Action.MANAGE_DATA, workspace)
    navigation.at(request, workspace)
    form = StoreForm(workspace, request.user, initial={"datastore": request.GET.get("datastore", "")})
    bootstrap = {
        "body": {"workspace": str(workspace.code)},
        "url": "/api/v1/lists/",
        "page": "/lists/",
        "chunk": receiving.CHUNK,
    }
    context = {"workspace": workspace, "form": form, "bootstrap": bootstrap}
    context["can"] = permissions.allowed_actions(request.user, workspace)
    return render(request, "exports/list_new.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def image_list(request: UserRequest, code: str) -> HttpResponse:
    """One list: its progress, what is in it, which columns hold what, and the form of its dataset. A POST names a verb."""
    rows = ImageList.objects.for_user(request.user)
    found = get_object_or_404(
        rows.select_related("workspace__organisation", "datastore", "dataset", "job", "created_by"), code=code
    )
    permissions.require(request.user, Action.MANAGE_DATA, found.workspace)
    navigation.at(request, found.workspace)
    if request.method == "POST":
        return _done(request, found)
    if found.dataset is not None:
        return redirect("projects:dataset", found.dataset.code)
    return _page(request, found)


def _page(
    request: UserRequest, found: ImageList, mapping: MappingForm | None = None, making: MakeForm | None = None
) -> HttpResponse:
    is_live = found.job is not None and not found.job.has_ended
    context = {
        "workspace": found.workspace,
        "can": permissions.allowed_actions(request.user, found.workspace),
        "list": found,
        "report": found.report,
        "is_live": is_live,
        "is_stuck": found.job is not None and found.job.state in ("failed", "cancelled"),
        "mapping": mapping or MappingForm(found),
        "making": making or MakeForm(found),
    }
    if request.htmx:
        return render(request, "exports/list.html#state", context, status=200 if is_live else STOP_POLLING)
    is_wrong = (mapping and mapping.errors) or (making and making.errors)
    return render(request, "exports/list.html", context, status=422 if is_wrong else 200)


def _done(request: UserRequest, found: ImageList) -> HttpResponse:
    """Does what the pressed button says."""
    verb = request.POST.get("verb", "")
    try:
        if verb == "make":
            return _made(request, found)
        if verb == "check":
            mapping = MappingForm(found, request.POST)
            if not mapping.is_valid():
                return _page(request, found, mapping=mapping)
            spoken = mapping.cleaned_data.get("spoken")
            requesting.check(image_list=found, actor=request.user, options=mapping.options(), spoken=spoken)
        if verb == "discard":
            requesting.discard(image_list=found, actor=request.user)
            return redirect("exports:list-new", found.workspace.code)
        if verb == "cancel" and found.job is not None:
            jobs.request_cancel(found.job)
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("exports:list", found.code)


def _made(request: UserRequest, found: ImageList) -> HttpResponse:
    """The dataset, or its form with what is wrong."""
    form = MakeForm(found, request.POST)
    if form.is_valid():
        try:
            made = requesting.make(image_list=found, actor=request.user, **form.values())
        except DomainError as error:
            for name, words in datastores.explain(error).items():
                form.add_error(name if name in form.fields else None, words)
        else:
            return redirect("projects:dataset", made.code)
    return _page(request, found, making=form)


@require_http_methods(["GET", "HEAD", "POST"])
def labels(request: UserRequest, code: str) -> HttpResponse:
    """What a project's datasets came with, as a part of other pages; a POST has the labels of one looked through."""
    project = get_object_or_404(Project.objects.for_user(request.user).select_related("workspace"), code=code)
    permissions.require(request.user, Action.IMPORT_LABELS, project)
    if request.method == "POST":
        form = BringForm(request.user, request.POST)
        if form.is_valid():
            wanted, is_final = form.cleaned_data["image_list"], form.cleaned_data["final"] == "yes"
            try:
                made = listed_labels.bring(image_list=wanted, project=project, actor=request.user, final=is_final)
            except DomainError as error:
                messages.error(request, error.detail)
            else:
                return redirect("exports:import", made.code)
        return redirect("exports:imports", project.code)
    if not request.htmx:
        return redirect("exports:imports", project.code)
    context = {"project": project, "offers": listed_labels.offers(project)}
    return render(request, "exports/listed_labels.html", context)
