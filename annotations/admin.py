"""Tasks and answers for operators: to look, not to change; labels are changed where their history is kept."""

from django.contrib import admin

from annotations.models import (
    Annotation,
    AnnotationRevision,
    Comment,
    InstructionsReading,
    Lease,
    ProgressDelta,
    ProgressTotal,
    QueuePosition,
    SetAside,
    Task,
    TaskLabel,
)
from projects.administration import ReadOnlyAdmin


@admin.register(Task)
class TaskAdmin(ReadOnlyAdmin):
    list_display = ("code", "project", "status", "open_slots", "answers", "priority", "final_at", "updated_at")
    list_select_related = ("project",)
    list_filter = ("status",)
    search_fields = ("code", "project__code", "image__code")


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    list_display = ("task", "labeller", "project", "granted_at", "expires_at")
    list_select_related = ("task", "labeller", "project")
    search_fields = ("labeller__email", "token", "project__code")


@admin.register(QueuePosition)
class QueuePositionAdmin(ReadOnlyAdmin):
    list_display = ("project", "labeller", "priority", "shuffle_key")
    list_select_related = ("project", "labeller")
    search_fields = ("labeller__email", "project__code")


@admin.register(TaskLabel)
class TaskLabelAdmin(ReadOnlyAdmin):
    list_display = ("task", "label", "project")
    list_select_related = ("task", "label", "project")
    search_fields = ("task__code", "label__code")


@admin.register(Annotation)
class AnnotationAdmin(ReadOnlyAdmin):
    list_display = ("code", "project", "labeller", "state", "version", "active_seconds", "submitted_at")
    list_select_related = ("project", "labeller")
    list_filter = ("state",)
    search_fields = ("code", "task__code", "labeller__email")


@admin.register(AnnotationRevision)
class AnnotationRevisionAdmin(ReadOnlyAdmin):
    list_display = ("annotation", "version", "state", "project", "submitted_at")
    list_select_related = ("annotation", "project")
    search_fields = ("annotation__code",)


@admin.register(Comment)
class CommentAdmin(ReadOnlyAdmin):
    list_display = ("code", "project", "author", "kind", "created_at", "resolved_at")
    list_select_related = ("project", "author")
    list_filter = ("kind",)
    search_fields = ("code", "task__code", "author__email")


@admin.register(ProgressDelta)
class ProgressDeltaAdmin(ReadOnlyAdmin):
    list_display = ("project", "day", "changes", "created_at")
    list_select_related = ("project",)
    search_fields = ("project__code",)


@admin.register(ProgressTotal)
class ProgressTotalAdmin(ReadOnlyAdmin):
    list_display = ("project", "metric", "day", "labeller", "label", "amount")
    list_select_related = ("project", "labeller", "label")
    list_filter = ("metric",)
    search_fields = ("project__code",)


@admin.register(InstructionsReading)
class InstructionsReadingAdmin(ReadOnlyAdmin):
    list_display = ("reader", "project", "read_at")
    list_select_related = ("reader", "project")
    search_fields = ("reader__email", "project__code")


@admin.register(SetAside)
class SetAsideAdmin(ReadOnlyAdmin):
    list_display = ("task", "project", "change", "status", "final_at")
    list_select_related = ("task", "project", "change")
    list_filter = ("status",)
    search_fields = ("task__code", "project__code")
