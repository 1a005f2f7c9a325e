"""The instructions of a project on a page of their own: what a labeller sees first."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from annotations import instructing
from annotations.forms import ReadForm
from projects import markdown, navigation, permissions
from projects.http import UserRequest
from projects.models import Label, Project
from projects.permissions import Action


@require_http_methods(["GET", "POST"])
def instructions(request: UserRequest, code: str) -> HttpResponse:
    """Shows the instructions; a POST says that they were read, and leads to the first image."""
    project = get_object_or_404(Project.objects.for_user(request.user).select_related("workspace"), code=code)
    permissions.require(request.user, Action.LABEL, project)
    navigation.at(request, project)
    form = ReadForm(request.POST or None, initial={"digest": instructing.digest(project)})
    if form.is_valid():
        instructing.note_read(project=project, reader=request.user, digest=form.cleaned_data["digest"])
        return redirect("annotations:label", project.code)
    context = {
        "project": project,
        "form": form,
        "html": markdown.render(project.instructions),
        "state": instructing.state(request.user, project),
        "labels": Label.objects.for_user(request.user).filter(project=project).active().order_by("position"),
    }
    return render(request, "annotations/instructions.html", context, status=422 if form.errors else 200)
