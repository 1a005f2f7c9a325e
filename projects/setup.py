"""What a project is made of: its draft, and the settings that can change later."""

import secrets
from collections.abc import Collection, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from projects import audit, lifecycle, notifications
from projects.errors import Conflict, DomainError
from projects.models import Dataset, Membership, Project, ProjectDataset, User, Workspace

State = Project.State
_OPEN = (State.DRAFT, State.INITIALIZING, State.RUNNING, State.PAUSED)
_ALWAYS = frozenset({"name", "description", "instructions", "instructions_url", "page_size"})
_BEFORE_START = frozenset({"task_type", "labellers_minimum", "labellers_maximum"})
_WHILE_OPEN = frozenset({"lease_minutes"})


class NameTaken(DomainError):
    """Another project of the workspace has this name."""

    code = "name_taken"


class Fixed(Conflict):
    """A setting that cannot change once the project has started."""

    code = "fixed_after_start"


def _name_taken(name: str) -> NameTaken:
    message = f"There is a project “{name}” in this workspace already. Choose another name."
    return NameTaken(message, fields={"name": [message]})


def create(*, workspace: Workspace, name: str, task_type: str, actor: User | None, **settings: Any) -> Project:
    """Makes a draft; `settings` are fields of Project that `update` accepts."""
    unknown = set(settings) - _ALWAYS - _BEFORE_START - _WHILE_OPEN
    if unknown:
        raise TypeError(f"Not a setting of a project: {', '.join(sorted(unknown))}")
    try:
        with transaction.atomic():
            project = Project.objects.create(
                organisation_id=workspace.organisation_id,
                workspace=workspace,
                name=name.strip(),
                task_type=task_type,
                seed=secrets.randbits(31),
                created_by=actor,
                **settings,
            )
            audit.record(actor, "project.create", project, detail={"task_type": task_type})
    except IntegrityError as error:
        if "project_name_unique" not in str(error):
            raise
        raise _name_taken(name) from error
    return project


def update(*, project: Project, actor: User | None, **changes: Any) -> Project:
    """Changes settings; those that decide how answers count are fixed once the project has started."""
    unknown = set(changes) - _ALWAYS - _BEFORE_START - _WHILE_OPEN
    if unknown:
        raise TypeError(f"Not a setting of a project: {', '.join(sorted(unknown))}")
    if "name" in changes:
        changes["name"] = changes["name"].strip()
    changes = {key: value for key, value in changes.items() if getattr(project, key) != value}
    if not changes:
        return project
    try:
        with transaction.atomic():
            _apply(project, changes)
            audit.record(actor, "project.update", project, detail=_recorded(changes))
    except IntegrityError as error:
        if "project_name_unique" not in str(error):
            raise
        raise _name_taken(changes["name"]) from error
    return project


def _apply(project: Project, changes: Mapping[str, Any]) -> None:
    states = set(State.values)
    if changes.keys() & _BEFORE_START:
        states = {State.DRAFT}
    elif changes.keys() & _WHILE_OPEN:
        states = set(_OPEN)
    if not Project.objects.filter(pk=project.pk, state__in=states).update(**changes):
        raise Fixed("The project has started: its task type and its number of labellers stay as they are.")
    project.refresh_from_db()


def _recorded(changes: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit log keeps of a change: long texts by their length alone."""
    return {key: len(value) if key == "instructions" else value for key, value in changes.items()}


@transaction.atomic
def choose_data(*, project: Project, datasets: Collection[Dataset], actor: User | None) -> None:
    """Makes these the draft's datasets; all of them from the project's workspace."""
    draft = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if draft.state != State.DRAFT:
        raise Fixed("The project has started: datasets can be added in its settings, but not taken away.")
    if any(dataset.workspace_id != project.workspace_id for dataset in datasets):
        raise Conflict("A dataset belongs to another workspace.")
    wanted = {dataset.pk for dataset in datasets}
    present = set(ProjectDataset.objects.filter(project=project).values_list("dataset_id", flat=True))
    if wanted == present:
        return
    ProjectDataset.objects.filter(project=project, dataset__in=present - wanted).delete()
    ProjectDataset.objects.bulk_create(
        ProjectDataset(organisation_id=project.organisation_id, project=project, dataset_id=pk)
        for pk in sorted(wanted - present)
    )
    audit.record(actor, "project.choose_data", project, detail={"datasets": sorted(d.name for d in datasets)})


@transaction.atomic
def choose_people(*, project: Project, roles: Mapping[User, str], actor: User | None) -> None:
    """Makes these the project's own members, each with the role; people not named keep what the workspace gives them.

    People of the organisation can be named, and those who are members of the project already, as a vendor's are.
    """
    ids = {user.pk for user in roles}
    current = {member.user_id: member for member in Membership.objects.select_for_update().filter(project=project)}
    colleagues = Membership.objects.of_organisation().filter(organisation=project.organisation_id, user__in=ids)
    if ids - current.keys() - set(colleagues.values_list("user_id", flat=True)):
        raise Conflict("Somebody chosen is not a member of the organisation any more. Reload and choose again.")
    wanted = {user.pk: role for user, role in roles.items()}
    people = {user.pk: user for user in roles}
    if wanted == {user_id: member.role for user_id, member in current.items()}:
        return
    Membership.objects.filter(project=project).exclude(user__in=ids).delete()
    for user_id, role in wanted.items():
        if user_id in current:
            Membership.objects.filter(pk=current[user_id].pk).update(role=role)
        else:
            Membership.objects.create(
                organisation_id=project.organisation_id, project=project, user_id=user_id, role=role
            )
            notifications.tell_of_place(user=people[user_id], place=project, role=role, actor=actor)
    detail = {user.email: role for user, role in roles.items()}
    audit.record(actor, "project.choose_people", project, detail={"roles": detail})


def put_data(*, project: Project, datasets: Collection[Dataset], actor: User | None) -> None:
    """Chooses a draft's datasets; a project that has started gains those it does not have."""
    if project.state == State.DRAFT:
        choose_data(project=project, datasets=datasets, actor=actor)
    elif datasets:
        lifecycle.add_data(project=project, datasets=list(datasets), actor=actor)


def datasets_of(project: Project) -> list[Dataset]:
    """The datasets whose images are labelled, by name."""
    return list(Dataset.objects.filter(project_datasets__project=project).order_by("name"))


def candidates(project: Project) -> list[User]:
    """People who can get a role in the project: the organisation's but its owners and admins, and those it has.

    Who was invited and has not come yet is shown to nobody by their account's name, and so not here.
    """
    runners = Membership.objects.filter(
        organisation=project.organisation_id, role__in=Membership.RUNS_ORGANISATION
    ).values("user")
    members = Membership.objects.of_organisation().filter(organisation=project.organisation_id)
    colleagues = members.filter(joined_at__isnull=False).values("user")
    own = Membership.objects.filter(project=project).values("user")
    people = User.objects.filter(Q(pk__in=colleagues) | Q(pk__in=own), is_active=True).exclude(pk__in=runners)
    return list(people.order_by("name", "email"))


def roles_in_workspace(project: Project) -> dict[int, str]:
    """The workspace's roles by user id."""
    return dict(Membership.objects.filter(workspace=project.workspace_id).values_list("user_id", "role"))


def roles_in_project(project: Project) -> dict[int, str]:
    """The roles that count in this project alone, by user id."""
    return dict(Membership.objects.filter(project=project).values_list("user_id", "role"))


def count_labellers(project: Project) -> int:
    """How many people may label in the project."""
    labelling = (Membership.Role.MANAGER, Membership.Role.LEAD, Membership.Role.LABELLER)
    own = roles_in_project(project)
    by_workspace = roles_in_workspace(project)
    runners = Membership.objects.filter(
        organisation=project.organisation_id, role__in=Membership.RUNS_ORGANISATION
    ).values_list("user_id", flat=True)
    roles = by_workspace | own
    return len({user for user, role in roles.items() if role in labelling} | set(runners))
