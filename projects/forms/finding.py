"""What is typed into the search of the top bar, and where."""

from typing import Any

from django import forms

from projects.models import Project, User, Workspace


class FindForm(forms.Form):
    """The words, and the place that the page shows; a place that is not the caller's own counts as none."""

    q = forms.CharField(required=False, max_length=100)
    project = forms.ModelChoiceField(Project.objects.none(), required=False, to_field_name="code")
    workspace = forms.ModelChoiceField(Workspace.objects.none(), required=False, to_field_name="code")

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        project: Any = self.fields["project"]
        project.queryset = Project.objects.for_user(user).select_related("workspace__organisation", "organisation")
        workspace: Any = self.fields["workspace"]
        workspace.queryset = Workspace.objects.for_user(user).select_related("organisation")

    @property
    def words(self) -> str:
        """What is looked for; read after `is_valid`."""
        return str(self.cleaned_data.get("q") or "").strip()

    @property
    def place(self) -> Project | Workspace | None:
        """Where the caller is."""
        return self.cleaned_data.get("project") or self.cleaned_data.get("workspace")
