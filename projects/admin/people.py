from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.http import HttpRequest

from projects.administration import EstimatingPaginator, OperatorAdmin, ReadOnlyAdmin
from projects.models import Membership, Notification, Organisation, Preferences, User, Workspace

admin.site.unregister(Group)


class NewUserForm(AdminUserCreationForm):  # type: ignore[type-arg]  # our own user
    class Meta:
        model = User
        fields = ("email", "name")
        field_classes = {"email": forms.EmailField}


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]  # our own user
    """People of all tenants: for superusers alone."""

    add_form = NewUserForm
    paginator = EstimatingPaginator
    show_full_result_count = False
    list_display = ("email", "name", "is_active", "is_staff", "last_login", "created_at")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name", "code")
    ordering = ("-pk",)
    readonly_fields = ("code", "last_login", "created_at")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "code")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def _by_superusers(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may change people may set a superuser's password, so no lesser right is enough."""
        return bool(request.user.is_active and request.user.is_superuser)

    has_module_permission = has_view_permission = has_change_permission = _by_superusers
    has_add_permission = has_delete_permission = _by_superusers


@admin.register(Organisation)
class OrganisationAdmin(OperatorAdmin):
    """Limits are the operator's to set; empty is unlimited."""

    list_display = ("name", "kind", "image_limit", "byte_limit", "member_limit", "code", "created_at")
    list_filter = ("kind",)
    search_fields = ("name", "code")
    readonly_fields = ("code", "created_at")


@admin.register(Workspace)
class WorkspaceAdmin(OperatorAdmin):
    list_display = ("name", "organisation", "code", "created_at", "archived_at")
    list_select_related = ("organisation",)
    list_filter = (("archived_at", admin.EmptyFieldListFilter),)
    search_fields = ("name", "code", "organisation__name")
    readonly_fields = ("code", "created_at", "organisation")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The organisation is read-only, so a workspace is made by its organisation."""
        return False


@admin.register(Membership)
class MembershipAdmin(OperatorAdmin):
    list_display = ("user", "role", "organisation", "workspace", "project", "created_at")
    list_select_related = ("user", "organisation", "workspace", "project")
    list_filter = ("role",)
    search_fields = ("user__email", "organisation__name")
    readonly_fields = ("created_at",)


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ("title", "user", "kind", "organisation", "created_at", "read_at")
    list_select_related = ("user", "organisation")
    list_filter = ("kind",)
    search_fields = ("user__email", "code")


@admin.register(Preferences)
class PreferencesAdmin(ReadOnlyAdmin):
    list_display = ("user", "updated_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)
