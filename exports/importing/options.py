"""How a file of labels is read, and how its labels are written."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self, TypeAlias

from exports.formats.csv_reader import Columns

Match: TypeAlias = Literal["path", "exact"]
Policy: TypeAlias = Literal["keep", "replace", "suggest", "skip"]
MATCHES = [
    ("path", "By path or name: folders at the front may differ"),
    ("exact", "By whole path alone"),
]
POLICIES = [
    ("keep", "Keep the answer. A suggestion is replaced"),
    ("replace", "Replace the answer. The old one stays in the history"),
    ("suggest", "Keep the answer, and put the new labels beside it as a suggestion"),
    ("skip", "Leave everything alone that has an answer or a suggestion"),
]


@dataclass(frozen=True, kw_only=True)
class _Options:
    def chosen(self) -> dict[str, Any]:
        """As JSON, without what is as usual."""
        usual = asdict(type(self)())
        return {name: value for name, value in asdict(self).items() if value != usual[name]}

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """From JSON; what is not known is left out."""
        known = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


@dataclass(frozen=True, kw_only=True)
class Reading(_Options):
    """How images are found, and, for CSV and JSONL, which column holds what (empty: as their names say)."""

    match: Match = "path"
    columns: Mapping[str, str] = field(default_factory=dict)
    fractions: bool = False
    dataset: str = ""
    """Only images of the dataset with this code, as for labels that came with its list; empty: of the whole project."""

    def table(self) -> Columns | None:
        return Columns(self.columns, self.fractions) if self.columns else None


@dataclass(frozen=True, kw_only=True)
class Writing(_Options):
    """`final` makes labels answers, else suggestions; `policy` is for images that have an answer already.

    `create_labels` makes labels that the project lacks; `empty` takes an image without labels for one with nothing on it.
    """

    final: bool = True
    policy: Policy = "keep"
    create_labels: bool = False
    empty: bool = False
