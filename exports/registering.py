"""Makes datasets of what exports hold: their images, in the order of the export, where they are."""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.db import transaction

from exports import freezing
from exports.freezing import Frozen, Line
from exports.models import Export, Registration
from projects import audit, gathering, jobs
from projects.errors import Conflict
from projects.models import Dataset, Datastore, User

REGISTER = "exports.register"
AT_ONCE = 1000


class NotFrozen(Conflict):
    """What the export holds is not kept: it is not finished, or was made before that was kept."""

    code = "export_not_frozen"


def frozen_of(export: Export) -> Frozen:
    """What a finished export holds; NotFrozen where that is not known."""
    frozen = freezing.of(export)
    if frozen is None or not export.completed_at:
        raise NotFrozen("This is possible with finished exports, of this version or later. Export again.")
    return frozen


@transaction.atomic
def register(*, export: Export, name: str, actor: User) -> list[Dataset]:
    """Makes a dataset whose images are those of the export, one for each store where they are; filled in the background.

    Conflict where a dataset has the name already, or the export has no images.
    """
    stores = list(
        Datastore.objects.filter(datasets__in=frozen_of(export).datasets).distinct().select_related("workspace")
    )
    if not stores:
        raise Conflict("The export has no images, or none that are still there.")
    stores.sort(key=lambda store: store.pk)
    made = []
    for store in stores:
        called = f"{name[:100]} ({store.name})"[:120] if len(stores) > 1 else name
        words = f"The images of the export {export.name}."
        dataset = gathering.create(actor=actor, datastore=store, name=called, description=words)
        registration = Registration.objects.create(
            organisation_id=export.organisation_id, export=export, dataset=dataset
        )
        registration.job = jobs.enqueue(
            REGISTER,
            organisation_id=export.organisation_id,
            workspace=export.project.workspace,
            arguments={"registration_id": registration.pk},
            title=f"Gather the images of {called}",
            dedupe_key=f"registration:{registration.pk}",
            created_by=actor,
        )
        registration.save(update_fields=["job"])
        made.append(dataset)
    audit.record(actor, "export.register", export, detail={"datasets": [str(dataset.code) for dataset in made]})
    return made


def gather(registration: Registration, job: jobs.Running) -> dict[str, int]:
    """Fills the dataset; goes on behind the last batch that was written."""
    frozen, dataset = frozen_of(registration.export), registration.dataset
    done = int(job.cursor or 0)
    for batch in _batches(islice(freezing.lines(frozen), done, None)):
        with job.effects():
            gathering.add(dataset, batch)
            done += len(batch)
            job.checkpoint(done)
        job.progress(done, frozen.images)
    with job.effects():
        return {"images": gathering.settle(dataset)}


def _batches(lines: Iterable[Line]) -> Iterator[list[str]]:
    rest = iter(lines)
    while batch := [line.image for line in islice(rest, AT_ONCE)]:
        yield batch
