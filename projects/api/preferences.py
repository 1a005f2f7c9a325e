"""How the caller likes the labelling pages."""

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from projects import preferences
from projects.rest.permission import Scope
from projects.rest.viewsets import TenantViewSet


class PreferencesViewSet(TenantViewSet):
    """The caller's own preferences, the same in every project and browser."""

    rules = {"retrieve": (None, Scope.READ), "partial_update": (None, Scope.LABEL)}

    @extend_schema(responses=preferences.EditorPreferences)
    def retrieve(self, request: Request) -> Response:
        """What differs from the defaults."""
        return Response(preferences.of(self.caller))

    @extend_schema(request=preferences.PreferencesChange, responses=preferences.EditorPreferences)
    def partial_update(self, request: Request) -> Response:
        """A JSON merge patch: objects are merged, `null` takes a key out, unknown keys are dropped."""
        if not isinstance(request.data, dict):
            raise ParseError("Send an object.")
        return Response(preferences.change(user=self.caller, patch=request.data))


urlpatterns = [
    path(
        "me/preferences/",
        PreferencesViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="preferences",
    )
]
