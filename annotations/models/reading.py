from django.conf import settings
from django.db import models
from django.utils import timezone

from projects.models import Organisation, Project
from projects.tenancy import TenantForeignKey, TenantQuerySet


class InstructionsReadingQuerySet(TenantQuerySet["InstructionsReading"]):
    visible_through = "project"


class InstructionsReading(models.Model):
    """Which instructions of a project a person was last shown before they started to label."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    project = TenantForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    """Of the text and the link, so that changed instructions are shown again; see annotations.instructing."""
    read_at = models.DateTimeField(default=timezone.now)

    objects = InstructionsReadingQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "reader"], name="instructions_reading_unique")]

    def __str__(self) -> str:
        return f"{self.reader_id} read project {self.project_id}"
