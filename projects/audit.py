"""Writes the audit log, in the transaction of the change that it records."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model

from projects import origins
from projects.models import AuditEvent, User


def record(
    actor: User | None,
    action: str,
    thing: Model,
    *,
    detail: Mapping[str, Any] | None = None,
    address: str | None = None,
) -> None:
    """Appends one event about `thing`, a row with an organisation (or an organisation itself).

    `address` is the client's of the request that is being answered, unless another is given.
    """
    AuditEvent.objects.create(
        organisation_id=getattr(thing, "organisation_id", thing.pk),
        actor=actor,
        action=action,
        object_type=thing._meta.model_name or "",
        object_code=getattr(thing, "code", None),
        object_name=str(thing)[:200],
        detail=dict(detail or {}),
        address=address or origins.address(),
    )
