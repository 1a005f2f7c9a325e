"""Making a project step by step. The draft is a row from the first step on, so that a reload loses nothing."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from projects import lifecycle, navigation, permissions, setup
from projects.errors import DomainError
from projects.forms.projects import PARTS, DetailsForm, PartForm
from projects.http import UserRequest
from projects.models import Label, Project, Workspace
from projects.permissions import Action

STEPS = {
    "details": "Details",
    "people": "People",
    "data": "Data",
    "labels": "Labels",
    "instructions": "Instructions",
    "quality": "Quality",
    "review": "Review",
}
_ORDER = list(STEPS)


@dataclass(frozen=True)
class Step:
    """A step as components/stepper.html shows it."""

    title: str
    url: str | None
    state: str


@require_http_methods(["GET", "POST"])
def create(request: UserRequest, code: str) -> HttpResponse:
    """The first step: name and kind; it makes the draft."""
    workspace = get_object_or_404(Workspace.objects.for_user(request.user).select_related("organisation"), code=code)
    permissions.require(request.user, Action.CREATE_PROJECT, workspace)
    navigation.at(request, workspace)
    blank = Project(workspace=workspace, organisation=workspace.organisation, task_type=Project.TaskType.BOX)
    form = DetailsForm(blank, request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        project = form.create(workspace)
        if project is not None:
            return redirect(_url(project, "people"))
    context = {
        "workspace": workspace,
        "form": form,
        "step": "details",
        "steps": [Step(title, None, "current" if name == "details" else "ahead") for name, title in STEPS.items()],
    }
    return render(request, "projects/project_wizard.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def step(request: UserRequest, code: str) -> HttpResponse:
    """One step of a draft (`?step=labels`): shows it, or saves it and goes on."""
    rows = Project.objects.for_user(request.user).select_related("workspace", "organisation")
    project = get_object_or_404(rows, code=code)
    permissions.require(request.user, Action.MANAGE_PROJECT, project)
    if project.state != Project.State.DRAFT:
        return redirect("annotations:dashboard", project.code)
    navigation.at(request, project)
    name = request.GET.get("step", "")
    if name == "review":
        return _review(request, project)
    if name not in PARTS:
        return redirect(_url(project, _first_open(project)))
    if name == "data" and request.method == "POST":
        request.session.pop(navigation.WAITING_DRAFT, None)
    form = PARTS[name](project, request.user, request.POST if request.method == "POST" else None)
    if form.is_valid() and form.save():
        return redirect(_after(request, project, name))
    context = _frame(project, name, form)
    return render(request, "projects/project_wizard.html", context, status=422 if form.errors else 200)


def _after(request: UserRequest, project: Project, name: str) -> str:
    """Where a saved step leads: on, back, to another step, or out."""
    wanted = request.POST.get("go", "next")
    if wanted == "leave":
        return reverse("projects:workspace", args=[project.workspace.code])
    if wanted == "new-dataset":
        request.session[navigation.WAITING_DRAFT] = str(project.code)
        return reverse("projects:dataset-create", args=[project.workspace.code])
    if wanted in STEPS:
        return _url(project, wanted)
    return _url(project, _ORDER[_ORDER.index(name) + 1])


def _review(request: UserRequest, project: Project) -> HttpResponse:
    """Everything at a glance; a POST starts the project."""
    error = None
    if request.method == "POST":
        try:
            lifecycle.start(project=project, actor=request.user)
        except DomainError as refused:
            error = refused
        else:
            return redirect("annotations:dashboard", project.code)
    context = _frame(project, "review", None) | {
        "error": error,
        "lacks": lifecycle.lacks(project),
        "datasets": setup.datasets_of(project),
        "labels": Label.objects.for_user(request.user).filter(project=project).active().order_by("position"),
        "people_count": setup.count_labellers(project),
    }
    return render(request, "projects/project_wizard.html", context, status=422 if error else 200)


def _frame(project: Project, name: str, form: PartForm | None) -> dict[str, object]:
    lacking = {lack.step for lack in lifecycle.lacks(project)}
    return {
        "project": project,
        "workspace": project.workspace,
        "form": form,
        "step": name,
        "previous": _ORDER[_ORDER.index(name) - 1] if name != "details" else "",
        "previous_url": _url(project, _ORDER[_ORDER.index(name) - 1]) if name != "details" else "",
        "steps": [Step(title, _url(project, each), _state(each, name, lacking)) for each, title in STEPS.items()],
    }


def _state(step: str, current: str, lacking: set[str]) -> str:
    if step == current:
        return "current"
    if step in lacking:
        return "problem" if _ORDER.index(step) < _ORDER.index(current) else "ahead"
    return "done" if _ORDER.index(step) < _ORDER.index(current) else "ahead"


def _first_open(project: Project) -> str:
    """The step to go on with."""
    return next((lack.step for lack in lifecycle.lacks(project)), "review")


def _url(project: Project, name: str) -> str:
    return f"{reverse('projects:project-setup', args=[project.code])}?step={name}"
