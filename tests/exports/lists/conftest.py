"""A store with a few photographs, and lists that name them."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from exports.importing.options import Reading
from exports.lists import requesting
from exports.models import ImageList
from projects import jobs
from projects.models import Dataset, Datastore, Image
from tests import factories
from tests.conftest import Cast

NAMES = ("a.png", "b/c.png", "b/ü 1.png", "unlisted.png")


@dataclass
class Shelf:
    """A datastore called “Photos” and the verbs of a manager."""

    cast: Cast
    datastore: Datastore
    folder: Path

    def send(self, data: bytes, name: str, *, form: str = "") -> ImageList:
        """A list that arrived and was looked through."""
        place = {"workspace": self.cast.workspace, "datastore": self.datastore, "actor": self.cast.manager}
        made = requesting.announce(name=name, byte_size=len(data), form=form, **place)
        requesting.receive(image_list=made, actor=self.cast.manager, offset=0, data=data)
        return self.ended(made)

    def check(self, image_list: ImageList, options: Reading | None = None, spoken: str | None = None) -> ImageList:
        requesting.check(image_list=image_list, actor=self.cast.manager, options=options, spoken=spoken)
        return self.ended(image_list)

    def make(self, image_list: ImageList, **more: Any) -> Dataset:
        made = requesting.make(
            image_list=image_list, actor=self.cast.manager, **{"name": f"Made {image_list.pk}", **more}
        )
        jobs.run_due()
        made.refresh_from_db()
        return made

    def ended(self, image_list: ImageList) -> ImageList:
        jobs.run_due()
        return ImageList.objects.select_related("job", "dataset").get(pk=image_list.pk)


def keys(dataset: Dataset) -> dict[str, str]:
    return dict(Image.objects.filter(dataset=dataset).order_by("key").values_list("key", "state"))


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_DOT_", "."), data)
    return out.getvalue()


@pytest.fixture
def shelf(cast: Cast, tmp_path: Path, settings: Any) -> Shelf:
    folder = tmp_path / "roots" / "photos"
    settings.LOCAL_STORE_ROOTS = [tmp_path / "roots"]
    for number, name in enumerate(NAMES):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Pillow.new("RGB", (640, 480), (number, 0, 0)).save(folder / name)
    store = factories.DatastoreFactory(workspace=cast.workspace, name="Photos", location={"path": str(folder)})
    return Shelf(cast, store, folder)
