"""COCO: the standard file in pixels, and on request the dialect Azure ML wrote, in fractions.

The standard file. Images carry `coco_url` and `date_captured` where known. Categories are named by
their last step (by the whole path where that would be ambiguous), `supercategory` is the path above.
Boxes have an empty `segmentation`. Polygons of one part or of parts side by side are COCO polygons, with
their exact area. Polygons with holes and masks are compressed RLE, the only way COCO can say them, and
their area is that of the pixels, as pycocotools counts it. A pixel is inside where its centre is; pycocotools
fills outlines on a grid of fifths of a pixel, so up to a quarter of a pixel from an outline it may differ. An image label is an annotation without `bbox`. Images
without annotations are listed: they are backgrounds. `segmentation` may ask for one kind alone: `"rle"`, or
`"polygons"`, where masks become outlines and holes are joined to their ring by cuts without width.

Azure's dialect (`normalised=True`): no `info`, `licenses`, `iscrowd` or `supercategory`, `area` always
0.0, and `bbox` and `segmentation` divided by the image's width and height. It cannot say holes (the
rings become parts) and leaves the runs of a mask in pixels.

Writing takes one pass and constant memory: images and annotations are streams of their own
(`exports.formats.parts`), because JSON wants one whole array after the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO, Literal, TypeAlias

import orjson

from annotations import crossings, geometry, rle
from exports.formats import names, outlines, parts, records
from exports.formats.archive import Archive
from exports.formats.parts import File, Part, Stream
from exports.formats.records import ExportAnnotation, ExportCategory, ExportImage, Pixels, Written

Segmentation: TypeAlias = Literal["drawn", "polygons", "rle"]
_Row: TypeAlias = dict[str, object]


class Writer:
    """One COCO file, or as a `folder` one file for each split and the images that `pixels` gives.

    With images, `file_name` is the image's name below `images/<split>/`, as training code joins the two.
    `before` is how many annotations the parts before this one hold at most: ids go on behind it.
    """

    def __init__(
        self,
        categories: Sequence[ExportCategory],
        *,
        info: Mapping[str, Any] | None = None,
        normalised: bool = False,
        segmentation: Segmentation = "drawn",
        folder: bool = False,
        pixels: Pixels | None = None,
        before: int = 0,
    ) -> None:
        self.categories, self.info = categories, info or {}
        self.normalised, self.segmentation = normalised, segmentation
        self.folder, self.pixels, self.before = folder, pixels, before
        self._own = names.Names()

    def add(self, part: Part, images: Sequence[ExportImage]) -> None:
        rows: dict[str, tuple[list[_Row], list[_Row]]] = {}
        for image in images:
            split = image.split if self.folder else ""
            if self.pixels and (chunks := self.pixels(image)):
                image.name = self._own.of_image(image).file
                part.add_chunks(f"images/{split}/{image.name}" if split else f"images/{image.name}", chunks)
            own = rows.setdefault(split, ([], []))
            own[0].append(_image_row(image, normalised=self.normalised))
            own[1].extend(self._annotation_rows(image, part.written))
            part.written.image(image)
        for split, (listed, found) in rows.items():
            part.append(f"{split}:images", listed)
            part.append(f"{split}:annotations", found)

    def files(self, written: Written, notes: frozenset[str]) -> list[File]:
        if not self.folder:
            return [File("", self._pieces(""))]
        splits = [split for split in ("", *records.SPLITS) if written.per_split[split]] or [""]
        return [File(f"annotations/instances_{split or 'all'}.json", self._pieces(split)) for split in splits]

    def _pieces(self, split: str) -> list[parts.Piece]:
        head = _head(self.categories, self.info, normalised=self.normalised)
        listed, found = (Stream(f"{split}:{name}", b",") for name in ("images", "annotations"))
        return [head, listed, b'],"annotations":[', found, b"]}"]

    def _annotation_rows(self, image: ExportImage, written: Written) -> list[_Row]:
        rows: list[_Row] = []
        number = self.before + written.annotations
        for annotation in image.annotations:
            said = self._said(image, annotation)
            if said is None:
                written.left_out += 1
                continue
            number += 1
            rows.append({"id": number, "image_id": image.id, "category_id": annotation.category_id, **said})
            written.annotation(annotation)
        return rows

    def _said(self, image: ExportImage, annotation: ExportAnnotation) -> _Row | None:
        """What a row says beside its numbers; None where nothing is left inside the image."""
        if annotation.shape == "label":
            return {"area": 0.0} if self.normalised else {"area": 0.0, "iscrowd": 0}
        box, rings = records.clipped(annotation, image.width, image.height)
        if box is None:
            return None
        if self.normalised:
            return self._in_fractions(image, annotation, box, rings)
        if annotation.shape == "box":
            area = box.width * box.height
            return {"bbox": [*box], "area": area, "segmentation": [], "iscrowd": int(annotation.crowd)}
        segmentation, area = self._region(image, annotation, rings, records.area(annotation, box, rings))
        return {"bbox": [*box], "area": area, "segmentation": segmentation, "iscrowd": int(annotation.crowd)}

    def _in_fractions(
        self, image: ExportImage, annotation: ExportAnnotation, box: geometry.Box, rings: geometry.Parts
    ) -> _Row:
        width, height = image.width, image.height
        row: _Row = {
            "bbox": [box.x / width, box.y / height, box.width / width, box.height / height],
            "area": 0.0,
        }
        if annotation.shape != "box":
            said, _ = self._region(image, annotation, rings, 0.0)
            if isinstance(said, list):
                said = [[v / (height if n % 2 else width) for n, v in enumerate(flat)] for flat in said]
            row["segmentation"] = said
        return row

    def _region(
        self, image: ExportImage, annotation: ExportAnnotation, rings: geometry.Parts, area: float
    ) -> tuple[object, float]:
        """A polygon's or a mask's `segmentation`, and the area that agrees with it."""
        size = [image.height, image.width]
        if self.segmentation == "polygons" or (self.normalised and annotation.shape == "polygon"):
            if annotation.shape == "mask":
                rings = outlines.rings(annotation, image.width, image.height)
            return _flat(rings if self.segmentation == "drawn" else outlines.without_holes(rings)), area
        if annotation.shape == "mask":
            return {"size": size, "counts": annotation.counts}, area
        if self.segmentation == "rle" or crossings.has_holes(rings):
            runs = rle.polygon_to_runs(rings, *size)
            return {"size": size, "counts": rle.compress(runs)}, rle.area(runs)
        return _flat(rings), area


def write(
    out: BinaryIO, images: Iterable[ExportImage], categories: Sequence[ExportCategory], **options: Any
) -> Written:
    """Write one COCO file to `out`, which need not be seekable; returns what was written. Options are the Writer's."""
    return parts.write(out, images, Writer(categories, **options))


def write_folder(
    archive: Archive, images: Iterable[ExportImage], categories: Sequence[ExportCategory], **options: Any
) -> Written:
    """Write `annotations/instances_<split>.json` for each split, and images, into an archive."""
    return parts.write(archive, images, Writer(categories, folder=True, **options))


def _head(categories: Sequence[ExportCategory], info: Mapping[str, Any], *, normalised: bool) -> bytes:
    names = records.unique_names(categories)
    rows = [{"id": category.id, "name": names[category.id]} for category in categories]
    head: dict[str, Any] = {"categories": rows}
    if not normalised:
        for row, category in zip(rows, categories, strict=True):
            row["supercategory"] = category.supercategory
        head = {"info": dict(info), "licenses": []} | head
    return orjson.dumps(head)[:-1] + b',"images":['


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
