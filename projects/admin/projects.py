from django.contrib import admin
from django.db.models import URLField

from projects.administration import OperatorAdmin, ReadOnlyAdmin
from projects.models import Label, LabelChange, Project, ProjectDataset


@admin.register(Project)
class ProjectAdmin(OperatorAdmin):
    """State and what decides how answers count are changed by the project's own verbs."""

    list_display = ("name", "task_type", "state", "workspace", "organisation", "created_at")
    list_select_related = ("workspace", "organisation")
    list_filter = ("state", "task_type")
    search_fields = ("name", "code", "workspace__name")
    fields = (
        "name", "description", "instructions", "instructions_url", "page_size", "lease_minutes", "code", "organisation",
        "workspace", "task_type", "state", "error", "labellers_minimum", "labellers_maximum", "created_by", "created_at",
        "started_at", "completed_at",
    )  # fmt: skip
    readonly_fields = fields[6:]
    formfield_overrides = {URLField: {"assume_scheme": "https"}}

    def has_add_permission(self, request: object) -> bool:
        """Projects are made by the wizard or the API."""
        return False


@admin.register(ProjectDataset)
class ProjectDatasetAdmin(ReadOnlyAdmin):
    list_display = ("project", "dataset", "organisation")
    list_select_related = ("project", "dataset", "organisation")
    search_fields = ("project__name", "dataset__name")


@admin.register(Label)
class LabelAdmin(ReadOnlyAdmin):
    """Paths, order and hotkeys hang together: projects.taxonomy changes them."""

    list_display = ("path", "colour", "hotkey", "project", "archived_at")
    list_select_related = ("project",)
    list_filter = (("archived_at", admin.EmptyFieldListFilter),)
    search_fields = ("path", "code", "project__name")


@admin.register(LabelChange)
class LabelChangeAdmin(ReadOnlyAdmin):
    list_display = ("project", "handling", "created_by", "created_at", "undone_at")
    list_select_related = ("project", "created_by")
    list_filter = ("handling",)
    search_fields = ("code", "project__name")
