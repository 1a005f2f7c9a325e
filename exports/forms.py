from typing import Any

from django import forms

from annotations.models import Task
from exports.models import Export
from exports.services import DEFAULT_STATUSES
from projects.models import Label, Project
from projects.tenancy import Actor

_EXPORTABLE = [choice for choice in Task.Status.choices if choice[0] in ("labelled", "approved", "needs_review")]


class ExportForm(forms.Form):
    """What to export, and how."""

    format = forms.ChoiceField(choices=Export.Format.choices, initial=Export.Format.COCO)
    statuses = forms.MultipleChoiceField(
        label="Images that are",
        choices=_EXPORTABLE,
        initial=list(DEFAULT_STATUSES),
        widget=forms.CheckboxSelectMultiple,
        help_text="Images without an agreed answer have no labels that count, and are left out.",
    )
    labels = forms.ModelMultipleChoiceField(
        Label.objects.none(),
        to_field_name="code",
        required=False,
        label="Only images with these labels",
        help_text="None chosen means all.",
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )

    def __init__(self, *args: Any, project: Project, user: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels: Any = self.fields["labels"]
        labels.queryset = Label.objects.for_user(user).filter(project=project).order_by("position")


class ListForm(forms.Form):
    """Where a page of exports begins."""

    before = forms.UUIDField(required=False)
