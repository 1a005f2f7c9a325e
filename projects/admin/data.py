from django.contrib import admin

from projects.administration import OperatorAdmin, ReadOnlyAdmin
from projects.models import Dataset, Datastore, Image, ImageVersion, Upload


@admin.register(Datastore)
class DatastoreAdmin(ReadOnlyAdmin):
    """Credentials are not shown, not even encrypted; stores are changed on their own page, which checks them."""

    list_display = ("name", "kind", "workspace", "organisation", "is_default", "checked_at")
    list_select_related = ("workspace", "organisation")
    list_filter = ("kind",)
    search_fields = ("name", "code", "workspace__name")
    exclude = ("credentials",)


@admin.register(Dataset)
class DatasetAdmin(OperatorAdmin):
    list_display = ("name", "source", "state", "image_count", "unreadable_count", "workspace", "refreshed_at")
    list_select_related = ("workspace",)
    list_filter = ("state", "source")
    search_fields = ("name", "code", "workspace__name")
    fields = (
        "name", "description", "code", "organisation", "workspace", "datastore", "source", "pattern", "state", "error",
        "image_count", "unreadable_count", "byte_size", "refreshed_at", "created_by", "created_at",
    )  # fmt: skip
    readonly_fields = fields[2:]

    def has_add_permission(self, request: object) -> bool:
        """Datasets are made on the data page or by the API, which read their files."""
        return False


@admin.register(Image)
class ImageAdmin(ReadOnlyAdmin):
    list_display = ("name", "state", "format", "width", "height", "byte_size", "dataset", "created_at")
    list_select_related = ("dataset",)
    list_filter = ("state", "format")
    search_fields = ("code", "checksum")
    search_help_text = "An image's code or SHA-256."


@admin.register(ImageVersion)
class ImageVersionAdmin(ReadOnlyAdmin):
    list_display = ("image", "number", "format", "width", "height", "byte_size", "replaced_at")
    list_select_related = ("image",)
    search_fields = ("checksum", "image__code")


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    list_display = ("path", "state", "received", "byte_size", "dataset", "created_by", "created_at")
    list_select_related = ("dataset", "created_by")
    list_filter = ("state",)
    search_fields = ("code", "created_by__email")
