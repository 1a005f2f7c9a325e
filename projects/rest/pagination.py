import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.utils.urls import replace_query_param

from projects import sealing

SEAL = "projects.rest.cursor"


class CodeCursorPagination(CursorPagination):
    """Pages by cursor over the primary key: the same cost on every page, and stable while rows are added."""

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 500

    def encode_cursor(self, cursor: Any) -> str:
        """The address of a page. A position is a row id, which is counted over all tenants: nobody is to read it."""
        sealed = sealing.seal(SEAL, json.dumps([cursor.offset, cursor.reverse, cursor.position]))
        return str(replace_query_param(str(self.base_url), self.cursor_query_param, sealed))

    def decode_cursor(self, request: Any) -> Any:
        """What `encode_cursor` sealed; anything else is no cursor."""
        sealed = request.query_params.get(self.cursor_query_param)
        if sealed is None:
            return None
        try:
            return Cursor(*json.loads(sealing.opened(SEAL, sealed)))
        except sealing.BrokenSeal as error:
            raise NotFound(self.invalid_cursor_message) from error

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        """A cursor that somebody made up may hold a position that is no number or time: DRF hands it on as it is."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, OverflowError, ValidationError, DataError) as error:
            raise NotFound(self.invalid_cursor_message) from error
