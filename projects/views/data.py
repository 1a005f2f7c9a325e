"""A workspace's data: its datastores and datasets, and the images of one."""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import trigger_client_event

from projects import datasets, datastores, image_urls, jobs, navigation, permissions
from projects.errors import DomainError
from projects.forms.data import DatasetChangeForm, DatasetForm, ImageFilterForm
from projects.http import UserRequest
from projects.models import Dataset, Datastore, Image, Upload, Workspace
from projects.models.data import ImageQuerySet
from projects.permissions import Action

PAGE = 60
STOP_POLLING = 286


@require_safe
def data(request: UserRequest, code: str) -> HttpResponse:
    """Datasets and datastores of a workspace; the rows ask again for themselves while files are being read."""
    place = _workspace(request, code, Action.SEE_DATA)
    rows = Dataset.objects.for_user(request.user).filter(workspace=place).select_related("datastore")
    found = list(rows.order_by("-pk")[:500])
    is_live = any(dataset.state == Dataset.State.INGESTING for dataset in found)
    context = {
        "workspace": place,
        "can": permissions.allowed_actions(request.user, place),
        "datasets": found,
        "is_live": is_live,
        "datastores": list(Datastore.objects.for_user(request.user).filter(workspace=place).order_by("pk")),
    }
    if request.htmx:
        return render(request, "projects/data.html#datasets", context, status=200 if is_live else STOP_POLLING)
    return render(request, "projects/data.html", context)


def _workspace(request: UserRequest, code: str, action: Action) -> Workspace:
    rows = Workspace.objects.for_user(request.user).select_related("organisation")
    place = get_object_or_404(rows, code=code)
    permissions.require(request.user, action, place)
    navigation.at(request, place)
    return place


@require_http_methods(["GET", "POST"])
def create_dataset(request: UserRequest, code: str) -> HttpResponse:
    """Makes a dataset from a store, which is read at once, or one to upload into."""
    place = _workspace(request, code, Action.MANAGE_DATA)
    initial = {"datastore": request.GET.get("datastore", "")} if "datastore" in request.GET else {}
    form = DatasetForm(place, request.user, request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            made = datasets.create(actor=request.user, workspace=place, **form.cleaned_data)
        except DomainError as error:
            for name, words in datastores.explain(error).items():
                form.add_error(name, words)
        else:
            is_upload = made.source == Dataset.Source.UPLOAD
            return redirect("projects:upload" if is_upload else "projects:dataset", made.code)
    context = {"workspace": place, "can": permissions.allowed_actions(request.user, place), "form": form}
    return render(request, "projects/dataset_form.html", context, status=422 if form.errors else 200)


def _dataset(request: UserRequest, code: str, action: Action) -> Dataset:
    rows = Dataset.objects.for_user(request.user).select_related("workspace__organisation", "datastore")
    found = get_object_or_404(rows, code=code)
    permissions.require(request.user, action, found.workspace)
    navigation.at(request, found.workspace)
    return found


@require_safe
def dataset(request: UserRequest, code: str) -> HttpResponse:
    """One dataset: how reading goes, what it holds, and its images."""
    found = _dataset(request, code, Action.SEE_DATA)
    job = datasets.latest_job(found)
    is_live = job is not None and not job.has_ended
    context = {
        "dataset": found,
        "workspace": found.workspace,
        "can": permissions.allowed_actions(request.user, found.workspace),
        "job": job,
        "is_live": is_live,
        "can_pause": job is not None and jobs.can_pause(job),
        "unfinished": found.uploads.filter(state=Upload.State.RECEIVING).count(),
    }
    if request.htmx.target == "reading":
        response = render(request, "projects/dataset.html#reading", context, status=200 if is_live else STOP_POLLING)
        return response if is_live else trigger_client_event(response, "images-read")
    form = ImageFilterForm(request.GET)
    context |= {"form": form, **_images(Image.objects.for_user(request.user).filter(dataset=found), form, request.GET)}
    template = "projects/dataset.html#images" if request.htmx else "projects/dataset.html"
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    return response


def _images(rows: ImageQuerySet, form: ImageFilterForm, query: QueryDict) -> dict[str, object]:
    """One page of images, newest first, behind the last one of the page before."""
    form.full_clean()
    everything = rows
    wanted = {"state": "", "q": "", "after": None, **form.cleaned_data}
    if wanted["state"] == "changed":
        rows = rows.filter(version__gt=1)
    elif wanted["state"]:
        rows = rows.filter(state=wanted["state"])
    if wanted["q"]:
        rows = rows.filter(name__startswith=wanted["q"])
    if wanted["after"]:
        rows = rows.filter(pk__lt=everything.filter(code=wanted["after"]).values("pk"))
    found = list(rows.order_by("-pk")[: PAGE + 1])
    shown, pictures = found[:PAGE], image_urls.thumbnails(found)
    following = query.copy()
    following["after"] = str(shown[-1].code) if len(found) > PAGE else ""
    return {
        "cards": [(image, pictures[image.pk]) for image in shown],
        "next_url": f"?{following.urlencode()}" if len(found) > PAGE else None,
        "is_filtered": bool(wanted["state"] or wanted["q"]),
        "is_first": not wanted["after"],
    }


@require_http_methods(["GET", "POST"])
def change_dataset(request: UserRequest, code: str) -> HttpResponse:
    """Another name, description or pattern; a new pattern has the files read again."""
    found = _dataset(request, code, Action.MANAGE_DATA)
    form = DatasetChangeForm(found, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            datasets.change(actor=request.user, dataset=found, **form.cleaned_data)
        except DomainError as error:
            for name, words in datastores.explain(error).items():
                form.add_error(name, words)
        else:
            return redirect("projects:dataset", found.code)
    context = {"dataset": found, "workspace": found.workspace, "form": form}
    context["can"] = permissions.allowed_actions(request.user, found.workspace)
    return render(request, "projects/dataset_change.html", context, status=422 if form.errors else 200)


@require_POST
def refresh_dataset(request: UserRequest, code: str) -> HttpResponse:
    """Looks for new, changed and vanished files."""
    found = _dataset(request, code, Action.MANAGE_DATA)
    try:
        datasets.refresh(actor=request.user, dataset=found)
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("projects:dataset", found.code)


@require_POST
def delete_dataset(request: UserRequest, code: str) -> HttpResponse:
    """Forgets a dataset that no project uses, once its name was typed."""
    found = _dataset(request, code, Action.MANAGE_DATA)
    if request.POST.get("confirm_name", "").strip() != found.name:
        messages.error(request, "Nothing was deleted: the name that you typed is another one.")
        return redirect("projects:dataset", found.code)
    try:
        datasets.delete(actor=request.user, dataset=found)
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect("projects:dataset", found.code)
    messages.success(request, f"The dataset “{found.name}” is gone. Files in your own store stay there.")
    return redirect("projects:data", found.workspace.code)
