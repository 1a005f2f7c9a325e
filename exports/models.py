from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from annotations.models import Task
from projects.codes import new_code
from projects.models import Dataset, Datastore, Job, Organisation, Project, Workspace
from projects.tenancy import TenantForeignKey, TenantQuerySet


class ExportQuerySet(TenantQuerySet["Export"]):
    visible_through = "project"


class Export(models.Model):
    """A dataset written out of a project at one instant, with a manifest; its job holds state and progress."""

    class Format(models.TextChoices):
        COCO = "coco", "COCO JSON"
        YOLO = "yolo", "YOLO"
        AUTOML = "automl", "Azure AutoML"
        VOC = "voc", "Pascal VOC"
        MASKS = "masks", "PNG masks"
        FOLDERS = "folders", "Class folders"
        CVAT = "cvat", "CVAT XML"
        LABEL_STUDIO = "labelstudio", "Label Studio"
        CSV = "csv", "CSV"
        NATIVE = "native", "Labelwright JSONL"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    project = TenantForeignKey(Project, models.CASCADE, related_name="exports")
    job = TenantForeignKey(Job, models.PROTECT, null=True, related_name="+")
    code = models.UUIDField(default=new_code, unique=True, editable=False)
    name = models.CharField(max_length=160)
    """Versioned: project, format, date and time; the folder in the output store, and the file on download."""
    format = models.CharField(max_length=20, choices=Format)
    filters = models.JSONField(default=dict)
    """Which tasks: `{"statuses": […], "labels": [label codes]}`."""
    options = models.JSONField(default=dict, db_default={})
    """How it is written: `exports.writing.Options`, without those that are as usual."""
    datastore = TenantForeignKey(Datastore, models.PROTECT, null=True, related_name="+")
    """The output store. None for exports from before there was a choice: they lie in the installation's own."""
    key = models.CharField(max_length=300, blank=True)
    """Where the file lies in the output store; empty until it is complete."""
    frozen = models.JSONField(default=dict, db_default={})
    """What the export holds, kept by the installation: `exports.freezing.Frozen`. Empty until it is frozen."""
    byte_size = models.BigIntegerField(default=0)
    checksum = models.CharField(max_length=64, blank=True)
    manifest = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    completed_at = models.DateTimeField(null=True, blank=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["datastore", "name"], condition=models.Q(datastore__isnull=False), name="export_folder_unique"
            ),
        ]
        indexes = [models.Index(fields=["project", "-id"], name="export_latest")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_archive(self) -> bool:
        return self.key.endswith(".zip")

    @property
    def frozen_at(self) -> datetime | None:
        """The instant of the project that it holds."""
        return datetime.fromisoformat(self.frozen["at"]) if self.frozen else None


class ImageListQuerySet(TenantQuerySet["ImageList"]):
    visible_through = "workspace"


class ImageList(models.Model):
    """A file that names images of a datastore, looked through first; then the dataset of these images, and it is frozen.

    The file lies in the installation's store, in the parts in which it came; so do the keys that were found in it.
    """

    class State(models.TextChoices):
        RECEIVING = "receiving", "Uploading"
        CHECKING = "checking", "Looking through"
        CHECKED = "checked", "Ready"
        DONE = "done", "Dataset made"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    workspace = TenantForeignKey(Workspace, models.CASCADE, related_name="+")
    datastore = TenantForeignKey(Datastore, models.SET_NULL, null=True, related_name="+")
    dataset = TenantForeignKey(Dataset, models.SET_NULL, null=True, related_name="+")
    job = TenantForeignKey(Job, models.PROTECT, null=True, related_name="+")
    code = models.UUIDField(default=new_code, unique=True, editable=False)
    name = models.CharField(max_length=255)
    """The file's name as the person has it; only a label, never a path."""
    format = models.CharField(max_length=20, choices=Export.Format, blank=True)
    """Empty until it is known: found out from the file, or said."""
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVING)
    byte_size = models.BigIntegerField()
    received = models.BigIntegerField(default=0)
    checksum = models.CharField(max_length=64, blank=True)
    """SHA-256 of the file as it was looked through."""
    reading = models.JSONField(default=dict)
    """How the file is read: `exports.importing.options.Reading`."""
    spoken = models.CharField(max_length=120, blank=True)
    """What the file calls the datastore; empty: as it is called here, or the one name that the file has."""
    final = models.BooleanField(default=False)
    """Whether its labels are meant as answers; else as suggestions."""
    key = models.CharField(max_length=200, blank=True)
    """Where the keys are that were found (projects.listed); empty until the file was looked through."""
    report = models.JSONField(default=dict)
    """What looking through found: `exports.lists.looking.Found`."""
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    checked_at = models.DateTimeField(null=True, blank=True)

    objects = ImageListQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset"], name="image_list_dataset_unique"),
            models.CheckConstraint(
                condition=Q(received__gte=0) & Q(received__lte=models.F("byte_size")),
                name="image_list_received_in_size",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-id"], name="image_list_latest"),
            models.Index(fields=["created_at"], condition=Q(dataset__isnull=True), name="image_list_without_dataset"),
        ]

    def __str__(self) -> str:
        return self.name


class LabelImportQuerySet(TenantQuerySet["LabelImport"]):
    visible_through = "project"


class LabelImport(models.Model):
    """A file of labels that is brought into a project: looked through first, then written, and undone if wished.

    The file lies in the installation's store, in the parts in which it came. Its latest job holds progress and error.
    """

    class State(models.TextChoices):
        RECEIVING = "receiving", "Uploading"
        CHECKING = "checking", "Looking through"
        CHECKED = "checked", "Ready to import"
        WRITING = "writing", "Importing"
        DONE = "done", "Imported"
        UNDOING = "undoing", "Undoing"
        UNDONE = "undone", "Undone"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    project = TenantForeignKey(Project, models.CASCADE, related_name="label_imports")
    job = TenantForeignKey(Job, models.PROTECT, null=True, related_name="+")
    code = models.UUIDField(default=new_code, unique=True, editable=False)
    name = models.CharField(max_length=255)
    """The file's name as the person has it; only a label, never a path."""
    format = models.CharField(max_length=20, choices=Export.Format, blank=True)
    """Empty until it is known: found out from the file, or said."""
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVING)
    byte_size = models.BigIntegerField()
    received = models.BigIntegerField(default=0)
    checksum = models.CharField(max_length=64, blank=True)
    """SHA-256 of the file as it was looked through."""
    reading = models.JSONField(default=dict)
    """How the file is read: `exports.importing.options.Reading`."""
    writing = models.JSONField(default=dict)
    """How labels are written: `exports.importing.options.Writing`."""
    image_list = TenantForeignKey(ImageList, models.SET_NULL, null=True, related_name="+")
    """The list of a dataset that came with these labels; its file is the list's."""
    fingerprint = models.CharField(max_length=64, blank=True)
    """Of the project's labels and datasets as they were when the file was looked through."""
    report = models.JSONField(default=dict)
    """What looking through found: `exports.importing.tally.Tally`."""
    result = models.JSONField(default=dict)
    """What was written, and what undoing took back."""
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    """Whose answers the labels become."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    checked_at = models.DateTimeField(null=True, blank=True)
    written_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = LabelImportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(received__gte=0) & Q(received__lte=models.F("byte_size")),
                name="label_import_received_in_size",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "-id"], name="label_import_latest"),
            models.Index(fields=["created_at"], condition=Q(state="receiving"), name="label_import_unfinished"),
        ]

    def __str__(self) -> str:
        return self.name


class ImportedTaskQuerySet(TenantQuerySet["ImportedTask"]):
    visible_through = "label_import"


class ImportedTask(models.Model):
    """What a task was before an import wrote to it, so that this can be undone and is never done twice."""

    class Own(models.TextChoices):
        NONE = "none", "No answer was written"
        NEW = "new", "An answer where the importer had none"
        DRAFT = "draft", "An answer where the importer had a draft"
        ANSWER = "answer", "An answer in place of the importer's own"

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    label_import = TenantForeignKey(LabelImport, models.CASCADE, related_name="tasks", db_index=False)
    task = TenantForeignKey(Task, models.CASCADE, related_name="+")
    own = models.CharField(max_length=10, choices=Own)
    status = models.CharField(max_length=12, choices=Task.Status)
    open_slots = models.SmallIntegerField()
    answers = models.SmallIntegerField()
    final = models.JSONField(null=True)
    final_at = models.DateTimeField(null=True)
    prelabel = models.JSONField(null=True)
    prelabel_confidence = models.FloatField(null=True)
    prelabel_model = models.CharField(max_length=60, blank=True)
    rejection_note = models.CharField(max_length=2000, blank=True)
    task_version = models.IntegerField()
    """The task's version since: another one says that somebody has worked on it."""

    objects = ImportedTaskQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["label_import", "task"], name="imported_task_once")]

    def __str__(self) -> str:
        return f"task {self.task_id} before import {self.label_import_id}"


class OutputStoreQuerySet(TenantQuerySet["OutputStore"]):
    visible_through = "workspace"


class OutputStore(models.Model):
    """Where a workspace's exports go, and for how long. Without a row: to its built-in storage, for good."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    workspace = TenantForeignKey(Workspace, models.CASCADE, related_name="+")
    datastore = TenantForeignKey(Datastore, models.PROTECT, related_name="+")
    keep_days = models.PositiveIntegerField(null=True, blank=True)
    """Exports are deleted so many days after they were finished; None keeps them."""

    objects = OutputStoreQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace"], name="outputstore_workspace_unique")]

    def __str__(self) -> str:
        return str(self.datastore)


class RegistrationQuerySet(TenantQuerySet["Registration"]):
    visible_through = "export"


class Registration(models.Model):
    """A dataset whose images are those of an export."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    export = TenantForeignKey(Export, models.CASCADE, related_name="registrations")
    dataset = TenantForeignKey(Dataset, models.CASCADE, related_name="+")
    job = TenantForeignKey(Job, models.PROTECT, null=True, related_name="+")

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset"], name="registration_dataset_unique")]

    def __str__(self) -> str:
        return str(self.dataset)


class ComparisonQuerySet(TenantQuerySet["Comparison"]):
    visible_through = "export"


class Comparison(models.Model):
    """What changed between two exports of a project. Both are frozen, so it is worked out once."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    export = TenantForeignKey(Export, models.CASCADE, related_name="+")
    earlier = TenantForeignKey(Export, models.CASCADE, related_name="+")
    job = TenantForeignKey(Job, models.PROTECT, null=True, related_name="+")
    code = models.UUIDField(default=new_code, unique=True, editable=False)
    changes = models.JSONField(null=True, blank=True)
    """`exports.comparing.Changes`; None until they are worked out."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ComparisonQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["export", "earlier"], name="comparison_pair_unique")]

    def __str__(self) -> str:
        return f"{self.earlier} → {self.export}"

    @property
    def project(self) -> Project:
        """The place whose roles decide."""
        project: Project = self.export.project
        return project
