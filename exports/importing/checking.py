"""Looks a file through for a project and changes nothing but the record: what it holds, and what would become of it."""

import hashlib
from typing import Any

import orjson
from django.utils import timezone

from annotations import importing
from exports.formats import csv_reader
from exports.formats.folder import Folder
from exports.formats.records import NotReadable
from exports.importing import detecting, reading, receiving
from exports.importing.options import Reading, Writing
from exports.importing.sifting import Batch, Sifter
from exports.importing.tally import Tally
from exports.models import Export, LabelImport
from projects import jobs
from projects.errors import BadInput
from projects.models import Label, Project, ProjectDataset

State = LabelImport.State


class FileUnreadable(BadInput):
    """The file is not what its format wants."""

    code = "import_unreadable"


def check(job: jobs.Running, label_import: LabelImport) -> dict[str, Any]:
    """Writes the report, and what the project was like. Safe to run again."""
    tally = Tally()
    fingerprint = fingerprint_of(label_import.project)
    with receiving.fetched(label_import) as (file, checksum):
        try:
            folder = detecting.opened(file, label_import.name)
            form = label_import.format or detecting.detected(folder)
            preview = _preview(folder, form)
            # Kept before the rest is read: who sees why it cannot be read may want to choose columns.
            with job.effects():
                LabelImport.objects.filter(pk=label_import.pk).update(format=form, checksum=checksum, report=preview)
            sifter = Sifter(label_import.project, Reading.of(label_import.reading), Writing(), tally)
            for batch in sifter.batches(folder, form):
                _place(label_import.project, batch, tally)
                job.progress(tally.images, note=f"{tally.images:,} images")
        except NotReadable as error:
            raise FileUnreadable(str(error)) from error
    with job.effects():
        LabelImport.objects.filter(pk=label_import.pk, state=State.CHECKING).update(
            state=State.CHECKED,
            report=preview | tally.as_json(),
            fingerprint=fingerprint,
            checked_at=timezone.now(),
        )
    return {"images": tally.images, "ready": tally.ready}


def fingerprint_of(project: Project) -> str:
    """Of what decides how a file is understood: the task type, the labels, and the datasets."""
    labels = Label.objects.filter(project=project).active().order_by("pk").values_list("pk", "path")
    datasets = ProjectDataset.objects.filter(project=project).order_by("pk").values_list("dataset_id", flat=True)
    text = orjson.dumps([project.task_type, [list(label) for label in labels], list(datasets)])
    return hashlib.sha256(text).hexdigest()


def _preview(folder: Folder, form: str) -> dict[str, Any]:
    """For CSV the beginning of the table, and what its columns are taken for."""
    if form != Export.Format.CSV:
        return {}
    name = next((name for name in folder.names() if name.lower().endswith((".csv", ".tsv", ".txt"))), folder.names()[0])
    found = csv_reader.preview(folder.open(name))
    guessed = csv_reader.guessed(found.columns[:50])
    columns = [reading.storable(column, 200) for column in found.columns[:50]]
    rows = [[reading.storable(cell, 60) for cell in row[:50]] for row in found.rows]
    return {
        "preview": {
            "columns": columns,
            "rows": rows,
            "guessed": dict(guessed.by_role),
            "fractions": guessed.fractions,
        }
    }


def _place(project: Project, batch: Batch, tally: Tally) -> None:
    """Counts what the images' tasks are like now."""
    places = importing.read(project, [candidate.image_id for candidate in batch.candidates], locked=False)
    for candidate in batch.candidates:
        place = places.get(candidate.image_id)
        if place is None:
            tally.without_task += 1
        elif place.is_removed:
            tally.removed += 1
        else:
            tally.in_hand += place.is_in_hand
            tally.answered += place.is_answered
            tally.suggested += place.has_suggestion and not place.is_answered
