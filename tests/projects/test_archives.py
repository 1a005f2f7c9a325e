"""Archives that strangers made: what is taken of them, what is refused, and what ends the reading."""

import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from projects import archives, datasets, datastores, jobs, unpacking, uploads
from projects.archives import BadArchive
from projects.models import Dataset, Image, ImageVersion, Job, Upload
from tests.conftest import Cast

pytestmark = pytest.mark.django_db
Photo = Callable[..., bytes]


def zipped(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return out.getvalue()


def tarred(files: dict[str, bytes], more: list[tarfile.TarInfo] | None = None) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as packed:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            packed.addfile(entry, io.BytesIO(data))
        for entry in more or []:
            packed.addfile(entry)
    return out.getvalue()


def named(data: bytes) -> dict[str, str]:
    """What an archive lists: the refusal of each name."""
    return {member.name: member.refusal for member in archives.members(io.BytesIO(data), len(data))}


def contents(data: bytes) -> dict[str, bytes]:
    found = {}
    for member in archives.members(io.BytesIO(data), len(data)):
        out = io.BytesIO()
        member.copy(out)
        found[member.name] = out.getvalue()
    return found


PACKERS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "zip": zipped,
    "zip-stored": lambda files: zipped(files, method=zipfile.ZIP_STORED),
    "zip-lzma": lambda files: zipped(files, method=zipfile.ZIP_LZMA),
    "tar": tarred,
    "tar.gz": lambda files: gzip.compress(tarred(files)),
    "tar.bz2": lambda files: bz2.compress(tarred(files)),
    "tar.xz": lambda files: lzma.compress(tarred(files)),
    "tar.xz in two parts": lambda files: lzma.compress(tarred(files)[:700]) + lzma.compress(tarred(files)[700:]),
}


@pytest.mark.parametrize("packer", PACKERS)
def test_every_kind_gives_its_files_in_order(packer: str) -> None:
    files = {"a.jpg": b"one" * 1000, "b/ü.png": b"", "b/c/d.txt": bytes(range(256)) * 300}
    assert list(contents(PACKERS[packer](files)).items()) == list(files.items())


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("../outside.jpg", "“..”"),
        ("a/../../b.jpg", "“..”"),
        ("/etc/passwd.jpg", "root of a disk"),
        ("C:\\photos\\a.jpg", "root of a disk"),
        ("..\\up.jpg", "“..”"),
        ("a\nb.jpg", "control characters"),
    ],
)
@pytest.mark.parametrize("packer", ["zip", "tar"])
def test_names_that_lead_elsewhere_are_refused(packer: str, name: str, word: str) -> None:
    ((_, refusal),) = named(PACKERS[packer]({name: b"x"})).items()
    assert word in refusal


def test_names_are_labels_with_slashes() -> None:
    assert list(named(zipped({"./a//b.jpg": b"x", "c\\d.jpg": b"y"}))) == ["a/b.jpg", "c/d.jpg"]


def test_links_and_devices_in_a_tar_are_refused() -> None:
    kinds = {"link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "pipe": tarfile.FIFOTYPE, "disk": tarfile.BLKTYPE}
    entries = []
    for name, kind in kinds.items():
        entry = tarfile.TarInfo(f"{name}.jpg")
        entry.type, entry.linkname = kind, "/etc/passwd"
        entries.append(entry)
    found = named(tarred({"sound.jpg": b"x"}, entries))
    assert {name: refusal.split(".")[0] for name, refusal in found.items()} == {
        "sound.jpg": "",
        "link.jpg": "It is a link",
        "hard.jpg": "It is a link",
        "pipe.jpg": "It is no ordinary file",
        "disk.jpg": "It is no ordinary file",
    }


def test_links_and_encrypted_files_in_a_zip_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        link = zipfile.ZipInfo("link.jpg")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc/passwd")
        packed.writestr("locked.jpg", b"x")
    data = out.getvalue()
    at = data.rindex(b"PK\x01\x02")
    data = data[: at + 8] + struct.pack("<H", 1) + data[at + 10 :]
    assert {name: refusal.split(".")[0] for name, refusal in named(data).items()} == {
        "link.jpg": "It is a link",
        "locked.jpg": "It is encrypted",
    }


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "SLACK", 100_000)
    monkeypatch.setattr(archives, "MOST_RATIO", 20)


@pytest.mark.usefixtures("small_limits")
def test_bombs_end_the_reading() -> None:
    zeros = bytes(3_000_000)
    (refusal,) = named(zipped({"white.png": zeros})).values()
    assert "far more than a picture" in refusal
    for data in (gzip.compress(tarred({"white.png": zeros})), lzma.compress(tarred({"white.png": zeros}))):
        with pytest.raises(BadArchive, match="far more than pictures"):
            contents(data)


@pytest.mark.usefixtures("small_limits")
def test_a_zip_of_many_modest_files_is_no_bomb_by_its_parts_alone() -> None:
    files = {f"{number}.png": bytes(90_000) for number in range(20)}
    data = zipped(files)
    assert set(named(data).values()) == {""}
    with pytest.raises(BadArchive, match="far more than pictures"):
        contents(data)


def test_too_many_files_and_too_long_names_end_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_MEMBERS", 3)
    files = {f"{number}.jpg": b"" for number in range(4)}
    for packer in ("zip", "tar"):
        with pytest.raises(BadArchive, match="more than 3 files"):
            named(PACKERS[packer](files))
    monkeypatch.setattr(archives, "MOST_HEADER", 500)
    with pytest.raises(BadArchive, match="longer than any file's"):
        named(tarred({"x" * 2000 + ".jpg": b""}))
    monkeypatch.setattr(archives, "MOST_DIRECTORY", 50)
    with pytest.raises(BadArchive, match="directory is too large"):
        named(zipped({"a.jpg": b"", "b.jpg": b""}))


def test_damaged_archives_say_so() -> None:
    whole = gzip.compress(tarred({"a.jpg": bytes(range(256)) * 400}))
    sound = zipped({"a.jpg": b"x" * 5000, "b.jpg": b"y"})
    for data in (b"", b"PK\x03\x04" + bytes(50), b"no archive at all" * 99, whole[: len(whole) // 2], sound[:-30]):
        with pytest.raises(BadArchive, match="damaged, cut off, or none"):
            contents(data)


# In a dataset


@pytest.fixture
def dataset(cast: Cast, own_store: Path) -> Dataset:
    return datasets.create(actor=cast.manager, workspace=cast.workspace, name="Uploads", source="upload")


def bring(cast: Cast, dataset: Dataset, name: str, data: bytes, *, overwrite: bool = False) -> Upload:
    """Uploads an archive in chunks and has it unpacked."""
    files = [uploads.Announced(name, len(data))]
    (row,) = uploads.register(actor=cast.manager, dataset=dataset, files=files, overwrite=overwrite)
    row = Upload.objects.select_related("dataset__datastore__workspace", "workspace", "created_by").get(pk=row.pk)
    for offset in range(0, len(data), Upload.CHUNK):
        uploads.receive(upload=row, offset=offset, data=data[offset : offset + Upload.CHUNK])
    jobs.run_due()
    row.refresh_from_db()
    return row


@pytest.mark.parametrize("ending", ["zip", "tar.gz"])
def test_an_archive_becomes_images(
    cast: Cast, dataset: Dataset, photo: Photo, own_store: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Upload, "CHUNK", 1500)
    pictures = {f"street/{number}.jpg": photo(number) for number in range(4)}
    files = pictures | {
        "street/again.jpg": pictures["street/0.jpg"],
        "street/broken.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 60,
        "street/more.zip": b"PK",
        "street/empty.jpg": b"",
        "../outside.jpg": pictures["street/0.jpg"],
        "notes.txt": b"words",
        "__MACOSX/street/._0.jpg": b"x",
        "Thumbs.db": b"x",
    }
    row = bring(cast, dataset, f"photos.{ending}", PACKERS[ending](files))
    assert (row.state, row.reason) == ("done", "4 taken, 1 already there, 4 refused, 3 other files left out")
    assert row.outcome == {"taken": 4, "replaced": 0, "duplicate": 1, "refused": 4, "left_out": 3}
    images = Image.objects.filter(dataset=dataset).order_by("metadata__path")
    assert [image.metadata["path"] for image in images] == list(pictures)
    store = datastores.for_datastore(dataset.datastore)
    assert [store.read(image.key) for image in images] == list(pictures.values())
    refused = Upload.objects.filter(archive=row, state="failed").order_by("path")
    assert {member.path: member.reason for member in refused} == {
        "../outside.jpg": "Its name cannot be taken: empty, with control characters, or with “..”.",
        "street/broken.png": "The PNG file is damaged or cut off.",
        "street/empty.jpg": "The file is empty.",
        "street/more.zip": "Archives within archives are not unpacked. Upload it by itself.",
    }
    assert [path for path in (own_store / "uploads").rglob("*") if path.is_file()] == []
    dataset.refresh_from_db()
    assert dataset.image_count == 4


def test_a_job_that_died_goes_on_and_takes_nothing_twice(
    cast: Cast, dataset: Dataset, photo: Photo, own_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, seen = unpacking.keeping.keep, []

    def dying(sound: Any) -> Any:
        kept = real(sound)
        seen.append(sound.brought.path)
        if len(seen) == 3:
            raise RuntimeError("the power went")
        return kept

    monkeypatch.setattr(unpacking.keeping, "keep", dying)
    files = {f"{number}.jpg": photo(number) for number in range(5)}
    row = bring(cast, dataset, "photos.zip", zipped(files))
    assert (row.state, Image.objects.filter(dataset=dataset).count()) == ("unpacking", 2)
    job = Job.objects.get(kind=uploads.UNPACK)
    Job.objects.filter(pk=job.pk).update(next_attempt_at=job.created_at)
    jobs.run_due()
    row.refresh_from_db()
    assert (row.state, row.outcome["taken"]) == ("done", 5)
    assert seen == ["0.jpg", "1.jpg", "2.jpg", "2.jpg", "3.jpg", "4.jpg"]
    assert len(list(own_store.rglob("*.jpeg"))) == Image.objects.filter(dataset=dataset).count() == 5


def test_files_of_a_name_that_is_there_are_refused_or_replaced(
    cast: Cast, dataset: Dataset, photo: Photo, own_store: Path
) -> None:
    bring(cast, dataset, "first.zip", zipped({"a.jpg": photo(1), "b.jpg": photo(2)}))
    before = {image.metadata["path"]: image for image in Image.objects.filter(dataset=dataset)}
    newer = photo(3, size=(20, 10))
    second = bring(cast, dataset, "second.zip", zipped({"a.jpg": newer, "c.jpg": photo(4)}))
    assert second.reason == "1 taken, 1 refused"
    assert Upload.objects.get(archive=second, state="failed").reason.startswith("Another file of this name is there")
    third = bring(cast, dataset, "third.zip", zipped({"a.jpg": newer}), overwrite=True)
    assert third.reason == "1 replaced"
    image = Image.objects.get(pk=before["a.jpg"].pk)
    assert (image.version, image.width, image.code) == (2, 20, before["a.jpg"].code)
    assert ImageVersion.objects.values_list("width", "height").get() == (64, 48)
    assert datastores.for_datastore(dataset.datastore).read(image.key) == newer
    dataset.refresh_from_db()
    assert dataset.changed_arrival == image.arrival
    assert Image.objects.filter(dataset=dataset).count() == 3


def test_a_bad_archive_says_why_and_keeps_what_came_before(
    cast: Cast, dataset: Dataset, photo: Photo, own_store: Path
) -> None:
    data = tarred({"a.jpg": photo(1), "b.jpg": photo(2)})
    row = bring(cast, dataset, "cut.tar", data[: len(data) // 3])
    assert row.state == "failed"
    assert row.reason.startswith("The archive is damaged, cut off, or none at all. Pack it again. Until then: ")
    assert [path for path in (own_store / "uploads").rglob("*") if path.is_file()] == []


def test_cancelled_and_lost_archives_are_settled(
    cast: Cast, dataset: Dataset, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = zipped({"a.jpg": photo(1)})
    (row,) = uploads.register(actor=cast.manager, dataset=dataset, files=[uploads.Announced("a.zip", len(data))])
    row = Upload.objects.select_related("dataset__datastore__workspace", "workspace", "created_by").get(pk=row.pk)
    uploads.receive(upload=row, offset=0, data=data)
    unpacking.settle_abandoned()
    row.refresh_from_db()
    assert row.state == "unpacking"
    jobs.request_cancel(Job.objects.get(kind=uploads.UNPACK))
    unpacking.settle_abandoned()
    row.refresh_from_db()
    assert (row.state, row.reason) == (
        "failed",
        "Unpacking stopped before its end. Upload the archive again.",
    )


def test_archives_are_announced_like_files(cast: Cast, dataset: Dataset, client: Client, settings: Any) -> None:
    settings.ARCHIVE_FILE_LIMIT = 10 * 2**20
    client.force_login(cast.manager)
    files = [{"path": "a.tar.gz", "byte_size": 5}, {"path": "b.ZIP", "byte_size": 11 * 2**20}]
    body = {"dataset": str(dataset.code), "files": files}
    rows = client.post("/api/v1/uploads/", json.dumps(body), content_type="application/json").json()
    assert [(row["state"], row["reason"]) for row in rows] == [
        ("receiving", ""),
        ("failed", "The file is larger than 10 MB."),
    ]
