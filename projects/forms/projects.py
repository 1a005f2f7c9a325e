"""The parts of a project's set-up: each is a step of the wizard and a section of the settings."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from projects import label_changes, setup, taxonomy
from projects.errors import DomainError
from projects.label_tree import Node, from_lines, from_nested, to_lines, to_nested, walk
from projects.models import Dataset, Label, LabelChange, Membership, Project, User, Workspace
from projects.palette import PALETTE

INSTRUCTIONS = """\
## What to label

Describe each label in a sentence, and what belongs to it.

## Edge cases

- When is something *not* to be labelled, though it looks like it?
- How are borderline things decided?

## Hidden and cut-off things

- How much of a thing must be visible?
- Does the box end where the thing ends, or where it can be seen?

## Tiny things

How small is too small? Give a size in pixels, or compare.

## When unsure

Skip the image with a reason, or choose the more general label?

## Poor images

What to do with blurred, dark or broken images.

## Disagreement

Whom to ask, and which example decides.
"""


class PartForm(forms.Form):
    """One part of a project, with what it is called and how it is kept."""

    title: ClassVar[str]
    template: ClassVar[str]

    def __init__(self, project: Project, user: User, data: Any = None, **options: Any) -> None:
        self.project, self.user = project, user
        options.setdefault("initial", self.read(project))
        super().__init__(data, **options)
        self.prepare()

    @staticmethod
    def read(project: Project) -> dict[str, Any]:
        """The part as it is now."""
        return {}

    def prepare(self) -> None:
        """Narrows choices to what the user may name."""

    def keep(self) -> None:
        """Saves the part; raises DomainError."""

    def save(self) -> bool:
        """Saves a valid part; what the verb refuses becomes an error of the form."""
        try:
            self.keep()
        except DomainError as error:
            mine = {name: messages for name, messages in error.fields.items() if name in self.fields}
            if mine:
                self.add_error(None, ValidationError(mine))
            else:
                self.add_error(None, error.detail)
            return False
        return True


class DetailsForm(PartForm):
    title, template = "Details", "projects/parts/details.html"
    name = forms.CharField(label="Name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    description = forms.CharField(
        label="Description", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    task_type = forms.ChoiceField(label="What is labelled", choices=Project.TaskType.choices, widget=forms.RadioSelect)

    @staticmethod
    def read(project: Project) -> dict[str, Any]:
        return {"name": project.name, "description": project.description, "task_type": project.task_type}

    def prepare(self) -> None:
        if self.project.pk and self.project.state != Project.State.DRAFT:
            del self.fields["task_type"]

    def keep(self) -> None:
        setup.update(project=self.project, actor=self.user, **self.cleaned_data)

    def create(self, workspace: Workspace) -> Project | None:
        """Makes the draft, or says in the form why not."""
        try:
            return setup.create(workspace=workspace, actor=self.user, **self.cleaned_data)
        except setup.NameTaken as error:
            self.add_error("name", error.detail)
            return None


class PeopleForm(PartForm):
    """A field per person: a role in this project alone, or nothing for the workspace's."""

    title, template = "People", "projects/parts/people.html"

    def prepare(self) -> None:
        self.people: dict[str, User] = {}
        by_workspace = setup.roles_in_workspace(self.project)
        own = setup.roles_in_project(self.project)
        for user in setup.candidates(self.project):
            role = by_workspace.get(user.pk)
            usual = f"{Membership.Role(role).label} (as in the workspace)" if role else "No access"
            name = f"role-{user.code}"
            self.people[name] = user
            self.fields[name] = forms.ChoiceField(
                label=user.display_name,
                required=False,
                choices=[("", usual), *((str(role), Membership.Role(role).label) for role in Membership.WORK_ROLES)],
                initial=own.get(user.pk, ""),
            )

    def rows(self) -> list[tuple[User, forms.BoundField]]:
        """Each person with their field."""
        return [(user, self[name]) for name, user in self.people.items()]

    def keep(self) -> None:
        chosen = {user: self.cleaned_data[name] for name, user in self.people.items() if self.cleaned_data[name]}
        setup.choose_people(project=self.project, roles=chosen, actor=self.user)


class DataForm(PartForm):
    title, template = "Data", "projects/parts/data.html"
    datasets = forms.ModelMultipleChoiceField(
        queryset=Dataset.objects.none(), required=False, to_field_name="code", widget=forms.CheckboxSelectMultiple
    )

    def prepare(self) -> None:
        field = self.fields["datasets"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = Dataset.objects.for_user(self.user).filter(workspace=self.project.workspace_id)

    def available(self) -> list[Dataset]:
        """The workspace's datasets, newest first, at most 500."""
        field = self.fields["datasets"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        assert field.queryset is not None
        return list(field.queryset.order_by("-created_at", "-pk")[:500])

    def chosen(self) -> set[str]:
        """Codes of the datasets that are ticked."""
        if self.is_bound:
            return set(self.data.getlist("datasets"))  # type: ignore[attr-defined]  # bound to a QueryDict
        return {str(dataset.code) for dataset in setup.datasets_of(self.project)}

    def clean_datasets(self) -> list[Dataset]:
        """A draft can name any; a started project only gains some."""
        return list(self.cleaned_data["datasets"])

    def keep(self) -> None:
        setup.put_data(project=self.project, datasets=self.cleaned_data["datasets"], actor=self.user)


class LabelsForm(PartForm):
    """The tree as JSON from the editor; without script, as lines of paths."""

    title, template = "Labels", "projects/parts/labels.html"
    palette = list(PALETTE)
    labels = forms.JSONField(required=False, widget=forms.HiddenInput)
    lines = forms.CharField(
        label="Labels, one path per line", required=False, strip=False, widget=forms.Textarea(attrs={"rows": 12})
    )
    handling = forms.ChoiceField(
        label="What becomes of what is labelled already?", choices=LabelChange.Handling.choices, required=False
    )
    handlings = [
        ("continue", "Go on", "Answers stay. The new labels are for images that are labelled from now on."),
        ("keep", "Start over, keep labels", "Every image is to be labelled again, with its old labels as suggestions."),
        ("clear", "Start over, empty", "Every image is to be labelled again, without them."),
    ]

    def prepare(self) -> None:
        if self.project.state not in label_changes.STARTED:
            del self.fields["handling"]

    @staticmethod
    def read(project: Project) -> dict[str, Any]:
        nodes = taxonomy.read(project)
        return {"labels": to_nested(nodes), "lines": to_lines(nodes)}

    def tree(self) -> list[Any]:
        """What the editor begins with: what was sent, or what is kept."""
        if self.is_bound and isinstance(self.cleaned_data.get("labels"), list):
            return list(self.cleaned_data["labels"])
        return list(self.initial["labels"])

    def keep(self) -> None:
        handling = self.cleaned_data.get("handling") or None
        try:
            taxonomy.save(project=self.project, nodes=self._nodes(), actor=self.user, handling=handling)
        except label_changes.HandlingNeeded as needed:
            # The page shows the choices by other names than the API does.
            needed.fields = {"handling": ["Choose one of the three, then save again."]}
            raise

    def archived(self) -> list[Label]:
        """Labels that can be taken into use again, the latest first; at most 200."""
        return list(Label.objects.for_user(self.user).archived(self.project)[:200])

    def undoable(self) -> LabelChange | None:
        """The latest start over, if it can be undone."""
        return label_changes.undoable(self.project) if "handling" in self.fields else None

    def _nodes(self) -> list[Node]:
        if self.cleaned_data.get("labels") is not None:
            return from_nested(self.cleaned_data["labels"])
        nodes = from_lines(self.cleaned_data.get("lines", ""))
        known = {path: node for _, path, node in walk(taxonomy.read(self.project))}
        for _, path, node in walk(nodes):
            if path in known:
                old = known[path]
                node.code, node.colour, node.hotkey, node.description = (
                    old.code,
                    old.colour,
                    old.hotkey,
                    old.description,
                )
        return nodes


class InstructionsForm(PartForm):
    title, template = "Instructions", "projects/parts/instructions.html"
    instructions = forms.CharField(
        label="Instructions",
        max_length=50_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 18, "class": "mono", "spellcheck": "true"}),
        help_text="Markdown: ## headings, lists, **bold**, tables, links.",
    )
    instructions_url = forms.URLField(
        label="Or a link",
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text="A page or document that is kept elsewhere; labellers see a link to it.",
    )
    guide = INSTRUCTIONS

    @staticmethod
    def read(project: Project) -> dict[str, Any]:
        return {"instructions": project.instructions, "instructions_url": project.instructions_url}

    def keep(self) -> None:
        setup.update(project=self.project, actor=self.user, **self.cleaned_data)


class QualityForm(PartForm):
    title, template = "Quality", "projects/parts/quality.html"
    labellers_minimum = forms.IntegerField(
        label="Answers per image", min_value=1, max_value=15, help_text="So many people answer each image."
    )
    labellers_maximum = forms.IntegerField(
        label="At most",
        min_value=1,
        max_value=15,
        help_text="Where answers disagree, more are asked.",
    )
    page_size = forms.TypedChoiceField(
        label="Images on a page", coerce=int, choices=[(1, "1"), (4, "4"), (6, "6"), (9, "9")]
    )

    @staticmethod
    def read(project: Project) -> dict[str, Any]:
        names = ("labellers_minimum", "labellers_maximum", "page_size")
        return {name: getattr(project, name) for name in names}

    def prepare(self) -> None:
        if not self.project.is_classification:
            del self.fields["page_size"]
        if self.project.state != Project.State.DRAFT:
            del self.fields["labellers_minimum"], self.fields["labellers_maximum"]

    def clean(self) -> dict[str, Any]:
        """The maximum is not below the minimum."""
        cleaned: dict[str, Any] = super().clean() or {}
        least, most = cleaned.get("labellers_minimum"), cleaned.get("labellers_maximum")
        if least and most and most < least:
            self.add_error("labellers_maximum", f"This must be {least} or more, as each image gets {least} answers.")
        return cleaned

    def keep(self) -> None:
        setup.update(project=self.project, actor=self.user, **self.cleaned_data)


PARTS: dict[str, type[PartForm]] = {
    "details": DetailsForm,
    "people": PeopleForm,
    "data": DataForm,
    "labels": LabelsForm,
    "instructions": InstructionsForm,
    "quality": QualityForm,
}


class PageForm(forms.Form):
    """The project behind which a page of the list begins."""

    after = forms.UUIDField(required=False)


class StateForm(forms.Form):
    """A step of the project's life; `confirm_name` for what is hard to take back."""

    VERBS = ("start", "pause", "resume", "complete", "reopen", "archive", "restore", "discard")
    verb = forms.ChoiceField(choices=[(verb, verb) for verb in VERBS])
    confirm_name = forms.CharField(required=False)

    def __init__(self, project: Project, data: Any) -> None:
        self.project = project
        super().__init__(data)

    def clean(self) -> dict[str, Any]:
        """Archiving and discarding take the project's name."""
        cleaned: dict[str, Any] = super().clean() or {}
        risky = cleaned.get("verb") in ("archive", "discard")
        if risky and cleaned.get("confirm_name", "").strip() != self.project.name:
            raise ValidationError("Type the project's name to confirm.")
        return cleaned
