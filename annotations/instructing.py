"""Instructions before work: who labels in a project has been shown what it asks for, and again when it changed."""

import hashlib

from annotations.models import InstructionsReading
from projects.models import Project, User


def digest(project: Project) -> str:
    """What the project's instructions are known by; empty where there are none."""
    if not (project.instructions or project.instructions_url):
        return ""
    return hashlib.sha256(f"{project.instructions}\0{project.instructions_url}".encode()).hexdigest()


def state(user: User, project: Project) -> str:
    """`read`, `changed` since the person read them, or `unread`; a project without any has nothing to read."""
    wanted = digest(project)
    if not wanted:
        return "read"
    last = InstructionsReading.objects.filter(project=project, reader=user).values_list("digest", flat=True).first()
    if last is None:
        return "unread"
    return "read" if last == wanted else "changed"


def note_read(*, project: Project, reader: User, digest: str) -> None:
    """Keeps what the person was shown: where the instructions changed meanwhile, they see them again."""
    InstructionsReading.objects.bulk_create(
        [InstructionsReading(organisation_id=project.organisation_id, project=project, reader=reader, digest=digest)],
        update_conflicts=True,
        unique_fields=["project", "reader"],
        update_fields=["digest", "read_at"],
    )
