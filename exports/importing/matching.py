"""Which image of a project a name in a file means.

Names are looked up as whole keys in their stores first, then by their last part. Of several images with that last part, the
one is meant whose path agrees furthest from the end; where two agree equally far, nobody can say, and that is a problem.
A name may lack its ending, as in YOLO, may be an address, and may begin with the dataset's name.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from urllib.parse import unquote

from django.db import connection

from exports.formats import automl_reader
from exports.formats.records import ExportImage
from exports.importing.options import Match
from projects.models import Project, ProjectDataset

MOST_NAMESAKES = 500
"""Images of one last part that are compared; of more than that, only a whole key decides."""
MOST_STEPS = 10
WHOLE = 1_000_000
"""How far two paths agree that are the same."""
_ENDINGS = ("jpg", "jpeg", "jpe", "jfif", "png", "bmp", "tif", "tiff", "webp", "gif", "dcm", "dicom")

_COLUMNS = """
i.id, i.code::text, i.width, i.height, i.state = 'ok',
coalesce(i.metadata->>'path', i.key) || CASE WHEN i.frame > 0 THEN '#' || i.frame ELSE '' END, i.key, d.name
"""
_BY_KEY = f"""
SELECT {_COLUMNS} FROM projects_image i JOIN projects_dataset d ON d.id = i.dataset_id
WHERE i.dataset_id = ANY (%(datasets)s) AND i.key = ANY (%(names)s)
UNION
SELECT {_COLUMNS} FROM projects_image i JOIN projects_dataset d ON d.id = i.dataset_id
WHERE i.dataset_id = ANY (%(datasets)s) AND i.code = ANY (%(codes)s::uuid[])
"""  # noqa: S608  # constants
# Names in C order: from `stem.` up to `stem/` is all that begins with the stem and a dot.
_BY_NAME = f"""
SELECT {_COLUMNS} FROM unnest(%(datasets)s::bigint[]) wanted(dataset)
CROSS JOIN unnest(%(low)s::text[], %(high)s::text[]) part(low, high)
CROSS JOIN LATERAL (
    SELECT * FROM projects_image
    WHERE dataset_id = wanted.dataset AND name >= part.low AND name < part.high ORDER BY name LIMIT %(most)s
) i JOIN projects_dataset d ON d.id = i.dataset_id
"""  # noqa: S608  # constants

Trouble: TypeAlias = Literal["unknown", "ambiguous", "unreadable"]


@dataclass(frozen=True, slots=True)
class Known:
    """An image of the project; size in pixels, `paths` by which it may be called."""

    id: int
    width: int
    height: int
    is_readable: bool
    paths: tuple[tuple[str, ...], ...]
    """Steps from the end."""


class Matcher:
    """Finds images of the project's datasets, a batch of names at a time."""

    def __init__(self, project: Project, match: Match, dataset: str = "") -> None:
        self.exact = match == "exact"
        rows = ProjectDataset.objects.filter(project=project, **({"dataset__code": dataset} if dataset else {}))
        self.datasets = list(rows.values_list("dataset_id", flat=True))

    def match(self, images: Sequence[ExportImage]) -> list[Known | Trouble]:
        """For each image of a file the one of the project, or why there is none."""
        wanted = [_names(image) for image in images]
        keys = {name for names in wanted for name in names}
        known = _Index(self._rows(_BY_KEY, names=list(keys), codes=list(_codes(images))))
        left = [names for names, image in zip(wanted, images, strict=True) if not known.has(image, names)]
        if left and not self.exact:
            self._add_named(known, {_last(name) for names in left for name in names})
        found = [known.find(image, names, exact=self.exact) for image, names in zip(images, wanted, strict=True)]
        flat = [
            (place, _last(wanted[place][0])) for place, one in enumerate(found) if one == "unknown" and wanted[place]
        ]
        if flat and not self.exact:
            self._add_named(known, {tail for _, name in flat for tail in _tails(name)})
            for place, name in flat:
                found[place] = known.flat(name)
        return found

    def _add_named(self, known: "_Index", parts: set[str]) -> None:
        """Adds the images whose names are these, or these and an ending."""
        bounds = [(part, f"{part}\x01") if _has_ending(part) else (f"{part}.", f"{part}/") for part in sorted(parts)]
        low, high = ([bound[side] for bound in bounds] for side in (0, 1))
        known.add(self._rows(_BY_NAME, low=low, high=high, most=MOST_NAMESAKES))

    def _rows(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, {"datasets": self.datasets, **values})
            return list(cursor.fetchall())


class _Index:
    """Images by code and by the last step of their paths, with and without its ending."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self._by_code: dict[str, Known] = {}
        self._by_last: dict[str, dict[int, Known]] = defaultdict(dict)
        self.add(rows)

    def add(self, rows: Iterable[tuple[Any, ...]]) -> None:
        for id_, code, width, height, is_readable, path, key, dataset in rows:
            paths = tuple((*reversed(text.split("/")), dataset) for text in dict.fromkeys((path, key)))
            known = Known(id_, width, height, is_readable, paths)
            self._by_code[code] = known
            for steps in paths:
                last = steps[0].partition("#")[0]
                for name in {steps[0], last, last.rpartition(".")[0] or last}:
                    self._by_last[name][id_] = known

    def has(self, image: ExportImage, names: Sequence[str]) -> bool:
        """Whether there is an image of this code or of one of these whole names."""
        return image.code in self._by_code or any(far >= WHOLE for _, far in self._scores(names))

    def find(self, image: ExportImage, names: Sequence[str], *, exact: bool) -> Known | Trouble:
        if image.code in self._by_code:
            return _readable(self._by_code[image.code])
        scores = [(known, far) for known, far in self._scores(names) if far >= WHOLE or not exact]
        best = max((far for _, far in scores), default=0)
        if not best:
            return "unknown"
        found = {known.id: known for known, far in scores if far == best}
        return "ambiguous" if len(found) > 1 else _readable(next(iter(found.values())))

    def flat(self, name: str) -> Known | Trouble:
        """The image whose whole path, written with `_` for `/`, is the name: as formats without folders have it."""
        same = {
            known.id: known
            for tail in _tails(name)
            for known in self._by_last.get(tail, {}).values()
            if any("_".join(reversed(path[:-1])) == name for path in known.paths)
        }
        if len(same) > 1:
            return "ambiguous"
        return _readable(next(iter(same.values()))) if same else "unknown"

    def _scores(self, names: Sequence[str]) -> list[tuple[Known, int]]:
        found: list[tuple[Known, int]] = []
        for name in names:
            steps = tuple(reversed(name.split("/")))
            same = self._by_last.get(steps[0], {}).values()
            found += [(known, max(_agreement(steps, path) for path in known.paths)) for known in same]
        return found


def _readable(known: Known) -> Known | Trouble:
    return known if known.is_readable else "unreadable"


def _agreement(steps: Sequence[str], path: Sequence[str]) -> int:
    """How many steps from the end agree, the last one being known to; far more where the name is the whole path."""
    far = 1
    for one, other in zip(steps[1:], path[1:], strict=False):
        if one != other:
            break
        far += 1
    return WHOLE + far if far == len(steps) and far >= len(path) - 1 else far


def _names(image: ExportImage) -> list[str]:
    """What the image may be called: its name, and the path in its address, as they are and unquoted."""
    found = []
    for text in (image.name, image.url):
        path = automl_reader.name_of(text.partition("?")[0] if "://" in text else text)
        for name in (path, unquote(path), text):
            cleaned = "/".join(step for step in name.replace("\\", "/").split("/") if step not in ("", "."))
            if cleaned and "\0" not in cleaned and cleaned not in found:
                found.append(cleaned)
    return found


def _tails(name: str) -> list[str]:
    """What may be the last step of a path that was written with `_` for `/`."""
    steps = name.split("_")
    return ["_".join(steps[place:]) for place in range(1, min(len(steps), MOST_STEPS))]


def _last(name: str) -> str:
    """The last step, without the number of a frame."""
    last = name.rpartition("/")[2]
    start, mark, frame = last.rpartition("#")
    return start if mark and frame.isdigit() and start else last


def _has_ending(part: str) -> bool:
    return part.rpartition(".")[2].lower() in _ENDINGS


def _codes(images: Iterable[ExportImage]) -> Iterator[str]:
    """Codes that are UUIDs as we write them."""
    for image in images:
        code = image.code.lower()
        if len(code) == 36 and code.count("-") == 4 and not set(code) - set("0123456789abcdef-"):
            yield image.code
