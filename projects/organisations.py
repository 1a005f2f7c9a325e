"""Tenants: founding and naming them."""

from django.db import transaction

from projects import audit, tenancy
from projects.models import Membership, Organisation, User, Workspace

FIRST_WORKSPACE = "First workspace"


@transaction.atomic
def found(*, owner: User, name: str, kind: str = Organisation.Kind.CUSTOMER) -> Organisation:
    """Makes an organisation with its owner and, for a customer, a first workspace; strangers may do it for themselves."""
    with tenancy.system_access("found an organisation"):
        organisation = Organisation.objects.create(name=name.strip(), kind=kind)
        Membership.objects.create(organisation=organisation, user=owner, role=Membership.Role.OWNER)
        audit.record(owner, "organisation.found", organisation)
        if kind == Organisation.Kind.CUSTOMER:
            workspace = Workspace.objects.create(organisation=organisation, name=FIRST_WORKSPACE)
            audit.record(owner, "workspace.create", workspace)
    return organisation


@transaction.atomic
def rename(*, organisation: Organisation, name: str, actor: User) -> Organisation:
    """Gives the organisation another name."""
    before, organisation.name = organisation.name, name.strip()
    if organisation.name != before:
        organisation.save(update_fields=["name"])
        audit.record(actor, "organisation.rename", organisation, detail={"from": before})
    return organisation
