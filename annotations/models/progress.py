from django.conf import settings
from django.db import models
from django.utils import timezone

from projects.models import Label, Organisation, Project
from projects.tenancy import TenantForeignKey, TenantQuerySet


class Metric(models.TextChoices):
    """What is counted. Task metrics are numbers of tasks in a status; the others are sums of work."""

    OPEN = "open", "To do"
    LABELLED = "labelled", "Labelled"
    NEEDS_REVIEW = "needs_review", "Needs review"
    APPROVED = "approved", "Approved"
    SKIPPED = "skipped", "Skipped"
    REMOVED = "removed", "Removed"
    ANSWERS = "answers", "Answers submitted"
    SKIPS = "skips", "Answers that skip"
    SECONDS = "seconds", "Active seconds"
    LABEL_TASKS = "label_tasks", "Tasks with a label"
    LABEL_REGIONS = "label_regions", "Regions with a label"


class ProgressDeltaQuerySet(TenantQuerySet["ProgressDelta"]):
    visible_through = "project"


class ProgressDelta(models.Model):
    """What one transaction changed in a project's counts, appended by it, so that labellers never wait for a counter.

    `annotations.progress` folds deltas into `ProgressTotal`; a reading is the total plus what is not folded yet.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    project = TenantForeignKey(Project, models.CASCADE, related_name="+")
    day = models.DateField()
    changes = models.JSONField()
    """A list of {metric, labeller, label, amount}; labeller and label are row ids or null."""
    created_at = models.DateTimeField(default=timezone.now)

    objects = ProgressDeltaQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.project_id} on {self.day}"


class ProgressTotalQuerySet(TenantQuerySet["ProgressTotal"]):
    visible_through = "project"


class ProgressTotal(models.Model):
    """A folded count of one project, by day, labeller and label where these apply."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    project = TenantForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    metric = models.CharField(max_length=15, choices=Metric)
    labeller = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_index=False, db_constraint=False
    )
    label = TenantForeignKey(Label, models.CASCADE, null=True, related_name="+", db_index=False)
    day = models.DateField()
    amount = models.FloatField()

    objects = ProgressTotalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "metric", "day", "labeller", "label"],
                name="progress_total_unique",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.amount:g}"
