"""Datastores, datasets and images by API."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from projects import datasets, datastores, image_urls, permissions
from projects.datastores import Connection
from projects.models import Dataset, Datastore, Image
from projects.models.data import MOST_OFTEN_MINUTES
from projects.permissions import Action
from projects.rest.filtering import CodeFilter
from projects.rest.permission import Scope
from projects.rest.serializers import TenantModelSerializer
from projects.rest.viewsets import PartialUpdateMixin, TenantViewSet, router

LOCATION = ("path", "account", "container", "endpoint", "bucket", "region", "prefix")
SECRETS = ("account_key", "access_key_id", "secret_access_key", "service_account")


class LocationSerializer(serializers.Serializer[Any]):
    """Where the files are; which fields count depends on the kind."""

    path = serializers.CharField(required=False, allow_blank=True, help_text="local: a folder of the server.")
    account = serializers.CharField(required=False, allow_blank=True, help_text="azure: the storage account.")
    container = serializers.CharField(required=False, allow_blank=True, help_text="azure: the container.")
    endpoint = serializers.CharField(required=False, allow_blank=True, help_text="azure, s3: the service's address.")
    bucket = serializers.CharField(required=False, allow_blank=True, help_text="s3, gcs: the bucket.")
    region = serializers.CharField(required=False, allow_blank=True, help_text="s3: the bucket's region.")
    prefix = serializers.CharField(required=False, allow_blank=True, help_text="Only what is below this folder.")


class SecretsSerializer(serializers.Serializer[Any]):
    """Keys; they are encrypted and never shown again."""

    account_key = serializers.CharField(required=False, help_text="azure: key1 or key2 of the account.")
    access_key_id = serializers.CharField(required=False, help_text="s3.")
    secret_access_key = serializers.CharField(required=False, help_text="s3.")
    service_account = serializers.DictField(required=False, help_text="gcs: the JSON key file of a service account.")


class DatastoreSerializer(TenantModelSerializer):
    kind = serializers.ChoiceField(choices=[choice for choice in Datastore.Kind.choices if choice[0] != "builtin"])
    location = LocationSerializer()
    credentials = SecretsSerializer(write_only=True, required=False)

    class Meta:
        model = Datastore
        fields = [
            "code", "workspace", "name", "kind", "location", "credentials", "is_default", "checked_at", "created_at",
        ]  # fmt: skip
        read_only_fields = ["code", "is_default", "checked_at", "created_at"]
        # projects.datastores says which name is taken.
        validators: list[Any] = []

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """A store stays where it is and what it is."""
        for name in ("workspace", "kind"):
            if self.instance is not None and name in values and values[name] != getattr(self.instance, name):
                raise serializers.ValidationError({name: "This stays as it is. Make another datastore."})
        return values


class DatastoreFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter is untyped
    workspace = CodeFilter("workspace")
    kind = filters.ChoiceFilter(choices=Datastore.Kind.choices)


class DatastoreViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.DestroyModelMixin,
    PartialUpdateMixin,
    TenantViewSet,
):
    """Connections to blob stores. A store is checked before it is saved; its credentials are never shown again."""

    serializer_class = DatastoreSerializer
    filterset_class = DatastoreFilter
    rules = {
        "list": (None, Scope.READ),
        "retrieve": (Action.SEE_DATA, Scope.READ),
        "create": (None, Scope.MANAGE),
        "partial_update": (Action.MANAGE_DATA, Scope.MANAGE),
        "destroy": (Action.MANAGE_DATA, Scope.MANAGE),
        "check": (Action.MANAGE_DATA, Scope.MANAGE),
        "set_default": (Action.MANAGE_DATA, Scope.MANAGE),
    }

    def get_queryset(self) -> Any:
        rows = Datastore.objects.for_user(self.request.user).select_related("workspace__organisation")
        return _narrowed(self, rows)

    def perform_create(self, serializer: Any) -> None:
        values = serializer.validated_data
        permissions.require(self.request.user, Action.MANAGE_DATA, values["workspace"])
        connection = Connection(values["kind"], values["location"], values.get("credentials", {}))
        serializer.instance = datastores.create(
            actor=self.caller, workspace=values["workspace"], name=values["name"], connection=connection
        )

    def perform_update(self, serializer: Any) -> None:
        store, values = serializer.instance, serializer.validated_data
        location = {**store.location, **values.get("location", {})}
        serializer.instance = datastores.change(
            actor=self.caller,
            datastore=store,
            name=values.get("name", store.name),
            connection=Connection(store.kind, location, values.get("credentials", {})),
        )

    def perform_destroy(self, instance: Datastore) -> None:
        datastores.delete(actor=self.caller, datastore=instance)

    @extend_schema(request=None, responses=DatastoreSerializer)
    @action(detail=True, methods=["post"])
    def check(self, request: Request, code: str) -> Response:
        """Connects and lists now; an error says what to change."""
        store = self.get_object()
        datastores.recheck(datastore=store)
        return Response(self.get_serializer(store).data)

    @extend_schema(request=None, responses=DatastoreSerializer)
    @action(detail=True, methods=["post"], url_path="set-default")
    def set_default(self, request: Request, code: str) -> Response:
        """Makes it the store that new datasets use."""
        store = self.get_object()
        datastores.set_default(actor=self.caller, datastore=store)
        store.refresh_from_db()
        return Response(self.get_serializer(store).data)


class DatasetSerializer(TenantModelSerializer):
    class Meta:
        model = Dataset
        fields = [
            "code", "workspace", "datastore", "name", "description", "source", "pattern", "state", "error",
            "image_count", "unreadable_count", "byte_size", "refresh_minutes", "refreshed_at", "next_refresh_at",
            "created_at",
        ]  # fmt: skip
        read_only_fields = [
            "code", "state", "error", "image_count", "unreadable_count", "byte_size", "refreshed_at", "next_refresh_at",
            "created_at",
        ]  # fmt: skip
        extra_kwargs = {
            "datastore": {"required": False},
            "refresh_minutes": {"min_value": MOST_OFTEN_MINUTES, "max_value": 60 * 24 * 366},
        }
        validators: list[Any] = []

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Of a dataset that is there, its words, pattern and schedule change; another pattern has its files read again."""
        fixed = {"workspace", "datastore", "source"} & values.keys() if self.instance is not None else set()
        if fixed:
            raise serializers.ValidationError(dict.fromkeys(fixed, "This stays as it is. Make another dataset."))
        return values


class DatasetFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter is untyped
    workspace = CodeFilter("workspace")
    state = filters.ChoiceFilter(choices=Dataset.State.choices)


class ImageSerializer(TenantModelSerializer):
    url = serializers.SerializerMethodField()
    thumbnail_url = serializers.SerializerMethodField()

    class Meta:
        model = Image
        fields = [
            "code", "dataset", "key", "name", "state", "reason", "format", "width", "height", "byte_size", "checksum",
            "metadata", "version", "changed_at", "url", "thumbnail_url", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(help_text="Signed, for a quarter of an hour; empty if unreadable."))
    def get_url(self, image: Image) -> str:
        return image_urls.signed([image])[image.pk]

    @extend_schema_field(serializers.CharField())
    def get_thumbnail_url(self, image: Image) -> str:
        return image_urls.thumbnails([image])[image.pk]


class DatasetViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.DestroyModelMixin,
    PartialUpdateMixin,
    TenantViewSet,
):
    """Datasets: images by a path pattern in a store, or uploaded."""

    serializer_class = DatasetSerializer
    filterset_class = DatasetFilter
    rules = {
        "list": (None, Scope.READ),
        "retrieve": (Action.SEE_DATA, Scope.READ),
        "create": (None, Scope.MANAGE),
        "partial_update": (Action.MANAGE_DATA, Scope.MANAGE),
        "destroy": (Action.MANAGE_DATA, Scope.MANAGE),
        "refresh": (Action.MANAGE_DATA, Scope.MANAGE),
        "pause": (Action.MANAGE_DATA, Scope.MANAGE),
        "resume": (Action.MANAGE_DATA, Scope.MANAGE),
    }

    def get_queryset(self) -> Any:
        rows = Dataset.objects.for_user(self.request.user).select_related("workspace__organisation", "datastore")
        return _narrowed(self, rows)

    def perform_create(self, serializer: Any) -> None:
        values = serializer.validated_data
        permissions.require(self.request.user, Action.MANAGE_DATA, values["workspace"])
        serializer.instance = datasets.create(actor=self.caller, **values)

    def perform_update(self, serializer: Any) -> None:
        serializer.instance = datasets.change(
            actor=self.caller, dataset=serializer.instance, **serializer.validated_data
        )

    def perform_destroy(self, instance: Dataset) -> None:
        datasets.delete(actor=self.caller, dataset=instance)

    @extend_schema(request=None, responses={202: DatasetSerializer})
    @action(detail=True, methods=["post"])
    def refresh(self, request: Request, code: str) -> Response:
        """Looks for new, changed and vanished files in the background."""
        dataset = self.get_object()
        datasets.refresh(actor=self.caller, dataset=dataset)
        return Response(self.get_serializer(dataset).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses={202: DatasetSerializer})
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, code: str) -> Response:
        """Holds the reading of files where it is, until `resume`; nothing that was read is lost."""
        dataset = self.get_object()
        datasets.pause(actor=self.caller, dataset=dataset)
        return Response(self.get_serializer(dataset).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses={202: DatasetSerializer})
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, code: str) -> Response:
        """Lets the reading of files go on."""
        dataset = self.get_object()
        datasets.resume(actor=self.caller, dataset=dataset)
        return Response(self.get_serializer(dataset).data, status=status.HTTP_202_ACCEPTED)


class ImageFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter is untyped
    dataset = CodeFilter("dataset")
    state = filters.ChoiceFilter(choices=Image.State.choices)
    name = filters.CharFilter(lookup_expr="exact")
    checksum = filters.CharFilter(lookup_expr="exact")


class ImageViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Images with their signed addresses. Labellers get none here: theirs come with the tasks they hold."""

    serializer_class = ImageSerializer
    filterset_class = ImageFilter
    rules = {"list": (None, Scope.READ), "retrieve": (Action.SEE_DATA, Scope.READ)}

    def get_queryset(self) -> Any:
        rows = Image.objects.for_user(self.request.user).select_related("workspace__organisation", "dataset")
        return _narrowed(self, rows)


def _narrowed(view: TenantViewSet, rows: QuerySet[Any]) -> QuerySet[Any]:
    """For a list: the rows of workspaces where the caller may see data. An object's own place is asked later."""
    if view.action != "list":
        return rows
    return rows.filter(workspace__in=permissions.workspaces_allowing(view.request.user, Action.SEE_DATA).values("pk"))


routes = router()
routes.register("datastores", DatastoreViewSet, basename="datastore")
routes.register("datasets", DatasetViewSet, basename="dataset")
routes.register("images", ImageViewSet, basename="image")
