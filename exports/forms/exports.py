from dataclasses import fields
from typing import Any

from django import forms

from annotations.models import Task
from exports import writing
from exports.models import Export
from exports.services import DEFAULT_STATUSES
from projects.models import Datastore, Label, Project, Workspace
from projects.tenancy import Actor

_EXPORTABLE = [choice for choice in Task.Status.choices if choice[0] in ("labelled", "approved", "needs_review")]
COORDINATES = [("pixels", "Pixels, as COCO is defined"), ("fractions", "Fractions, as Azure Machine Learning writes")]
SEGMENTATIONS = [
    ("drawn", "As drawn: polygons, and masks where there are holes"),
    ("polygons", "Polygons alone"),
    ("rle", "Masks alone (run lengths)"),
]
REGIONS = [("drawn", "Outlines"), ("boxes", "Boxes around them")]
RECENT = 50
"""Exports to choose from for a comparison."""
MASK_STYLES = [
    ("palette", "Class numbers with the labels' colours"),
    ("indexed", "Class numbers in grey"),
    ("colour", "Colours alone"),
]


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ExportForm(forms.Form):
    """What to export, and how."""

    format = forms.ChoiceField(widget=forms.RadioSelect)
    coordinates = forms.ChoiceField(choices=COORDINATES, required=False)
    segmentation = forms.ChoiceField(label="Outlines", choices=SEGMENTATIONS, required=False)
    regions = forms.ChoiceField(label="Objects", choices=REGIONS, required=False)
    mask_style = forms.ChoiceField(label="Pixels hold", choices=MASK_STYLES, required=False)
    url_prefix = forms.CharField(
        label="Images' addresses begin with",
        max_length=500,
        required=False,
        help_text="As the reader will find them, such as https://host/folder/. Empty means names alone, or the datastore for Azure.",
    )
    images = forms.BooleanField(
        label="Copy the images too", required=False, help_text="The archive gets as large as the images are."
    )
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
    since = forms.DateField(label="Labelled from, UTC", required=False, widget=_day())
    until = forms.DateField(label="Labelled to, UTC", required=False, widget=_day())
    val = forms.IntegerField(label="Validation, %", min_value=0, max_value=99, required=False, initial=0)
    test = forms.IntegerField(label="Test, %", min_value=0, max_value=99, required=False, initial=0)
    seed = forms.IntegerField(label="Seed", min_value=0, max_value=2**31 - 1, required=False, initial=0)

    def __init__(self, *args: Any, project: Project, user: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels: Any = self.fields["labels"]
        labels.queryset = Label.objects.for_user(user).filter(project=project).order_by("position")
        self.formats = writing.available(project)
        chosen: Any = self.fields["format"]
        chosen.choices = [(value, label) for value, label, _ in self.formats]
        chosen.initial = Export.Format.COCO
        own = frozenset[str]().union(*(form.own for _, _, form in self.formats))
        if project.task_type not in ("polygon", "semantic"):
            own -= {"segmentation", "regions"}
        for name in {"coordinates", "segmentation", "regions", "mask_style", "url_prefix", "images"} - own:
            del self.fields[name]

    def own_fields(self) -> list[tuple[forms.BoundField, str]]:
        """Fields that only some formats have, each with the values of these formats."""
        return [
            (self[name], " ".join(value for value, _, form in self.formats if name in form.own))
            for name in self.fields
            if any(name in form.own for _, _, form in self.formats)
        ]

    def options(self) -> writing.Options:
        """What was chosen beside format and filters; a field left alone means as usual."""
        known = {one.name for one in fields(writing.Options)}
        own = writing.FORMATS[self.cleaned_data["format"]].own | {"val", "test", "seed"}
        given = {name: value for name, value in self.cleaned_data.items() if name in known & own}
        return writing.Options(**{name: value for name, value in given.items() if value not in (None, "")})


class ListForm(forms.Form):
    """Where a page of exports begins."""

    before = forms.UUIDField(required=False)


class OutputStoreForm(forms.Form):
    """Where a workspace's exports go, and for how long."""

    datastore = forms.ModelChoiceField(
        Datastore.objects.none(),
        to_field_name="code",
        label="Write exports to",
        empty_label="Built-in storage",
        required=False,
        help_text="Into the folder exports/ of this datastore, which is tried now. Exports so far stay where they are.",
    )
    keep_days = forms.IntegerField(
        label="Delete exports after, days",
        min_value=1,
        max_value=36_500,
        required=False,
        help_text="Counted from when they are finished. Empty keeps them.",
    )

    def __init__(self, *args: Any, workspace: Workspace, user: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        datastore: Any = self.fields["datastore"]
        datastore.queryset = (
            Datastore.objects.for_user(user)
            .filter(workspace=workspace)
            .exclude(kind=Datastore.Kind.BUILT_IN)
            .order_by("name")
        )


class DatasetForm(forms.Form):
    """What the dataset made of an export is called."""

    name = forms.CharField(label="Name of the dataset", max_length=120)


class CompareForm(forms.Form):
    """Which export to compare with."""

    earlier = forms.ModelChoiceField(
        Export.objects.none(), to_field_name="code", label="Compare with", empty_label=None
    )

    def __init__(self, *args: Any, export: Export, user: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = Export.objects.for_user(user).filter(project=export.project_id, completed_at__isnull=False)
        earlier: Any = self.fields["earlier"]
        earlier.queryset = own.exclude(pk=export.pk).exclude(frozen={}).order_by("-pk")
        recent = list(earlier.queryset[:RECENT])
        earlier.choices = [(str(one.code), one.name) for one in recent] if not self.is_bound else earlier.choices
        self.is_possible = bool(export.frozen and recent)
