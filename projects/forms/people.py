"""Forms about tenants and the people in them."""

from typing import Any

from django import forms
from django.db.models import Case, When
from django.db.models.functions import Lower

from projects import sealing
from projects.models import Membership, Organisation, User, Workspace

MEMBER = "projects.member"
ORGANISATION_ROLES = [(role, Membership.Role(role).label) for role in Membership.ORGANISATION_ROLES]
WORK_ROLES = [(role, Membership.Role(role).label) for role in Membership.WORK_ROLES]


def roles_for(place: Any) -> list[tuple[str, str]]:
    """The roles that a member of `place` can have."""
    return ORGANISATION_ROLES if isinstance(place, Organisation) else WORK_ROLES


class OrganisationForm(forms.Form):
    """What an organisation is called."""

    name = forms.CharField(label="Name", max_length=120)


class WorkspaceForm(forms.Form):
    """A workspace's name and what it is for."""

    name = forms.CharField(label="Name", max_length=120)
    description = forms.CharField(
        label="Description", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class AddPersonForm(forms.Form):
    """Whom to add, by address, and as what."""

    email = forms.EmailField(label="Email", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    name = forms.CharField(
        label="Name", max_length=120, required=False, help_text="What to call them until they have signed in."
    )
    role = forms.ChoiceField(label="Role")

    def __init__(self, place: Organisation | Workspace, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = roles_for(place)
        role.initial = "member" if isinstance(place, Organisation) else "labeller"


class MemberForm(forms.Form):
    """What to do with one member of `place`. A sealed row names them: a user's code would tell since when they are one."""

    CHANGE, REMOVE, WRITE = "change", "remove", "write"

    person = forms.CharField(max_length=200)
    action = forms.ChoiceField(choices=[(CHANGE, "Change role"), (REMOVE, "Remove"), (WRITE, "Write again")])
    role = forms.ChoiceField(required=False)

    def __init__(self, place: Organisation | Workspace, user: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._members = members_of(place, user)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = roles_for(place)

    def clean(self) -> dict[str, Any]:
        """Finds the membership."""
        cleaned: dict[str, Any] = super().clean() or {}
        member = self._members.filter(pk=self._opened(cleaned.get("person", ""))).first()
        if member is None:
            raise forms.ValidationError("This person is not a member any more. Reload the page.")
        if cleaned.get("action") == self.CHANGE and not cleaned.get("role"):
            raise forms.ValidationError("Choose a role.")
        return {**cleaned, "member": member}

    @staticmethod
    def _opened(text: str) -> int:
        try:
            return int(sealing.opened(MEMBER, text))
        except ValueError:
            return 0


def member_key(member: Membership) -> str:
    """What `MemberForm.person` takes."""
    return sealing.seal(MEMBER, str(member.pk))


def members_of(place: Organisation | Workspace, user: User) -> Any:
    """The memberships of exactly this place that `user` may know of, by name of the person."""
    rows = Membership.objects.for_user(user).select_related("user", "organisation", "workspace")
    if isinstance(place, Organisation):
        rows = rows.of_organisation().filter(organisation=place)
    else:
        rows = rows.filter(workspace=place)
    shown = Case(When(joined_at__isnull=True, then="invited_name"), default="user__name")
    return rows.annotate(shown=shown).order_by("shown", Lower("user__email"))
