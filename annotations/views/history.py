"""A labeller's own answers in a project, and the way back into one."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotations import overlays, queue
from annotations.models import Annotation, Task
from annotations.queries import history_page
from projects import image_urls, navigation, permissions
from projects.http import UserRequest
from projects.models import Label, Project
from projects.permissions import Action


@require_safe
def history(request: UserRequest, code: str) -> HttpResponse:
    """The caller's answers, the latest first; each can be taken up again until it is reviewed."""
    project = get_object_or_404(Project.objects.for_user(request.user).select_related("workspace"), code=code)
    permissions.require(request.user, Action.LABEL, project)
    navigation.at(request, project)
    own = Annotation.objects.for_user(request.user).filter(labeller=request.user)
    page = history_page(own, project, before=request.GET.get("before", ""))
    labels = Label.objects.for_user(request.user).filter(project=project).values_list("code", "path", "colour")
    names = {str(label): (path, colour) for label, path, colour in labels}
    thumbnails = image_urls.thumbnails([answer.task.image for answer in page.answers])
    cards = [_card(answer, thumbnails, names) for answer in page.answers]
    return render(request, "annotations/history.html", {"project": project, "cards": cards, "page": page})


def _card(answer: Annotation, thumbnails: dict[int, str], names: dict[str, tuple[str, str]]) -> dict[str, Any]:
    return {
        "answer": answer,
        "image": answer.task.image,
        "thumbnail": thumbnails.get(answer.task.image_id, ""),
        "overlay": overlays.draw(answer.document, names),
        "reviewed": answer.task.status == Task.Status.APPROVED,
    }


@require_POST
def reopen(request: UserRequest, code: str) -> HttpResponse:
    """Gives the caller one of their answers back, and leads to the labelling page, where it comes first."""
    rows = Annotation.objects.for_user(request.user).filter(labeller=request.user).select_related("project__workspace")
    answer = get_object_or_404(rows, code=code)
    permissions.require(request.user, Action.LABEL, answer.project)
    queue.reopen(project=answer.project, annotation=answer)
    return redirect("annotations:label", answer.project.code)
