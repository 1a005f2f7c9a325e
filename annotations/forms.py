from typing import Any

from django import forms

from annotations import dashboard
from annotations.models import Task
from annotations.queries import TaskFilter
from projects.models import Label, Project, User
from projects.tenancy import Actor


class ReadForm(forms.Form):
    """Says which instructions were read."""

    digest = forms.RegexField(r"^([0-9a-f]{64})?$", required=False, widget=forms.HiddenInput)


class TaskFilterForm(forms.Form):
    """The data browser's filters, read from the address."""

    status = forms.ChoiceField(required=False, choices=[("", "Any status"), *Task.Status.choices])
    label = forms.ModelChoiceField(Label.objects.none(), required=False, to_field_name="code", empty_label="Any label")
    labeller = forms.ModelChoiceField(
        User.objects.none(), required=False, to_field_name="code", empty_label="Any labeller"
    )
    text = forms.CharField(
        required=False,
        max_length=255,
        label="File name",
        widget=forms.SearchInput(attrs={"placeholder": "File name begins with…"}),
    )
    flag = forms.ChoiceField(
        required=False, label="Comments", choices=[("", "With or without comments"), ("open", "Flagged for a reviewer")]
    )
    image = forms.ChoiceField(
        required=False,
        label="Image file",
        choices=[
            ("", "Any file"),
            ("changed", "Changed after labelling"),
            ("missing", "Missing at the source"),
            ("unreadable", "Unreadable"),
        ],
    )
    after = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    before = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, project: Project, user: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels: Any = self.fields["label"]
        labels.queryset = Label.objects.for_user(user).filter(project=project).active().order_by("position")
        labellers: Any = self.fields["labeller"]
        labellers.queryset = dashboard.labellers(project).order_by("name", "email")
        labellers.label_from_instance = lambda person: person.display_name

    def wanted(self) -> TaskFilter:
        """The filter; a field that is not valid filters nothing, and says so beside it."""
        values = self.cleaned_data
        return TaskFilter(
            status=values.get("status") or "",
            label=values.get("label"),
            labeller=values.get("labeller"),
            text=values.get("text") or "",
            flag=values.get("flag") or "",
            image=values.get("image") or "",
        )


class CommentForm(forms.Form):
    """A comment, or what is to become of a thread; `code` is made with the page, so that sending twice says it once."""

    act = forms.ChoiceField(choices=[("say", "Say"), ("resolve", "Resolve"), ("reopen", "Open again")])
    code = forms.UUIDField(required=False)
    thread = forms.UUIDField(required=False)
    text = forms.CharField(required=False, max_length=2000)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("act") == "say" and not (values.get("text") and values.get("code")):
            self.add_error("text", "Write something first.")
        if values.get("act") != "say" and not values.get("thread"):
            self.add_error("thread", "Choose a thread.")
        return values
