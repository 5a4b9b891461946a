"""Expected failures: a refusal carries a reason that a slice's ``wording.py`` puts into words."""

from enum import StrEnum


class Refused(Exception):  # noqa: N818  # a refusal is an answer, not an error
    """An expected "no". Subclass per slice; ``reason`` is a member of that slice's StrEnum."""

    def __init__(self, reason: StrEnum) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Busy(Exception):  # noqa: N818  # not an error either: try again in a moment
    """The database could not serve a write in time. Nothing was written; the page answers 503 with Retry-After."""


class NotFound(Exception):  # noqa: N818  # becomes a 404
    """There is no such thing, or none that this reader may see. Both are a 404."""
