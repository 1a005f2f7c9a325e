"""Ingest: rows into the database when headers are known, and files per second from disk and from Azurite.

Whole runs are made by real workers, one and two processes of them, on as many files as `FILES`; how many objects of a store
are listed a second is measured on their names alone. Clients, Azurite, PostgreSQL and workers share this machine's cores.

    make bench NAME=ingest                          400 files a run in this process, 2,000 by workers
    make bench NAME=ingest ARGS='20000'             so many by workers
    make bench NAME=ingest ARGS='20000 /folder'     the images of a folder instead of rendered ones
"""

import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from bench import measure

ROWS, PAGE, REPEATS = 100_000, 1_000, 3
FILES = 400
BY_WORKERS = 2_000
PORT = 10_817


def main() -> None:
    """Everything, once."""
    with tempfile.TemporaryDirectory() as made:
        numbers = [int(word) for word in sys.argv[1:] if word.isdecimal()]
        folders = [Path(word).resolve() for word in sys.argv[1:] if not word.isdecimal()]
        # Before Django reads its settings; the workers read the same.
        os.environ["STORAGE_HOSTS"] = f"http://127.0.0.1:{PORT}"
        os.environ["LOCAL_STORE_ROOTS"] = ":".join(map(str, [Path(made).resolve(), *folders]))
        measure.prepare()
        from projects import tenancy

        with tenancy.system_access("bench"):
            known_headers()
            folder = folders[0] if folders else rendered(Path(made) / "few", FILES)
            many = folders[0] if folders else rendered(Path(made) / "many", numbers[0] if numbers else BY_WORKERS)
            from_disk(folder)
            by_workers("disk", local_store(many), many)
            from_azurite(folder, many)


def known_headers() -> None:
    """100,000 new rows in pages of 1,000, each page one transaction, as a run over a store writes them."""
    from tests import factories

    rates, grown = [], []
    for _ in range(REPEATS):
        dataset = factories.DatasetFactory()
        before = memory()
        start = time.perf_counter()
        for page in range(ROWS // PAGE):
            write_page(dataset, page)
        rates.append(ROWS / (time.perf_counter() - start))
        grown.append(max(0, memory() - before) / 2**20)
    measure.report("ingest", "rows with known headers", rates, unit="rows/s", at_least=20_000)
    measure.report("ingest", "memory grown by 100,000 rows", grown, unit="MiB", at_most=50)


def write_page(dataset: Any, page: int) -> None:
    from django.db import transaction

    from projects import reading

    found = [
        reading.Found(
            key=f"photos/{page:04}/{number:06}.jpg",
            state="ok",
            byte_size=200_000,
            etag=f"{page:08x}{number:08x}",
            format="jpeg",
            width=1920,
            height=1080,
            checksum=f"{page * PAGE + number:064x}",
        )
        for number in range(PAGE)
    ]
    with transaction.atomic():
        reading.write(dataset, found)


def memory() -> int:
    """Resident bytes of this process."""
    return int(psutil.Process().memory_info().rss)


def rendered(folder: Path, files: int) -> Path:
    """Photographic-looking JPEGs of 1280 × 960, forty different ones."""
    from projects.scenes import encode, render_scene

    folder.mkdir()
    scenes = [encode(render_scene(seed, 1280, 960).image) for seed in range(40)]
    for number in range(files):
        (folder / f"{number:07}.jpg").write_bytes(scenes[number % 40])
    return folder


LIMITS = {"whole files": 4 * 2**20, "headers alone": 0}
"""CHECKSUM_FILE_LIMIT, by what it has a run read of each file."""


def local_store(folder: Path) -> Any:
    """A datastore on a folder of this machine."""
    from tests import factories

    return factories.DatastoreFactory(location={"path": str(folder)})


def from_disk(folder: Path) -> None:
    """A first run over a folder: every file read whole, hashed and decoded once, or its header alone."""
    from django.conf import settings

    for case, limit in LIMITS.items():
        settings.CHECKSUM_FILE_LIMIT = limit
        rates = [rate(local_store(folder)) for _ in range(REPEATS)]
        measure.report("ingest", f"images from disk, {case}", rates, unit="images/s", at_least=20)


def rate(store: Any) -> float:
    """Images per second of one run into a new dataset of the store."""
    from projects import datasets, jobs
    from tests import factories

    dataset = factories.DatasetFactory(datastore=store, workspace=store.workspace, state="empty")
    datasets.refresh(actor=factories.UserFactory(email=f"{uuid.uuid4().hex}@example.com"), dataset=dataset)
    start = time.perf_counter()
    jobs.run_due()
    seconds = time.perf_counter() - start
    dataset.refresh_from_db()
    assert dataset.state == "ready", dataset.error
    return dataset.image_count / seconds


@contextmanager
def workers(number: int, limit: int) -> Iterator[None]:
    """So many worker processes over the queues of ingest, four threads each as in production."""
    command = [sys.executable, "-m", "dramatiq", "config.worker", "--processes", "1", "--threads", "4"]
    environment = os.environ | {"CHECKSUM_FILE_LIMIT": str(limit), "LOG_LEVEL": "ERROR"}
    running = [
        subprocess.Popen(
            [*command, "--queues", "io", "bulk"], cwd=measure.CHECKOUT, env=environment, stderr=subprocess.DEVNULL
        )
        for _ in range(number)
    ]
    try:
        time.sleep(5)  # until they listen
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


def by_workers(place: str, store: Any, folder: Path) -> None:
    """The same runs by one and by two workers, with what one adds to the other; rows are written as they are read."""
    files = sum(1 for _ in folder.iterdir())
    for case, limit in LIMITS.items():
        rates = {}
        for number in (1, 2):
            with workers(number, limit):
                rates[number] = [rate_by_workers(store) for _ in range(REPEATS)]
            words = f"images from {place}, {case}, {number} worker{'s' if number > 1 else ''}, {files:,} files"
            measure.report("ingest", words, rates[number], unit="images/s", at_least=20)
        gains = [two / one for one, two in zip(rates[1], rates[2], strict=True)]
        measure.report("ingest", f"images from {place}, {case}, 2 workers ÷ 1", gains, unit="×")


def rate_by_workers(store: Any) -> float:
    """Images per second of one run by the workers that listen, from asking to the end of the job."""
    from projects import datasets
    from tests import factories

    dataset = factories.DatasetFactory(datastore=store, workspace=store.workspace, state="empty")
    person = factories.UserFactory(email=f"{uuid.uuid4().hex}@example.com")
    start = time.perf_counter()
    job = datasets.refresh(actor=person, dataset=dataset)
    while not job.has_ended:
        time.sleep(0.05)
        job.refresh_from_db(fields=["state", "error_detail"])
    seconds = time.perf_counter() - start
    dataset.refresh_from_db()
    assert job.state == "succeeded", job.error_detail
    return dataset.image_count / seconds


def listing_rate(place: str, store: Any) -> None:
    """Objects listed per second, names, sizes and etags: what a run costs where nothing is new."""
    from projects import datastores

    opened = datastores.for_datastore(store)
    rates = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        listed = sum(len(page.entries) for page in opened.pages())
        rates.append(listed / (time.perf_counter() - start))
    measure.report("ingest", f"objects listed from {place}", rates, unit="objects/s")


def from_azurite(folder: Path, many: Path) -> None:
    """The same from an emulated Azure container."""
    from django.conf import settings

    program = measure.CHECKOUT / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    node = shutil.which("node")
    assert node
    with tempfile.TemporaryDirectory() as place:
        words = [node, str(program), "--blobPort", str(PORT), "--silent", "--skipApiVersionCheck", "--disableTelemetry"]
        azurite = subprocess.Popen(words, cwd=place, stdout=subprocess.DEVNULL)
        try:
            store = filled(folder)
            for case, limit in LIMITS.items():
                settings.CHECKSUM_FILE_LIMIT = limit
                rates = [rate(store) for _ in range(REPEATS)]
                measure.report("ingest", f"images from Azurite, {case}", rates, unit="images/s", at_least=20)
            large = filled(many)
            listing_rate("Azurite", large)
            by_workers("Azurite", large, many)
        finally:
            azurite.terminate()
            azurite.wait()


def filled(folder: Path) -> Any:
    """A datastore on a new container that holds the folder's files."""
    from azure.storage.blob import ContainerClient

    from projects import credentials, datastores
    from tests import factories
    from tests.projects.conftest import AZURITE_ACCOUNT, AZURITE_KEY, await_port

    await_port(PORT)
    endpoint = f"http://127.0.0.1:{PORT}/{AZURITE_ACCOUNT}"
    account = {"account_name": AZURITE_ACCOUNT, "account_key": AZURITE_KEY}
    name = f"b{uuid.uuid4().hex}"
    ContainerClient(endpoint, name, credential=account).create_container()
    location = {"account": AZURITE_ACCOUNT, "container": name, "endpoint": endpoint}
    secrets = {"account_key": AZURITE_KEY}
    store = datastores.opened(datastores.Connection("azure", location, secrets))
    for path in sorted(folder.iterdir()):
        store.put(path.name, io.BytesIO(path.read_bytes()))
    return factories.DatastoreFactory(kind="azure", location=location, credentials=credentials.encrypt(secrets))


if __name__ == "__main__":
    main()
