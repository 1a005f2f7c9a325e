from typing import Any

from django import forms

from exports.formats import csv_reader
from exports.importing import options
from exports.lists import looking
from exports.models import Export, ImageList
from projects.models import Datastore, Workspace
from projects.models.data import MOST_OFTEN_MINUTES
from projects.tenancy import Actor

REFRESHES = [
    ("", "Only when somebody asks"),
    (str(MOST_OFTEN_MINUTES), "Every quarter of an hour"),
    ("60", "Every hour"),
    ("1440", "Every day"),
    ("10080", "Every week"),
]
MODES = [
    ("no", "As pre-labels", "Labellers see them first, correct what is wrong, and submit."),
    ("yes", "As final labels", "They count at once, and only images without one stay to be labelled."),
]


class StoreForm(forms.Form):
    """Which datastore a list is about."""

    datastore: "forms.ModelChoiceField[Datastore]" = forms.ModelChoiceField(
        queryset=Datastore.objects.none(),
        to_field_name="code",
        empty_label=None,
        help_text="The images stay there. The list only says which they are.",
    )

    def __init__(self, workspace: Workspace, user: Actor, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        rows = Datastore.objects.for_user(user).filter(workspace=workspace).exclude(kind=Datastore.Kind.BUILT_IN)
        field = self.fields["datastore"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows.order_by("-is_default", "name")
        self.has_stores = rows.exists()


class MappingForm(forms.Form):
    """Which columns of a table hold what, and what the list calls the datastore."""

    image = forms.ChoiceField(help_text="Paths, or addresses such as AmlDatastore://…")
    label = forms.ChoiceField(label="Category", required=False, help_text="Labels, boxes or outlines.")
    confidence = forms.ChoiceField(required=False, help_text="How sure their maker was, from 0 to 1.")
    spoken = forms.ChoiceField(
        label="The datastore is called, in the list",
        required=False,
        help_text="Images of other names are left out.",
    )

    def __init__(self, image_list: ImageList, data: Any = None) -> None:
        self.preview = image_list.report.get("preview") or {}
        self.columns, self.rows = self.preview.get("columns", []), self.preview.get("rows", [])
        now = image_list.reading.get("columns") or self.preview.get("guessed", {})
        names = image_list.report.get("names") or {}
        super().__init__(data, initial={**now, "spoken": image_list.report.get("spoken", "")})
        self._is_table = image_list.format == Export.Format.CSV
        choices = [(column, column or "(no name)") for column in self.columns]
        for role in looking.ROLES:
            field = self.fields[role]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", "Choose a column" if role == "image" else "None"), *choices]
            if not self.columns:
                del self.fields[role]
        if len(names) > 1:
            field = self.fields["spoken"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(name, f"{name} ({count:,} images)") for name, count in names.items()]
        else:
            del self.fields["spoken"]

    def clean(self) -> dict[str, Any]:
        """A column holds one thing."""
        values = super().clean() or {}
        chosen = [column for role in looking.ROLES if (column := values.get(role))]
        if len(set(chosen)) < len(chosen):
            raise forms.ValidationError("One column is chosen for two things. Choose another one for one of them.")
        return values

    def options(self) -> options.Reading:
        """What was chosen; of a CSV, the columns of boxes and outlines are known from their names."""
        if not self.columns:
            return options.Reading()
        chosen = {role: column for role in looking.ROLES if (column := self.cleaned_data.get(role))}
        rest = csv_reader.guessed(self.columns) if self._is_table else csv_reader.Columns({})
        taken = {*looking.ROLES, "url", "code"}
        others = {
            role: name for role, name in rest.by_role.items() if role not in taken and name not in chosen.values()
        }
        return options.Reading(columns={**others, **chosen}, fractions=rest.fractions)


class MakeForm(forms.Form):
    """The dataset that a list becomes."""

    name = forms.CharField(label="Name", max_length=120)
    description = forms.CharField(
        label="Description", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    refresh_minutes = forms.TypedChoiceField(
        label="Look at the listed files again",
        choices=REFRESHES,
        coerce=int,
        empty_value=None,
        required=False,
        help_text="Changed ones become new versions, missing ones are marked. The list itself stays as it is.",
    )
    final = forms.ChoiceField(
        label="Its labels are meant",
        choices=[(value, title) for value, title, _ in MODES],
        initial="no",
        widget=forms.RadioSelect,
    )

    def __init__(self, image_list: ImageList, data: Any = None) -> None:
        stem = image_list.name.rpartition(".")[0] or image_list.name
        super().__init__(data, initial={"name": stem[:120]})
        self.modes = MODES
        if not image_list.report.get("labelled"):
            del self.fields["final"]

    def values(self) -> dict[str, Any]:
        """As `exports.lists.requesting.make` takes them."""
        return {**self.cleaned_data, "final": self.cleaned_data.get("final") == "yes"}


class BringForm(forms.Form):
    """Whose labels a project takes, and as what."""

    image_list: "forms.ModelChoiceField[ImageList]" = forms.ModelChoiceField(
        queryset=ImageList.objects.none(), to_field_name="code"
    )
    final = forms.ChoiceField(choices=[(value, title) for value, title, _ in MODES])

    def __init__(self, user: Actor, data: Any) -> None:
        super().__init__(data)
        field = self.fields["image_list"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = ImageList.objects.for_user(user)
