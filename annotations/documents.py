"""The annotation document: what one labeller says about one image.

Coordinates are pixels of the stored image after its EXIF orientation, origin top-left, floats allowed.
`parse` checks types and hard limits, `validate` the meaning for one project and one image, and
`validate_draft` only what a half-done answer must keep to.

Decisions
- Nothing is changed on the way in: a document is stored as it was sent or refused.
- A shape may overhang the image by up to `TOLERANCE` px, because browsers round; further out it is
  refused. Writers whose readers are stricter clip at the door (`geometry.clip_box`).
- `empty: true` is an answer in every task type but multiclass, which wants exactly one label.
- A mask's box must be the box of its pixels to within one pixel.
- Instances (task type `polygon`) may be polygons or masks: what was painted stays as it was painted.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from annotations import crossings, geometry, rle
from projects import errors

TaskType: TypeAlias = Literal["multiclass", "multilabel", "box", "polygon", "semantic"]

MOST_REGIONS = 20_000
MOST_POINTS = 10_000
MOST_NOTE_CHARACTERS = 2_000
MOST_LABELS = 1_000
MOST_PROBLEMS = 50
TOLERANCE = 0.5

SHAPES: Mapping[TaskType, frozenset[str]] = {
    "multiclass": frozenset(),
    "multilabel": frozenset(),
    "box": frozenset({"box"}),
    "polygon": frozenset({"polygon", "mask"}),
    "semantic": frozenset({"mask"}),
}

Code: TypeAlias = Annotated[str, Field(min_length=1, max_length=64)]
Note: TypeAlias = Annotated[str, Field(max_length=MOST_NOTE_CHARACTERS)]
Origin: TypeAlias = Literal["manual", "prelabel", "prelabel-edited", "import"]
Point: TypeAlias = Annotated[list[float], Field(min_length=2, max_length=2)]
Ring: TypeAlias = Annotated[list[Point], Field(max_length=MOST_POINTS)]


class Part(BaseModel):
    """Base of everything in a document: no unknown keys, no silent conversion, finite numbers."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class BoxRegion(Part):
    """A rectangle in pixels; `crowd` marks one box around many objects."""

    id: Code
    shape: Literal["box"]
    label: Code
    x: float
    y: float
    width: float
    height: float
    crowd: bool = False
    origin: Origin = "manual"
    note: Note = ""


class PolygonRegion(Part):
    """Rings of [x, y] points in pixels, filled even-odd: holes and split objects are possible."""

    id: Code
    shape: Literal["polygon"]
    label: Code
    parts: Annotated[list[Ring], Field(min_length=1, max_length=MOST_POINTS)]
    origin: Origin = "manual"
    note: Note = ""


class Rle(Part):
    """COCO's compressed run-length encoding; `size` is [height, width] in pixels."""

    size: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=2, max_length=2)]
    counts: Annotated[str, Field(min_length=1)]


class MaskRegion(Part):
    """The pixels of one label, and the box around them in pixels."""

    id: Code
    shape: Literal["mask"]
    label: Code
    rle: Rle
    x: float
    y: float
    width: float
    height: float
    origin: Origin = "manual"
    note: Note = ""


Region: TypeAlias = Annotated[BoxRegion | PolygonRegion | MaskRegion, Field(discriminator="shape")]


class Document(Part):
    """Image labels, regions, or an explicit `empty` ("nothing here")."""

    labels: Annotated[list[Code], Field(max_length=MOST_LABELS)] = []
    regions: Annotated[list[Region], Field(max_length=MOST_REGIONS)] = []
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a document; `path` is dotted from its root, as in `regions.2.width`."""

    path: str
    message: str
    where: str = ""

    @property
    def detail(self) -> str:
        """The message as a sentence that names the region."""
        if self.where:
            return f"{self.where}: {self.message}"
        return self.message[:1].upper() + self.message[1:]


class InvalidDocument(errors.DomainError):
    """A document that cannot be taken; `problems` is never empty."""

    code = "invalid_document"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(summary(problems), fields=fields(problems))
        self.problems = list(problems)


def summary(problems: Sequence[Problem]) -> str:
    """One sentence for people: the first problem and how many more there are."""
    more = len(problems) - 1
    tail = f" (and {more} more)" if more else ""
    return f"{problems[0].detail}{tail}"


def fields(problems: Sequence[Problem], prefix: str = "") -> dict[str, list[str]]:
    """Group messages by path for the `fields` of an API error; `prefix` is put before each path."""
    grouped: dict[str, list[str]] = {}
    for problem in problems:
        grouped.setdefault(prefix + (problem.path or "document"), []).append(problem.detail)
    return grouped


_document = TypeAdapter(Document)


def parse(document: object) -> Document:
    """Check types and hard limits of decoded JSON; `InvalidDocument` names what is wrong."""
    try:
        return _document.validate_python(document)
    except ValidationError as error:
        raise InvalidDocument(_parse_problems(error)) from error


def parse_json(text: str | bytes) -> Document:
    """`parse` straight from JSON text."""
    try:
        return _document.validate_json(text)
    except ValidationError as error:
        raise InvalidDocument(_parse_problems(error)) from error


def dump(document: Document) -> dict[str, Any]:
    """Return the document as plain JSON values with every default written out."""
    return document.model_dump()


def dump_json(document: Document) -> bytes:
    return _document.dump_json(document)


def validate(
    document: Document, *, task_type: TaskType, width: int, height: int, labels: Collection[str]
) -> list[Problem]:
    """Return what stops a document from being submitted; an empty list when nothing does.

    `width` and `height` are the image's in pixels, `labels` the codes a labeller may use (a set or
    dict for speed). At most `MOST_PROBLEMS` problems are listed.
    """
    problems = _document_problems(document, task_type, labels)
    regions = _region_problems(document.regions, task_type, width, height, labels)
    return [*problems, *islice(regions, MOST_PROBLEMS - len(problems))]


def validate_draft(document: Document, *, task_type: TaskType) -> list[Problem]:
    """Return what stops a half-done document from being kept: only shapes of another task type.

    Missing labels, unfinished shapes and an empty document are all allowed.
    """
    shapes = SHAPES[task_type]
    wrong = (
        _wrong_shape(index, region, task_type)
        for index, region in enumerate(document.regions)
        if region.shape not in shapes
    )
    return list(islice(wrong, MOST_PROBLEMS))


def _parse_problems(error: ValidationError) -> list[Problem]:
    found = error.errors(include_url=False, include_context=True, include_input=False)
    return [_parse_problem(details) for details in found[:MOST_PROBLEMS]]


def _parse_problem(details: ErrorDetails) -> Problem:
    """Turn pydantic's error into ours: drop the union tag from the path, name field and region."""
    steps = list(details["loc"])
    where = ""
    if len(steps) > 1 and steps[0] == "regions":
        tag = steps.pop(2) if len(steps) > 2 and steps[2] in ("box", "polygon", "mask") else "unknown shape"
        where = f"Region {int(steps[1]) + 1} ({tag})"
    name = ".".join(str(step) for step in steps[2 if where else 0 :])
    name = name or ("the region" if where else "the document")
    context = {"message": f"is refused: {details['msg']}"} | details.get("ctx", {})
    text = _MESSAGES.get(details["type"], "{message}").format(**context)
    if details["type"].startswith("union_tag"):
        name = "shape"
    return Problem(".".join(map(str, steps)), f"{name} {text}.", where)


_MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": "is not a known field",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "list_type": "must be a list",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "json_invalid": "is not valid JSON",
    "literal_error": "must be {expected}",
    "union_tag_invalid": "must be one of 'box', 'polygon', 'mask'",
    "union_tag_not_found": "must be one of 'box', 'polygon', 'mask'",
    "greater_than_equal": "must be at least {ge}",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length:,} characters",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length:,} items",
}


def _document_problems(document: Document, task_type: TaskType, labels: Collection[str]) -> list[Problem]:
    problems = []
    if document.empty and (document.labels or document.regions):
        problems.append(Problem("empty", "a document marked as empty cannot have labels or regions."))
    elif message := _unanswered(document, task_type):
        problems.append(message)
    if document.labels and SHAPES[task_type]:
        problems.append(Problem("labels", f"a {task_type} task takes regions, not image labels."))
    if len(set(document.labels)) != len(document.labels):
        problems.append(Problem("labels", "a label is given twice."))
    problems += [
        Problem(f"labels.{index}", "this label is not one of the project's labels.")
        for index, label in enumerate(document.labels[:MOST_PROBLEMS])
        if label not in labels
    ]
    return problems[:MOST_PROBLEMS]


def _unanswered(document: Document, task_type: TaskType) -> Problem | None:
    if task_type == "multiclass":
        wrong = document.empty or len(document.labels) != 1
        return Problem("labels", "choose exactly one label.") if wrong else None
    if document.empty:
        return None
    if task_type == "multilabel":
        return None if document.labels else Problem("labels", 'choose at least one label, or "nothing here".')
    return None if document.regions else Problem("regions", 'draw at least one region, or mark "nothing here".')


def _region_problems(
    regions: Sequence[Region], task_type: TaskType, width: int, height: int, labels: Collection[str]
) -> Iterator[Problem]:
    shapes = SHAPES[task_type]
    seen: set[str] = set()
    for index, region in enumerate(regions):
        if region.shape not in shapes:
            yield _wrong_shape(index, region, task_type)
            continue
        if region.label not in labels:
            yield _problem(index, region, "label", "this label is not one of the project's labels.")
        if region.id in seen:
            yield _problem(index, region, "id", "another region has the same id.")
        seen.add(region.id)
        # The common case, a good box, costs no generator: thousands of these are checked a second.
        if not (isinstance(region, BoxRegion) and _is_inside(region, width, height)):
            yield from _shape_problems(index, region, width, height)
    if "mask" in shapes:
        yield from _mask_problems(regions, width, height, exclusive=task_type == "semantic")


def _shape_problems(index: int, region: Region, width: int, height: int) -> Iterator[Problem]:
    if isinstance(region, BoxRegion):
        yield from _box_problems(index, region, width, height)
    elif isinstance(region, PolygonRegion):
        yield from _polygon_problems(index, region, width, height)


def _problem(index: int, region: Region, field: str, message: str) -> Problem:
    return Problem(f"regions.{index}.{field}", message, f"Region {index + 1} ({region.shape})")


def _wrong_shape(index: int, region: Region, task_type: TaskType) -> Problem:
    return _problem(index, region, "shape", f"a {task_type} task does not take this shape.")


def _is_inside(region: BoxRegion, width: int, height: int) -> bool:
    """Tell whether a box has an area, meets the image and overhangs it by no more than `TOLERANCE`."""
    x, y, right, bottom = region.x, region.y, region.x + region.width, region.y + region.height
    return (
        region.width > 0
        and region.height > 0
        and -TOLERANCE <= x < width
        and -TOLERANCE <= y < height
        and 0 < right <= width + TOLERANCE
        and 0 < bottom <= height + TOLERANCE
    )


def _box_problems(index: int, region: BoxRegion, width: int, height: int) -> Iterator[Problem]:
    for side, start, length, limit in (
        ("width", "x", region.width, width),
        ("height", "y", region.height, height),
    ):
        position: float = getattr(region, start)
        if length <= 0:
            yield _problem(index, region, side, f"{side} must be greater than 0.")
        elif not -TOLERANCE <= position < limit:
            yield _problem(index, region, start, f"{start} must be between 0 and the image's {side}, {limit} px.")
        elif not 0 < position + length <= limit + TOLERANCE:
            yield _problem(index, region, side, f"{start} + {side} must not go past the image's {side}, {limit} px.")


def _polygon_problems(index: int, region: PolygonRegion, width: int, height: int) -> Iterator[Problem]:
    if sum(map(len, region.parts)) > MOST_POINTS:
        yield _problem(index, region, "parts", f"a polygon can have at most {MOST_POINTS:,} points.")
        return
    bad = [(number, text) for number, ring in enumerate(region.parts) if (text := _ring_problem(ring, width, height))]
    for number, text in bad:
        yield _problem(index, region, f"parts.{number}", f"ring {number + 1} {text}")
    if not bad and (pair := crossings.crossing_rings(region.parts)):
        yield _problem(index, region, f"parts.{max(pair)}", f"ring {max(pair) + 1} crosses ring {min(pair) + 1}.")


def _ring_problem(ring: list[list[float]], width: int, height: int) -> str:
    if geometry.distinct_points(ring) < 3:
        return "needs at least three different points."
    for x, y in ring:
        if not (-TOLERANCE <= x <= width + TOLERANCE and -TOLERANCE <= y <= height + TOLERANCE):
            return f"has a point outside the image, which is {width} x {height} px."
    if not geometry.is_simple(ring):
        return "crosses or touches itself."
    return ""


def _mask_problems(regions: Sequence[Region], width: int, height: int, *, exclusive: bool) -> Iterator[Problem]:
    """Check each mask by its runs and, if masks are `exclusive`, that no label has two and no pixel two labels."""
    decoded, owners = list[rle.Runs](), set[str]()
    for index, region in enumerate(regions):
        if not isinstance(region, MaskRegion):
            continue
        if exclusive and region.label in owners:
            yield _problem(index, region, "label", "this label already has a mask; there is one per label.")
        owners.add(region.label)
        try:
            runs = rle.from_text(region.rle.counts, height, width)
        except rle.RleError as error:
            yield _problem(index, region, "rle.counts", f"{error}.")
            continue
        decoded.append(runs)
        if region.rle.size != [height, width]:
            yield _problem(index, region, "rle.size", f"size must be [{height}, {width}], as the image is.")
        if message := _mask_box_problem(region, runs, height):
            yield _problem(index, region, "width", message)
    if exclusive and rle.overlap(decoded):
        yield Problem("regions", "two masks cover the same pixel; masks must not overlap.")


def _mask_box_problem(region: MaskRegion, runs: rle.Runs, height: int) -> str:
    box = rle.bounding_box(runs, height)
    if not box.area:
        return "the mask has no pixels."
    drawn = (region.x, region.y, region.x + region.width, region.y + region.height)
    sides = zip(drawn, (box.x, box.y, box.right, box.bottom), strict=True)
    off = max(abs(given - found) for given, found in sides)
    return "x, y, width and height must be the box around the mask's pixels." if off > 1 else ""
