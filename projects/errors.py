"""Expected failures: each has a stable code and a sentence that can be shown to a person as it is."""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class DomainError(Exception):
    """Base of every failure that a user can cause and repair.

    `fields` maps a dotted input path to its messages; `extra` goes into the API's problem document.
    """

    code: ClassVar[str] = "invalid"
    status: ClassVar[int] = 422

    def __init__(
        self,
        detail: str,
        *,
        fields: Mapping[str, Sequence[str]] | None = None,
        **extra: object,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = {name: list(messages) for name, messages in (fields or {}).items()}
        self.extra = extra


class Conflict(DomainError):
    """The thing changed since the caller read it."""

    code = "conflict"
    status = 409


class NotAllowed(DomainError):
    """The caller may see the thing, but not do this to it."""

    code = "not_allowed"
    status = 403


class BadInput(DomainError):
    """A file or a value that no retry will make acceptable: a job ends at once with it."""

    code = "bad_input"
