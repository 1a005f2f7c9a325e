"""Comments on images: said once, answered, resolved."""

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Q
from django.utils import timezone

from annotations.models import Annotation, Comment, Lease, Task
from projects import permissions
from projects.errors import BadInput, Conflict, NotAllowed
from projects.models import User
from projects.permissions import Action

_TAKEN = "This code belongs to another comment. Make a new one."


@dataclass(frozen=True)
class Pin:
    """Where a comment points to, in pixels of the stored image, and the id of the region it hangs on."""

    x: float | None = None
    y: float | None = None
    region: str = ""


def add(
    *,
    task: Task,
    author: User,
    code: UUID,
    text: str,
    kind: str = Comment.Kind.COMMENT,
    pin: Pin | None = None,
    thread: Comment | None = None,
) -> Comment:
    """Says something about an image, or replies in a thread; the same `code` again changes nothing.

    Raises NotAllowed to a labeller for an image that was never theirs.
    """
    if not permissions.allows(author, Action.SEE_ANNOTATIONS, task.project) and not _is_theirs(task, author):
        raise NotAllowed("You can comment on the images that you label.")
    if thread is not None and thread.task_id != task.pk:
        raise BadInput("That thread belongs to another image.")
    root = thread.thread if thread is not None and thread.thread is not None else thread
    pin = Pin() if pin is None or root is not None else _inside(pin, task)
    values = {
        "organisation_id": task.organisation_id,
        "project_id": task.project_id,
        "task": task,
        "author": author,
        "thread": root,
        "kind": Comment.Kind.COMMENT if root else kind,
        "text": text,
        **vars(pin),
    }
    try:
        comment, made = Comment.objects.get_or_create(code=code, defaults=values)
    except IntegrityError as error:
        # Codes are unique over all tenants; that of another tenant's comment cannot be found here.
        raise Conflict(_TAKEN) from error
    if not made and (comment.author_id, comment.task_id) != (author.pk, task.pk):
        raise Conflict(_TAKEN)
    if made and root is not None:
        # Who answers brings the matter up again; a flag then waits for a reviewer once more.
        Comment.objects.filter(pk=root.pk, resolved_at__isnull=False).update(resolved_at=None)
    return comment


def _is_theirs(task: Task, labeller: User) -> bool:
    own = {"task": task, "labeller": labeller}
    return Lease.objects.filter(**own).exists() or Annotation.objects.filter(**own).exists()


def _inside(pin: Pin, task: Task) -> Pin:
    if pin.x is None or pin.y is None:
        return pin
    width, height = task.image.width, task.image.height
    return Pin(min(max(pin.x, 0), width), min(max(pin.y, 0), height), pin.region)


def resolve(*, comment: Comment, actor: User, resolved: bool) -> Comment:
    """Closes a thread or opens it again: a reviewer any, a labeller their own."""
    if comment.author_id != actor.pk and not permissions.allows(actor, Action.SEE_ANNOTATIONS, comment.project):
        raise NotAllowed("Only who began a thread, or a reviewer, can resolve it.")
    if comment.thread_id is not None:
        raise BadInput("Resolve the first comment of the thread.")
    Comment.objects.filter(Q(resolved_at__isnull=resolved), pk=comment.pk).update(
        resolved_at=timezone.now() if resolved else None
    )
    comment.refresh_from_db(fields=["resolved_at"])
    return comment
