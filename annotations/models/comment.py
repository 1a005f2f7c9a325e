from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from annotations.models.annotation import Annotation
from annotations.models.task import Lease, Task
from projects import permissions
from projects.codes import new_code
from projects.models import Organisation, Project
from projects.permissions import Action
from projects.tenancy import Actor, TenantForeignKey, TenantQuerySet


class CommentQuerySet(TenantQuerySet["Comment"]):
    visible_through = "project"

    def for_user(self, user: Actor) -> Self:
        """The comments that `user` may know of.

        Whoever may see annotations sees all. A labeller sees the threads they began; those of others only on images in
        their own hands, and, where several label an image, only once it is decided: until then nobody is influenced.
        """
        rows = super().for_user(user)
        if not user.is_authenticated:
            return rows
        seen = permissions.projects_allowing(user, Action.SEE_ANNOTATIONS)
        held = Lease.objects.filter(labeller_id=user.pk).values("task")
        answered = Annotation.objects.filter(labeller_id=user.pk).values("task")
        alone_or_decided = Q(project__labellers_minimum=1) | Q(task__status__in=Task.DECIDED)
        return rows.filter(
            Q(project__in=seen)
            | Q(author_id=user.pk)
            | Q(thread__author_id=user.pk)
            | (Q(task__in=held) | Q(task__in=answered)) & alone_or_decided
        )

    def open_flags(self) -> Self:
        """What waits for a reviewer."""
        return self.filter(kind=Comment.Kind.FLAG, resolved_at__isnull=True)


class Comment(models.Model):
    """What somebody said about an image: pinned to a point, to a region, or to none; a reply has no pin of its own."""

    class Kind(models.TextChoices):
        COMMENT = "comment", "Comment"
        FLAG = "flag", "Flag for a reviewer"

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    project = TenantForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    task = TenantForeignKey(Task, models.CASCADE, related_name="comments", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    thread = TenantForeignKey("self", models.CASCADE, related_name="replies", null=True, blank=True)
    """The comment that this one replies to; None for the first of a thread."""
    code = models.UUIDField(default=new_code, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.COMMENT)
    text = models.CharField(max_length=2000)
    x = models.FloatField(null=True, blank=True)
    y = models.FloatField(null=True, blank=True)
    """The pin, in pixels of the stored image."""
    region = models.CharField(max_length=64, blank=True)
    """The id of the region that the pin hangs on."""
    resolved_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = CommentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(x__isnull=True, y__isnull=True) | Q(x__isnull=False, y__isnull=False),
                name="comment_pin_is_a_point",
            ),
            models.CheckConstraint(
                condition=Q(thread__isnull=True)
                | Q(kind="comment", x__isnull=True, region="", resolved_at__isnull=True),
                name="comment_reply_is_plain",
            ),
        ]
        indexes = [
            models.Index(fields=["task", "id"], name="comment_by_task"),
            models.Index(
                fields=["project", "task"],
                condition=Q(kind="flag", resolved_at__isnull=True),
                name="comment_open_flags",
            ),
        ]

    def __str__(self) -> str:
        return f"comment {self.code}"
