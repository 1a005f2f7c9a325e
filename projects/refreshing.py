"""Looking at stores again: on a dataset's own schedule, and telling projects of files that were changed under their labels.

A refresh is a run of `projects.ingest`, of which a dataset has one at a time, whoever asks. A file that was changed is a new
version of its image, in a transaction that draws an arrival like those that bring images (projects.arrivals); each project
remembers up to which of them its tasks know, so nothing is missed, whatever is lost on the way, and nothing told twice.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from projects import datasets, jobs
from projects.models import Dataset, Project, ProjectDataset

FLAG = "projects.flag-changes"
AT_ONCE = 500


def refresh_due() -> int:
    """Has the datasets read again whose time has come; says how many. `manage.py tick` asks every minute."""
    now = timezone.now()
    due = Dataset.objects.filter(next_refresh_at__lte=now, refresh_minutes__isnull=False).select_related("workspace")
    return sum(_refresh(dataset) for dataset in due.order_by("next_refresh_at")[:AT_ONCE])


@transaction.atomic
def _refresh(dataset: Dataset) -> bool:
    """Takes the turn, unless another tick has, and has the files read if that is not being done already."""
    turn = Dataset.objects.filter(pk=dataset.pk, next_refresh_at=dataset.next_refresh_at)
    following = timezone.now() + timedelta(minutes=dataset.refresh_minutes or 0)
    if not turn.update(next_refresh_at=following):
        return False
    dataset.next_refresh_at = following
    datasets.read_files(dataset)
    return True


def flag_changes() -> int:
    """Has tasks flagged whose images were changed since; says of how many projects.

    In projects of every state: those that are over can still be looked at and exported.
    """
    behind = ProjectDataset.objects.filter(project=OuterRef("pk"), flagged_arrival__lt=F("dataset__changed_arrival"))
    projects = Project.objects.filter(Exists(behind)).exclude(state=Project.State.DRAFT).order_by("pk")
    found = 0
    for project in projects.select_related("workspace").iterator(chunk_size=500):
        found += 1
        jobs.enqueue(
            FLAG,
            organisation_id=project.organisation_id,
            workspace=project.workspace,
            arguments={"project_id": project.pk},
            title=f"Flag changed images of {project.name}"[:200],
            dedupe_key=f"project:{project.pk}",
        )
    return found
