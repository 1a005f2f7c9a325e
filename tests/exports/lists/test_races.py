"""Two people, or two clicks, at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from django.db import connection

from exports.lists import labels, requesting
from exports.models import ImageList, LabelImport
from projects import tenancy
from projects.models import Dataset, Job
from tests import factories
from tests.exports.lists.conftest import Shelf
from tests.exports.lists.test_lists import AUTOML

pytestmark = pytest.mark.django_db(transaction=True)
Made = TypeVar("Made")


def both(what: Callable[[], Made]) -> list[Made]:
    """Does it twice at once, each with a connection of its own."""
    start = threading.Barrier(2)

    def do(_: int) -> Made:
        try:
            with tenancy.system_access("two at once"):
                start.wait()
                return what()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(do, range(2)))
    connection.close_pool()
    return found


def test_two_at_once_make_one_dataset(shelf: Shelf) -> None:
    found = shelf.send(AUTOML, "list.jsonl")

    def make() -> Any:
        mine = ImageList.objects.get(pk=found.pk)
        return requesting.make(image_list=mine, actor=shelf.cast.manager, name="Street").pk

    assert both(make) == [Dataset.objects.get().pk] * 2
    assert Job.objects.filter(kind="datasets.ingest").count() == 1


def test_two_at_once_bring_the_labels_in_once(shelf: Shelf) -> None:
    found = shelf.send(AUTOML, "list.jsonl")
    project = factories.ProjectFactory(workspace=shelf.cast.workspace)
    factories.ProjectDatasetFactory(project=project, dataset=shelf.make(found))

    def bring() -> Any:
        return labels.bring(image_list=found, project=project, actor=shelf.cast.manager, final=False).pk

    assert both(bring) == [LabelImport.objects.get().pk] * 2
