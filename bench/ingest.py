"""Ingest: rows into the database when headers are known, and files per second from disk and from Azurite."""

import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import psutil

from bench import measure

ROWS, PAGE, REPEATS = 100_000, 1_000, 3
FILES = 400
PORT = 10_817


def main() -> None:
    """`make bench NAME=ingest`; ARGS=folder reads the images of a folder instead of rendered ones."""
    os.environ["STORAGE_HOSTS"] = f"http://127.0.0.1:{PORT}"
    measure.prepare()
    from projects import tenancy

    with tenancy.system_access("bench"), tempfile.TemporaryDirectory() as made:
        known_headers()
        folder = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else rendered(Path(made))
        from_disk(folder)
        from_azurite(folder)


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


def rendered(folder: Path) -> Path:
    """Photographic-looking JPEGs of 1280 × 960, forty different ones."""
    from projects.scenes import encode, render_scene

    scenes = [encode(render_scene(seed, 1280, 960).image) for seed in range(40)]
    for number in range(FILES):
        (folder / f"{number:05}.jpg").write_bytes(scenes[number % 40])
    return folder


def from_disk(folder: Path) -> None:
    """A first run over a folder: every file read whole, hashed and decoded once."""
    from django.conf import settings

    from projects import datastores
    from tests import factories

    settings.LOCAL_STORE_ROOTS = [folder]
    connection = datastores.Connection("local", {"path": str(folder)})
    for case, limit in (("whole files", settings.CHECKSUM_FILE_LIMIT), ("headers alone", 0)):
        settings.CHECKSUM_FILE_LIMIT = limit
        rates = [rate(factories.DatastoreFactory(location=dict(connection.location))) for _ in range(REPEATS)]
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


def from_azurite(folder: Path) -> None:
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
            for case, limit in (("whole files", 4 * 2**20), ("headers alone", 0)):
                settings.CHECKSUM_FILE_LIMIT = limit
                rates = [rate(store) for _ in range(REPEATS)]
                measure.report("ingest", f"images from Azurite, {case}", rates, unit="images/s", at_least=20)
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
