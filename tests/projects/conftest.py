import os
import shutil
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from azure.storage.blob import ContainerClient
from PIL import Image
from werkzeug.serving import make_server

from projects import credentials
from projects.models import Datastore
from tests import factories

ROOT = Path(__file__).resolve().parents[2]
# Azurite's own published account: it opens nothing but an emulator.
AZURITE_ACCOUNT = "devstoreaccount1"
AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Emulator:
    """An emulated store: `origin` without a path, as STORAGE_HOSTS wants it, and the whole `endpoint`."""

    origin: str
    endpoint: str


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Azure Blob Storage, emulated by Microsoft's Azurite."""
    port = free_port()
    program = ROOT / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    node = shutil.which("node")
    assert node, "Azurite needs Node, which `make install` needs too."
    folder = tmp_path_factory.mktemp("azurite")
    process = subprocess.Popen(
        [
            node,
            program,
            "--blobHost",
            "127.0.0.1",
            "--blobPort",
            str(port),
            "--silent",
            "--skipApiVersionCheck",
            "--disableTelemetry",
        ],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "NODE_OPTIONS": ""},
    )
    try:
        await_port(port)
        origin = f"http://127.0.0.1:{port}"
        yield Emulator(origin, f"{origin}/{AZURITE_ACCOUNT}")
    finally:
        process.terminate()
        process.wait(10)


def await_port(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            httpx.get(f"http://127.0.0.1:{port}/")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"Nothing answers on port {port}.")


@dataclass
class Container:
    """A fresh container of Azurite: `client` for arranging, `location` and `secrets` for a datastore."""

    client: ContainerClient
    location: dict[str, str]
    secrets: dict[str, str]

    def datastore(self, **values: object) -> Datastore:
        location = {**self.location, "prefix": str(values.pop("prefix", ""))}
        return factories.DatastoreFactory(
            kind="azure", location=location, credentials=credentials.encrypt(self.secrets), **values
        )


@pytest.fixture
def container(azurite: Emulator, settings: object) -> Container:
    settings.STORAGE_HOSTS = [azurite.origin]
    client = ContainerClient(
        azurite.endpoint,
        f"t{uuid.uuid4().hex}",
        credential={"account_name": AZURITE_ACCOUNT, "account_key": AZURITE_KEY},
    )
    client.create_container()
    location = {"account": AZURITE_ACCOUNT, "container": client.container_name, "endpoint": azurite.endpoint}
    return Container(client, location, {"account_key": AZURITE_KEY})


@pytest.fixture(scope="session")
def s3_emulator() -> Iterator[Emulator]:
    """S3, emulated by moto in a thread of this process."""
    from moto.server import DomainDispatcherApplication, create_backend_app

    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    origin = f"http://127.0.0.1:{server.server_port}"
    yield Emulator(origin, origin)
    server.shutdown()
    thread.join(10)


@pytest.fixture
def photo() -> Callable[..., bytes]:
    """Makes an image file that differs by `seed`."""

    def make(seed: int = 0, *, size: tuple[int, int] = (64, 48), kind: str = "JPEG", **options: object) -> bytes:
        import io

        image = Image.effect_noise(size, 40 + seed).convert("RGB")
        image.putpixel((0, 0), (seed % 256, seed // 256 % 256, 7))
        out = io.BytesIO()
        image.save(out, kind, **options)
        return out.getvalue()

    return make


@pytest.fixture
def folder(tmp_path: Path, settings: object) -> Path:
    """A folder that local datastores may read."""
    root = tmp_path / "roots" / "photos"
    root.mkdir(parents=True)
    settings.LOCAL_STORE_ROOTS = [(tmp_path / "roots").resolve()]
    return root


@pytest.fixture
def own_store(tmp_path: Path, settings: object) -> Path:
    """The installation's own store, in a folder of this test."""
    path = tmp_path / "own"
    settings.STORAGE_URL = f"file://{path}"
    return path
