"""What people are told inside the application. Rows are written in the transaction of what they are about."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from projects import results
from projects.models import Job, Membership, Notification, Organisation, User
from projects.permissions import Place

Kind = Notification.Kind
KEPT = timedelta(days=180)
MOST_COUNTED = 100
"""The bell counts no further."""
_ICONS = {
    Kind.JOB_FAILED: "triangle-alert",
    Kind.JOB_DONE: "circle-check",
    Kind.EXPORT_READY: "download",
    Kind.ADDED: "user-plus",
    Kind.ANSWER_REJECTED: "message-square",
}


def tell(*, kind: Kind, users: Iterable[int], organisation_id: int, title: str, path: str, detail: str = "") -> None:
    """Notifies those of the users who have not switched this kind off. `path` is the page that it is about."""
    listening = User.objects.filter(pk__in=list(users), is_active=True).exclude(muted_notifications__contains=[kind])
    Notification.objects.bulk_create(
        Notification(
            organisation_id=organisation_id,
            user_id=pk,
            kind=kind,
            title=title[:200],
            detail=detail[:300],
            path=path,
        )
        for pk in listening.values_list("pk", flat=True)
    )


def tell_of_end(job: Job, state: str, error: str) -> None:
    """Tells who started a job how it ended; of those that went well, only what leaves something to look at."""
    if job.created_by_id is None or job.organisation_id is None or job.parent_id is not None:
        return
    made = results.path_of(job)
    is_failed = state == Job.State.FAILED
    if not is_failed and made is None:
        return
    tell(
        kind=Kind.JOB_FAILED if is_failed else Kind(results.notice_of(job)),
        users=[job.created_by_id],
        organisation_id=job.organisation_id,
        title=f"{job.title or job.kind}: {'failed' if is_failed else 'done'}",
        path=reverse("projects:job", args=[job.code]) if is_failed or made is None else made,
        detail=error,
    )


def tell_of_place(*, user: User, place: Place, role: str, actor: User | None) -> None:
    """Tells a person where they belong now."""
    if actor is not None and actor.pk == user.pk:
        return
    routes = {"Organisation": "projects:organisation", "Workspace": "projects:workspace"}
    route = routes.get(type(place).__name__, "annotations:dashboard")
    is_labeller = role == Membership.Role.LABELLER
    tell(
        kind=Kind.ADDED,
        users=[user.pk],
        organisation_id=place.pk if isinstance(place, Organisation) else place.organisation_id,
        title=f"You are {Membership.Role(role).label.lower()} in {place.name}",
        path=reverse("projects:home") if is_labeller else reverse(route, args=[place.code]),
        detail=f"Added by {actor.display_name}" if actor else "",
    )


def unread(user: User) -> int:
    """How many notifications the person has not read, counted to a hundred."""
    return Notification.objects.for_user(user).unread()[:MOST_COUNTED].count()


def mark_read(*, user: User, only: Notification | None = None) -> None:
    """Marks one notification as read, or all."""
    rows = Notification.objects.for_user(user).unread()
    rows.filter(Q(pk=only.pk) if only else Q()).update(read_at=timezone.now())


def choose(*, user: User, muted: Iterable[str]) -> None:
    """Switches kinds of notifications off, and all others on."""
    user.muted_notifications = sorted(muted)
    User.objects.filter(pk=user.pk).update(muted_notifications=user.muted_notifications)


def icon_of(notification: Notification) -> str:
    """The Lucide name of a notification's kind."""
    return _ICONS[Kind(notification.kind)]


def forget_old() -> None:
    """Deletes what is older than half a year."""
    Notification.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
