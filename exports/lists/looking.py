"""Looks a list through: what it holds, which files of the datastore it means, and the keys of these for ingest."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import orjson
from django.utils import timezone

from exports.formats import automl_reader, csv_reader
from exports.formats.folder import Folder
from exports.formats.records import ExportImage, NotReadable
from exports.importing import detecting, reading, receiving
from exports.importing.options import Reading
from exports.lists.resolving import Resolver, Unresolved
from exports.lists.sorting import KeySheet
from exports.models import Export, ImageList
from projects import image_header, jobs, listed
from projects.codes import new_code
from projects.errors import BadInput

Format = Export.Format
FORMATS = (Format.AUTOML, Format.COCO, Format.CSV)
ROLES = ("image", "label", "confidence")
"""What of a table can be chosen; which columns hold boxes and outlines is known from their names."""
SAMPLE, MOST_LABELS, REPORTED = 5, 1_000, 500
CELL = 60
_ENDINGS = {Format.AUTOML: (".jsonl", ".ndjson"), Format.CSV: (".csv", ".tsv", ".txt")}


class ListUnreadable(BadInput):
    """The file is no list of images."""

    code = "list_unreadable"


@dataclass
class Found:
    """What a list holds: `images` as it says them, `keys` as they are in the datastore, each once."""

    images: int = 0
    keys: int = 0
    repeated: int = 0
    refused: int = 0
    """Images whose path or address means no file of the datastore."""
    labelled: int = 0
    annotations: int = 0
    spoken: str = ""
    names: dict[str, int] = field(default_factory=dict)
    """What the list calls datastores, and how often."""
    labels: list[dict[str, Any]] = field(default_factory=list)
    sample: list[tuple[str, str]] = field(default_factory=list)
    """The first images, as the list says them and as keys."""
    problems: list[str] = field(default_factory=list)
    problem_count: int = 0


def look(job: jobs.Running, image_list: ImageList) -> dict[str, Any]:
    """Writes the report and keeps the keys. Safe to run again, and changes nothing but the list."""
    if image_list.datastore is None:
        raise ListUnreadable("The datastore is gone. Send the list again, for another one.")
    place = f"{folder_of(image_list)}/{new_code().hex}"
    with receiving.fetched(image_list) as (file, checksum), KeySheet() as sheet:
        try:
            folder = detecting.opened(file, image_list.name)
            form = image_list.format or form_of(folder)
            preview = _preview(folder, form)
            # Kept before the rest is read: who sees why it cannot be read may want to choose columns.
            with job.effects():
                ImageList.objects.filter(pk=image_list.pk).update(format=form, report={"preview": preview})
            options = reading_of(image_list, preview)
            found = _read(job, image_list, folder, form, options, sheet) if options else Found()
        except NotReadable as error:
            raise ListUnreadable(str(error)) from error
        keys, found.keys = sheet.written()
        found.repeated = found.images - found.refused - found.keys
        if found.keys:
            listed.keep(place, keys)
    with job.effects():
        ImageList.objects.filter(pk=image_list.pk, state=ImageList.State.CHECKING).update(
            state=ImageList.State.CHECKED,
            report={"preview": preview} | vars(found),
            reading=options.chosen() if options else {},
            key=place if found.keys else "",
            checksum=checksum,
            checked_at=timezone.now(),
        )
    return {"images": found.images, "keys": found.keys, "refused": found.refused}


def folder_of(image_list: ImageList) -> str:
    """Where in the installation's store the list's keys are."""
    return f"{image_list.organisation_id}/{image_list.code.hex}"


def form_of(folder: Folder) -> str:
    """One of FORMATS; NotReadable where the file is no list."""
    names = folder.names()
    if [name.rpartition("/")[2] for name in names] == ["MLTable"]:
        raise NotReadable("This is the MLTable file alone, which says where the list is. Choose the list beside it.")
    try:
        found = detecting.detected(folder)
    except NotReadable:
        found = ""
    if found in ("", Format.CSV):
        # Columns of other names leave only the ending to tell by, and lines of JSON have commas, too.
        kinds = (form for form, endings in _ENDINGS.items() if any(name.lower().endswith(endings) for name in names))
        found = next(kinds, found)
    if not found:
        raise NotReadable("This is no list of images. A list is an MLTable folder as ZIP, JSONL, COCO or CSV.")
    if found not in FORMATS:
        words = f"This is {Format(found).label}, which holds labels and no list of a store's files."
        raise NotReadable(f"{words} Make the dataset another way, and import the labels in the project.")
    return found


def reading_of(image_list: ImageList, preview: Mapping[str, Any]) -> Reading | None:
    """How the list is read, as was said or as is guessed; None where nobody can tell which column holds images."""
    options = Reading.of(image_list.reading)
    if options.columns or not preview:
        return options
    guessed = preview["guessed"]
    return replace(options, columns=guessed, fractions=preview["fractions"]) if "image" in guessed else None


def _preview(folder: Folder, form: str) -> dict[str, Any]:
    """Of a table, its columns, first rows, and what these are taken for."""
    if form == Format.COCO:
        return {}
    names = folder.names()
    own = [name for name in names if name.lower().endswith(_ENDINGS[Format(form)])]
    name = own[0] if own and len(names) > 1 else names[0]
    columns, rows = _csv_head(folder, name) if form == Format.CSV else _lines_head(folder, name)
    guessed = csv_reader.guessed(columns)
    # The image's column alone says which file is meant; the name or the code of something else must not.
    roles = {role: column for role, column in guessed.by_role.items() if role not in ("url", "code")}
    if form == Format.AUTOML:
        roles = {role: column for role, column in roles.items() if role in ROLES}
        roles |= {role: column for role, column in automl_reader.USUAL.items() if column in columns}
    if "image" not in roles and (column := _of_images(columns, rows)):
        roles["image"] = column
    return {"columns": columns[:50], "rows": rows, "guessed": roles, "fractions": guessed.fractions}


def _csv_head(folder: Folder, name: str) -> tuple[list[str], list[list[str]]]:
    found = csv_reader.preview(folder.open(name))
    if named := next((column for column in found.columns if image_header.supported(column)), ""):
        words = f"The first line names no columns: “{named[:CELL]}” is an image already."
        raise NotReadable(f"{words} Write a line above it, such as “image”.")
    return list(found.columns), [[cell[:CELL] for cell in row[:50]] for row in found.rows]


def _lines_head(folder: Folder, name: str) -> tuple[list[str], list[list[str]]]:
    lines = (line.strip(b" \t\xef\xbb\xbf") for line in folder.lines(name))
    try:
        rows = [orjson.loads(line) for line in islice(filter(None, lines), SAMPLE)]
    except orjson.JSONDecodeError as error:
        raise NotReadable("The file is not JSON lines: each line must be one whole object.") from error
    if not all(isinstance(row, dict) for row in rows) or not rows:
        raise NotReadable("The file is not JSON lines: each line must be one whole object.")
    columns = list(dict.fromkeys(column for row in rows for column in row))
    return columns, [[_text(row.get(column))[:CELL] for column in columns[:50]] for row in rows]


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else orjson.dumps(value).decode()


def _of_images(columns: list[str], rows: list[list[str]]) -> str:
    """The first column whose cells all end as images do."""
    for place, column in enumerate(columns[:50]):
        cells = [row[place] for row in rows if place < len(row)]
        if cells and all(image_header.supported(cell.partition("?")[0]) for cell in cells):
            return column
    return ""


def _read(
    job: jobs.Running, image_list: ImageList, folder: Folder, form: str, options: Reading, sheet: KeySheet
) -> Found:
    found, resolver = Found(), Resolver(image_list.datastore, image_list.spoken)
    source, uses = reading.Source(folder, options), Counter[int]()
    for image in reading.images(source, form):
        found.images += 1
        _count(found, image, uses)
        try:
            key = resolver.key_of(image, form)
        except Unresolved as error:
            found.refused += 1
            source.problems.append(f"{(image.url or image.name)[:200]}: {error}.")
            continue
        sheet.add(key)
        if len(found.sample) < SAMPLE:
            found.sample.append(((image.url or image.name)[:300], key))
        if found.images % REPORTED == 0:
            job.progress(found.images, note=f"{found.images:,} images")
    paths = {category.id: category.path for category in source.categories}
    found.labels = [{"path": paths[number], "annotations": times} for number, times in uses.most_common(MOST_LABELS)]
    found.names, found.spoken = dict(resolver.names.most_common()), resolver.spoken
    found.problems, found.problem_count = list(source.problems), source.problems.total
    return found


def _count(found: Found, image: ExportImage, uses: Counter[int]) -> None:
    found.labelled += bool(image.annotations)
    found.annotations += len(image.annotations)
    uses.update(annotation.category_id for annotation in image.annotations)
