"""The base of every Django admin page: as fast at a million rows as at ten, and careful with invariants."""

from functools import cached_property
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model
from django.http import HttpRequest

MOST_COUNTED = 5_000


class EstimatingPaginator(Paginator):  # type: ignore[type-arg]  # rows of any model
    """Counts at most `MOST_COUNTED` rows; of a whole table it takes PostgreSQL's own estimate."""

    @cached_property
    def count(self) -> int:
        """Exact up to the limit, else the estimate where nothing is filtered, else the limit."""
        rows: Any = self.object_list
        found = len(rows.order_by().values_list("pk", flat=True)[: MOST_COUNTED + 1])
        if found <= MOST_COUNTED or rows.query.where:
            return int(found)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [rows.model._meta.db_table]
            )
            estimate = cursor.fetchone()[0]
        return max(int(estimate), int(found))


class OperatorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # of any model
    """No full counts, newest first, foreign keys by id and not by endless lists, everything loaded in one query."""

    paginator = EstimatingPaginator
    show_full_result_count = False
    list_per_page = 50
    ordering = ("-pk",)

    def __init__(self, model: type[Model], admin_site: admin.AdminSite) -> None:
        keys = [field.name for field in model._meta.get_fields() if field.many_to_one and field.concrete]
        self.raw_id_fields = tuple(keys)  # type: ignore[misc]  # one per model; Django asks the instance
        super().__init__(model, admin_site)


class ReadOnlyAdmin(OperatorAdmin):
    """For rows that only services may write: looking is allowed, changing would break what they promise."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
