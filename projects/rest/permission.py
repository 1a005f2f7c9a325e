"""Denied by default: a view answers only for the actions it declares."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from projects import permissions
from projects.models import ApiToken
from projects.rest.authentication import token_of

Scope = ApiToken.Scope


class DeclaredPermission(BasePermission):
    """A viewset names, per DRF action, the permission and the token scope it takes: `rules = {"list": (Action, Scope)}`.

    An action without a rule is refused. Where the object's place decides, `has_object_permission` asks the table; for
    lists and creation the viewset asks `permissions.require` itself with the place it was given.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Signed in, the action declared, and the token's scope wide enough."""
        if not request.user.is_authenticated:
            return False
        rule = getattr(view, "rules", {}).get(getattr(view, "action", None))
        if rule is None:
            return False
        token = token_of(request)
        return token is None or rule[1] in token.scopes

    def has_object_permission(self, request: Request, view: Any, thing: Any) -> bool:
        """Whether the role in the object's place allows the action; a rule without a permission allows whoever sees it."""
        action = view.rules[view.action][0]
        return action is None or permissions.allows(request.user, action, permissions.of(thing))
