"""Exports by API: ask for one, poll it, download it."""

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.models import Task
from exports import downloads, services, writing
from exports.forms import COORDINATES, MASK_STYLES, REGIONS, SEGMENTATIONS
from exports.models import Export
from projects import permissions
from projects.models import Label
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
    options = OptionsSerializer(required=False)
    state = serializers.CharField(source="job.state", read_only=True)
    progress_done = serializers.IntegerField(source="job.progress_done", read_only=True)
    progress_total = serializers.IntegerField(source="job.progress_total", read_only=True, allow_null=True)
    error = serializers.CharField(source="job.error_detail", read_only=True)

    class Meta:
        model = Export
        fields = [
            "code", "project", "name", "format", "statuses", "labels", "options", "filters", "state", "progress_done",
            "progress_total", "error", "byte_size", "checksum", "manifest", "created_at", "completed_at",
        ]  # fmt: skip
        read_only_fields = [
            "code", "name", "filters", "byte_size", "checksum", "manifest", "created_at", "completed_at",
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


class ExportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, TenantViewSet):
    """Exports. `state` is that of the job that writes the file."""

    serializer_class = ExportSerializer
    filterset_class = ExportFilter
    rules = {
        "list": (None, Scope.READ),
        "retrieve": (Action.EXPORT, Scope.READ),
        "create": (None, Scope.EXPORT),
        "download": (Action.EXPORT, Scope.EXPORT),
    }

    def get_queryset(self) -> Any:
        rows = Export.objects.for_user(self.request.user).select_related("project__workspace", "job")
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


routes = router()
routes.register("exports", ExportViewSet, basename="export")
