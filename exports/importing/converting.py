"""What a file says of an image, as an annotation document of the project's task type.

Boxes of a box project may come from outlines, and outlines that cross themselves become masks of the same pixels. What lies
outside the image is cut. Anything else that the task type has no place for is wrong, and is left out and named.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import numpy as np
import orjson

from annotations import documents, geometry, rle
from annotations.documents import TOLERANCE, InvalidDocument, TaskType
from exports.formats.records import RELATIVE, ExportAnnotation, ExportImage

ORIGINS = frozenset({"manual", "prelabel", "prelabel-edited", "import"})
MOST_CODE = 64
MOST_COORDINATE = 1e9
_KINDS = {"label": "a label of the whole image", "box": "a box", "polygon": "an outline", "mask": "a mask"}
_WANTED = {
    "multiclass": "one label per image",
    "multilabel": "labels of whole images",
    "box": "boxes",
    "polygon": "outlines or masks",
    "semantic": "masks or outlines",
}


class Wrong(ValueError):
    """An annotation that the project cannot take; the message says why, as the end of a sentence."""


@dataclass(slots=True)
class Converted:
    """A document, unless nothing is left of the image, and what became of its annotations."""

    document: bytes | None = None
    """As it is stored."""
    labels: Counter[str] = field(default_factory=Counter)
    """Regions by label code; 0 for a label of the whole image."""
    used: list[ExportAnnotation] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unknown: int = 0
    changed: int = 0
    """Annotations that became another shape, or were cut at the border."""

    @property
    def confidence(self) -> float | None:
        """The lowest one; None where people were sure of everything."""
        lowest = min((annotation.confidence for annotation in self.used), default=1.0)
        return lowest if lowest < 1.0 else None


class Converter:
    """Converts images for one project; `labels` are the codes that may be used, as text."""

    def __init__(self, task_type: TaskType, labels: frozenset[str]) -> None:
        self.task_type, self.labels = task_type, labels
        self.is_classification = task_type in ("multiclass", "multilabel")

    def convert(self, image: ExportImage, width: int, height: int, codes: Mapping[int, str | None]) -> Converted:
        """`codes` has the project's label for each category, None where there is none; the size is the real one."""
        made = Converted()
        known = [annotation for annotation in image.annotations if codes[annotation.category_id] is not None]
        made.unknown = len(image.annotations) - len(known)
        if self.is_classification:
            self._label(known, made, codes)
            return made
        scale = self._scale(image, width, height, known, made)
        if scale is None:
            return made
        regions: list[dict[str, Any]] = []
        for annotation in known:
            try:
                region = self._region(annotation, scale, width, height, made)
            except Wrong as error:
                made.wrong.append(str(error))
                continue
            regions.append(_named(region, annotation, str(codes[annotation.category_id]), regions))
            made.used.append(annotation)
        if self.task_type == "semantic":
            regions = _flattened(regions, width, height, made)
        if regions:
            self._check(regions, width, height, made)
        return made

    def empty(self) -> bytes | None:
        """“Nothing here”, where the task type can say so."""
        return None if self.task_type == "multiclass" else _stored([], [], empty=True)

    def _label(self, known: Sequence[ExportAnnotation], made: Converted, codes: Mapping[int, str | None]) -> None:
        made.used = [annotation for annotation in known if annotation.shape == "label"]
        made.wrong += [self._misplaced(annotation) for annotation in known if annotation.shape != "label"]
        found = list(dict.fromkeys(str(codes[annotation.category_id]) for annotation in made.used))
        if self.task_type == "multiclass" and len(found) > 1:
            made.used.clear()
            made.wrong.append(f"it has {len(found)} labels, and an image of this project has one")
        elif found:
            made.document = _stored(found, [])
            made.labels.update(dict.fromkeys(found, 0))

    def _misplaced(self, annotation: ExportAnnotation) -> str:
        return f"{_KINDS[annotation.shape]} has no place in this project, which takes {_WANTED[self.task_type]}"

    def _scale(
        self, image: ExportImage, width: int, height: int, known: Sequence[ExportAnnotation], made: Converted
    ) -> tuple[float, float] | None:
        """Factors to real pixels; None where the file is about an image of another size."""
        if not (image.width and image.height) or (image.width, image.height) == (width, height):
            return 1.0, 1.0
        if image.source == RELATIVE and not any(annotation.shape == "mask" for annotation in known):
            return width / image.width, height / image.height
        if known:
            turned = ", turned" if (image.width, image.height) == (height, width) else ""
            made.wrong.append(
                f"the file says {image.width:,} × {image.height:,} px, but the image has {width:,} × {height:,}{turned}"
            )
        return None

    def _region(
        self, annotation: ExportAnnotation, scale: tuple[float, float], width: int, height: int, made: Converted
    ) -> dict[str, Any]:
        if annotation.shape == "label" or (annotation.shape == "box" and self.task_type != "box"):
            raise Wrong(self._misplaced(annotation))
        if self.task_type == "box":
            return _box(annotation, scale, width, height, made)
        if annotation.shape == "mask":
            return _mask(_runs(annotation.counts, width, height), width, height)
        return self._outline(annotation, scale, width, height, made)

    def _outline(
        self, annotation: ExportAnnotation, scale: tuple[float, float], width: int, height: int, made: Converted
    ) -> dict[str, Any]:
        parts: geometry.Parts = [
            [[float(x) * scale[0], float(y) * scale[1]] for x, y in ring] for ring in annotation.parts
        ]
        # Written so that NaN and infinity fail.
        if not parts or not all(abs(value) < MOST_COORDINATE for ring in parts for point in ring for value in point):
            raise Wrong("an outline has no corners, or impossible ones")
        if not _is_within(geometry.bounds(parts), width, height):
            parts = geometry.clip_polygon(parts, width, height)
            made.changed += 1
        if self.task_type == "semantic":
            return _mask(rle.polygon_to_runs(parts, height, width), width, height)
        parts = [opened for ring in parts if len(opened := geometry.open_ring(ring)) > 2]
        if not parts:
            raise Wrong("an outline has no area inside the image")
        region = {"shape": "polygon", "parts": parts}
        if self._is_sound(region, width, height):
            return region
        made.changed += 1
        return _mask(rle.polygon_to_runs(parts, height, width), width, height)

    def _is_sound(self, region: dict[str, Any], width: int, height: int) -> bool:
        try:
            document = documents.parse({"regions": [{**region, "id": "1", "label": "1"}]})
        except InvalidDocument:
            return False
        return not documents.validate(document, task_type="polygon", width=width, height=height, labels={"1"})

    def _check(self, regions: list[dict[str, Any]], width: int, height: int, made: Converted) -> None:
        """Lets nothing through that could not be submitted either. Boxes were made so that they can."""
        problem = ""
        if self.task_type != "box" or len(regions) > documents.MOST_REGIONS:
            try:
                document = documents.parse({"labels": [], "regions": regions, "empty": False})
            except InvalidDocument as error:
                problem = error.detail
            else:
                found = documents.validate(
                    document, task_type=self.task_type, width=width, height=height, labels=self.labels
                )
                problem = documents.summary(found) if found else ""
        if problem:
            made.wrong.append(problem.rstrip("."))
            return
        made.document = _stored([], regions)
        made.labels.update(region["label"] for region in regions)


def _stored(labels: list[str], regions: list[dict[str, Any]], *, empty: bool = False) -> bytes:
    """A document as `documents.dump_json` has it, every default written out."""
    return orjson.dumps({"labels": labels, "regions": regions, "empty": empty})


def _named(
    region: dict[str, Any], annotation: ExportAnnotation, label: str, before: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The region with its label, its own id where that can be one, its origin and note."""
    code = annotation.code if 0 < len(annotation.code) <= MOST_CODE and "\0" not in annotation.code else ""
    if not code or any(other["id"] == code for other in before):
        code = str(uuid4())
    region["id"], region["label"] = code, label
    region["origin"] = annotation.origin if annotation.origin in ORIGINS else "import"
    region["note"] = annotation.note[: documents.MOST_NOTE_CHARACTERS].replace("\0", "\ufffd")
    return region


def _is_within(box: geometry.Box, width: int, height: int) -> bool:
    return (
        box.x >= -TOLERANCE
        and box.y >= -TOLERANCE
        and box.right <= width + TOLERANCE
        and box.bottom <= height + TOLERANCE
    )


def _box(
    annotation: ExportAnnotation, scale: tuple[float, float], width: int, height: int, made: Converted
) -> dict[str, Any]:
    found = annotation.box
    if found is None:
        raise Wrong("a box has no corners")
    box = geometry.Box(found.x * scale[0], found.y * scale[1], found.width * scale[0], found.height * scale[1])
    is_cut = not _is_within(box, width, height)
    clipped = geometry.clip_box(box, width, height) if is_cut else box
    # Written so that NaN fails, and a sliver that only overhangs.
    if clipped is None or not (
        clipped.width > 0 and clipped.height > 0
        and clipped.x < width and clipped.y < height and clipped.right > 0 and clipped.bottom > 0
    ):  # fmt: skip
        raise Wrong("a box lies outside the image, or has no area")
    made.changed += is_cut or annotation.shape != "box"
    x, y, across, down = map(float, clipped)
    return {"shape": "box", "x": x, "y": y, "width": across, "height": down, "crowd": annotation.crowd}


def _runs(counts: str, width: int, height: int) -> rle.Runs:
    try:
        return rle.from_text(counts, height, width)
    except rle.RleError as error:
        raise Wrong(f"a mask is not one of this image: {error}") from error


def _mask(runs: rle.Runs, width: int, height: int) -> dict[str, Any]:
    box = rle.bounding_box(runs, height)
    if not box.area:
        raise Wrong("a mask has no pixels")
    region: dict[str, Any] = {"shape": "mask", "rle": {"size": [height, width], "counts": rle.compress(runs)}}
    return region | {"x": float(box.x), "y": float(box.y), "width": float(box.width), "height": float(box.height)}


def _flattened(regions: list[dict[str, Any]], width: int, height: int, made: Converted) -> list[dict[str, Any]]:
    """One mask per label, none over another: what comes later lies on top."""
    decoded = [_runs(region["rle"]["counts"], width, height) for region in regions]
    labels = list(dict.fromkeys(region["label"] for region in regions))
    if len(labels) == len(regions) and not rle.overlap(decoded):
        return regions
    made.changed += len(regions)
    canvas = np.zeros((height, width), dtype=np.uint16)
    for region, runs in zip(regions, decoded, strict=True):
        canvas[rle.decode(runs, height, width).view(bool)] = labels.index(region["label"]) + 1
    flat = []
    for number, label in enumerate(labels, start=1):
        first = next(region for region in regions if region["label"] == label)
        runs = rle.encode(canvas == number)
        if rle.area(runs):
            kept = {name: first[name] for name in ("id", "label", "origin", "note") if name in first}
            flat.append(kept | _mask(runs, width, height))
    return flat
