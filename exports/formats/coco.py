"""COCO: the standard file in pixels, and on request the dialect Azure ML wrote, in fractions.

The standard file. Images carry `coco_url` and `date_captured` where known. Categories are named by
their last step (by the whole path where that would be ambiguous), `supercategory` is the path above.
Boxes have an empty `segmentation`. Polygons of one part or of parts side by side are COCO polygons, with
their exact area. Polygons with holes and masks are compressed RLE, the only way COCO can say them, and
their area is that of the pixels, as pycocotools counts it. An image label is an annotation without `bbox`. Images without annotations are listed: they are backgrounds.

Azure's dialect (`normalised=True`): no `info`, `licenses`, `iscrowd` or `supercategory`, `area` always
0.0, and `bbox` and `segmentation` divided by the image's width and height. It cannot say holes (the
rings become parts) and leaves the runs of a mask in pixels.

Writing takes one pass and constant memory: images go straight to the file, annotations to a spool
file beside it, which is appended at the end, because JSON wants one whole array after the other.
"""

import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO

import orjson

from annotations import crossings, geometry, rle
from exports.formats import records
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage, Written

BATCH = 500
SPOOL_BYTES = 8 << 20


def write(
    out: BinaryIO,
    images: Iterable[ExportImage],
    categories: Sequence[ExportCategory],
    *,
    info: Mapping[str, Any] | None = None,
    normalised: bool = False,
) -> Written:
    """Write one COCO file to `out`, which need not be seekable; returns what was written."""
    written = Written()
    with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as spool:
        out.write(_head(categories, info or {}, normalised=normalised))
        for batch in records.batched(iter(images), BATCH):
            image_rows = [_image_row(image, normalised=normalised) for image in batch]
            rows = [row for image in batch for row in _annotation_rows(image, written, normalised=normalised)]
            _append(out, image_rows, first=written.images == 0)
            _append(spool, rows, first=written.annotations == len(rows))
            written.images += len(batch)
        out.write(b'],"annotations":[')
        spool.seek(0)
        shutil.copyfileobj(spool, out, 1 << 20)
        out.write(b"]}")
    return written


def _head(categories: Sequence[ExportCategory], info: Mapping[str, Any], *, normalised: bool) -> bytes:
    names = records.unique_names(categories)
    rows = [{"id": category.id, "name": names[category.id]} for category in categories]
    head: dict[str, Any] = {"categories": rows}
    if not normalised:
        for row, category in zip(rows, categories, strict=True):
            row["supercategory"] = category.supercategory
        head = {"info": dict(info), "licenses": []} | head
    return orjson.dumps(head)[:-1] + b',"images":['


def _append(out: Any, rows: Sequence[object], *, first: bool) -> None:
    """Write rows as members of a JSON array whose brackets are written elsewhere."""
    if rows:
        out.write(orjson.dumps(rows)[1:-1] if first else b"," + orjson.dumps(rows)[1:-1])


def _image_row(image: ExportImage, *, normalised: bool) -> dict[str, object]:
    row: dict[str, object] = {
        "id": image.id,
        "file_name": image.name,
        "width": float(image.width) if normalised else image.width,
        "height": float(image.height) if normalised else image.height,
    }
    if image.url:
        row["absolute_url" if normalised and image.url.startswith("http") else "coco_url"] = image.url
    if image.captured_at:
        row["date_captured"] = image.captured_at
    return row


def _annotation_rows(image: ExportImage, written: Written, *, normalised: bool) -> list[dict[str, object]]:
    rows = []
    for annotation in image.annotations:
        row: dict[str, object] = {
            "id": written.annotations + 1,
            "image_id": image.id,
            "category_id": annotation.category_id,
        }
        if annotation.shape == "label":
            row |= {"area": 0.0} if normalised else {"area": 0.0, "iscrowd": 0}
        else:
            box, parts = records.clipped(annotation, image.width, image.height)
            if box is None:
                continue
            row |= (
                _in_fractions(image, annotation, box, parts)
                if normalised
                else _in_pixels(image, annotation, box, parts)
            )
        written.annotations += 1
        written.per_category[annotation.category_id] += 1
        rows.append(row)
    return rows


def _in_pixels(
    image: ExportImage, annotation: ExportAnnotation, box: geometry.Box, parts: geometry.Parts
) -> dict[str, object]:
    segmentation: object = []
    area = records.area(annotation, box, parts)
    if annotation.shape == "mask":
        segmentation = {"size": [image.height, image.width], "counts": annotation.counts}
    elif crossings.has_holes(parts):
        runs = rle.polygon_to_runs(parts, image.height, image.width)
        segmentation = {"size": [image.height, image.width], "counts": rle.compress(runs)}
        area = rle.area(runs)
    elif annotation.shape == "polygon":
        segmentation = _flat(parts)
    return {
        "bbox": [*box],
        "area": area,
        "segmentation": segmentation,
        "iscrowd": int(annotation.crowd),
    }


def _in_fractions(
    image: ExportImage, annotation: ExportAnnotation, box: geometry.Box, parts: geometry.Parts
) -> dict[str, object]:
    width, height = image.width, image.height
    row: dict[str, object] = {
        "bbox": [box.x / width, box.y / height, box.width / width, box.height / height],
        "area": 0.0,
    }
    if annotation.shape == "polygon":
        row["segmentation"] = _flat([[(x / width, y / height) for x, y in ring] for ring in parts])
    elif annotation.shape == "mask":
        row["segmentation"] = {"size": [height, width], "counts": annotation.counts}
    return row


def _flat(parts: geometry.Parts) -> list[list[float]]:
    """Rings as COCO wants them: x1, y1, x2, y2 and so on."""
    return [[value for point in ring for value in point] for ring in parts]
