"""Jobs of all tenants, for administrators: what waits, what failed and why."""

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from projects import services
from projects.errors import DomainError
from projects.jobs.models import Schedule
from projects.models import Job


class UncountedPaginator(Paginator):  # type: ignore[type-arg]  # the admin passes any rows
    """Counts no further than a hundred pages, so that a list of millions opens at once."""

    PAGES = 100

    @cached_property
    def count(self) -> int:
        limit = self.per_page * self.PAGES
        return len(self.object_list.order_by().values_list("pk")[:limit])  # type: ignore[union-attr]  # a queryset


@admin.register(Job)
class JobAdmin(admin.ModelAdmin[Job]):
    list_display = ("code", "title", "kind", "state", "attempt", "organisation", "progress_words", "created_at", "finished_at")
    list_filter = ("state", "queue")
    search_fields = ("code__exact", "kind__exact", "dedupe_key__exact")
    search_help_text = "The whole reference, kind or dedupe key"
    list_select_related = ("organisation",)
    ordering = ("-id",)
    paginator = UncountedPaginator
    show_full_result_count = False
    actions = ("retry", "cancel")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        """Rows are read-only, as a worker may hold them; cancel and retry are actions for those who may view."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return request.user.is_superuser

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
class ScheduleAdmin(admin.ModelAdmin[Schedule]):
    list_display = ("name", "last_run_at")
    ordering = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        return False
