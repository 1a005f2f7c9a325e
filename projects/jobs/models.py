"""The job table: outbox, queue, result and audit in one row. PostgreSQL is the truth, Redis only the doorbell."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.codes import new_code
from projects.tenancy import TenantForeignKey, TenantQuerySet


class JobQuerySet(TenantQuerySet["Job"]):
    visible_through = "organisation"

    def unfinished(self) -> Self:
        return self.filter(state__in=(Job.State.QUEUED, Job.State.RUNNING))


class Job(models.Model):
    """One piece of background work, or, with `parent`, one shard of it. Times are the database's clock."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey("projects.Organisation", models.CASCADE, null=True, blank=True, related_name="+")
    workspace = TenantForeignKey("projects.Workspace", models.CASCADE, null=True, blank=True, related_name="+")
    parent = TenantForeignKey("self", models.CASCADE, null=True, blank=True, related_name="shards")
    code = models.UUIDField(default=new_code, unique=True, editable=False)
    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200, blank=True)
    """What people read: “Read files of Street photos”."""
    arguments = models.JSONField(default=dict)
    queue = models.CharField(max_length=10)
    dedupe_key = models.CharField(max_length=200, blank=True)
    priority = models.SmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    """Counts claims, so a crash of the worker counts too."""
    max_attempts = models.PositiveSmallIntegerField(default=3)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(null=True, blank=True)
    progress_note = models.CharField(max_length=200, blank=True)
    cursor = models.JSONField(null=True, blank=True)
    """Where a resumable job goes on after a crash; the handler gives it its meaning."""
    result = models.JSONField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_detail = models.CharField(max_length=2000, blank=True)
    cancel_requested = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "dedupe_key"],
                condition=Q(state__in=("queued", "running")) & ~Q(dedupe_key=""),
                name="job_unfinished_unique",
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="queued"), name="job_due"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="job_lease"),
            models.Index(fields=["organisation", "-id"], condition=Q(parent__isnull=True), name="job_latest"),
            models.Index(fields=["parent", "state"], condition=Q(parent__isnull=False), name="job_shards"),
            models.Index(
                fields=["organisation", "queue"], condition=Q(state="running"), name="job_running_by_organisation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"
