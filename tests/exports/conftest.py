from typing import Any

import pytest

from tests import factories
from tests.conftest import Cast


@pytest.fixture
def dataset(cast: Cast) -> Any:
    store = factories.DatastoreFactory(workspace=cast.workspace, kind="builtin")
    dataset = factories.DatasetFactory(workspace=cast.workspace, datastore=store)
    factories.ProjectDatasetFactory(project=cast.project, dataset=dataset)
    return dataset
