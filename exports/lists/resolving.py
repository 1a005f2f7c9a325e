"""Which file of a datastore a list means.

A list says paths below the datastore's folder, or whole addresses: `AmlDatastore://name/path`, Azure's long form
`azureml://…/datastores/name/paths/path`, or the store's own. An address of another store is refused. What the list calls the
datastore is not always what it is called here: unless somebody says which name is meant, the first one counts.
"""

import re
from collections import Counter
from urllib.parse import unquote

from exports.formats.records import ExportImage
from exports.models import Export
from projects import datastores, listed
from projects.models import Datastore

_AZURE = re.compile(r"(?i:azureml)://(?:.*/)?(?:datastores|stores)/([^/]+)/paths/(.*)", re.DOTALL)
_SHORT = re.compile(r"(?i:amldatastore)://([^/]+)/(.*)", re.DOTALL)
MOST_NAMES = 50


class Unresolved(ValueError):
    """No file of the datastore is meant; the message says why, as the end of a sentence."""


class Resolver:
    """Resolves against one datastore. `spoken` is what the list calls it, and `names` counts all names that were met."""

    def __init__(self, datastore: Datastore, spoken: str = "") -> None:
        self.spoken = spoken
        self.names: Counter[str] = Counter()
        prefix = str(datastore.location.get("prefix", "")).strip("/")
        self._prefix = f"{prefix}/" if prefix else ""
        self._addresses = [_plain(address) for address in datastores.addresses(datastore)]

    def key_of(self, image: ExportImage, form: str) -> str:
        """The key of an image's file. COCO has a name beside the address, which counts where that is some page's."""
        text = image.url if form == Export.Format.AUTOML else image.name
        if form == Export.Format.COCO and image.url and (self._is_own(image.url) or _named(image.url)):
            text = image.url
        return self.key(text)

    def key(self, text: str) -> str:
        """The key that a path or an address means."""
        key = self._within(text) if "://" in text else _path(text)
        if words := listed.problem(key):
            raise Unresolved(words)
        return key

    def _is_own(self, address: str) -> bool:
        return _plain(address).startswith(tuple(self._addresses))

    def _within(self, address: str) -> str:
        """The path below the datastore's folder, of a whole address."""
        if found := _named(address):
            name, path = found
            if name in self.names or len(self.names) < MOST_NAMES:
                self.names[name] += 1
            self.spoken = self.spoken or name
            if name != self.spoken:
                raise Unresolved(f"it is in another datastore, “{name[:60]}”")
        else:
            plain = _plain(address)
            start = next((own for own in self._addresses if plain.startswith(own)), None)
            if start is None:
                raise Unresolved("its address is not in the datastore")
            path = plain[len(start) :]
        if not path.startswith(self._prefix):
            raise Unresolved(f"it is outside the datastore's folder {self._prefix}")
        return path[len(self._prefix) :]


def _named(address: str) -> tuple[str, str] | None:
    """The datastore's name and the path, of an address as Azure Machine Learning writes them."""
    found = _SHORT.match(address) or _AZURE.match(address)
    return (found[1], found[2]) if found else None


def _plain(address: str) -> str:
    """An address so that equal ones are the same text: without query and escapes, its host in small letters."""
    scheme, _, rest = address.partition("://")
    scheme = scheme.lower()
    host, slash, path = rest.partition("/")
    if scheme in ("http", "https"):
        scheme, path = "https", unquote(path.partition("?")[0].partition("#")[0])
    return f"{scheme}://{host.lower()}{slash}{path}"


def _path(text: str) -> str:
    text = text if "/" in text else text.replace("\\", "/")
    return text.removeprefix("./")
