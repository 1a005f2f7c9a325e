"""Images, thumbnails and tiles, for whoever holds a signed address."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_http_methods, require_safe

from projects import files
from projects.errors import DomainError
from projects.http import UserRequest, public

RETRY_SECONDS = 3
"""When to ask again for a picture that is being made."""


@public
@require_safe
def file(request: HttpRequest, signed: str) -> HttpResponseBase:
    """The signature is the permission: it was made for somebody who may see the image, and is good for minutes."""
    try:
        return files.respond(request, signed)
    except DomainError as error:
        return _refused(error)


@public
@require_safe
def tile(request: HttpRequest, signed: str, place: str) -> HttpResponseBase:
    """One square of a large image."""
    try:
        return files.tile(request, signed, place)
    except DomainError as error:
        return _refused(error)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def tiles(request: UserRequest, signed: str) -> HttpResponse:
    """How the tiles of a large image lie and how far they are. A POST by whoever may see
    the image has them made before others, and gives a new address."""
    try:
        found = files.want_tiles(signed, request.user) if request.method == "POST" else files.tiles(signed)
        return JsonResponse(found, headers={"Cache-Control": "no-store"})
    except DomainError as error:
        return _refused(error)


def _refused(error: DomainError) -> HttpResponse:
    """In words alone: a picture's place on a page has no room for an error page."""
    status = 404 if error.status == 422 else error.status
    response = HttpResponse(error.detail, status=status, content_type="text/plain; charset=utf-8")
    if status == 503:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response
