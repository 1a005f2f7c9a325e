"""The form of personal API tokens."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from projects.models import ApiToken, Organisation, User

DAYS = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "1 year"}
_SCOPES = [
    (ApiToken.Scope.READ, "Read: see projects, data, progress and answers"),
    (ApiToken.Scope.LABEL, "Label: take tasks and submit answers"),
    (ApiToken.Scope.MANAGE, "Manage: create and change projects, labels and data"),
    (ApiToken.Scope.EXPORT, "Export: write datasets and download them"),
]


class TokenForm(forms.Form):
    """What a new token is for. It can never do more than its owner."""

    name = forms.CharField(label="Name", max_length=100, help_text="Where you will use it, such as “training machine”.")
    organisation = forms.ModelChoiceField(label="Organisation", queryset=Organisation.objects.none(), empty_label=None)
    scopes = forms.MultipleChoiceField(
        label="What it may do", choices=_SCOPES, widget=forms.CheckboxSelectMultiple, initial=["read"]
    )
    days = forms.ChoiceField(label="Expires after", choices=list(DAYS.items()), initial="90")

    def __init__(self, user: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        organisation = self.fields["organisation"]
        assert isinstance(organisation, forms.ModelChoiceField)
        organisation.queryset = Organisation.objects.for_user(user).order_by("name")
        organisation.to_field_name = "code"

    def clean(self) -> dict[str, Any]:
        """Turns the number of days into a time."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("days"):
            cleaned["expires_at"] = timezone.now() + timedelta(days=int(cleaned["days"]))
        return cleaned
