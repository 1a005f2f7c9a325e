from django.contrib import admin

from exports.models import Comparison, Export, ImageList, ImportedTask, LabelImport, OutputStore, Registration
from projects.administration import ReadOnlyAdmin


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    list_display = ("name", "format", "project", "byte_size", "created_by", "created_at", "completed_at")
    list_select_related = ("project", "created_by")
    list_filter = ("format",)
    search_fields = ("name", "code", "project__code")


@admin.register(OutputStore)
class OutputStoreAdmin(ReadOnlyAdmin):
    list_display = ("workspace", "datastore", "keep_days")
    list_select_related = ("workspace", "datastore")
    search_fields = ("workspace__code",)


@admin.register(Registration)
class RegistrationAdmin(ReadOnlyAdmin):
    list_display = ("export", "dataset")
    list_select_related = ("export", "dataset")
    search_fields = ("export__code", "dataset__code")


@admin.register(Comparison)
class ComparisonAdmin(ReadOnlyAdmin):
    list_display = ("export", "earlier", "created_at")
    list_select_related = ("export", "earlier")
    search_fields = ("code", "export__code")


@admin.register(LabelImport)
class LabelImportAdmin(ReadOnlyAdmin):
    list_display = ("name", "format", "project", "state", "byte_size", "created_by", "created_at")
    list_select_related = ("project", "created_by")
    list_filter = ("format", "state")
    search_fields = ("code", "name", "project__code")


@admin.register(ImportedTask)
class ImportedTaskAdmin(ReadOnlyAdmin):
    list_display = ("label_import", "task", "own", "status")
    list_select_related = ("label_import", "task")
    search_fields = ("label_import__code", "task__code")


@admin.register(ImageList)
class ImageListAdmin(ReadOnlyAdmin):
    list_display = ("name", "format", "workspace", "dataset", "state", "byte_size", "created_by", "created_at")
    list_select_related = ("workspace", "dataset", "created_by")
    list_filter = ("format", "state")
    search_fields = ("code", "name", "workspace__code")
