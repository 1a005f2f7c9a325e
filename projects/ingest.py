"""Ingest: reads what a dataset's pattern finds in its store into rows of images.

The listing comes in pages, and a page is one transaction: headers are read in parallel, rows copied in bulk, and the
place to go on is saved with them. So it may die at any line and be run again; memory holds one page, however large the
store is. A bad file is a row in error and never the end of the run.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q, Sum
from django.utils import timezone

from projects import arrivals, datastores, image_header, jobs, listing
from projects.codes import new_code
from projects.errors import DomainError
from projects.models import Dataset, Image
from projects.stores.base import Entry, ObjectMissing, ObjectStore, Page

READERS = 12
"""Files read at the same time."""
REPORTED = 20
"""Files between two reports of progress, which are also where a cancelled run stops."""
LONGEST_HEADER = 64 * 1024 * 1024
MOST_VERIFIED_PIXELS = 16_000_000
"""Larger images are not decoded at ingest: the readers share this process's memory."""
_COLUMNS = "code, key, name, state, reason, format, width, height, byte_size, checksum, etag, metadata"


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


@dataclass(slots=True)
class Place:
    """Where a run is: the listing's cursor, the largest key so far, and what was found up to there."""

    cursor: str = ""
    last_key: str = ""
    listed: int = 0
    read: int = 0
    unreadable: int = 0
    ignored: int = 0


def run(dataset: Dataset, job: jobs.Running) -> dict[str, int]:
    """Brings the images of a dataset up to date with its store; says what was listed, read and not readable."""
    with _settling(dataset, job):
        place = Place(**(job.cursor or {}))
        store = datastores.for_datastore(dataset.datastore)
        wanted = listing.pattern(dataset.pattern)
        pool = ThreadPoolExecutor(READERS, thread_name_prefix="ingest")
        try:
            for page in store.pages(wanted.prefix, place.cursor):
                _take(dataset, store, page, wanted, place, job, pool)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        with job.effects():
            _mark_missing(dataset, place.last_key, None, [])
            _settle(dataset)
        return {"listed": place.listed, "read": place.read, "unreadable": place.unreadable, "ignored": place.ignored}


def _take(
    dataset: Dataset,
    store: ObjectStore,
    page: Page,
    wanted: listing.Pattern,
    place: Place,
    job: jobs.Running,
    pool: ThreadPoolExecutor,
) -> None:
    """One page of the listing: reads what is new or changed, and writes it with the place behind it."""
    kinds = {entry.key: listing.kind_of(entry.key, wanted) for entry in page.entries}
    entries = [entry for entry in page.entries if kinds[entry.key] is not listing.Kind.OTHER]
    known = _known(dataset, [entry.key for entry in entries])
    new = [entry for entry in entries if known.get(entry.key) != (entry.etag, entry.size)]
    found: list[Found] = []
    gone: set[str] = set()
    for entry, result in zip(new, pool.map(lambda entry: read(store, entry), new), strict=True):
        if result is None:
            gone.add(entry.key)
            continue
        found.append(result)
        place.unreadable += result.state == Image.State.UNREADABLE
        if len(found) % REPORTED == 0:
            job.progress(place.listed + len(found), note=_words(place))
    place.listed += len(entries)
    place.read += len(found)
    place.ignored += len(page.entries) - len(entries)
    upto = max([place.last_key, *(entry.key for entry in page.entries)])
    with job.effects():
        if found:
            write(dataset, found)
        _mark_missing(dataset, place.last_key, upto, [entry.key for entry in entries if entry.key not in gone])
        place.cursor, place.last_key = page.cursor, upto
        job.checkpoint(asdict(place))
    job.progress(place.listed, note=_words(place))


def _words(place: Place) -> str:
    unreadable = f"{place.unreadable:,} unreadable" if place.unreadable else ""
    ignored = f"{place.ignored:,} other files left out" if place.ignored else ""
    return ", ".join(part for part in (unreadable, ignored) if part)


def _known(dataset: Dataset, keys: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Etag and size of the images that need not be read again."""
    rows = Image.objects.filter(dataset=dataset, key__in=keys, state=Image.State.OK)
    return {key: (etag, size) for key, etag, size in rows.values_list("key", "etag", "byte_size")}


def read(store: ObjectStore, entry: Entry) -> Found | None:
    """Reads one file's header, or all of a small file. None where the file has gone since it was listed."""
    is_whole = entry.size <= settings.CHECKSUM_FILE_LIMIT
    try:
        data = b""
        if image_header.supported(entry.key):
            data = store.read(entry.key) if is_whole else store.read(entry.key, 0, image_header.HEADER_BYTES)
        header, data = _probed(store, entry, data)
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
    limit = settings.IMAGE_PIXEL_LIMIT
    while len(data) < entry.size and image_header.supported(entry.key):
        try:
            return image_header.probe(data, entry.key, whole=False, max_pixels=limit), data
        except image_header.NeedMoreBytes as more:
            wanted = min(max(more.minimum or entry.size, 4 * len(data)), entry.size)
            if wanted > LONGEST_HEADER:
                raise image_header.UnreadableImage(
                    "corrupt", "The file's header is not within its first 64 MB."
                ) from None
            data += store.read(entry.key, len(data), wanted - len(data))
    header = image_header.probe(data, entry.key, max_pixels=limit)
    if header.width * header.height <= MOST_VERIFIED_PIXELS:
        image_header.probe(data, entry.key, max_pixels=limit, verify=True)
    return header, data


def of_header(entry: Entry, header: image_header.ImageHeader, checksum: str) -> Found:
    """A readable image. `metadata` holds what is not usual; `proxy` means that browsers get a rendered copy."""
    unusual = {
        "mode": header.mode if header.mode != "RGB" else "",
        "frames": header.frames if header.frames > 1 else 0,
        "orientation": header.orientation if header.orientation > 1 else 0,
        "captured_at": header.captured_at,
        "camera": " ".join(part for part in (header.camera_make, header.camera_model) if part),
        "proxy": not header.browser_ready,
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

    PostgreSQL takes no COPY into a table with row-level security, so it goes through a temporary one.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS ingest_page (code uuid, key text, name text, state text, reason text,"
            " format text, width int, height int, byte_size bigint, checksum text, etag text, metadata text)"
            " ON COMMIT DELETE ROWS"
        )
        cursor.execute("TRUNCATE ingest_page")
        with cursor.copy(f"COPY ingest_page ({_COLUMNS}) FROM STDIN") as copy:
            for row in found:
                copy.write_row(_row(row))
        cursor.execute(
            f"INSERT INTO projects_image (organisation_id, workspace_id, dataset_id, created_at, arrival, {_COLUMNS})"  # noqa: S608  # constants
            " SELECT %s, %s, %s, now(), %s, code, key, name, state, reason, format, width, height, byte_size, checksum,"
            " etag, metadata::jsonb FROM ingest_page"
            " ON CONFLICT (dataset_id, key) DO UPDATE SET state = excluded.state, reason = excluded.reason,"
            " format = excluded.format, width = excluded.width, height = excluded.height,"
            " byte_size = excluded.byte_size, checksum = excluded.checksum, etag = excluded.etag,"
            " metadata = excluded.metadata, arrival = CASE WHEN projects_image.state = 'ok' THEN projects_image.arrival"
            " ELSE excluded.arrival END",
            [dataset.organisation_id, dataset.workspace_id, dataset.pk, arrivals.draw(dataset)],
        )
        return int(cursor.rowcount)


def _row(found: Found) -> tuple[Any, ...]:
    name = found.name or found.key.rpartition("/")[2]
    return (
        new_code(),
        found.key,
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


def _mark_missing(dataset: Dataset, after: str, upto: str | None, present: Sequence[str]) -> None:
    """Marks the images between two keys that the listing did not have. Their labels stay; nothing is deleted.

    The ranges of a run's pages lie side by side, so every image is asked about once, with no mark on those present.
    """
    between = Q(key__gt=after) if upto is None else Q(key__gt=after, key__lte=upto)
    rows = Image.objects.filter(between, dataset=dataset).exclude(state=Image.State.MISSING)
    if present:
        rows = rows.exclude(key__in=present)
    rows.update(state=Image.State.MISSING, reason="The file is no longer at its source.")


@contextmanager
def _settling(dataset: Dataset, job: jobs.Running) -> Iterator[None]:
    """Leaves the dataset in a state that says how the run ended, when it will not go on by itself."""
    try:
        yield
    except jobs.Cancelled:
        _settle(dataset)
        raise
    except DomainError as error:
        _fail(dataset, job, error.detail, is_last=getattr(error, "code", "") != "store_unreachable")
        raise
    except Exception:
        _fail(dataset, job, "Reading stopped at an unexpected error. What was read is kept; try again.", is_last=False)
        raise


def _fail(dataset: Dataset, job: jobs.Running, words: str, *, is_last: bool) -> None:
    if is_last or job.job.attempt >= job.job.max_attempts:
        _settle(dataset)
        Dataset.objects.filter(pk=dataset.pk).update(state=Dataset.State.FAILED, error=words[:500])


def _settle(dataset: Dataset) -> None:
    """Counts what the dataset holds now."""
    counts = Image.objects.filter(dataset=dataset).aggregate(
        images=Count("pk"), unreadable=Count("pk", filter=Q(state=Image.State.UNREADABLE)), size=Sum("byte_size")
    )
    is_empty = counts["images"] == 0
    Dataset.objects.filter(pk=dataset.pk).update(
        state=Dataset.State.EMPTY if is_empty else Dataset.State.READY,
        error="No image in the store matches the pattern." if is_empty else "",
        image_count=counts["images"],
        unreadable_count=counts["unreadable"],
        byte_size=counts["size"] or 0,
        refreshed_at=timezone.now(),
    )
