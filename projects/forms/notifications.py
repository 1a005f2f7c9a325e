"""Which notifications a person wants, and from where the list goes on."""

from typing import Any

from django import forms

from projects import sealing
from projects.models import Notification, User

BEFORE = "projects.notifications"


class NotificationChoiceForm(forms.Form):
    """The kinds that are switched on."""

    kinds = forms.MultipleChoiceField(
        label="Tell me when", choices=Notification.Kind.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, user: User, data: Any = None) -> None:
        wanted = [kind for kind in Notification.Kind.values if kind not in user.muted_notifications]
        super().__init__(data, initial={"kinds": wanted})

    @property
    def muted(self) -> set[str]:
        """The kinds that are switched off; read after `is_valid`."""
        return set(Notification.Kind.values) - set(self.cleaned_data["kinds"])


class BeforeForm(forms.Form):
    """Where a page of the list begins: below this row, which is sealed, as rows are counted over all tenants."""

    before = forms.CharField(required=False, max_length=200)

    def clean_before(self) -> int | None:
        """The row's number; None for the newest."""
        try:
            return int(sealing.opened(BEFORE, self.cleaned_data["before"])) if self.cleaned_data["before"] else None
        except sealing.BrokenSeal:
            raise forms.ValidationError("There is no such page.") from None

    @property
    def row(self) -> int | None:
        """The row's number; read after `is_valid`."""
        row: int | None = self.cleaned_data["before"]
        return row

    @staticmethod
    def sealed(last: Notification) -> str:
        """What `before` takes for the page below `last`."""
        return sealing.seal(BEFORE, str(last.pk))
