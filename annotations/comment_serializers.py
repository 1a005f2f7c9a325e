"""Comments on images, as the API takes and gives them."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from rest_framework import serializers

from annotations.comments import Pin
from annotations.models import Comment
from annotations.serializers import Body


class NewCommentBody(Body):
    """A comment; `code` is the client's, so that sending it again changes nothing. `thread` makes it a reply."""

    code: UUID
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    kind: Literal["comment", "flag"] = "comment"
    x: Annotated[float, Field(allow_inf_nan=False)] | None = None
    y: Annotated[float, Field(allow_inf_nan=False)] | None = None
    region: Annotated[str, Field(max_length=64)] = ""
    thread: UUID | None = None

    @model_validator(mode="after")
    def _a_point_has_two(self) -> Self:
        if (self.x is None) != (self.y is None):
            raise ValueError("Send both x and y, or neither.")
        if not self.text.strip():
            raise ValueError("Write something.")
        return self

    def pin(self) -> Pin:
        return Pin(self.x, self.y, self.region)


class ResolveBody(Body):
    resolved: bool


class CommentSerializer(serializers.BaseSerializer[Comment]):
    """A comment; `thread` is the code of the first comment of its thread, null for that one itself."""

    def to_representation(self, comment: Comment) -> dict[str, Any]:
        return {
            "code": comment.code,
            "thread": comment.thread and comment.thread.code,
            "author": {"code": comment.author.code, "name": comment.author.display_name},
            "mine": comment.author_id == self.context["request"].user.pk,
            "kind": comment.kind,
            "text": comment.text,
            "x": comment.x,
            "y": comment.y,
            "region": comment.region,
            "resolved_at": comment.resolved_at,
            "created_at": comment.created_at,
        }


class AuthorOut(BaseModel):
    code: UUID
    name: str


class CommentOut(BaseModel):
    """A pin is in pixels of the stored image."""

    code: UUID
    thread: UUID | None
    author: AuthorOut
    mine: bool
    kind: Literal["comment", "flag"]
    text: str
    x: float | None
    y: float | None
    region: str
    resolved_at: datetime | None
    created_at: datetime


class CommentsOut(BaseModel):
    next: str | None
    previous: str | None
    results: list[CommentOut]
