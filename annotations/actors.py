"""The background work of labelling: making tasks, taking back leases, folding counts."""

from datetime import timedelta

from annotations import initializing, progress, queue
from projects import jobs
from projects.models import Project


@jobs.handler("projects.initialize", queue="bulk", lease=timedelta(minutes=2), attempts=3)
def initialize_project(job: jobs.Running, project_id: int) -> dict[str, int]:
    """Makes the tasks that a project's images lack."""
    return initializing.initialize(job, Project.objects.get(pk=project_id))


@jobs.periodic("lease-expiry", every=timedelta(seconds=15))
def release_expired_leases() -> None:
    """Gives expired leases back, batch by batch."""
    while queue.release_expired() == queue.SWEEP_BATCH:
        continue


@jobs.periodic("progress-folding", every=timedelta(seconds=15))
def fold_progress() -> None:
    """Folds the counts that labellers appended, batch by batch."""
    while progress.fold() == progress.FOLD_BATCH:
        continue
