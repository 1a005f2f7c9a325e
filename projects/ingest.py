"""Ingest: reads what a dataset's pattern finds in its store, or its list names there, into rows of images.

The listing comes in pages, and a page is one transaction: headers are read in parallel, rows copied in bulk, and the
place to go on is saved with them. So it may die at any line and be run again; memory holds one page, however large the
store is. A bad file is a row in error and never the end of the run.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from django.db.models import Count, Q, Sum
from django.utils import timezone

from projects import datasets, datastores, jobs, listed, listing, reading, tiling
from projects.errors import BadInput, DomainError
from projects.models import Dataset, Image, Job
from projects.stores.base import Entry, ObjectStore, Page

READ = "datasets.read-files"
REPORTED = 20
"""Files between two reports of progress, which are also where a cancelled run stops."""
MANY = 500
"""New files in a page from which on shards read them."""
LARGE_SHARD = 250
SHARD = 50
"""Files in a shard, where one of them may be bad: few enough that finding it takes minutes."""
MOST_AHEAD = 64
"""Unfinished shards of a run, which lists no further until they have ended."""
COUNTING_SECONDS = 60
"""How long a first run counts files at most, before it reads them."""


class FilesLeft(BadInput):
    """Some files could not be read now, for reasons that lie outside of them."""

    code = "files_left"


@dataclass(slots=True)
class Place:
    """Where a run is: the listing's cursor, the largest key so far, and what was found up to there."""

    cursor: str = ""
    last_key: str = ""
    total: int = 0
    """How many files there will be, as far as that was counted; 0 where it is not known."""
    is_shared: bool = False
    """Whether files are read by shards, on any number of workers."""
    listed: int = 0
    read: int = 0
    unreadable: int = 0
    ignored: int = 0
    missing: int = 0
    """Files that a list names and the store lacks."""


@dataclass(frozen=True, slots=True)
class Part:
    """A page of the listing as it concerns a dataset: its files, and those of them that are new or changed.

    `absent` are keys that a list names without their files being there.
    """

    cursor: str
    upto: str
    ignored: int
    files: list[Entry]
    new: list[Entry]
    absent: list[str] = field(default_factory=list)


def run(dataset: Dataset, job: jobs.Running) -> dict[str, int]:
    """Brings the images of a dataset up to date with its store; says what was listed, read and not readable.

    A few files are read here, by threads. From the first page on that has many, shards read them on all workers: the run
    lists on, some way ahead of them. So it goes, too, if an attempt ended untimely, as one file may have killed the
    process: then in small shards, of which the jobs package halves those that do it again until the bad file stands alone.
    """
    with _settling(dataset, job):
        place = Place(**(job.cursor or {}))
        store = datastores.for_datastore(dataset.datastore)
        place.total = place.total or _total(dataset, store, job)
        with reading.readers() as pool:
            for part in _parts(dataset, store, place.cursor, pool):
                place.is_shared = place.is_shared or job.job.attempt > 1 or len(part.new) >= MANY
                if place.is_shared:
                    _share(dataset, part, place, job)
                else:
                    _take(dataset, store, part, place, job, pool)
        return _finish(dataset, place, job)


def _total(dataset: Dataset, store: ObjectStore, job: jobs.Running) -> int:
    """How many files there will be, as far as that is known."""
    if dataset.source == Dataset.Source.LIST:
        return listed.count(dataset.list_key)
    return dataset.image_count or _count(store, listing.pattern(dataset.pattern), job)


def _count(store: ObjectStore, wanted: listing.Pattern, job: jobs.Running) -> int:
    """How many files a first run will find, for people who wait; 0 where listing them all takes too long to be worth it."""
    count, until = 0, time.monotonic() + COUNTING_SECONDS
    for page in store.pages(wanted.prefix):
        count += sum(listing.kind_of(entry.key, wanted) is not listing.Kind.OTHER for entry in page.entries)
        job.progress(0, note=f"{count:,} files found so far")
        if time.monotonic() > until:
            return 0
    return count


def _parts(dataset: Dataset, store: ObjectStore, cursor: str, pool: ThreadPoolExecutor) -> Iterator[Part]:
    """The pages behind a cursor: of the store's listing, or of the dataset's own list."""
    if dataset.source == Dataset.Source.LIST:
        for named in listed.pages(store, dataset.list_key, cursor, pool):
            new = _new(dataset, named.entries)
            yield Part(named.cursor, named.upto, 0, named.entries, new, named.absent)
        return
    wanted = listing.pattern(dataset.pattern)
    for page in store.pages(wanted.prefix, cursor):
        yield _part(dataset, page, wanted)


def _part(dataset: Dataset, page: Page, wanted: listing.Pattern) -> Part:
    kinds = {entry.key: listing.kind_of(entry.key, wanted) for entry in page.entries}
    files = [entry for entry in page.entries if kinds[entry.key] is not listing.Kind.OTHER]
    upto = max((entry.key for entry in page.entries), default="")
    return Part(page.cursor, upto, len(page.entries) - len(files), files, _new(dataset, files))


def _new(dataset: Dataset, files: Sequence[Entry]) -> list[Entry]:
    known = reading.known(dataset, [entry.key for entry in files])
    return [entry for entry in files if known.get(entry.key) != (entry.etag, entry.size)]


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
            job.progress(place.listed + len(found), place.total or None, note=_words(place))
    place.read += len(found)
    with job.effects():
        if found:
            reading.write(dataset, found)
        _pass(dataset, part, place, gone)
        job.checkpoint(asdict(place))
    job.progress(place.listed, max(place.total, place.listed) if place.total else None, note=_words(place))


def _share(dataset: Dataset, part: Part, place: Place, job: jobs.Running) -> None:
    """Leaves a page to shards, and moves behind it. Raises Waiting while too many are unfinished."""
    size = SHARD if job.job.attempt > 1 else LARGE_SHARD
    files = [(entry.key, entry.size, entry.etag) for entry in part.new]
    with job.effects():
        _pass(dataset, part, place, set())
        job.spawn(
            [{"dataset_id": dataset.pk, "files": files[start : start + size]} for start in range(0, len(files), size)],
            kind=READ,
            more=True,
            done=len(part.files) + len(part.absent) - len(files),
            total=max(place.total, place.listed),
        )
        job.checkpoint(asdict(place))
    if job.shards.filter(state__in=(Job.State.QUEUED, Job.State.RUNNING)).count() >= MOST_AHEAD:
        job.wait_for_shards()


def _pass(dataset: Dataset, part: Part, place: Place, gone: set[str]) -> None:
    """Moves the place behind a page, in the caller's transaction."""
    if dataset.source == Dataset.Source.LIST:
        absent = [*part.absent, *gone]
        listed.note_absent(dataset, absent)
        place.missing += len(absent)
    upto = max(place.last_key, part.upto)
    _mark_missing(dataset, place.last_key, upto, [entry.key for entry in part.files if entry.key not in gone])
    place.cursor, place.last_key = part.cursor, upto
    place.listed += len(part.files) + len(part.absent)
    place.ignored += part.ignored


def _finish(dataset: Dataset, place: Place, job: jobs.Running) -> dict[str, int]:
    """Ends a run that has listed everything; what shards have read counts, also when a person tried them again."""
    job.wait_for_shards()
    left, reason = 0, ""
    for state, weight, result, detail in job.shards.values_list("state", "weight", "result", "error_detail").iterator():
        if state == Job.State.SUCCEEDED and result:
            place.read += result["read"]
            place.unreadable += result["unreadable"]
        else:
            left, reason = left + weight, detail or reason
    with job.effects():
        _mark_missing(dataset, place.last_key, None, [])
        _settle(dataset)
        tiling.request_all(dataset)
    if left:
        raise FilesLeft(f"{left:,} files could not be read now. {reason} Try the job again.")
    counts = {"listed": place.listed, "read": place.read, "unreadable": place.unreadable, "ignored": place.ignored}
    return counts | ({"missing": place.missing} if dataset.source == Dataset.Source.LIST else {})


def _words(place: Place) -> str:
    unreadable = f"{place.unreadable:,} unreadable" if place.unreadable else ""
    ignored = f"{place.ignored:,} other files left out" if place.ignored else ""
    missing = f"{place.missing:,} not in the store" if place.missing else ""
    return ", ".join(part for part in (unreadable, missing, ignored) if part)


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
        missing=Count("pk", filter=Q(state=Image.State.MISSING)),
        size=Sum("byte_size", filter=Q(frame__lte=1)),
    )
    is_empty = counts["images"] == 0
    error = "No image in the store matches the pattern." if is_empty else ""
    if dataset.source == Dataset.Source.LIST and counts["missing"]:
        error = f"{counts['missing']:,} of the {counts['images']:,} listed images are not in the store."
    Dataset.objects.filter(pk=dataset.pk).update(
        state=Dataset.State.EMPTY if is_empty else Dataset.State.READY,
        error=error,
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
