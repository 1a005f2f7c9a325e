"""What becomes of the flag that a task's image was changed: seen, dismissed, labelled anew."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from annotations import queries, queue
from annotations.models import Annotation, Task
from annotations.queries import TaskFilter
from exports import services, storing
from projects import jobs
from projects.models import Image, ImageVersion, Membership
from tests import factories
from tests.annotations.conftest import Bench, MakeBench
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def changed(task: Task, *, ago: timedelta = timedelta(0), width: int = 320, height: int = 240) -> None:
    """Its image had another size until so long ago."""
    at = timezone.now() - ago
    ImageVersion.objects.create(
        organisation=task.organisation,
        workspace_id=task.image.workspace_id,
        image=task.image,
        number=1,
        format="jpeg",
        width=width,
        height=height,
        byte_size=5,
        replaced_at=at,
    )
    Image.objects.filter(pk=task.image_id).update(version=2, changed_at=at)


def flagged(bench: Bench) -> Task:
    """An answered task whose image was changed an hour later."""
    task = bench.answer(bench.labellers[0])
    Task.objects.filter(pk=task.pk).update(
        final_at=timezone.now() - timedelta(hours=2), image_changed_at=timezone.now() - timedelta(hours=1)
    )
    changed(task, ago=timedelta(hours=1))
    return Task.objects.get(pk=task.pk)


def test_an_answer_from_the_picture_of_before_flags_its_task(bench: Bench) -> None:
    person = bench.labellers[0]
    (held,) = bench.lease(person)
    task = Task.objects.get(pk=held.task_id)
    changed(task, ago=timedelta(hours=-1))
    bench.submit(person, bench.item(held))
    task.refresh_from_db()
    assert task.image_changed_at == Image.objects.get(pk=task.image_id).changed_at


def test_an_answer_from_the_new_picture_takes_the_flag_away(bench: Bench) -> None:
    task = flagged(bench)
    assert task.image_changed_at is not None
    held = queue.reopen(project=bench.project, annotation=Annotation.objects.get(task=task))
    assert held.is_changed
    bench.submit(bench.labellers[0], bench.item(held))
    task.refresh_from_db()
    assert task.image_changed_at is None


def test_one_new_answer_among_several_leaves_the_flag(make_bench: MakeBench) -> None:
    bench = make_bench(minimum=2, maximum=2, tasks=1)
    first, second = bench.labellers
    bench.answer(first)
    at = timezone.now() - timedelta(hours=1)
    Task.objects.update(image_changed_at=at)
    task = bench.answer(second)
    assert task.image_changed_at == at


def test_nobody_is_told_of_a_change_before_they_have_drawn_anything(make_bench: MakeBench) -> None:
    bench = make_bench(minimum=2, maximum=2, tasks=1)
    Task.objects.update(image_changed_at=timezone.now())
    (held,) = bench.lease(bench.labellers[0])
    assert not held.is_changed


def test_the_data_browser_shows_and_filters_changed_and_missing_images(bench: Bench, client: Client) -> None:
    task = flagged(bench)
    gone = Task.objects.filter(project=bench.project).exclude(pk=task.pk).order_by("pk")[0]
    Image.objects.filter(pk=gone.image_id).update(state="missing", reason="The file is no longer at its source.")

    def shown(image: str) -> list[int]:
        page = queries.browse(Task.objects.all(), bench.project, TaskFilter(image=image))
        return [found.pk for found in page.tasks]

    assert (shown("changed"), shown("missing"), shown("unreadable")) == ([task.pk], [gone.pk], [])
    owner = factories.UserFactory()
    Membership.objects.create(organisation=bench.project.organisation, user=owner, role="owner")
    client.force_login(owner)
    page = client.get(f"/projects/{bench.project.code}/data/?image=changed").content.decode()
    assert "Image changed" in page
    assert 'viewBox="0 0 320 240"' in page
    detail = client.get(f"/tasks/{task.code}/").content.decode()
    assert "The image changed after this was labelled." in detail
    assert "it was 320 × 240 px" in detail
    assert "Missing at the source" in client.get(f"/tasks/{gone.code}/").content.decode()
    api = client.get(f"/api/v1/tasks/?project={bench.project.code}&image_changed=true").json()
    assert [found["code"] for found in api["results"]] == [str(task.code)]


def test_who_looked_again_dismisses_the_flag(cast: Cast, client: Client) -> None:
    image = factories.ImageFactory(dataset__workspace=cast.workspace)
    task = factories.TaskFactory(project=cast.project, image=image, image_changed_at=timezone.now(), status="labelled")
    client.force_login(cast.viewer)
    assert client.post(f"/tasks/{task.code}/image-checked/").status_code == 403
    client.force_login(cast.reviewer)
    for _ in range(2):
        assert client.post(f"/tasks/{task.code}/image-checked/").status_code == 302
    task.refresh_from_db()
    assert (task.image_changed_at, task.status) == (None, "labelled")


@pytest.mark.django_db(transaction=True)
def test_exports_give_the_size_that_was_labelled_and_count_changed_images(bench: Bench) -> None:
    flagged(bench)
    bench.answer(bench.labellers[0])
    store = bench.dataset.datastore
    type(store).objects.filter(pk=store.pk).update(kind="builtin")
    export = services.request_export(project=bench.project, format="coco", actor=bench.labellers[0])
    jobs.run_due()
    export.refresh_from_db()
    written = json.loads(storing.store_of(export).read(export.key))
    assert sorted(image["width"] for image in written["images"]) == [320, 640]
    assert (export.manifest["images"], export.manifest["images_changed"]) == (2, 1)


def test_former_sizes_are_found_by_the_time_of_the_labels(bench: Bench) -> None:
    task = flagged(bench)
    image, now = Image.objects.get(pk=task.image_id), timezone.now()
    before, after, never = queries.drawn_on([(image, now - timedelta(hours=2)), (image, now), (image, None)])
    assert [(size.width, size.height) for size in (before, after, never)] == [(320, 240), (640, 480), (640, 480)]
