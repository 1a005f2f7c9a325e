"""A person's preferences: merged, checked, forgiving about what is old, and nobody else's."""

from uuid import uuid4

import pytest
from django.test import Client

from projects import preferences, tenancy
from projects.models import Preferences, User
from tests.conftest import Cast

pytestmark = pytest.mark.django_db
URL = "/api/v1/me/preferences/"
ADJUST = {"brightness": 10, "contrast": -20, "gamma": 1.5, "saturation": 80, "invert": True}


@pytest.fixture
def browser(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.labeller)
    return client


def patch(client: Client, body: object):
    return client.patch(URL, body, content_type="application/json")


def test_first_look_is_empty(browser):
    response = browser.get(URL)
    assert (response.status_code, response.json()) == (200, {"version": 1})
    assert not Preferences.objects.exists()


def test_patches_are_merged(browser):
    first, second = str(uuid4()), str(uuid4())
    patch(browser, {"keys": {"tool.box": ["B"], "undo": []}, "adjust": {first: ADJUST}})
    patch(browser, {"keys": {"tool.pan": ["Alt+G"], "undo": None}, "adjust": {second: ADJUST}, "palette": "safe"})
    expected = {
        "version": 1,
        "keys": {"tool.box": ["B"], "tool.pan": ["Alt+G"]},
        "adjust": {first: ADJUST, second: ADJUST},
        "palette": "safe",
    }
    assert browser.get(URL).json() == expected
    assert patch(browser, {"adjust": None, "palette": None}).json() == {"version": 1, "keys": expected["keys"]}


def test_unknown_keys_are_dropped(browser):
    answer = patch(browser, {"colour_of_socks": "red", "fill": 0.5, "adjust": {str(uuid4()): {**ADJUST, "hue": 3}}})
    assert answer.status_code == 200
    assert list(answer.json()) == ["version", "adjust", "fill"]
    assert list(answer.json()["adjust"].values()) == [ADJUST]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"fill": 2}, "fill"),
        ({"text_size": "huge"}, "text_size"),
        ({"keys": {"tool.box": ["K"] * 5}}, "keys.tool.box"),
        ({"keys": {"<script>": ["K"]}}, "keys.<script>.[key]"),
        ({"adjust": {"not-a-project": ADJUST}}, "adjust.not-a-project.[key]"),
        ({"version": 2}, "version"),
    ],
)
def test_wrong_values_change_nothing(browser, body, field):
    patch(browser, {"fill": 0.3})
    answer = patch(browser, body)
    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == [field]
    assert browser.get(URL).json() == {"version": 1, "fill": 0.3}


def test_size_is_limited(browser):
    keys = {f"command.{number}": ["Ctrl+Alt+Shift+PageDown"] * 4 for number in range(300)}
    answer = patch(browser, {"keys": keys})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert browser.get(URL).json() == {"version": 1}


def test_list_is_no_patch(browser):
    assert patch(browser, ["keys"]).status_code == 400


def test_old_values_do_not_break_the_page(cast: Cast):
    Preferences.objects.create(user=cast.labeller, editor={"version": 1, "fill": "a lot", "palette": "safe", "gone": 1})
    assert preferences.of(cast.labeller) == {"version": 1, "palette": "safe"}
    assert preferences.change(user=cast.labeller, patch={"fill": 1}) == {"version": 1, "palette": "safe", "fill": 1}


def test_rows_are_behind_the_wall(cast: Cast):
    other: User = cast.second_labeller
    Preferences.objects.create(user=other, editor={"version": 1})
    with tenancy.acting_as(cast.labeller):
        assert list(Preferences.objects.all()) == []
    with tenancy.acting_as(other):
        assert [row.user for row in Preferences.objects.all()] == [other]
