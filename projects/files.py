"""Answers for `/files/<signed>/`: an image of a local store, or a rendition, to whoever holds the address.

What a file is served as depends on what its bytes were found to be at ingest, and the answer is locked in a sandbox
besides: an HTML page that is called photo.jpg shows nothing and runs nothing.
"""

import io
import re
import time
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header, parse_etags

from projects import datastores, image_header, image_urls, pyramid, tenancy, thumbnails, tiling
from projects.image_urls import Link, LinkBroken
from projects.models import Image, ProjectDataset
from projects.tenancy import Actor

RENEWED_FOR = 24 * 60 * 60
"""Seconds after its end in which an address of tiles can be changed for a new one."""
_PLACE = re.compile(r"(\d{1,2})-(\d{1,4})-(\d{1,4})", re.ASCII)
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def respond(request: HttpRequest, signed: str) -> HttpResponseBase:
    """The file, a part of it, or 304 where the browser has it. Raises a DomainError where there is none to give."""
    link = image_urls.read_link(signed)
    if link.kind == "tiles":
        raise LinkBroken("There is nothing here, or nothing that you may see.")
    with tenancy.for_organisation(link.organisation_id):
        image = _image(link)
        etag = f'"{link.kind[0]}{thumbnails.version(image)}"'
        if etag in parse_etags(request.headers.get("If-None-Match", "")):
            return _dressed(HttpResponseNotModified(), link, etag)
        response = _original(request, image) if link.kind == "image" else _rendition(image, link)
    return _dressed(response, link, etag)


def _image(link: Link) -> Image:
    images = Image.objects.select_related("dataset__datastore__workspace").filter(state=Image.State.OK)
    image = images.filter(pk=link.image_id).first()
    if image is None:
        raise LinkBroken("There is nothing here, or nothing that you may see.")
    return image


def tile(request: HttpRequest, signed: str, place: str) -> HttpResponseBase:
    """The tile at `place` (level-column-row) of a large image, or 304. Raises a DomainError where there is none."""
    link, match = _tiles_link(signed), _PLACE.fullmatch(place)
    if match is None:
        raise LinkBroken("There is nothing here, or nothing that you may see.")
    with tenancy.for_organisation(link.organisation_id):
        image = _image(link)
        etag = f'"t{thumbnails.version(image)}"'
        if etag in parse_etags(request.headers.get("If-None-Match", "")):
            return _dressed(HttpResponseNotModified(), link, etag)
        data = tiling.tile(image, *map(int, match.groups()))
    kind = image_header.CONTENT_TYPES[image_header.sniff(io.BytesIO(data[:512]), "")]
    return _dressed(HttpResponse(data, content_type=kind), link, etag)


def tiles(signed: str) -> dict[str, object]:
    """How the tiles of a large image lie, and how far they are."""
    link = _tiles_link(signed)
    with tenancy.for_organisation(link.organisation_id):
        image = _image(link)
        levels = pyramid.levels(image.width, image.height)
        return {
            "tile": pyramid.TILE,
            "levels": [[level.width, level.height] for level in levels],
            **asdict(tiling.progress(image)),
        }


def want_tiles(signed: str, user: Actor) -> dict[str, object]:
    """Has the tiles of a large image made soon, and says what `tiles` says.

    Where the caller may still look at the image there is a new address (`url`), too: one looks at a large image for longer
    than an address lasts.
    """
    link = _tiles_link(signed, late_seconds=RENEWED_FOR)
    image = _in_reach(user).filter(pk=link.image_id, state=Image.State.OK).select_related("workspace").first()
    fresh = image_urls.tiles([image])[image.pk] if image else reverse("projects:tiles", kwargs={"signed": signed})
    if image:
        tiling.request(image)
    return {**tiles(fresh.strip("/").rpartition("/")[2]), "url": fresh}


def _in_reach(user: Actor) -> QuerySet[Image]:
    """Images of the caller's workspaces, and of the projects they work in: they hold an address, so the image was shown to
    them not long ago."""
    datasets = ProjectDataset.objects.for_user(user).values("dataset")
    return Image.objects.for_user(user) | Image.objects.filter(dataset__in=datasets)


def _tiles_link(signed: str, late_seconds: int = 0) -> Link:
    link = image_urls.read_link(signed, late_seconds=late_seconds)
    if link.kind != "tiles":
        raise LinkBroken("There is nothing here, or nothing that you may see.")
    return link


def _rendition(image: Image, link: Link) -> HttpResponseBase:
    if link.kind == "values":
        return HttpResponse(thumbnails.get(image, "values"), content_type="application/octet-stream")
    data = thumbnails.get(image, "proxy" if link.kind == "proxy" else "thumbnail")
    kind = image_header.CONTENT_TYPES[image_header.sniff(io.BytesIO(data[:512]), "")]
    return HttpResponse(data, content_type=kind)


def _original(request: HttpRequest, image: Image) -> HttpResponseBase:
    store = datastores.for_datastore(image.dataset.datastore)
    size = store.head(image.key).size
    start, length = _range(request.headers.get("Range", ""), size)
    if start >= size > 0:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    is_part = length < size
    response = StreamingHttpResponse(
        _begun(store.stream(image.key, start, length)),
        status=206 if is_part else 200,
        content_type=image_urls.content_type(image),
    )
    response["Accept-Ranges"] = "bytes"
    response["Content-Length"] = str(length)
    response["Content-Disposition"] = content_disposition_header(as_attachment=False, filename=image.name) or "inline"
    if is_part:
        response["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
    return response


def _range(header: str, size: int) -> tuple[int, int]:
    """First byte and number of bytes of a Range header; all of the file where it asks for none or several."""
    match = _RANGE.fullmatch(header.strip())
    if not match or match.groups() == ("", ""):
        return 0, size
    begin, last = str(match[1]), str(match[2])
    if not begin:
        start = max(0, size - int(last))
        return start, size - start
    end = min(int(last), size - 1) if last else size - 1
    start = int(begin)
    return (start, end - start + 1) if start <= end or start >= size else (0, size)


def _begun(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same chunks, the first already read: what fails at once fails before the answer has begun."""
    first = next(chunks, b"")
    return chain([first], chunks)


def _dressed(response: HttpResponseBase, link: Link, etag: str) -> HttpResponseBase:
    response["ETag"] = etag
    response["Cache-Control"] = f"private, max-age={max(0, int(link.expires_at - time.time()))}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
