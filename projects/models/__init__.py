from projects.jobs.models import Job
from projects.models.data import Dataset, Datastore, Image, ImageVersion, Upload
from projects.models.notification import Notification
from projects.models.organisation import Membership, Organisation, Workspace
from projects.models.project import Label, LabelChange, Project, ProjectDataset
from projects.models.record import ApiToken, AuditEvent, IdempotencyKey
from projects.models.user import Preferences, User

__all__ = [
    "ApiToken",
    "AuditEvent",
    "Dataset",
    "Datastore",
    "IdempotencyKey",
    "Image",
    "ImageVersion",
    "Job",
    "Label",
    "LabelChange",
    "Membership",
    "Notification",
    "Organisation",
    "Preferences",
    "Project",
    "ProjectDataset",
    "Upload",
    "User",
    "Workspace",
]
