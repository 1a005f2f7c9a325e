"""Every page in both themes and two widths: accessible, without a sideways scroll, without an error in the console."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from annotations import instructing
from annotations.models import Task
from exports import comparing, samples, services
from exports.freezing import Line
from exports.importing import requesting
from exports.models import Comparison, Export, LabelImport
from projects import datasets, jobs
from projects.models import Dataset, Datastore, Image, Job, Label, Organisation, Project, User, Workspace
from tests.browser.conftest import turn
from tests.browser.labelling import BoxPage
from tests.browser.site import ROOT, Site

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 400, "height": 800}
SETTLE_MS = 250

BEFORE_SIGN_IN = {
    "sign-in": lambda: reverse("account_login"),
    "sign-up": lambda: reverse("account_signup"),
    "password-reset": lambda: reverse("account_reset_password"),
}
MANAGER = {
    "home": lambda: reverse("projects:home"),
    "workspace": lambda: at("workspace", Workspace),
    "people": lambda: at("people", Workspace),
    "data": lambda: at("data", Workspace),
    "datastore-new": lambda: at("datastore-create", Workspace),
    "datastore": lambda: at("datastore", Datastore),
    "dataset-new": lambda: at("dataset-create", Workspace),
    "dataset": lambda: at("dataset", Dataset),
    "upload": lambda: reverse("projects:upload", args=[uploads().code]),
    "wizard-details": lambda: at("project-create", Workspace),
    "wizard-labels": lambda: f"{reverse('projects:project-setup', args=[draft().code])}?step=labels",
    "wizard-data": lambda: f"{reverse('projects:project-setup', args=[draft().code])}?step=data",
    "wizard-review": lambda: f"{reverse('projects:project-setup', args=[draft().code])}?step=review",
    "project-settings": lambda: reverse("projects:project-settings", args=[project("box").code]),
    "dashboard": lambda: reverse("annotations:dashboard", args=[project("box").code]),
    "browse": lambda: reverse("annotations:browse", args=[project("box").code]),
    "task": lambda: reverse("annotations:task", args=[labelled_task().code]),
    "label-boxes": lambda: label_page("box", samples.MANAGER.email),
    "label-scenes": lambda: label_page("multiclass", samples.MANAGER.email),
    "exports": lambda: reverse("exports:exports", args=[project("box").code]),
    "export": lambda: reverse("exports:export", args=[Export.objects.latest("pk").code]),
    "comparison": lambda: reverse("exports:comparison", args=[compared().code]),
    "output-store": lambda: reverse("exports:output-store", args=[project("box").workspace.code]),
    "imports": lambda: reverse("exports:imports", args=[project("box").code]),
    "import-new": lambda: reverse("exports:import-new", args=[project("box").code]),
    "import": lambda: reverse("exports:import", args=[checked_import().code]),
    "jobs": lambda: reverse("projects:jobs"),
    "job": lambda: reverse(
        "projects:job", args=[Job.objects.filter(organisation__name=samples.ORGANISATION).latest("pk").code]
    ),
    "tokens": lambda: reverse("projects:tokens"),
    "notifications": lambda: reverse("projects:notifications"),
    "find": lambda: f"{reverse('projects:find')}?q=scenes",
    "profile": lambda: reverse("projects:profile"),
    "email": lambda: reverse("account_email"),
    "password": lambda: reverse("account_change_password"),
    "two-factor": lambda: reverse("mfa_index"),
    "sessions": lambda: reverse("usersessions_list"),
}
OWNER = {
    "organisation": lambda: at("organisation", Organisation),
    "members": lambda: at("members", Organisation),
    "audit": lambda: at("audit", Organisation),
    "workspace-new": lambda: at("workspace-create", Organisation),
    "workspace-settings": lambda: at("workspace-settings", Workspace),
}
LABELLER = {
    "home-labeller": lambda: reverse("projects:home"),
    "instructions": lambda: reverse("annotations:instructions", args=[project("box").code]),
    "history": lambda: reverse("annotations:history", args=[project("box").code]),
}
EVERY = [
    (name, email, path)
    for email, pages in (
        ("", BEFORE_SIGN_IN),
        (samples.MANAGER.email, MANAGER),
        (samples.OWNER.email, OWNER),
        (samples.LABELLERS[0].email, LABELLER),
    )
    for name, path in pages.items()
]


def at(name: str, model: type) -> str:
    """The page `name` of the sample organisation's first row of a model."""
    own = {"name": samples.ORGANISATION} if model is Organisation else {"organisation__name": samples.ORGANISATION}
    return reverse(f"projects:{name}", args=[model.objects.filter(**own).earliest("pk").code])


def project(task_type: str) -> Project:
    return Project.objects.filter(organisation__name=samples.ORGANISATION, task_type=task_type).earliest("pk")


def draft() -> Project:
    running = project("box")
    made, _ = Project.objects.get_or_create(
        workspace=running.workspace,
        organisation=running.organisation,
        name="Night shots",
        defaults={"task_type": "box"},
    )
    return made


def uploads() -> Dataset:
    """A dataset that takes files."""
    place, name = project("box").workspace, "From this computer"
    made = Dataset.objects.filter(workspace=place, name=name).first()
    manager = User.objects.get(email=samples.MANAGER.email)
    return made or datasets.create(actor=manager, workspace=place, name=name, source=Dataset.Source.UPLOAD)


def compared() -> Comparison:
    """Two exports, between which a box was moved, a label was renamed and an image came."""
    place, manager = project("box"), User.objects.get(email=samples.MANAGER.email)
    if made := Comparison.objects.filter(export__project=place).first():
        return made
    earlier, later = (services.request_export(project=place, format="native", actor=manager) for _ in range(2))
    jobs.run_due()
    changes = comparing.Changes(2, 1, 3, 6, 1, ["Animal/Horse"], ["Animal/Cow"], [("Car", "Vehicle/Car")])
    changes.annotations_added, changes.annotations_changed = Counter({"Vehicle/Car": 1204}), Counter({"Person": 3})
    changes.show("added", Line(1, "c", "folder/one.jpg", 1, 1, *[""] * 6, 1, "", 0, "", {}))
    return Comparison.objects.create(
        organisation=place.organisation, export=later, earlier=earlier, changes=changes.as_row()
    )


def checked_import() -> LabelImport:
    """A file that was looked through: a CSV of boxes, one of a label that the project lacks."""
    place, manager = project("box"), User.objects.get(email=samples.MANAGER.email)
    made = LabelImport.objects.filter(project=place).first()
    if made is None:
        names = (
            Image.objects.filter(dataset__project_datasets__project=place).order_by("pk").values_list("key", flat=True)
        )
        rows = [f"{name},{label},10,10,60,40" for name in names[:8] for label in ("Car", "Unicorn")]
        data = "\n".join(["image,label,x,y,width,height", *rows, "gone.jpg,Car,1,1,5,5"]).encode()
        made = requesting.announce(project=place, actor=manager, name="boxes.csv", byte_size=len(data))
        requesting.receive(label_import=made, actor=manager, offset=0, data=data)
        jobs.run_due()
    return made


def label_page(task_type: str, email: str) -> str:
    """The labelling page of somebody who has read the instructions."""
    place = project(task_type)
    instructing.note_read(project=place, reader=User.objects.get(email=email), digest=instructing.digest(place))
    return reverse("annotations:label", args=[place.code])


def labelled_task() -> Task:
    return Task.objects.filter(project=project("box"), status="labelled").earliest("pk")


@pytest.fixture(scope="package")
def seeded(running_site: Site) -> str:
    """The sample organisation, as `make demo` makes it; what the command printed."""
    return running_site.manage("seed_demo")


@pytest.fixture(scope="module")
def axe() -> str:
    return (ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def violations(page: Page, rules: list[str]) -> list[str]:
    found = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", rules)
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def overflow(page: Page) -> int:
    """CSS pixels by which the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize(("name", "email", "path"), EVERY, ids=[name for name, _, _ in EVERY])
def test_page(
    seeded: str, site: Site, desk: Callable, shoot: Callable, axe: str, name: str, email: str, path: Callable
) -> None:
    one = desk(User.objects.get(email=email) if email else None, viewport=WIDE, reduced_motion="reduce")
    page = one.page
    page.goto(path())
    page.wait_for_timeout(SETTLE_MS)
    shoot(page, name)
    page.evaluate(axe)
    found = [f"light {problem}" for problem in violations(page, RULES)]
    turn(page, "dark")
    # A theme changes colours and nothing else.
    found += [f"dark {problem}" for problem in violations(page, ["color-contrast"])]
    wide = overflow(page)
    page.set_viewport_size(NARROW)
    shoot(page, f"{name}-narrow", "light")
    assert found == []
    assert (wide, overflow(page)) == (0, 0)


def test_seeding_prints_every_login(seeded: str) -> None:
    for login in samples.LOGINS:
        assert login.email in seeded


def test_scene_is_labelled_with_what_it_shows(
    seeded: str, site: Site, desk: Callable, shoot: Callable, settings: Any
) -> None:
    labeller = User.objects.get(email=samples.LABELLERS[0].email)
    label_page("box", labeller.email)
    labelling = BoxPage(desk(labeller, viewport=WIDE, reduced_motion="reduce").page, project("box")).open()
    codes = dict(Label.objects.filter(project=project("box")).values_list("name", "code"))
    image = Image.objects.get(code=labelling.task["image"]["code"])
    truth = samples.Library(settings.VAR_DIR / "scenes", print).truth(image)
    for label, *box in truth.boxes:
        labelling.part("labels").locator(f"[data-code='{codes[label]}']").click()
        labelling.draw(*box)
    expect(labelling.regions).to_have_count(len(truth.boxes))
    shoot(labelling.page, "labelling")
    labelling.page.keyboard.press("?")
    shoot(labelling.page, "shortcuts")
