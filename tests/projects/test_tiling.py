import io
import json
from pathlib import Path

import numpy as np
import psutil
import pytest
from django.test import Client
from PIL import Image as Pillow

from projects import datasets, decoding, image_urls, jobs, pyramid, reading, tenancy, thumbnails, tiling
from projects.image_problems import UnreadableImage
from projects.models import Dataset, Image, Job, Membership, ProjectDataset
from projects.stores.base import Entry
from projects.stores.local import LocalStore
from projects.stores.ranged import RangedFile
from tests import factories
from tests.conftest import Cast
from tests.projects.pictures import BUNDLED, dicom, large

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(cast: Cast, folder: Path, own_store: Path, settings) -> Dataset:
    """A large TIFF of 1,300 × 1,100 pixels, which the settings call large here, in a dataset that was read."""
    settings.TILED_PIXELS = 1_000_000
    large(folder / "large.tif", 1300, 1100, tile=True, compression="deflate", bigtiff=True)
    store = factories.DatastoreFactory(workspace=cast.workspace, kind="local", location={"path": str(folder)})
    made = factories.DatasetFactory(workspace=cast.workspace, datastore=store, pattern="**/*.*", state="empty")
    datasets.refresh(actor=cast.owner, dataset=made)
    return made


def image_of(dataset: Dataset, name: str = "large.tif") -> Image:
    return Image.objects.select_related("dataset__datastore__workspace").get(dataset=dataset, name=name)


def kept(own_store: Path) -> dict[str, bytes]:
    found = own_store.glob("pyramids/**/*-*")
    return {str(path.relative_to(own_store)): path.read_bytes() for path in found if path.is_file()}


def whole(image: Image, level: int) -> np.ndarray:
    size = pyramid.levels(image.width, image.height)[level]
    pixels = np.zeros((size.height, size.width, 3), np.uint8)
    for row in range(size.rows):
        for column in range(size.columns):
            with Pillow.open(io.BytesIO(tiling.tile(image, level, column, row))) as tile:
                part = np.asarray(tile)
            top, left = row * pyramid.TILE, column * pyramid.TILE
            pixels[top : top + part.shape[0], left : left + part.shape[1]] = part
    return pixels


def test_order_names_every_band_once_and_lower_levels_first():
    for width, height in [(513, 1), (5000, 3100), (512, 512), (100, 9000)]:
        found = pyramid.order(width, height)
        rows = {(n, row) for n, level in enumerate(pyramid.levels(width, height)) for row in range(level.rows)}
        assert len(found) == len(rows)
        assert set(found) == rows
        assert found[-1] == (len(pyramid.levels(width, height)) - 1, 0)


def test_bands_are_cut_in_that_order_and_hold_the_means_of_four():
    pixels = np.random.default_rng(1).integers(0, 255, (1111, 1025), dtype=np.uint8)
    strips = [pixels[top : top + pyramid.TILE] for top in range(0, 1111, pyramid.TILE)]
    cutter = pyramid.Cutter(1025, 1111, encode=lambda tile: tile.tobytes())
    found = list(cutter.bands(strips))
    assert [(level, row) for level, row, _ in found] == pyramid.order(1025, 1111)
    level, row, packed = found[-2]
    assert (level, row) == (1, 1)
    start, length = pyramid.spans(packed[: pyramid.table_size(2)])[0]
    tile = np.frombuffer(packed[start : start + length], np.uint8).reshape(44, 512)
    assert tile[0, 0] == (pixels[1024:1026, 0:2].astype(int).sum() + 2) // 4
    again = pyramid.Cutter(1025, 1111, encode=lambda tile: tile.tobytes(), done=3)
    assert list(again.bands(strips)) == found[3:]


def test_ingest_has_large_images_cut_and_pages_get_a_preview(dataset: Dataset, own_store: Path):
    jobs.run_due()
    image = image_of(dataset)
    assert (image.width, image.height, image.metadata["pyramid"]) == (1300, 1100, thumbnails.version(image))
    assert tiling.progress(image) == tiling.Progress("ready", 6, 6)
    assert len(kept(own_store)) == 6
    x, y = np.meshgrid(np.arange(1300), np.arange(1100))
    expected = np.stack([x * 255 // 1300, y * 255 // 1100], axis=2)
    assert np.abs(whole(image, 0)[:, :, :2].astype(int) - expected).max() <= 6
    assert np.abs(whole(image, 1)[:, :, 0].astype(int) - expected[::2, ::2, 0]).max() <= 6
    for kind in ("proxy", "thumbnail"):
        with Pillow.open(io.BytesIO(thumbnails.get(image, kind))) as small:
            assert small.size[0] <= 2048
    with pytest.raises(tiling.TileMissing):
        tiling.tile(image, 0, 3, 0)


def test_making_tiles_again_writes_the_same_and_a_killed_job_goes_on(dataset: Dataset, own_store: Path, monkeypatch):
    jobs.run_due()
    image, first = image_of(dataset), kept(own_store)
    Image.objects.filter(pk=image.pk).update(metadata={})
    put, written = LocalStore.put, []

    def dying(self, key, content, kind="application/octet-stream"):
        if len(written) == 3:
            raise KeyboardInterrupt  # as if the process were killed between two bands
        written.append(key)
        put(self, key, content, kind)

    tiling.request(image_of(dataset))
    monkeypatch.setattr(LocalStore, "put", dying)
    with pytest.raises(KeyboardInterrupt):
        jobs.run_due()
    monkeypatch.setattr(LocalStore, "put", put)
    asked = []
    cut = decoding.cut
    monkeypatch.setattr(
        decoding, "cut", lambda *places, **options: asked.append(options["done"]) or cut(*places, **options)
    )
    with tenancy.system_access("let the lease of the dead worker expire"):
        job = Job.objects.get(kind=tiling.TILE_IMAGE)
        assert job.cursor == {"done": 3}
        Job.objects.filter(pk=job.pk).update(state="queued", lease_token=None, lease_until=None)
    jobs.run_due()
    assert asked == [3]
    assert kept(own_store) == first
    assert tiling.is_ready(image_of(dataset))


def test_requests_for_the_same_image_are_one_job(dataset: Dataset):
    with tenancy.system_access("look before the job runs"):
        Job.objects.filter(kind=datasets.INGEST).first()
    jobs.run_due(1)
    image = image_of(dataset)
    tiling.request(image)
    tiling.request(image)
    assert Job.objects.filter(kind=tiling.TILE_IMAGE).count() == 1
    assert tiling.progress(image) == tiling.Progress("waiting", 0, 6)
    with pytest.raises(thumbnails.NotPrepared):
        thumbnails.get(image, "proxy")
    answer = Client().head(image_urls.thumbnails([image])[image.pk])
    assert (answer.status_code, answer["Retry-After"]) == (503, "3")


def test_damaged_large_image_becomes_an_item_in_error(dataset: Dataset, folder: Path, monkeypatch):
    monkeypatch.setattr(reading, "MOST_VERIFIED_PIXELS", 0)
    data = (folder / "large.tif").read_bytes()
    middle = len(data) // 2
    (folder / "large.tif").write_bytes(data[:middle] + b"\xff" * 4000 + data[middle + 4000 :])
    jobs.run_due()
    image = image_of(dataset)
    assert (image.state, image.reason) == ("unreadable", "The image is damaged or cut off.")


def test_one_address_serves_all_tiles_and_no_others(dataset: Dataset, cast: Cast):
    jobs.run_due()
    image = image_of(dataset)
    url = image_urls.tiles([image])[image.pk]
    stranger = Client()
    answer = stranger.get(url)
    assert answer.json() == {
        "tile": 512, "levels": [[1300, 1100], [650, 550], [325, 275]], "state": "ready", "done": 6, "total": 6, "reason": "",
    }  # fmt: skip
    tile = stranger.get(f"{url}0-2-1/")
    assert (tile.status_code, tile["Content-Type"]) == (200, "image/jpeg")
    assert stranger.get(f"{url}0-2-1/", headers={"If-None-Match": tile["ETag"]}).status_code == 304
    assert [stranger.get(f"{url}{place}/").status_code for place in ("0-3-0", "3-0-0", "0-0", "x")] == [404] * 4
    picture = image_urls.thumbnails([image])[image.pk].replace("/files/", "/tiles/")
    assert stranger.get(picture).status_code == 404
    assert stranger.get(url.replace("/tiles/", "/files/")).status_code == 404
    assert stranger.get(url[:-3] + "xx/").status_code == 404


def test_late_address_is_renewed_for_those_who_may_see_the_image(dataset: Dataset, cast: Cast, client, monkeypatch):
    jobs.run_due()
    image = image_of(dataset)
    url = image_urls.tiles([image])[image.pk]
    now = image_urls.time.time
    monkeypatch.setattr(image_urls.time, "time", lambda: now() + 3600)
    assert client.get(f"{url}0-0-0/").status_code == 403
    assert client.post(url).status_code == 403
    client.force_login(cast.outsider)
    assert client.post(url).status_code == 403
    client.force_login(cast.labeller)
    fresh = client.post(url).json()["url"]
    assert fresh != url
    assert client.get(f"{fresh}0-0-0/").status_code == 200


def test_people_of_one_project_alone_renew_addresses_of_its_images(dataset: Dataset, cast: Cast, client, monkeypatch):
    jobs.run_due()
    image = image_of(dataset)
    url = image_urls.tiles([image])[image.pk]
    helper = factories.UserFactory()
    Membership.objects.create(organisation=cast.organisation, user=helper, role="member")
    Membership.objects.create(organisation=cast.organisation, user=helper, project=cast.project, role="labeller")
    client.force_login(helper)
    assert client.post(url).json()["url"] == url
    now = image_urls.time.time
    monkeypatch.setattr(image_urls.time, "time", lambda: now() + 3600)
    assert client.post(url).status_code == 403
    ProjectDataset.objects.create(organisation=cast.organisation, project=cast.project, dataset=dataset)
    assert client.post(url).json()["url"] != url


def test_a_store_that_nothing_was_written_to_has_nothing_stale(settings, tmp_path: Path):
    settings.STORAGE_URL = f"file://{tmp_path}/not-yet/store"
    tiling.discard_stale()
    assert list((tmp_path / "not-yet/store").iterdir()) == []


def test_renditions_of_images_that_are_gone_are_removed(dataset: Dataset, own_store: Path):
    jobs.run_due()
    image = image_of(dataset)
    before = kept(own_store)
    (own_store / "renditions/1/ab").mkdir(parents=True)
    (own_store / "renditions/1/ab/.writing-x").write_bytes(b"")
    tiling.discard_stale()
    assert kept(own_store) == before
    Image.objects.filter(pk=image.pk).update(etag="other")
    tiling.discard_stale()
    assert kept(own_store) == {}
    assert [path.name for path in own_store.glob("renditions/**/*") if path.is_file()] == [".writing-x"]


def test_frames_become_items_and_go_when_the_file_loses_them(cast: Cast, folder: Path, own_store: Path):
    frames = np.arange(3 * 20 * 30, dtype="<u2").reshape(3, 20, 30)
    (folder / "cine.dcm").write_bytes(dicom(frames, WindowCenter=900, WindowWidth=1800))
    (folder / "still.DICOM").write_bytes(dicom(frames[0]))
    store = factories.DatastoreFactory(workspace=cast.workspace, kind="local", location={"path": str(folder)})
    made = factories.DatasetFactory(workspace=cast.workspace, datastore=store, pattern="**/*.*", state="empty")

    def read() -> list[tuple[str, int, str]]:
        datasets.refresh(actor=cast.owner, dataset=made)
        jobs.run_due()
        made.refresh_from_db()
        rows = Image.objects.filter(dataset=made).order_by("key", "frame")
        return list(rows.values_list("name", "frame", "state"))

    assert read() == [
        ("cine.dcm#1", 1, "ok"),
        ("cine.dcm#2", 2, "ok"),
        ("cine.dcm#3", 3, "ok"),
        ("still.DICOM", 0, "ok"),
    ]
    assert (made.image_count, made.dicom_count) == (4, 4)
    assert Image.objects.filter(dataset=made).assistable().count() == 0
    third = image_of(made, "cine.dcm#3")
    assert thumbnails.get(third, "values") != thumbnails.get(image_of(made, "cine.dcm#1"), "values")
    assert json.dumps(third.metadata).count("Secret") == 0
    (folder / "cine.dcm").write_bytes(dicom(frames[:2]))
    assert read() == [
        ("cine.dcm#1", 1, "ok"), ("cine.dcm#2", 2, "ok"), ("cine.dcm#3", 3, "missing"), ("still.DICOM", 0, "ok"),
    ]  # fmt: skip


def test_damaged_pixels_of_compressed_dicom_become_an_item_in_error(tmp_path: Path):
    data = (BUNDLED / "MR_small_jp2klossless.dcm").read_bytes()
    (tmp_path / "bad.dcm").write_bytes(data[:-4200] + b"\0" * 4200)
    (tmp_path / "good.dcm").write_bytes(data)
    store = LocalStore(tmp_path)
    found = [reading.read(store, store.head(name)) for name in ("bad.dcm", "good.dcm")]
    assert [(one.state, one.reason) for one in found] == [
        ("unreadable", "The pixels of the DICOM file are damaged or cut off."),
        ("ok", ""),
    ]


def test_headers_are_read_here_and_there_not_whole(tmp_path: Path):
    large(tmp_path / "end.tif", 3000, 2000)
    data = dicom(np.zeros((1500, 2000), "<u2"))
    (tmp_path / "big.dcm").write_bytes(data + b"")
    store = LocalStore(tmp_path)
    fetched = []
    read = store.read
    store.read = lambda key, start=0, length=None: fetched.append(length) or read(key, start, length)
    for name in ("end.tif", "big.dcm"):
        entry = store.head(name)
        found = reading.read(store, Entry(name, entry.size, ""))
        assert (found.state, entry.size > 5_000_000) == ("ok", True)
    assert sum(fetched) < 2_000_000
    short = RangedFile(store, Entry("big.dcm", entry.size + 10**6, ""))
    short.seek(-10, io.SEEK_END)
    assert short.read() == b""


@pytest.mark.slow
def test_memory_is_bounded_whatever_the_size(tmp_path: Path):
    path = large(tmp_path / "huge.tif", 20_000, 15_000, compression="deflate")
    peak, count = 0, 0
    for band in decoding.cut(path, (20_000, 15_000), quality=92, orientation=1, done=0):
        peak = max([peak, *(child.memory_info().rss for child in psutil.Process().children())])
        count += bool(band.packed)
    assert count == len(pyramid.order(20_000, 15_000))
    assert peak < 800 * 2**20  # the image itself is 858 MB, and as much again would be needed to halve it


def test_size_that_the_header_did_not_say_is_refused(tmp_path: Path):
    path = large(tmp_path / "a.tif", 700, 600)
    with pytest.raises(UnreadableImage, match="another size"):
        list(decoding.cut(path, (700, 601), quality=92, orientation=1, done=0))


def test_file_that_became_another_format_is_not_opened(tmp_path: Path):
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="700" height="600"><rect width="9" height="9"/></svg>'
    for data, words in ((svg, "XML text"), (b"GIF89a" + bytes(600), "not what it was")):
        path = tmp_path / "a.tif"
        path.write_bytes(data)
        with pytest.raises(UnreadableImage, match=words):
            list(decoding.cut(path, (700, 600), quality=92, orientation=1, done=0))


def test_brackets_in_a_name_are_no_options(tmp_path: Path):
    made = large(tmp_path / "a.tif", 700, 600).rename(tmp_path / "scan[shrink=8].tif")
    assert len(list(decoding.cut(made, (700, 600), quality=92, orientation=1, done=0))) == 3


def test_lossless_and_turned(tmp_path: Path):
    path = large(tmp_path / "a.jpg", 700, 600, Q=95)
    bands = list(decoding.cut(path, (700, 600), quality=100, orientation=1, done=0))
    start, length = pyramid.spans(bands[-1].packed[:4])[0]
    assert bands[-1].packed[start : start + length].startswith(b"\x89PNG")
