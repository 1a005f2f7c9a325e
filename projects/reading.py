"""Reading image files into rows: a file's header and checksum, and many rows at once.

A bad file is a row in error and never the end of a run. A file that kills the process that reads it is found by halving
(`projects.jobs`), becomes a row in error like any other, and is left alone until it changes.
"""

import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import connection
from django.db.models import Q

from projects import arrivals, datastores, decoding, image_header, jobs, quotas
from projects.codes import new_code
from projects.models import Dataset, Image
from projects.stores.base import Entry, ObjectMissing, ObjectStore
from projects.stores.ranged import RangedFile

READERS = 12
"""Files read at the same time."""
LONGEST_START = 4 * 1024 * 1024
"""A header that is not within so many bytes is read piece by piece, wherever the pieces are."""
MOST_VERIFIED_PIXELS = 16_000_000
"""Larger images are not decoded at ingest: the readers share this process's memory."""
KILLER = "Reading this file ended the process each time, so it is left out. Replace it by a sound copy."
FRAMED = (".dcm", ".dicom")
"""Names of files that may hold several images, one per frame."""
_COLUMNS = "code, key, frame, name, state, reason, format, width, height, byte_size, checksum, etag, metadata"


# Other bytes under a known key: where both had a checksum it tells, else what the store says of the file.
_CHANGED = """i.width > 0 AND CASE WHEN i.checksum <> '' AND p.checksum <> '' THEN i.checksum <> p.checksum
    ELSE (i.etag, i.byte_size) IS DISTINCT FROM (p.etag, p.byte_size) END"""
# Row by row through the unique index (OFFSET keeps it so): a join may walk the whole dataset before its rows are analysed.
_KEEP_VERSIONS = f"""
WITH known AS MATERIALIZED (
    SELECT * FROM projects_image WHERE dataset_id = %s AND key = ANY (%s)
), changed AS MATERIALIZED (
    SELECT i.* FROM known i JOIN ingest_page p ON i.key = p.key AND i.frame = p.frame WHERE {_CHANGED}
), kept AS (
    INSERT INTO projects_imageversion (organisation_id, workspace_id, image_id, number, format, width, height,
        byte_size, checksum, etag, replaced_at)
    SELECT organisation_id, workspace_id, id, version, format, width, height, byte_size, checksum, etag, now()
    FROM changed
), counted AS (
    UPDATE projects_image SET version = version + 1, changed_at = now(), arrival = %s
    WHERE id = ANY (ARRAY (SELECT id FROM changed))
)
SELECT count(*) FROM changed
"""  # noqa: S608  # put together from constants
_UPSERT = f"""
INSERT INTO projects_image AS i (organisation_id, workspace_id, dataset_id, created_at, arrival, {_COLUMNS})
SELECT %s, %s, %s, now(), %s, code, key, frame, name, state, reason, format, width, height, byte_size, checksum, etag,
       metadata::jsonb
FROM ingest_page
ON CONFLICT (dataset_id, key, frame) DO UPDATE SET
    state = excluded.state, reason = excluded.reason, format = excluded.format, width = excluded.width,
    height = excluded.height, byte_size = excluded.byte_size, checksum = excluded.checksum, etag = excluded.etag,
    metadata = excluded.metadata, arrival = CASE WHEN i.state = 'ok' THEN i.arrival ELSE excluded.arrival END
"""  # noqa: S608  # put together from constants


@dataclass(frozen=True, slots=True)
class Found:
    """What there is to know of one file: a row of images without its tenant. `checksum` is a SHA-256 in hex."""

    key: str
    state: str
    byte_size: int
    etag: str = ""
    reason: str = ""
    format: str = ""
    width: int = 0
    height: int = 0
    checksum: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    frame: int = 0


def known(dataset: Dataset, keys: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Etag and size of the files that need not be read again: images, and what killed its readers."""
    settled = Q(state=Image.State.OK) | Q(state=Image.State.UNREADABLE, metadata__killer=True)
    rows = Image.objects.filter(settled, dataset=dataset, key__in=keys)
    return {key: (etag, size) for key, etag, size in rows.values_list("key", "etag", "byte_size")}


def read(store: ObjectStore, entry: Entry) -> Found | None:
    """Reads one file's header, or all of a small file. None where the file has gone since it was listed."""
    is_whole = entry.size <= settings.CHECKSUM_FILE_LIMIT
    try:
        data = b""
        if image_header.supported(entry.key):
            # Never more than the listing said: a store that is not what it seems may send without end.
            data = store.read(entry.key, 0, entry.size if is_whole else image_header.HEADER_BYTES)
        header, data = _probed(store, entry, data)
        image_header.refuse_bomb(header, entry.size, settings.IMAGE_PIXEL_LIMIT)
    except ObjectMissing:
        return None
    except image_header.UnreadableImage as error:
        return _in_error(entry, error.detail)
    except MemoryError:
        return _in_error(entry, "The image is too large to be read.")
    checksum = hashlib.sha256(data).hexdigest() if len(data) == entry.size else ""
    return of_header(entry, header, checksum)


def _probed(store: ObjectStore, entry: Entry, data: bytes) -> tuple[image_header.ImageHeader, bytes]:
    """The header, reading on for as long as it is not complete; the pixels too, where all of a modest image is there."""
    limits: dict[str, Any] = {"max_pixels": settings.IMAGE_PIXEL_LIMIT, "max_tiled": settings.TILED_PIXEL_LIMIT}
    while len(data) < entry.size and image_header.supported(entry.key):
        try:
            return image_header.probe(data, entry.key, whole=False, **limits), data
        except image_header.NeedMoreBytes as more:
            wanted = min(max(more.minimum or entry.size, 4 * len(data)), entry.size)
            if wanted > LONGEST_START or image_header.is_scattered(data):
                return image_header.probe(RangedFile(store, entry, data), entry.key, **limits), data
            data += store.read(entry.key, len(data), wanted - len(data))
    header = image_header.probe(data, entry.key, **limits)
    if header.width * header.height <= MOST_VERIFIED_PIXELS:
        image_header.probe(data, entry.key, verify=True, **limits)
        verify_frame(io.BytesIO(data), header)
    return header, data


def verify_frame(file: BinaryIO, header: image_header.ImageHeader) -> None:
    """Decodes the first frame of a compressed DICOM file, in the decoder's process; UnreadableImage if it cannot be.

    Of the others the header tells already whether all pixels are there.
    """
    if header.format != "DICOM" or header.technical["TransferSyntax"].endswith("Endian"):
        return
    file.seek(0)
    with tempfile.NamedTemporaryFile(prefix="labelwright-") as copy:
        shutil.copyfileobj(file, copy)
        copy.flush()
        decoding.render(Path(copy.name), "thumbnail", max_pixels=MOST_VERIFIED_PIXELS, frame=1)


def of_header(entry: Entry, header: image_header.ImageHeader, checksum: str) -> Found:
    """A readable image. `metadata` holds what is not usual; `proxy` means that browsers get a rendered copy."""
    unusual = {
        "mode": header.mode if header.mode != "RGB" else "",
        "frames": header.frames if header.frames > 1 else 0,
        "orientation": header.orientation if header.orientation > 1 else 0,
        "captured_at": header.captured_at,
        "camera": " ".join(part for part in (header.camera_make, header.camera_model) if part),
        "proxy": not header.browser_ready,
        "dicom": dict(header.technical),
    }
    return Found(
        key=entry.key,
        state=Image.State.OK,
        byte_size=entry.size,
        etag=entry.etag,
        format=header.format.lower(),
        width=header.width,
        height=header.height,
        checksum=checksum,
        metadata={name: value for name, value in unusual.items() if value},
    )


def _in_error(entry: Entry, reason: str) -> Found:
    return Found(entry.key, Image.State.UNREADABLE, entry.size, entry.etag, reason)


def write(dataset: Dataset, found: Iterable[Found]) -> int:
    """Adds or updates images in bulk, inside the caller's transaction; says how many rows changed.

    Raises QuotaExceeded where the organisation may not hold them.
    """
    found = list(found)
    with quotas.room_for_images(dataset, [row.key for row in found]):
        return _write(dataset, found)


def _write(dataset: Dataset, found: Sequence[Found]) -> int:
    """PostgreSQL takes no COPY into a table with row-level security, so it goes through a temporary one."""
    with connection.cursor() as cursor:
        cursor.execute(
            'CREATE TEMP TABLE IF NOT EXISTS ingest_page (code uuid, key text COLLATE "C", frame int, name text, state text, reason text,'
            " format text, width int, height int, byte_size bigint, checksum text, etag text, metadata text)"
            " ON COMMIT DELETE ROWS"
        )
        cursor.execute("TRUNCATE ingest_page")
        with cursor.copy(f"COPY ingest_page ({_COLUMNS}) FROM STDIN") as copy:
            for row in chain.from_iterable(map(frames_of, found)):
                copy.write_row(_row(row))
        arrival = arrivals.draw(dataset)
        _keep_versions(dataset, [row.key for row in found], arrival)
        cursor.execute(_UPSERT, [dataset.organisation_id, dataset.workspace_id, dataset.pk, arrival])
        changed = int(cursor.rowcount)
        # Only these files have frames: the statement may walk the whole dataset before its rows are analysed.
        if framed := [row.key for row in found if row.format == "dicom" or row.key.lower().endswith(FRAMED)]:
            cursor.execute(
                "UPDATE projects_image i SET state = 'missing', reason = 'The file no longer has this frame.'"
                " WHERE i.dataset_id = %s AND i.state <> 'missing' AND i.key = ANY (%s)"
                " AND NOT EXISTS (SELECT FROM ingest_page p WHERE p.key = i.key AND p.frame = i.frame)",
                [dataset.pk, framed],
            )
        return changed


def _keep_versions(dataset: Dataset, keys: list[str], arrival: int) -> None:
    """Writes down what the images of the page were whose bytes are others now, and counts their versions.

    They are asked for all at once, by `keys`: while the dataset's rows are not analysed yet, the planner may take an index
    that walks through all of them, and then it should do so once. Work on the images keeps its place; the dataset's row
    says that there is something to flag (projects.refreshing).
    """
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_VERSIONS, [dataset.pk, keys, arrival])
        if cursor.fetchone()[0]:
            Dataset.objects.filter(pk=dataset.pk).update(changed_arrival=arrival)


def frames_of(found: Found) -> list[Found]:
    """One image per frame of a multi-frame DICOM file: a frame is what is labelled. Else the file's one image."""
    frames = int(found.metadata.get("frames", 1)) if found.format == "dicom" else 1
    if frames == 1:
        return [found]
    name = found.name or found.key.rpartition("/")[2]
    return [replace(found, frame=frame, name=f"{name[-240:]}#{frame}") for frame in range(1, frames + 1)]


def _row(found: Found) -> tuple[Any, ...]:
    name = found.name or found.key.rpartition("/")[2]
    return (
        new_code(),
        found.key,
        found.frame,
        name[-255:],
        str(found.state),
        found.reason[:300],
        found.format,
        found.width,
        found.height,
        found.byte_size,
        found.checksum,
        found.etag[:100],
        json.dumps(found.metadata) if found.metadata else "{}",
    )


@contextmanager
def readers() -> Iterator[ThreadPoolExecutor]:
    """Threads that read files; those that have not begun are forgotten at the end."""
    pool = ThreadPoolExecutor(READERS, thread_name_prefix="ingest")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def read_shard(
    dataset: Dataset, files: Sequence[tuple[str, int, str]], job: jobs.Running, *, is_bad: bool
) -> dict[str, int]:
    """Reads some files, each its key, size and etag, all or none; a file that `is_bad` is written down unread."""
    entries = [Entry(*file) for file in files]
    if is_bad:
        found = [
            Found(entry.key, Image.State.UNREADABLE, entry.size, entry.etag, KILLER, metadata={"killer": True})
            for entry in entries
        ]
    else:
        store = datastores.for_datastore(dataset.datastore)
        found = []
        with readers() as pool:
            for number, result in enumerate(pool.map(lambda entry: read(store, entry), entries), start=1):
                found += [result] if result else []
                job.progress(number, len(entries))
    with job.effects():
        if found:
            write(dataset, found)
    return {"read": len(found), "unreadable": sum(row.state == Image.State.UNREADABLE for row in found)}
