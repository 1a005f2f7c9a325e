"""Makes projects of Azure's exports: store, dataset, project, labels, by the verbs that people use, one after the other.

Whatever is there already by its name is used, so a migration that stopped is simply started again: nothing is made or
written twice.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exports.importing import azure, receiving, requesting
from exports.importing.azure import Survey
from exports.importing.options import Writing
from exports.models import LabelImport
from projects import datasets, datastores, jobs, lifecycle, setup, taxonomy
from projects.errors import DomainError
from projects.label_tree import from_lines
from projects.models import Dataset, Datastore, Job, Project, User, Workspace

PAUSE = 0.5
"""Seconds between looks at a job that a worker has."""
State = LabelImport.State


class Failed(DomainError):
    """A step of the migration did not work; the sentence is the job's."""

    code = "migration_failed"


@dataclass(frozen=True)
class Migration:
    """Where everything goes, and who does it. `say` is told each step."""

    workspace: Workspace
    actor: User
    say: Callable[[str], None]

    def datastore(self, name: str, connection: datastores.Connection) -> Datastore:
        """The workspace's datastore of this name, connected if it is new."""
        known = Datastore.objects.filter(workspace=self.workspace, name=name).first()
        if known is not None:
            return known
        self.say(f"Connecting the datastore {name}.")
        return datastores.create(actor=self.actor, workspace=self.workspace, name=name, connection=connection)

    def dataset(self, datastore: Datastore, name: str) -> Dataset:
        """The dataset of this name, with every image of the datastore, read."""
        made = Dataset.objects.filter(workspace=self.workspace, name=name).first()
        if made is None:
            self.say(f"Reading the images of {datastore.name}.")
            made = datasets.create(
                actor=self.actor,
                workspace=self.workspace,
                name=name,
                source=Dataset.Source.PATTERN,
                datastore=datastore,
            )
        finish(datasets.latest_job(made))
        made.refresh_from_db()
        self.say(f"The dataset {made.name} has {made.image_count:,} images.")
        return made

    def project(self, survey: Survey, dataset: Dataset, name: str) -> Project:
        """The project of this name, with the file's labels, running."""
        project = Project.objects.filter(workspace=self.workspace, name=name).active().first()
        if project is None:
            self.say(f"Making the project {name} with {len(survey.labels):,} labels.")
            project = setup.create(workspace=self.workspace, name=name, task_type=survey.task_type, actor=self.actor)
        if project.state == Project.State.DRAFT:
            setup.choose_data(project=project, datasets=[dataset], actor=self.actor)
            taxonomy.save(project=project, nodes=from_lines("\n".join(survey.labels)), actor=self.actor)
        if project.state in (Project.State.DRAFT, Project.State.INITIALIZING):
            finish(lifecycle.start(project=project, actor=self.actor))
            project.refresh_from_db()
        return project

    def labels(self, survey: Survey, project: Project, *, final: bool) -> LabelImport:
        """Brings the file's labels in, and says what became of them."""
        made = self._checked(survey, project)
        report = made.report
        self.say(
            f"{survey.path.name}: {report['images']:,} images, {report['matched']:,} found, {report['ready']:,} ready, "
            f"{report['answered']:,} answered already, {report['problem_count']:,} problems."
        )
        for problem in report["problems"][:10]:
            self.say(f"  {problem}")
        options = Writing(final=final, create_labels=True)
        finish(requesting.write(label_import=made, actor=self.actor, options=options).job)
        made.refresh_from_db()
        self.say(f"{made.result['written']:,} answers and {made.result['suggestions']:,} suggestions written.")
        return made

    def _checked(self, survey: Survey, project: Project) -> LabelImport:
        made = requesting.announce(
            project=project,
            actor=self.actor,
            name=survey.path.name,
            byte_size=survey.path.stat().st_size,
            form=survey.format,
        )
        with survey.path.open("rb") as file:
            file.seek(made.received)
            while made.state == State.RECEIVING:
                data = file.read(receiving.CHUNK)
                made = requesting.receive(label_import=made, actor=self.actor, offset=made.received, data=data)
        finish(made.job)
        made.refresh_from_db()
        return made


def surveyed(source: Path, say: Callable[[str], None]) -> list[Survey]:
    """Every export below a folder; what is none is passed over and said."""
    found = []
    for path in azure.exports_in(source):
        survey = azure.survey(path)
        if survey is None:
            say(f"{path.name} is no export of labels.")
        elif survey.labels:
            say(f"{path.name}: {survey.images:,} images, {len(survey.labels):,} labels, {survey.task_type}.")
            found.append(survey)
    return found


def finish(job: Any) -> None:
    """Runs the job here, or waits for the worker that was quicker."""
    if job is None:
        return
    job.refresh_from_db()
    while not job.has_ended:
        if not jobs.run_due(limit=1):
            time.sleep(PAUSE)
        job.refresh_from_db()
    if job.state != Job.State.SUCCEEDED:
        raise Failed(f"{job.title}: {job.error_detail or job.get_state_display()}")
