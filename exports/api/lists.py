"""Lists of images by API: announce a file, send its chunks, read the report, make a dataset, bring its labels in."""

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from exports.api.imports import LabelImportSerializer, ReadingSerializer, chunk_of
from exports.importing import receiving
from exports.importing.options import Reading
from exports.lists import labels, looking, requesting
from exports.models import ImageList, LabelImport
from projects import permissions
from projects.models.data import MOST_OFTEN_MINUTES
from projects.permissions import Action
from projects.rest.filtering import CodeFilter
from projects.rest.parsing import TakesChunks
from projects.rest.permission import Scope
from projects.rest.serializers import TenantModelSerializer
from projects.rest.viewsets import TenantViewSet, router

_FORMATS = [(form.value, form.label) for form in looking.FORMATS]


class ImageListSerializer(TenantModelSerializer):
    """`report` counts what the list holds, says which columns it has, and names what is refused."""

    job_state = serializers.CharField(source="job.state", read_only=True)
    error = serializers.CharField(source="job.error_detail", read_only=True)
    format = serializers.ChoiceField(
        choices=_FORMATS, required=False, allow_blank=True, help_text="Found out from the file if empty."
    )

    class Meta:
        model = ImageList
        fields = [
            "code", "workspace", "datastore", "dataset", "name", "format", "byte_size", "received", "state", "job_state",
            "error", "checksum", "reading", "spoken", "final", "report", "created_at", "checked_at",
        ]  # fmt: skip
        read_only_fields = [
            "code", "dataset", "received", "state", "checksum", "reading", "spoken", "final", "report", "created_at",
            "checked_at",
        ]  # fmt: skip
        extra_kwargs = {"datastore": {"required": True, "allow_null": False}}


class ColumnsSerializer(ReadingSerializer):
    """How the list is read: of CSV and JSONL the columns of image, label and confidence, of CSV also those of boxes."""

    format = None  # type: ignore[assignment]  # takes the field away
    match = None  # type: ignore[assignment]  # takes the field away
    spoken = serializers.CharField(
        max_length=120, required=False, allow_blank=True, help_text="What the list calls the datastore."
    )


class MakeSerializer(serializers.Serializer[Any]):
    """The dataset."""

    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True)
    refresh_minutes = serializers.IntegerField(
        min_value=MOST_OFTEN_MINUTES, max_value=60 * 24 * 366, required=False, allow_null=True
    )
    final = serializers.BooleanField(default=False, help_text="Its labels are meant as answers; else as suggestions.")


class BringSerializer(TenantModelSerializer):
    """A project that uses the list's dataset."""

    final = serializers.BooleanField(default=False, help_text="As answers; else as suggestions.")

    class Meta:
        model = LabelImport
        fields = ["project", "final"]


class ImageListFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter is untyped
    workspace = CodeFilter("workspace")
    dataset = CodeFilter("dataset")
    state = filters.ChoiceFilter(choices=ImageList.State.choices)


class ImageListViewSet(
    TakesChunks, mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, TenantViewSet
):
    """Files that name images of a datastore: POST announces one, PATCH …/file/ sends 4 MiB at a time. After the last chunk
    it is looked through; POST …/dataset/ makes a dataset of its images, POST …/labels/ brings its labels into a project.
    """

    chunk = receiving.CHUNK
    serializer_class = ImageListSerializer
    filterset_class = ImageListFilter
    rules = {
        "list": (None, Scope.READ),
        "retrieve": (Action.MANAGE_DATA, Scope.READ),
        "create": (None, Scope.MANAGE),
        "destroy": (Action.MANAGE_DATA, Scope.MANAGE),
        "file": (Action.MANAGE_DATA, Scope.MANAGE),
        "check": (Action.MANAGE_DATA, Scope.MANAGE),
        "dataset": (Action.MANAGE_DATA, Scope.MANAGE),
        "labels": (Action.MANAGE_DATA, Scope.MANAGE),
    }

    def get_queryset(self) -> Any:
        rows = ImageList.objects.for_user(self.request.user)
        rows = rows.select_related("workspace__organisation", "datastore", "dataset", "job")
        if self.action == "list":
            allowed = permissions.workspaces_allowing(self.request.user, Action.MANAGE_DATA)
            rows = rows.filter(workspace__in=allowed.values("pk"))
        return rows

    def perform_create(self, serializer: Any) -> None:
        """The same file of the same person, if it did not arrive whole, is gone on with."""
        values = dict(serializer.validated_data)
        permissions.require(self.request.user, Action.MANAGE_DATA, values["workspace"])
        serializer.instance = requesting.announce(actor=self.caller, form=values.pop("format", ""), **values)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Throws a list away of which no dataset was made."""
        requesting.discard(image_list=self.get_object(), actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=ImageListSerializer,
        parameters=[OpenApiParameter("Upload-Offset", int, OpenApiParameter.HEADER, required=True)],
    )
    @action(detail=True, methods=["patch"])
    def file(self, request: Request, **kwargs: Any) -> Response:
        """Sends the next chunk. 409 `offset_conflict` says where to go on; the last chunk has the list looked through."""
        image_list = self.get_object()
        offset, data = chunk_of(request)
        taken = requesting.receive(image_list=image_list, actor=self.caller, offset=offset, data=data)
        return Response(self.get_serializer(taken).data)

    @extend_schema(request=ColumnsSerializer, responses=ImageListSerializer)
    @action(detail=True, methods=["post"])
    def check(self, request: Request, **kwargs: Any) -> Response:
        """Has the list looked through again, with other columns or another name of the datastore."""
        image_list = self.get_object()
        serializer = ColumnsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        spoken = values.pop("spoken", None)
        options = Reading.of(values) if "columns" in values else None
        found = requesting.check(image_list=image_list, actor=self.caller, options=options, spoken=spoken)
        return Response(self.get_serializer(found).data)

    @extend_schema(request=MakeSerializer, responses=ImageListSerializer)
    @action(detail=True, methods=["post"])
    def dataset(self, request: Request, **kwargs: Any) -> Response:
        """Makes the dataset of the list's images, and has their files read. Asked again, nothing more happens."""
        image_list = self.get_object()
        serializer = MakeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        requesting.make(image_list=image_list, actor=self.caller, **serializer.validated_data)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=BringSerializer, responses=LabelImportSerializer)
    @action(detail=True, methods=["post"])
    def labels(self, request: Request, **kwargs: Any) -> Response:
        """Has the labels of the list looked through for a project; the import that is given back writes them."""
        image_list = self.get_object()
        serializer = BringSerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        permissions.require(self.request.user, Action.IMPORT_LABELS, values["project"])
        made = labels.bring(image_list=image_list, actor=self.caller, **values)
        return Response(LabelImportSerializer(made, context=self.get_serializer_context()).data)


routes = router()
routes.register("lists", ImageListViewSet, basename="list")
