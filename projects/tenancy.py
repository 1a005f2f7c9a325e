"""The tenant walls: whose rows the current database connection may see.

Three walls stand behind each other. The first is `TenantQuerySet.for_user`, which every view, serializer and form
starts from. The second is `TenantForeignKey`: a composite foreign key `(organisation_id, …)`, so that no row can point
into another tenant. The third is PostgreSQL's row-level security, forced on every tenant table: a connection sees the
rows of the organisations that its *context* names, and without a context it sees none.

The context lives in two settings of the database session. The pool resets both when a connection comes back to it, and
every entry (request, job, command) sets its own, so nothing leaks from one user to the next.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, Self, TypeAlias, TypeVar, cast

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from psycopg.pq import TransactionStatus

if TYPE_CHECKING:
    from projects.models import User  # the models stand on this module

Actor: TypeAlias = "User | AnonymousUser"
M = TypeVar("M", bound=models.Model, covariant=True)


@dataclass(frozen=True)
class Context:
    """What a connection may see: the rows of `user`, those of `organisations`, or, with `system`, all."""

    user: int = 0
    organisations: tuple[int, ...] = ()
    system: bool = False


NOWHERE = Context()


def current() -> Context:
    """The context of this thread's connection."""
    return getattr(connection.connection, "tenancy", None) or NOWHERE


def note(context: Context) -> None:
    """Remembers what a statement has set."""
    # On psycopg's connection, not on Django's wrapper: what is remembered must go when the connection goes.
    connection.connection.tenancy = context


def enter(context: Context) -> None:
    """Sets the context until something else does; the pool ends it. Prefer the context managers below."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.user', %s, false), set_config('app.organisations', %s, false),"
            " set_config('app.system', %s, false)",
            [
                str(context.user or ""),
                f"{{{','.join(map(str, context.organisations))}}}",
                "on" if context.system else "",
            ],
        )
    note(context)


def enter_user(user_id: int) -> Context:
    """Sets the context of a user: one round trip, by a function that the first migration makes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app_enter_user(%s)", [user_id])
        context = Context(user=user_id, organisations=tuple(cursor.fetchone()[0]))
    note(context)
    return context


def restore(context: Context) -> None:
    """Goes back to an earlier context."""
    if connection.connection is None or connection.connection.closed:
        return
    if connection.needs_rollback or connection.connection.info.transaction_status == TransactionStatus.INERROR:
        # An aborted transaction takes the settings back with it: only what Python remembers must follow. A statement
        # would fail here, hide what went wrong, and leave Python remembering the wider context as the one to go back to.
        note(context)
    else:
        enter(context)


@contextmanager
def _restoring() -> Iterator[None]:
    before = current()
    try:
        yield
    finally:
        restore(before)


@contextmanager
def acting_as(user: Actor) -> Iterator[None]:
    """Sees what `user` can reach: every organisation in which they hold any membership."""
    with _restoring():
        if user.pk is None:
            enter(NOWHERE)
        else:
            enter_user(user.pk)
        yield


@contextmanager
def for_organisation(organisation_id: int) -> Iterator[None]:
    """Sees one organisation: the context of a job."""
    with _restoring():
        enter(Context(organisations=(organisation_id,)))
        yield


@contextmanager
def system_access(reason: str) -> Iterator[None]:
    """Sees everything. For the sweeper, the Django admin, migrations and seeding; `reason` says which."""
    if not reason:
        raise ValueError("System access needs a reason.")
    with _restoring():
        enter(Context(system=True))
        yield


@contextmanager
def snapshot(organisation_id: int) -> Iterator[Any]:
    """A psycopg connection of its own that reads one organisation as of one instant, however long that takes.

    Read-only and repeatable: for exports, whose rows must agree with each other. Jobs report progress on their ordinary
    connection meanwhile.
    """
    reader = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        reader.ensure_connection()
        raw = reader.connection
        with raw.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute(
                "SELECT set_config('app.organisations', %s, true), set_config('statement_timeout', '0', true),"
                " set_config('idle_in_transaction_session_timeout', '0', true)",
                [f"{{{organisation_id}}}"],
            )
            yield raw
            cursor.execute("ROLLBACK")
    finally:
        reader.close()


class HasForUser(Protocol):
    def for_user(self, user: Actor) -> Any: ...


class TenantQuerySet(models.QuerySet[M], Generic[M]):
    """Rows of tenants. `visible_through` names the foreign key to the row whose visibility they share."""

    visible_through: ClassVar[str]

    def for_user(self, user: Actor) -> Self:
        """The rows that `user` may know of; none for anonymous, no bypass for superusers."""
        if not user.is_authenticated:
            return self.none()
        field = self.model._meta.get_field(self.visible_through)
        parents = cast("HasForUser", cast("Any", field).related_model._default_manager)
        return self.filter(**{f"{self.visible_through}__in": parents.for_user(user).values("pk")})


class TenantForeignKey(models.ForeignKey):  # type: ignore[type-arg]  # the plugin finds the arguments
    """A foreign key inside one tenant; `IsolateTenant` makes the composite constraint, so Django makes none."""

    def __init__(self, to: Any, on_delete: Any, **options: Any) -> None:
        options["db_constraint"] = False
        super().__init__(to, on_delete, **options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        options.pop("db_constraint", None)
        return name, path, args, options


_VISIBLE = (
    "organisation_id = ANY ((SELECT nullif(current_setting('app.organisations', true), '')::bigint[])::bigint[])"
    " OR (SELECT current_setting('app.system', true)) = 'on'"
)


class IsolateTenant(Operation):
    """Migration operation: composite foreign keys and forced row-level security for one tenant table.

    `visible` replaces the policy's condition where a table needs another one; `extra` is added to it with OR.
    """

    reversible = True

    def __init__(self, model_name: str, *, visible: str = "", extra: str = "") -> None:
        self.model_name = model_name
        self.visible = visible
        self.extra = extra

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes nothing that Django's state knows of."""

    def describe(self) -> str:
        return f"Isolate the tenants in {self.model_name}"

    def _tenant_keys(self, model: type[models.Model]) -> list[models.ForeignKey[Any, Any]]:
        return [
            field
            for field in model._meta.local_fields
            if isinstance(field, TenantForeignKey) and field.remote_field.model._meta.db_table
        ]

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        table = model._meta.db_table
        condition = self.visible or _VISIBLE
        if self.extra:
            condition = f"{condition} OR {self.extra}"
        if not self.visible:
            schema_editor.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_tenant" UNIQUE (organisation_id, id)')
        for field in self._tenant_keys(model):
            target = field.remote_field.model._meta.db_table
            schema_editor.execute(
                f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_{field.name}_tenant"'
                f' FOREIGN KEY (organisation_id, "{field.column}") REFERENCES "{target}" (organisation_id, id)'
                " DEFERRABLE INITIALLY DEFERRED"
            )
        schema_editor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        schema_editor.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        schema_editor.execute(f'CREATE POLICY tenant ON "{table}" USING ({condition}) WITH CHECK ({condition})')

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        table = model._meta.db_table
        schema_editor.execute(f'DROP POLICY tenant ON "{table}"')
        schema_editor.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')
        schema_editor.execute(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY')
        for field in self._tenant_keys(model):
            schema_editor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{table}_{field.name}_tenant"')
        if not self.visible:
            schema_editor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{table}_tenant" CASCADE')


def tenant_models() -> list[type[models.Model]]:
    """Every model with an organisation of its own, for the tests that walk them."""
    return [model for model in apps.get_models() if any(f.name == "organisation" for f in model._meta.local_fields)]
