from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.codes import new_code
from projects.models.organisation import Organisation, Workspace
from projects.tenancy import TenantForeignKey, TenantQuerySet


class DatastoreQuerySet(TenantQuerySet["Datastore"]):
    visible_through = "workspace"


class Datastore(models.Model):
    """A workspace's connection to a blob store. Credentials are encrypted and never shown again."""

    class Kind(models.TextChoices):
        LOCAL = "local", "Local disk"
        AZURE = "azure", "Azure Blob Storage"
        S3 = "s3", "S3 or compatible"
        GCS = "gcs", "Google Cloud Storage"
        BUILT_IN = "builtin", "Built-in storage"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    workspace = TenantForeignKey(Workspace, models.CASCADE, related_name="datastores")
    code = models.UUIDField(default=new_code, unique=True, editable=False)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind)
    location = models.JSONField(default=dict)
    """Where: container or bucket, account or endpoint URL, region, prefix. Keys differ by kind; no secrets."""
    credentials = models.BinaryField(default=bytes, editable=False)
    """An encrypted JSON object (projects.credentials)."""
    is_default = models.BooleanField(default=False)
    checked_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = DatastoreQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="datastore_name_unique"),
            models.UniqueConstraint(fields=["workspace"], condition=Q(is_default=True), name="datastore_one_default"),
        ]

    def __str__(self) -> str:
        return self.name


MOST_OFTEN_MINUTES = 15
"""How often a store may be looked at by itself."""


class DatasetQuerySet(TenantQuerySet["Dataset"]):
    visible_through = "workspace"


class Dataset(models.Model):
    """Images that belong together: by a path pattern in a store or a list of its files, uploaded, or of other datasets."""

    class Source(models.TextChoices):
        PATTERN = "pattern", "Files in a store"
        UPLOAD = "upload", "Uploaded files"
        SELECTION = "selection", "Images chosen from others"
        LIST = "list", "Files that a list names"

    class State(models.TextChoices):
        EMPTY = "empty", "Empty"
        INGESTING = "ingesting", "Reading files"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    workspace = TenantForeignKey(Workspace, models.CASCADE, related_name="datasets")
    datastore = TenantForeignKey(Datastore, models.PROTECT, related_name="datasets")
    code = models.UUIDField(default=new_code, unique=True, editable=False)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=500, blank=True)
    source = models.CharField(max_length=10, choices=Source)
    pattern = models.CharField(max_length=500, default="**/*.*")
    """A glob relative to the store's prefix; for uploads the folder that holds them."""
    list_key = models.CharField(max_length=200, blank=True, default="", db_default="", editable=False)
    """Where in the installation's store the names of its files are, if a list names them: see projects.listed."""
    state = models.CharField(max_length=10, choices=State, default=State.EMPTY)
    error = models.CharField(max_length=500, blank=True)
    image_count = models.BigIntegerField(default=0)
    """Images in the states ok, missing and unreadable, as of the last ingest."""
    dicom_count = models.BigIntegerField(default=0, db_default=0)
    """DICOM images among them: pages that show some say that this is no medical device."""
    unreadable_count = models.BigIntegerField(default=0)
    byte_size = models.BigIntegerField(default=0)
    arrivals = models.BigIntegerField(default=0, db_default=0, editable=False)
    """Numbers the transactions that brought readable images: see projects.arrivals."""
    changed_arrival = models.BigIntegerField(default=0, db_default=0, editable=False)
    """The last of them in which the bytes of an image were others than before."""
    refreshed_at = models.DateTimeField(null=True, blank=True)
    refresh_minutes = models.PositiveIntegerField(null=True, blank=True)
    """How often the store is looked at by itself; empty: only when somebody asks."""
    next_refresh_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = DatasetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="dataset_name_unique"),
            models.CheckConstraint(
                condition=Q(refresh_minutes__isnull=True) | Q(refresh_minutes__gte=MOST_OFTEN_MINUTES),
                name="dataset_refresh_not_too_often",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_refresh_at"], condition=Q(next_refresh_at__isnull=False), name="dataset_by_refresh"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_refreshable(self) -> bool:
        """Whether its files lie in a store where they may come, change and go."""
        return self.source in (self.Source.PATTERN, self.Source.LIST)


class ImageQuerySet(TenantQuerySet["Image"]):
    visible_through = "workspace"

    def readable(self) -> Self:
        return self.filter(state=Image.State.OK)

    def assistable(self) -> Self:
        """What models may look at: readable, and not DICOM, which stays with people."""
        return self.readable().exclude(format="dicom")


class Image(models.Model):
    """One file of a dataset: one item. A bad file is an image in the state `unreadable`, with its reason."""

    class State(models.TextChoices):
        OK = "ok", "Readable"
        MISSING = "missing", "Missing at the source"
        UNREADABLE = "unreadable", "Unreadable"

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    workspace = TenantForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    dataset = TenantForeignKey(Dataset, models.CASCADE, related_name="images", db_index=False)
    code = models.UUIDField(default=new_code, unique=True, editable=False)
    key = models.CharField(max_length=1024, db_collation="C")
    """The object's key in the store, below the store's prefix."""
    frame = models.PositiveIntegerField(default=0, db_default=0)
    """Which frame of a multi-frame DICOM file, from 1; 0 where the file is one image."""
    name = models.CharField(max_length=255, db_collation="C")
    """The last part of the key: what people see and search for."""
    state = models.CharField(max_length=10, choices=State, default=State.OK)
    reason = models.CharField(max_length=300, blank=True)
    format = models.CharField(max_length=10, blank=True)
    width = models.PositiveIntegerField(default=0)
    """Pixels, after the EXIF orientation was applied; 0 where unreadable."""
    height = models.PositiveIntegerField(default=0)
    byte_size = models.BigIntegerField(default=0)
    checksum = models.CharField(max_length=64, blank=True, db_collation="C")
    """SHA-256 of the bytes, in hex; empty where the store's etag had to do."""
    etag = models.CharField(max_length=100, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    arrival = models.BigIntegerField(default=0, db_default=0, editable=False)
    """The number, within its dataset, of the transaction that last made it readable or changed its bytes: see
    projects.arrivals."""
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    """Counts the files that were readable under this key, one after the other: see ImageVersion."""
    changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When other bytes were found under this key than before; empty where they are the first."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ImageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "key", "frame"], name="image_frame_unique"),
            models.CheckConstraint(
                condition=~Q(state="ok") | (Q(width__gt=0) & Q(height__gt=0)), name="image_ok_has_size"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "id"], name="image_by_workspace"),
            models.Index(fields=["dataset", "id"], name="image_by_dataset"),
            models.Index(fields=["dataset", "state", "id"], name="image_by_state"),
            models.Index(fields=["dataset", "arrival", "id"], condition=Q(state="ok"), name="image_by_arrival"),
            models.Index(fields=["workspace", "checksum"], condition=~Q(checksum=""), name="image_by_checksum"),
            models.Index(fields=["dataset", "name"], name="image_by_name"),
            models.Index(fields=["dataset", "arrival", "id"], condition=Q(version__gt=1), name="image_by_change"),
        ]

    def __str__(self) -> str:
        return self.key


class ImageVersionQuerySet(TenantQuerySet["ImageVersion"]):
    visible_through = "workspace"


class ImageVersion(models.Model):
    """What an image's file was before it was changed: labels that were drawn on it are of its size."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    workspace = TenantForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    image = TenantForeignKey(Image, models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    format = models.CharField(max_length=10)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    byte_size = models.BigIntegerField()
    checksum = models.CharField(max_length=64, blank=True, db_collation="C")
    etag = models.CharField(max_length=100, blank=True)
    replaced_at = models.DateTimeField()

    objects = ImageVersionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["image", "number"], name="image_version_unique")]

    def __str__(self) -> str:
        return f"version {self.number} of image {self.image_id}"


class UploadQuerySet(TenantQuerySet["Upload"]):
    visible_through = "workspace"


class Upload(models.Model):
    """A file on its way from a browser into a dataset, in chunks; kept so that a reload goes on where it was."""

    class State(models.TextChoices):
        RECEIVING = "receiving", "Receiving"
        DONE = "done", "Done"
        DUPLICATE = "duplicate", "Duplicate"
        FAILED = "failed", "Failed"
        UNPACKING = "unpacking", "Being unpacked"

    CHUNK: ClassVar[int] = 4 * 1024 * 1024

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    workspace = TenantForeignKey(Workspace, models.CASCADE, related_name="+")
    dataset = TenantForeignKey(Dataset, models.CASCADE, related_name="uploads")
    code = models.UUIDField(default=new_code, unique=True, editable=False)
    path = models.CharField(max_length=700)
    """The file's path as the browser names it, below the chosen folder; only a label, never a server path."""
    byte_size = models.BigIntegerField()
    received = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVING)
    reason = models.CharField(max_length=300, blank=True)
    overwrite = models.BooleanField(default=False, db_default=False)
    """Whether it takes the place of another file of its path."""
    stored_key = models.CharField(max_length=200, blank=True, default="", db_default="")
    """Where in the dataset's store the browser was told to put it, if it was."""
    archive = TenantForeignKey("self", models.CASCADE, null=True, blank=True, related_name="members", db_index=False)
    """The archive that the file came in."""
    outcome = models.JSONField(default=dict, db_default={}, blank=True)
    """Of an archive: how many of its files were taken, replaced, already there, refused and left out."""
    image = TenantForeignKey(Image, models.CASCADE, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = UploadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "path", "byte_size"], name="upload_file_unique"),
            models.CheckConstraint(
                condition=Q(received__gte=0) & Q(received__lte=models.F("byte_size")), name="upload_received_in_size"
            ),
        ]
        indexes = [
            models.Index(fields=["dataset", "created_at"], condition=Q(state="receiving"), name="upload_unfinished"),
            models.Index(fields=["archive", "id"], condition=Q(archive__isnull=False), name="upload_by_archive"),
            models.Index(fields=["dataset", "id"], condition=~Q(outcome={}), name="upload_archives"),
        ]

    def __str__(self) -> str:
        return self.path
