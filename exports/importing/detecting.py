"""Which format a file has, as its contents say; its name decides only between those that look alike."""

import re
import zipfile
from collections.abc import Sequence
from typing import BinaryIO

import orjson

from exports.formats import native
from exports.formats.folder import Folder, SingleFile, ZipFolder
from exports.formats.records import NotReadable
from exports.models import Export

Format = Export.Format
HEAD = 1 << 16
_TABLES = (".csv", ".tsv")
_IMAGES = re.compile(r"\.(jpe?g|jpe|jfif|png|bmp|tiff?|webp|gif)$", re.IGNORECASE)
_LITTER = re.compile(r"(^|/)(__MACOSX/|\.|Thumbs\.db$|desktop\.ini$)")


class _Clean(ZipFolder):
    """An archive without what computers leave lying about in it."""

    def names(self) -> list[str]:
        return [name for name in super().names() if not _LITTER.search(name)]


def opened(file: BinaryIO, name: str) -> Folder:
    """The file as a folder: an archive's files, or itself."""
    file.seek(0)
    is_archive = zipfile.is_zipfile(file)
    file.seek(0)
    return _Clean(file) if is_archive else SingleFile(file, name)


def detected(folder: Folder) -> str:
    """One of `Export.Format`; NotReadable where it is none of them."""
    names = folder.names()
    found = _by_files(names) or _by_heads(folder, names) or _by_endings(names)
    if not found and len(names) == 1:
        found = _by_contents(_head(folder, names[0]))
    if not found:
        raise NotReadable("No label format that is known here looks like this file. Say which one it is.")
    return found


def _by_files(names: Sequence[str]) -> str:
    """By files that only one format has."""
    ends = {name.rpartition("/")[2].lower() for name in names}
    if ends & {"data.yaml", "data.yml", "dataset.yaml"}:
        return Format.YOLO
    is_masks = any(name.lower().endswith(".png") for name in names) and ends & {"classes.json", "classes.csv"}
    return Format.MASKS if is_masks else ""


def _by_heads(folder: Folder, names: Sequence[str]) -> str:
    """By how the files begin that may be of several formats."""
    for ending, tell in ((".xml", _xml), (".jsonl", _lines), (".ndjson", _lines), (".json", _json)):
        for name in names:
            if name.lower().endswith(ending) and (found := tell(_head(folder, name))):
                return found
    return ""


def _by_endings(names: Sequence[str]) -> str:
    if any(name.lower().endswith(_TABLES) for name in names):
        return Format.CSV
    pictures = [name for name in names if _IMAGES.search(name)]
    return Format.FOLDERS if pictures and all("/" in name for name in pictures) else ""


def _head(folder: Folder, name: str) -> bytes:
    return folder.open(name).read(HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()


def _xml(head: bytes) -> str:
    if re.search(rb"<annotations[\s>]", head):
        return Format.CVAT
    return Format.VOC if re.search(rb"<annotation[\s>]", head) else ""


def _lines(head: bytes) -> str:
    line = head.split(b"\n", 1)[0]
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return Format.AUTOML if b'"image_url"' in line else ""
    if not isinstance(row, dict):
        return ""
    return Format.NATIVE if row.get("format") == native.FORMAT else Format.AUTOML if "image_url" in row else ""


def _json(head: bytes) -> str:
    if head.startswith(b"["):
        return Format.LABEL_STUDIO
    if found := _lines(head):
        return found
    is_coco = re.search(rb'"(images|annotations|categories|info|licenses)"\s*:\s*[\[{]', head)
    return Format.COCO if head.startswith(b"{") and is_coco else ""


def _by_contents(head: bytes) -> str:
    """A single file whose name says nothing."""
    found = _xml(head) if head.startswith(b"<") else _json(head) if head.startswith((b"{", b"[")) else ""
    if not found and re.match(rb"[^\n\0]{1,2000}[,;\t][^\n\0]*\r?\n", head):
        found = Format.CSV
    return found
