"""In which order images became readable, so that a project can go on behind the last one that it has taken in.

Row ids do not say it: they are drawn before the commit, so a smaller one may appear after a larger one was read, and an
image that is repaired keeps its id. Watching for the oldest running transaction (`pg_snapshot_xmin`) would do, but its
numbers mean nothing after a restore, and any long transaction of another tenant would hold everybody up. A marker on the
image cannot serve two projects. So each transaction that brings images draws a number from its dataset's row, and keeps
that row locked until it commits: the numbers of one dataset become visible in their order, and whoever reads a number
sees all images up to it. Those that share a dataset and write at the same moment wait for each other's few statements.
"""

from django.db import connection

from projects.models import Dataset


def draw(dataset: Dataset) -> int:
    """The next number; the caller's transaction holds the dataset's row from here on, so draw after slow work."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE projects_dataset SET arrivals = arrivals + 1 WHERE id = %s RETURNING arrivals", [dataset.pk]
        )
        drawn = cursor.fetchone()
    if drawn is None:
        raise Dataset.DoesNotExist("The dataset is gone, or another tenant's.")
    return int(drawn[0])
