"""What the frame of every page shows: where one is, and where one can go."""

from dataclasses import dataclass
from functools import cached_property

from django.http import HttpRequest

from projects import permissions
from projects.models import Organisation, Project, Workspace

WAITING_DRAFT = "waiting_draft"
"""The session's key for `Navigation.waiting_draft`."""


@dataclass
class Navigation:
    """`nav` in templates. Views set the place by `navigation.at(request, project)`; the rest is read when asked for."""

    request: HttpRequest
    place: Organisation | Workspace | Project | None = None

    @property
    def project(self) -> Project | None:
        return self.place if isinstance(self.place, Project) else None

    @property
    def workspace(self) -> Workspace | None:
        if isinstance(self.place, Project):
            return self.place.workspace  # type: ignore[no-any-return]  # a tenant key
        return self.place if isinstance(self.place, Workspace) else None

    @property
    def organisation(self) -> Organisation | None:
        if isinstance(self.place, Organisation) or self.place is None:
            return self.place
        return self.place.organisation

    @cached_property
    def workspaces(self) -> list[Workspace]:
        """Workspaces to switch to, at most fifty."""
        if not self.request.user.is_authenticated:
            return []
        visible = Workspace.objects.for_user(self.request.user).active().select_related("organisation")
        return list(visible.order_by("organisation__name", "name")[:50])

    @cached_property
    def waiting_draft(self) -> Project | None:
        """The draft whose wizard was left to make a dataset: the data pages lead back to it."""
        code = self.request.session.get(WAITING_DRAFT)
        if code is None or not self.request.user.is_authenticated:
            return None
        drafts = Project.objects.for_user(self.request.user).filter(state=Project.State.DRAFT)
        return drafts.filter(code=code).first()

    @cached_property
    def is_labeller_only(self) -> bool:
        """Whether every role of the user is labeller: they see no workspace around their work."""
        return permissions.only_labels(self.request.user)


def at(request: HttpRequest, place: Organisation | Workspace | Project) -> None:
    """Says where the page is, for breadcrumb and switcher."""
    request.navigation = Navigation(request, place)  # type: ignore[attr-defined]  # read below


def navigation(request: HttpRequest) -> dict[str, Navigation]:
    """Context processor."""
    return {"nav": getattr(request, "navigation", None) or Navigation(request)}
