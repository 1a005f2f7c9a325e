"""Forms about datastores and datasets."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from projects.datastores import Connection
from projects.errors import DomainError
from projects.models import Dataset, Datastore, Image, Workspace


class WriteOnlyTextarea(forms.Textarea):
    """Never shows what was typed: secrets go in and do not come back, not even after a mistake."""

    def format_value(self, value: Any) -> str:
        return ""


def _secret(label: str, help_text: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class DatastoreForm(forms.Form):
    """What all kinds share; the subclasses add where the files are, and the keys."""

    kind: ClassVar[str]
    location_fields: ClassVar[tuple[str, ...]]
    secret_fields: ClassVar[tuple[str, ...]] = ()

    name = forms.CharField(label="Name", max_length=120, help_text="How people of this workspace will find it.")

    def __init__(self, data: Any = None, *, datastore: Datastore | None = None) -> None:
        initial = (
            {}
            if datastore is None
            else {**datastore.location, "name": datastore.name, "below": datastore.location.get("prefix", "")}
        )
        super().__init__(data, initial=initial)
        self.order_fields(["name", *self.location_fields, *self.secret_fields])
        if datastore is not None:
            for name in self.secret_fields:
                self.fields[name].required = False
                self.fields[name].help_text = "Leave it empty to keep the one there is."

    def connection(self) -> Connection:
        """The validated form as a connection; without secrets where none was typed."""
        values = self.cleaned_data
        location = {
            "prefix" if name == "below" else name: str(values.get(name) or "").strip() for name in self.location_fields
        }
        secrets = {name: values[name] for name in self.secret_fields if values.get(name)}
        return Connection(self.kind, {name: value for name, value in location.items() if value}, secrets)

    def explain(self, error: DomainError) -> None:
        """Puts a failed check at the field that it is about."""
        known = {name: words for name, words in error.fields.items() if name in self.fields}
        for name, words in known.items():
            for message in words:
                self.add_error(name, message)
        if not known:
            self.add_error(None, error.detail)


def _below() -> forms.CharField:
    return forms.CharField(
        label="Folder", required=False, max_length=500, help_text="Only what is below it. Empty: everything."
    )


class LocalForm(DatastoreForm):
    kind = Datastore.Kind.LOCAL
    location_fields = ("path",)

    path = forms.CharField(
        label="Folder of the server",
        max_length=500,
        help_text="The whole path. It must lie below a folder that the operator has opened (LOCAL_STORE_ROOTS).",
    )


class AzureForm(DatastoreForm):
    kind = Datastore.Kind.AZURE
    location_fields = ("account", "container", "below", "endpoint")
    secret_fields = ("account_key",)

    account = forms.CharField(label="Storage account", max_length=24)
    container = forms.CharField(label="Container", max_length=63)
    below = _below()
    endpoint = forms.CharField(
        label="Address",
        required=False,
        max_length=300,
        help_text="Only for other clouds and emulators. Empty: https://<account>.blob.core.windows.net.",
    )
    account_key = _secret("Account key", "“key1” or “key2” on the storage account's page “Access keys”.")


class S3Form(DatastoreForm):
    kind = Datastore.Kind.S3
    location_fields = ("bucket", "region", "below", "endpoint")
    secret_fields = ("access_key_id", "secret_access_key")

    bucket = forms.CharField(label="Bucket", max_length=63)
    region = forms.CharField(label="Region", required=False, max_length=40, help_text="For example eu-central-1.")
    below = _below()
    endpoint = forms.CharField(
        label="Address", required=False, max_length=300, help_text="Of a compatible store. Empty: Amazon's."
    )
    access_key_id = _secret("Access key id", "Of a user who may list the bucket and read its objects.")
    secret_access_key = _secret("Secret access key", "It was shown once, when the key was made.")


class GCSForm(DatastoreForm):
    kind = Datastore.Kind.GCS
    location_fields = ("bucket", "below")
    secret_fields = ("service_account",)

    bucket = forms.CharField(label="Bucket", max_length=63)
    below = _below()
    service_account = forms.CharField(
        label="Service account key",
        help_text="The whole JSON file. The account needs the role “Storage Object Viewer” on the bucket.",
        widget=WriteOnlyTextarea(attrs={"rows": 5, "class": "mono", "spellcheck": "false", "autocomplete": "off"}),
    )

    def clean_service_account(self) -> Mapping[str, Any] | None:
        text = self.cleaned_data["service_account"].strip()
        if not text:
            return None
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise forms.ValidationError("This is not a JSON file. Paste all of it, from { to }.")
        return found


FORMS: Mapping[str, type[DatastoreForm]] = {form.kind: form for form in (AzureForm, S3Form, GCSForm, LocalForm)}


REFRESHES = [
    ("", "Only when somebody asks"),
    ("15", "Every quarter of an hour"),
    ("60", "Every hour"),
    ("360", "Every six hours"),
    ("1440", "Every day"),
    ("10080", "Every week"),
]


class RefreshField(forms.TypedChoiceField):
    """How often a store is looked at by itself, in minutes; an interval that was set by API is offered, too."""

    def __init__(self, now: int | None = None) -> None:
        choices = list(REFRESHES)
        if now is not None and str(now) not in dict(choices):
            choices.append((str(now), f"Every {now:,} minutes"))
        super().__init__(
            choices=choices,
            coerce=int,
            empty_value=None,
            required=False,
            label="Look for new files",
            help_text="New files become tasks, changed ones are flagged, missing ones are marked. Labels stay.",
        )


class DatasetForm(forms.Form):
    """A new dataset: its name, and where its images come from."""

    name = forms.CharField(label="Name", max_length=120)
    description = forms.CharField(
        label="Description", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    source = forms.ChoiceField(choices=Dataset.Source.choices, initial=Dataset.Source.UPLOAD)
    datastore: "forms.ModelChoiceField[Datastore]" = forms.ModelChoiceField(
        queryset=Datastore.objects.none(), label="Datastore", required=False, to_field_name="code"
    )
    pattern = forms.CharField(
        label="Path pattern",
        required=False,
        max_length=500,
        initial="**/*.*",
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
        help_text="**/*.* is everything. A folder such as street/2024 is all below it. * stays within a folder.",
    )
    refresh_minutes = RefreshField()

    def __init__(self, workspace: Workspace, user: Any, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        rows = Datastore.objects.for_user(user).filter(workspace=workspace).exclude(kind=Datastore.Kind.BUILT_IN)
        field = self.fields["datastore"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows.order_by("-is_default", "name")
        field.empty_label = None
        self.has_stores = rows.exists()
        field.required = data is None or data.get("source") == Dataset.Source.PATTERN
        field.error_messages["required"] = "Choose the datastore that holds the files, or connect one first."
        if data is None and self.has_stores:
            self.initial.setdefault("source", Dataset.Source.PATTERN)

    def clean_pattern(self) -> str:
        """An empty pattern means everything."""
        return self.cleaned_data["pattern"] or "**/*.*"


class DatasetChangeForm(forms.Form):
    """What can change of a dataset; the pattern only where its files lie in a store."""

    name = forms.CharField(label="Name", max_length=120)
    description = forms.CharField(
        label="Description", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    pattern = forms.CharField(
        label="Path pattern",
        max_length=500,
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
        help_text="Another pattern has the files read again. Images that it leaves out are labelled no more; their answers stay.",
    )

    refresh_minutes = RefreshField()

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(data, initial={name: getattr(dataset, name) for name in self.base_fields})
        self.fields["refresh_minutes"] = RefreshField(dataset.refresh_minutes)
        if dataset.source != Dataset.Source.PATTERN:
            del self.fields["pattern"]
        if not dataset.is_refreshable:
            del self.fields["refresh_minutes"]


class ImageFilterForm(forms.Form):
    """Which of a dataset's images the page shows; what is not understood is left out."""

    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[("", "All"), *Image.State.choices, ("changed", "Changed at the source")],
    )
    q = forms.CharField(
        label="Name begins with", required=False, max_length=200, widget=forms.TextInput(attrs={"type": "search"})
    )
    after = forms.UUIDField(required=False, widget=forms.HiddenInput)
