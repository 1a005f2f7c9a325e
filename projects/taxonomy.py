"""The labels of a project as a tree: every change is one transaction that keeps paths, depths, order and hotkeys right.

Each verb reads the tree, changes it as `label_tree.Node`s and saves it whole; `save` finds what differs. A label keeps its
code and its row whatever happens to it, so answers that use it stay right when it is renamed or moved. A project that has
started archives labels; a draft deletes them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from projects import audit, label_changes, palette
from projects.errors import Conflict
from projects.label_tree import HOTKEYS, NODE_LIMIT, InvalidTaxonomy, Node, check, from_nested, walk
from projects.models import Label, Project, User

FROZEN = (Project.State.COMPLETED, Project.State.ARCHIVED)


@dataclass(frozen=True)
class Change:
    """What a save did: names of the labels it touched."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def read(project: Project) -> list[Node]:
    """The active labels of a project as a tree. One query."""
    return _nodes(list(Label.objects.filter(project=project).active().order_by("position", "id")))


def _nodes(labels: Sequence[Label]) -> list[Node]:
    made = {
        label.pk: Node(label.name, label.description, label.colour, label.hotkey, code=label.code) for label in labels
    }
    roots: list[Node] = []
    for label in labels:
        siblings = made[label.parent_id].children if label.parent_id in made else roots
        siblings.append(made[label.pk])
    return roots


@transaction.atomic
def save(*, project: Project, nodes: Sequence[Node], actor: User | None, handling: str | None = None) -> Change:
    """Makes the project's active labels exactly this tree.

    `handling` says what becomes of the answers where labels are added after the start: see `projects.label_changes`.
    """
    return _save(_locked(project), nodes, actor, handling)


def save_nested(*, project: Project, labels: Any, actor: User | None, handling: str | None = None) -> Change:
    """The same from nested objects, as the editor and the API send them."""
    return save(project=project, nodes=from_nested(labels), actor=actor, handling=handling)


@transaction.atomic
def add(
    *,
    project: Project,
    name: str,
    actor: User | None,
    parent: UUID | None = None,
    index: int | None = None,
    handling: str | None = None,
    **more: Any,
) -> Label:
    """Adds one label under `parent` (at the root without), before the sibling at `index` (last without).

    `more`: description, colour, hotkey as in `label_tree.Node`. `handling` as in `save`.
    """
    project = _locked(project)
    nodes = read(project)
    siblings = _find(nodes, parent)[0].children if parent else nodes
    siblings.insert(len(siblings) if index is None else index, node := Node(name.strip(), **more))
    _save(project, nodes, actor, handling)
    path = next(path for _, path, other in walk(nodes) if other is node)
    return Label.objects.filter(project=project).active().get(path=path)


def rename(*, label: Label, name: str, actor: User | None) -> Label:
    """Gives a label another name; the paths below it follow."""
    return _change(label, actor, lambda node: setattr(node, "name", name.strip()))


def update(*, label: Label, actor: User | None, **changes: str | None) -> Label:
    """Changes any of name, description, colour and hotkey ("" for none)."""

    def apply(node: Node) -> None:
        for key, value in changes.items():
            setattr(node, key, value.strip() if isinstance(value, str) else value)

    return _change(label, actor, apply)


@transaction.atomic
def move(*, label: Label, actor: User | None, parent: UUID | None = None, index: int | None = None) -> Label:
    """Puts a label and all below it under another parent, or elsewhere among its siblings."""
    project = _locked(label.project)
    nodes = read(project)
    node, siblings = _find(nodes, label.code)
    if parent and any(below.code == parent for _, _, below in walk([node])):
        raise InvalidTaxonomy(f"“{label.path}” cannot be moved under itself.")
    siblings.remove(node)
    target = _find(nodes, parent)[0].children if parent else nodes
    target.insert(len(target) if index is None else index, node)
    _save(project, nodes, actor)
    label.refresh_from_db()
    return label


@transaction.atomic
def reorder(*, project: Project, parent: UUID | None, codes: Sequence[UUID], actor: User | None) -> None:
    """Orders the children of `parent` (the roots without) as in `codes`, which names each of them once."""
    project = _locked(project)
    nodes = read(project)
    siblings = _find(nodes, parent)[0].children if parent else nodes
    if sorted(map(str, codes)) != sorted(str(node.code) for node in siblings):
        raise Conflict("The labels changed in the meantime. Reload and order them again.")
    siblings.sort(key=lambda node: list(codes).index(node.code))  # type: ignore[arg-type]  # read nodes have codes
    _save(project, nodes, actor)


@transaction.atomic
def archive(*, label: Label, actor: User | None) -> None:
    """Takes a label and all below it out of use; answers that have it keep it."""
    project = _locked(label.project)
    nodes = read(project)
    node, siblings = _find(nodes, label.code)
    siblings.remove(node)
    _save(project, nodes, actor)


@transaction.atomic
def restore(*, label: Label, actor: User | None) -> Label:
    """Brings an archived label back, last among its siblings; without the labels that were below it."""
    project = _locked(label.project)
    above = label.parent
    if above and above.archived_at:
        raise InvalidTaxonomy(f"“{label.path}” stood under a label that is archived. Restore that one first.")
    path = f"{above.path}/{label.name}" if above else label.name
    if Label.objects.filter(project=project).active().filter(path=path).exists():
        raise InvalidTaxonomy(f"There is another label “{path}” now. Rename that one first.")
    Label.objects.filter(pk=label.pk).update(archived_at=None, hotkey="", path=path, position=NODE_LIMIT)
    audit.record(actor, "label.restore", label)
    _save(project, read(project), actor)
    label.refresh_from_db()
    return label


@transaction.atomic
def _change(label: Label, actor: User | None, apply: Callable[[Node], None]) -> Label:
    project = _locked(label.project)
    nodes = read(project)
    apply(_find(nodes, label.code)[0])
    _save(project, nodes, actor)
    label.refresh_from_db()
    return label


def _locked(project: Project) -> Project:
    """The project's row, locked: one person edits a taxonomy at a time."""
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if locked.state in FROZEN:
        raise Conflict(f"The project is {locked.get_state_display().lower()}: its labels do not change any more.")
    return locked


def _find(nodes: list[Node], code: UUID | None) -> tuple[Node, list[Node]]:
    """The node with this code, and the list that it stands in."""
    for node in nodes:
        if node.code == code:
            return node, nodes
        try:
            return _find(node.children, code)
        except InvalidTaxonomy:
            continue
    raise InvalidTaxonomy("This label is archived or gone. Reload to see the tree as it is.")


def _save(project: Project, nodes: Sequence[Node], actor: User | None, handling: str | None = None) -> Change:
    check(nodes)
    before = {label.code: label for label in Label.objects.filter(project=project).active()}
    found = list(walk(nodes))
    foreign = [path for _, path, node in found if node.code and node.code not in before]
    if foreign:
        raise Conflict(f"The label “{foreign[0]}” was archived in the meantime. Reload and change the tree again.")
    _fill_colours(found)
    _fill_hotkeys(found)
    kept = {node.code for _, _, node in found}
    removed = [label for code, label in before.items() if code not in kept]
    Label.objects.filter(pk__in=[label.pk for label in removed]).update(archived_at=timezone.now(), hotkey="")
    added, changed = _write(project, found, before)
    if added and before and project.state in label_changes.STARTED:
        label_changes.begin(project=project, added=added, handling=handling, actor=actor)
    if project.state == Project.State.DRAFT:
        Label.objects.filter(pk__in=[label.pk for label in removed]).delete()
    change = Change(tuple(added), tuple(changed), tuple(sorted(label.path for label in removed)))
    if change:
        audit.record(
            actor,
            "labels.save",
            project,
            detail={key: list(value)[:100] for key, value in vars(change).items() if value},
        )
    return change


def _fill_colours(found: Sequence[tuple[Any, str, Node]]) -> None:
    used = [node.colour for _, _, node in found if node.colour]
    for _, _, node in found:
        if not node.colour:
            node.colour = palette.next_colour(used)
            used.append(node.colour)


def _fill_hotkeys(found: Sequence[tuple[Any, str, Node]]) -> None:
    used = {node.hotkey for _, _, node in found}
    free = iter([digit for digit in HOTKEYS if digit not in used])
    for _, _, node in found:
        if node.hotkey is None:
            node.hotkey = next(free, "")


_WRITTEN = ("name", "path", "depth", "description", "colour", "hotkey", "position", "parent_id")


def _write(
    project: Project, found: Sequence[tuple[tuple[int, ...], str, Node]], before: dict[UUID, Label]
) -> tuple[list[str], list[str]]:
    """Creates and updates rows, parents before children; returns the paths of the added and of the changed."""
    rows: dict[tuple[int, ...], Label] = {}
    added: list[str] = []
    old = {code: {name: getattr(label, name) for name in _WRITTEN} for code, label in before.items()}
    for position, (place, path, node) in enumerate(found):
        label = before[node.code] if node.code else Label(organisation_id=project.organisation_id, project=project)
        label.name, label.description, label.path = node.name, node.description, path
        label.colour, label.hotkey = node.colour, node.hotkey or ""
        label.position, label.depth = position, len(place) - 1
        rows[place] = label
        if not node.code:
            added.append(path)
    touched = _place_free(rows, old)
    for depth in range(max((len(place) for place in rows), default=0)):
        level = {place: label for place, label in rows.items() if len(place) == depth + 1}
        for place, label in level.items():
            label.parent = rows.get(place[:-1])
        Label.objects.bulk_create([label for label in level.values() if label._state.adding], batch_size=1000)
    changed = [label for label in rows.values() if label.code in old and _differs(label, old[label.code])]
    Label.objects.bulk_update(changed, [name.removesuffix("_id") for name in _WRITTEN], batch_size=1000)
    return added, [label.path for label in changed if label.code in touched or _is_renamed(label, old[label.code])]


def _place_free(rows: dict[tuple[int, ...], Label], old: dict[UUID, dict[str, Any]]) -> set[UUID]:
    """Moves rows whose path or hotkey changes out of the way, so that two labels can swap theirs."""
    moved = [
        label
        for label in rows.values()
        if label.code in old and (label.path, label.hotkey) != (old[label.code]["path"], old[label.code]["hotkey"])
    ]
    aside = [Label(pk=label.pk, path=f"/{label.pk}", hotkey="") for label in moved]
    Label.objects.bulk_update(aside, ["path", "hotkey"], batch_size=1000)
    return {label.code for label in moved}


def _differs(label: Label, old: dict[str, Any]) -> bool:
    return any(getattr(label, name) != value for name, value in old.items())


def _is_renamed(label: Label, old: dict[str, Any]) -> bool:
    return any(getattr(label, name) != old[name] for name in ("name", "description", "colour", "parent_id"))
