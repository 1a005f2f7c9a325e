"""Jobs of all tenants, for administrators: what waits, what failed and why."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from projects import services
from projects.administration import ReadOnlyAdmin
from projects.errors import DomainError
from projects.jobs.models import Schedule
from projects.models import Job


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Rows are read-only, as a worker may hold them; jobs can be cancelled and tried again."""

    list_display = (
        "code", "title", "kind", "state", "attempt", "progress_words", "organisation", "created_at", "finished_at",
    )  # fmt: skip
    list_select_related = ("organisation",)
    list_filter = ("state", "queue")
    search_fields = ("code__exact", "kind__exact", "dedupe_key__exact")
    search_help_text = "The whole reference, kind or dedupe key"
    actions = ("retry", "cancel")

    @admin.action(description="Try the chosen jobs again")
    def retry(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        done = 0
        for job in queryset:
            try:
                services.retry_job(job=job, actor=request.user)  # type: ignore[arg-type]  # superusers only
                done += 1
            except DomainError as error:
                messages.warning(request, f"{job.code}: {error.detail}")
        messages.success(request, f"{done} jobs are queued again.")

    @admin.action(description="Cancel the chosen jobs")
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        unfinished = [job for job in queryset if not job.has_ended]
        for job in unfinished:
            services.cancel_job(job=job, actor=request.user)  # type: ignore[arg-type]  # superusers only
        messages.success(request, f"{len(unfinished)} jobs are cancelled, running ones within seconds.")


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin):
    list_display = ("name", "last_run_at")
