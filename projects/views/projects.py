"""A workspace's projects, and the settings of one."""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects import label_changes, lifecycle, markdown, navigation, permissions, taxonomy
from projects.errors import DomainError
from projects.forms.projects import PARTS, PageForm, PartForm, StateForm
from projects.http import UserRequest
from projects.models import Label, Project, Workspace
from projects.models.project import ProjectQuerySet
from projects.permissions import Action

PAGE = 50
_SHOWN = {
    "active": (Project.State.INITIALIZING, Project.State.RUNNING, Project.State.PAUSED, Project.State.DRAFT),
    "completed": (Project.State.COMPLETED,),
    "archived": (Project.State.ARCHIVED,),
}


@require_safe
def workspace(request: UserRequest, code: str) -> HttpResponse:
    """The projects of a workspace, newest first, with their progress."""
    place = get_object_or_404(Workspace.objects.for_user(request.user).select_related("organisation"), code=code)
    permissions.require(request.user, Action.SEE_WORKSPACE, place)
    navigation.at(request, place)
    can = permissions.allowed_actions(request.user, place)
    shown = request.GET.get("show", "active")
    text = request.GET.get("q", "").replace("\0", "").strip()
    states = _SHOWN.get(shown, _SHOWN["active"])
    rows = Project.objects.for_user(request.user).filter(workspace=place, state__in=states)
    if Action.CREATE_PROJECT not in can:
        rows = rows.exclude(state=Project.State.DRAFT)
    if text:
        rows = rows.filter(name__icontains=text)
    context = {"workspace": place, "can": can, "shown": shown, "text": text, **_page(rows, request.GET)}
    template = "projects/workspace.html#rows" if request.htmx else "projects/workspace.html"
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    return response


def _page(rows: ProjectQuerySet, query: QueryDict) -> dict[str, object]:
    form = PageForm(query)
    after = form.cleaned_data["after"] if form.is_valid() else None
    if after:
        rows = rows.filter(pk__lt=rows.filter(code=after).values("pk"))
    found = list(rows.order_by("-pk")[: PAGE + 1])
    following = query.copy()
    following["after"] = str(found[PAGE - 1].code) if len(found) > PAGE else ""
    return {
        "projects": found[:PAGE],
        "following": following.urlencode() if len(found) > PAGE else "",
        "is_first": not after,
    }


@require_http_methods(["GET", "POST"])
def settings(request: UserRequest, code: str) -> HttpResponse:
    """The parts of a project that can change after its start, one section at a time."""
    project = _managed(request, code)
    if project.state == Project.State.DRAFT:
        return redirect("projects:project-setup", project.code)
    section = request.GET.get("section", "")
    if section == "state":
        return render(request, "projects/project_state.html", _frame(request, project, "state"))
    part = PARTS.get(section, PARTS["details"])
    section = section if section in PARTS else "details"
    form = part(project, request.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and form.save():
        messages.success(request, f"{part.title} saved.")
        return redirect(f"{request.path}?section={section}")
    context = _frame(request, project, section, form)
    return render(request, "projects/project_settings.html", context, status=422 if form.errors else 200)


def _managed(request: UserRequest, code: str) -> Project:
    rows = Project.objects.for_user(request.user).select_related("workspace", "organisation")
    project = get_object_or_404(rows, code=code)
    permissions.require(request.user, Action.MANAGE_PROJECT, project)
    navigation.at(request, project)
    return project


def _frame(request: UserRequest, project: Project, section: str, form: PartForm | None = None) -> dict[str, object]:
    return {
        "project": project,
        "can": permissions.allowed_actions(request.user, project),
        "section": section,
        "sections": [(name, part.title) for name, part in PARTS.items()],
        "form": form,
        "workspace": project.workspace,
    }


@require_POST
def state(request: UserRequest, code: str) -> HttpResponse:
    """Moves the project along: pause, resume, complete, archive and so on."""
    project = _managed(request, code)
    workspace_code, name = project.workspace.code, project.name
    form = StateForm(project, request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(message) for errors in form.errors.values() for message in errors))
        return _back(request, project)
    verb = form.cleaned_data["verb"]
    try:
        getattr(lifecycle, verb)(project=project, actor=request.user)
    except DomainError as error:
        messages.error(request, error.detail)
        return _back(request, project)
    if verb == "discard":
        messages.success(request, f"The draft “{name}” is gone.")
        return redirect("projects:workspace", workspace_code)
    messages.success(request, f"“{name}” is {project.get_state_display().lower()} now.")
    return _back(request, project)


def _back(request: UserRequest, project: Project) -> HttpResponse:
    if project.state == Project.State.DRAFT:
        return redirect("projects:project-setup", project.code)
    if request.POST.get("from") == "workspace":
        return redirect("projects:workspace", project.workspace.code)
    return redirect(f"/projects/{project.code}/settings/?section=state")


@require_POST
def restore_label(request: UserRequest, code: str) -> HttpResponse:
    """Takes an archived label into use again."""
    rows = Label.objects.for_user(request.user).select_related("project__workspace", "project__organisation", "parent")
    label = get_object_or_404(rows, code=code)
    permissions.require(request.user, Action.MANAGE_PROJECT, label.project)
    try:
        taxonomy.restore(label=label, actor=request.user)
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, f"“{label.path}” is in use again.")
    return redirect(f"/projects/{label.project.code}/settings/?section=labels")


@require_POST
def undo_start_over(request: UserRequest, code: str) -> HttpResponse:
    """Brings back the answers that the latest start over set aside."""
    project = _managed(request, code)
    try:
        job = label_changes.undo(project=project, actor=request.user)
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect(f"/projects/{project.code}/settings/?section=labels")
    return redirect("projects:job", job.code)


@require_POST
def preview_instructions(request: UserRequest) -> HttpResponse:
    """The typed Markdown as labellers will see it."""
    text = request.POST.get("instructions", "")[:50_000]
    return render(request, "projects/parts/instructions.html#preview", {"html": markdown.render(text)})
