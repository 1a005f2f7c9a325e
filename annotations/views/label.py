"""The labelling page: a frame and its bootstrap; the page itself talks to the API."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from annotations import instructing
from projects import markdown, navigation, permissions, preferences
from projects.http import UserRequest
from projects.models import Label, Project, User
from projects.permissions import Action

PAGE_SIZES = (1, 4, 6, 9)
DRAFT_SECONDS = 2
HEARTBEAT_SECONDS = 60


def _urls(project: Project) -> dict[str, str]:
    api = reverse("api-projects:project-detail", kwargs={"code": project.code})
    return {
        **{name: f"{api}{name}/" for name in ("lease", "submit", "heartbeat", "release", "history")},
        "draft": "/api/v1/tasks/{task}/draft/",
        "comments": "/api/v1/tasks/{task}/comments/",
        "comment": "/api/v1/comments/{comment}/",
        "preferences": reverse("api-projects:preferences"),
        "leave": reverse("projects:home"),
    }


def _labels(user: User, project: Project) -> list[dict[str, Any]]:
    labels = list(
        Label.objects.for_user(user).filter(project=project).active().select_related("parent").order_by("position")
    )
    return [
        {
            "code": str(label.code),
            "name": label.name,
            "path": label.path,
            "parent": str(label.parent.code) if label.parent else None,
            "depth": label.depth,
            "colour": label.colour,
            "hotkey": label.hotkey,
            "description": label.description,
        }
        for label in labels
    ]


def bootstrap(request: UserRequest, project: Project) -> dict[str, Any]:
    """What the page starts with. The first images come by the API: a GET hands out no leases."""
    return {
        "project": {
            "code": str(project.code),
            "name": project.name,
            "task_type": project.task_type,
            "paused": project.state != Project.State.RUNNING,
            "instructions_html": markdown.render(project.instructions),
            "instructions_url": project.instructions_url,
        },
        "labels": _labels(request.user, project),
        "page": None,
        "page_sizes": PAGE_SIZES if project.is_classification else PAGE_SIZES[:1],
        "page_size": project.page_size,
        "user": {"code": str(request.user.code), "name": request.user.display_name},
        "preferences": preferences.of(request.user),
        "draft_seconds": DRAFT_SECONDS,
        "heartbeat_seconds": HEARTBEAT_SECONDS,
        "urls": _urls(project),
    }


@require_safe
def label(request: UserRequest, code: str) -> HttpResponse:
    """The page on which the caller labels the next images of a project."""
    project = get_object_or_404(Project.objects.for_user(request.user).select_related("workspace"), code=code)
    permissions.require(request.user, Action.LABEL, project)
    navigation.at(request, project)
    if instructing.state(request.user, project) != "read":
        return redirect("annotations:instructions", project.code)
    kind = "classify" if project.is_classification else "regions"
    context = {"project": project, "bootstrap": bootstrap(request, project)}
    return render(request, f"annotations/label_{kind}.html", context)
