"""Connecting blob stores to a workspace."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from projects import datastores, image_urls, navigation, permissions
from projects.errors import DomainError
from projects.forms.data import FORMS
from projects.http import UserRequest
from projects.models import Dataset, Datastore, Workspace
from projects.permissions import Action


@require_http_methods(["GET", "POST"])
def create(request: UserRequest, code: str) -> HttpResponse:
    """Connects a store: first its kind is chosen, then it is described, and checked before it is saved."""
    place = get_object_or_404(Workspace.objects.for_user(request.user).select_related("organisation"), code=code)
    permissions.require(request.user, Action.MANAGE_DATA, place)
    navigation.at(request, place)
    kind = request.GET.get("kind", "")
    form = FORMS[kind](request.POST if request.method == "POST" else None) if kind in FORMS else None
    if form is not None and form.is_valid():
        try:
            made = datastores.create(
                actor=request.user, workspace=place, name=form.cleaned_data["name"], connection=form.connection()
            )
        except DomainError as error:
            form.explain(error)
        else:
            messages.success(request, f"“{made.name}” is connected.")
            return redirect("projects:datastore", made.code)
    context = {
        "workspace": place,
        "can": permissions.allowed_actions(request.user, place),
        "form": form,
        "kind": kind,
        "kind_name": Datastore.Kind(kind).label if form else "",
        "has_local": bool(settings.LOCAL_STORE_ROOTS),
    }
    return render(request, "projects/datastore_form.html", context, status=422 if form and form.errors else 200)


def _datastore(request: UserRequest, code: str, action: Action) -> Datastore:
    rows = Datastore.objects.for_user(request.user).select_related("workspace__organisation")
    found = get_object_or_404(rows, code=code)
    permissions.require(request.user, action, found.workspace)
    navigation.at(request, found.workspace)
    return found


@require_http_methods(["GET", "POST"])
def datastore(request: UserRequest, code: str) -> HttpResponse:
    """One store: where it is, what reads from it, and its settings; a POST changes them."""
    is_post = request.method == "POST"
    found = _datastore(request, code, Action.MANAGE_DATA if is_post else Action.SEE_DATA)
    kind = FORMS.get(found.kind)
    form = kind(request.POST if is_post else None, datastore=found) if kind else None
    if form is not None and form.is_valid():
        try:
            datastores.change(
                actor=request.user, datastore=found, name=form.cleaned_data["name"], connection=form.connection()
            )
        except DomainError as error:
            form.explain(error)
        else:
            image_urls.forget()
            messages.success(request, "Checked and saved.")
            return redirect("projects:datastore", found.code)
    context = {
        "datastore": found,
        "workspace": found.workspace,
        "can": permissions.allowed_actions(request.user, found.workspace),
        "form": form,
        "datasets": list(Dataset.objects.for_user(request.user).filter(datastore=found).order_by("name")[:100]),
    }
    return render(request, "projects/datastore.html", context, status=422 if is_post else 200)


@require_POST
def check(request: UserRequest, code: str) -> HttpResponse:
    """Connects and lists now."""
    found = _datastore(request, code, Action.MANAGE_DATA)
    try:
        datastores.recheck(datastore=found)
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, "The store answers, and its files can be listed.")
    return redirect("projects:datastore", found.code)


@require_POST
def set_default(request: UserRequest, code: str) -> HttpResponse:
    """Makes it the store that new datasets begin with."""
    found = _datastore(request, code, Action.MANAGE_DATA)
    datastores.set_default(actor=request.user, datastore=found)
    messages.success(request, f"New datasets begin with “{found.name}”.")
    return redirect("projects:datastore", found.code)


@require_POST
def delete(request: UserRequest, code: str) -> HttpResponse:
    """Forgets a connection that no dataset reads from."""
    found = _datastore(request, code, Action.MANAGE_DATA)
    try:
        datastores.delete(actor=request.user, datastore=found)
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect("projects:datastore", found.code)
    messages.success(request, f"The connection “{found.name}” is gone. The files in the store are as they were.")
    return redirect("projects:data", found.workspace.code)
