from dataclasses import replace
from typing import Any

from django import forms

from exports.formats import csv_reader
from exports.importing import options
from exports.models import Export, LabelImport

FINALS = [
    ("yes", "As answers", "They count at once, and only images without one stay to be labelled."),
    ("no", "As suggestions", "Labellers see them first, correct what is wrong, and submit."),
]
_ROLES = [
    ("image", "Image"),
    ("url", "Image's address"),
    ("code", "Image's code"),
    ("label", "Label"),
    ("confidence", "Confidence"),
    ("x", "Box: x"),
    ("y", "Box: y"),
    ("width", "Box: width"),
    ("height", "Box: height"),
    ("left", "Box: left"),
    ("top", "Box: top"),
    ("right", "Box: right"),
    ("bottom", "Box: bottom"),
    ("polygon", "Outline"),
    ("mask", "Mask"),
    ("crowd", "Crowd"),
    ("note", "Note"),
    ("image_width", "Image's width"),
    ("image_height", "Image's height"),
]


class ReadingForm(forms.Form):
    """How the file is read: for when it was not understood as it was meant."""

    format = forms.ChoiceField(choices=Export.Format.choices)
    match = forms.ChoiceField(label="Images are found", choices=options.MATCHES)

    def __init__(self, label_import: LabelImport, data: Any = None) -> None:
        now, self._import = options.Reading.of(label_import.reading), label_import
        self.preview = label_import.report.get("preview", {})
        self._columns = self.preview.get("columns", [])
        initial: dict[str, Any] = {"format": label_import.format, "match": now.match}
        super().__init__(data, initial=initial)
        if not self._columns:
            return
        taken = now.columns or self.preview["guessed"]
        by_column = {column: role for role, column in taken.items()}
        known = {role for role, _ in _ROLES}
        for number, column in enumerate(self._columns):
            role = by_column.get(column, "")
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=column or f"Column {number + 1}",
                choices=[
                    ("", "Not used"),
                    *_ROLES,
                    *([(role, role.replace("_", " ").capitalize())] if role and role not in known else []),
                ],
                required=False,
                initial=role,
            )
        self.fields["fractions"] = forms.BooleanField(
            label="Boxes and outlines are fractions of the image, from 0 to 1",
            required=False,
            initial=now.fractions if now.columns else self.preview["fractions"],
        )

    def table(self) -> list[tuple[forms.BoundField, list[str]]]:
        """For CSV, each column with what it is taken for, and its first cells."""
        rows = self.preview.get("rows", [])
        return [
            (self[f"column_{number}"], [row[number] for row in rows[:3] if number < len(row)])
            for number in range(len(self._columns))
        ]

    def clean(self) -> dict[str, Any]:
        """A column is one thing, and one of them is the image."""
        values = super().clean() or {}
        roles = [role for number in range(len(self._columns)) if (role := values.get(f"column_{number}"))]
        if len(set(roles)) < len(roles):
            raise forms.ValidationError("Two columns are taken for the same thing. Choose one of them.")
        if self._columns and "image" not in roles and values.get("format") == Export.Format.CSV:
            raise forms.ValidationError("Choose the column that holds the images' names.")
        return values

    def options(self) -> options.Reading:
        """What was chosen; columns only where they are not what their names say."""
        values = self.cleaned_data
        chosen = {
            role: column for number, column in enumerate(self._columns) if (role := values.get(f"column_{number}"))
        }
        guessed = csv_reader.guessed(self._columns) if self._columns else None
        fractions = bool(values.get("fractions"))
        if guessed is None and values["format"] == self._import.format:
            # Of a list with names of its own: they stay as they were said when it was made a dataset.
            return replace(options.Reading.of(self._import.reading), match=values["match"])
        if guessed is None or (chosen == dict(guessed.by_role) and fractions == guessed.fractions):
            return options.Reading(match=values["match"])
        return options.Reading(match=values["match"], columns=chosen, fractions=fractions)


class WritingForm(forms.Form):
    """How the labels are written."""

    final = forms.ChoiceField(
        label="Bring the labels in",
        choices=[(value, words) for value, words, _ in FINALS],
        initial="yes",
        widget=forms.RadioSelect,
    )
    policy = forms.ChoiceField(
        label="Where an image has an answer already",
        choices=options.POLICIES,
        initial="keep",
        widget=forms.RadioSelect,
    )
    create_labels = forms.BooleanField(label="Add the labels that the project lacks", required=False)
    empty = forms.BooleanField(
        label="Images without labels have nothing on them",
        required=False,
        help_text="Else they are left as they are.",
    )

    def __init__(self, label_import: LabelImport, data: Any = None) -> None:
        now = options.Writing.of(label_import.writing)
        super().__init__(data, initial={"final": "yes" if now.final else "no"})
        report = label_import.report
        if not report.get("without_label"):
            del self.fields["create_labels"]
        if not report.get("unlabelled") or label_import.project.task_type == "multiclass":
            del self.fields["empty"]
        self.finals = FINALS

    def options(self) -> options.Writing:
        values = self.cleaned_data
        return options.Writing(
            final=values["final"] == "yes",
            policy=values["policy"],
            create_labels=bool(values.get("create_labels")),
            empty=bool(values.get("empty")),
        )
