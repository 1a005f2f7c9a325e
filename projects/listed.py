"""Datasets whose files a list names: the list's keys, sorted, and the pages in which ingest takes them.

The keys lie in the installation's store as one text, a key a line, in the order of their bytes. A cursor is a place in this
text, so memory holds a page of keys however long the list is. Files may lie anywhere in the dataset's store, so each is
asked for by itself; what is not there is an item in error with its reason.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import IO

from projects import datastores, image_header, listing, reading
from projects.models import Dataset, Image
from projects.stores.base import Entry, ObjectMissing, ObjectStore, is_odd

PAGE_BYTES = 64 * 1024
"""Of keys in a page: about a thousand of them, and never less than one whole."""
ABSENT = "The list names this file, but it is not in the store."


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A part of a list: the files that are there, the keys of those that are not, and where the next part begins."""

    cursor: str
    upto: str
    entries: list[Entry]
    absent: list[str]


def problem(key: str) -> str:
    """Why a key can be no item, as the end of a sentence; empty where it can be."""
    if not key or key.startswith("/") or is_odd(key):
        return "this is no path within a store"
    if len(key) > listing.LONGEST_KEY:
        return f"a path has at most {listing.LONGEST_KEY:,} characters"
    return "" if image_header.supported(key) else "its name does not end as those of images do"


def keep(list_key: str, keys: IO[bytes]) -> None:
    """Keeps sorted keys, a line each; another `list_key` for each text, as readers go by place."""
    _store().put(list_key, keys)


def forget(folder: str) -> None:
    """Removes all key lists below a folder."""
    store = _store()
    for page in store.pages(f"{folder}/"):
        for entry in page.entries:
            store.delete(entry.key)


def count(list_key: str) -> int:
    """How many keys there are."""
    return sum(piece.count(b"\n") for piece in _store().stream(list_key))


def pages(store: ObjectStore, list_key: str, after: str, pool: ThreadPoolExecutor) -> Iterator[ListedPage]:
    """Looks for the listed files in the dataset's store, behind the cursor `after`."""
    lists, start = _store(), int(after or 0)
    while text := lists.read(list_key, start, PAGE_BYTES):
        text = text[: text.rfind(b"\n") + 1]
        start += len(text)
        keys = text.decode().split("\n")[:-1]
        entries = list(pool.map(partial(_found, store), keys))
        absent = [key for key, entry in zip(keys, entries, strict=True) if entry is None]
        yield ListedPage(str(start), keys[-1], [entry for entry in entries if entry is not None], absent)


def _found(store: ObjectStore, key: str) -> Entry | None:
    try:
        return store.head(key)
    except ObjectMissing:
        return None


def note_absent(dataset: Dataset, keys: Sequence[str]) -> None:
    """Makes items in error of listed files that are not there and never were; in the caller's transaction."""
    known = set(Image.objects.filter(dataset=dataset, key__in=keys).values_list("key", flat=True))
    unknown = [key for key in keys if key not in known]
    if unknown:
        reading.write(dataset, [reading.Found(key, Image.State.MISSING, 0, reason=ABSENT) for key in unknown])


def _store() -> ObjectStore:
    return datastores.installation_store("lists")
