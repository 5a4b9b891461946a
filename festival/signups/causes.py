"""The words of the ledger of places: what happened, and why. One vocabulary for those who write lines and those who read them.

A line's ``why`` is a key of ``Why``, most of them with something after a colon: a sign-up, a pool, a rank, or two numbers with
an arrow between them. What is not known here reads as another change, never as an error.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class What(StrEnum):
    """What a line of the ledger says happened."""

    SIGNED_UP = "signed_up"
    APPROVED = "approved"
    REJECTED = "rejected"
    DRAWN = "drawn"
    DRAW_VOID = "draw_void"
    PROMOTED = "promoted"
    OFFERED = "offered"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    SKIPPED = "skipped"
    PARTY = "party"
    MOVED = "moved"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"
    CAPACITY = "capacity"
    #: The time or place changed, or the activity or slot was called off or taken up again: no place changed hands.
    RESCHEDULED = "rescheduled"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    RESUMED = "resumed"
    #: The person chose to keep the place at the new time.
    KEPT = "kept"
    NO_SHOW = "no_show"
    #: Nobody had come for it after the start: staff gave the place to those who stood there.
    RELEASED = "released"
    OTHER = ""


class Why(StrEnum):
    """Why it happened."""

    ROOM = "room"
    WAITLISTED = "waitlisted"
    PENDING = "pending"
    ENTERED = "entered"
    APPROVED = "approved"
    REJECTED = "rejected"
    OFFER_TAKEN = "offer_taken"
    #: Staff at the door gave it to somebody who stood there.
    DOOR = "door"
    OFFER_LAPSED = "offer_lapsed"
    DRAW_VOID = "draw_void"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"
    #: The sweep of each minute found a free place that met a list.
    SWEEP = "sweep"
    #: ``released_by:<sign-up>``: that sign-up gave the places back.
    RELEASED_BY = "released_by"
    #: ``rank:<n>``: the place in the order of a draw.
    RANK = "rank"
    #: ``party:<persons>-><persons>``.
    PARTY = "party"
    #: ``capacity:<persons>-><persons>``, either of them ``unlimited``.
    CAPACITY = "capacity"
    #: ``ceiling:<persons>-><persons>``, either of them ``unlimited``: the approved number of a session.
    CEILING = "ceiling"
    #: ``too_large:<persons>``: a party that did not fit into so many free places let smaller ones pass.
    TOO_LARGE = "too_large"
    #: ``batch:<persons>-><persons>``: the next batch of places was released.
    BATCH = "batch"
    #: ``lent:<pool>-><pool>``: the reserve lent places; ``returned:<pool>-><pool>``: it got them back.
    LENT = "lent"
    RETURNED = "returned"
    #: ``switched:<pool>-><pool>``: the person moved themselves.
    SWITCHED = "switched"
    #: The person did not come twice, and waits behind everybody else.
    NO_SHOWS = "no_shows"
    NO_SHOW = "no_show"
    #: ``excused:<sign-up>``: that absence was excused.
    EXCUSED = "excused"
    #: ``balanced_by:<sign-up>``: that one kept the quotas in balance.
    BALANCED_BY = "balanced_by"
    #: Small enough for what the head of the list was too large for.
    QUEUE = "queue"
    #: ``merge:<pool>-><pool>``.
    MERGE = "merge"
    #: ``split:<pool>-><pool>``.
    SPLIT = "split"
    #: Nobody had come for the places, and staff at the door released them.
    ABSENT = "absent"
    #: The organizers changed how places are given.
    RULES = "rules"
    #: The organizers changed the plan.
    PLAN = "plan"
    OTHER = ""


#: Causes that change how many places a pool has.
OF_CAPACITY = (Why.CAPACITY, Why.BATCH, Why.LENT, Why.MERGE, Why.SPLIT)
#: Causes that say a number in front of and behind an arrow.
_ARROW = re.compile(r"(\d+|unlimited)->(\d+|unlimited)")


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a line was written."""

    why: Why
    #: What stands after the colon.
    number: int | None = None
    #: What stands before and behind an arrow; None: unlimited, or there is no arrow.
    before: int | None = None
    after: int | None = None


def what_of(word: str) -> What:
    """Return what a line says happened; ``OTHER`` for what is not known here."""
    try:
        return What(word)
    except ValueError:
        return What.OTHER


def cause_of(why: str) -> Cause:
    """Return why a line was written; ``OTHER`` for what is not known here or not well formed."""
    key, _colon, rest = why.partition(":")
    try:
        found = Why(key)
    except ValueError:
        return Cause(Why.OTHER)
    if not rest:
        return Cause(found)
    if arrow := _ARROW.fullmatch(rest):
        return Cause(found, before=_number(arrow[1]), after=_number(arrow[2]))
    return Cause(found, number=int(rest)) if rest.isascii() and rest.isdigit() else Cause(Why.OTHER)


def _number(text: str) -> int | None:
    return None if text == "unlimited" else int(text)
