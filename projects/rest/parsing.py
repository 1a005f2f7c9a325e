"""Reads bodies: JSON as RFC 8259 has it, bounded, and without what no column of PostgreSQL can hold."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import orjson
from django.conf import settings
from rest_framework import exceptions, parsers

from projects.errors import BadInput

# An escaped zero character: the backslash before the `u` is not itself escaped.
_ZERO = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class TooLarge(exceptions.APIException):
    """The body is longer than settings.DATA_UPLOAD_MAX_MEMORY_SIZE, which DRF itself does not ask about."""

    status_code = 413
    default_code = "too_large"
    default_detail = f"The body may have at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20} MB."


class BoundedJSONParser(parsers.JSONParser):
    """JSON in UTF-8 of limited length and depth; numbers are finite, texts have no zero characters and no half ones."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """The decoded body; ParseError or TooLarge."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        data = stream.read(limit + 1)
        if len(data) > limit:
            raise TooLarge
        if b"\\u0000" in data and _ZERO.search(data):
            raise exceptions.ParseError("JSON parse error - texts cannot hold the character U+0000")
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise exceptions.ParseError(f"JSON parse error - {error}") from error


class ChunkParser(parsers.BaseParser):
    """The bytes of one chunk, no more than `most` of them in memory."""

    media_type = "application/octet-stream"

    def __init__(self, most: int) -> None:
        self.most = most

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The body as it is; BadInput where it is larger."""
        data = stream.read(self.most + 1)
        if len(data) > self.most:
            raise BadInput(f"Send at most {self.most} bytes at a time.")
        return data


class TakesChunks:
    """For viewsets whose PATCH sends bytes, at most `chunk` of them at a time; everything else is JSON."""

    chunk: ClassVar[int]

    def get_parsers(self) -> list[parsers.BaseParser]:
        """By the request's method, as the body's type is the client's word."""
        request: Any = getattr(self, "request", None)
        return [ChunkParser(self.chunk)] if getattr(request, "method", "") == "PATCH" else [BoundedJSONParser()]
