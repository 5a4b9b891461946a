"""Who is let in at the door, and what a scan changes. Pure: plain values in, a verdict out."""

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from festival.lib.errors import Refused
from festival.lib.text import half_width
from festival.signups.rules import State


class Way(StrEnum):
    """What a scan is for."""

    IN = "in"
    OUT = "out"
    UNDO = "undo"


class Verdict(StrEnum):
    """What the door answers. Pages carry it in kebab-case as ``data-result``; ``wording.py`` has the words."""

    READY = "ready"  # it would be let in: nothing has been written yet
    CHECKED_IN = "checked_in"
    ALREADY = "already_checked_in"
    LEFT = "left"
    NOBODY_INSIDE = "nobody_inside"
    NOT_CONFIRMED = "not_confirmed"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    WRONG_DAY = "wrong_day"
    WRONG_ACTIVITY = "wrong_activity"
    UNKNOWN_CODE = "unknown_code"


#: Somebody goes through.
LET_THROUGH = frozenset({Verdict.CHECKED_IN, Verdict.LEFT})


class UndoReason(StrEnum):
    """Why a scan is undone. A choice and never free text: scans are kept for good, and say nothing personal."""

    MISTAKE = "mistake"  # the wrong person, or scanned by mistake
    PARTY = "party"  # fewer came than were let in
    TURNED_BACK = "turned_back"  # scanned, but did not go in
    TEST = "test"


class Reason(StrEnum):
    """Why a scan cannot be undone."""

    NOTHING_LEFT = "nothing_left"
    NOT_LAST = "not_last"


class UndoRefused(Refused):
    """An expected "no" to undoing a scan; ``reason`` is a ``Reason``."""

    reason: Reason


# -- what was scanned or typed ------------------------------------------------------------------------------------------------

_CODE = re.compile(r"[a-z2-7]{26}")
_DIGITS = re.compile(r"\d{6,8}")
_BETWEEN = re.compile(r"[\s·.-]")
#: What a scanner can send: the longest address that holds a code, and then some.
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Typed:
    """A code of 128 bits, or the short digits."""

    text: str
    is_digits: bool


def read_code(typed: str) -> Typed | None:
    """Read what a QR holds (its address or the code alone), or the digits as people say them; None: it is neither.

    Scanners that send a keyboard's capitals or full width, and spaces between digits, are understood.
    """
    text = half_width(typed[:LONGEST]).strip()
    last = text.lower().rpartition("/c/")[2].partition("?")[0].partition("#")[0].strip("/ ")
    if _CODE.fullmatch(last):
        return Typed(last, is_digits=False)
    digits = _BETWEEN.sub("", text)
    return Typed(digits, is_digits=True) if digits.isascii() and _DIGITS.fullmatch(digits) else None


def lookup_of(activity_id: int, code: str) -> str:
    """Return the name under which a device keeps the row of a code: nobody finds the code from it (128 random bits)."""
    return hashlib.sha256(f"festival check-in lookup:{activity_id}:{code}".encode()).hexdigest()[:32]


# -- who is let in ------------------------------------------------------------------------------------------------------------

_ENDED = {
    State.WITHDRAWN: Verdict.WITHDRAWN,
    State.REMOVED: Verdict.REMOVED,
    State.REJECTED: Verdict.REJECTED,
    State.EXPIRED: Verdict.EXPIRED,
}
_WITH_A_PLACE = frozenset({State.CONFIRMED, State.ATTENDED, State.NO_SHOW})


@dataclass(frozen=True, slots=True)
class Party:
    """A sign-up as it stands when its code is scanned. Counts are persons."""

    #: An offer past its deadline is expired.
    state: State
    size: int
    #: Who has come at all, and who of them is inside now.
    arrived: int
    inside: int
    first_on: date
    last_on: date
    is_cancelled: bool = False
    is_postponed: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """What a scan does. Counts are persons; both changes are 0 where nobody goes through."""

    verdict: Verdict
    persons: int = 0
    arrived_by: int = 0
    inside_by: int = 0


def refusal(party: Party, today: date) -> Verdict | None:
    """Return why nobody of a party may go in today; None: they may, as far as there are any left."""
    if party.is_cancelled or party.is_postponed:
        return Verdict.CANCELLED if party.is_cancelled else Verdict.POSTPONED
    if party.state in _ENDED:
        return _ENDED[party.state]
    if party.state not in _WITH_A_PLACE:
        return Verdict.NOT_CONFIRMED
    return None if party.first_on <= today <= party.last_on else Verdict.WRONG_DAY


def go_in(party: Party, today: date, asked: int | None = None) -> Passage:
    """Judge a scan on the way in. Who was inside before and went out comes back without counting twice.

    :param asked: persons who stand there; None: all who are not inside yet.
    """
    if verdict := refusal(party, today):
        return Passage(verdict)
    left = party.size - party.inside
    if left <= 0:
        return Passage(Verdict.ALREADY)
    persons = left if asked is None else max(1, min(asked, left))
    newcomers = max(0, party.inside + persons - party.arrived)
    return Passage(Verdict.CHECKED_IN, persons, newcomers, persons)


def go_out(party: Party, asked: int | None = None) -> Passage:
    """Judge a scan on the way out: whoever is inside may leave, whatever has become of the sign-up.

    :param asked: persons who leave; None: all who are inside.
    """
    if party.inside <= 0:
        return Passage(Verdict.NOBODY_INSIDE)
    persons = party.inside if asked is None else max(1, min(asked, party.inside))
    return Passage(Verdict.LEFT, persons, 0, -persons)


@dataclass(frozen=True, slots=True)
class Undoable:
    """A scan and what has been taken back of it already. Counts are persons."""

    way: Way
    persons: int
    arrived_by: int
    undone: int
    arrived_undone: int


def undo(scan: Undoable, party: Party, asked: int | None = None) -> Passage | Reason:
    """Judge taking a scan back, as a whole or for some of its persons (fewer came than were let in).

    :param asked: persons; None: all that are left of it.
    """
    left = scan.persons - scan.undone
    if scan.way == Way.UNDO or left <= 0:
        return Reason.NOTHING_LEFT
    persons = left if asked is None else max(1, min(asked, left))
    inside_by = -persons if scan.way == Way.IN else persons
    if not 0 <= party.inside + inside_by <= party.size:
        return Reason.NOT_LAST  # somebody of them has gone out, or come back, since
    # Those who had been inside before are the last to be taken back: they did come.
    arrived_by = -min(persons, scan.arrived_by - scan.arrived_undone) if scan.way == Way.IN else 0
    if party.inside + inside_by > party.arrived + arrived_by:
        return Reason.NOT_LAST
    return Passage(Verdict.READY, persons, arrived_by, inside_by)


# -- clocks -------------------------------------------------------------------------------------------------------------------

#: A device kept its scans for so long at most; what claims to be older is of that age.
OLDEST = timedelta(days=3)


def happened_at(device_at: datetime | None, device_now: datetime | None, now: datetime) -> datetime:
    """Return when a scan happened by our clock, from when the device says it was and what time the device has now.

    A device whose clock is wrong is wrong by the same amount in both. Never later than now.
    """
    if device_at is None or device_now is None:
        return now
    return max(now - OLDEST, min(now, now - (device_now - device_at)))


# -- how full ------------------------------------------------------------------------------------------------------------------

#: Percent of the approved number at which the door is warned.
WARNINGS = (95, 80)


def warning(inside: int, limit: int | None) -> int | None:
    """Return the warning that holds for so many persons inside: 80 or 95 percent are reached; None: neither."""
    if not limit:
        return None
    return next((percent for percent in WARNINGS if inside * 100 >= limit * percent), None)
