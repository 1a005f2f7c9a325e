"""Writes an export: one instant of a project, streamed from a snapshot through a format into the output store."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, cast

import orjson
from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from psycopg import Connection
from psycopg.rows import namedtuple_row
from psycopg.types.json import set_json_loads

from annotations.models import TaskLabel
from exports.formats import coco, csv, records
from exports.formats.records import ExportCategory, ExportImage, Written
from exports.models import Export
from projects import datastores, jobs, tenancy
from projects.models import Label, Project

ROWS = 2000
"""Tasks fetched from the snapshot at a time."""


@dataclass(frozen=True)
class Format:
    """How one format is written: the file's ending and type, and the writer over neutral records."""

    ending: str
    content_type: str
    write: Callable[[BinaryIO, Iterator[ExportImage], Sequence[ExportCategory], Export], Written]


def _write_coco(
    out: BinaryIO, images: Iterator[ExportImage], categories: Sequence[ExportCategory], export: Export
) -> Written:
    info = {
        "description": export.project.name,
        "contributor": "Labelwright",
        "date_created": export.created_at.isoformat(),
        "version": str(export.code),
    }
    return coco.write(out, images, categories, info=info)


def _write_csv(
    out: BinaryIO, images: Iterator[ExportImage], categories: Sequence[ExportCategory], export: Export
) -> Written:
    return csv.write(out, images, categories)


FORMATS: Mapping[str, Format] = {
    Export.Format.COCO: Format("json", "application/json", _write_coco),
    Export.Format.CSV: Format("csv", "text/csv; charset=utf-8", _write_csv),
}


class _Hashing:
    """A file that remembers the SHA-256 and the number of the bytes written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest, self.size = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self.file.write(data)


def build(export: Export, job: jobs.Running) -> dict[str, Any]:
    """Writes the file under a name of this attempt, then points the export at it; safe to run again from the start."""
    form = FORMATS[export.format]
    labels = _labels(export.project)
    categories = [ExportCategory(n, label.name, label.path, str(label.code)) for n, label in enumerate(labels, start=1)]
    with tempfile.TemporaryFile(dir=_scratch()) as file:
        out = _Hashing(file)
        with tenancy.snapshot(export.organisation_id) as reader:
            images = _reporting(_images(reader, export, categories), job, _count(reader, export))
            written = form.write(cast("BinaryIO", out), images, categories, export)
        manifest = _manifest(export, categories, written, out)
        key = f"exports/{export.code}/{job.job.attempt}/{export.name}.{form.ending}"
        store = datastores.installation_store()
        file.seek(0)
        store.put(key, file, form.content_type)
    with job.effects():
        Export.objects.filter(pk=export.pk).update(
            key=key,
            byte_size=out.size,
            checksum=out.digest.hexdigest(),
            manifest=manifest,
            completed_at=timezone.now(),
        )
    return {"images": written.images, "annotations": written.annotations}


def _scratch() -> str:
    folder = settings.VAR_DIR / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


def _labels(project: Project) -> list[Label]:
    """Labels in tree order: those in use now, and archived ones that answers still have."""
    used = TaskLabel.objects.filter(label=OuterRef("pk"))
    rows = Label.objects.filter(project=project).filter(Q(archived_at__isnull=True) | Exists(used))
    return list(rows.order_by("position", "pk"))


_CHOSEN = """
    FROM annotations_task t
    WHERE t.project_id = %(project)s AND t.status = ANY(%(statuses)s) AND t.final IS NOT NULL
      AND (%(labels)s::uuid[] IS NULL OR EXISTS (
          SELECT 1 FROM annotations_tasklabel tl JOIN projects_label l ON l.id = tl.label_id
          WHERE tl.task_id = t.id AND l.code = ANY(%(labels)s::uuid[])))
"""
_ROWS = f"""
    SELECT t.code, t.status, t.final, t.final_at, i.width, i.height, i.code AS image_code,
           coalesce(i.metadata->>'path', i.key) || CASE WHEN i.frame > 0 THEN '#' || i.frame ELSE '' END AS path,
           d.name AS dataset, i.metadata->>'captured_at' AS captured_at,
           (SELECT string_agg(coalesce(nullif(u.name, ''), u.email), ', ' ORDER BY a.submitted_at)
              FROM annotations_annotation a JOIN projects_user u ON u.id = a.labeller_id
             WHERE a.task_id = t.id AND a.state = 'submitted') AS labelled_by
    FROM (SELECT t.* {_CHOSEN}) t
    JOIN projects_image i ON i.id = t.image_id
    JOIN projects_dataset d ON d.id = i.dataset_id
    ORDER BY t.id
"""  # noqa: S608  # put together from constants


def _chosen(export: Export) -> dict[str, Any]:
    return {
        "project": export.project_id,
        "statuses": list(export.filters["statuses"]),
        "labels": list(export.filters["labels"]) or None,
    }


def _count(reader: Connection[Any], export: Export) -> int:
    with reader.cursor() as cursor:
        cursor.execute("SELECT count(*)" + _CHOSEN, _chosen(export))
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _images(reader: Connection[Any], export: Export, categories: Sequence[ExportCategory]) -> Iterator[ExportImage]:
    ids = {category.code: category.id for category in categories}
    # Two datasets may each have a `1.jpg`: then the dataset's name tells them apart.
    several = export.project.project_datasets.count() > 1
    with reader.cursor(name="export", row_factory=namedtuple_row) as cursor:
        cursor.itersize = ROWS
        set_json_loads(orjson.loads, cursor)
        cursor.execute(_ROWS, _chosen(export))
        row: Any  # its names are _ROWS's columns
        for number, row in enumerate(cursor, start=1):
            yield ExportImage(
                id=number,
                name=f"{row.dataset}/{row.path}" if several else row.path,
                width=row.width,
                height=row.height,
                annotations=records.from_document(row.final, ids),
                code=str(row.image_code),
                captured_at=row.captured_at or "",
                status=row.status,
                labelled_by=row.labelled_by or "",
                labelled_at=row.final_at.isoformat() if row.final_at else "",
            )


def _reporting(images: Iterator[ExportImage], job: jobs.Running, total: int) -> Iterator[ExportImage]:
    done = 0
    for done, image in enumerate(images, start=1):
        yield image
        if done % ROWS == 0:
            job.progress(done, total, f"{done:,} of {total:,} images")
    job.progress(done, total, f"{done:,} of {total:,} images")


def _manifest(export: Export, categories: Sequence[ExportCategory], written: Written, out: _Hashing) -> dict[str, Any]:
    return {
        "project": str(export.project.code),
        "task_type": export.project.task_type,
        "format": export.format,
        "filters": export.filters,
        "images": written.images,
        "annotations": written.annotations,
        "labels": len(categories),
        "annotations_per_label": {c.path: written.per_category[c.id] for c in categories},
        "byte_size": out.size,
        "sha256": out.digest.hexdigest(),
    }
