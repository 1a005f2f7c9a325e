"""One unsurprising factory per model. Rows of one tenant hang together by default."""

import secrets

import factory
from factory.django import DjangoModelFactory

from annotations.models import Task
from projects.models import Dataset, Datastore, Image, Label, Organisation, Project, ProjectDataset, User, Workspace

PASSWORD = "correct horse battery"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = factory.django.Password(PASSWORD)


class OrganisationFactory(DjangoModelFactory):
    class Meta:
        model = Organisation

    name = factory.Sequence(lambda n: f"Organisation {n}")


class WorkspaceFactory(DjangoModelFactory):
    class Meta:
        model = Workspace

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda n: f"Workspace {n}")


class DatastoreFactory(DjangoModelFactory):
    class Meta:
        model = Datastore

    workspace = factory.SubFactory(WorkspaceFactory)
    organisation = factory.SelfAttribute("workspace.organisation")
    name = factory.Sequence(lambda n: f"Store {n}")
    kind = Datastore.Kind.LOCAL
    location = factory.LazyFunction(lambda: {"path": ""})


class DatasetFactory(DjangoModelFactory):
    class Meta:
        model = Dataset

    workspace = factory.SubFactory(WorkspaceFactory)
    organisation = factory.SelfAttribute("workspace.organisation")
    datastore = factory.SubFactory(
        DatastoreFactory,
        workspace=factory.SelfAttribute("..workspace"),
    )
    name = factory.Sequence(lambda n: f"Dataset {n}")
    source = Dataset.Source.PATTERN
    state = Dataset.State.READY


class ImageFactory(DjangoModelFactory):
    class Meta:
        model = Image

    dataset = factory.SubFactory(DatasetFactory)
    workspace = factory.SelfAttribute("dataset.workspace")
    organisation = factory.SelfAttribute("dataset.organisation")
    key = factory.Sequence(lambda n: f"photos/{n:06}.jpg")
    name = factory.LazyAttribute(lambda image: image.key.rsplit("/", 1)[-1])
    format = "jpeg"
    width = 640
    height = 480
    byte_size = 1000


class ProjectFactory(DjangoModelFactory):
    class Meta:
        model = Project

    workspace = factory.SubFactory(WorkspaceFactory)
    organisation = factory.SelfAttribute("workspace.organisation")
    name = factory.Sequence(lambda n: f"Project {n}")
    task_type = Project.TaskType.BOX
    state = Project.State.RUNNING


class ProjectDatasetFactory(DjangoModelFactory):
    class Meta:
        model = ProjectDataset

    project = factory.SubFactory(ProjectFactory)
    organisation = factory.SelfAttribute("project.organisation")
    dataset = factory.SubFactory(DatasetFactory, workspace=factory.SelfAttribute("..project.workspace"))


class LabelFactory(DjangoModelFactory):
    class Meta:
        model = Label

    project = factory.SubFactory(ProjectFactory)
    organisation = factory.SelfAttribute("project.organisation")
    name = factory.Sequence(lambda n: f"Label {n}")
    path = factory.SelfAttribute("name")
    colour = "#2266aa"
    position = factory.Sequence(lambda n: n)


class TaskFactory(DjangoModelFactory):
    class Meta:
        model = Task

    project = factory.SubFactory(ProjectFactory)
    organisation = factory.SelfAttribute("project.organisation")
    image = factory.SubFactory(ImageFactory, dataset__workspace=factory.SelfAttribute("...project.workspace"))
    shuffle_key = factory.LazyFunction(lambda: secrets.randbits(31))
