"""A file is replaced in its store after somebody labelled it: nothing is lost, and everybody who looks is told."""

import uuid
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from annotations import queue, submitting
from annotations.answering import Item
from annotations.models import Annotation, Task
from projects import datasets, jobs, refreshing
from projects.models import Image
from projects.scenes import encode, render_scene
from tests.browser.conftest import Desk
from tests.browser.world import World, finish


def test_a_changed_image_is_flagged_shown_and_dismissed(
    world: World, desk: Callable[..., Desk], shoot: Callable[..., None]
) -> None:
    project = world.project("box", ["Car"], 2)
    labeller = world.labellers[0]
    (held,) = queue.lease(project=project, labeller_id=labeller.pk, count=1).tasks
    label = str(project.labels.get().code)
    region = {"id": "1", "shape": "box", "label": label, "x": 20, "y": 30, "width": 200, "height": 120}
    document = {"labels": [], "regions": [region], "empty": False}
    item = Item(held.code, held.token, document, "", 5)
    submitting.submit(project=project, labeller_id=labeller.pk, key=uuid.uuid4(), items=[item])
    yesterday = timezone.now() - timedelta(days=1)
    Task.objects.filter(pk=held.task_id).update(final_at=yesterday)
    Annotation.objects.filter(task=held.task_id).update(updated_at=yesterday)

    folder = world.folder("box", {held.image.name: encode(render_scene(77, 900, 500).image)})
    assert folder.is_dir()
    dataset = Image.objects.get(pk=held.image.pk).dataset
    page = desk(world.manager, reduced_motion="reduce").page
    page.goto(f"/datasets/{dataset.code}/")
    page.get_by_role("button", name="Look for new files").click()
    expect(page.get_by_text("· version 2")).to_be_visible(timeout=60_000)
    shoot(page, "dataset-changed", "light")
    finish(datasets.latest_job(dataset))
    refreshing.flag_changes()
    for job in jobs.Job.objects.filter(kind=refreshing.FLAG, organisation=world.organisation):
        finish(job)

    page.goto(f"/projects/{project.code}/data/?image=changed")
    expect(page.get_by_text("Image changed", exact=True)).to_have_count(1)
    shoot(page, "browse-changed")
    page.locator(".browse-card a").click()
    expect(page.get_by_text("The image changed after this was labelled.")).to_be_visible()
    shoot(page, "task-changed")
    page.set_viewport_size({"width": 400, "height": 800})
    shoot(page, "task-changed-narrow", "light")

    theirs = desk(labeller, reduced_motion="reduce").page
    theirs.goto(f"/projects/{project.code}/history/")
    theirs.get_by_role("button", name="Take up again").first.click()
    expect(theirs.locator("[data-part='changed']")).to_be_visible(timeout=30_000)
    shoot(theirs, "editor-changed", "light")

    page.get_by_role("button", name="They still fit").click()
    expect(page.get_by_text("The labels count for the changed image, too.")).to_be_visible()
    expect(page.get_by_text("The image changed after this was labelled.")).to_have_count(0)
    task = Task.objects.get(pk=held.task_id)
    assert (task.image_changed_at, task.final["regions"][0]["width"]) == (None, 200)
