"""Who belongs to an organisation, a workspace or a project: adding, changing roles, removing.

A person is added by e-mail address. Without an account they get one that has no password, and a mail with a link that
sets it once; with an account they get a mail that says where they belong now. Whoever adds them cannot tell which it was:
until they sign in they are shown as invited, under the name that was typed.
"""

from typing import TypeAlias

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from projects import audit, jobs, notifications, quotas, tenancy
from projects.errors import Conflict, NotAllowed
from projects.models import ApiToken, Membership, Organisation, Project, User, Workspace

Place: TypeAlias = Organisation | Workspace | Project
Role = Membership.Role
WELCOME = "people.welcome"


class LastOwner(Conflict):
    """An organisation always has an owner."""

    code = "last_owner"


class AlreadyThere(Conflict):
    """The person has a role there already."""

    code = "already_member"


@transaction.atomic
def add(*, place: Place, email: str, role: str, actor: User, name: str = "") -> Membership:
    """Gives the person with this address a role in `place`, makes their account where they have none, and writes to them."""
    _check_rank(place, actor, role)
    email = email.strip().lower()
    user = User.objects.at(email).first()
    if user is None:
        user = User.objects.create_user(email, None, name=name.strip())
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=False)
    organisation_id = place.pk if isinstance(place, Organisation) else place.organisation_id
    is_colleague = Membership.objects.filter(organisation=organisation_id, user=user, joined_at__isnull=False).exists()
    shown = {"joined_at": timezone.now() if is_colleague else None, "invited_name": name.strip()[:120]}
    membership, is_added = Membership.objects.get_or_create(user=user, **_keys(place), defaults={"role": role, **shown})
    if not is_added:
        raise AlreadyThere(f"{email} is a member here already. Change the role in the list instead.")
    if not isinstance(place, Organisation):
        organisation = {"organisation_id": place.organisation_id, "workspace": None, "project": None}
        Membership.objects.get_or_create(user=user, **organisation, defaults={"role": Role.MEMBER, **shown})
    quotas.check_members(organisation_id)
    audit.record(actor, "person.add", place, detail={"email": email, "role": role})
    notifications.tell_of_place(user=user, place=place, role=role, actor=actor)
    _enqueue_welcome(place, user, actor)
    return membership


def join(user: User) -> None:
    """Shows a person who signs in to those who invited them, under their own name."""
    with tenancy.acting_as(user):
        Membership.objects.filter(user=user, joined_at__isnull=True).update(joined_at=timezone.now())


def rename(*, user: User, name: str) -> None:
    """Changes the name under which others see a person; theirs alone to choose."""
    User.objects.filter(pk=user.pk).update(name=name)
    user.name = name


@transaction.atomic
def change_role(*, membership: Membership, role: str, actor: User) -> None:
    """Gives a member another role of the same place."""
    current, owners = _locked(membership)
    if current.role == role:
        return
    _check_rank(current.organisation, actor, role, current.role)
    _keep_an_owner(current, owners)
    Membership.objects.filter(pk=current.pk).update(role=role)
    detail = {"email": current.user.email, "from": current.role, "to": role}
    audit.record(actor, "person.change_role", _place(current), detail=detail)


@transaction.atomic
def remove(*, membership: Membership, actor: User) -> None:
    """Takes a role away; out of the organisation means out of all its workspaces and projects, and its tokens end."""
    current, owners = _locked(membership)
    _check_rank(current.organisation, actor, current.role)
    _keep_an_owner(current, owners)
    place = _place(current)
    if isinstance(place, Organisation):
        Membership.objects.filter(organisation=place, user=current.user_id).delete()
        tokens = ApiToken.objects.filter(organisation=place, user=current.user_id, revoked_at__isnull=True)
        tokens.update(revoked_at=timezone.now())
    else:
        Membership.objects.filter(pk=current.pk).delete()
    audit.record(actor, "person.remove", place, detail={"email": current.user.email, "role": current.role})


def _locked(membership: Membership) -> tuple[Membership, set[int]]:
    """The membership as it is now, and the organisation's owners, all locked until the transaction ends.

    Owners first and in one order: of two who remove each other at once, the second finds that they are none any more.
    """
    rows = Membership.objects.of_organisation().filter(organisation=membership.organisation_id, role=Role.OWNER)
    owners = {owner.pk for owner in rows.order_by("pk").select_for_update()}
    current = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("organisation", "workspace", "project", "user")
        .filter(pk=membership.pk)
        .first()
    )
    if current is None:
        raise Conflict("Somebody removed this person in the meantime. Reload the page.")
    return current, owners


def send_again(*, membership: Membership, actor: User) -> None:
    """Writes to a member once more, for whom the first mail was lost or its link too old."""
    with transaction.atomic():
        _enqueue_welcome(_place(membership), membership.user, actor)
        audit.record(actor, "person.write", _place(membership), detail={"email": membership.user.email})


def _place(membership: Membership) -> Place:
    place: Place = membership.project or membership.workspace or membership.organisation
    return place


def _keys(place: Place) -> dict[str, Organisation | Workspace | Project | int | None]:
    if isinstance(place, Organisation):
        return {"organisation": place, "workspace": None, "project": None}
    is_project = isinstance(place, Project)
    return {
        "organisation_id": place.organisation_id,
        "workspace": None if is_project else place,
        "project": place if is_project else None,
    }


def _check_rank(place: Place, actor: User, *roles: str) -> None:
    """Only owners make, change and remove owners."""
    if Role.OWNER not in roles:
        return
    organisation = place if isinstance(place, Organisation) else place.organisation
    own = Membership.objects.of_organisation().filter(organisation=organisation, user=actor, role=Role.OWNER)
    if not own.exists():
        raise NotAllowed("Only an owner can do this to an owner. Ask one.")


def _keep_an_owner(membership: Membership, owners: set[int]) -> None:
    if owners == {membership.pk}:
        raise LastOwner("This is the last owner. Make somebody else an owner first.")


def _enqueue_welcome(place: Place, user: User, actor: User) -> None:
    organisation_id = place.pk if isinstance(place, Organisation) else place.organisation_id
    jobs.enqueue(
        WELCOME,
        organisation_id=organisation_id,
        arguments={"user_id": user.pk, "place": place.name, "inviter": actor.display_name},
        title=f"Write to {user.email.lower()}"[:200],
        created_by=actor,
    )


def welcome(*, user: User, place: str, inviter: str) -> None:
    """Sends the mail: with a link to set a password where there is none, else with a link to the start page."""
    context = {
        "user": user,
        "place": place,
        "inviter": inviter,
        "days": settings.PASSWORD_RESET_TIMEOUT // 86_400,
        "start_url": f"{settings.PUBLIC_URL}{reverse('projects:home')}",
        "password_url": "" if user.has_usable_password() else _password_url(user),
    }
    subject = f"{inviter} added you to {place}".replace("\n", " ")
    body = render_to_string("projects/email/welcome.txt", context)
    send_mail(subject, body, None, [user.email])


def _password_url(user: User) -> str:
    """The address that sets the user's password; works once, for PASSWORD_RESET_TIMEOUT seconds."""
    key = default_token_generator.make_token(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
    return f"{settings.PUBLIC_URL}{path}"
