"""What travels through browsers: nobody reads it, nobody makes it up, and the same value is the same text."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from projects import image_urls, sealing
from tests import factories
from tests.conftest import Cast


def test_sealed_values_come_back_and_are_the_same_each_time() -> None:
    text = sealing.seal("a", "12-345")
    assert sealing.opened("a", text) == "12-345"
    assert sealing.seal("a", "12-345") == text
    assert "345" not in text


@pytest.mark.parametrize("text", ["", "x", "ü", "AAAA", "A" * 5000, "%00", "=" * 9])
def test_what_was_not_sealed_does_not_open(text: str) -> None:
    with pytest.raises(sealing.BrokenSeal):
        sealing.opened("a", text)


def test_a_text_opens_for_its_purpose_and_unchanged_alone() -> None:
    text = sealing.seal("a", "1")
    with pytest.raises(sealing.BrokenSeal):
        sealing.opened("b", text)
    with pytest.raises(sealing.BrokenSeal):
        sealing.opened("a", ("B" if text[0] == "A" else "A") + text[1:])


def test_a_former_key_still_opens(settings: object) -> None:
    text = sealing.seal("a", "1")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key entirely, of some length", [settings.SECRET_KEY]
    assert sealing.opened("a", text) == "1"


@pytest.mark.django_db
def test_cursors_and_file_addresses_show_no_row_ids(cast: Cast, client: Client) -> None:
    dataset = factories.DatasetFactory(workspace=cast.workspace)
    images = factories.ImageFactory.create_batch(3, dataset=dataset)
    client.force_login(cast.manager)
    page = client.get("/api/v1/images/?page_size=2").json()
    cursor = parse_qs(urlsplit(page["next"]).query)["cursor"][0]
    assert json.loads(sealing.opened("projects.rest.cursor", cursor))[2] == str(images[1].pk)
    following = client.get(page["next"]).json()
    assert [row["code"] for row in following["results"]] == [str(images[0].code)]
    assert [row["code"] for row in client.get(following["previous"]).json()["results"]] == [
        str(image.code) for image in images[:0:-1]
    ]
    assert client.get("/api/v1/images/?cursor=cD0xMjM%3D").status_code == 404
    address = image_urls.thumbnails(images)[images[0].pk]
    assert str(images[0].pk) not in address.replace("/", "-").split("-")
    assert image_urls.read_link(address.split("/")[2]).image_id == images[0].pk
