"""A project's taxonomy by API, label by label; `PUT /projects/<code>/labels/` sets the whole tree."""

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from projects import permissions, taxonomy
from projects.models import Label, LabelChange
from projects.permissions import Action
from projects.rest.filtering import CodeFilter
from projects.rest.permission import Scope
from projects.rest.serializers import TenantModelSerializer
from projects.rest.viewsets import PartialUpdateMixin, TenantViewSet, router


class LabelSerializer(TenantModelSerializer):
    handling = serializers.ChoiceField(
        choices=LabelChange.Handling.choices,
        required=False,
        write_only=True,
        help_text="Needed to add a label to a project that has started: what becomes of its answers.",
    )

    class Meta:
        model = Label
        fields = [
            "code", "project", "parent", "name", "path", "depth", "description", "colour", "hotkey", "position",
            "archived_at", "handling",
        ]  # fmt: skip
        read_only_fields = ["code", "path", "depth", "position", "archived_at"]
        extra_kwargs = {"colour": {"required": False}, "hotkey": {"required": False}}
        # projects.taxonomy checks paths and hotkeys in the tree's own transaction, and names the node.
        validators: list[Any] = []

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """A label stays in its project, and its parent is in the same."""
        project = self.instance.project if self.instance is not None else values["project"]
        if values.get("project", project) != project:
            raise serializers.ValidationError({"project": "A label stays in its project."})
        parent = values.get("parent")
        if parent is not None and parent.project_id != project.pk:
            raise serializers.ValidationError({"parent": "The parent belongs to another project."})
        return values


class LabelFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter is untyped
    project = CodeFilter("project")
    archived = filters.BooleanFilter(field_name="archived_at", lookup_expr="isnull", exclude=True)


class LabelViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    PartialUpdateMixin,
    mixins.DestroyModelMixin,
    TenantViewSet,
):
    """Labels; deleting one archives it (a draft project forgets it), so that answers that use it stay right."""

    serializer_class = LabelSerializer
    filterset_class = LabelFilter
    rules = {
        "list": (None, Scope.READ),
        "retrieve": (Action.SEE_PROJECT, Scope.READ),
        "create": (None, Scope.MANAGE),
        "partial_update": (Action.MANAGE_PROJECT, Scope.MANAGE),
        "restore": (Action.MANAGE_PROJECT, Scope.MANAGE),
        "destroy": (Action.MANAGE_PROJECT, Scope.MANAGE),
    }

    def get_queryset(self) -> Any:
        return Label.objects.for_user(self.request.user).select_related("project__workspace", "parent")

    def perform_create(self, serializer: Any) -> None:
        values = dict(serializer.validated_data)
        project, parent = values.pop("project"), values.pop("parent", None)
        permissions.require(self.request.user, Action.MANAGE_PROJECT, project)
        serializer.instance = taxonomy.add(project=project, parent=parent and parent.code, actor=self.caller, **values)

    def perform_update(self, serializer: Any) -> None:
        values = dict(serializer.validated_data)
        values.pop("project", None)
        values.pop("handling", None)
        label = serializer.instance
        if "parent" in values:
            parent = values.pop("parent")
            if (parent and parent.pk) != label.parent_id:
                label = taxonomy.move(label=label, parent=parent and parent.code, actor=self.caller)
        serializer.instance = taxonomy.update(label=label, actor=self.caller, **values) if values else label

    def perform_destroy(self, label: Label) -> None:
        taxonomy.archive(label=label, actor=self.caller)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, **kwargs: Any) -> Response:
        """Takes an archived label into use again, last among its siblings, without the labels that were below it."""
        label = taxonomy.restore(label=self.get_object(), actor=self.caller)
        return Response(self.get_serializer(label).data)


routes = router()
routes.register("labels", LabelViewSet, basename="label")
