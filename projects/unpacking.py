"""Unpacking: the files of an uploaded archive become images, one after the other, each with the place behind it.

An archive is read where it lies, in the chunks that it came in, and each of its files is a file like any that is uploaded
(projects.keeping). So memory and disk hold one file, a job that dies goes on behind the last one, and nothing is taken twice.
"""

import io
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast
from uuid import uuid5

from django.conf import settings

from projects import archives, image_header, jobs, keeping, uploads
from projects.archives import Member
from projects.errors import BadInput, DomainError
from projects.models import Job, Upload

MOST_REFUSALS = 1_000
"""Refused files that are written down by name; all are counted."""
PARTS_HELD = 4


class Parts(io.RawIOBase):
    """The chunks of an upload as one file that can be read anywhere; a few of them are held."""

    def __init__(self, upload: Upload) -> None:
        self._upload, self._at = upload, 0
        self._held: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._upload.byte_size}[whence]
        if base + offset < 0:
            raise ValueError("The place lies before the file.")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._upload.byte_size:
            return 0
        number, offset = divmod(self._at, Upload.CHUNK)
        piece = self._part(number)[offset : offset + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _part(self, number: int) -> bytes:
        if number not in self._held:
            self._held[number] = uploads.part_of(self._upload, number)
            if len(self._held) > PARTS_HELD:
                self._held.popitem(last=False)
        self._held.move_to_end(number)
        return self._held[number]


@dataclass
class Outcome:
    """How many files of an archive became what, and the place behind the last of them."""

    next: int = 0
    taken: int = 0
    replaced: int = 0
    duplicate: int = 0
    refused: int = 0
    left_out: int = 0

    def words(self) -> str:
        counts = {
            "taken": self.taken,
            "replaced": self.replaced,
            "already there": self.duplicate,
            "refused": self.refused,
            "other file left out" if self.left_out == 1 else "other files left out": self.left_out,
        }
        return ", ".join(f"{number:,} {word}" for word, number in counts.items() if number) or "nothing in it"


def unpack(upload: Upload, job: jobs.Running) -> dict[str, int]:
    """Takes the images out of an archive that is there; says how many became what."""
    if upload.state != Upload.State.UNPACKING:
        raise BadInput("The archive is no longer kept. Upload it again.")
    outcome = Outcome(**(job.cursor or {}))
    with _settling(upload, outcome), io.BufferedReader(cast("Any", Parts(upload)), archives.CHUNK) as file:
        for member in archives.members(cast("BinaryIO", file), upload.byte_size):
            job.check()
            if member.number >= outcome.next:
                _take(upload, member, outcome, job)
    with job.effects():
        _end(upload, Upload.State.DONE, outcome.words(), outcome)
    uploads.forget_bytes(upload)
    return _counts(outcome)


def _take(upload: Upload, member: Member, outcome: Outcome, job: jobs.Running) -> None:
    """Makes of one file what is to become of it, together with the place behind it."""
    outcome.next = member.number + 1
    if not member.refusal and _is_litter(member.name):
        outcome.left_out += 1
        return
    refusal = member.refusal or _refusal(member)
    if refusal:
        with job.effects():
            _refuse(upload, member, refusal, outcome)
            _keep_place(upload, outcome, job)
    elif not image_header.supported(member.name):
        outcome.left_out += 1
    else:
        _take_image(upload, member, outcome, job)
    job.progress(outcome.next, member.total, note=outcome.words())


def _take_image(upload: Upload, member: Member, outcome: Outcome, job: jobs.Running) -> None:
    with tempfile.SpooledTemporaryFile(uploads.IN_MEMORY) as spooled:
        brought = keeping.Brought(
            dataset=upload.dataset,
            path=member.name,
            byte_size=member.size,
            # From the job: what it does again, it does to the same objects and rows, and another one's are others.
            code=uuid5(job.job.code, str(member.number)),
            overwrite=upload.overwrite,
        )
        try:
            member.copy(cast("BinaryIO", spooled))
            sound = keeping.read(brought, cast("BinaryIO", spooled))
        except (archives.DamagedMember, image_header.UnreadableImage) as error:
            with job.effects():
                _refuse(upload, member, error.detail, outcome)
                _keep_place(upload, outcome, job)
            return
        with job.effects():
            _count(upload, member, keeping.keep(sound), outcome)
            _keep_place(upload, outcome, job)


def _count(upload: Upload, member: Member, kept: keeping.Kept, outcome: Outcome) -> None:
    if kept.state == Upload.State.FAILED:
        _refuse(upload, member, kept.reason, outcome)
    elif kept.state == Upload.State.DUPLICATE:
        outcome.duplicate += 1
    else:
        was_there = kept.image is not None and kept.image.version > 1
        outcome.replaced += was_there
        outcome.taken += not was_there
        _write_down(upload, member, kept)


def _refuse(upload: Upload, member: Member, reason: str, outcome: Outcome) -> None:
    outcome.refused += 1
    if outcome.refused <= MOST_REFUSALS:
        _write_down(upload, member, keeping.Kept(Upload.State.FAILED, reason))


def _write_down(upload: Upload, member: Member, kept: keeping.Kept) -> None:
    """A row like that of a file that was uploaded by itself: by it a file of the same name is known later."""
    values = {"state": kept.state, "reason": kept.reason[:300], "image": kept.image, "archive": upload}
    rows = Upload.objects.filter(dataset=upload.dataset, path=member.name, byte_size=member.size)
    if kept.state == Upload.State.FAILED:
        # What was refused leaves the row of the file alone that has its name.
        rows = rows.exclude(state__in=(Upload.State.DONE, Upload.State.DUPLICATE, Upload.State.RECEIVING))
    if rows.update(received=member.size, **values):
        return
    made = Upload(
        organisation_id=upload.organisation_id,
        workspace_id=upload.workspace_id,
        dataset=upload.dataset,
        path=member.name,
        byte_size=member.size,
        received=member.size,
        created_by_id=upload.created_by_id,
        **values,
    )
    Upload.objects.bulk_create([made], ignore_conflicts=True)


def _keep_place(upload: Upload, outcome: Outcome, job: jobs.Running) -> None:
    Upload.objects.filter(pk=upload.pk).update(outcome=_counts(outcome))
    job.checkpoint(asdict(outcome))


def _refusal(member: Member) -> str:
    if member.name.lower().endswith(archives.NESTED):
        return "Archives within archives are not unpacked. Upload it by itself."
    if image_header.supported(member.name) and member.size > settings.UPLOAD_FILE_LIMIT:
        return f"The file is larger than {settings.UPLOAD_FILE_LIMIT / 2**20:,.0f} MB."
    if image_header.supported(member.name) and not member.size:
        return "The file is empty."
    return ""


def _is_litter(name: str) -> bool:
    """Files that computers leave lying about."""
    parts = PurePosixPath(name).parts
    return any(part.startswith(".") or part == "__MACOSX" for part in parts) or parts[-1].lower() in (
        "thumbs.db",
        "desktop.ini",
    )


def _counts(outcome: Outcome) -> dict[str, int]:
    counts = asdict(outcome)
    counts.pop("next")
    return counts


def _end(upload: Upload, state: str, reason: str, outcome: Outcome) -> None:
    Upload.objects.filter(pk=upload.pk, state=Upload.State.UNPACKING).update(
        state=state, reason=reason[:300], outcome=_counts(outcome)
    )


@contextmanager
def _settling(upload: Upload, outcome: Outcome) -> Iterator[None]:
    """Says at the archive how a run ended that does not go on by itself; what was taken before stays."""
    try:
        yield
    except jobs.Cancelled:
        _end(upload, Upload.State.FAILED, f"Unpacking was cancelled: {outcome.words()}.", outcome)
        uploads.forget_bytes(upload)
        raise
    except DomainError as error:
        if isinstance(error, BadInput):
            _end(upload, Upload.State.FAILED, f"{error.detail} Until then: {outcome.words()}.", outcome)
            uploads.forget_bytes(upload)
        raise


def settle_abandoned() -> None:
    """Settles archives whose job ended without their hearing of it: cancelled while it waited, or its workers lost."""
    waiting = Upload.objects.filter(state=Upload.State.UNPACKING).exclude(outcome={})
    for upload in waiting.select_related("dataset__datastore__workspace").iterator(chunk_size=200):
        runs = Job.objects.filter(
            organisation_id=upload.organisation_id, kind=uploads.UNPACK, dedupe_key=uploads.dedupe_key(upload)
        )
        job = runs.order_by("-pk").first()
        if job is None or job.has_ended:
            _end(upload, Upload.State.FAILED, "Unpacking stopped before its end. Upload the archive again.", Outcome())
            uploads.forget_bytes(upload)
