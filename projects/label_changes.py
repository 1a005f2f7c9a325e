"""Labels that come into a project that has started: what becomes of the answers that were given without them.

Whoever adds labels says which: labelling goes on and only what comes from now on can have them; or everything is labelled
anew, with the old labels as suggestions or without. Starting over sets answers aside and destroys none, so it can be
undone. The answers are the floor above's: it does the work, in the jobs that are enqueued here.
"""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from projects import audit, jobs
from projects.errors import Conflict, DomainError
from projects.models import Job, LabelChange, Project, User

START_OVER = "projects.start-over"
UNDO = "projects.undo-start-over"
STARTED = (Project.State.INITIALIZING, Project.State.RUNNING, Project.State.PAUSED)
Handling = LabelChange.Handling


class HandlingNeeded(DomainError):
    """The project has started: whoever adds labels has to say what becomes of its answers."""

    code = "label_handling_needed"
    status = 409


class StillAtWork(Conflict):
    """Another change of this project's answers has not ended."""

    code = "label_change_running"


def begin(*, project: Project, added: Sequence[str], handling: str | None, actor: User | None) -> LabelChange:
    """Records that labels were added and, where everything is to be labelled anew, has that done in the background.

    Inside the caller's transaction, which holds the project's row.
    """
    if handling not in Handling.values:
        words = "The project has started. Say what becomes of what is labelled already, then save again."
        raise HandlingNeeded(
            words, fields={"handling": [f"Choose one of {', '.join(Handling.values)}."]}, added=list(added)
        )
    change = LabelChange.objects.create(
        organisation_id=project.organisation_id,
        project=project,
        handling=handling,
        added=list(added)[:100],
        created_by=actor,
    )
    audit.record(actor, "labels.add", project, detail={"handling": handling, "added": change.added})
    if handling != Handling.CONTINUE:
        _refuse_second(project)
        change.job = _enqueue(START_OVER, change, "Start over", actor)
        change.save(update_fields=["job"])
    return change


def undoable(project: Project) -> LabelChange | None:
    """The latest start over, if it has not been undone."""
    latest = LabelChange.objects.filter(project=project).exclude(handling=Handling.CONTINUE).order_by("-pk").first()
    return latest if latest is not None and latest.undone_at is None else None


@transaction.atomic
def undo(*, project: Project, actor: User) -> Job:
    """Brings back, in the background, the answers that the latest start over set aside; what was labelled since stays."""
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    change = undoable(project)
    if project.state not in STARTED or change is None:
        raise Conflict("There is no start over that could be undone.")
    _refuse_second(project)
    job = _enqueue(UNDO, change, "Undo starting over", actor)
    change.undone_at, change.job = timezone.now(), job
    change.save(update_fields=["undone_at", "job"])
    audit.record(actor, "labels.undo_start_over", project, detail={"added": change.added})
    return job


def _refuse_second(project: Project) -> None:
    unfinished = Job.objects.unfinished().filter(
        organisation=project.organisation_id, kind__in=(START_OVER, UNDO), dedupe_key=f"project:{project.pk}"
    )
    if unfinished.exists():
        raise StillAtWork("The answers of this project are being changed already. Wait until that job has ended.")


def _enqueue(kind: str, change: LabelChange, verb: str, actor: User | None) -> Job:
    project = change.project
    return jobs.enqueue(
        kind,
        organisation_id=project.organisation_id,
        workspace=project.workspace,
        arguments={"change_id": change.pk},
        title=f"{verb} in {project.name}",
        dedupe_key=f"project:{project.pk}",
        created_by=actor,
    )
