"""Exports by API: ask for one, poll it, download it."""

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.models import Task
from exports import comparisons, downloads, registering, removing, services, storing, writing
from exports.forms.exports import COORDINATES, MASK_STYLES, REGIONS, SEGMENTATIONS
from exports.models import Comparison, Export
from projects import permissions
from projects.models import Datastore, Job, Label, Workspace
from projects.permissions import Action
from projects.rest.filtering import CodeFilter
from projects.rest.permission import Scope
from projects.rest.serializers import CodeField, TenantModelSerializer
from projects.rest.viewsets import TenantViewSet, router


class OptionsSerializer(serializers.Serializer[Any]):
    """How the export is written; each has a usual value, and a format ignores what it does not know."""

    val = serializers.IntegerField(min_value=0, max_value=99, required=False, help_text="Share of images, in percent.")
    test = serializers.IntegerField(min_value=0, max_value=99, required=False, help_text="Share of images, in percent.")
    seed = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, required=False, help_text="The same seed splits the same images alike."
    )
    images = serializers.BooleanField(required=False, help_text="Whether the archive holds the images too.")
    coordinates = serializers.ChoiceField(COORDINATES, required=False, help_text="COCO alone.")
    segmentation = serializers.ChoiceField(SEGMENTATIONS, required=False, help_text="COCO alone.")
    regions = serializers.ChoiceField(REGIONS, required=False, help_text="YOLO and AutoML, for outlines.")
    mask_style = serializers.ChoiceField(MASK_STYLES, required=False, help_text="PNG masks alone.")
    url_prefix = serializers.CharField(max_length=500, required=False, help_text="What images' addresses begin with.")


class ExportSerializer(TenantModelSerializer):
    statuses = serializers.MultipleChoiceField(
        choices=Task.Status.choices, required=False, write_only=True, help_text="Default: labelled and approved."
    )
    labels = CodeField(many=True, queryset=Label.objects, required=False, write_only=True)
    since = serializers.DateField(required=False, write_only=True, help_text="First day of labelling, in UTC.")
    until = serializers.DateField(required=False, write_only=True, help_text="Last day of labelling, in UTC.")
    options = OptionsSerializer(required=False)
    state = serializers.CharField(source="job.state", read_only=True)
    progress_done = serializers.IntegerField(source="job.progress_done", read_only=True)
    progress_total = serializers.IntegerField(source="job.progress_total", read_only=True, allow_null=True)
    error = serializers.CharField(source="job.error_detail", read_only=True)
    datastore = CodeField(read_only=True)

    class Meta:
        model = Export
        fields = [
            "code", "project", "name", "format", "statuses", "labels", "since", "until", "options", "filters", "state",
            "progress_done", "progress_total", "error", "datastore", "key", "byte_size", "checksum", "manifest", "created_at",
            "completed_at",
        ]  # fmt: skip
        read_only_fields = [
            "code", "name", "filters", "key", "byte_size", "checksum", "manifest", "created_at", "completed_at",
        ]  # fmt: skip

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Labels of another project would choose nothing."""
        for label in values.get("labels", ()):
            if label.project_id != values["project"].pk:
                raise serializers.ValidationError({"labels": f"{label.path} belongs to another project."})
        return values


class DownloadSerializer(serializers.Serializer[Any]):
    url = serializers.URLField(help_text="Valid for some minutes, for this file alone.")
    checksum = serializers.CharField(help_text="SHA-256 of the file, in hex.")


class ExportFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter is untyped
    project = CodeFilter("project")
    format = filters.ChoiceFilter(choices=Export.Format.choices)


class RegisterSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120, help_text="What the dataset is called.")


class RegisteredSerializer(serializers.Serializer[Any]):
    datasets = serializers.ListField(
        child=serializers.UUIDField(), help_text="Codes of the datasets, one for each store where images are."
    )


class CompareSerializer(serializers.Serializer[Any]):
    earlier = CodeField(queryset=Export.objects)


class ComparisonSerializer(TenantModelSerializer):
    state = serializers.SerializerMethodField(help_text="`succeeded` once `changes` is there.")

    class Meta:
        model = Comparison
        fields = ["code", "export", "earlier", "state", "changes", "created_at"]
        read_only_fields = fields

    def get_state(self, comparison: Comparison) -> str:
        """That of the job; small comparisons have none, and are there at once."""
        return str(comparison.job.state) if comparison.job else str(Job.State.SUCCEEDED)


class OutputStoreSerializer(serializers.Serializer[Any]):
    datastore = CodeField(queryset=Datastore.objects, allow_null=True, help_text="Null is the built-in storage.")
    keep_days = serializers.IntegerField(
        min_value=1, max_value=36_500, allow_null=True, help_text="Exports are deleted so long after their end."
    )


class ExportViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.DestroyModelMixin,
    TenantViewSet,
):
    """Exports. `state` is that of the job that writes the file."""

    serializer_class = ExportSerializer
    filterset_class = ExportFilter
    rules = {
        "list": (None, Scope.READ),
        "retrieve": (Action.EXPORT, Scope.READ),
        "create": (None, Scope.EXPORT),
        "download": (Action.EXPORT, Scope.EXPORT),
        "destroy": (Action.MANAGE_PROJECT, Scope.MANAGE),
        "cancel": (Action.EXPORT, Scope.EXPORT),
        "retry": (Action.EXPORT, Scope.EXPORT),
        "register": (Action.EXPORT, Scope.MANAGE),
        "compare": (Action.EXPORT, Scope.EXPORT),
    }

    def get_queryset(self) -> Any:
        rows = Export.objects.for_user(self.request.user).select_related("project__workspace", "job", "datastore")
        if self.action == "list":
            allowed = permissions.projects_allowing(self.request.user, Action.EXPORT)
            rows = rows.filter(project__in=allowed.values("pk"))
        return rows

    def perform_create(self, serializer: Any) -> None:
        values = dict(serializer.validated_data)
        permissions.require(self.request.user, Action.EXPORT, values["project"])
        values["options"] = writing.Options(**values.pop("options", {}))
        values["statuses"] = values.get("statuses") or services.DEFAULT_STATUSES
        serializer.instance = services.request_export(actor=self.request.user, **values)  # type: ignore[arg-type]  # signed in

    @extend_schema(responses=DownloadSerializer)
    @action(detail=True, methods=["get"])
    def download(self, request: Request, **kwargs: Any) -> Response:
        """A short-lived URL of the finished file."""
        export = self.get_object()
        return Response({"url": downloads.signed_url(export, actor=request.user), "checksum": export.checksum})

    def perform_destroy(self, instance: Export) -> None:
        removing.remove(export=instance, actor=self.caller)

    @extend_schema(request=None, responses=ExportSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **kwargs: Any) -> Response:
        """Stops the writing; nothing happens where that has ended."""
        export = self.get_object()
        services.cancel_export(export=export, actor=self.caller)
        return Response(self.get_serializer(export).data)

    @extend_schema(request=None, responses=ExportSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, **kwargs: Any) -> Response:
        """Goes on with an export that failed or was cancelled; what is written of it is kept."""
        export = self.get_object()
        services.retry_export(export=export, actor=self.caller)
        return Response(self.get_serializer(export).data)

    @extend_schema(request=RegisterSerializer, responses={201: RegisteredSerializer})
    @action(detail=True, methods=["post"])
    def register(self, request: Request, **kwargs: Any) -> Response:
        """Makes a dataset of the export's images, filled in the background."""
        export = self.get_object()
        permissions.require(request.user, Action.MANAGE_DATA, export.project.workspace)
        wanted = RegisterSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        made = registering.register(export=export, actor=self.caller, **wanted.validated_data)
        return Response({"datasets": [dataset.code for dataset in made]}, status=201)

    @extend_schema(request=CompareSerializer, responses=ComparisonSerializer)
    @action(detail=True, methods=["post"])
    def compare(self, request: Request, **kwargs: Any) -> Response:
        """Says what changed since an earlier export of the project; large ones are worked out in the background."""
        export = self.get_object()
        wanted = CompareSerializer(data=request.data, context=self.get_serializer_context())
        wanted.is_valid(raise_exception=True)
        made = comparisons.request(export=export, actor=self.caller, **wanted.validated_data)
        return Response(ComparisonSerializer(made, context=self.get_serializer_context()).data)


class ComparisonViewSet(mixins.RetrieveModelMixin, TenantViewSet):
    """What changed between two exports of a project."""

    serializer_class = ComparisonSerializer
    rules = {"retrieve": (Action.EXPORT, Scope.READ)}

    def get_queryset(self) -> Any:
        rows = Comparison.objects.for_user(self.request.user)
        return rows.select_related("export__project__workspace", "earlier", "job")


class OutputStoreViewSet(TenantViewSet):
    """Where the exports of a workspace go, by the workspace's code."""

    serializer_class = OutputStoreSerializer
    rules = {"retrieve": (Action.MANAGE_DATA, Scope.READ), "update": (Action.MANAGE_DATA, Scope.MANAGE)}

    def get_queryset(self) -> Any:
        return Workspace.objects.for_user(self.request.user).select_related("organisation")

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        chosen = storing.chosen(self.get_object())
        return Response(self.get_serializer(chosen or {"datastore": None, "keep_days": None}).data)

    def update(self, request: Request, **kwargs: Any) -> Response:
        workspace = self.get_object()
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        storing.choose(actor=self.caller, workspace=workspace, **serializer.validated_data)
        return Response(serializer.data)


routes = router()
routes.register("exports", ExportViewSet, basename="export")
routes.register("comparisons", ComparisonViewSet, basename="comparison")
routes.register("output-stores", OutputStoreViewSet, basename="output-store")
