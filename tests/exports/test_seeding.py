"""The sample organisation: made by the real verbs, once, and finished where a run was interrupted."""

from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.test import Client

from annotations.models import Annotation, Task
from exports import samples, seeding
from exports.models import Export
from projects import permissions
from projects.models import AuditEvent, Dataset, Image, Membership, Organisation, Project, User, Workspace
from projects.permissions import Action
from projects.scenes import encode, render_scene

pytestmark = pytest.mark.slow
PASSWORD = "labelwright demo"
SCENES = 6


@pytest.fixture(autouse=True)
def small(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few scenes; the export's snapshot sees what is committed."""
    monkeypatch.setattr(samples, "SCENES", SCENES)


def counts() -> dict[str, int]:
    """Rows of everything that seeding makes."""
    tables = (
        User,
        EmailAddress,
        Organisation,
        Workspace,
        Membership,
        Dataset,
        Image,
        Project,
        Task,
        Annotation,
        Export,
    )
    return {model.__name__: model.objects.count() for model in (*tables, AuditEvent)}


def test_everything_is_there_and_a_second_run_changes_nothing() -> None:
    organisation = seeding.seed(password=PASSWORD)
    first = counts()
    assert {name: first[name] for name in ("User", "Organisation", "Workspace", "Project", "Image", "Export")} == {
        "User": len(samples.LOGINS),
        "Organisation": 2,
        "Workspace": 2,
        "Project": 6,
        "Image": SCENES + SCENES // 3 + samples.SLICES,
        "Export": 1,
    }
    assert set(Project.objects.values_list("state", flat=True)) == {"running"}
    for project in Project.objects.exclude(name=samples.SLICE_PLAN.name):
        labelled = Task.objects.filter(project=project, status="labelled").count()
        assert labelled == round(Task.objects.filter(project=project).count() / 3)
    assert Export.objects.get().manifest["images"] == 2
    assert seeding.seed(password=PASSWORD) == organisation
    assert counts() == first


def test_interrupted_run_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(Exception):
        pass

    def stop(*_: object) -> int:
        raise Interrupted

    with monkeypatch.context() as patch:
        patch.setattr(seeding, "_label_page", stop)
        with pytest.raises(Interrupted):
            seeding.seed(password=PASSWORD)
    assert not Annotation.objects.exists()
    seeding.seed(password=PASSWORD)
    assert Task.objects.filter(status="labelled").count() == 2 + 2 + 2 + 2 + 1


def test_people_can_sign_in_and_do_what_their_role_says() -> None:
    seeding.seed(password=PASSWORD)
    people = {login: User.objects.get(email=login.email) for login in samples.LOGINS}
    for user in people.values():
        assert Client().login(email=user.email, password=PASSWORD)
    boxes, _polygons, _masks, scenes, _slices = Project.objects.filter(workspace__name=samples.OBJECTS).order_by("pk")
    vendors = people[samples.VENDOR_LABELLER]
    assert permissions.allows(vendors, Action.LABEL, boxes)
    assert not permissions.allows(vendors, Action.LABEL, scenes)
    assert permissions.allows(people[samples.MANAGER], Action.MANAGE_PROJECT, boxes)
    assert people[samples.ADMIN].is_superuser


def test_folder_of_images_takes_the_place_of_scenes(tmp_path: Path, settings) -> None:
    for seed in range(2):
        (tmp_path / f"{seed}.jpg").write_bytes(encode(render_scene(seed, 240, 160).image))
    settings.LOCAL_STORE_ROOTS = [tmp_path]
    seeding.seed(password=PASSWORD, images=tmp_path)
    assert sorted(Image.objects.values_list("name", flat=True)) == ["0.jpg", "1.jpg"]
    assert [(project.name, project.state) for project in Project.objects.order_by("pk")] == [
        (plan.name, "running") for plan in samples.FOLDER_PLANS
    ]


def test_installation_for_others_gets_no_known_password(settings) -> None:
    settings.EMBEDDED = False
    with pytest.raises(CommandError):
        call_command("seed_demo")
    assert not User.objects.exists()
