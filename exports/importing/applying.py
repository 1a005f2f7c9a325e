"""Writes a file's labels to a project: batch by batch, each all or nothing, going on behind the last one after a crash.

A batch is sifted first and written under the locks of its tasks, so that these are short. What every task was before is
remembered in the same transaction: it is the way back, and it keeps an image from being written twice. An image that
somebody has in hand is left to them and counted.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from annotations import importing, queue
from annotations.importing import Place, Said
from exports.formats.records import NotReadable
from exports.importing import checking, detecting, receiving
from exports.importing.options import Reading, Writing
from exports.importing.sifting import Batch, Candidate, Sifter
from exports.importing.tally import Tally
from exports.models import LabelImport
from projects import jobs
from projects.errors import BadInput
from projects.models import Job

PART = "exports.import-part"
SPAN, MOST_SHARDS = 50_000, 8
"""Images of a part, of which there are no more than so many: each reads the file up to its end."""
MODEL = "import"
"""What a suggestion's origin is called."""
State = LabelImport.State

_REMEMBER = """
INSERT INTO exports_importedtask
    (organisation_id, label_import_id, task_id, own, status, open_slots, answers, final, final_at, prelabel,
     prelabel_confidence, prelabel_model, rejection_note, task_version)
SELECT t.organisation_id, %(label_import)s, t.id,
       CASE WHEN NOT %(answers)s THEN 'none' WHEN a.id IS NULL THEN 'new' WHEN a.state = 'draft' THEN 'draft'
            ELSE 'answer' END,
       t.status, t.open_slots, t.answers, t.final, t.final_at, t.prelabel, t.prelabel_confidence, t.prelabel_model,
       t.rejection_note, t.version + 1
FROM annotations_task t
LEFT JOIN annotations_annotation a ON a.task_id = t.id AND a.labeller_id = %(labeller)s
WHERE t.id = ANY (%(tasks)s) ORDER BY t.id
ON CONFLICT (label_import_id, task_id) DO NOTHING RETURNING task_id
"""


class FileChanged(BadInput):
    """The file, or the project, is not what was looked through."""

    code = "import_changed"


class PartsLeft(BadInput):
    """Parts of a large import could not be written."""

    code = "import_parts_left"


def apply(job: jobs.Running, label_import: LabelImport) -> dict[str, Any]:
    """Writes what has not been written yet; says what became of the images. A large file is shared out over workers."""
    total = label_import.report.get("images", 0)
    span = max(SPAN, -(-total // MOST_SHARDS))
    if not job.cursor and not job.shards.exists():
        if checking.fingerprint_of(label_import.project) != label_import.fingerprint:
            raise FileChanged("The project's labels or datasets have changed. Look the file through again.")
        queue.release_expired(project_id=label_import.project_id)
    firsts = range(0, total, span)
    tally = _by_shards(job, label_import, firsts) if len(firsts) > 1 else _span(job, label_import, 0, total)
    with job.effects():
        LabelImport.objects.filter(pk=label_import.pk, state=State.WRITING).update(
            state=State.DONE, result=tally.as_json(), written_at=timezone.now()
        )
    return {"images": tally.images, "written": tally.written, "suggestions": tally.suggestions}


def apply_part(job: jobs.Running, label_import: LabelImport, first: int) -> dict[str, Any]:
    """Writes the images of a large file from the `first` on, as many as a part has."""
    total = label_import.report["images"]
    span = max(SPAN, -(-total // MOST_SHARDS))
    return _span(job, label_import, first, min(span, total - first)).as_json()


def _by_shards(job: jobs.Running, label_import: LabelImport, firsts: range) -> Tally:
    """What all parts counted. Raises Waiting until they are written."""
    if not job.shards.exists():
        arguments = [{"import_id": label_import.pk, "first": first} for first in firsts]
        with job.effects():
            count = job.spawn(arguments, kind=PART, title=f"Part of {label_import.name}")
            Job.objects.filter(pk=job.job.pk).update(progress_done=0, progress_total=count, progress_note="parts")
    ended = job.wait_for_shards()
    if ended.failed or ended.cancelled:
        reasons = job.shards.filter(state=Job.State.FAILED).exclude(error_code="error")
        reason = reasons.values_list("error_detail", flat=True).first() or ""
        words = f"{ended.failed + ended.cancelled:,} of {len(firsts):,} parts could not be written. {reason}"
        raise PartsLeft(f"{words.strip()} Go on: what is written is kept.")
    tally = Tally()
    for result in job.shards.filter(kind=PART).order_by("pk").values_list("result", flat=True):
        tally.include(Tally.of(result or {}))
    return tally


def _span(job: jobs.Running, label_import: LabelImport, first: int, count: int) -> Tally:
    """Writes `count` images of the file from the `first` on, behind what this job has written."""
    writing = Writing.of(label_import.writing)
    tally = Tally.of(job.cursor) if job.cursor else Tally()
    with receiving.fetched(label_import) as (file, checksum):
        if checksum != label_import.checksum:
            raise FileChanged("The file is not the one that was looked through. Upload it again.")
        folder = detecting.opened(file, label_import.name)
        sifter = Sifter(label_import.project, Reading.of(label_import.reading), writing, tally)
        left = {"skip": first + tally.images, "count": count - tally.images}
        try:
            for batch in sifter.batches(folder, label_import.format, **left):
                with job.effects():
                    _write(label_import, writing, batch, tally)
                    job.checkpoint(tally.as_json())
                job.progress(tally.images, count, f"{tally.images:,} images")
        except NotReadable as error:
            raise checking.FileUnreadable(str(error)) from error
    return tally


def _write(label_import: LabelImport, writing: Writing, batch: Batch, tally: Tally) -> None:
    project = label_import.project
    places = importing.read(project, [candidate.image_id for candidate in batch.candidates], locked=True)
    answers, suggestions = list[Said](), list[Said]()
    for candidate in batch.candidates:
        place = places.get(candidate.image_id)
        if place is None or not _is_open_to(place, candidate, tally):
            tally.without_task += place is None
            continue
        tally.answered += place.is_answered
        said = Said(place.task_id, candidate.document, candidate.labels, candidate.confidence)
        match _what(place, writing):
            case "answer":
                answers.append(said)
            case "suggestion":
                suggestions.append(said)
            case _:
                tally.kept += 1
    answers = _remembered(label_import, answers, tally, are_answers=True)
    suggestions = _remembered(label_import, suggestions, tally, are_answers=False)
    if answers:
        importing.answer(project, label_import.created_by_id, answers)
    if suggestions:
        importing.suggest(project, suggestions, model=MODEL)
    tally.written += len(answers)
    tally.suggestions += len(suggestions)


def _is_open_to(place: Place, candidate: Candidate, tally: Tally) -> bool:
    """Whether the task may be written to at all."""
    if place.is_removed:
        tally.removed += 1
    elif place.is_in_hand:
        tally.in_hand += 1
        tally.problems.append(f"{candidate.name}: somebody is labelling this image now, so it was left alone.")
    else:
        return True
    return False


def _what(place: Place, writing: Writing) -> str:
    """What a document becomes where the task is as it is: an answer, a suggestion, or nothing."""
    if place.is_answered:
        by_policy = {"replace": "answer" if writing.final else "suggestion", "suggest": "suggestion"}
        return by_policy.get(writing.policy, "")
    if writing.policy == "skip" and place.has_suggestion:
        return ""
    return "answer" if writing.final else "suggestion"


def _remembered(label_import: LabelImport, said: Sequence[Said], tally: Tally, *, are_answers: bool) -> list[Said]:
    """Those that this import has not written yet, after remembering what their tasks are."""
    if not said:
        return []
    values: dict[str, Any] = {
        "label_import": label_import.pk,
        "labeller": label_import.created_by_id,
        "answers": are_answers,
        "tasks": [one.task_id for one in said],
    }
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, values)
        fresh = {row[0] for row in cursor.fetchall()}
    tally.repeated += len(said) - len(fresh)
    return [one for one in said if one.task_id in fresh]
