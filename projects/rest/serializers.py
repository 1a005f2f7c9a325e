"""Serializers that cannot reach another tenant: every related row is found among those the caller may see."""

from typing import Any

from rest_framework import serializers


class CodeField(serializers.SlugRelatedField):  # type: ignore[type-arg]  # rows of any tenant table
    """A related row by its `code`; a foreign or absent one is "does not exist" alike."""

    def __init__(self, **options: Any) -> None:
        super().__init__(slug_field="code", **options)

    def get_queryset(self) -> Any:
        """The declared model's rows, narrowed to the caller's."""
        rows: Any = super().get_queryset()
        return None if rows is None else rows.for_user(self.context["request"].user)

    def to_representation(self, row: Any) -> str:
        return str(row.code)


class TenantModelSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]  # bound by each subclass's Meta
    """Model serializer whose foreign keys are codes of visible rows. Subclasses list their fields one by one."""

    serializer_related_field = CodeField

    def build_relational_field(self, field_name: str, relation_info: Any) -> Any:
        """DRF would pass `view_name` and the like; a CodeField wants the queryset alone."""
        field_class, options = super().build_relational_field(field_name, relation_info)
        options.pop("view_name", None)
        return field_class, options
