from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from projects.codes import new_code
from projects.models.data import Dataset
from projects.models.organisation import Membership, Organisation, Workspace
from projects.tenancy import Actor, TenantForeignKey, TenantQuerySet


class ProjectQuerySet(models.QuerySet["Project"]):
    def for_user(self, user: Actor) -> Self:
        """Projects of the user's workspaces, and those they are a member of by name."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            Q(workspace__in=Workspace.objects.for_user(user).values("pk"))
            | Q(pk__in=Membership.objects.filter(user=user, project__isnull=False).values("project"))
        )

    def active(self) -> Self:
        return self.exclude(state=Project.State.ARCHIVED)


class Project(models.Model):
    """One labelling job: images, a taxonomy, instructions, and the people who label."""

    class TaskType(models.TextChoices):
        MULTICLASS = "multiclass", "Image classification, one label"
        MULTILABEL = "multilabel", "Image classification, several labels"
        BOX = "box", "Object detection (boxes)"
        POLYGON = "polygon", "Instance segmentation (polygons)"
        SEMANTIC = "semantic", "Semantic segmentation (masks)"

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        INITIALIZING = "initializing", "Initializing"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        COMPLETED = "completed", "Completed"
        ARCHIVED = "archived", "Archived"

    CLASSIFICATION: ClassVar[tuple[str, ...]] = (TaskType.MULTICLASS, TaskType.MULTILABEL)

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    workspace = TenantForeignKey(Workspace, models.CASCADE, related_name="projects")
    code = models.UUIDField(default=new_code, unique=True, editable=False)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=500, blank=True)
    task_type = models.CharField(max_length=10, choices=TaskType)
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    error = models.CharField(max_length=500, blank=True)
    instructions = models.TextField(blank=True, max_length=50_000)
    """Markdown; rendered by projects.markdown, which lets no HTML through."""
    instructions_url = models.URLField(blank=True, max_length=500)
    labellers_minimum = models.PositiveSmallIntegerField(default=1)
    """How many answers an image gets before their agreement is computed."""
    labellers_maximum = models.PositiveSmallIntegerField(default=1)
    lease_minutes = models.PositiveSmallIntegerField(default=30)
    page_size = models.PositiveSmallIntegerField(default=1)
    """Images on a labelling page at first: 1, 4, 6 or 9."""
    seed = models.PositiveIntegerField(default=0)
    """Of the shuffle that orders the queue."""
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"], condition=~Q(state="archived"), name="project_name_unique"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="project_name_given"),
            models.CheckConstraint(
                condition=Q(labellers_minimum__gte=1)
                & Q(labellers_maximum__gte=F("labellers_minimum"))
                & Q(labellers_maximum__lte=15),
                name="project_labellers_range",
            ),
            models.CheckConstraint(condition=Q(page_size__in=(1, 4, 6, 9)), name="project_page_size"),
        ]
        indexes = [models.Index(fields=["workspace", "state", "-created_at"], name="project_by_state")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_classification(self) -> bool:
        return self.task_type in self.CLASSIFICATION


class ProjectDatasetQuerySet(TenantQuerySet["ProjectDataset"]):
    visible_through = "project"


class ProjectDataset(models.Model):
    """A dataset whose images are labelled in a project."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    project = TenantForeignKey(Project, models.CASCADE, related_name="project_datasets")
    dataset = TenantForeignKey(Dataset, models.PROTECT, related_name="project_datasets")
    taken_arrival = models.BigIntegerField(default=0, db_default=0, editable=False)
    taken_image_id = models.BigIntegerField(default=0, db_default=0, editable=False)
    """Up to which arrival, and which image of it, the project has taken the dataset's images in as tasks."""
    flagged_arrival = models.BigIntegerField(default=0, db_default=0, editable=False)
    """Up to which arrival the project's tasks know that their images have changed."""

    objects = ProjectDatasetQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "dataset"], name="project_dataset_unique")]

    def __str__(self) -> str:
        return f"{self.project_id} uses {self.dataset_id}"


class LabelQuerySet(TenantQuerySet["Label"]):
    visible_through = "project"

    def active(self) -> Self:
        return self.filter(archived_at__isnull=True)

    def archived(self, project: Project) -> Self:
        """The archived labels of a project, the latest first."""
        return self.filter(project=project, archived_at__isnull=False).order_by("-archived_at", "path")


class Label(models.Model):
    """A node of a project's taxonomy; every node can be chosen, and is shown by its path, `Animal/Cat`."""

    DEPTH: ClassVar[int] = 6

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    project = TenantForeignKey(Project, models.CASCADE, related_name="labels")
    parent = TenantForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    code = models.UUIDField(default=new_code, unique=True, editable=False)
    name = models.CharField(max_length=100)
    path = models.CharField(max_length=620)
    """The names from the root to this node, joined by `/`; kept by projects.taxonomy."""
    depth = models.PositiveSmallIntegerField(default=0)
    description = models.CharField(max_length=500, blank=True)
    colour = models.CharField(max_length=7)
    hotkey = models.CharField(max_length=1, blank=True)
    position = models.PositiveIntegerField(default=0)
    """Order in the whole tree, depth first."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = LabelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "path"], condition=Q(archived_at__isnull=True), name="label_path_unique"
            ),
            models.UniqueConstraint(
                fields=["project", "hotkey"],
                condition=Q(archived_at__isnull=True) & ~Q(hotkey=""),
                name="label_hotkey_unique",
            ),
            models.CheckConstraint(condition=Q(depth__lt=6), name="label_depth_limit"),
            models.CheckConstraint(condition=Q(colour__regex=r"^#[0-9a-f]{6}$"), name="label_colour_hex"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(name__contains="/"), name="label_name_plain"),
        ]
        indexes = [models.Index(fields=["project", "position"], name="label_by_position")]

    def __str__(self) -> str:
        return self.path


class LabelChangeQuerySet(TenantQuerySet["LabelChange"]):
    visible_through = "project"


class LabelChange(models.Model):
    """Labels that came into a project after its start, and what became of the answers that were there."""

    class Handling(models.TextChoices):
        CONTINUE = "continue", "Go on, keep all answers"
        KEEP = "keep", "Start over, old labels as suggestions"
        CLEAR = "clear", "Start over, empty"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    project = TenantForeignKey(Project, models.CASCADE, related_name="label_changes")
    code = models.UUIDField(default=new_code, unique=True, editable=False)
    handling = models.CharField(max_length=10, choices=Handling)
    added = models.JSONField(default=list)
    """Paths of the new labels, at most 100."""
    job = TenantForeignKey("projects.Job", models.PROTECT, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = LabelChangeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="label_change_latest")]

    def __str__(self) -> str:
        return f"{self.handling}: {', '.join(self.added)}"
