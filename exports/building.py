"""Builds an export: freezes what it holds, has workers write its parts, joins them, and puts the file into the output store.

A small export is one part, written by the worker that has the job. Of a larger one every part is a job of its own, so that
any number of workers share it; whoever is killed costs one part. The parts are joined in their order, so the file is the
same whoever wrote them.
"""

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from typing import IO, Any, BinaryIO, cast

from django.conf import settings
from django.utils import timezone

from exports import freezing, storing, writing
from exports.copying import Files
from exports.formats import parts
from exports.formats.records import ExportImage, Written
from exports.freezing import Frozen
from exports.models import Export
from projects import datastores, jobs
from projects.errors import BadInput
from projects.models import Job

PART = "exports.part"


class PartsLeft(BadInput):
    """Some parts could not be written; the others are kept."""

    code = "export_parts_left"


class _Hashing:
    """A file that remembers the SHA-256 and the number of the bytes written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest, self.size = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self.file.write(data)


def build(export: Export, job: jobs.Running) -> dict[str, Any]:
    """Writes the file and points the export at it. Goes on where it was when it is run again."""
    if export.completed_at:
        _discard_parts(export)
        return {name: export.manifest[name] for name in ("images", "annotations")}
    frozen = freezing.of(export) or freezing.freeze(export, job)
    if len(frozen.parts) > 1:
        found = _written_by_shards(export, frozen, job)
        return _finish(export, frozen, [_in_store(one["key"], job) for one in found], found, job)
    with tempfile.TemporaryFile(dir=_scratch()) as file:
        result = _write(export, frozen, 0, cast("BinaryIO", file), job)
        saved = parts.Saved.opened(partial(parts.from_file, cast("BinaryIO", file)))
        return _finish(export, frozen, [saved], [result], job)


def _written_by_shards(export: Export, frozen: Frozen, job: jobs.Running) -> list[dict[str, Any]]:
    """Where the parts are, in their order. Raises Waiting until they are written."""
    if not job.shards.exists():
        arguments = [{"export_id": export.pk, "number": number} for number in range(len(frozen.parts))]
        with job.effects():
            count = job.spawn(arguments, kind=PART, title=f"Part of {export.name}")
            # Until here images were counted, from here on parts are.
            Job.objects.filter(pk=job.job.pk).update(progress_done=0, progress_total=count, progress_note="parts")
    ended = job.wait_for_shards()
    if ended.failed or ended.cancelled:
        reason = (
            job.shards.filter(state=Job.State.FAILED).exclude(error_code="error").values_list("error_detail").first()
        )
        words = f"{ended.failed + ended.cancelled:,} of {len(frozen.parts):,} parts could not be written."
        raise PartsLeft(f"{words} {reason[0] if reason else ''} Try again: what is written is kept.".replace("  ", " "))
    rows = job.shards.filter(kind=PART).values_list("arguments", "result")
    return [result or {} for _, result in sorted(rows, key=lambda row: row[0]["number"])]


def write_part(export: Export, number: int, job: jobs.Running) -> dict[str, Any]:
    """Writes one part into the installation's own store, under a name of this attempt."""
    frozen = freezing.of(export)
    if frozen is None:
        raise PartsLeft("The export holds nothing yet.")
    key = f"{freezing.folder_of(export)}parts/{number:06}-{job.job.attempt}"
    with tempfile.TemporaryFile(dir=_scratch()) as file:
        result = _write(export, frozen, number, cast("BinaryIO", file), job)
        file.seek(0)
        datastores.installation_store().put(key, file)
    return {"key": key, **result}


def _write(export: Export, frozen: Frozen, number: int, out: BinaryIO, job: jobs.Running) -> dict[str, Any]:
    """Writes a part; says how many files it has and has not."""
    options = writing.options_of(export)
    files, part = Files(export) if options.images else None, parts.Part()
    total = frozen.parts[number][0] if frozen.parts else 0
    chosen = freezing.images(frozen, number) if frozen.parts else iter(())
    parts.fill(part, _reporting(chosen, job, total), _writer(export, frozen, files, frozen.before(number)[1]))
    part.save(out)
    return {"copied": files.copied, "missing": files.missing} if files else {}


def _writer(export: Export, frozen: Frozen, files: Files | None, before: int) -> parts.Writer:
    target = writing.Target(frozen.categories, export, writing.options_of(export), files, before)
    return writing.FORMATS[export.format].writer(target)


def _in_store(key: str, job: jobs.Running) -> parts.Saved:
    store = datastores.installation_store()

    def read(place: int, size: int) -> Iterator[bytes]:
        for chunk in store.stream(key, place, size):
            job.check()
            yield chunk

    return parts.Saved.opened(read)


def _finish(
    export: Export,
    frozen: Frozen,
    saved: Sequence[parts.Saved],
    results: Sequence[dict[str, Any]],
    job: jobs.Running,
) -> dict[str, Any]:
    """Joins the parts and puts the whole into the output store."""
    options = writing.options_of(export)
    ending = writing.FORMATS[export.format].ending_with(options)
    with tempfile.TemporaryFile(dir=_scratch()) as file:
        out = _Hashing(file)
        written = parts.join(cast("BinaryIO", out), saved, _writer(export, frozen, None, 0))
        manifest = _manifest(export, frozen, written, out)
        if options.images:
            manifest |= {f"files_{name}": sum(one[name] for one in results) for name in ("copied", "missing")}
        file.seek(0)
        key = storing.put(export, file, ending, manifest)
    with job.effects():
        Export.objects.filter(pk=export.pk).update(
            key=key,
            byte_size=out.size,
            checksum=out.digest.hexdigest(),
            manifest=manifest,
            completed_at=timezone.now(),
        )
    _discard_parts(export)
    return {"images": written.images, "annotations": written.annotations}


def _discard_parts(export: Export) -> None:
    store = datastores.installation_store()
    for page in store.pages(f"{freezing.folder_of(export)}parts/"):
        for entry in page.entries:
            store.delete(entry.key)


def _scratch() -> str:
    folder = settings.VAR_DIR / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


def _reporting(images: Iterator[ExportImage], job: jobs.Running, total: int) -> Iterator[ExportImage]:
    done = 0
    for done, image in enumerate(images, start=1):
        yield image
        if done % parts.BATCH == 0:
            job.progress(done, total, f"{done:,} of {total:,} images")
    job.progress(done, total, f"{done:,} of {total:,} images")


def _manifest(export: Export, frozen: Frozen, written: Written, out: _Hashing) -> dict[str, Any]:
    return {
        "export": str(export.code),
        "name": export.name,
        "as_of": frozen.at,
        "project": str(export.project.code),
        "task_type": export.project.task_type,
        "format": export.format,
        "filters": export.filters,
        "options": export.options,
        "images": written.images,
        "images_changed": frozen.changed,
        "splits": writing.splits(written),
        "annotations": written.annotations,
        "annotations_left_out": written.left_out,
        "labels": len(frozen.categories),
        "annotations_per_label": {c.path: written.per_category[c.id] for c in frozen.categories},
        "byte_size": out.size,
        "sha256": out.digest.hexdigest(),
    }
