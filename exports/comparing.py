"""What changed between two exports of a project: images, annotations of each label, and the labels themselves.

Both are frozen as lines in the order of tasks, so one pass over both side by side is enough; memory holds counts, one line
of each, and the first few images that changed. A region is the same one in both where its id is the same.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from exports.formats.records import ExportCategory
from exports.freezing import Line

EXAMPLES = 100
"""Images named of each kind of change."""
_UNMEANT = frozenset({"origin"})
"""What a region may say differently without being another: where it came from."""


class Watch(Protocol):
    def __call__(self, done: int) -> None: ...


@dataclass
class Changes:
    """Counts, by label paths for annotations; `examples` has the codes and names of images by kind of change."""

    images_added: int = 0
    images_removed: int = 0
    images_changed: int = 0
    images_same: int = 0
    images_moved: int = 0
    """Images that are in another split than before."""
    labels_added: list[str] = field(default_factory=list)
    labels_removed: list[str] = field(default_factory=list)
    labels_renamed: list[tuple[str, str]] = field(default_factory=list)
    annotations_added: Counter[str] = field(default_factory=Counter)
    annotations_removed: Counter[str] = field(default_factory=Counter)
    annotations_changed: Counter[str] = field(default_factory=Counter)
    """By the label that the region has now: its shape, its label, crowd or note are others."""
    examples: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def as_row(self) -> dict[str, Any]:
        """As JSON."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in found.items()}

    def show(self, kind: str, line: Line) -> None:
        shown = self.examples.setdefault(kind, [])
        if len(shown) < EXAMPLES:
            shown.append((line.image, line.name))


def compare(
    before: tuple[Sequence[ExportCategory], Iterable[Line]],
    after: tuple[Sequence[ExportCategory], Iterable[Line]],
    watch: Watch,
) -> Changes:
    """The way from one export to a later one; `watch` is told of every image."""
    changes = Changes()
    paths = _compare_labels(before[0], after[0], changes)
    for done, (old, new) in enumerate(_side_by_side(before[1], after[1]), start=1):
        _compare_images(old, new, paths, changes)
        watch(done)
    return changes


def _compare_labels(
    before: Sequence[ExportCategory], after: Sequence[ExportCategory], changes: Changes
) -> Mapping[str, str]:
    """Notes what became of the labels; gives the path of every label by its code, the later one where both have it."""
    old, new = ({label.code: label.path for label in labels} for labels in (before, after))
    changes.labels_added = [path for code, path in new.items() if code not in old]
    changes.labels_removed = [path for code, path in old.items() if code not in new]
    changes.labels_renamed = [(old[code], path) for code, path in new.items() if old.get(code, path) != path]
    return old | new


def _side_by_side(before: Iterable[Line], after: Iterable[Line]) -> Iterator[tuple[Line | None, Line | None]]:
    """Lines of the same task together; None where one export does not have it."""
    olds, news = iter(before), iter(after)
    old, new = next(olds, None), next(news, None)
    while old or new:
        if old and (new is None or old.task < new.task):
            yield old, None
            old = next(olds, None)
        elif new and (old is None or new.task < old.task):
            yield None, new
            new = next(news, None)
        else:
            yield old, new
            old, new = next(olds, None), next(news, None)


def _compare_images(old: Line | None, new: Line | None, paths: Mapping[str, str], changes: Changes) -> None:
    line = new or old
    if line is None:
        return
    removed, added = (_things(one, paths) for one in (old, new))
    if old is None or new is None:
        kind = "added" if new else "removed"
        setattr(changes, f"images_{kind}", getattr(changes, f"images_{kind}") + 1)
        counts = changes.annotations_added if new else changes.annotations_removed
        counts.update(label for label, _ in (added if new else removed).values())
        changes.show(kind, line)
        return
    changes.images_moved += old.split != new.split
    if removed == added:
        changes.images_same += 1
        return
    changes.images_changed += 1
    changes.show("changed", line)
    changes.annotations_removed.update(removed[key][0] for key in removed.keys() - added.keys())
    changes.annotations_added.update(added[key][0] for key in added.keys() - removed.keys())
    both = removed.keys() & added.keys()
    changes.annotations_changed.update(added[key][0] for key in both if removed[key] != added[key])


def _things(line: Line | None, paths: Mapping[str, str]) -> dict[str, tuple[str, Any]]:
    """Regions by id and labels of the image by code, each with its label's path and what it says."""
    if line is None:
        return {}
    document = line.final
    found: dict[str, tuple[str, Any]] = {
        f"label {code}": (paths[code], code) for code in document["labels"] if code in paths
    }
    for region in document["regions"]:
        if region["label"] in paths:
            said = {key: value for key, value in region.items() if key not in _UNMEANT}
            found[f"region {region['id']}"] = paths[region["label"]], said
    return found
