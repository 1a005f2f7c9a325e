"""The background work of labelling: making tasks, taking back leases, folding counts."""

from datetime import timedelta

from annotations import flagging, initializing, progress, queue, starting_over
from projects import jobs
from projects.models import LabelChange, Project


@jobs.handler("projects.initialize", queue="bulk", lease=timedelta(minutes=2), attempts=3)
def initialize_project(job: jobs.Running, project_id: int) -> dict[str, int]:
    """Makes the tasks that a project's images lack."""
    return initializing.initialize(job, Project.objects.get(pk=project_id))


@jobs.handler("projects.start-over", queue="bulk", lease=timedelta(minutes=2), attempts=3)
def start_over(job: jobs.Running, change_id: int) -> dict[str, int]:
    """Opens a project's tasks again, after labels were added."""
    return starting_over.start_over(job, _change(change_id))


@jobs.handler("projects.undo-start-over", queue="bulk", lease=timedelta(minutes=2), attempts=3)
def undo_start_over(job: jobs.Running, change_id: int) -> dict[str, int]:
    """Brings back the answers that starting over set aside."""
    return starting_over.undo(job, _change(change_id))


@jobs.handler("projects.flag-changes", queue="bulk", lease=timedelta(minutes=2), attempts=3)
def flag_changes(job: jobs.Running, project_id: int) -> dict[str, int]:
    """Flags the tasks whose images were changed after they were labelled."""
    return flagging.flag(job, Project.objects.get(pk=project_id))


def _change(change_id: int) -> LabelChange:
    return LabelChange.objects.select_related("project").get(pk=change_id)


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
