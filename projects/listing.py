"""Which objects of a store belong to a dataset: path patterns, and file types."""

import fnmatch
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath

from projects import image_header
from projects.stores.base import is_odd

LONGEST_KEY = 1024
DICOM = frozenset(["dcm", "dicom"])
_WILD = re.compile(r"[*?\[]")
_NOTHING = re.compile(r"(?!)")


class Kind(Enum):
    """What a listed object is to a dataset."""

    IMAGE = "image"
    UNSUPPORTED = "unsupported"
    """Meant to be labelled, but of a format that cannot be read yet: becomes an item in error."""
    OTHER = "other"
    """Not an image at all, or outside the pattern: not an item."""


@dataclass(frozen=True)
class Pattern:
    """A path pattern. `prefix` is what all matching keys begin with; `parts` are one per folder, None for `**`."""

    text: str
    prefix: str
    parts: tuple[re.Pattern[str] | None, ...]

    def matches(self, key: str) -> bool:
        """Whether the whole key fits. Goes back to the last `**` alone, so no pattern takes long."""
        names = key.split("/")
        part, name, retry_part, retry_name = 0, 0, -1, 0
        while name < len(names):
            wanted = self.parts[part] if part < len(self.parts) else _NOTHING
            if wanted is None:
                retry_part, retry_name = part, name
                part += 1
            elif wanted.fullmatch(names[name]):
                part, name = part + 1, name + 1
            elif retry_part >= 0 and not names[retry_name].startswith("."):
                retry_name += 1
                part, name = retry_part + 1, retry_name
            else:
                return False
        return part == len(self.parts)


def pattern(text: str) -> Pattern:
    """Reads a pattern: `*` and `?` stay within a folder, `**` crosses them, `[…]` is one of a set.

    A pattern without wildcards is a folder, unless its last part is the name of an image; `photos/` and `photos/**` are
    everything below `photos`. As in shells, wildcards match no names that begin with a dot.
    """
    cleaned = "/".join(part for part in text.strip().split("/") if part not in {"", "."})
    if text.strip().endswith("/") or (cleaned and not _WILD.search(cleaned) and not _is_image_name(cleaned)):
        cleaned += "/**"
    parts = (cleaned or "**").split("/")
    if parts[-1] == "**":
        parts.append("*")
    literal = _WILD.split(cleaned, maxsplit=1)[0]
    prefix = literal if literal == cleaned else literal[: literal.rfind("/") + 1]
    return Pattern(cleaned or "**", prefix, tuple(None if part == "**" else _compiled(part) for part in parts))


def _is_image_name(path: str) -> bool:
    return image_header.supported(path) or _extension(path) in DICOM


def _compiled(part: str) -> re.Pattern[str]:
    return re.compile(("(?!\\.)" if part[0] in "*?[" else "") + fnmatch.translate(part))


def kind_of(key: str, wanted: Pattern) -> Kind:
    """What a listed key is to a dataset with the pattern `wanted`."""
    if len(key) > LONGEST_KEY or is_odd(key) or key.endswith("/") or not wanted.matches(key):
        return Kind.OTHER
    if image_header.supported(key):
        return Kind.IMAGE
    return Kind.UNSUPPORTED if _extension(key) in DICOM else Kind.OTHER


def _extension(path: str) -> str:
    return PurePosixPath(path).suffix.lstrip(".").lower()
