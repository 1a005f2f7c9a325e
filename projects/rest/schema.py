"""What the OpenAPI document says of every endpoint alike: how one signs in, which errors there are, how to repeat a write."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from projects.rest.idempotency import HEADER


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself by a metaclass
    target_class = "projects.rest.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A personal token, made on the page Tokens."}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # as above
    target_class = "projects.rest.authentication.BrowserAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "session", "description": "A signed-in browser."}


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457 problem document."""

    type = serializers.CharField(help_text="urn:labelwright:problem:<code>")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable: what a program decides by.")
    detail = serializers.CharField(help_text="A sentence for people.")
    fields = serializers.DictField(  # type: ignore[assignment]  # the document's own name for it
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="Messages by dotted path into the input.",
    )


ERRORS = {
    400: "The request is not valid.",
    401: "No token or session, or a wrong one.",
    403: "Your role or the token's scope does not allow this.",
    404: "There is nothing here, or nothing that you may see.",
    409: "Somebody or something changed it in the meantime.",
    422: "The input is well-formed but cannot be taken.",
    429: "Too many requests; see Retry-After.",
    503: "The database is away for a moment; see Retry-After.",
}


class Schema(AutoSchema):
    """drf-spectacular's schema with the problems of every operation and the idempotency key of its writes."""

    def get_override_parameters(self) -> list[Any]:
        parameters = super().get_override_parameters()
        if self.method == "GET":
            return parameters
        return [
            *parameters,
            OpenApiParameter(
                HEADER,
                str,
                OpenApiParameter.HEADER,
                description="Up to 100 characters. A write sent again with its key answers the same and changes nothing.",
            ),
        ]

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        codes = [401, 429, 503] if self.method == "GET" and self._is_list_view() else [401, 403, 404, 429, 503]
        if self.method != "GET":
            codes += [400, 409, 422]
        for code in sorted(set(codes)):
            if str(code) not in bodies:
                answer = OpenApiResponse(ProblemSerializer, description=ERRORS[code])
                bodies[str(code)] = self._get_response_for_code(  # type: ignore[no-untyped-call]  # spectacular's own
                    answer, str(code), media_types=["application/problem+json"], direction=direction
                )
        return bodies
