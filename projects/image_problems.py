"""Why a file does not become an item, or not yet: shared by everything that reads pictures."""

from projects import errors


class UnreadableImage(errors.DomainError):
    """A file that will not become an item; `reason` is stable, `detail` a sentence for people.

    Reasons: empty, unsupported, mismatched, corrupt, too_large, too_many_frames, too_slow, crashed.
    """

    code = "unreadable_image"

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail, reason=reason)
        self.reason = reason


class NeedMoreBytes(Exception):
    """The given beginning of the file is too short; `minimum` bytes may do (None: the whole file)."""

    def __init__(self, minimum: int | None) -> None:
        super().__init__(minimum)
        self.minimum = minimum
