from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from projects.administration import ReadOnlyAdmin
from projects.models import ApiToken, AuditEvent, IdempotencyKey


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Tokens can be revoked here; the secret is known to nobody."""

    list_display = ("name", "prefix", "user", "organisation", "scopes", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("user", "organisation")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("name", "prefix", "user__email")
    exclude = ("digest",)
    actions = ("revoke",)

    @admin.action(description="Revoke the selected tokens", permissions=["view"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        """Takes effect with the next request."""
        count = tokens.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())
        self.message_user(request, f"{count} token{'' if count == 1 else 's'} revoked.")

    def has_revoke_permission(self, request: Any) -> bool:
        return bool(request.user.is_superuser)


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    list_display = ("key", "user", "organisation", "status", "created_at")
    list_select_related = ("user", "organisation")
    search_fields = ("key", "user__email")


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "organisation", "actor", "action", "object_type", "object_name", "address")
    list_select_related = ("organisation", "actor")
    list_filter = ("action",)
    search_fields = ("object_name", "object_code", "actor__email")
