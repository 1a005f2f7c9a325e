from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.codes import new_code
from projects.models import Image, Label, Organisation, Project
from projects.tenancy import TenantForeignKey, TenantQuerySet


class TaskQuerySet(TenantQuerySet["Task"]):
    visible_through = "project"

    def claimable(self) -> Self:
        return self.filter(open_slots__gt=0)


class Task(models.Model):
    """One image of one project: what is handed out, and, once there is one, its final document."""

    class Status(models.TextChoices):
        OPEN = "open", "To do"
        LABELLED = "labelled", "Labelled"
        NEEDS_REVIEW = "needs_review", "Needs review"
        APPROVED = "approved", "Approved"
        SKIPPED = "skipped", "Skipped"
        REMOVED = "removed", "Removed"

    DECIDED = (Status.LABELLED, Status.APPROVED, Status.SKIPPED, Status.REMOVED)
    """Where no labeller is asked any more."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    project = TenantForeignKey(Project, models.CASCADE, related_name="tasks", db_index=False)
    image = TenantForeignKey(Image, models.CASCADE, related_name="tasks")
    code = models.UUIDField(default=new_code, unique=True, editable=False)
    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN)
    shuffle_key = models.IntegerField()
    """Random 31 bits from the project's seed: the order of the queue within a priority."""
    priority = models.SmallIntegerField(default=0)
    """Lower comes first."""
    cluster = models.IntegerField(null=True, blank=True)
    open_slots = models.SmallIntegerField(default=1)
    """How many more labellers may take this task now."""
    answers = models.SmallIntegerField(default=0)
    """Submitted or skipped annotations that count."""
    prelabel = models.JSONField(null=True, blank=True)
    prelabel_confidence = models.FloatField(null=True, blank=True)
    prelabel_model = models.CharField(max_length=60, blank=True)
    final = models.JSONField(null=True, blank=True)
    """The document that counts: the only answer, the consensus, or the reviewer's."""
    final_at = models.DateTimeField(null=True, blank=True)
    rejection_note = models.CharField(max_length=2000, blank=True)
    image_changed_at = models.DateTimeField(null=True, blank=True)
    """When the image's file was replaced after work on it had begun, until somebody has looked at the labels again."""
    version = models.IntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = TaskQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "image"], name="task_image_unique"),
            models.CheckConstraint(condition=Q(open_slots__gte=0), name="task_open_slots_not_negative"),
            models.CheckConstraint(condition=Q(answers__gte=0), name="task_answers_not_negative"),
        ]
        indexes = [
            models.Index(
                fields=["project", "priority", "shuffle_key", "id"],
                condition=Q(open_slots__gt=0),
                name="task_queue",
            ),
            models.Index(fields=["project", "status", "id"], name="task_by_status"),
            models.Index(fields=["project", "id"], name="task_by_project"),
            models.Index(
                fields=["project", "id"], condition=Q(image_changed_at__isnull=False), name="task_by_image_change"
            ),
        ]

    def __str__(self) -> str:
        return f"task {self.code}"


class LeaseQuerySet(TenantQuerySet["Lease"]):
    visible_through = "project"


class Lease(models.Model):
    """A slot of a task held by one labeller until `expires_at`; heartbeats extend it, expiry gives the slot back."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    project = TenantForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    task = TenantForeignKey(Task, models.CASCADE, related_name="leases", db_index=False)
    labeller = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    token = models.UUIDField(unique=True, editable=False)
    takes_slot = models.BooleanField(default=True)
    """False while a labeller changes an answer of their own, which keeps its place among the task's answers."""
    granted_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    objects = LeaseQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "labeller"], name="lease_unique")]
        indexes = [
            models.Index(fields=["expires_at"], name="lease_by_expiry"),
            models.Index(fields=["labeller", "project"], name="lease_by_labeller"),
        ]

    def __str__(self) -> str:
        return f"lease of task {self.task_id}"


class QueuePositionQuerySet(TenantQuerySet["QueuePosition"]):
    visible_through = "project"


class QueuePosition(models.Model):
    """How far one labeller has walked through a project's queue, so that tasks they answered are not read again.

    Matters under consensus, where an answered task stays open for others.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    project = TenantForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    labeller = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    priority = models.SmallIntegerField()
    shuffle_key = models.IntegerField()
    task_id = models.BigIntegerField()
    rests_until = models.DateTimeField(null=True, blank=True)
    """After a long search that found nothing: when to search again."""

    objects = QueuePositionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "labeller"], name="queue_position_unique")]

    def __str__(self) -> str:
        return f"position of {self.labeller_id} in {self.project_id}"


class TaskLabelQuerySet(TenantQuerySet["TaskLabel"]):
    visible_through = "project"


class TaskLabel(models.Model):
    """A label that a task's final document uses: the index behind the filter by label."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    project = TenantForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    label = TenantForeignKey(Label, models.CASCADE, related_name="+", db_index=False)
    task = TenantForeignKey(Task, models.CASCADE, related_name="task_labels", db_index=False)

    objects = TaskLabelQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "label"], name="task_label_unique")]
        indexes = [models.Index(fields=["label", "task"], name="task_label_by_label")]

    def __str__(self) -> str:
        return f"label {self.label_id} on task {self.task_id}"
