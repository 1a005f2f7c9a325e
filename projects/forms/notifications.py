"""Which notifications a person wants, and from where the list goes on."""

from typing import Any

from django import forms

from projects.models import Notification, User


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
    """Where a page of a list begins: below this row."""

    before = forms.IntegerField(required=False, min_value=1)
