"""Background jobs as people see them: a list, one job, and the button of the top bar that counts them from anywhere."""

from datetime import datetime, timedelta

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from projects import jobs as work
from projects import navigation, notifications, permissions, results, services
from projects.errors import Conflict
from projects.forms.jobs import JobListForm
from projects.http import UserRequest
from projects.jobs.models import JobQuerySet
from projects.models import Job, Membership
from projects.permissions import Action, allows

STOP_POLLING = 286
PAGE_SIZE = 30
SHARDS_SHOWN = 20
SEEN = "jobs_seen_at"


def _seen_by(request: UserRequest) -> JobQuerySet:
    """The whole jobs of workspaces in which the user may see jobs, and those they started themselves."""
    mine = Membership.objects.for_user(request.user).filter(
        user=request.user, project=None, role__in=permissions.RULES[Action.SEE_JOBS]
    )
    visible: JobQuerySet = Job.objects.for_user(request.user)
    return visible.whole().filter(
        Q(workspace__in=mine.filter(workspace__isnull=False).values("workspace"))
        | Q(organisation__in=mine.filter(workspace=None).values("organisation"))
        | Q(created_by=request.user)
    )


@require_safe
def jobs(request: UserRequest) -> HttpResponse:
    """The jobs, newest first; htmx asks for the rows again while any is at work, and the top bar for its button."""
    if request.htmx.target == "jobs-button" or request.GET.get("fragment") == "button":
        return _button(request)
    form = JobListForm(request.GET)
    rows = form.narrow(_seen_by(request)).select_related("created_by", "workspace").order_by("-id")
    page = list(rows[: PAGE_SIZE + 1])
    found = results.links(page[:PAGE_SIZE], request.user)
    context = {
        "jobs": [(job, found.get(job.pk)) for job in page[:PAGE_SIZE]],
        "older_url": form.url(page[PAGE_SIZE - 1]) if len(page) > PAGE_SIZE else None,
        "newest_url": form.url() if form.cleaned_data["before"] else None,
        "state": form.cleaned_data["state"],
        "is_live": any(not job.has_ended for job in page),
    }
    if request.htmx:
        status = 200 if context["is_live"] else STOP_POLLING
        return render(request, "projects/jobs.html#rows", context, status=status)
    request.session[SEEN] = timezone.now().isoformat()
    return render(request, "projects/jobs.html", context)


def _button(request: UserRequest) -> HttpResponse:
    visible = _seen_by(request)
    context = {
        "jobs_running": visible.unfinished().count(),
        "unread": notifications.unread(request.user),
        "labeller_only": permissions.only_labels(request.user),
        "jobs_failed": visible.filter(state=Job.State.FAILED, finished_at__gt=_looked_at(request)).count(),
    }
    return render(request, "partials/jobs_button.html", context)


def _looked_at(request: UserRequest) -> datetime:
    """When the user last saw the list; failures of the last day are news to who never did."""
    return parse_datetime(request.session.get(SEEN, "")) or timezone.now() - timedelta(days=1)


def _job(request: UserRequest, code: str, action: Action) -> Job:
    job = get_object_or_404(
        Job.objects.for_user(request.user).select_related("organisation", "workspace", "created_by", "parent"),
        code=code,
    )
    if not _is_own(request, job, action):
        permissions.require(request.user, action, permissions.of(job))
    return job


def _is_own(request: UserRequest, job: Job, action: Action) -> bool:
    """Whether the caller started the job; to touch it they must still have a role that starts any."""
    if job.created_by_id != request.user.pk or action == Action.SEE_JOBS:
        return job.created_by_id == request.user.pk
    mine = Membership.objects.for_user(request.user).filter(user=request.user, organisation=job.organisation_id)
    return mine.filter(role__in=permissions.RULES[Action.EXPORT]).exists()


@require_safe
def job(request: UserRequest, code: str) -> HttpResponse:
    """One job: its progress until it has ended, and how it went."""
    found = _job(request, code, Action.SEE_JOBS)
    navigation.at(request, permissions.of(found))
    shards = Job.objects.for_user(request.user).filter(parent=found)
    own = _is_own(request, found, Action.MANAGE_JOBS)
    context = {
        "job": found,
        "result": results.links([found], request.user).get(found.pk),
        "shard_counts": work.shard_counts(found),
        "failed_shards": shards.filter(state=Job.State.FAILED).order_by("pk")[:SHARDS_SHOWN],
        "can_manage": own or allows(request.user, Action.MANAGE_JOBS, permissions.of(found)),
        "can_retry": work.can_retry(found),
        "can_pause": work.can_pause(found),
    }
    if not request.htmx:
        return render(request, "projects/job.html", context)
    return render(request, "projects/job.html#state", context, status=STOP_POLLING if found.has_ended else 200)


@require_POST
def cancel(request: UserRequest, code: str) -> HttpResponse:
    """Cancels a job."""
    found = _job(request, code, Action.MANAGE_JOBS)
    services.cancel_job(job=found, actor=request.user)
    return redirect("projects:job", found.code)


@require_POST
def retry(request: UserRequest, code: str) -> HttpResponse:
    """Tries a job again."""
    found = _job(request, code, Action.MANAGE_JOBS)
    try:
        services.retry_job(job=found, actor=request.user)
    except Conflict as conflict:
        messages.warning(request, conflict.detail)
    return redirect("projects:job", found.code)


@require_POST
def pause(request: UserRequest, code: str) -> HttpResponse:
    """Holds a job, and goes back to the page that asked."""
    found = _job(request, code, Action.MANAGE_JOBS)
    try:
        services.pause_job(job=found, actor=request.user)
    except Conflict as conflict:
        messages.warning(request, conflict.detail)
    return redirect(_asked_from(request, found))


@require_POST
def resume(request: UserRequest, code: str) -> HttpResponse:
    """Lets a job go on."""
    found = _job(request, code, Action.MANAGE_JOBS)
    services.resume_job(job=found, actor=request.user)
    return redirect(_asked_from(request, found))


def _asked_from(request: UserRequest, job: Job) -> str:
    """The page with the button, where it is one of ours."""
    wanted = request.POST.get("next", "")
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else reverse("projects:job", args=[job.code])
