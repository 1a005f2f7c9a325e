"""Filters by an allow-list: what a viewset did not declare is refused, not ignored."""

from typing import Any

from django_filters import rest_framework as filters
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

_PAGING = {"cursor", "page_size", "format"}


class StrictFilterBackend(filters.DjangoFilterBackend):  # type: ignore[misc]  # django-filter is untyped
    """django-filter's backend; an unknown query parameter answers 400 with the names that exist."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        """Only for lists: an object's URL takes no parameters."""
        filterset_class = self.get_filterset_class(view, queryset)
        known = set(filterset_class.base_filters if filterset_class else ()) | _PAGING
        unknown = sorted(set(request.query_params) - known)
        if unknown:
            raise ValidationError(
                {name: [f"Unknown filter. Known are: {', '.join(sorted(known))}."] for name in unknown}
            )
        return super().filter_queryset(request, queryset, view)


class CodeFilter(filters.UUIDFilter):  # type: ignore[misc]  # django-filter is untyped
    """Filters by the code of a related row: `CodeFilter("workspace")` is `?workspace=<code>`."""

    def __init__(self, relation: str, **options: Any) -> None:
        super().__init__(field_name=f"{relation}__code", **options)
