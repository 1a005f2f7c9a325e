from django.db import models

from annotations.models.task import Task
from projects.models import LabelChange, Organisation, Project
from projects.tenancy import TenantForeignKey, TenantQuerySet


class SetAsideQuerySet(TenantQuerySet["SetAside"]):
    visible_through = "project"


class SetAside(models.Model):
    """What a task was before its project started over, so that this can be undone. Its answers are revisions."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    project = TenantForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    change = TenantForeignKey(LabelChange, models.CASCADE, related_name="+", db_index=False)
    task = TenantForeignKey(Task, models.CASCADE, related_name="+")
    status = models.CharField(max_length=12, choices=Task.Status)
    open_slots = models.SmallIntegerField()
    answers = models.SmallIntegerField()
    final = models.JSONField(null=True)
    final_at = models.DateTimeField(null=True)
    prelabel = models.JSONField(null=True)
    prelabel_confidence = models.FloatField(null=True)
    prelabel_model = models.CharField(max_length=60, blank=True)
    rejection_note = models.CharField(max_length=2000, blank=True)
    answered = models.JSONField(default=list)
    """Row ids of the annotations that were answers."""
    task_version = models.IntegerField()
    """The task's version since: another one says that somebody has worked on it."""

    objects = SetAsideQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["change", "task"], name="set_aside_once")]

    def __str__(self) -> str:
        return f"task {self.task_id} before change {self.change_id}"
