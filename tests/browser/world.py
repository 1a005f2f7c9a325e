"""What a browser test starts from: people, and projects on real pixels, made by the product's own verbs."""

import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress

from projects import datasets, datastores, jobs, lifecycle, organisations, setup, taxonomy
from projects.models import Dataset, Datastore, Job, Membership, Organisation, Project, User, Workspace
from projects.scenes import encode, render_scene
from tests import factories
from tests.browser.site import Site

SCENE_SIZE = (480, 320)


@cache
def scene(seed: int) -> bytes:
    """JPEG bytes of a small scene."""
    return encode(render_scene(seed, *SCENE_SIZE).image)


@dataclass
class World:
    """An organisation with a workspace, a manager and labellers; every test has its own."""

    site: Site
    organisation: Organisation
    workspace: Workspace
    owner: User
    manager: User
    labellers: list[User] = field(default_factory=list)

    def person(self, name: str, role: str) -> User:
        """A member of the workspace, who can sign in with `factories.PASSWORD`."""
        user = factories.UserFactory(name=name, email=f"{name.split()[0].lower()}{self.organisation.pk}@example.com")
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
        place = {"organisation": self.organisation, "user": user}
        Membership.objects.create(**place, role="member")
        Membership.objects.create(**place, workspace=self.workspace, role=role)
        return user

    def folder(self, name: str, images: dict[str, bytes]) -> Path:
        """A folder of the server with these files, below an allowed root."""
        folder = self.site.images / f"{self.organisation.pk}-{name}"
        folder.mkdir(exist_ok=True)
        for file, content in images.items():
            (folder / file).write_bytes(content)
        return folder

    def dataset(self, name: str, folder: Path) -> Dataset:
        """A dataset of all files in the folder, read."""
        store = datastores.create(
            actor=self.manager,
            workspace=self.workspace,
            name=name,
            connection=datastores.Connection(Datastore.Kind.LOCAL, {"path": str(folder)}),
        )
        made = datasets.create(
            actor=self.manager, workspace=self.workspace, name=name, source=Dataset.Source.PATTERN, datastore=store
        )
        finish(datasets.latest_job(made))
        made.refresh_from_db()
        return made

    def project(self, task_type: str, labels: list[str | dict[str, Any]], images: int, **settings: object) -> Project:
        """A running project on rendered scenes."""
        files = {f"scene-{seed:02}.jpg": scene(seed) for seed in range(images)}
        return self.project_of(task_type, labels, files, **settings)

    def project_of(
        self, task_type: str, labels: list[str | dict[str, Any]], files: dict[str, bytes], **settings: object
    ) -> Project:
        """A running project on these files; labels by name, or with children as the API takes them."""
        name = f"{task_type} of {len(files)}"
        project = setup.create(workspace=self.workspace, name=name, task_type=task_type, actor=self.manager, **settings)
        dataset = self.dataset(name, self.folder(task_type, files))
        setup.choose_data(project=project, datasets=[dataset], actor=self.manager)
        taxonomy.save_nested(
            project=project,
            labels=[label if isinstance(label, dict) else {"name": label} for label in labels],
            actor=self.manager,
        )
        finish(lifecycle.start(project=project, actor=self.manager))
        project.refresh_from_db()
        assert project.state == Project.State.RUNNING
        return project


def make_world(site: Site) -> World:
    """A new organisation with two labellers."""
    owner = factories.UserFactory(name="Olga Owner")
    organisation = organisations.found(owner=owner, name="Quarry Vision")
    workspace = Workspace.objects.get(organisation=organisation)
    world = World(site, organisation, workspace, owner, manager=owner)
    world.manager = world.person("Mona Manager", "manager")
    world.labellers = [world.person("Lars Labeller", "labeller"), world.person("Lena Labeller", "labeller")]
    return world


def finish(job: Job | None) -> None:
    """Runs the job here, or waits for the worker that was quicker."""
    assert job is not None
    deadline = time.monotonic() + 60
    while not job.has_ended:
        jobs.run_due()
        job.refresh_from_db()
        assert time.monotonic() < deadline, f"{job.title} does not end"
    assert job.state == Job.State.SUCCEEDED, job.error_detail
