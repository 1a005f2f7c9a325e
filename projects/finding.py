"""Search and commands over the whole application: what a person can go to from where they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.urls import reverse

from projects import permissions
from projects.models import Dataset, Project, User, Workspace
from projects.permissions import Action, Place

MOST = 6
"""Rows of one kind in an answer; who looks for another types one more letter."""


@dataclass(frozen=True)
class Entry:
    """One place to go to. `note` says where it is, `icon` is a Lucide name."""

    title: str
    note: str
    url: str
    icon: str


@dataclass(frozen=True)
class Group:
    """Entries of one kind."""

    title: str
    entries: Sequence[Entry]


_OF_PROJECT = (
    (Action.LABEL, "Label images", "annotations:label", "play"),
    (Action.LABEL, "Read the instructions", "annotations:instructions", "book-open"),
    (Action.SEE_PROGRESS, "Dashboard", "annotations:dashboard", "layout-dashboard"),
    (Action.SEE_ANNOTATIONS, "Images and answers", "annotations:browse", "images"),
    (Action.EXPORT, "Export", "exports:exports", "download"),
    (Action.IMPORT_LABELS, "Import labels", "exports:imports", "upload"),
    (Action.MANAGE_PROJECT, "Project settings", "projects:project-settings", "settings"),
)
_OF_WORKSPACE = (
    (Action.SEE_DATA, "Projects of the workspace", "projects:workspace", "folder"),
    (Action.CREATE_PROJECT, "New project", "projects:project-create", "plus"),
    (Action.SEE_DATA, "Datastores and datasets", "projects:data", "database"),
    (Action.MANAGE_DATA, "New dataset", "projects:dataset-create", "plus"),
    (Action.MANAGE_DATA, "Connect a datastore", "projects:datastore-create", "plus"),
    (Action.MANAGE_PEOPLE, "People of the workspace", "projects:people", "users"),
    (Action.MANAGE_WORKSPACE, "Workspace settings", "projects:workspace-settings", "settings"),
)
_OF_ORGANISATION = (
    (Action.MANAGE_ORGANISATION, "Members of the organisation", "projects:members", "users"),
    (Action.CREATE_WORKSPACE, "New workspace", "projects:workspace-create", "plus"),
)
_OF_EVERYBODY = (
    ("Home", "projects:home", "layout-grid"),
    ("Jobs", "projects:jobs", "activity"),
    ("Notifications", "projects:notifications", "bell"),
    ("Profile", "projects:profile", "user"),
    ("Two-factor sign-in", "mfa_index", "shield-check"),
    ("API tokens", "projects:tokens", "key-round"),
)


def find(*, user: User, words: str, place: Project | Workspace | None) -> list[Group]:
    """What matches all the words, as far as the user may go there; without words, what is near `place`."""
    here = _here(user, place)
    pages = [Entry(title, "", reverse(route), icon) for title, route, icon in _OF_EVERYBODY]
    found = [
        Group("Projects", _projects(user, words)),
        Group("Workspaces", _workspaces(user, words) if words else ()),
        Group("Datasets", _datasets(user, words) if words else ()),
    ]
    near = [Group("Here", _matching(here, words))]
    groups = [*(found + near if words else near + found), Group("Pages", _matching(pages, words))]
    return [group for group in groups if group.entries]


def _here(user: User, place: Project | Workspace | None) -> list[Entry]:
    """What can be done in the place that one looks at, and in what is around it."""
    entries: list[Entry] = []
    if isinstance(place, Project):
        entries += _doings(user, place, _OF_PROJECT)
        place = place.workspace
    if place is not None:
        entries += _doings(user, place, _OF_WORKSPACE)
        entries += _doings(user, place.organisation, _OF_ORGANISATION)
    return entries


def _doings(user: User, place: Place, table: Iterable[tuple[Action, str, str, str]]) -> list[Entry]:
    allowed = permissions.allowed_actions(user, place)
    return [
        Entry(title, place.name, reverse(route, args=[place.code]), icon)
        for action, title, route, icon in table
        if action in allowed
    ]


def _matching(entries: Iterable[Entry], words: str) -> list[Entry]:
    wanted = words.lower().split()
    return [entry for entry in entries if all(word in f"{entry.title} {entry.note}".lower() for word in wanted)]


def _named(words: str) -> Q:
    """Rows whose name has all the words."""
    wanted = Q()
    for word in words.split():
        wanted &= Q(name__icontains=word)
    return wanted


def _projects(user: User, words: str) -> list[Entry]:
    """Projects by name, the latest first; who may not see progress goes to the images instead."""
    rows = Project.objects.for_user(user).active().filter(_named(words)).select_related("workspace")
    projects = list(rows.order_by("-created_at", "-id")[:MOST])
    seen = _of(projects, permissions.projects_allowing(user, Action.SEE_PROGRESS))
    labelled = _of(projects, permissions.projects_allowing(user, Action.LABEL))
    return [
        Entry(
            project.name,
            f"{project.workspace.name} · {project.get_state_display()}" if project.pk in seen else "",
            reverse("annotations:dashboard" if project.pk in seen else "annotations:label", args=[project.code]),
            "folder",
        )
        for project in projects
        if project.pk in seen | labelled
    ]


def _of(projects: list[Project], allowing: QuerySet[Project]) -> set[int]:
    return set(allowing.filter(pk__in=[project.pk for project in projects]).values_list("pk", flat=True))


def _workspaces(user: User, words: str) -> list[Entry]:
    allowed = permissions.workspaces_allowing(user, Action.SEE_DATA).values("pk")
    rows = Workspace.objects.for_user(user).active().filter(_named(words), pk__in=allowed)
    return [
        Entry(row.name, row.organisation.name, reverse("projects:workspace", args=[row.code]), "layers")
        for row in rows.select_related("organisation").order_by("name", "id")[:MOST]
    ]


def _datasets(user: User, words: str) -> list[Entry]:
    allowed = permissions.workspaces_allowing(user, Action.SEE_DATA)
    rows = Dataset.objects.filter(_named(words), workspace__in=allowed.values("pk"))
    return [
        Entry(row.name, row.workspace.name, reverse("projects:dataset", args=[row.code]), "images")
        for row in rows.select_related("workspace").order_by("name", "id")[:MOST]
    ]
