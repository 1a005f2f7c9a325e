"""Reads AutoML's JSON lines, of MLTable folders and of Azure's own exports, into neutral records.

Tolerated, as by Microsoft's readers: sizes as `"640px"`, numbers as text, `isCrowd` as text, number or
truth value, corners the wrong way round, one object instead of a list, one confidence for all labels. Columns may have
other names, and a list of images alone has no labels. An image whose size is neither in the
line nor in `sizes` cannot have regions: its fractions would mean nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from annotations import geometry
from exports.formats.folder import json_of
from exports.formats.records import ExportAnnotation, ExportImage, Legend, NotReadable, Size

USUAL: Mapping[str, str] = {"image": "image_url", "label": "label", "confidence": "label_confidence"}
"""What the columns are called."""
TRUE = frozenset(["true", "1", "1.0", "yes"])
ROOM = 1e-6
"""How far outside 0 to 1 a fraction may be by rounding."""


def read(
    lines: Iterable[bytes],
    legend: Legend,
    problems: list[str],
    sizes: Mapping[str, Size] | None = None,
    columns: Mapping[str, str] | None = None,
) -> Iterator[ExportImage]:
    """Images one at a time; `sizes` by image URL, for those without `image_details`; `columns` where not as usual."""
    number, names = 0, columns or USUAL
    url, label = names.get("image", ""), names.get("label", "")
    for place, line in enumerate(lines, start=1):
        if not line.strip(b" \t\xef\xbb\xbf"):
            continue
        row = json_of(f"Line {place}", line)
        if not isinstance(row, dict) or not isinstance(row.get(url), str) or (not columns and label not in row):
            words = f"“{url}”" if columns else f"“{url}” and “{label}”"
            raise NotReadable(f"Line {place} is not an object with {words}, so this is not AutoML JSONL.")
        number += 1
        image = _image(row, row[url], number, f"Line {place}", (sizes or {}).get(row[url]))
        # In a table of somebody's own an empty cell says nothing; in AutoML's it is wrong.
        said = [] if columns and row.get(label) in (None, "") else row.get(label)
        sure = row.get(names.get("confidence", ""))
        image.annotations = _annotations(said, sure, image, f"Line {place}", legend, problems)
        yield image


def name_of(url: str) -> str:
    """The path within the store: of `AmlDatastore://store/path`, `azureml://…/paths/path`, or as it is."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    if "/paths/" in rest:
        return rest.partition("/paths/")[2]
    return rest.partition("/")[2] if scheme.lower() in ("amldatastore", "http", "https") else rest.lstrip("/")


def _image(row: Mapping[str, Any], url: str, number: int, where: str, size: Size | None) -> ExportImage:
    details = row.get("image_details")
    try:
        width, height = (
            (_pixels(details.get(side)) for side in ("width", "height")) if isinstance(details, dict) else (0, 0)
        )
    except (ValueError, TypeError, OverflowError) as error:
        raise NotReadable(f"{where}: the image's width and height are not numbers.") from error
    if size is not None:
        width, height = size.width, size.height
    return ExportImage(number, size.name if size else name_of(url), width, height, url=url)


def _annotations(
    label: object, confidence: object, image: ExportImage, where: str, legend: Legend, problems: list[str]
) -> list[ExportAnnotation]:
    """What a line says of its image: its label or labels, and how sure their maker was."""
    labels = label if isinstance(label, list) else [label]
    sure = confidence if isinstance(confidence, list) else [confidence] * len(labels)
    found = list[ExportAnnotation]()
    for place, item in enumerate(labels):
        try:
            found.append(_annotation(item, legend, image.width, image.height))
            if place < len(sure) and sure[place] is not None:
                found[-1].confidence = _fraction(sure[place], "a confidence")
        except (ValueError, TypeError, OverflowError) as error:
            problems.append(f"{where}: {str(error).rstrip('.')}.")
    return found


def _pixels(value: object) -> int:
    return round(float(str(value or 0).strip().lower().removesuffix("px")))


def _annotation(item: object, legend: Legend, width: int, height: int) -> ExportAnnotation:
    if isinstance(item, (str, int)) and not isinstance(item, bool):
        return ExportAnnotation(legend.id_of(str(item)), "label", origin="import")
    if not isinstance(item, dict) or not isinstance(item.get("label"), (str, int)):
        raise TypeError("a label is neither text nor an object with a label")
    if not (width > 0 and height > 0):
        raise ValueError("the image's size is not known, so its fractions cannot become pixels")
    crowd = str(item.get("isCrowd", "")).lower() in TRUE
    if "polygon" in item:
        parts = [ring for flat in item["polygon"] if (ring := _ring(flat, width, height))]
        if not parts:
            raise ValueError("an outline has no usable ring")
        category = legend.id_of(str(item["label"]))
        return ExportAnnotation(category, "polygon", geometry.bounds(parts), parts, crowd=crowd, origin="import")
    box = _box(item, width, height)
    return ExportAnnotation(legend.id_of(str(item["label"])), "box", box, crowd=crowd, origin="import")


def _box(item: Mapping[str, Any], width: int, height: int) -> geometry.Box:
    try:
        left, right = sorted((_fraction(item["topX"]), _fraction(item["bottomX"])))
        top, bottom = sorted((_fraction(item["topY"]), _fraction(item["bottomY"])))
    except KeyError as error:
        raise ValueError(f"a box has no {error.args[0]}") from error
    if left == right or top == bottom:
        raise ValueError("a box has no width or no height")
    return geometry.Box(left * width, top * height, (right - left) * width, (bottom - top) * height)


def _fraction(value: object, what: str = "a coordinate") -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError(f"{what} is not a number")
    found = float(value)
    if not -ROOM <= found <= 1 + ROOM:
        raise ValueError(f"{what} is not between 0 and 1")
    return found


def _ring(flat: object, width: int, height: int) -> list[list[float]]:
    """A ring in pixels; empty where it has not an even count of at least six numbers."""
    if not isinstance(flat, list) or len(flat) < 6 or len(flat) % 2:
        return []
    values = [_fraction(value) for value in flat]
    return [[x * width, y * height] for x, y in zip(values[::2], values[1::2], strict=True)]
