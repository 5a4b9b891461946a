"""When a message is true, what organizers' own words may name, when a reminder is due. Pure: plain values in, a verdict out."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from festival.outbox import texts

#: Whoever may still come, or is there already.
_CONCERNED = frozenset({"pending", "entered", "offered", "confirmed", "waitlisted", "attended"})
#: In which states of the sign-up a message about it is still true.
TRUE_IN: dict[str, frozenset[str]] = {
    "sign_up_confirmed": frozenset({"confirmed", "attended"}),
    "sign_up_promoted": frozenset({"confirmed", "attended"}),
    "sign_up_waitlisted": frozenset({"waitlisted"}),
    "sign_up_pending": frozenset({"pending"}),
    "sign_up_entered": frozenset({"entered"}),
    "sign_up_offered": frozenset({"offered"}),
    # After a missed deadline one waits at the end of the list the first time, and is out the second.
    "sign_up_expired": frozenset({"expired", "waitlisted"}),
    "sign_up_withdrawn": frozenset({"withdrawn"}),
    "sign_up_removed": frozenset({"removed"}),
    "sign_up_no_show": frozenset({"no_show"}),
    "sign_up_released": frozenset({"waitlisted"}),
    "sign_up_excused": frozenset({"no_show"}),
    "sign_up_appeal_answered": frozenset({"no_show"}),
    "sign_up_rejected": frozenset({"rejected"}),
    "sign_up_approved": frozenset({"confirmed", "attended"}),
    "sign_up_approved_offer": frozenset({"offered"}),
    "sign_up_asked": frozenset({"pending"}),
    "sign_up_not_drawn": frozenset({"waitlisted"}),
    "sign_up_draw_void": frozenset({"entered"}),
    "sign_up_reminder": frozenset({"confirmed"}),
    "sign_up_reconfirm": frozenset({"confirmed"}),
    "sign_up_pool": frozenset({"pending", "entered", "offered", "confirmed", "waitlisted"}),
    "seat_given": frozenset({"confirmed", "attended"}),
    "activity_changed": _CONCERNED,
    "activity_postponed": _CONCERNED,
    "activity_cancelled": _CONCERNED,
    "activity_resumed": _CONCERNED,
    "questions_added": frozenset({"pending", "entered", "offered", "confirmed", "waitlisted"}),
}
#: Messages after which the calendar of who gets them by mail must say something else.
MOVES_CALENDAR = frozenset(
    {
        "sign_up_confirmed",
        "sign_up_promoted",
        "sign_up_approved",
        "sign_up_waitlisted",
        "sign_up_released",
        "sign_up_withdrawn",
        "sign_up_removed",
        "activity_changed",
        "activity_postponed",
        "activity_cancelled",
        "activity_resumed",
    },
)
#: Messages that tell somebody to come. Of what is called off, they are no longer true.
INVITES = frozenset(
    {
        "sign_up_confirmed",
        "sign_up_promoted",
        "sign_up_approved",
        "sign_up_reminder",
        "sign_up_reconfirm",
    },
)
#: A telephone may ring for these at night.
URGENT = frozenset(
    {"code", "activity_changed", "activity_postponed", "activity_cancelled", "activity_resumed", "sign_up_released"},
)


# -- the organizers' own words -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Placeholder:
    """What stands in braces for a value, in a text of either language."""

    #: The value behind it.
    field: str
    zh: str
    en: str


#: What every message may name: the activity, and when and where.
TITLE, TIME, SPAN, PLACE = (
    Placeholder("title", "活动", "title"),
    Placeholder("time", "时间", "time"),
    Placeholder("span", "起止", "times"),
    Placeholder("place", "地点", "place"),
)
ALWAYS = (TITLE, TIME, SPAN, PLACE)
DEADLINE = Placeholder("deadline", "截止", "deadline")
_DIGITS = Placeholder("digits", "签到码", "code")
_POSITION = Placeholder("position", "位次", "number")
_REASON = Placeholder("reason", "原因", "reason")
_POOL = Placeholder("pool", "名额", "pool")
_SEATS = Placeholder("seats", "座位", "seats")
_WHY = Placeholder("why", "说明", "why")
#: All that a message about a sign-up could name: fields of ``wording.Facts``.
ABOUT_SIGN_UPS = (*ALWAYS, _DIGITS, DEADLINE, _POSITION, _REASON, _POOL, _SEATS, _WHY)
#: What there is a value for on some occasions alone.
_SOMETIMES: dict[str, tuple[Placeholder, ...]] = {
    "sign_up_offered": (DEADLINE,),
    "sign_up_approved_offer": (DEADLINE,),
    "sign_up_reconfirm": (DEADLINE,),
    "sign_up_waitlisted": (_POSITION,),
    "sign_up_released": (_POSITION,),
    "sign_up_not_drawn": (_POSITION,),
    "sign_up_removed": (_REASON,),
    "sign_up_rejected": (_REASON,),
    "sign_up_asked": (_REASON,),
    "seat_given": (_SEATS,),
    "activity_changed": (_WHY,),
    "activity_postponed": (_WHY,),
    "activity_cancelled": (_WHY,),
}


def placeholders_of(kind: str) -> tuple[Placeholder, ...]:
    """Return what a kind of message about a sign-up may name: what it never has a value for is not among them."""
    return (*ALWAYS, _DIGITS, _POOL, *_SOMETIMES.get(kind, ()))


def filled(text: str, values: Mapping[str, str], placeholders: Iterable[Placeholder]) -> str:
    """Return a text with its placeholders filled.

    :param values: by field; a placeholder without one stays as it is.
    """
    named = {name: values[one.field] for one in placeholders if one.field in values for name in (one.zh, one.en)}
    return texts.filled(text, named)


def unknown_placeholders(text: str, placeholders: Iterable[Placeholder]) -> list[str]:
    """Return the placeholders of a text that stand for nothing, each once, in their order."""
    return texts.unknown_placeholders(text, {name for one in placeholders for name in (one.zh, one.en)})


# -- reminders -----------------------------------------------------------------------------------------------------------------

#: Hours before the start at which those who hold a place are reminded, unless the activity says otherwise.
REMINDERS = (24, 2)
#: The earliest reminder that may be asked for, in hours, and how many.
EARLIEST, MOST_REMINDERS = 14 * 24, 4


def read_hours(text: str) -> tuple[int, ...] | None:
    """Return the hours in a text such as ``24, 2``, the longest first, each once; None when it cannot be read."""
    parts = [part for part in re.split(r"[\s,，、;；]+", text) if part]
    if not all(re.fullmatch(r"[0-9]{1,3}", part) and 1 <= int(part) <= EARLIEST for part in parts):
        return None
    hours = tuple(sorted({int(part) for part in parts}, reverse=True))
    return hours if len(hours) <= MOST_REMINDERS else None


def is_due(starts_at: datetime, hours: int, now: datetime) -> bool:
    """Tell whether a reminder is due: from so many hours before the start until half of them are over, then it comes too late."""
    lead = timedelta(hours=hours)
    return starts_at - lead <= now < starts_at - lead / 2
