"""The sample organisation of `make demo`: people, images, projects, and some of the labels, all made by the real verbs.

Every step looks first for what it would make, so a run that was interrupted goes on where it was, and a run after a whole one
changes nothing. The images are rendered scenes whose things and boxes are known, or, where the user names a folder, that
folder's.
"""

import time
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction

from annotations import answering, queue, submitting
from annotations.models import Task
from exports import samples, services
from exports.models import Export
from projects import (
    audit,
    datasets,
    datastores,
    jobs,
    lifecycle,
    organisations,
    setup,
    taxonomy,
    tenancy,
    workspaces,
)
from projects.models import Dataset, Datastore, Job, Label, Membership, Organisation, Project, User, Workspace

JOB_SECONDS = 120
LABELLED_SHARE = 1 / 3


def seed(*, password: str, images: Path | None = None, say: Callable[[str], None] = lambda _: None) -> Organisation:
    """Makes what is missing of the sample organisation; `images` is a folder to label in place of rendered scenes."""
    with tenancy.system_access("seed the sample organisation"):
        return _Seeding(password, say).run(images)


class _Seeding:
    def __init__(self, password: str, say: Callable[[str], None]) -> None:
        self.password = password
        self.say = say

    def run(self, images: Path | None) -> Organisation:
        organisation = self._organisation()
        objects, archive = (
            self._workspace(organisation, samples.OBJECTS),
            self._workspace(organisation, samples.ARCHIVE),
        )
        self._team(organisation, [objects, archive])
        if images:
            projects = [self._project(plan, self._folder(objects, images)) for plan in samples.FOLDER_PLANS]
        else:
            projects = self._scene_projects(objects, archive)
        self._let_vendor_label(projects[0])
        return organisation

    def person(self, login: samples.Login, *, is_admin: bool = False) -> User:
        """The account, with a verified address."""
        if user := User.objects.filter(email=login.email).first():
            return user
        with transaction.atomic():
            user = User.objects.create_user(
                login.email, self.password, name=login.name, is_staff=is_admin, is_superuser=is_admin
            )
            EmailAddress.objects.create(user=user, email=login.email, primary=True, verified=True)
        return user

    @cached_property
    def manager(self) -> User:
        return self.person(samples.MANAGER)

    def _organisation(self) -> Organisation:
        owner = self.person(samples.OWNER)
        found = Organisation.objects.filter(name=samples.ORGANISATION, memberships__user=owner).first()
        return found or organisations.found(owner=owner, name=samples.ORGANISATION)

    def _workspace(self, organisation: Organisation, name: str) -> Workspace:
        owner = self.person(samples.OWNER)
        if found := Workspace.objects.filter(organisation=organisation, name=name).first():
            return found
        first = Workspace.objects.filter(organisation=organisation, name=organisations.FIRST_WORKSPACE).first()
        if first:
            return workspaces.update(workspace=first, actor=owner, name=name)
        return workspaces.create(organisation=organisation, name=name, actor=owner)

    def _team(self, organisation: Organisation, places: Sequence[Workspace]) -> None:
        self.person(samples.ADMIN, is_admin=True)
        roles = [
            (samples.MANAGER, "manager"),
            (samples.REVIEWER, "reviewer"),
            *((labeller, "labeller") for labeller in samples.LABELLERS),
        ]
        for login, role in roles:
            user = self.person(login)
            self._join(user, "member", organisation=organisation)
            for workspace in places:
                self._join(user, role, organisation=organisation, workspace=workspace)

    def _join(self, user: User, role: str, **place: Any) -> None:
        # Not by people.add, which writes to whom it adds: these addresses are nobody's.
        keys = {"workspace": None, "project": None, **place}
        if Membership.objects.filter(user=user, **keys).exists():
            return
        with transaction.atomic():
            Membership.objects.create(user=user, role=role, **keys)
            there = keys["project"] or keys["workspace"] or keys["organisation"]
            audit.record(self.person(samples.OWNER), "person.add", there, detail={"email": user.email, "role": role})

    def _let_vendor_label(self, project: Project) -> None:
        owner = self.person(samples.VENDOR_OWNER)
        vendor = Organisation.objects.filter(name=samples.VENDOR, memberships__user=owner).first()
        if vendor is None:
            vendor = organisations.found(owner=owner, name=samples.VENDOR, kind=Organisation.Kind.VENDOR)
        labeller = self.person(samples.VENDOR_LABELLER)
        self._join(labeller, "member", organisation=vendor)
        self._join(labeller, "labeller", organisation=project.organisation, project=project)

    def _folder(self, workspace: Workspace, images: Path) -> Dataset:
        location = {"path": str(images)}
        store = Datastore.objects.filter(workspace=workspace, kind=Datastore.Kind.LOCAL, location=location).first()
        if store is None:
            connection = datastores.Connection(Datastore.Kind.LOCAL, location)
            store = datastores.create(
                actor=self.manager, workspace=workspace, name=_free_name(workspace, images), connection=connection
            )
        return self._dataset(workspace, store, store.name, "**/*.*")

    def _scene_projects(self, objects: Workspace, archive: Workspace) -> list[Project]:
        truths = samples.Library(settings.VAR_DIR / "scenes", self.say)
        made = []
        for workspace, plans, numbers in (
            (objects, samples.SAMPLE_PLANS, range(samples.SCENES)),
            (archive, samples.ARCHIVE_PLANS, range(samples.SCENES // 3)),
        ):
            made += self._labelled_projects(workspace, plans, truths, numbers)
        return [*made, self._slices(objects)]

    def _slices(self, workspace: Workspace) -> Project:
        """A project on DICOM, which nobody has begun."""
        store = datastores.built_in(workspace)
        if not Dataset.objects.filter(workspace=workspace, name="Computed slices", image_count=samples.SLICES).exists():
            samples.put_slices(datastores.for_datastore(store))
        pattern = f"{samples.SLICE_FOLDER}/*.dcm"
        return self._project(
            samples.SLICE_PLAN, self._dataset(workspace, store, "Computed slices", pattern, least=samples.SLICES)
        )

    def _labelled_projects(
        self, workspace: Workspace, plans: Sequence[samples.Plan], library: samples.Library, numbers: range
    ) -> list[Project]:
        store = datastores.built_in(workspace)
        dataset = Dataset.objects.filter(workspace=workspace, name="Sample scenes").first()
        if dataset is None or dataset.image_count < len(numbers):
            library.put(datastores.for_datastore(store), numbers)
        dataset = self._dataset(workspace, store, "Sample scenes", f"{samples.FOLDER}/*.jpg", least=len(numbers))
        projects = [self._project(plan, dataset) for plan in plans]
        for plan, project in zip(plans, projects, strict=True):
            self._label(project, plan, library)
            self._export(project)
        return projects

    def _dataset(self, workspace: Workspace, store: Datastore, name: str, pattern: str, *, least: int = 1) -> Dataset:
        dataset = Dataset.objects.filter(workspace=workspace, name=name).first()
        if dataset is None:
            source = Dataset.Source.PATTERN
            dataset = datasets.create(
                actor=self.manager, workspace=workspace, name=name, source=source, datastore=store, pattern=pattern
            )
        elif dataset.image_count < least:
            datasets.refresh(actor=self.manager, dataset=dataset)
        if dataset.image_count < least:
            self.say(f"Reading the images of {name} …")
            _finish(datasets.latest_job(dataset))
            dataset.refresh_from_db()
        return dataset

    def _project(self, plan: samples.Plan, dataset: Dataset) -> Project:
        project = Project.objects.filter(workspace=dataset.workspace, name=plan.name).active().first()
        if project is None:
            with transaction.atomic():
                project = setup.create(
                    workspace=dataset.workspace,
                    name=plan.name,
                    task_type=plan.task_type,
                    actor=self.manager,
                    instructions=plan.instructions,
                    page_size=plan.page_size,
                )
                setup.choose_data(project=project, datasets=[dataset], actor=self.manager)
                taxonomy.save_nested(project=project, labels=plan.labels, actor=self.manager)
        if project.state == Project.State.DRAFT:
            lifecycle.start(project=project, actor=self.manager)
        if project.state in (Project.State.DRAFT, Project.State.INITIALIZING):
            _finish(lifecycle.initialization(project))
            project.refresh_from_db()
        return project

    def _label(self, project: Project, plan: samples.Plan, library: samples.Library) -> None:
        """The two labellers take turns at the queue until a third of the images is labelled, with what is truly there."""
        assert plan.answer is not None
        tasks = Task.objects.filter(project=project)
        wanted = round(tasks.count() * LABELLED_SHARE) - tasks.exclude(status=Task.Status.OPEN).count()
        if wanted <= 0 or project.state != Project.State.RUNNING:
            return
        self.say(f"Labelling a third of {project.name} …")
        codes = {path: str(code) for path, code in Label.objects.filter(project=project).values_list("path", "code")}
        for login in cycle(samples.LABELLERS):
            labeller = self.person(login)
            with tenancy.acting_as(labeller):
                count = plan.page_size if plan.page_size <= wanted else 1
                done = _label_page(project, labeller, count, plan.answer, codes, library)
            wanted -= done
            if wanted <= 0 or not done:
                return

    def _export(self, project: Project) -> None:
        if project.task_type == Project.TaskType.BOX and not Export.objects.filter(project=project).exists():
            export = services.request_export(project=project, format=Export.Format.COCO, actor=self.manager)
            _finish(export.job)


def _label_page(
    project: Project,
    labeller: User,
    count: int,
    answer: samples.Answer,
    codes: dict[str, str],
    library: samples.Library,
) -> int:
    page = queue.lease(project=project, labeller_id=labeller.pk, count=count)
    items = []
    for held in page.tasks:
        document = answer(library.truth(held.image), codes)
        seconds = 4.0 + 2.5 * len(document["regions"])
        items.append(answering.Item(held.code, held.token, document, "", seconds))
    if items:
        submitting.submit(project=project, labeller_id=labeller.pk, key=uuid4(), items=items)
    return len(items)


def _free_name(workspace: Workspace, images: Path) -> str:
    taken = set(Datastore.objects.filter(workspace=workspace).values_list("name", flat=True))
    base = f"Your images in {images.name}"[:110]
    return next(name for name in (base, *(f"{base} {number}" for number in range(2, 999))) if name not in taken)


def _finish(job: Job | None) -> None:
    """Runs what is due until the job has ended: here, or in a worker that was quicker."""
    assert job is not None
    deadline = time.monotonic() + JOB_SECONDS
    while not job.has_ended:
        jobs.run_due()
        job.refresh_from_db()
        if job.has_ended:
            break
        if time.monotonic() > deadline:
            raise TimeoutError(f"“{job.title}” has not ended after {JOB_SECONDS} s.")
        time.sleep(0.1)
    if job.state != Job.State.SUCCEEDED:
        raise RuntimeError(f"“{job.title}” {job.get_state_display().lower()}: {job.error_detail}")
