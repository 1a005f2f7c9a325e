"""The start page, organisations, and making workspaces."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from projects import navigation, organisations, permissions, workspaces
from projects.errors import DomainError
from projects.forms.people import OrganisationForm, WorkspaceForm
from projects.http import UserRequest
from projects.models import Organisation, Project, Workspace
from projects.permissions import Action

_LISTED = ~Q(projects__state__in=(Project.State.ARCHIVED, Project.State.DRAFT))


@require_safe
def home(request: UserRequest) -> HttpResponse:
    """Labellers: their projects, one click from labelling. Others: their workspace, or a choice of several."""
    rows = Workspace.objects.for_user(request.user).active().select_related("organisation")
    found = list(rows.annotate(projects_count=Count("projects", filter=_LISTED)).order_by("organisation__name", "name"))
    if permissions.only_labels(request.user) or (not found and Project.objects.for_user(request.user).exists()):
        return _labeller_home(request)
    if len(found) == 1:
        return redirect("projects:workspace", found[0].code)
    context = {"workspaces": found, "organisations": list(Organisation.objects.for_user(request.user).order_by("name"))}
    return render(request, "projects/home.html", context)


def _labeller_home(request: UserRequest) -> HttpResponse:
    states = (Project.State.RUNNING, Project.State.PAUSED, Project.State.COMPLETED)
    rows = Project.objects.for_user(request.user).filter(state__in=states).select_related("workspace", "organisation")
    projects = sorted(rows.order_by("-started_at", "-pk")[:200], key=lambda project: states.index(project.state))
    template = "projects/home_labeller.html#projects" if request.htmx else "projects/home_labeller.html"
    response = render(request, template, {"projects": projects})
    response["Vary"] = "HX-Request"
    return response


@require_http_methods(["GET", "POST"])
def organisation(request: UserRequest, code: str) -> HttpResponse:
    """Workspaces of the organisation; a POST renames it."""
    found = get_object_or_404(Organisation.objects.for_user(request.user), code=code)
    is_post = request.method == "POST"
    permissions.require(request.user, Action.MANAGE_ORGANISATION if is_post else Action.SEE_ORGANISATION, found)
    navigation.at(request, found)
    form = OrganisationForm(request.POST if is_post else None, initial={"name": found.name})
    if form.is_valid():
        organisations.rename(organisation=found, name=form.cleaned_data["name"], actor=request.user)
        messages.success(request, "The organisation was renamed.")
        return redirect("projects:organisation", found.code)
    rows = Workspace.objects.for_user(request.user).active().filter(organisation=found)
    context = {
        "organisation": found,
        "can": permissions.allowed_actions(request.user, found),
        "workspaces": list(rows.annotate(projects_count=Count("projects", filter=_LISTED)).order_by("name")),
        "form": form,
        "workspace_form": WorkspaceForm(prefix="new"),
    }
    return render(request, "projects/organisation.html", context, status=422 if is_post else 200)


@require_http_methods(["GET", "POST"])
def create_workspace(request: UserRequest, code: str) -> HttpResponse:
    """Makes a workspace in the organisation."""
    found = get_object_or_404(Organisation.objects.for_user(request.user), code=code)
    permissions.require(request.user, Action.CREATE_WORKSPACE, found)
    navigation.at(request, found)
    form = WorkspaceForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = workspaces.create(organisation=found, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error("name", error.detail)
        else:
            messages.success(request, f"The workspace “{made.name}” is ready.")
            return redirect("projects:workspace", made.code)
    context = {"organisation": found, "form": form}
    return render(request, "projects/workspace_create.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def workspace_settings(request: UserRequest, code: str) -> HttpResponse:
    """Name and description of a workspace."""
    found = get_object_or_404(Workspace.objects.for_user(request.user).select_related("organisation"), code=code)
    permissions.require(request.user, Action.MANAGE_WORKSPACE, found)
    navigation.at(request, found)
    initial = {"name": found.name, "description": found.description}
    form = WorkspaceForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            workspaces.update(workspace=found, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error("name", error.detail)
        else:
            messages.success(request, "Saved.")
            return redirect("projects:workspace-settings", found.code)
    context = {"workspace": found, "form": form, "can": permissions.allowed_actions(request.user, found)}
    return render(request, "projects/workspace_settings.html", context, status=422 if form.errors else 200)
