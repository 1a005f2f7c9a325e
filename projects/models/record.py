from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from projects.codes import new_code
from projects.models.organisation import Organisation
from projects.tenancy import Actor, TenantQuerySet


class ApiTokenQuerySet(TenantQuerySet["ApiToken"]):
    visible_through = "organisation"

    def for_user(self, user: Actor) -> Self:
        """A person sees their own tokens alone."""
        return super().for_user(user).filter(user=user) if user.is_authenticated else self.none()


class ApiToken(models.Model):
    """A personal API token: bound to one organisation, scoped, expiring. Only a digest of the secret is kept."""

    class Scope(models.TextChoices):
        READ = "read", "Read"
        LABEL = "label", "Label"
        MANAGE = "manage", "Manage"
        EXPORT = "export", "Export"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    code = models.UUIDField(default=new_code, unique=True, editable=False)
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope))
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["user", "-created_at"], name="api_token_by_user")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class IdempotencyKeyQuerySet(TenantQuerySet["IdempotencyKey"]):
    visible_through = "organisation"


class IdempotencyKey(models.Model):
    """What a write with this `Idempotency-Key` answered, so that a repeated request changes nothing."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    fingerprint = models.CharField(max_length=64)
    """SHA-256 of method, path and body: the same key with another request is refused."""
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_unique")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_key_by_age")]

    def __str__(self) -> str:
        return self.key


class AuditEventQuerySet(TenantQuerySet["AuditEvent"]):
    visible_through = "organisation"


class AuditEvent(models.Model):
    """Who did what to which object, from where. The database refuses to change or delete a row."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.DO_NOTHING, db_constraint=False, related_name="+")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_code = models.UUIDField(null=True)
    object_name = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "-id"], name="audit_event_latest"),
            models.Index(fields=["organisation", "created_at"], name="audit_event_by_time"),
            models.Index(fields=["organisation", "object_type", "-id"], name="audit_event_by_type"),
            models.Index(fields=["organisation", "actor", "-id"], name="audit_event_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_name}"
