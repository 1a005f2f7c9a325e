"""Organisations and workspaces by API."""

from typing import Any

import django_filters as filters
from rest_framework import mixins, serializers

from projects import permissions, workspaces
from projects.models import AuditEvent, Organisation, User, Workspace
from projects.permissions import Action
from projects.rest.filtering import CodeFilter
from projects.rest.permission import Scope
from projects.rest.serializers import TenantModelSerializer
from projects.rest.viewsets import PartialUpdateMixin, TenantViewSet, router


class OrganisationSerializer(TenantModelSerializer):
    class Meta:
        model = Organisation
        fields = ["code", "name", "kind", "created_at"]
        read_only_fields = fields


class WorkspaceSerializer(TenantModelSerializer):
    class Meta:
        model = Workspace
        fields = ["code", "organisation", "name", "description", "created_at", "archived_at"]
        read_only_fields = ["code", "created_at", "archived_at"]
        # The service says which name is taken; DRF's own check would ask without the caller's eyes.
        validators: list[Any] = []

    def validate_organisation(self, organisation: Organisation) -> Organisation:
        if self.instance is not None and self.instance.organisation_id != organisation.pk:
            raise serializers.ValidationError("A workspace stays in its organisation.")
        return organisation


class OrganisationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """The organisations you belong to."""

    serializer_class = OrganisationSerializer
    rules = {"list": (None, Scope.READ), "retrieve": (None, Scope.READ)}

    def get_queryset(self) -> Any:
        return Organisation.objects.for_user(self.request.user)


class WorkspaceViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, PartialUpdateMixin, TenantViewSet
):
    """Workspaces: places for stores, datasets and projects."""

    serializer_class = WorkspaceSerializer
    rules = {
        "list": (None, Scope.READ),
        "retrieve": (Action.SEE_WORKSPACE, Scope.READ),
        "create": (None, Scope.MANAGE),
        "partial_update": (Action.MANAGE_WORKSPACE, Scope.MANAGE),
    }

    def get_queryset(self) -> Any:
        return Workspace.objects.for_user(self.request.user).select_related("organisation")

    def perform_create(self, serializer: Any) -> None:
        """Asks the organisation's table first: who may not make workspaces is told so."""
        values = serializer.validated_data
        permissions.require(self.request.user, Action.CREATE_WORKSPACE, values["organisation"])
        serializer.instance = workspaces.create(actor=self.caller, **values)

    def perform_update(self, serializer: Any) -> None:
        values = {name: value for name, value in serializer.validated_data.items() if name != "organisation"}
        serializer.instance = workspaces.update(workspace=serializer.instance, actor=self.caller, **values)


class AuditEventSerializer(TenantModelSerializer):
    actor = serializers.EmailField(source="actor.email", read_only=True, allow_null=True, default=None)
    address = serializers.IPAddressField(read_only=True, allow_null=True)

    class Meta:
        model = AuditEvent
        fields = ["organisation", "actor", "action", "object_type", "object_code", "object_name", "detail", "address",
                  "created_at"]  # fmt: skip
        read_only_fields = fields


class AuditEventFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter is untyped
    organisation = CodeFilter("organisation")
    actor = filters.CharFilter(method="by_actor", help_text="Whole email address.")
    object_type = filters.CharFilter()
    object_code = filters.UUIDFilter()
    since = filters.IsoDateTimeFilter("created_at", lookup_expr="gte")
    until = filters.IsoDateTimeFilter("created_at", lookup_expr="lt")

    def by_actor(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(actor__in=list(User.objects.at(value).values_list("pk", flat=True)))


class AuditEventViewSet(mixins.ListModelMixin, TenantViewSet):
    """What happened in the organisations that you run: who did what to which object, newest first."""

    serializer_class = AuditEventSerializer
    filterset_class = AuditEventFilter
    rules = {"list": (None, Scope.READ)}

    def get_queryset(self) -> Any:
        run = permissions.organisations_allowing(self.request.user, Action.SEE_AUDIT)
        rows = AuditEvent.objects.for_user(self.request.user).filter(organisation__in=run.values("pk"))
        return rows.select_related("organisation", "actor")


routes = router()
routes.register("organisations", OrganisationViewSet, basename="organisation")
routes.register("workspaces", WorkspaceViewSet, basename="workspace")
routes.register("audit-events", AuditEventViewSet, basename="audit-event")
