"""Writes an export: one instant of a project, streamed from a snapshot through a format into the output store."""

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, Any, BinaryIO, cast

from django.conf import settings
from django.utils import timezone

from exports import selecting, writing
from exports.formats.records import ExportCategory, ExportImage, Written
from exports.models import Export
from projects import datastores, jobs, tenancy


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
    form, options = writing.FORMATS[export.format], writing.options_of(export)
    categories = [
        ExportCategory(n, label.name, label.path, str(label.code), label.colour)
        for n, label in enumerate(selecting.labels(export.project), start=1)
    ]
    files = selecting.Files(export) if options.images else None
    with tempfile.TemporaryFile(dir=_scratch()) as file:
        out = _Hashing(file)
        with tenancy.snapshot(export.organisation_id) as reader:
            chosen = selecting.images(reader, export, categories, writing.url_prefix(export, options))
            images = _reporting(chosen, job, selecting.count(reader, export))
            written = form.write(writing.Target(cast("BinaryIO", out), images, categories, export, options, files))
        manifest = _manifest(export, categories, written, out)
        if files:
            manifest |= {"files_copied": files.copied, "files_missing": files.missing}
        ending = form.ending_with(options)
        key = f"exports/{export.code}/{job.job.attempt}/{export.name}.{ending}"
        store = datastores.installation_store()
        file.seek(0)
        store.put(key, file, writing.CONTENT_TYPES[ending])
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


def _reporting(images: Iterator[ExportImage], job: jobs.Running, total: int) -> Iterator[ExportImage]:
    done = 0
    for done, image in enumerate(images, start=1):
        yield image
        if done % selecting.ROWS == 0:
            job.progress(done, total, f"{done:,} of {total:,} images")
    job.progress(done, total, f"{done:,} of {total:,} images")


def _manifest(export: Export, categories: Sequence[ExportCategory], written: Written, out: _Hashing) -> dict[str, Any]:
    return {
        "project": str(export.project.code),
        "task_type": export.project.task_type,
        "format": export.format,
        "filters": export.filters,
        "options": export.options,
        "images": written.images,
        "splits": writing.splits(written),
        "annotations": written.annotations,
        "annotations_left_out": written.left_out,
        "labels": len(categories),
        "annotations_per_label": {c.path: written.per_category[c.id] for c in categories},
        "byte_size": out.size,
        "sha256": out.digest.hexdigest(),
    }
