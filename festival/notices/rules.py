"""What fits into a text message, and when a message is no longer true. Pure: plain values in, a verdict out."""

from collections.abc import Callable

#: The signature that a text message must carry.
SIGNATURE = "【河西人才节】"
#: Characters of one text message in UTF-16, the signature included.
SMS_LENGTH = 70
#: A part is not cut shorter than this.
_LEAST = 6

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
    "sign_up_excused": frozenset({"no_show"}),
    "sign_up_rejected": frozenset({"rejected"}),
    "sign_up_approved": frozenset({"confirmed", "attended"}),
    "sign_up_approved_offer": frozenset({"offered"}),
    "sign_up_asked": frozenset({"pending"}),
    "sign_up_not_drawn": frozenset({"waitlisted"}),
    "sign_up_draw_void": frozenset({"entered"}),
    "sign_up_pool": frozenset({"pending", "entered", "offered", "confirmed", "waitlisted"}),
    "seat_given": frozenset({"confirmed", "attended"}),
    "activity_changed": frozenset({"pending", "entered", "offered", "confirmed", "waitlisted"}),
    "activity_postponed": frozenset({"pending", "entered", "offered", "confirmed", "waitlisted"}),
    "activity_cancelled": frozenset({"pending", "entered", "offered", "confirmed", "waitlisted"}),
    "activity_resumed": frozenset({"pending", "entered", "offered", "confirmed", "waitlisted"}),
}
#: Messages after which the calendar of who gets them by mail must say something else.
MOVES_CALENDAR = frozenset(
    {
        "sign_up_confirmed",
        "sign_up_promoted",
        "sign_up_approved",
        "sign_up_waitlisted",
        "sign_up_withdrawn",
        "sign_up_removed",
        "activity_changed",
        "activity_postponed",
        "activity_cancelled",
        "activity_resumed",
    },
)
#: A telephone may ring for these at night.
URGENT = frozenset({"code", "activity_changed", "activity_postponed", "activity_cancelled", "activity_resumed"})


def units(text: str) -> int:
    """Return a text's length as a telephone counts it: in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def fitted(sentence: Callable[..., str], *parts: str) -> str:
    """Return a signed sentence that fits into one text message: its parts are cut, the first one first, until it does."""
    cut = list(parts)
    for at in range(len(cut)):
        over = units(SIGNATURE + sentence(*cut)) - SMS_LENGTH
        if over <= 0:
            break
        keep = max(_LEAST, len(cut[at]) - over - 1)
        if keep < len(cut[at]):
            cut[at] = f"{cut[at][:keep].rstrip()}…"
    return SIGNATURE + sentence(*cut)
