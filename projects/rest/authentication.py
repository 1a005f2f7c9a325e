"""Who calls the API: a token in the header, or the browser's session with its CSRF check."""

from typing import Any

from rest_framework import authentication, exceptions
from rest_framework.request import Request

from projects import api_tokens
from projects.models import ApiToken, User


class BrowserAuthentication(authentication.SessionAuthentication):
    """The session of a signed-in page; unsafe methods need the CSRF header."""


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer lbl_…`. A wrong token is refused, and never falls back to a session."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Opens the tenancy context of the token: its one organisation, as seen by its user."""
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = api_tokens.enter(text.strip())
        if token is None:
            raise exceptions.AuthenticationFailed(
                "The token is wrong, expired or revoked. Make a new one under Tokens."
            )
        api_tokens.note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Labelwright"'


def caller(request: Request) -> User:
    """Who calls; DeclaredPermission lets no stranger through to an action."""
    user = request.user
    if not user.is_authenticated:
        raise exceptions.NotAuthenticated
    return user


def token_of(request: Any) -> ApiToken | None:
    """The token that a request came with, if any."""
    auth = getattr(request, "auth", None)
    return auth if isinstance(auth, ApiToken) else None
