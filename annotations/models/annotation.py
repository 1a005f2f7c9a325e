from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from annotations.models.task import Task
from projects.codes import new_code
from projects.models import Organisation, Project
from projects.tenancy import TenantForeignKey, TenantQuerySet


class AnnotationQuerySet(TenantQuerySet["Annotation"]):
    visible_through = "project"

    def answered(self) -> Self:
        return self.exclude(state=Annotation.State.DRAFT)


class Annotation(models.Model):
    """One labeller's answer for one task: one document with all regions.

    `document` is what was submitted; `draft` is what was autosaved since, and never overwrites it.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        SUBMITTED = "submitted", "Submitted"
        SKIPPED = "skipped", "Skipped"

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    project = TenantForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    task = TenantForeignKey(Task, models.CASCADE, related_name="annotations", db_index=False)
    labeller = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    code = models.UUIDField(default=new_code, unique=True, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    document = models.JSONField(null=True, blank=True)
    draft = models.JSONField(null=True, blank=True)
    draft_version = models.IntegerField(default=0)
    version = models.IntegerField(default=0)
    """Counts submissions."""
    skip_reason = models.CharField(max_length=500, blank=True)
    active_seconds = models.FloatField(default=0)
    submit_key = models.UUIDField(null=True, blank=True)
    """The client's key of the last submission, by which a replay is known."""
    lapsed_token = models.UUIDField(null=True, blank=True)
    """The token of the last lease that ended without an answer, by which a late answer is known."""
    submitted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "labeller"], name="annotation_unique"),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(submitted_at__isnull=False), name="annotation_answer_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="submitted") | Q(document__isnull=False), name="annotation_answer_has_document"
            ),
        ]
        indexes = [
            models.Index(fields=["project", "labeller", "-submitted_at"], name="annotation_history"),
        ]

    def __str__(self) -> str:
        return f"annotation {self.code}"


class AnnotationRevisionQuerySet(TenantQuerySet["AnnotationRevision"]):
    visible_through = "project"


class AnnotationRevision(models.Model):
    """What an annotation said before it was submitted again: nothing that was ever submitted is lost."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    project = TenantForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    annotation = TenantForeignKey(Annotation, models.CASCADE, related_name="revisions", db_index=False)
    version = models.IntegerField()
    state = models.CharField(max_length=10, choices=Annotation.State)
    document = models.JSONField(null=True)
    skip_reason = models.CharField(max_length=500, blank=True)
    submitted_at = models.DateTimeField()

    objects = AnnotationRevisionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["annotation", "version"], name="annotation_revision_unique")]

    def __str__(self) -> str:
        return f"version {self.version} of annotation {self.annotation_id}"
