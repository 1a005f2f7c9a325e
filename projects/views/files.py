"""Images and thumbnails, for whoever holds a signed address."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from projects import files
from projects.errors import DomainError
from projects.http import public


@public
@require_safe
def file(request: HttpRequest, signed: str) -> HttpResponseBase:
    """The signature is the permission: it was made for somebody who may see the image, and is good for minutes."""
    try:
        return files.respond(request, signed)
    except DomainError as error:
        # A picture's place on a page has no room for an error page.
        status = 404 if error.status == 422 else error.status
        return HttpResponse(error.detail, status=status, content_type="text/plain; charset=utf-8")
