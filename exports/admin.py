from django.contrib import admin

from exports.models import Export
from projects.administration import ReadOnlyAdmin


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    list_display = ("name", "format", "project", "byte_size", "created_by", "created_at", "completed_at")
    list_select_related = ("project", "created_by")
    list_filter = ("format",)
    search_fields = ("name", "code", "project__code")
