import io
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image as Pillow

from projects import decoding, image_header, thumbnails
from projects.models import Image
from tests import factories
from tests.conftest import Cast
from tests.projects.conftest import Container
from tests.projects.test_ingest import bomb

pytestmark = pytest.mark.xdist_group("emulators")
Photo = Callable[..., bytes]


@pytest.fixture
def image(cast: Cast, folder: Path, own_store: Path, photo: Photo) -> Image:
    (folder / "a.jpg").write_bytes(photo(1, size=(900, 600)))
    store = factories.DatastoreFactory(workspace=cast.workspace, location={"path": str(folder)})
    dataset = factories.DatasetFactory(workspace=cast.workspace, datastore=store)
    return factories.ImageFactory(dataset=dataset, key="a.jpg", width=900, height=600, checksum="1" * 64)


def test_thumbnail_is_made_once_and_kept(image: Image, own_store: Path, folder: Path) -> None:
    first = thumbnails.get(image, "thumbnail")
    with Pillow.open(io.BytesIO(first)) as small:
        assert (small.format, small.size) == ("JPEG", (512, 341))
    (folder / "a.jpg").unlink()
    assert thumbnails.get(image, "thumbnail") == first
    kept = [str(path.relative_to(own_store)) for path in own_store.rglob("*") if path.is_file()]
    assert kept == [thumbnails.key(image, "thumbnail")]
    assert "a.jpg" not in kept[0]


def test_changed_bytes_get_another_thumbnail(image: Image) -> None:
    before = thumbnails.key(image, "thumbnail")
    image.etag = "changed"
    assert thumbnails.key(image, "thumbnail") != before


def test_thumbnail_of_a_remote_file(container: Container, cast: Cast, own_store: Path, photo: Photo) -> None:
    container.client.upload_blob("b.png", photo(2, kind="PNG"))
    dataset = factories.DatasetFactory(
        workspace=cast.workspace, datastore=container.datastore(workspace=cast.workspace)
    )
    image = factories.ImageFactory(dataset=dataset, key="b.png")
    with Pillow.open(io.BytesIO(thumbnails.get(image, "thumbnail"))) as small:
        assert small.size == (64, 48)


def test_proxy_keeps_the_size(image: Image, folder: Path, photo: Photo) -> None:
    (folder / "a.jpg").write_bytes(photo(1, size=(900, 600), kind="TIFF"))
    with Pillow.open(io.BytesIO(thumbnails.get(image, "proxy"))) as whole:
        assert (whole.format, whole.size) == ("JPEG", (900, 600))


def test_bombs_and_damage_are_refused_by_the_child(tmp_path: Path, photo: Photo) -> None:
    for name, data in {"bomb.png": bomb(40_000), "cut.jpg": photo(1, size=(640, 480))[:9000], "x.png": b"x"}.items():
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(image_header.UnreadableImage):
            decoding.render(path, "thumbnail", max_pixels=250_000_000)
    good = tmp_path / "good.jpg"
    good.write_bytes(photo(1))
    assert decoding.render(good, "thumbnail", max_pixels=250_000_000).startswith(b"\xff\xd8")


def test_image_beyond_the_memory_limit_ends_no_more_than_the_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "wide.png"
    path.write_bytes(bomb(15_800))
    child = decoding._Child()
    try:
        with pytest.raises(image_header.UnreadableImage):
            child.ask({"path": str(path), "kind": "proxy", "max_pixels": 250_000_000})
    finally:
        child.stop()


def test_child_has_no_secrets_and_limits(tmp_path: Path, photo: Photo) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(photo(1))
    child = decoding._Child()
    try:
        child.ask({"path": str(path), "kind": "thumbnail", "max_pixels": 10**6})
        process = child._process
        child_environment = Path(f"/proc/{process.pid}/environ").read_bytes()
        limits = Path(f"/proc/{process.pid}/limits").read_text()
    finally:
        child.stop()
    names = {entry.partition(b"=")[0] for entry in child_environment.split(b"\0") if entry}
    assert names == {b"PYTHONPATH", b"LC_ALL", b"OPENBLAS_NUM_THREADS", b"VIPS_CONCURRENCY"}
    assert re.search(rf"Max address space\s+{decoding.MEMORY}", limits)
    assert re.search(r"Max file size\s+0 ", limits)


def test_dead_child_is_replaced_and_a_late_one_killed(
    tmp_path: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(photo(1))
    request = {"path": str(path), "kind": "thumbnail", "max_pixels": 10**6}
    child = decoding._Child()
    try:
        child.ask(request)
        first = child._process.pid
        os.kill(first, signal.SIGSTOP)
        monkeypatch.setattr(decoding, "SECONDS", 0.3)
        with pytest.raises(image_header.UnreadableImage, match="too long"):
            child.ask(request)
        monkeypatch.undo()
        assert child.ask(request).startswith(b"\xff\xd8")
        assert child._process.pid != first
        os.kill(child._process.pid, signal.SIGKILL)
        child._process.wait()
        assert child.ask(request).startswith(b"\xff\xd8")
    finally:
        child.stop()


def test_children_are_replaced_after_some_tasks(tmp_path: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "TASKS", 2)
    path = tmp_path / "a.jpg"
    path.write_bytes(photo(1))
    child, seen = decoding._Child(), []
    try:
        for _ in range(4):
            child.ask({"path": str(path), "kind": "thumbnail", "max_pixels": 10**6})
            seen.append(child._process.pid)
    finally:
        child.stop()
    assert (seen[0], seen[2]) == (seen[1], seen[3])
    assert seen[0] != seen[2]
