"""Uploads by API: register files, send their chunks, ask how far they are."""

import re
from typing import Any, cast

from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from projects import permissions, uploads
from projects.models import Dataset, Upload
from projects.permissions import Action
from projects.rest.filtering import CodeFilter
from projects.rest.parsing import TakesChunks
from projects.rest.permission import Scope
from projects.rest.serializers import CodeField, TenantModelSerializer
from projects.rest.viewsets import TenantViewSet, router

_OFFSET = re.compile("[0-9]{1,18}")


class DirectSerializer(serializers.Serializer[Any]):
    """An address in the store to which a whole file can be PUT."""

    url = serializers.URLField(help_text="Valid for a limited time, for this file alone.")
    headers = serializers.DictField(child=serializers.CharField(), help_text="Send these with the PUT.")


class UploadSerializer(TenantModelSerializer):
    direct = serializers.SerializerMethodField()

    class Meta:
        model = Upload
        fields = [
            "code", "dataset", "path", "byte_size", "received", "state", "reason", "image", "archive", "outcome", "direct",
            "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(DirectSerializer(allow_null=True))
    def get_direct(self, upload: Upload) -> dict[str, Any] | None:
        """The address in the store that was asked for when the file was announced."""
        offer = self.context.get("offers", {}).get(upload.pk)
        return {"url": offer.url, "headers": offer.headers} if offer else None


class AnnouncedSerializer(serializers.Serializer[Any]):
    path = serializers.CharField(max_length=2000, trim_whitespace=False, help_text="Below the chosen folder.")
    byte_size = serializers.IntegerField(min_value=0, max_value=2**62)


class RegistrationSerializer(serializers.Serializer[Any]):
    dataset = CodeField(queryset=Dataset.objects)
    files = AnnouncedSerializer(many=True, allow_empty=False)
    overwrite = serializers.BooleanField(
        default=False, help_text="Files take the place of others of their path; labels stay, and are flagged."
    )
    direct = serializers.BooleanField(
        default=False, help_text="Ask for addresses in the store, to which the files can be PUT; chunks do as well."
    )


class UploadFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter is untyped
    dataset = CodeFilter("dataset")
    state = filters.ChoiceFilter(choices=Upload.State.choices)
    archive = CodeFilter("archive")


class UploadViewSet(TakesChunks, mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Files on their way into a dataset. Register up to 500 at once, then PATCH chunks of 4 MiB in order."""

    chunk = Upload.CHUNK
    serializer_class = UploadSerializer
    filterset_class = UploadFilter
    http_method_names = ["get", "post", "patch", "head", "options"]
    rules = {
        "list": (None, Scope.READ),
        "retrieve": (Action.MANAGE_DATA, Scope.READ),
        "create": (None, Scope.MANAGE),
        "partial_update": (Action.MANAGE_DATA, Scope.MANAGE),
        "complete": (Action.MANAGE_DATA, Scope.MANAGE),
    }

    def get_queryset(self) -> Any:
        rows = Upload.objects.for_user(self.request.user)
        if self.action == "list":
            allowed = permissions.workspaces_allowing(self.request.user, Action.MANAGE_DATA)
            rows = rows.filter(workspace__in=allowed.values("pk"))
        return rows.select_related("workspace__organisation", "dataset__datastore__workspace", "image", "archive")

    @extend_schema(request=RegistrationSerializer, responses=UploadSerializer(many=True))
    def create(self, request: Request) -> Response:
        """Announces files; the answer, in the same order, says how much of each is there."""
        serializer = RegistrationSerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        dataset: Dataset = serializer.validated_data["dataset"]
        permissions.require(request.user, Action.MANAGE_DATA, dataset.workspace)
        files = [uploads.Announced(file["path"], file["byte_size"]) for file in serializer.validated_data["files"]]
        wanted = serializer.validated_data
        rows = uploads.register(actor=self.caller, dataset=dataset, files=files, overwrite=wanted["overwrite"])
        for row in rows:
            row.dataset = dataset
        offers = uploads.offers(dataset, rows) if wanted["direct"] else {}
        context = {**self.get_serializer_context(), "offers": offers}
        return Response(UploadSerializer(rows, many=True, context=context).data)

    @extend_schema(request=None, responses=UploadSerializer)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, code: str) -> Response:
        """Says that the whole file lies at its address in the store. 409 `not_arrived`: it does not; send it, or chunks."""
        taken = uploads.complete(upload=self.get_object())
        return Response(self.get_serializer(taken).data)

    @extend_schema(
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=UploadSerializer,
        parameters=[OpenApiParameter("Upload-Offset", int, OpenApiParameter.HEADER, required=True)],
    )
    def partial_update(self, request: Request, code: str) -> Response:
        """Sends the next chunk; the last one makes the image. 409 `offset_conflict` says where to go on."""
        upload = self.get_object()
        offset = request.headers.get("Upload-Offset", "")
        if not _OFFSET.fullmatch(offset):
            raise ParseError("The header Upload-Offset says where the chunk begins, in bytes.")
        taken = uploads.receive(upload=upload, offset=int(offset), data=cast("bytes", request.data or b""))
        return Response(self.get_serializer(taken).data)


routes = router()
routes.register("uploads", UploadViewSet, basename="upload")
