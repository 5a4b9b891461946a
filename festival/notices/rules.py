"""When a message is true, what organizers' own words may name, when a reminder is due. Pure: plain values in, a verdict out."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from festival.outbox import texts

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
    "activity_changed": frozenset({"pending", "entered", "offered", "confirmed", "waitlisted"}),
    "activity_postponed": frozenset({"pending", "entered", "offered", "confirmed", "waitlisted"}),
    "activity_cancelled": frozenset({"pending", "entered", "offered", "confirmed", "waitlisted"}),
    "activity_resumed": frozenset({"pending", "entered", "offered", "confirmed", "waitlisted"}),
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

#: What a placeholder stands for: its name in Chinese and in English texts, and the field of ``wording.Facts`` behind it.
PLACEHOLDERS: dict[str, str] = {
    "活动": "title", "时间": "time", "起止": "span", "地点": "place", "签到码": "digits", "截止": "deadline",
    "位次": "position", "原因": "reason", "名额": "pool", "座位": "seats", "说明": "why",
    "title": "title", "time": "time", "times": "span", "place": "place", "code": "digits", "deadline": "deadline",
    "number": "position", "reason": "reason", "pool": "pool", "seats": "seats", "why": "why",
}  # fmt: skip
#: Those offered in the form, by language.
OFFERED = {
    "zh": ("活动", "时间", "起止", "地点", "签到码", "截止", "位次", "原因", "名额", "座位", "说明"),
    "en": ("title", "time", "times", "place", "code", "deadline", "number", "reason", "pool", "seats", "why"),
}


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its placeholders filled.

    :param values: by field of ``wording.Facts``; a placeholder without one stays as it is.
    """
    return texts.filled(text, {name: values[field] for name, field in PLACEHOLDERS.items() if field in values})


def unknown_placeholders(text: str) -> list[str]:
    """Return the placeholders of a text that stand for nothing, each once, in their order."""
    return texts.unknown_placeholders(text, PLACEHOLDERS)


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
