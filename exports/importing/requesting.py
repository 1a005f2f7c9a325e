"""What people do with imports of labels: announce a file, have it looked through, have it written, undo it, throw it away."""

from dataclasses import replace
from datetime import timedelta
from pathlib import PurePosixPath

from django.db import transaction
from django.utils import timezone

from exports.importing import checking, receiving
from exports.importing.options import Reading, Writing
from exports.models import ImportedTask, LabelImport
from projects import audit, jobs, taxonomy
from projects.errors import BadInput, Conflict
from projects.label_tree import Node
from projects.models import Job, LabelChange, Project, User

CHECK, APPLY, UNDO = "exports.check-labels", "exports.import-labels", "exports.undo-import"
KEPT = timedelta(days=7)
"""How long a file that stopped coming is waited for."""
State = LabelImport.State
AT_WORK = (State.CHECKING, State.WRITING, State.UNDOING)
WRITABLE = (Project.State.RUNNING, Project.State.PAUSED)


class WrongMoment(Conflict):
    """The import is not at a point where this can be done."""

    code = "import_wrong_state"


class ProjectNotReady(Conflict):
    """The project has no tasks yet, or takes no labels any more."""

    code = "project_not_running"


@transaction.atomic
def announce(*, project: Project, actor: User, name: str, byte_size: int, form: str = "") -> LabelImport:
    """Registers a file before its first byte; its chunks follow. One that the same person began is gone on with.

    `form` is for who knows the format better than the file shows.
    """
    if not 0 < byte_size <= receiving.MOST_BYTES:
        raise BadInput(
            f"A file of labels has between 1 byte and {receiving.MOST_BYTES >> 30} GiB.",
            fields={"byte_size": ["The file is empty or too large."]},
        )
    called = PurePosixPath(name.replace("\\", "/")).name[:255] or "labels"
    same = {"project": project, "name": called, "format": form, "byte_size": byte_size, "created_by": actor}
    begun = LabelImport.objects.filter(**same, state=State.RECEIVING).order_by("-pk").first()
    return begun or LabelImport.objects.create(organisation_id=project.organisation_id, **same)


def receive(*, label_import: LabelImport, actor: User, offset: int, data: bytes) -> LabelImport:
    """Takes the next chunk; after the last one the file is looked through."""
    taken = receiving.receive(sent=label_import, offset=offset, data=data)
    if taken.state == State.RECEIVING and taken.received == taken.byte_size:
        return check(label_import=taken, actor=actor)
    return taken


@transaction.atomic
def check(
    *, label_import: LabelImport, actor: User, options: Reading | None = None, form: str | None = None
) -> LabelImport:
    """Has the file looked through, again with other options if wished. Changes nothing of the project."""
    label_import = _locked(label_import)
    if label_import.received < label_import.byte_size:
        raise WrongMoment("The file has not arrived whole.")
    if label_import.state not in (State.RECEIVING, State.CHECKING, State.CHECKED) or is_at_work(label_import):
        raise WrongMoment("The file is being read, or its labels were imported already.")
    if options is not None:
        now = Reading.of(label_import.reading)
        label_import.reading = replace(options, dataset=now.dataset).chosen()
    if form is not None:
        label_import.format = form
    label_import.state = State.CHECKING
    label_import.report = {}
    label_import.job = _enqueue(CHECK, label_import, "Look through", actor)
    label_import.save(update_fields=["reading", "format", "state", "report", "job"])
    return label_import


@transaction.atomic
def write(*, label_import: LabelImport, actor: User, options: Writing) -> LabelImport:
    """Has the labels written as they were looked through; whoever asks gives the answers."""
    label_import = _locked(label_import)
    project = Project.objects.select_for_update(no_key=True).get(pk=label_import.project_id)
    if label_import.state != State.CHECKED:
        raise WrongMoment("Only a file that was looked through can be imported, and only once.")
    if project.state not in WRITABLE:
        raise ProjectNotReady("Labels can be imported while a project is running or paused. Start it first.")
    if checking.fingerprint_of(project) != label_import.fingerprint:
        raise WrongMoment("The project's labels or datasets have changed. Look the file through again.")
    if options.create_labels:
        _add_labels(label_import, project, actor)
        label_import.fingerprint = checking.fingerprint_of(project)
    label_import.writing = options.chosen()
    label_import.state = State.WRITING
    label_import.created_by = actor
    label_import.job = _enqueue(APPLY, label_import, "Import", actor)
    label_import.save(update_fields=["writing", "fingerprint", "state", "job", "created_by"])
    audit.record(actor, "labels.import", label_import, detail={"file": label_import.name, **label_import.writing})
    return label_import


@transaction.atomic
def go_on(*, label_import: LabelImport, actor: User) -> LabelImport:
    """Takes a writing or undoing up again that failed or was cancelled, behind what it had done."""
    label_import = _locked(label_import)
    if label_import.state not in (State.WRITING, State.UNDOING) or label_import.job is None:
        raise WrongMoment("There is nothing to go on with.")
    jobs.retry(label_import.job)
    audit.record(actor, "labels.import-again", label_import)
    return label_import


@transaction.atomic
def undo(*, label_import: LabelImport, actor: User) -> LabelImport:
    """Has everything taken back that nobody has touched since; also of an import that stopped half-way."""
    label_import = _locked(label_import)
    if label_import.state not in (State.DONE, State.WRITING) or is_at_work(label_import):
        raise WrongMoment("Only an import that has ended can be undone, and only once.")
    label_import.state = State.UNDOING
    label_import.job = _enqueue(UNDO, label_import, "Undo import of", actor)
    label_import.save(update_fields=["state", "job"])
    audit.record(actor, "labels.undo-import", label_import)
    return label_import


@transaction.atomic
def discard(*, label_import: LabelImport, actor: User) -> None:
    """Throws a file away of which nothing was written."""
    label_import = _locked(label_import)
    if label_import.state not in (State.RECEIVING, State.CHECKING, State.CHECKED) or is_at_work(label_import):
        raise WrongMoment("Only a file that was not imported can be thrown away. Undo the import instead.")
    audit.record(actor, "labels.discard-import", label_import)
    label_import.delete()
    transaction.on_commit(lambda: receiving.forget(label_import))


def is_at_work(label_import: LabelImport) -> bool:
    """Whether its job is reading, writing or undoing. A state that says what is done is written before its job ends."""
    job = label_import.job
    return label_import.state in AT_WORK and job is not None and job.state in (Job.State.QUEUED, Job.State.RUNNING)


def undoable(label_import: LabelImport) -> bool:
    """Whether there is something that could be taken back now."""
    is_over = label_import.state in (State.DONE, State.WRITING) and not is_at_work(label_import)
    return is_over and ImportedTask.objects.filter(label_import=label_import).exists()


def discard_stale() -> None:
    """Forgets files that nobody has sent the rest of for a week, in any tenant."""
    stale = LabelImport.objects.filter(state=State.RECEIVING, created_at__lt=timezone.now() - KEPT)
    for label_import in stale.iterator(chunk_size=200):
        receiving.forget(label_import)
        label_import.delete()


def _locked(label_import: LabelImport) -> LabelImport:
    # In two steps: who waited for the lock would see the row as it is now, but joined rows as they were before.
    LabelImport.objects.select_for_update(no_key=True).get(pk=label_import.pk)
    return LabelImport.objects.select_related("project__workspace", "job").get(pk=label_import.pk)


def _enqueue(kind: str, label_import: LabelImport, verb: str, actor: User) -> Job:
    return jobs.enqueue(
        kind,
        organisation_id=label_import.organisation_id,
        workspace=label_import.project.workspace,
        arguments={"import_id": label_import.pk},
        title=f"{verb} {label_import.name}",
        dedupe_key=f"import:{label_import.pk}",
        created_by=actor,
    )


def _add_labels(label_import: LabelImport, project: Project, actor: User) -> None:
    """Adds the labels that the project lacks, below those that their paths begin with; answers stay as they are."""
    paths = [row["path"] for row in label_import.report.get("labels", ()) if not row["known"]]
    if not paths:
        return
    nodes = taxonomy.read(project)
    for path in paths:
        siblings = nodes
        for name in (step.strip() for step in path.split("/")):
            known = next((node for node in siblings if node.name == name), None)
            if known is None:
                known = Node(name, hotkey=None)
                siblings.append(known)
            siblings = known.children
    taxonomy.save(project=project, nodes=nodes, actor=actor, handling=LabelChange.Handling.CONTINUE)
