"""Names that are safe inside an archive, on every file system, for whatever an image was called.

Deterministic: the same images in the same order always get the same names. A name keeps its folders, but
`.` and `..`, control and invisible characters, and what Windows refuses are gone. Stems are unique without
regard to case, because formats put `a.txt` beside both `a.jpg` and `A.png`.
"""

import hashlib
import re
import unicodedata
from typing import NamedTuple

from exports.formats.records import ExportImage

MOST_BYTES = 200
"""Of one step of a path."""
_PLAIN = re.compile(r"[a-z0-9_(][\w ()-]*(\.[\w()-]+)*(/[a-z0-9_(][\w ()-]*(\.[\w()-]+)*)*", re.ASCII | re.IGNORECASE)
_RESERVED = re.compile(r"(^|/)(con|prn|aux|nul|com\d|lpt\d)(?=[./]|$)", re.IGNORECASE)
_REFUSED = frozenset('<>:"|?*')


class Name(NamedTuple):
    """A file's name in an archive: `stem` has no ending, `ending` begins with its dot or is empty."""

    stem: str
    ending: str

    @property
    def file(self) -> str:
        return self.stem + self.ending


class Names:
    """Gives every image its name; `flat` joins folders with `_`. Remembers 8 bytes of each."""

    def __init__(self, *, flat: bool = False) -> None:
        self.flat = flat
        self._seen: set[int] = set()

    def of(self, name: str, number: int) -> Name:
        """A name nobody has yet; `number` tells apart those that would be the same."""
        path = safe(name)
        if self.flat:
            path = path.replace("/", "_")
        stem, ending = _divided(path)
        stem = stem.strip()  # lists of stems are read without the space around them
        if not stem or stem.endswith("/"):
            stem += "image"
        wanted, tries = stem, 1
        while (seen := _fingerprint(wanted)) in self._seen:
            wanted = f"{stem}_{number}" if tries == 1 else f"{stem}_{number}_{tries}"
            tries += 1
        self._seen.add(seen)
        return Name(wanted, ending)

    def of_image(self, image: ExportImage) -> Name:
        """The image's name in the archive: the one it was given, else one that nobody has yet."""
        return _divided(image.file) if image.file else self.of(image.name, image.id)


def _divided(path: str) -> Name:
    stem, dot, ending = path.rpartition(".")
    if not stem or stem.endswith("/") or "/" in ending:
        return Name(path, "")
    return Name(stem, dot + ending)


def safe(name: str) -> str:
    """The path with every step made harmless; never empty, never absolute, never upwards."""
    if _PLAIN.fullmatch(name) and not _RESERVED.search(name) and len(name) <= MOST_BYTES:
        return name
    steps = [_step(step) for step in re.split(r"[/\\]", unicodedata.normalize("NFC", name))]
    return "/".join(step for step in steps if step) or "image"


def _step(text: str) -> str:
    odd = (character in _REFUSED or unicodedata.category(character)[0] == "C" for character in text)
    text = "".join("_" if bad else character for bad, character in zip(odd, text, strict=True))
    text = text.strip(" ").rstrip(". ")
    if _RESERVED.search(text):
        text = f"_{text}"
    if len(text.encode()) <= MOST_BYTES:
        return text
    stem, dot, ending = text.rpartition(".")
    tail = dot + ending if stem and len(ending.encode()) <= 16 else ""
    digest = hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
    kept = text.encode()[: MOST_BYTES - len(tail.encode()) - len(digest) - 1].decode(errors="ignore")
    return f"{kept}_{digest}{tail}"


def _fingerprint(stem: str) -> int:
    folded = unicodedata.normalize("NFC", stem.casefold())
    return int.from_bytes(hashlib.blake2b(folded.encode(), digest_size=8).digest())
