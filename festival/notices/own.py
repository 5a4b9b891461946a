"""Messages that an activity kind has of its own: the seam through which ``render`` finds their words."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask_babel import LazyString

from festival.notices.wording import SUBJECTS, Words


@dataclass(frozen=True, slots=True)
class Told:
    """A message in words, in the language spoken."""

    words: Words
    #: What it is about, before the heading of a mail: the activity's short title. May be empty.
    title: str
    #: The page on which to read on: ``/sign-ups/…``; empty: none.
    path: str


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """A kind of message, owed with ``outbox.service.owe(kind, subject, subject_id, account_id=…)``."""

    kind: str
    #: The subject of a mail, and the heading in 我的消息.
    heading: LazyString
    #: Puts the row it is about (``subject_id``) into words for its reader (an account); None: it is no longer true.
    tell: Callable[[int, int], Told | None]
    #: A telephone may ring for it at night.
    is_urgent: bool = False
    #: It is read in 我的消息 and sent nowhere: of what changes often.
    is_quiet: bool = False


_own: dict[str, OwnMessage] = {}


def register(messages: Iterable[OwnMessage]) -> None:
    """Make the messages of kinds known; called once by the composition root."""
    _own.clear()
    _own.update((message.kind, message) for message in messages)


def own(kind: str) -> OwnMessage | None:
    """Return a kind's own message; None: it is one of ours."""
    return _own.get(kind)


def headings() -> dict[str, LazyString]:
    """Return the heading of every kind of message."""
    return SUBJECTS | {kind: message.heading for kind, message in _own.items()}
