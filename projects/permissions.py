"""Who may do what: the one table. Views, API, templates and admin ask it; nothing else decides."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404

from projects import prepared
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
    SEE_AUDIT = "audit.see"
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
    COMMENT = "comment"
    EXPORT = "export"
    IMPORT_LABELS = "labels.import"
    SEE_JOBS = "jobs.see"
    MANAGE_JOBS = "jobs.manage"


RULES: Mapping[Action, frozenset[str]] = {
    Action.SEE_ORGANISATION: _MEMBERS,
    Action.MANAGE_ORGANISATION: _RUNNERS,
    Action.SEE_AUDIT: _RUNNERS,
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
    Action.COMMENT: _REVIEWERS | {Role.LABELLER},
    Action.EXPORT: _MANAGERS | {Role.REVIEWER},
    Action.IMPORT_LABELS: _MANAGERS,
    Action.SEE_JOBS: _READERS,
    Action.MANAGE_JOBS: _MANAGERS,
}

Place: TypeAlias = Organisation | Workspace | Project
_REFUSED = "Your role does not allow this. Ask a manager of the workspace."


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
    return _nearest(held, place)


def _nearest(held: Mapping[tuple[int | None, int | None], str], place: Place) -> str | None:
    """The role that counts in `place`, of those held in its organisation by workspace and project."""
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


def organisations_allowing(user: Actor, action: Action) -> QuerySet[Organisation]:
    """The organisations in which `user` may do `action` by their role in the organisation itself."""
    held = _held_by(user).filter(role__in=RULES[action], workspace=None, project=None)
    return Organisation.objects.filter(pk__in=held.values("organisation"))


def _held_by(user: Actor) -> QuerySet[Membership]:
    return Membership.objects.filter(user=user) if user.is_authenticated else Membership.objects.none()


def _memberships(user: Actor, action: Action) -> tuple[QuerySet[Membership], QuerySet[Membership]]:
    """The user's memberships that allow the action: as a runner of the organisation, and by a role below it."""
    own = _held_by(user).filter(role__in=RULES[action])
    return own.filter(role__in=Membership.RUNS_ORGANISATION), own.filter(role__in=Membership.WORK_ROLES)


def require(user: Actor, action: Action, place: Place) -> None:
    """Raises NotAllowed unless `user` may do `action` in `place`."""
    if not allows(user, action, place):
        raise NotAllowed(_REFUSED, action=str(action))


_PROJECT_FIELDS = [field.attname for field in Project._meta.concrete_fields if field.attname != "instructions"]
_PROJECT_WITH_ROLES = f"""
SELECT {", ".join(f"p.{name}" for name in _PROJECT_FIELDS)},
       (SELECT jsonb_agg(jsonb_build_array(m.workspace_id, m.project_id, m.role)) FROM projects_membership m
        WHERE m.user_id = %(user)s AND m.organisation_id = p.organisation_id)
FROM projects_project p WHERE p.code = %(code)s
"""  # noqa: S608  # put together from the model's columns


def project_for(user: Actor, action: Action, code: UUID) -> Project:
    """A project in which `user` may do `action`, without its instructions: what `for_user` and `require` do, in one query.

    Whoever has a role in a project sees it, and nobody else does. Raises Http404 or NotAllowed.
    """
    found = prepared.rows({"user": user.pk, "code": code}, _PROJECT_WITH_ROLES) if user.pk else []
    if not found:
        raise Http404
    *values, memberships = found[0]
    project = Project.from_db("default", _PROJECT_FIELDS, values)
    held = {(workspace, project_id): role for workspace, project_id, role in json.loads(memberships or "[]")}
    role = _nearest(held, project)
    if role is None:
        raise Http404
    if role not in RULES[action]:
        raise NotAllowed(_REFUSED, action=str(action))
    return project


def of(thing: Any) -> Place:
    """The place whose roles decide over a row: its project, else its workspace, else its organisation."""
    if isinstance(thing, Organisation | Workspace | Project):
        return thing
    for name in ("project", "workspace", "organisation"):
        place = getattr(thing, name, None)
        if place is not None:
            return place  # type: ignore[no-any-return]  # rows of tenants have at least an organisation
    raise TypeError(f"{type(thing).__name__} belongs to no tenant.")


def only_labels(user: Actor) -> bool:
    """Whether the user's only work is labelling: they see no workspace around it. One query."""
    roles = set(Membership.objects.filter(user_id=user.pk).values_list("role", flat=True)) if user.pk else set()
    return roles <= {Role.LABELLER, Role.MEMBER} and Role.LABELLER in roles
