"""The second and the third wall: composite foreign keys and row-level security, with the scoped querysets left out."""

import pytest
from django.db import DatabaseError, DataError, IntegrityError, connection, transaction

from annotations.models import Task
from projects import prepared, tenancy
from projects.models import AuditEvent, Image, Project, Workspace
from tests import factories
from tests.conftest import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.isolation]


def test_connection_without_context_sees_no_rows_of_tenants(cast: Cast) -> None:
    tenancy.enter(tenancy.NOWHERE)
    counts = {model.__name__: model._default_manager.count() for model in tenancy.tenant_models()}
    assert set(counts.values()) == {0}


def test_user_sees_rows_of_own_organisations_alone(cast: Cast) -> None:
    with tenancy.acting_as(cast.labeller):
        assert list(Project.objects.all()) == [cast.project]
        assert list(Workspace.objects.all()) == [cast.workspace]
    assert Project.objects.count() == 2


def test_user_cannot_write_into_another_tenant(cast: Cast) -> None:
    with (
        tenancy.acting_as(cast.manager),
        pytest.raises(DatabaseError, match="row-level security"),
        transaction.atomic(),
    ):
        factories.LabelFactory(project=cast.foreign_project)


def test_foreign_key_cannot_point_into_another_tenant(cast: Cast) -> None:
    image = factories.ImageFactory(dataset__workspace=cast.foreign_project.workspace)
    factories.TaskFactory(project=cast.project, image=image)
    with pytest.raises(IntegrityError, match="tenant"), transaction.atomic():
        connection.check_constraints()
    Task.objects.all().delete()


def test_context_ends_with_its_block_even_after_an_error(cast: Cast) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), tenancy.acting_as(cast.manager):
        Image.objects.create(organisation=cast.organisation, workspace_id=0, dataset_id=0, key="x", state="ok")
    assert tenancy.current().system
    assert Project.objects.count() == 2


def test_error_within_a_context_is_said_as_it_is_and_widens_no_later_one(cast: Cast) -> None:
    with tenancy.acting_as(cast.labeller):
        before = tenancy.current()
        with (
            pytest.raises(DataError, match="division by zero"),
            transaction.atomic(),
            tenancy.system_access("look at all tenants"),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT 1 / 0")
        assert tenancy.current() == before
        with tenancy.for_organisation(cast.foreign_project.organisation_id):
            assert list(Project.objects.all()) == [cast.foreign_project]
        assert list(Project.objects.all()) == [cast.project]


@pytest.mark.django_db(transaction=True)
def test_statement_that_cannot_be_sent_runs_none_of_those_before_it(transactional_db: None) -> None:
    with pytest.raises(DataError, match="NUL"):
        prepared.rows({"text": "\0"}, "SELECT set_config('app.system', 'on', false)", "SELECT %(text)s::text")
    assert connection.connection.closed
    connection.close()


def test_audit_log_refuses_to_forget(cast: Cast) -> None:
    event = AuditEvent.objects.create(organisation=cast.organisation, action="x", object_type="y")
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
        event.delete()


def test_every_tenant_table_is_walled() -> None:
    tables = {model._meta.db_table for model in tenancy.tenant_models()}
    tables |= {"projects_organisation", "projects_preferences"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        assert tables == {name for (name,) in cursor.fetchall()}
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)


def test_every_foreign_key_between_tenant_tables_carries_the_organisation() -> None:
    tables = {model._meta.db_table for model in tenancy.tenant_models()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, array_length(conkey, 1), confrelid::regclass::text"
            " FROM pg_constraint WHERE contype = 'f'"
        )
        between = [row for row in cursor.fetchall() if row[0] in tables and row[3] in tables]
    assert [row for row in between if row[2] != 2] == []
    declared = {
        f"{model._meta.db_table}_{field.name}_tenant"
        for model in tenancy.tenant_models()
        for field in model._meta.local_fields
        if isinstance(field, tenancy.TenantForeignKey)
    }
    assert declared == {row[1] for row in between}
