"""The files of an export's images, in pieces, out of the stores where they are."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from exports.formats.records import ExportImage
from exports.freezing import Source
from exports.models import Export
from projects import datastores
from projects.errors import DomainError
from projects.models import Dataset


class Files:
    """Gives the bytes of images; counts those that could be had, and those that could not."""

    def __init__(self, export: Export) -> None:
        rows = Dataset.objects.filter(workspace_id=export.project.workspace_id).select_related("datastore__workspace")
        self._datasets: Mapping[int, Dataset] = {dataset.pk: dataset for dataset in rows}
        self._stores: dict[int, Any] = {}
        self.copied = self.missing = 0

    def __call__(self, image: ExportImage) -> Iterator[bytes] | None:
        """The bytes as they are in the store; None where the file is gone, or is one of many frames of a file."""
        source = image.source
        if not isinstance(source, Source) or source.frame or source.dataset not in self._datasets:
            self.missing += 1
            return None
        chunks = iter(self._store(source.dataset).stream(source.key))
        try:
            first = next(chunks, b"")
        except DomainError as error:
            if error.code != "object_missing":
                raise
            self.missing += 1
            return None
        self.copied += 1
        return chain([first], chunks)

    def _store(self, dataset: int) -> Any:
        datastore = self._datasets[dataset].datastore
        if datastore.pk not in self._stores:
            self._stores[datastore.pk] = datastores.for_datastore(datastore)
        return self._stores[datastore.pk]
