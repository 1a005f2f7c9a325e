"""The data browser: what has been labelled, drawn on the images."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotations import flagging, overlays, queries
from annotations.forms import TaskFilterForm
from annotations.models import Annotation, Comment, Task
from projects import image_urls, navigation, permissions
from projects.codes import new_code
from projects.http import UserRequest
from projects.models import Label, Project
from projects.permissions import Action

LabelNames = dict[str, tuple[str, str]]


def _label_names(request: UserRequest, project: Project) -> LabelNames:
    labels = Label.objects.for_user(request.user).filter(project=project)
    return {str(code): (path, colour) for code, path, colour in labels.values_list("code", "path", "colour")}


def _cards(tasks: list[Task], names: LabelNames) -> list[dict[str, Any]]:
    thumbnails = image_urls.thumbnails([task.image for task in tasks])
    sizes = queries.drawn_on([(task.image, task.final_at) for task in tasks])
    return [
        {
            "task": task,
            "thumbnail": thumbnails.get(task.image_id, ""),
            "overlay": overlays.draw(task.final, names),
            "size": size,
        }
        for task, size in zip(tasks, sizes, strict=True)
    ]


@require_safe
def browse(request: UserRequest, code: str) -> HttpResponse:
    """Thumbnails with their annotations, filtered, sixty to a page."""
    project = get_object_or_404(Project.objects.for_user(request.user).select_related("workspace"), code=code)
    permissions.require(request.user, Action.SEE_ANNOTATIONS, project)
    navigation.at(request, project)
    form = TaskFilterForm(request.GET, project=project, user=request.user)
    form.is_valid()
    page = queries.browse(
        Task.objects.for_user(request.user),
        project,
        form.wanted(),
        after=form.cleaned_data.get("after"),
        before=form.cleaned_data.get("before"),
    )
    cards = _cards(page.tasks, _label_names(request, project))
    template = "annotations/browse.html#cards" if request.htmx else "annotations/browse.html"
    response = render(request, template, {"project": project, "form": form, "page": page, "cards": cards})
    response["Vary"] = "HX-Request"
    return response


@require_safe
def task(request: UserRequest, code: str) -> HttpResponse:
    """One image with its final document and, below, every labeller's answer."""
    found = get_object_or_404(
        Task.objects.for_user(request.user).select_related("project__workspace", "image__dataset__datastore"), code=code
    )
    permissions.require(request.user, Action.SEE_ANNOTATIONS, found.project)
    navigation.at(request, found.project)
    names = _label_names(request, found.project)
    answers = Annotation.objects.for_user(request.user).filter(task=found).answered().select_related("labeller")
    return render(
        request,
        "annotations/task.html",
        {
            "project": found.project,
            "task": found,
            "image_url": image_urls.signed([found.image]).get(found.image_id, ""),
            "overlay": overlays.draw(found.final, names),
            "size": queries.drawn_on([(found.image, found.final_at)])[0],
            "threads": queries.threads(Comment.objects.for_user(request.user), found),
            "may_comment": permissions.allows(request.user, Action.COMMENT, found.project),
            "new_code": new_code(),
            "answers": [
                {"annotation": answer, "overlay": overlays.draw(answer.document, names)}
                for answer in answers.order_by("submitted_at")
            ],
        },
    )


@require_POST
def image_checked(request: UserRequest, code: str) -> HttpResponse:
    """Takes the flag away from an image that was changed: somebody has seen that its labels still fit."""
    tasks = Task.objects.for_user(request.user).select_related("project__workspace")
    found = get_object_or_404(tasks, code=code)
    permissions.require(request.user, Action.SEE_ANNOTATIONS, found.project)
    permissions.require(request.user, Action.COMMENT, found.project)
    flagging.dismiss(actor=request.user, task=found)
    messages.success(request, "The labels count for the changed image, too.")
    return redirect("annotations:task", found.code)
