from django.conf import settings
from django.db import models
from django.utils import timezone

from projects.codes import new_code
from projects.models import Job, Organisation, Project
from projects.tenancy import TenantForeignKey, TenantQuerySet


class ExportQuerySet(TenantQuerySet["Export"]):
    visible_through = "project"


class Export(models.Model):
    """A dataset written out of a project at one instant, with a manifest; its job holds state and progress."""

    class Format(models.TextChoices):
        COCO = "coco", "COCO JSON"
        YOLO = "yolo", "YOLO"
        AUTOML = "automl", "Azure AutoML"
        VOC = "voc", "Pascal VOC"
        MASKS = "masks", "PNG masks"
        FOLDERS = "folders", "Class folders"
        CVAT = "cvat", "CVAT XML"
        LABEL_STUDIO = "labelstudio", "Label Studio"
        CSV = "csv", "CSV"
        NATIVE = "native", "Labelwright JSONL"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    project = TenantForeignKey(Project, models.CASCADE, related_name="exports")
    job = TenantForeignKey(Job, models.PROTECT, null=True, related_name="+")
    code = models.UUIDField(default=new_code, unique=True, editable=False)
    name = models.CharField(max_length=160)
    """Versioned: project, date and time, as the file is called on download."""
    format = models.CharField(max_length=20, choices=Format)
    filters = models.JSONField(default=dict)
    """Which tasks: `{"statuses": […], "labels": [label codes]}`."""
    options = models.JSONField(default=dict, db_default={})
    """How it is written: `exports.writing.Options`, without those that are as usual."""
    key = models.CharField(max_length=300, blank=True)
    """Where the file lies in the output store; empty until it is complete."""
    byte_size = models.BigIntegerField(default=0)
    checksum = models.CharField(max_length=64, blank=True)
    manifest = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    completed_at = models.DateTimeField(null=True, blank=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="export_latest")]

    def __str__(self) -> str:
        return self.name
