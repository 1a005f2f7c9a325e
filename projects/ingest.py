"""Ingest: reads what a dataset's pattern finds in its store into rows of images.

The listing comes in pages, and a page is one transaction: headers are read in parallel, rows copied in bulk, and the
place to go on is saved with them. So it may die at any line and be run again; memory holds one page, however large the
store is. A bad file is a row in error and never the end of the run.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from django.db.models import Count, Q, Sum
from django.utils import timezone

from projects import datasets, datastores, jobs, listing, reading, tiling
from projects.errors import BadInput, DomainError
from projects.models import Dataset, Image, Job
from projects.stores.base import Entry, ObjectStore, Page

READ = "datasets.read-files"
REPORTED = 20
"""Files between two reports of progress, which are also where a cancelled run stops."""
SHARD = 50
"""Files in a shard: few enough that finding one bad file among them takes minutes."""


class FilesLeft(BadInput):
    """Some files could not be read now, for reasons that lie outside of them."""

    code = "files_left"


@dataclass(slots=True)
class Place:
    """Where a run is: the listing's cursor, the largest key and shard so far, and what was found up to there."""

    cursor: str = ""
    last_key: str = ""
    last_shard: int = 0
    listed: int = 0
    read: int = 0
    unreadable: int = 0
    ignored: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A page of the listing as it concerns a dataset: its files, and those of them that are new or changed."""

    cursor: str
    upto: str
    ignored: int
    files: list[Entry]
    new: list[Entry]


def run(dataset: Dataset, job: jobs.Running) -> dict[str, int]:
    """Brings the images of a dataset up to date with its store; says what was listed, read and not readable.

    Files are read here, by threads. If an attempt ended untimely, one of them may have killed the process: from there on
    they are read in shards, of which the jobs package halves those that do it again until the bad file stands alone.
    """
    with _settling(dataset, job):
        place = Place(**(job.cursor or {}))
        store = datastores.for_datastore(dataset.datastore)
        wanted = listing.pattern(dataset.pattern)
        with reading.readers() as pool:
            for page in store.pages(wanted.prefix, place.cursor):
                part = _part(dataset, page, wanted)
                if job.job.attempt > 1:
                    _take_in_shards(dataset, part, place, job)
                else:
                    _take(dataset, store, part, place, job, pool)
        return _finish(dataset, place, job)


def _part(dataset: Dataset, page: Page, wanted: listing.Pattern) -> Part:
    kinds = {entry.key: listing.kind_of(entry.key, wanted) for entry in page.entries}
    files = [entry for entry in page.entries if kinds[entry.key] is not listing.Kind.OTHER]
    known = reading.known(dataset, [entry.key for entry in files])
    new = [entry for entry in files if known.get(entry.key) != (entry.etag, entry.size)]
    upto = max((entry.key for entry in page.entries), default="")
    return Part(page.cursor, upto, len(page.entries) - len(files), files, new)


def _take(
    dataset: Dataset, store: ObjectStore, part: Part, place: Place, job: jobs.Running, pool: ThreadPoolExecutor
) -> None:
    """Reads what is new or changed of a page, and writes it with the place behind it."""
    found: list[reading.Found] = []
    gone: set[str] = set()
    for entry, result in zip(part.new, pool.map(lambda entry: reading.read(store, entry), part.new), strict=True):
        if result is None:
            gone.add(entry.key)
            continue
        found.append(result)
        place.unreadable += result.state == Image.State.UNREADABLE
        if len(found) % REPORTED == 0:
            job.progress(place.listed + len(found), note=_words(place))
    place.read += len(found)
    with job.effects():
        if found:
            reading.write(dataset, found)
        _pass(dataset, part, place, gone)
        job.checkpoint(asdict(place))
    job.progress(place.listed, note=_words(place))


def _take_in_shards(dataset: Dataset, part: Part, place: Place, job: jobs.Running) -> None:
    """Has a page read by shards. Raises Waiting until they have ended; then the run comes back to this page."""
    own = job.shards.filter(pk__gt=place.last_shard)
    if part.new and not own.exists():
        files = [(entry.key, entry.size, entry.etag) for entry in part.new]
        job.spawn(
            [
                {"dataset_id": dataset.pk, "files": files[start : start + SHARD]}
                for start in range(0, len(files), SHARD)
            ],
            kind=READ,
            more=True,
        )
    job.wait_for_shards()
    with job.effects():
        place.last_shard = max([place.last_shard, *own.values_list("pk", flat=True)])
        _pass(dataset, part, place, set())
        job.checkpoint(asdict(place))


def _pass(dataset: Dataset, part: Part, place: Place, gone: set[str]) -> None:
    """Moves the place behind a page, in the caller's transaction."""
    upto = max(place.last_key, part.upto)
    _mark_missing(dataset, place.last_key, upto, [entry.key for entry in part.files if entry.key not in gone])
    place.cursor, place.last_key = part.cursor, upto
    place.listed += len(part.files)
    place.ignored += part.ignored


def _finish(dataset: Dataset, place: Place, job: jobs.Running) -> dict[str, int]:
    """Ends a run that has listed everything; what shards have read counts, also when a person tried them again."""
    job.wait_for_shards()
    left, reason = 0, ""
    shards = job.shards.values_list("state", "arguments", "result", "error_detail")
    for state, arguments, result, detail in shards.iterator():
        if state == Job.State.SUCCEEDED and result:
            place.read += result["read"]
            place.unreadable += result["unreadable"]
        else:
            left, reason = left + len(arguments["files"]), detail or reason
    with job.effects():
        _mark_missing(dataset, place.last_key, None, [])
        _settle(dataset)
        tiling.request_all(dataset)
    if left:
        raise FilesLeft(f"{left:,} files could not be read now. {reason} Try the job again.")
    return {"listed": place.listed, "read": place.read, "unreadable": place.unreadable, "ignored": place.ignored}


def _words(place: Place) -> str:
    unreadable = f"{place.unreadable:,} unreadable" if place.unreadable else ""
    ignored = f"{place.ignored:,} other files left out" if place.ignored else ""
    return ", ".join(part for part in (unreadable, ignored) if part)


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
    """Leaves the dataset in a state that says how the run ended, when it will not go on by itself.

    What nobody expected is the job's to record; `settle_abandoned` tells the dataset when its attempts are used up.
    """
    try:
        yield
    except jobs.Cancelled:
        _settle(dataset)
        raise
    except DomainError as error:
        _fail(dataset, job, error.detail, is_last=getattr(error, "code", "") != "store_unreachable")
        raise


def _fail(dataset: Dataset, job: jobs.Running, words: str, *, is_last: bool) -> None:
    if is_last or job.job.attempt >= job.job.max_attempts:
        _settle(dataset)
        Dataset.objects.filter(pk=dataset.pk).update(state=Dataset.State.FAILED, error=words[:500])


def _settle(dataset: Dataset) -> None:
    """Counts what the dataset holds now."""
    counts = Image.objects.filter(dataset=dataset).aggregate(
        images=Count("pk"),
        unreadable=Count("pk", filter=Q(state=Image.State.UNREADABLE)),
        dicom=Count("pk", filter=Q(format="dicom")),
        size=Sum("byte_size", filter=Q(frame__lte=1)),
    )
    is_empty = counts["images"] == 0
    Dataset.objects.filter(pk=dataset.pk).update(
        state=Dataset.State.EMPTY if is_empty else Dataset.State.READY,
        error="No image in the store matches the pattern." if is_empty else "",
        image_count=counts["images"],
        unreadable_count=counts["unreadable"],
        dicom_count=counts["dicom"],
        byte_size=counts["size"] or 0,
        refreshed_at=timezone.now(),
    )


def settle_abandoned() -> None:
    """Settles datasets whose run ended without their hearing of it: cancelled while it waited, or its worker lost."""
    for dataset in Dataset.objects.filter(state=Dataset.State.INGESTING).iterator(chunk_size=200):
        job = datasets.latest_job(dataset)
        if job is not None and not job.has_ended:
            continue
        _settle(dataset)
        if job is not None and job.state == Job.State.FAILED:
            words = "Reading stopped before its end. What was read is kept; try again."
            Dataset.objects.filter(pk=dataset.pk).update(state=Dataset.State.FAILED, error=words)
