"""The Django admin: every model is there, every list loads without counting its table, and no staff member climbs."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects.administration import MOST_COUNTED, EstimatingPaginator
from projects.models import Image, User
from tests import factories
from tests.conftest import Cast
from tests.isolation.conftest import build

pytestmark = pytest.mark.django_db

OURS = ("projects", "annotations", "exports", "assist")


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com", "x"))
    return client


def _models() -> list[Any]:
    return [model for model in apps.get_models() if model._meta.app_label in OURS]


def test_every_model_is_registered() -> None:
    assert [model for model in _models() if model not in admin.site._registry] == []


@pytest.mark.parametrize("model", _models(), ids=lambda model: model.__name__)
def test_list_loads_and_counts_no_table(model: Any, operator: Client, cast: Cast) -> None:
    build(cast.project, cast.labeller, "plainsight")
    with CaptureQueriesContext(connection) as queries:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert operator.get(url, {"q": "1"}).status_code == 200
        assert operator.get(url).status_code == 200
    counted = [q["sql"] for q in queries if "COUNT(*)" in q["sql"].upper() and model._meta.db_table in q["sql"]]
    assert counted == []


@pytest.mark.parametrize("model", _models(), ids=lambda model: model.__name__)
def test_row_page_loads(model: Any, operator: Client, cast: Cast) -> None:
    build(cast.project, cast.labeller, "plainsight")
    row = model._default_manager.first()
    if row is None:
        return
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
    assert operator.get(url).status_code == 200


def test_large_table_is_estimated(monkeypatch: pytest.MonkeyPatch, cast: Cast) -> None:
    factories.ImageFactory.create_batch(3)
    monkeypatch.setattr("projects.administration.MOST_COUNTED", 2)
    assert EstimatingPaginator(Image.objects.order_by("-pk"), 50).count >= 3
    assert EstimatingPaginator(Image.objects.filter(state="ok").order_by("-pk"), 50).count == 3
    assert MOST_COUNTED > 2


def test_staff_without_superuser_enters_but_sees_and_climbs_nowhere(cast: Cast) -> None:
    cast.viewer.is_staff = True
    cast.viewer.save(update_fields=["is_staff"])
    client = Client()
    client.force_login(cast.viewer)
    url = reverse("admin:projects_user_change", args=[cast.viewer.pk])
    assert client.post(url, {"is_superuser": "on", "email": cast.viewer.email}).status_code == 403
    cast.viewer.refresh_from_db()
    assert not cast.viewer.is_superuser


def test_staff_with_every_right_cannot_take_over_a_superuser(cast: Cast) -> None:
    root = User.objects.create_superuser("root@example.com", "x")
    cast.viewer.is_staff = True
    cast.viewer.save(update_fields=["is_staff"])
    cast.viewer.user_permissions.set(Permission.objects.all())
    client = Client()
    client.force_login(cast.viewer)
    passwords = {"password1": "a long enough secret", "password2": "a long enough secret"}
    for name, body in (("change", {"email": root.email, "is_superuser": "on"}), ("delete", {"post": "yes"})):
        assert client.post(reverse(f"admin:projects_user_{name}", args=[root.pk]), body).status_code == 403
    assert client.post(reverse("admin:auth_user_password_change", args=[root.pk]), passwords).status_code == 403
    assert client.get(reverse("admin:projects_user_changelist")).status_code == 403
    root.refresh_from_db()
    assert root.check_password("x")


def test_people_without_staff_are_sent_away(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.owner)
    assert client.get(reverse("admin:index")).status_code in {302, 403}
