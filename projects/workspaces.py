"""Workspaces of an organisation."""

from typing import Any

from django.db import IntegrityError, transaction

from projects import audit
from projects.errors import DomainError
from projects.models import Organisation, User, Workspace


class NameTaken(DomainError):
    """Another workspace of the organisation has this name."""

    code = "name_taken"


def _name_taken(name: str) -> NameTaken:
    message = f"There is a workspace “{name}” already. Choose another name."
    return NameTaken(message, fields={"name": [message]})


def create(*, organisation: Organisation, name: str, actor: User | None, description: str = "") -> Workspace:
    """Makes an empty workspace."""
    try:
        with transaction.atomic():
            workspace = Workspace.objects.create(
                organisation=organisation, name=name.strip(), description=description.strip()
            )
            audit.record(actor, "workspace.create", workspace)
    except IntegrityError as error:
        raise _name_taken(name) from error
    return workspace


def update(*, workspace: Workspace, actor: User | None, **changes: Any) -> Workspace:
    """Changes name or description."""
    changes = {name: value.strip() for name, value in changes.items() if getattr(workspace, name) != value.strip()}
    if not changes:
        return workspace
    try:
        with transaction.atomic():
            Workspace.objects.filter(pk=workspace.pk).update(**changes)
            audit.record(actor, "workspace.update", workspace, detail=changes)
    except IntegrityError as error:
        raise _name_taken(changes["name"]) from error
    workspace.refresh_from_db()
    return workspace
