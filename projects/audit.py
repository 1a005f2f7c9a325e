"""Writes the audit log, in the transaction of the change that it records, and puts its events into words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from projects import origins
from projects.models import AuditEvent, Organisation, User


def record(
    actor: User | None,
    action: str,
    thing: Model,
    *,
    detail: Mapping[str, Any] | None = None,
    address: str | None = None,
    organisation: Organisation | None = None,
) -> None:
    """Appends one event about `thing`, a row with an organisation (or an organisation itself), unless one is given.

    `address` is the client's of the request that is being answered, unless another is given.
    """
    AuditEvent.objects.create(
        organisation_id=organisation.pk if organisation else getattr(thing, "organisation_id", thing.pk),
        actor=actor,
        action=action,
        object_type=thing._meta.model_name or "",
        object_code=getattr(thing, "code", None),
        object_name=str(thing)[:200],
        detail=dict(detail or {}),
        address=address or origins.address(),
    )


@dataclass(frozen=True)
class Words:
    """An event for people: what was done, what it was about, and the details by name."""

    what: str
    about: str
    details: list[tuple[str, str]]


def words(event: AuditEvent) -> Words:
    """What the page shows of an event. An action is a thing and a verb: `person.change_role`."""
    thing, _, verb = event.action.partition(".")
    what = f"{thing.capitalize()}: {verb}" if verb else thing.capitalize()
    details = [
        (_spaced(name), _shown(value)) for name, value in event.detail.items() if value not in (None, "", [], {})
    ]
    return Words(_spaced(what), event.object_name, details)


def detail_text(event: AuditEvent) -> str:
    """The details as JSON on one line; empty where there are none."""
    return json.dumps(event.detail, ensure_ascii=False, sort_keys=True) if event.detail else ""


def _spaced(name: str) -> str:
    return name.replace("_", " ").replace("-", " ")


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    if isinstance(value, dict):
        return ", ".join(f"{_spaced(str(name))}: {_shown(one)}" for name, one in value.items())
    return str(value)
