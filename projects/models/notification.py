from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.codes import new_code
from projects.models.organisation import Organisation
from projects.tenancy import Actor


class NotificationQuerySet(models.QuerySet["Notification"]):
    def for_user(self, user: Actor) -> Self:
        """What was told to this person; nobody else's, whatever the role."""
        return self.filter(user_id=user.pk) if user.is_authenticated else self.none()

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)


class Notification(models.Model):
    """Something that one person is told inside the application; written with what caused it."""

    class Kind(models.TextChoices):
        JOB_FAILED = "job_failed", "A job that I started has failed"
        JOB_DONE = "job_done", "A job that I started is done"
        EXPORT_READY = "export_ready", "An export that I asked for is ready"
        ADDED = "added", "I am added to an organisation, workspace or project"
        ANSWER_REJECTED = "answer_rejected", "An answer of mine is sent back"

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    code = models.UUIDField(default=new_code, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    title = models.CharField(max_length=200)
    detail = models.CharField(max_length=300, blank=True)
    path = models.CharField(max_length=200)
    """The page that it is about, on this site."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_latest"),
            models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="notification_unread"),
            models.Index(fields=["created_at"], name="notification_by_age"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(path__startswith="/") & ~Q(path__startswith="//"), name="notification_path_is_ours"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"
