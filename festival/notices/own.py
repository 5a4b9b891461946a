"""Messages that an activity kind has of its own: the seam through which ``render`` finds their words.

A kind says what there is to tell (values, such as the name of an employer) and how we would say it. Staff may say it in their own
words, with the same values in braces: so they can of every message, and no kind does anything for it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from festival.lib.format import span
from festival.lib.i18n import _, loc
from festival.notices.rules import ALWAYS, Placeholder
from festival.notices.wording import SUBJECTS, Values, Words, instant
from festival.outbox.texts import has_link
from festival.programme.models import Activity, Slot

if TYPE_CHECKING:
    from flask_babel import LazyString


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to tell a reader, in the language spoken."""

    #: Whose message it is: its short title heads a mail, and its own words are used.
    activity: Activity
    #: The page on which to read on: ``/sign-ups/…``; empty: none.
    path: str
    #: What the message may name beside the activity, when and where: by field of its placeholders, each already in words.
    values: Values
    #: The time it is about; None: the whole activity.
    slot: Slot | None = None


def _no_example(_activity: Activity, _slot: Slot) -> Values:
    return {}


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """A kind of message, owed with ``outbox.service.owe(kind, subject, subject_id, account_id=…)``."""

    kind: str
    #: The subject of a mail, and the heading in 我的消息.
    heading: "LazyString"
    #: Reads the row it is about (``subject_id``) for its reader (an account); None: it is no longer true.
    tell: Callable[[int, int], Told | None]
    #: Our words, made of ``title``, ``time``, ``span``, ``place`` and the kind's own values.
    words: Callable[[Values], Words]
    #: What staff's own words may name beside the activity, when and where.
    placeholders: tuple[Placeholder, ...] = ()
    #: Values of an activity, real where there are, for whoever words the message: one for each placeholder.
    example: Callable[[Activity, Slot], Values] = _no_example
    #: To whom it goes, where a kind speaks to several; None: to those who signed up.
    readers: "LazyString | None" = None
    #: A telephone may ring for it at night.
    is_urgent: bool = False
    #: It is read in 我的消息 and sent nowhere: of what changes often.
    is_quiet: bool = False

    @property
    def named(self) -> tuple[Placeholder, ...]:
        """All that its words may name."""
        return (*ALWAYS, *self.placeholders)

    def ours(self, values: Values) -> Words:
        """Return what it says in our words. What has a link in it is read in 我的消息, not on a telephone."""
        words = self.words(values)
        if not has_link(words.short):
            return words
        safe = {name: _("见我的消息") if has_link(value) else value for name, value in values.items()}
        return Words(self.words(safe).short, words.long)


def values_of(activity: Activity, slot: Slot | None, more: Values) -> Values:
    """Return all that a message may name: of the activity or one time of it, and what its kind adds."""
    about = slot or activity
    return {
        "title": (loc(slot, "label") if slot and slot.is_extra else "") or loc(activity, "short_title") or loc(activity, "title"),
        "time": instant(about.starts_at),
        "span": span(about.starts_at, about.ends_at),
        "place": loc((slot.venue if slot else None) or activity.venue, "name"),
        **more,
    }


_of_kinds: dict[str, tuple[OwnMessage, ...]] = {}
_own: dict[str, OwnMessage] = {}


def register(messages: Mapping[str, Iterable[OwnMessage]]) -> None:
    """Make the messages of kinds known, by the kind's key; called once by the composition root."""
    _of_kinds.clear()
    _of_kinds.update((key, tuple(brought)) for key, brought in messages.items())
    _own.clear()
    _own.update((message.kind, message) for brought in _of_kinds.values() for message in brought)


def own(kind: str) -> OwnMessage | None:
    """Return a kind's own message; None: it is one of ours."""
    return _own.get(kind)


def of_kind(key: str) -> tuple[OwnMessage, ...]:
    """Return the messages that a kind of activity has of its own."""
    return _of_kinds.get(key, ())


def headings() -> "dict[str, LazyString]":
    """Return the heading of every kind of message."""
    return SUBJECTS | {kind: message.heading for kind, message in _own.items()}
