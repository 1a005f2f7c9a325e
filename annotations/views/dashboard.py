"""A project's dashboard, which keeps itself up to date."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from annotations import dashboard as numbers
from projects import lifecycle, navigation, permissions
from projects.http import UserRequest
from projects.models import Dataset, Project
from projects.permissions import Action


def _shows_dicom(request: UserRequest, project: Project) -> bool:
    datasets = Dataset.objects.for_user(request.user).filter(project_datasets__project=project)
    return datasets.filter(dicom_count__gt=0).exists()


@require_safe
def dashboard(request: UserRequest, code: str) -> HttpResponse:
    """Progress, queue, labels and labellers; the fragment of it is asked for every few seconds."""
    project = get_object_or_404(Project.objects.for_user(request.user).select_related("workspace"), code=code)
    permissions.require(request.user, Action.SEE_PROGRESS, project)
    navigation.at(request, project)
    context = {
        "project": project,
        "can": permissions.allowed_actions(request.user, project),
        "dashboard": numbers.read(project, today=timezone.now().date()),
        "shows_dicom": not request.htmx and _shows_dicom(request, project),
        "initialization": lifecycle.initialization(project) if project.state == Project.State.INITIALIZING else None,
    }
    template = "annotations/dashboard.html#numbers" if request.htmx else "annotations/dashboard.html"
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    if request.htmx and request.GET.get("state", project.state) != project.state:
        response["HX-Refresh"] = "true"  # badge and buttons above the numbers depend on it, too
    return response
