"""Files of this machine as a store."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from projects.stores.base import PAGE, Entry, ObjectMissing, ObjectStore, Page, StoreRefused, is_odd

CHUNK = 256 * 1024


class LocalStore(ObjectStore):
    """Everything below one folder. Links that lead out of it are as good as absent."""

    direct = False

    def __init__(self, root: Path, prefix: str = "") -> None:
        super().__init__(prefix)
        self.root = Path(os.path.realpath(root))

    def path_of(self, key: str) -> Path:
        """The file of a key, with links resolved; ObjectMissing where that leaves the folder."""
        path = Path(os.path.realpath(self.root / self.name_of(key)))
        if not path.is_relative_to(self.root):
            raise ObjectMissing("This file is outside its store.")
        return path

    def pages(self, prefix: str = "", after: str = "", size: int = PAGE) -> Iterator[Page]:
        """Walks the folders in the order of the keys, so that a cursor is simply the last key."""
        entries: list[Entry] = []
        for entry in self._walk(prefix, after):
            entries.append(entry)
            if len(entries) >= size:
                yield Page(entries, entries[-1].key)
                entries = []
        if entries:
            yield Page(entries, entries[-1].key)

    def _walk(self, prefix: str, after: str) -> Iterator[Entry]:
        base = self.root / self.prefix
        if not base.is_dir():
            if self.prefix and self.root.is_dir():
                return
            raise StoreRefused("The folder does not exist on this server, or it cannot be read.")
        start = prefix.rpartition("/")[0]
        if start and is_odd(start):
            return
        yield from self._walk_folder(base / start, f"{start}/" if start else "", prefix, after)

    def _walk_folder(self, folder: Path, at: str, prefix: str, after: str) -> Iterator[Entry]:
        # A link in the middle of the way leads out just as one at its end does.
        if not Path(os.path.realpath(folder)).is_relative_to(self.root):
            return
        for key in _names(folder, at):
            if key.endswith("/"):
                if (key > after or after.startswith(key)) and (key.startswith(prefix) or prefix.startswith(key)):
                    yield from self._walk_folder(folder / key[len(at) : -1], key, prefix, after)
            elif key > after and key.startswith(prefix):
                entry = self._entry(folder / key[len(at) :], key)
                if entry is not None:
                    yield entry

    def _entry(self, path: Path, key: str) -> Entry | None:
        try:
            if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(self.root):
                return None
            found = path.stat()
        except OSError:
            return None
        return Entry(key, found.st_size, f"{found.st_mtime_ns:x}-{found.st_size:x}")

    def head(self, key: str) -> Entry:
        entry = self._entry(self.path_of(key), key)
        if entry is None:
            raise ObjectMissing("The file is no longer in its folder.")
        return entry

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        with self.open(key) as file:
            file.seek(start)
            return file.read(-1 if length is None else length)

    def stream(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        with self.open(key) as file:
            file.seek(start)
            left = length
            while chunk := file.read(CHUNK if left is None else min(CHUNK, left)):
                left = None if left is None else left - len(chunk)
                yield chunk

    def open(self, key: str) -> IO[bytes]:
        """The file of a key, for reading."""
        try:
            return self.path_of(key).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise ObjectMissing("The file is no longer in its folder.") from None
        except PermissionError:
            raise StoreRefused("The server's account may not read this file. Change its permissions.") from None

    def put(self, key: str, content: IO[bytes], content_type: str = "application/octet-stream") -> None:
        """Writes beside the target and renames, so that readers never see half a file."""
        path = self.path_of(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        content.seek(0)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
        part = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                shutil.copyfileobj(content, file, CHUNK)
                file.flush()
                os.fsync(file.fileno())
            part.chmod(0o644)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def delete(self, key: str) -> None:
        self.path_of(key).unlink(missing_ok=True)

    def check_write(self) -> None:
        try:
            (self.root / self.prefix).mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.root / self.prefix):
                pass
        except OSError:
            raise StoreRefused(
                "The server's account may not write into this folder. Change its permissions, or choose another folder."
            ) from None


def _names(folder: Path, at: str) -> list[str]:
    """The keys of a folder's files and, with a slash behind, of its folders, in the order of whole keys."""
    try:
        with os.scandir(folder) as entries:
            return sorted(
                at + entry.name + ("/" if entry.is_dir(follow_symlinks=False) else "")
                for entry in entries
                if not is_odd(entry.name) and not (entry.is_symlink() and entry.is_dir())
            )
    except (FileNotFoundError, NotADirectoryError):
        return []
    except PermissionError:
        raise StoreRefused(f"The server's account may not read the folder “{at or '/'}”.") from None
