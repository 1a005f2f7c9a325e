"""The base of every viewset."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias

from rest_framework import routers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from projects.models import User
from projects.permissions import Action
from projects.rest import authentication, idempotency

Rule: TypeAlias = tuple[Action | None, str]


class TenantViewSet(viewsets.GenericViewSet[Any]):
    """Objects by `code`, actions by `rules` (see DeclaredPermission), writes once per `Idempotency-Key`."""

    lookup_field = "code"
    lookup_value_converter = "uuid"
    rules: ClassVar[Mapping[str, Rule]] = {}

    @property
    def caller(self) -> User:
        """Who calls: the actor of what the action does."""
        return authentication.caller(self.request)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After authentication, permission and throttling: wraps a write that carries a key."""
        super().initial(request, *args, **kwargs)
        key = idempotency.key_of(request)
        if key:
            method = str(request.method).lower()
            setattr(self, method, idempotency.wrapped(getattr(self, method), request, key))


class PartialUpdateMixin:
    """PATCH without PUT: a caller sends what changes, and cannot blank the rest by leaving it out."""

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        view: Any = self
        serializer = view.get_serializer(view.get_object(), data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        view.perform_update(serializer)
        return Response(view.get_serializer(serializer.instance).data)


def router() -> routers.SimpleRouter:
    """A router whose object ids are UUIDs by the path's own converter."""
    return routers.SimpleRouter(use_regex_path=False)
