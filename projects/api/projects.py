"""Labelling projects by API: the wizard's fields in one request, then `start`, `pause`, `resume`, `complete`, `archive`."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, inline_serializer
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from projects import label_changes, lifecycle, permissions, setup, taxonomy
from projects.models import Dataset, LabelChange, Project
from projects.permissions import Action
from projects.rest.filtering import CodeFilter
from projects.rest.permission import Scope
from projects.rest.serializers import CodeField, TenantModelSerializer
from projects.rest.viewsets import PartialUpdateMixin, TenantViewSet, router

HANDLING = (
    "What becomes of the answers where labels are added after the start: go on, or start over with or without them."
)


class LabelNodeSerializer(serializers.Serializer[Any]):
    """A label of the tree as it is sent; `children` are nodes again, six levels in all."""

    code = serializers.UUIDField(required=False, help_text="Of an existing label; without it a label is added.")
    name = serializers.CharField(max_length=100)
    description = serializers.CharField(required=False, allow_blank=True)
    colour = serializers.RegexField(r"^#[0-9a-f]{6}$", required=False)
    hotkey = serializers.CharField(required=False, allow_blank=True, max_length=1)
    children = serializers.ListField(child=serializers.DictField(), required=False)


@extend_schema_field(LabelNodeSerializer(many=True))
class LabelTreeField(serializers.JSONField):
    """Nested labels; projects.taxonomy checks them and names the node that is wrong."""


class ProjectSerializer(TenantModelSerializer):
    datasets = CodeField(many=True, queryset=Dataset.objects, required=False, write_only=True)
    labels = LabelTreeField(required=False, write_only=True)
    handling = serializers.ChoiceField(
        choices=LabelChange.Handling.choices,
        required=False,
        write_only=True,
        help_text="Needed to add labels to a project that has started: what becomes of its answers.",
    )

    class Meta:
        model = Project
        fields = [
            "code", "workspace", "name", "description", "task_type", "state", "error", "instructions",
            "instructions_url", "labellers_minimum", "labellers_maximum", "lease_minutes", "page_size", "datasets",
            "labels", "handling", "created_at", "started_at", "completed_at",
        ]  # fmt: skip
        read_only_fields = ["code", "state", "error", "created_at", "started_at", "completed_at"]
        # projects.setup says which name is taken.
        validators: list[Any] = []

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """The number of labellers is a range, and a project stays where it is."""
        if self.instance is not None and "workspace" in values and values["workspace"] != self.instance.workspace:
            raise serializers.ValidationError({"workspace": "A project stays in its workspace."})
        fewest = values.get("labellers_minimum", getattr(self.instance, "labellers_minimum", 1))
        most = values.get("labellers_maximum", getattr(self.instance, "labellers_maximum", fewest))
        if not 1 <= fewest <= most <= 15:
            raise serializers.ValidationError(
                {"labellers_maximum": "Choose 1 to 15 labellers, the maximum not below the minimum."}
            )
        return {**values, "labellers_maximum": most} if "labellers_minimum" in values else values


class ProjectFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter is untyped
    workspace = CodeFilter("workspace")
    state = filters.ChoiceFilter(choices=Project.State.choices)
    task_type = filters.ChoiceFilter(choices=Project.TaskType.choices)


class ProjectViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, PartialUpdateMixin, TenantViewSet
):
    """Labelling projects. A project is made as a draft, gets its datasets and labels, and is started."""

    serializer_class = ProjectSerializer
    filterset_class = ProjectFilter
    rules = {
        "list": (None, Scope.READ),
        "retrieve": (Action.SEE_PROJECT, Scope.READ),
        "create": (None, Scope.MANAGE),
        "partial_update": (Action.MANAGE_PROJECT, Scope.MANAGE),
        "set_labels": (Action.MANAGE_PROJECT, Scope.MANAGE),
        "undo_start_over": (Action.MANAGE_PROJECT, Scope.MANAGE),
        "start": (Action.MANAGE_PROJECT, Scope.MANAGE),
        "pause": (Action.MANAGE_PROJECT, Scope.MANAGE),
        "resume": (Action.MANAGE_PROJECT, Scope.MANAGE),
        "complete": (Action.MANAGE_PROJECT, Scope.MANAGE),
        "archive": (Action.MANAGE_PROJECT, Scope.MANAGE),
    }

    def get_queryset(self) -> Any:
        return Project.objects.for_user(self.request.user).select_related("workspace__organisation")

    @transaction.atomic
    def perform_create(self, serializer: Any) -> None:
        values = dict(serializer.validated_data)
        datasets, labels = values.pop("datasets", []), values.pop("labels", None)
        values.pop("handling", None)
        permissions.require(self.request.user, Action.CREATE_PROJECT, values["workspace"])
        serializer.instance = setup.create(actor=self.caller, **values)
        self._fill(serializer.instance, datasets, labels)

    @transaction.atomic
    def perform_update(self, serializer: Any) -> None:
        values = dict(serializer.validated_data)
        datasets, labels = values.pop("datasets", []), values.pop("labels", None)
        values.pop("workspace", None)
        handling = values.pop("handling", None)
        serializer.instance = setup.update(project=serializer.instance, actor=self.caller, **values)
        self._fill(serializer.instance, datasets, labels, handling)

    def _fill(self, project: Project, datasets: list[Dataset], labels: Any, handling: str | None = None) -> None:
        if datasets:
            setup.choose_data(project=project, datasets=datasets, actor=self.caller)
        if labels is not None:
            taxonomy.save_nested(project=project, labels=labels, actor=self.caller, handling=handling)

    @extend_schema(
        parameters=[OpenApiParameter("handling", str, enum=LabelChange.Handling.values, description=HANDLING)],
        request=LabelNodeSerializer(many=True),
        responses=inline_serializer(
            "LabelChange",
            {name: serializers.ListField(child=serializers.CharField()) for name in ("added", "changed", "removed")},
        ),
    )
    @action(detail=True, methods=["put"], url_path="labels", url_name="labels", filter_backends=[])
    def set_labels(self, request: Request, **kwargs: Any) -> Response:
        """Makes the project's labels exactly this tree; labels that carry their `code` are kept and renamed or moved."""
        change = taxonomy.save_nested(
            project=self.get_object(),
            labels=request.data,
            actor=self.caller,
            handling=request.query_params.get("handling"),
        )
        return Response({"added": change.added, "changed": change.changed, "removed": change.removed})

    @extend_schema(request=None, responses=inline_serializer("UndoneStartOver", {"job": serializers.UUIDField()}))
    @action(detail=True, methods=["post"], url_path="labels/undo", url_name="undo-start-over")
    def undo_start_over(self, request: Request, **kwargs: Any) -> Response:
        """Brings back, in the background, the answers that the latest start over set aside."""
        job = label_changes.undo(project=self.get_object(), actor=self.caller)
        return Response({"job": job.code})

    def _step(self, request: Request, verb: Callable[..., Any]) -> Response:
        project = self.get_object()
        verb(project=project, actor=self.caller)
        project.refresh_from_db()
        return Response(self.get_serializer(project).data)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, **kwargs: Any) -> Response:
        """Makes the tasks in the background; the project runs when its `state` is `running`."""
        return self._step(request, lifecycle.start)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, **kwargs: Any) -> Response:
        """Stops handing out tasks."""
        return self._step(request, lifecycle.pause)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, **kwargs: Any) -> Response:
        """Hands out tasks again."""
        return self._step(request, lifecycle.resume)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, **kwargs: Any) -> Response:
        """Ends labelling."""
        return self._step(request, lifecycle.complete)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, **kwargs: Any) -> Response:
        """Puts the project away; its name is free again."""
        return self._step(request, lifecycle.archive)


routes = router()
routes.register("projects", ProjectViewSet, basename="project")
