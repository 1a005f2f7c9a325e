import pytest

from projects import listing
from projects.listing import Kind


@pytest.mark.parametrize(
    ("text", "prefix", "matching", "others"),
    [
        ("**/*.*", "", ["a.jpg", "x/y/a.png"], ["noext", "x/.h/a.png", ".a.jpg", "x/.a.jpg"]),
        ("", "", ["a.jpg", "b/c.jpg"], []),
        ("photos", "photos/", ["photos/a.jpg", "photos/b/c.jpg"], ["photosx/a.jpg", "a/photos/b.jpg"]),
        ("photos/", "photos/", ["photos/a.jpg"], ["photos"]),
        ("/photos/**", "photos/", ["photos/a/b.tif"], ["a.tif"]),
        ("photos/*.jpg", "photos/", ["photos/a.jpg"], ["photos/b/a.jpg", "photos/a.png"]),
        ("a/b.jpg", "a/b.jpg", ["a/b.jpg"], ["a/b.jpg/x", "a/bxjpg"]),
        ("cam?/[a-c]*.png", "", ["cam1/abc.png"], ["cam12/abc.png", "cam1/d.png"]),
        ("img[!0]/x.jpg", "", ["img1/x.jpg"], ["img0/x.jpg"]),
        ("a/**/b/**/c.jpg", "a/", ["a/b/c.jpg", "a/x/b/y/z/c.jpg", "a/b/b/c.jpg"], ["a/x/c.jpg", "b/c.jpg"]),
        ("*", "", ["a.jpg"], ["b/a.jpg"]),
    ],
)
def test_pattern(text: str, prefix: str, matching: list[str], others: list[str]) -> None:
    wanted = listing.pattern(text)
    assert wanted.prefix == prefix
    assert [key for key in matching if not wanted.matches(key)] == []
    assert [key for key in others if wanted.matches(key)] == []


def test_pattern_takes_no_time_on_hostile_input() -> None:
    wanted = listing.pattern("**/" * 60 + "*a*a*a*a*a*a*a*b.jpg")
    assert not wanted.matches("a/" * 400 + "a" * 200)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("a.jpg", Kind.IMAGE), ("a.JPEG", Kind.IMAGE), ("a.jpe", Kind.IMAGE), ("a.jfif", Kind.IMAGE),
        ("a.png", Kind.IMAGE), ("a.bmp", Kind.IMAGE), ("a.tif", Kind.IMAGE), ("a.tiff", Kind.IMAGE),
        ("a.webp", Kind.IMAGE), ("a.gif", Kind.IMAGE), ("a.dcm", Kind.IMAGE), ("a.DICOM", Kind.IMAGE),
        ("a.txt", Kind.OTHER), ("a.svg", Kind.OTHER), ("jpg", Kind.OTHER), ("a.jpg/", Kind.OTHER),
        ("x" * 1100 + ".jpg", Kind.OTHER), ("../a.jpg", Kind.OTHER), ("a\x00.jpg", Kind.OTHER),
    ],
)  # fmt: skip
def test_kind_of(key: str, kind: Kind) -> None:
    assert listing.kind_of(key, listing.pattern("**/*.*")) is kind
