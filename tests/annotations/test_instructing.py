"""Instructions come before the first image, and again when they have changed."""

import pytest
from django.test import Client
from django.urls import reverse

from annotations import instructing
from annotations.models import InstructionsReading
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast: Cast):
    cast.project.instructions = "# Boxes\n\nDraw them tightly."
    cast.project.save(update_fields=["instructions"])
    return cast.project


def urls(project):
    return (reverse(f"annotations:{name}", args=[project.code]) for name in ("instructions", "label"))


def test_labelling_begins_with_the_instructions(cast: Cast, project, client: Client) -> None:
    page, label = urls(project)
    client.force_login(cast.labeller)
    assert client.get(label)["Location"] == page
    shown = client.get(page)
    assert "Draw them tightly." in shown.content.decode()
    digest = shown.context["form"]["digest"].value()
    assert client.post(page, {"digest": digest})["Location"] == label
    assert client.get(label).status_code == 200
    assert client.get(page).status_code == 200


def test_changed_instructions_are_shown_again_to_those_who_read_them(cast: Cast, project, client: Client) -> None:
    page, label = urls(project)
    client.force_login(cast.labeller)
    read = instructing.digest(project)
    project.instructions = "Draw them loosely."
    project.save(update_fields=["instructions"])
    # Started from a page that was still open: what it showed is not what counts now.
    assert client.post(page, {"digest": read})["Location"] == label
    assert client.get(label)["Location"] == page
    assert "have changed" in client.get(page).content.decode()
    client.post(page, {"digest": instructing.digest(project)})
    assert client.get(label).status_code == 200
    kept = InstructionsReading.objects.values_list("reader", "digest")
    assert list(kept) == [(cast.labeller.pk, instructing.digest(project))]


def test_one_reader_says_nothing_of_another(cast: Cast, project) -> None:
    instructing.note_read(project=project, reader=cast.labeller, digest=instructing.digest(project))
    assert instructing.state(cast.labeller, project) == "read"
    assert instructing.state(cast.second_labeller, project) == "unread"


def test_without_instructions_work_begins_at_once(cast: Cast, client: Client) -> None:
    client.force_login(cast.labeller)
    assert client.get(reverse("annotations:label", args=[cast.project.code])).status_code == 200


def test_made_up_digest_is_refused(cast: Cast, project, client: Client) -> None:
    page, _ = urls(project)
    client.force_login(cast.labeller)
    assert client.post(page, {"digest": "x" * 64}).status_code == 422
    assert not InstructionsReading.objects.exists()
