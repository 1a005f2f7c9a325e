"""The job table: outbox, queue, result and audit in one row. PostgreSQL is the truth, Redis only the doorbell."""

from typing import Any, ClassVar, Self, cast

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from projects.codes import new_code
from projects.tenancy import Actor, TenantForeignKey, TenantQuerySet


class JobQuerySet(TenantQuerySet["Job"]):
    visible_through = "organisation"

    def for_user(self, user: Actor) -> Self:
        """Jobs of the user's workspaces, those of their organisations at large, and what they started themselves."""
        rows = super().for_user(user)
        if not user.is_authenticated:
            return rows
        workspaces = cast("Any", self.model._meta.get_field("workspace")).related_model._default_manager.for_user(user)
        return rows.filter(
            Q(workspace__isnull=True) | Q(workspace__in=workspaces.values("pk")) | Q(created_by_id=user.pk)
        )

    def unfinished(self) -> Self:
        return self.filter(state__in=(Job.State.QUEUED, Job.State.RUNNING))

    def whole(self) -> Self:
        """Without the shards."""
        return self.filter(parent__isnull=True)


class Job(models.Model):
    """One piece of background work, or, with `parent`, one shard of it. Times are the database's clock.

    A job without an organisation is the installation's own.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    ENDED: ClassVar[tuple[str, ...]] = (State.SUCCEEDED, State.FAILED, State.CANCELLED)

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey("projects.Organisation", models.CASCADE, null=True, blank=True, related_name="+")
    tenant = models.GeneratedField(
        expression=Coalesce("organisation", 0), output_field=models.BigIntegerField(), db_persist=True
    )
    """The organisation, 0 for the installation: a plain column, as PostgreSQL uses no index on COALESCE behind a policy."""
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
    next_attempt_at = models.DateTimeField(db_default=Now())
    waiting = models.BooleanField(default=False)
    """A queued job that nobody claims: a parent whose shards have not all ended, or one that is paused."""
    paused = models.BooleanField(default=False, db_default=False)
    """Somebody holds it; if a worker has it still, until its next sign of life."""
    weight = models.PositiveIntegerField(default=1, db_default=1)
    """Of a shard: for how much of its parent's progress it counts."""
    paced_at = models.DateTimeField(null=True, blank=True)
    """When it last went on after a pause; speed counts from there."""
    paced_from = models.BigIntegerField(default=0, db_default=0)
    """Its progress at that time."""
    dispatched_at = models.DateTimeField(null=True, blank=True)
    """When a worker was last told that there is work; the sweeper tells again where nobody came."""
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
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "dedupe_key"],
                condition=Q(state__in=("queued", "running")) & ~Q(dedupe_key=""),
                nulls_distinct=False,
                name="job_unfinished_unique",
            ),
        ]
        indexes = [
            models.Index(
                F("queue"),
                F("tenant"),
                F("priority").desc(),
                F("next_attempt_at"),
                F("id"),
                condition=Q(state="queued", waiting=False),
                name="job_due",
            ),
            models.Index(fields=["queue", "tenant"], condition=Q(state="running"), name="job_running"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="job_lease"),
            models.Index(fields=["id"], condition=Q(waiting=True), name="job_waiting"),
            models.Index(fields=["organisation", "-id"], condition=Q(parent__isnull=True), name="job_latest"),
            models.Index(
                fields=["organisation", "-id"],
                condition=Q(state__in=("queued", "running"), parent__isnull=True),
                name="job_unfinished",
            ),
            models.Index(
                fields=["organisation", "-finished_at"],
                condition=Q(state="failed", parent__isnull=True),
                name="job_failed",
            ),
            models.Index(fields=["parent", "state"], condition=Q(parent__isnull=False), name="job_shards"),
            models.Index(
                fields=["organisation", "kind", "dedupe_key", "-id"], condition=~Q(dedupe_key=""), name="job_by_key"
            ),
            models.Index(fields=["finished_at"], condition=Q(finished_at__isnull=False), name="job_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"

    @property
    def has_ended(self) -> bool:
        return self.state in self.ENDED

    @property
    def is_at_work(self) -> bool:
        """Running, or waiting for shards that do."""
        return not self.paused and (self.state == self.State.RUNNING or self.waiting)

    @property
    def progress_words(self) -> str:
        """“1,204 of 4,812”, “1,204” where the end is not known, nothing before the first report."""
        if self.progress_total:
            return f"{self.progress_done:,} of {self.progress_total:,}"
        return f"{self.progress_done:,}" if self.progress_done else ""

    @property
    def progress_value(self) -> int | None:
        """What a progress bar shows; None where the end is not known."""
        return self.progress_done if self.progress_total else None

    @property
    def pace(self) -> str:
        """Speed and remaining time of a running job, from its average so far; empty where there is nothing to say."""
        since, done = self.paced_at or self.started_at, self.progress_done - self.paced_from
        if not self.is_at_work or not since or done <= 0:
            return ""
        per_second = done / max((timezone.now() - since).total_seconds(), 1)
        speed = f"{per_second:,.0f} per second" if per_second >= 1 else f"{per_second * 60:,.0f} per minute"
        left = ((self.progress_total or 0) - self.progress_done) / per_second
        return f"{speed} · {_duration(left)} left" if left > 0 else speed


def _duration(seconds: float) -> str:
    for size, unit in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size:
            number = round(seconds / size)
            return f"about {number} {unit}{'' if number == 1 else 's'}"
    return "less than a second"


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def for_user(self, user: Actor) -> Self:
        """None: the schedule is the installation's."""
        return self.none()


class Schedule(models.Model):
    """When a periodic function was last started, so that two tick processes do not both run it."""

    name = models.CharField(max_length=60, unique=True)
    last_run_at = models.DateTimeField(db_default=Now())

    objects = ScheduleQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
