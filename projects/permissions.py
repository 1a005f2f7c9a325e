"""Who may do what: the one table. Views, API, templates and admin ask it; nothing else decides."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeAlias

from django.db.models import Q, QuerySet

from projects.errors import NotAllowed
from projects.models import Membership, Organisation, Project, Workspace
from projects.tenancy import Actor

Role = Membership.Role

_RUNNERS = frozenset({Role.OWNER, Role.ADMIN})
_MANAGERS = _RUNNERS | {Role.MANAGER}
_REVIEWERS = _MANAGERS | {Role.LEAD, Role.REVIEWER}
_READERS = _REVIEWERS | {Role.VIEWER}
_LABELLERS = _MANAGERS | {Role.LEAD, Role.LABELLER}
_EVERYONE_AT_WORK = _READERS | {Role.LABELLER}
_MEMBERS = _RUNNERS | {Role.MEMBER}


class Action(StrEnum):
    """What a person can do; the value is what the API reports."""

    SEE_ORGANISATION = "organisation.see"
    MANAGE_ORGANISATION = "organisation.manage"
    CREATE_WORKSPACE = "workspace.create"
    SEE_WORKSPACE = "workspace.see"
    MANAGE_WORKSPACE = "workspace.manage"
    MANAGE_PEOPLE = "people.manage"
    SEE_DATA = "data.see"
    MANAGE_DATA = "data.manage"
    SEE_PROJECT = "project.see"
    SEE_PROGRESS = "progress.see"
    CREATE_PROJECT = "project.create"
    MANAGE_PROJECT = "project.manage"
    LABEL = "label"
    SEE_ANNOTATIONS = "annotations.see"
    EXPORT = "export"
    SEE_JOBS = "jobs.see"
    MANAGE_JOBS = "jobs.manage"


RULES: Mapping[Action, frozenset[str]] = {
    Action.SEE_ORGANISATION: _MEMBERS,
    Action.MANAGE_ORGANISATION: _RUNNERS,
    Action.CREATE_WORKSPACE: _RUNNERS,
    Action.SEE_WORKSPACE: _EVERYONE_AT_WORK,
    Action.MANAGE_WORKSPACE: _RUNNERS,
    Action.MANAGE_PEOPLE: _MANAGERS,
    Action.SEE_DATA: _READERS,
    Action.MANAGE_DATA: _MANAGERS,
    Action.SEE_PROJECT: _EVERYONE_AT_WORK,
    Action.SEE_PROGRESS: _READERS,
    Action.CREATE_PROJECT: _MANAGERS,
    Action.MANAGE_PROJECT: _MANAGERS,
    Action.LABEL: _LABELLERS,
    Action.SEE_ANNOTATIONS: _READERS,
    Action.EXPORT: _MANAGERS | {Role.REVIEWER},
    Action.SEE_JOBS: _READERS,
    Action.MANAGE_JOBS: _MANAGERS,
}

Place: TypeAlias = Organisation | Workspace | Project


def role_in(user: Actor, place: Place) -> str | None:
    """The role that counts in `place`: owner or admin of the organisation, else the nearest membership.

    A membership of the project overrides the workspace's. One query.
    """
    if user.pk is None:
        return None
    organisation_id = place.pk if isinstance(place, Organisation) else place.organisation_id
    held: dict[tuple[int | None, int | None], str] = {
        (workspace, project): role
        for workspace, project, role in Membership.objects.filter(
            user_id=user.pk, organisation_id=organisation_id
        ).values_list("workspace_id", "project_id", "role")
    }
    at_organisation = held.get((None, None))
    if at_organisation in Membership.RUNS_ORGANISATION:
        return at_organisation
    if isinstance(place, Project):
        return held.get((None, place.pk)) or held.get((place.workspace_id, None))
    if isinstance(place, Workspace):
        return held.get((place.pk, None))
    return at_organisation


def allows(user: Actor, action: Action, place: Place) -> bool:
    """Whether `user` may do `action` in `place`."""
    return role_in(user, place) in RULES[action]


def allowed_actions(user: Actor, place: Place) -> frozenset[Action]:
    """Everything that `user` may do in `place`: what templates and the API show."""
    role = role_in(user, place)
    return frozenset(action for action, roles in RULES.items() if role in roles)


def projects_allowing(user: Actor, action: Action) -> QuerySet[Project]:
    """The projects in which `user` may do `action`: what a list over several projects is narrowed to."""
    own, at_work = _memberships(user, action)
    named = _held_by(user).filter(project__isnull=False)
    return Project.objects.filter(
        Q(organisation__in=own.values("organisation"))
        | Q(pk__in=at_work.filter(project__isnull=False).values("project"))
        | (
            Q(workspace__in=at_work.filter(workspace__isnull=False).values("workspace"))
            & ~Q(pk__in=named.values("project"))
        )
    )


def workspaces_allowing(user: Actor, action: Action) -> QuerySet[Workspace]:
    """The workspaces in which `user` may do `action`."""
    own, at_work = _memberships(user, action)
    return Workspace.objects.filter(
        Q(organisation__in=own.values("organisation"))
        | Q(pk__in=at_work.filter(workspace__isnull=False).values("workspace"))
    )


def _held_by(user: Actor) -> QuerySet[Membership]:
    return Membership.objects.filter(user=user) if user.is_authenticated else Membership.objects.none()


def _memberships(user: Actor, action: Action) -> tuple[QuerySet[Membership], QuerySet[Membership]]:
    """The user's memberships that allow the action: as a runner of the organisation, and by a role below it."""
    own = _held_by(user).filter(role__in=RULES[action])
    return own.filter(role__in=Membership.RUNS_ORGANISATION), own.filter(role__in=Membership.WORK_ROLES)


def require(user: Actor, action: Action, place: Place) -> None:
    """Raises NotAllowed unless `user` may do `action` in `place`."""
    if not allows(user, action, place):
        raise NotAllowed("Your role does not allow this. Ask a manager of the workspace.", action=str(action))


def of(thing: Any) -> Place:
    """The place whose roles decide over a row: its project, else its workspace, else its organisation."""
    if isinstance(thing, Organisation | Workspace | Project):
        return thing
    for name in ("project", "workspace", "organisation"):
        place = getattr(thing, name, None)
        if place is not None:
            return place  # type: ignore[no-any-return]  # rows of tenants have at least an organisation
    raise TypeError(f"{type(thing).__name__} belongs to no tenant.")
