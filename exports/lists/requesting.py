"""What people do with lists: announce a file, have it looked through, make a dataset of it, throw it away."""

from datetime import timedelta
from pathlib import PurePosixPath

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from exports.importing import receiving
from exports.importing.options import Reading
from exports.lists import looking
from exports.models import ImageList
from projects import audit, datasets, jobs, listed
from projects.errors import BadInput, Conflict
from projects.models import Dataset, Datastore, User, Workspace

LOOK = "exports.look-through-list"
KEPT = timedelta(days=7)
"""How long a list is kept of which no dataset is made."""
State = ImageList.State


class WrongMoment(Conflict):
    """The list is not at a point where this can be done."""

    code = "list_wrong_state"


@transaction.atomic
def announce(
    *, workspace: Workspace, datastore: Datastore, actor: User, name: str, byte_size: int, form: str = ""
) -> ImageList:
    """Registers a file before its first byte; its chunks follow. One that the same person began is gone on with."""
    if not 0 < byte_size <= receiving.MOST_BYTES:
        raise BadInput(
            f"A list has between 1 byte and {receiving.MOST_BYTES >> 30} GiB.",
            fields={"byte_size": ["The file is empty or too large."]},
        )
    if datastore.workspace_id != workspace.pk or datastore.kind == Datastore.Kind.BUILT_IN:
        words = "Choose the datastore of this workspace that holds the images."
        raise BadInput(words, fields={"datastore": [words]})
    called = PurePosixPath(name.replace("\\", "/")).name[:255] or "list"
    place = {"workspace": workspace, "datastore": datastore}
    same = {**place, "name": called, "format": form, "byte_size": byte_size, "created_by": actor}
    begun = ImageList.objects.filter(**same, state=State.RECEIVING).order_by("-pk").first()
    return begun or ImageList.objects.create(organisation_id=workspace.organisation_id, **same)


def receive(*, image_list: ImageList, actor: User, offset: int, data: bytes) -> ImageList:
    """Takes the next chunk; after the last one the file is looked through."""
    taken = receiving.receive(sent=image_list, offset=offset, data=data)
    if taken.state == State.RECEIVING and taken.received == taken.byte_size:
        return check(image_list=taken, actor=actor)
    return taken


@transaction.atomic
def check(
    *, image_list: ImageList, actor: User, options: Reading | None = None, spoken: str | None = None
) -> ImageList:
    """Has the file looked through, again with other columns or another name of the datastore if wished."""
    image_list = _locked(image_list)
    if image_list.received < image_list.byte_size:
        raise WrongMoment("The file has not arrived whole.")
    if image_list.state == State.DONE or _is_at_work(image_list) or image_list.datastore is None:
        raise WrongMoment("The list is being read, its dataset is made already, or its datastore is gone.")
    if options is not None:
        image_list.reading = options.chosen()
    if spoken is not None:
        image_list.spoken = spoken
    image_list.state, image_list.report, image_list.key = State.CHECKING, {}, ""
    image_list.job = jobs.enqueue(
        LOOK,
        organisation_id=image_list.organisation_id,
        workspace=image_list.workspace,
        arguments={"list_id": image_list.pk},
        title=f"Look through {image_list.name}",
        dedupe_key=f"list:{image_list.pk}",
        created_by=actor,
    )
    image_list.save(update_fields=["reading", "spoken", "state", "report", "key", "job"])
    return image_list


@transaction.atomic
def make(
    *,
    image_list: ImageList,
    actor: User,
    name: str,
    description: str = "",
    refresh_minutes: int | None = None,
    final: bool = False,
) -> Dataset:
    """Makes the dataset of the list's images, and freezes the list. Asked again, the same dataset is given back.

    `final` says whether the list's labels, if it has any, are meant as answers; they come into projects by `labels`.
    """
    image_list = _locked(image_list)
    made: Dataset | None = image_list.dataset
    if made is not None:
        return made
    if image_list.state != State.CHECKED or image_list.datastore is None:
        raise WrongMoment("Only a list that was looked through can become a dataset.")
    if not image_list.key:
        raise BadInput("No file of the datastore is named by this list. Choose the column that holds the images.")
    made = image_list.dataset = datasets.create(
        actor=actor,
        workspace=image_list.workspace,
        name=name,
        source=Dataset.Source.LIST,
        datastore=image_list.datastore,
        description=description,
        refresh_minutes=refresh_minutes,
        list_key=image_list.key,
    )
    image_list.state, image_list.final = State.DONE, final
    image_list.save(update_fields=["dataset", "state", "final"])
    return made


@transaction.atomic
def discard(*, image_list: ImageList, actor: User) -> None:
    """Throws a list away of which no dataset was made."""
    image_list = _locked(image_list)
    if image_list.state == State.DONE or _is_at_work(image_list):
        raise WrongMoment("The list is being read, or a dataset was made of it. Delete the dataset instead.")
    audit.record(actor, "list.discard", image_list)
    # The row is gone by then, but what its files are called is remembered.
    transaction.on_commit(lambda: _forget_files(image_list))
    ImageList.objects.filter(pk=image_list.pk).delete()


def forget_stale() -> None:
    """Forgets lists, in any tenant, of which nobody made a dataset within a week, or whose dataset is gone."""
    unused = ~Q(state=State.DONE) & Q(created_at__lt=timezone.now() - KEPT)
    stale = ImageList.objects.filter(unused | Q(state=State.DONE), dataset__isnull=True)
    for image_list in stale.iterator(chunk_size=200):
        _forget_files(image_list)
        image_list.delete()


def _forget_files(image_list: ImageList) -> None:
    receiving.forget(image_list)
    listed.forget(looking.folder_of(image_list))


def _locked(image_list: ImageList) -> ImageList:
    # In two steps: who waited for the lock would see the row as it is now, but joined rows as they were before.
    ImageList.objects.select_for_update(no_key=True).get(pk=image_list.pk)
    return ImageList.objects.select_related("workspace", "datastore", "dataset", "job").get(pk=image_list.pk)


def _is_at_work(image_list: ImageList) -> bool:
    return image_list.job is not None and not image_list.job.has_ended
