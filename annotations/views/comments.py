"""Comments on an image's page: a form that works without scripts."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from annotations import comments
from annotations.forms import CommentForm
from annotations.models import Comment, Task
from projects import permissions
from projects.errors import DomainError
from projects.http import UserRequest
from projects.permissions import Action


@require_POST
def comment(request: UserRequest, code: str) -> HttpResponse:
    """Says something about an image, replies in a thread, resolves it or opens it again."""
    tasks = Task.objects.for_user(request.user).select_related("project__workspace", "image")
    task = get_object_or_404(tasks, code=code)
    permissions.require(request.user, Action.SEE_ANNOTATIONS, task.project)
    permissions.require(request.user, Action.COMMENT, task.project)
    form = CommentForm(request.POST)
    seen = Comment.objects.for_user(request.user).select_related("project").filter(task=task)
    if not form.is_valid():
        messages.error(request, "Write something first.")
        return redirect("annotations:task", task.code)
    wanted = form.cleaned_data
    thread = get_object_or_404(seen, code=wanted["thread"]) if wanted["thread"] else None
    try:
        if wanted["act"] == "say":
            comments.add(task=task, author=request.user, code=wanted["code"], text=wanted["text"], thread=thread)
        elif thread is not None:
            comments.resolve(comment=thread, actor=request.user, resolved=wanted["act"] == "resolve")
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("annotations:task", task.code)
