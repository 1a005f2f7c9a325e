import hashlib
import io
import subprocess
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.formats import archive, names


def packed(write):
    out = io.BytesIO()
    opened = archive.Archive(out)
    write(opened)
    opened.close()
    return zipfile.ZipFile(out)


def several(opened):
    later = opened.member("later.json")
    opened.add("a/ä b.txt", b"one" * 100)
    opened.add_chunks("image.png", [b"\x89", b"PNG"])
    with opened.member("b.json") as member:
        member.write(b"[1")
        later.write(b"x" * 9_000_000)
        member.write(b"]")
    later.close()


def test_entries_come_out_as_they_went_in():
    found = packed(several)
    assert found.testzip() is None
    assert found.namelist() == ["a/ä b.txt", "image.png", "b.json", "later.json", "SHA256SUMS"]
    assert [found.read(name) for name in found.namelist()[:3]] == [b"one" * 100, b"\x89PNG", b"[1]"]
    assert found.getinfo("image.png").compress_type == zipfile.ZIP_STORED
    sums = dict(reversed(line.split("  ")) for line in found.read("SHA256SUMS").decode().splitlines())
    assert sums == {name: hashlib.sha256(found.read(name)).hexdigest() for name in found.namelist()[:-1]}


def test_equal_contents_are_equal_bytes():
    one, two = packed(several), packed(several)
    assert one.fp.getvalue() == two.fp.getvalue()


def test_the_sums_are_for_sha256sum(tmp_path):
    packed(several).extractall(tmp_path)
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=True)


def test_large_archives_are_zip64(monkeypatch):
    monkeypatch.setattr(archive, "_SIZE_LIMIT", 200)
    monkeypatch.setattr(archive, "_COUNT_LIMIT", 3)
    out = io.BytesIO()
    opened = archive.Archive(out)
    for number in range(5):
        opened.add(f"{number}.txt", bytes(250), packed=False)
    opened.close()
    # The reader has real limits, so it takes sizes of 200 for true; the numbers behind them are looked at directly.
    data = out.getvalue()
    assert (data.count(b"PK\6\6"), data.count(b"PK\6\7")) == (1, 1)


def test_more_entries_than_plain_zip_can_count():
    found = packed(lambda opened: [opened.add(f"{number}", b"", packed=False) for number in range(70_000)])
    assert len(found.namelist()) == 70_001


def test_memory_does_not_grow_with_the_entries(monkeypatch):
    monkeypatch.setattr(archive, "SPOOL_BYTES", 10_000)
    peaks = []
    for count in (500, 5_000):
        tracemalloc.start()
        opened = archive.Archive(open("/dev/null", "wb"))  # noqa: SIM115, PTH123  # closed with the process
        for number in range(count):
            opened.add(f"{number}.txt", b"text" * 20)
        opened.close()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.3


@given(st.text(max_size=80))
def test_no_name_leaves_the_folder(text):
    steps = names.safe(text).split("/")
    assert all(step and step not in (".", "..") for step in steps)
    assert not set("".join(steps)) & set('\\<>:"|?*\0\n\r')
    assert names.safe(names.safe(text)) == names.safe(text)
    assert all(len(step.encode()) <= 210 for step in steps)


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("folder/a b (1).jpg", "folder/a b (1).jpg"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\x\\..\\a.png", "C_/x/a.png"),
        ("a\x00b\n.jpg", "a_b_.jpg"),
        ("ä/é.jpg", "ä/é.jpg"),
        ("aux.txt", "_aux.txt"),
        ("x/con/y.jpg", "x/_con/y.jpg"),
        ("...", "image"),
        ("", "image"),
        ("scan.dcm#3", "scan.dcm#3"),
    ],
)
def test_names_are_made_safe(given_name, expected):
    assert names.safe(given_name) == expected


def test_stems_are_unique_without_regard_to_case():
    given_names = ["a.jpg", "A.png", "b/c", "b\\C.jpg", "a.JPG", "a_2.jpg"]
    own = names.Names()
    found = [own.of(name, number).file for number, name in enumerate(given_names, start=1)]
    assert found == ["a.jpg", "A_2.png", "b/c", "b/C_4.jpg", "a_5.JPG", "a_2_6.jpg"]
    flat = names.Names(flat=True)
    assert [flat.of(name, 7).file for name in ("x/y.jpg", "x_y.jpg")] == ["x_y.jpg", "x_y_7.jpg"]
