"""A person's notifications: the list, opening one, and which kinds they want."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from projects import notifications as news
from projects.forms.notifications import BeforeForm, NotificationChoiceForm
from projects.http import UserRequest
from projects.models import Notification

PAGE_SIZE = 30


@require_safe
def notifications(request: UserRequest) -> HttpResponse:
    """The list, newest first."""
    form = BeforeForm(request.GET)
    before = form.row if form.is_valid() else None
    rows = Notification.objects.for_user(request.user).select_related("organisation").order_by("-id")
    page = list((rows.filter(pk__lt=before) if before else rows)[: PAGE_SIZE + 1])
    context = {
        "rows": [(row, news.icon_of(row)) for row in page[:PAGE_SIZE]],
        "older_url": f"?before={form.sealed(page[PAGE_SIZE - 1])}" if len(page) > PAGE_SIZE else None,
        "newest_url": "?" if before else None,
        "unread": news.unread(request.user),
        "form": NotificationChoiceForm(request.user),
    }
    return render(request, "projects/notifications.html", context)


@require_POST
def open_notification(request: UserRequest, code: str) -> HttpResponse:
    """Marks one as read and leads to what it is about."""
    found = get_object_or_404(Notification.objects.for_user(request.user), code=code)
    news.mark_read(user=request.user, only=found)
    return redirect(found.path)


@require_POST
def read_all(request: UserRequest) -> HttpResponse:
    """Marks all as read."""
    news.mark_read(user=request.user)
    return redirect("projects:notifications")


@require_POST
def choose(request: UserRequest) -> HttpResponse:
    """Switches kinds on and off."""
    form = NotificationChoiceForm(request.user, request.POST)
    if form.is_valid():
        news.choose(user=request.user, muted=form.muted)
        messages.success(request, "Your choice is saved.")
    return redirect("projects:notifications")
