"""What is counted while a file is looked through or written: a frozen shape on the record, sums on the way."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from exports.formats.records import ExportImage
from exports.importing.matching import Trouble
from exports.importing.reading import MOST_PROBLEMS, Problems, storable

MOST_LABELS, MOST_PATH = 5_000, 700
_TROUBLES = {
    "unknown": "no image of the project has this name",
    "ambiguous": "several images of the project have this name; give more of the path",
    "unreadable": "the project's image of this name is missing or unreadable",
}


@dataclass
class Use:
    """How often a file uses a label, and whether the project has it."""

    annotations: int = 0
    known: bool = True


@dataclass
class Tally:
    """Counts of images, of annotations, and of what images run into; `images` counts those of the file."""

    images: int = 0
    matched: int = 0
    unknown: int = 0
    ambiguous: int = 0
    unreadable: int = 0
    repeated: int = 0
    unlabelled: int = 0
    """Images that the file lists without any label."""
    unusable: int = 0
    """Images of which nothing is left that could be taken."""
    annotations: int = 0
    without_label: int = 0
    """Annotations whose label the project lacks."""
    wrong: int = 0
    changed: int = 0
    without_task: int = 0
    removed: int = 0
    in_hand: int = 0
    answered: int = 0
    suggested: int = 0
    """Images without an answer that have a suggestion."""
    written: int = 0
    suggestions: int = 0
    kept: int = 0
    labels: dict[str, Use] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)

    @property
    def ready(self) -> int:
        """Images that have something to be written to them."""
        return self.matched - self.repeated - self.unlabelled - self.unusable

    def use(self, path: str, *, known: bool) -> None:
        path = storable(path, MOST_PATH)
        if path in self.labels or len(self.labels) < MOST_LABELS:
            use = self.labels.setdefault(path, Use(known=known))
            use.annotations += 1
        self.without_label += not known

    def trouble(self, image: ExportImage, what: Trouble) -> None:
        setattr(self, what, getattr(self, what) + 1)
        self.problems.append(f"{image.name}: {_TROUBLES[what]}.")

    def include(self, other: "Tally") -> None:
        """Adds up two parts of one file."""
        for one in fields(self):
            if one.name not in ("labels", "problems"):
                setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))
        for path, use in other.labels.items():
            self.labels.setdefault(path, Use(known=use.known)).annotations += use.annotations
        self.problems.extend(other.problems[: MOST_PROBLEMS - len(self.problems)])
        self.problems.total += other.problems.total

    def as_json(self) -> dict[str, Any]:
        """For the record; problems are the first hundred, with their number."""
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in ("labels", "problems")}
        uses = sorted(self.labels.items(), key=lambda item: (item[1].known, -item[1].annotations, item[0]))
        labels = [{"path": path, **asdict(use)} for path, use in uses]
        problems = {"problems": list(self.problems), "problem_count": self.problems.total}
        return {**values, "ready": self.ready, "labels": labels, **problems}

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """What `as_json` made, to go on counting."""
        known = {one.name for one in fields(cls)} - {"labels", "problems"}
        tally = cls(**{name: value for name, value in values.items() if name in known})
        tally.labels = {row.pop("path"): Use(**row) for row in map(dict, values.get("labels", ()))}
        tally.problems.extend(values.get("problems", ())[:MOST_PROBLEMS])
        tally.problems.total = values.get("problem_count", 0)
        return tally
