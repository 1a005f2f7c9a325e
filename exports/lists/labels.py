"""Labels that came with a dataset's list, on their way into the projects that use it: imports with everything filled in."""

from dataclasses import dataclass

from django.db import transaction

from exports.importing import requesting
from exports.importing.options import Writing
from exports.models import ImageList, LabelImport
from projects.errors import BadInput
from projects.models import Project, ProjectDataset, User

MOST = 20
State = LabelImport.State


@dataclass(frozen=True, slots=True)
class Offer:
    """A list whose labels a project could take, and the import of them that is under way, if one is."""

    image_list: ImageList
    label_import: LabelImport | None


def offers(project: Project) -> list[Offer]:
    """The lists of the project's datasets that came with labels, without those that were imported."""
    ours = ProjectDataset.objects.filter(project=project).values("dataset")
    rows = ImageList.objects.filter(dataset__in=ours, report__labelled__gt=0).select_related("dataset").order_by("pk")
    lists = list(rows[:MOST])
    imports = LabelImport.objects.filter(project=project, image_list__in=lists).exclude(state=State.UNDONE)
    begun = {found.image_list_id: found for found in imports.order_by("pk")}
    found = [Offer(image_list, begun.get(image_list.pk)) for image_list in lists]
    unwritten = (State.CHECKING, State.CHECKED)
    return [offer for offer in found if offer.label_import is None or offer.label_import.state in unwritten]


@transaction.atomic
def bring(*, image_list: ImageList, project: Project, actor: User, final: bool) -> LabelImport:
    """Has the list's file looked through for a project, as answers if `final`, else as suggestions, and remembers which.

    Nothing is written before somebody says so on the import's page. Asked again, the same import is given back, unless it
    was undone.
    """
    rows = ImageList.objects.select_for_update(no_key=True, of=("self",)).select_related("dataset")
    image_list = rows.get(pk=image_list.pk)
    if not ProjectDataset.objects.filter(project=project, dataset=image_list.dataset).exists():
        raise BadInput("The project does not use the dataset of this list.")
    if image_list.final != final:
        image_list.final = final
        image_list.save(update_fields=["final"])
    if begun := _import_of(image_list, project):
        return begun
    made = LabelImport.objects.create(
        organisation_id=project.organisation_id,
        project=project,
        image_list=image_list,
        name=image_list.name,
        format=image_list.format,
        byte_size=image_list.byte_size,
        received=image_list.byte_size,
        reading={**image_list.reading, "dataset": str(image_list.dataset.code)},
        writing=Writing(final=final).chosen(),
        created_by=actor,
    )
    return requesting.check(label_import=made, actor=actor)


def _import_of(image_list: ImageList, project: Project) -> LabelImport | None:
    rows = LabelImport.objects.filter(project=project, image_list=image_list).exclude(state=State.UNDONE)
    return rows.order_by("-pk").first()
