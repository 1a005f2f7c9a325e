"""Members of an organisation and of a workspace: the same page, one level apart."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from projects import navigation, people, permissions
from projects.errors import DomainError
from projects.forms.people import AddPersonForm, MemberForm, member_key, members_of, roles_for
from projects.http import UserRequest
from projects.models import Membership, Organisation, Workspace
from projects.permissions import Action


@require_http_methods(["GET", "POST"])
def members(request: UserRequest, code: str) -> HttpResponse:
    """People of the organisation, with their roles in it."""
    organisation = get_object_or_404(Organisation.objects.for_user(request.user), code=code)
    return _page(request, organisation)


@require_http_methods(["GET", "POST"])
def workspace_people(request: UserRequest, code: str) -> HttpResponse:
    """People of the workspace, with their roles in it."""
    workspace = get_object_or_404(Workspace.objects.for_user(request.user).select_related("organisation"), code=code)
    return _page(request, workspace)


def _page(request: UserRequest, place: Organisation | Workspace) -> HttpResponse:
    permissions.require(request.user, Action.MANAGE_PEOPLE, place)
    navigation.at(request, place)
    is_adding = "email" in request.POST
    adding = AddPersonForm(place, request.POST if is_adding else None)
    if request.method == "POST":
        done = _add(request, place, adding) if is_adding else _change(request, place)
        if done:
            return redirect(request.path)
    context = {
        "place": place,
        "is_organisation": isinstance(place, Organisation),
        "can": permissions.allowed_actions(request.user, place),
        "members": [(member, member_key(member)) for member in members_of(place, request.user)],
        "runners": _runners(request, place),
        "roles": roles_for(place),
        "form": adding,
    }
    return render(request, "projects/members.html", context, status=422 if request.method == "POST" else 200)


def _runners(request: UserRequest, place: Organisation | Workspace) -> list[Membership]:
    """Owners and admins, who reach every workspace without being a member of it."""
    if isinstance(place, Organisation):
        return []
    rows = members_of(place.organisation, request.user)
    return list(rows.filter(role__in=Membership.RUNS_ORGANISATION))


def _add(request: UserRequest, place: Organisation | Workspace, form: AddPersonForm) -> bool:
    if not form.is_valid():
        return False
    data = form.cleaned_data
    try:
        people.add(place=place, email=data["email"], name=data["name"], role=data["role"], actor=request.user)
    except DomainError as error:
        form.add_error("email", error.detail)
        return False
    messages.success(request, f"{data['email']} was added. An email that says how to begin is on its way.")
    return True


def _change(request: UserRequest, place: Organisation | Workspace) -> bool:
    form = MemberForm(place, request.user, request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(message) for errors in form.errors.values() for message in errors))
        return True
    try:
        messages.success(request, _apply(request, form.cleaned_data))
    except DomainError as error:
        messages.error(request, error.detail)
    return True


def _apply(request: UserRequest, data: dict[str, Any]) -> str:
    member: Membership = data["member"]
    name = member.person.display_name
    if data["action"] == MemberForm.REMOVE:
        people.remove(membership=member, actor=request.user)
        return f"{name} was removed."
    if data["action"] == MemberForm.WRITE:
        people.send_again(membership=member, actor=request.user)
        return f"Another email to {member.person.email} is on its way."
    people.change_role(membership=member, role=data["role"], actor=request.user)
    return f"The role of {name} is now “{Membership.Role(data['role']).label}”."
