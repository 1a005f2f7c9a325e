"""A project's states: draft → initializing → running ⇄ paused → completed → archived, each step a conditional update.

`start` hands the project to the job `projects.initialize`, which makes its tasks and sets it running. Whoever comes second
is told that the state is another one by now.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from projects import audit, jobs
from projects.errors import Conflict, DomainError
from projects.models import Dataset, Job, Label, Project, ProjectDataset, User

State = Project.State
INITIALIZE = "projects.initialize"
_REST = timedelta(hours=1)
"""After a failure, how long until tasks are made of new images again without being asked to."""


class WrongState(Conflict):
    """The project's state does not allow this step."""

    code = "wrong_state"


class NotReady(DomainError):
    """A draft lacks something that labelling needs; `fields` says which step."""

    code = "not_ready"


@dataclass(frozen=True)
class Lack:
    """What a draft still lacks: the wizard's step that repairs it, and a sentence."""

    step: str
    message: str


def lacks(project: Project) -> list[Lack]:
    """What keeps a draft from starting. Three queries."""
    found = []
    datasets = Dataset.objects.filter(project_datasets__project=project)
    if not datasets.exists():
        found.append(Lack("data", "Choose at least one dataset."))
    elif not datasets.filter(image_count__gt=0).exists():
        found.append(Lack("data", "The chosen datasets have no images yet. Wait until their files are read."))
    if not Label.objects.filter(project=project).active().exists():
        found.append(Lack("labels", "Add at least one label."))
    return found


def _step(project: Project, before: tuple[str, ...], after: str, actor: User | None, verb: str) -> Project:
    """Moves the project if it is in one of the states `before`, and records it."""
    completed_at = timezone.now() if after == State.COMPLETED else None if after == State.RUNNING else F("completed_at")
    moved = Project.objects.filter(pk=project.pk, state__in=before).update(state=after, completed_at=completed_at)
    project.refresh_from_db()
    if not moved:
        raise WrongState(
            f"The project is {project.get_state_display().lower()}: it cannot be {_PARTICIPLE[verb]} now.",
            state=project.state,
        )
    audit.record(actor, f"project.{verb}", project)
    return project


_PARTICIPLE = {
    "start": "started",
    "pause": "paused",
    "resume": "resumed",
    "complete": "completed",
    "reopen": "reopened",
    "archive": "archived",
    "restore": "restored",
}


@transaction.atomic
def start(*, project: Project, actor: User | None) -> Job:
    """Starts a complete draft: its tasks are made in the background, then it runs. Again after a failed job, too."""
    missing = lacks(project)
    if missing:
        fields: dict[str, list[str]] = {}
        for lack in missing:
            fields.setdefault(lack.step, []).append(lack.message)
        raise NotReady(missing[0].message, fields=fields)
    if unfinished_initialization(project) is not None:
        raise WrongState("The project is being initialized already.", state=project.state)
    _step(project, (State.DRAFT, State.INITIALIZING), State.INITIALIZING, actor, "start")
    Project.objects.filter(pk=project.pk).update(error="")
    project.error = ""
    return _enqueue(project, actor)


def _enqueue(project: Project, actor: User | None) -> Job:
    return jobs.enqueue(
        INITIALIZE,
        organisation_id=project.organisation_id,
        workspace=project.workspace,
        arguments={"project_id": project.pk},
        title=f"Prepare {project.name}"[:200],
        dedupe_key=_dedupe_key(project),
        created_by=actor,
    )


def _dedupe_key(project: Project) -> str:
    return f"project:{project.pk}"


def initialization(project: Project) -> Job | None:
    """The latest job that made the project's tasks."""
    return Job.objects.filter(kind=INITIALIZE, dedupe_key=_dedupe_key(project)).order_by("-id").first()


def unfinished_initialization(project: Project) -> Job | None:
    """The same, if it is queued or running."""
    job = initialization(project)
    return job if job and job.state in (Job.State.QUEUED, Job.State.RUNNING) else None


@transaction.atomic
def pause(*, project: Project, actor: User | None) -> Project:
    """Stops labelling: no task is handed out, and what is being labelled is kept as a draft."""
    return _step(project, (State.RUNNING,), State.PAUSED, actor, "pause")


@transaction.atomic
def resume(*, project: Project, actor: User | None) -> Project:
    """Hands out tasks again."""
    return _step(project, (State.PAUSED,), State.RUNNING, actor, "resume")


@transaction.atomic
def complete(*, project: Project, actor: User | None) -> Project:
    """Ends labelling; reading and exporting go on."""
    return _step(project, (State.RUNNING, State.PAUSED), State.COMPLETED, actor, "complete")


@transaction.atomic
def reopen(*, project: Project, actor: User | None) -> Project:
    """Takes labelling up again after completion."""
    return _step(project, (State.COMPLETED,), State.RUNNING, actor, "reopen")


@transaction.atomic
def archive(*, project: Project, actor: User | None) -> Project:
    """Puts a project away; its name is free again."""
    return _step(project, (State.RUNNING, State.PAUSED, State.COMPLETED), State.ARCHIVED, actor, "archive")


@transaction.atomic
def restore(*, project: Project, actor: User | None) -> Project:
    """Takes an archived project back as a paused one, if its name is still free."""
    namesakes = Project.objects.filter(workspace=project.workspace, name=project.name).exclude(pk=project.pk).active()
    if namesakes.exists():
        raise Conflict(f"There is another project “{project.name}” now. Rename that one first.")
    return _step(project, (State.ARCHIVED,), State.PAUSED, actor, "restore")


@transaction.atomic
def discard(*, project: Project, actor: User | None) -> None:
    """Deletes a draft for good."""
    draft = Project.objects.select_for_update().filter(pk=project.pk, state=State.DRAFT).first()
    if draft is None:
        raise WrongState("Only a draft can be discarded. Archive the project instead.", state=project.state)
    audit.record(actor, "project.discard", draft)
    draft.delete()


@transaction.atomic
def add_data(*, project: Project, datasets: list[Dataset], actor: User | None) -> Job:
    """Adds datasets to a project that has started; tasks for their images are made in the background."""
    if project.state not in (State.RUNNING, State.PAUSED):
        raise WrongState("Only a running or paused project takes more data.", state=project.state)
    already = ProjectDataset.objects.filter(project=project, dataset=OuterRef("pk"))
    new = list(
        Dataset.objects.filter(pk__in=[dataset.pk for dataset in datasets], workspace=project.workspace_id)
        .annotate(used=Exists(already))
        .filter(used=False)
    )
    ProjectDataset.objects.bulk_create(
        ProjectDataset(organisation_id=project.organisation_id, project=project, dataset=dataset) for dataset in new
    )
    audit.record(actor, "project.add_data", project, detail={"datasets": [dataset.name for dataset in new]})
    return _enqueue(project, actor)


def take_in_arrivals() -> int:
    """Has tasks made of images that came into datasets of started projects; says for how many projects.

    `manage.py tick` asks again and again, so an image waits for the next time and no longer, whatever was lost on the way.
    One narrow row per project and dataset is compared with its dataset's; images are not touched.
    """
    behind = ProjectDataset.objects.filter(project=OuterRef("pk"), taken_arrival__lt=F("dataset__arrivals"))
    started = Project.objects.filter(Exists(behind), state__in=(State.RUNNING, State.PAUSED)).order_by("pk")
    return sum(_take_in(project) for project in started.select_related("workspace").iterator(chunk_size=500))


def _take_in(project: Project) -> bool:
    key = f"{_dedupe_key(project)}:arrivals"
    failed_lately = Job.objects.filter(
        organisation=project.organisation_id,
        kind=INITIALIZE,
        dedupe_key=key,
        state=Job.State.FAILED,
        finished_at__gt=timezone.now() - _REST,
    )
    if failed_lately.exists():
        return False
    jobs.enqueue(
        INITIALIZE,
        organisation_id=project.organisation_id,
        workspace=project.workspace,
        arguments={"project_id": project.pk},
        title=f"Add new images to {project.name}"[:200],
        dedupe_key=key,
    )
    return True
