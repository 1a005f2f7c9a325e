"""Imports of labels by API: announce a file, send its chunks, read the report, import, undo."""

import re
from typing import Any, cast

from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from exports.formats import csv_reader
from exports.importing import options, receiving, requesting
from exports.models import Export, LabelImport
from projects import jobs, permissions
from projects.permissions import Action
from projects.rest.filtering import CodeFilter
from projects.rest.parsing import TakesChunks
from projects.rest.permission import Scope
from projects.rest.serializers import TenantModelSerializer
from projects.rest.viewsets import TenantViewSet, router

_OFFSET = re.compile("[0-9]{1,18}")


class LabelImportSerializer(TenantModelSerializer):
    """`report` counts what the file holds and what it runs into; `result` what was written and taken back."""

    job_state = serializers.CharField(source="job.state", read_only=True)
    progress_done = serializers.IntegerField(source="job.progress_done", read_only=True)
    progress_total = serializers.IntegerField(source="job.progress_total", read_only=True, allow_null=True)
    error = serializers.CharField(source="job.error_detail", read_only=True)
    format = serializers.ChoiceField(
        choices=Export.Format.choices, required=False, allow_blank=True, help_text="Found out from the file if empty."
    )

    class Meta:
        model = LabelImport
        fields = [
            "code", "project", "name", "format", "byte_size", "received", "state", "job_state", "progress_done",
            "progress_total", "error", "checksum", "reading", "writing", "report", "result", "created_at", "checked_at",
            "written_at", "undone_at",
        ]  # fmt: skip
        read_only_fields = [
            "code", "received", "state", "checksum", "reading", "writing", "report", "result", "created_at", "checked_at",
            "written_at", "undone_at",
        ]  # fmt: skip


class ReadingSerializer(serializers.Serializer[Any]):
    """How the file is read."""

    format = serializers.ChoiceField(choices=Export.Format.choices, required=False)
    match = serializers.ChoiceField(choices=options.MATCHES, default="path")
    columns = serializers.DictField(
        child=serializers.CharField(max_length=200),
        required=False,
        help_text=f"CSV alone: the name of the column for each of {', '.join(csv_reader.NAMES)}.",
    )
    fractions = serializers.BooleanField(required=False, help_text="CSV alone: coordinates are from 0 to 1.")

    def validate_columns(self, columns: dict[str, str]) -> dict[str, str]:
        """Only what a column can hold."""
        if unknown := sorted(columns.keys() - csv_reader.NAMES.keys()):
            raise serializers.ValidationError(f"A column cannot hold “{unknown[0]}”.")
        return columns


class WritingSerializer(serializers.Serializer[Any]):
    """How the labels are written."""

    final = serializers.BooleanField(default=True, help_text="As answers; else as suggestions.")
    policy = serializers.ChoiceField(
        choices=options.POLICIES, default="keep", help_text="Where an image has an answer already."
    )
    create_labels = serializers.BooleanField(default=False, help_text="Add the labels that the project lacks.")
    empty = serializers.BooleanField(default=False, help_text="Images without labels have nothing on them.")


def chunk_of(request: Request) -> tuple[int, bytes]:
    """Where the chunk that a request brings begins, in bytes, and the chunk; ParseError without its place."""
    offset = request.headers.get("Upload-Offset", "")
    if not _OFFSET.fullmatch(offset):
        raise ParseError("The header Upload-Offset says where the chunk begins, in bytes.")
    return int(offset), cast("bytes", request.data or b"")


class LabelImportFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter is untyped
    project = CodeFilter("project")
    state = filters.ChoiceFilter(choices=LabelImport.State.choices)


class LabelImportViewSet(
    TakesChunks, mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, TenantViewSet
):
    """Files of labels on their way into a project: POST announces one, PATCH …/file/ sends 4 MiB at a time. After the last
    chunk the file is looked through; then POST …/import/ writes its labels, and POST …/undo/ takes them back.
    """

    chunk = receiving.CHUNK
    serializer_class = LabelImportSerializer
    filterset_class = LabelImportFilter
    rules = {
        "list": (None, Scope.READ),
        "retrieve": (Action.IMPORT_LABELS, Scope.READ),
        "create": (None, Scope.MANAGE),
        "destroy": (Action.IMPORT_LABELS, Scope.MANAGE),
        "file": (Action.IMPORT_LABELS, Scope.MANAGE),
        "check": (Action.IMPORT_LABELS, Scope.MANAGE),
        "write": (Action.IMPORT_LABELS, Scope.MANAGE),
        "cancel": (Action.IMPORT_LABELS, Scope.MANAGE),
        "go_on": (Action.IMPORT_LABELS, Scope.MANAGE),
        "undo": (Action.IMPORT_LABELS, Scope.MANAGE),
    }

    def get_queryset(self) -> Any:
        rows = LabelImport.objects.for_user(self.request.user).select_related("project__workspace", "job")
        if self.action == "list":
            allowed = permissions.projects_allowing(self.request.user, Action.IMPORT_LABELS)
            rows = rows.filter(project__in=allowed.values("pk"))
        return rows

    def perform_create(self, serializer: Any) -> None:
        """The same file of the same person, if it did not arrive whole, is gone on with."""
        values = dict(serializer.validated_data)
        permissions.require(self.request.user, Action.IMPORT_LABELS, values["project"])
        serializer.instance = requesting.announce(actor=self.caller, form=values.pop("format", ""), **values)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Throws a file away of which nothing was written."""
        requesting.discard(label_import=self.get_object(), actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=LabelImportSerializer,
        parameters=[OpenApiParameter("Upload-Offset", int, OpenApiParameter.HEADER, required=True)],
    )
    @action(detail=True, methods=["patch"])
    def file(self, request: Request, **kwargs: Any) -> Response:
        """Sends the next chunk. 409 `offset_conflict` says where to go on; the last chunk has the file looked through."""
        label_import = self.get_object()
        offset, data = chunk_of(request)
        taken = requesting.receive(label_import=label_import, actor=self.caller, offset=offset, data=data)
        return Response(self.get_serializer(taken).data)

    @extend_schema(request=ReadingSerializer, responses=LabelImportSerializer)
    @action(detail=True, methods=["post"])
    def check(self, request: Request, **kwargs: Any) -> Response:
        """Has the file looked through again, in another way."""
        label_import = self.get_object()
        serializer = ReadingSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        form = values.pop("format", None)
        found = requesting.check(
            label_import=label_import, actor=self.caller, options=options.Reading(**values), form=form
        )
        return Response(self.get_serializer(found).data)

    @extend_schema(request=WritingSerializer, responses=LabelImportSerializer)
    @action(detail=True, methods=["post"], url_path="import")
    def write(self, request: Request, **kwargs: Any) -> Response:
        """Writes the labels of a file that was looked through, in the background."""
        label_import = self.get_object()
        serializer = WritingSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        chosen = options.Writing(**serializer.validated_data)
        found = requesting.write(label_import=label_import, actor=self.caller, options=chosen)
        return Response(self.get_serializer(found).data)

    @extend_schema(request=None, responses=LabelImportSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **kwargs: Any) -> Response:
        """Stops what is at work; what was written stays, until it is undone."""
        label_import = self.get_object()
        if label_import.job is not None:
            jobs.request_cancel(label_import.job)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=None, responses=LabelImportSerializer)
    @action(detail=True, methods=["post"], url_path="go-on")
    def go_on(self, request: Request, **kwargs: Any) -> Response:
        """Takes an import up again that failed or was cancelled, behind what it had written."""
        found = requesting.go_on(label_import=self.get_object(), actor=self.caller)
        return Response(self.get_serializer(found).data)

    @extend_schema(request=None, responses=LabelImportSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, **kwargs: Any) -> Response:
        """Takes back, in the background, whatever nobody has touched since."""
        found = requesting.undo(label_import=self.get_object(), actor=self.caller)
        return Response(self.get_serializer(found).data)


routes = router()
routes.register("imports", LabelImportViewSet, basename="import")
