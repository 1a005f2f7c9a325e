from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.codes import new_code
from projects.tenancy import Actor, TenantForeignKey, TenantQuerySet

if TYPE_CHECKING:
    from projects.models.user import User


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def for_user(self, user: Actor) -> Self:
        """Organisations in which the user holds any membership, be it of a single project."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(pk__in=Membership.objects.filter(user=user).values("organisation"))


class Organisation(models.Model):
    """The tenant."""

    class Kind(models.TextChoices):
        CUSTOMER = "customer", "Customer"
        VENDOR = "vendor", "Labelling vendor"

    code = models.UUIDField(default=new_code, unique=True, editable=False)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CUSTOMER)
    image_limit = models.PositiveBigIntegerField(null=True, blank=True)
    """Most images of all its datasets; empty is unlimited, here and below: see projects.quotas."""
    byte_limit = models.PositiveBigIntegerField(null=True, blank=True)
    member_limit = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="organisation_name_given"),
        ]

    def __str__(self) -> str:
        return self.name


class WorkspaceQuerySet(models.QuerySet["Workspace"]):
    def for_user(self, user: Actor) -> Self:
        """Workspaces that the user is a member of, and all of the organisations they own or administer."""
        if not user.is_authenticated:
            return self.none()
        own = Membership.objects.filter(user=user)
        return self.filter(
            Q(pk__in=own.filter(workspace__isnull=False).values("workspace"))
            | Q(organisation__in=own.filter(role__in=Membership.RUNS_ORGANISATION).values("organisation"))
        )

    def active(self) -> Self:
        return self.filter(archived_at__isnull=True)


class Workspace(models.Model):
    """A place in an organisation for stores, datasets and projects; everything below hangs on one."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="workspaces")
    code = models.UUIDField(default=new_code, unique=True, editable=False)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="workspace_name_unique"),
            models.CheckConstraint(condition=~Q(name=""), name="workspace_name_given"),
        ]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(TenantQuerySet["Membership"]):
    visible_through = "organisation"

    def of_organisation(self) -> Self:
        return self.filter(workspace__isnull=True, project__isnull=True)


class Membership(models.Model):
    """A user's role in an organisation, in one workspace, or in one project.

    A role on a project overrides the workspace's. Owners and admins of the organisation reach every workspace.
    """

    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        ADMIN = "admin", "Admin"
        MEMBER = "member", "Member"
        MANAGER = "manager", "Manager"
        LEAD = "lead", "Labelling lead"
        REVIEWER = "reviewer", "Reviewer"
        LABELLER = "labeller", "Labeller"
        VIEWER = "viewer", "Viewer"

    ORGANISATION_ROLES: ClassVar[tuple[str, ...]] = (Role.OWNER, Role.ADMIN, Role.MEMBER)
    RUNS_ORGANISATION: ClassVar[tuple[str, ...]] = (Role.OWNER, Role.ADMIN)
    WORK_ROLES: ClassVar[tuple[str, ...]] = (Role.MANAGER, Role.LEAD, Role.REVIEWER, Role.LABELLER, Role.VIEWER)

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    workspace = TenantForeignKey(Workspace, models.CASCADE, null=True, blank=True, related_name="memberships")
    project = TenantForeignKey("projects.Project", models.CASCADE, null=True, blank=True, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    invited_name = models.CharField(max_length=120, blank=True)
    """What the inviter called them; shown until they have signed in, so that nobody learns who has an account."""
    joined_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    """When they first signed in as a member; empty for who was invited and has not."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "workspace", "project"],
                name="membership_unique",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(workspace__isnull=True, project__isnull=True, role__in=("owner", "admin", "member"))
                | (
                    (
                        Q(workspace__isnull=False, project__isnull=True)
                        | Q(workspace__isnull=True, project__isnull=False)
                    )
                    & Q(role__in=("manager", "lead", "reviewer", "labeller", "viewer"))
                ),
                name="membership_role_fits_level",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "role"], name="membership_by_role")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} in {self.organisation_id}"

    @property
    def person(self) -> "User | Invited":
        """Who it is, as far as other members may know."""
        if self.joined_at is not None:
            return self.user
        email = self.user.email.lower()
        return Invited(self.invited_name or email.partition("@")[0], email)


@dataclass(frozen=True)
class Invited:
    """Somebody who has not signed in since they were invited: what the inviter typed, and nothing of their account."""

    display_name: str
    email: str
