"""COCO: the standard file in pixels, and on request the dialect Azure ML wrote, in fractions.

The standard file. Images carry `coco_url` and `date_captured` where known. Categories are named by
their last step (by the whole path where that would be ambiguous), `supercategory` is the path above.
Boxes have an empty `segmentation`. Polygons of one part or of parts side by side are COCO polygons, with
their exact area. Polygons with holes and masks are compressed RLE, the only way COCO can say them, and
their area is that of the pixels, as pycocotools counts it. An image label is an annotation without `bbox`. Images
without annotations are listed: they are backgrounds. `segmentation` may ask for one kind alone: `"rle"`, or
`"polygons"`, where masks become outlines and holes are joined to their ring by cuts without width.

Azure's dialect (`normalised=True`): no `info`, `licenses`, `iscrowd` or `supercategory`, `area` always
0.0, and `bbox` and `segmentation` divided by the image's width and height. It cannot say holes (the
rings become parts) and leaves the runs of a mask in pixels.

Writing takes one pass and constant memory: images go straight to the file, annotations to a spool
file beside it, which is appended at the end, because JSON wants one whole array after the other.
"""

import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO, Literal, TypeAlias

import orjson

from annotations import crossings, geometry, rle
from exports.formats import names, outlines, records
from exports.formats.archive import Archive, Member
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage, Pixels, Written

Segmentation: TypeAlias = Literal["drawn", "polygons", "rle"]
BATCH = 500
SPOOL_BYTES = 8 << 20


class _File:
    """One COCO file while it is written."""

    def __init__(
        self,
        out: BinaryIO | Member,
        categories: Sequence[ExportCategory],
        info: Mapping[str, Any] | None,
        *,
        normalised: bool,
        segmentation: Segmentation,
    ) -> None:
        self.out, self.normalised, self.segmentation = out, normalised, segmentation
        self.written = Written()
        self.spool = tempfile.SpooledTemporaryFile(SPOOL_BYTES)  # noqa: SIM115  # closed by `close`
        out.write(_head(categories, info or {}, normalised=normalised))

    def add(self, batch: Sequence[ExportImage]) -> None:
        written = self.written
        _append(self.out, [_image_row(image, normalised=self.normalised) for image in batch], first=not written.images)
        rows = [row for image in batch for row in self._annotation_rows(image)]
        _append(self.spool, rows, first=written.annotations == len(rows))
        for image in batch:
            written.image(image)

    def close(self) -> None:
        self.out.write(b'],"annotations":[')
        self.spool.seek(0)
        shutil.copyfileobj(self.spool, self.out, 1 << 20)
        self.spool.close()
        self.out.write(b"]}")

    def _annotation_rows(self, image: ExportImage) -> list[dict[str, object]]:
        rows, written = [], self.written
        for annotation in image.annotations:
            row: dict[str, object] = {
                "id": written.annotations + 1,
                "image_id": image.id,
                "category_id": annotation.category_id,
            }
            if annotation.shape == "label":
                row |= {"area": 0.0} if self.normalised else {"area": 0.0, "iscrowd": 0}
            else:
                box, parts = records.clipped(annotation, image.width, image.height)
                if box is None:
                    written.left_out += 1
                    continue
                said = self._in_fractions if self.normalised else self._in_pixels
                row |= said(image, annotation, box, parts)
            written.annotation(annotation)
            rows.append(row)
        return rows

    def _in_pixels(
        self, image: ExportImage, annotation: ExportAnnotation, box: geometry.Box, parts: geometry.Parts
    ) -> dict[str, object]:
        segmentation, area = [], records.area(annotation, box, parts)  # type: Any, float
        if annotation.shape != "box":
            segmentation, area = self._region(image, annotation, parts, area)
        return {"bbox": [*box], "area": area, "segmentation": segmentation, "iscrowd": int(annotation.crowd)}

    def _in_fractions(
        self, image: ExportImage, annotation: ExportAnnotation, box: geometry.Box, parts: geometry.Parts
    ) -> dict[str, object]:
        width, height = image.width, image.height
        row: dict[str, object] = {
            "bbox": [box.x / width, box.y / height, box.width / width, box.height / height],
            "area": 0.0,
        }
        if annotation.shape != "box":
            said, _ = self._region(image, annotation, parts, 0.0)
            if isinstance(said, list):
                said = [[v / (height if n % 2 else width) for n, v in enumerate(flat)] for flat in said]
            row["segmentation"] = said
        return row

    def _region(
        self, image: ExportImage, annotation: ExportAnnotation, parts: geometry.Parts, area: float
    ) -> tuple[object, float]:
        """A polygon's or a mask's `segmentation`, and the area that agrees with it."""
        size = [image.height, image.width]
        if self.segmentation == "polygons" or (self.normalised and annotation.shape == "polygon"):
            if annotation.shape == "mask":
                parts = outlines.rings(annotation, image.width, image.height)
            return _flat(parts if self.segmentation == "drawn" else outlines.without_holes(parts)), area
        if annotation.shape == "mask":
            return {"size": size, "counts": annotation.counts}, area
        if self.segmentation == "rle" or crossings.has_holes(parts):
            runs = rle.polygon_to_runs(parts, *size)
            return {"size": size, "counts": rle.compress(runs)}, rle.area(runs)
        return _flat(parts), area


def write(
    out: BinaryIO,
    images: Iterable[ExportImage],
    categories: Sequence[ExportCategory],
    *,
    info: Mapping[str, Any] | None = None,
    normalised: bool = False,
    segmentation: Segmentation = "drawn",
) -> Written:
    """Write one COCO file to `out`, which need not be seekable; returns what was written."""
    file = _File(out, categories, info, normalised=normalised, segmentation=segmentation)
    with file.spool:
        for batch in records.batched(iter(images), BATCH):
            file.add(batch)
        file.close()
    return file.written


def write_folder(
    archive: Archive,
    images: Iterable[ExportImage],
    categories: Sequence[ExportCategory],
    *,
    info: Mapping[str, Any] | None = None,
    normalised: bool = False,
    segmentation: Segmentation = "drawn",
    pixels: Pixels | None = None,
) -> Written:
    """Write `annotations/instances_<split>.json` for each split, and the images that `pixels` gives.

    With images, `file_name` is the image's name below `images/<split>/`, as training code joins the two.
    """
    files: dict[str, _File] = {}
    members: dict[str, Member] = {}
    own = names.Names()
    for image in images:
        split = image.split
        if pixels and (chunks := pixels(image)):
            image.name = own.of(image.name, image.id).file
            archive.add_chunks(f"images/{split}/{image.name}" if split else f"images/{image.name}", chunks)
        if split not in files:
            members[split] = archive.member(f"annotations/instances_{split or 'all'}.json")
            files[split] = _File(members[split], categories, info, normalised=normalised, segmentation=segmentation)
        files[split].add([image])
    total = Written()
    for split, file in files.items():
        file.close()
        members[split].close()
        total.include(file.written)
    return total


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


def _flat(parts: geometry.Parts) -> list[list[float]]:
    """Rings as COCO wants them: x1, y1, x2, y2 and so on."""
    return [[value for point in ring for value in point] for ring in parts]
