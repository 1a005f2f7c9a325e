"""The formats that a project's labels can be exported to: for which tasks, with which options, by which writer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, cast

from exports.formats import automl, class_folders, coco, csv, cvat, label_studio, masks, native, records, voc, yolo
from exports.formats.parts import Writer
from exports.formats.records import ExportCategory, Pixels, Written
from exports.models import Export
from projects.models import Project

CLASSES = frozenset({"multiclass", "multilabel"})
REGIONS = frozenset({"box", "polygon", "semantic"})
EVERY = CLASSES | REGIONS
CONTENT_TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "zip": "application/zip",
}
AZURE_PREFIX = "AmlDatastore://{datastore}/"
"""How Azure's own exports name images; the store's name here should be that of the datastore there."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How an export is written. What a format does not know is ignored; shares are percentages of the images."""

    val: int = 0
    test: int = 0
    seed: int = 0
    images: bool = False
    coordinates: str = "pixels"
    segmentation: str = "drawn"
    regions: str = "drawn"
    mask_style: str = "palette"
    url_prefix: str = ""

    def chosen(self) -> dict[str, Any]:
        """Those that are not as usual."""
        return {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name) != one.default}


@dataclass(frozen=True)
class Target:
    """What a writer gets: the labels, and everything that may change how. `before` is how many annotations other parts have."""

    categories: Sequence[ExportCategory]
    export: Export
    options: Options
    pixels: Pixels | None
    before: int = 0


@dataclass(frozen=True)
class Format:
    """One format: `sentence` says whom it is for, `own` names the options that only some formats have."""

    sentence: str
    tasks: frozenset[str]
    writer: Callable[[Target], Writer]
    ending: str = "zip"
    own: frozenset[str] = field(default_factory=frozenset)
    needs_images: bool = False
    flat: bool = False
    """Whether all its files lie in one folder, so that those of images do in their names."""

    def ending_with(self, options: Options) -> str:
        return self.ending


class _Coco(Format):
    """One JSON file, or a ZIP where there are several splits or images."""

    def ending_with(self, options: Options) -> str:
        return "zip" if options.images or options.val or options.test else "json"


def _coco(target: Target) -> Writer:
    options, export = target.options, target.export
    return coco.Writer(
        target.categories,
        info={
            "description": export.project.name,
            "contributor": "Labelwright",
            "date_created": export.created_at.isoformat(),
            "version": str(export.code),
        },
        normalised=options.coordinates == "fractions",
        segmentation=cast("coco.Segmentation", options.segmentation),
        folder=FORMATS[Export.Format.COCO].ending_with(options) == "zip",
        pixels=target.pixels,
        before=target.before,
    )


def _native(target: Target) -> Writer:
    project = target.export.project
    about = {"code": str(project.code), "name": project.name, "task_type": project.task_type}
    return native.Writer(target.categories, project=about)


def _outlined(target: Target) -> bool:
    return target.export.project.task_type != "box" and target.options.regions != "boxes"


def _automl(target: Target) -> Writer:
    task = cast("automl.Task", target.export.project.task_type)
    if task == "polygon" and not _outlined(target):
        task = "box"
    return automl.Writer(target.categories, task=task, pixels=target.pixels)


def _yolo(target: Target) -> Writer:
    return yolo.Writer(target.categories, segmentation=_outlined(target), pixels=target.pixels)


def _voc(target: Target) -> Writer:
    outlined = target.export.project.task_type != "box"
    return voc.Writer(target.categories, segmentation=outlined, pixels=target.pixels)


def _masks(target: Target) -> Writer:
    style = cast("masks.Style", target.options.mask_style)
    return masks.Writer(target.categories, style=style, pixels=target.pixels)


def _cvat(target: Target) -> Writer:
    return cvat.Writer(target.categories, pixels=target.pixels)


def _label_studio(target: Target) -> Writer:
    return label_studio.Writer(target.categories, pixels=target.pixels)


def _folders(target: Target) -> Writer:
    return class_folders.Writer(target.categories, pixels=cast("Pixels", target.pixels))


FORMATS: Mapping[str, Format] = {
    Export.Format.COCO: _Coco(
        "For Detectron2, MMDetection, torchvision and most research code, or for Azure with fractions.",
        EVERY,
        _coco,
        own=frozenset({"images", "coordinates", "segmentation", "url_prefix"}),
    ),
    Export.Format.YOLO: Format(
        "For Ultralytics: a text file beside each image, and data.yaml.",
        frozenset({"box", "polygon"}),
        _yolo,
        own=frozenset({"images", "regions"}),
    ),
    Export.Format.AUTOML: Format(
        "For Automated ML in Azure Machine Learning: JSON lines in an MLTable folder.",
        EVERY - {"semantic"},
        _automl,
        own=frozenset({"images", "regions", "url_prefix"}),
    ),
    Export.Format.VOC: Format(
        "For torchvision and older detectors: an XML file per image, in whole pixels.",
        REGIONS,
        _voc,
        own=frozenset({"images"}),
        flat=True,
    ),
    Export.Format.MASKS: Format(
        "For semantic segmentation: a picture per image whose pixels are class numbers.",
        frozenset({"polygon", "semantic"}),
        _masks,
        own=frozenset({"images", "mask_style"}),
    ),
    Export.Format.FOLDERS: Format(
        "For torchvision's ImageFolder and YOLO classification: the images, in a folder per label.",
        frozenset({"multiclass"}),
        _folders,
        needs_images=True,
        flat=True,
    ),
    Export.Format.CVAT: Format("For CVAT: its XML 1.1 for images.", EVERY, _cvat, own=frozenset({"images"})),
    Export.Format.LABEL_STUDIO: Format(
        "For Label Studio: its JSON, and the labelling configuration.",
        EVERY,
        _label_studio,
        own=frozenset({"images", "url_prefix"}),
    ),
    Export.Format.CSV: Format(
        "For spreadsheets and pandas: a row per label.",
        EVERY,
        lambda target: csv.Writer(target.categories),
        ending="csv",
        own=frozenset({"url_prefix"}),
    ),
    Export.Format.NATIVE: Format(
        "For keeping, and for moving to another Labelwright: everything, without any loss.",
        EVERY,
        _native,
        ending="jsonl",
        own=frozenset({"url_prefix"}),
    ),
}


def available(project: Project) -> list[tuple[str, str, Format]]:
    """Value, name and format of those that can say what the project's tasks hold."""
    return [
        (value, Export.Format(value).label, form) for value, form in FORMATS.items() if project.task_type in form.tasks
    ]


def options_of(export: Export) -> Options:
    """The export's options, with what its format insists on."""
    options = Options(**export.options)
    if FORMATS[export.format].needs_images:
        options = Options(**asdict(options) | {"images": True})
    return options


def url_prefix(export: Export, options: Options) -> str:
    """What images' URLs begin with: as wished, or as Azure names them where the file is for Azure."""
    azure = export.format == Export.Format.AUTOML and not options.images
    azure = azure or (export.format == Export.Format.COCO and options.coordinates == "fractions")
    return options.url_prefix or (AZURE_PREFIX if azure else "")


def splits(written: Written) -> dict[str, int]:
    """How many images each split has; empty where there are none."""
    return {split: written.per_split[split] for split in records.SPLITS if written.per_split[split]}
