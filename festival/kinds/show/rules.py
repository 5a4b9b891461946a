"""What can be decided on the evening of a show, which zones have room, and how a plan is drawn. Pure: plain values in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from festival.lib.errors import Refused


class Decision(StrEnum):
    """What organizers decide about a show, the weather and the sky being as they are."""

    GO = "go"
    #: Not yet: the next word comes at a time that is named.
    HOLD = "hold"
    #: To the backup date, or until a new time is known.
    POSTPONE = "postpone"
    CANCEL = "cancel"


class Cause(StrEnum):
    """Why a show does not go ahead as planned, with words prepared in both languages."""

    WIND = "wind"
    RAIN = "rain"
    LIGHTNING = "lightning"
    AIRSPACE = "airspace"
    TECHNICAL = "technical"
    CROWD = "crowd"
    OTHER = "other"


class Reason(StrEnum):
    """Why a decision is not taken."""

    CHANGED_MEANWHILE = "changed_meanwhile"  # somebody else decided since the page was opened
    ANOTHER_EVENING = "another_evening"  # what the page was about is over, or is to be otherwise now
    OVER = "over"
    IS_OFF = "is_off"  # it was called off or put off already
    SAID_ALREADY = "said_already"
    NOT_AHEAD = "not_ahead"  # the next word would come in the past
    TOO_LATE = "too_late"  # … or when the show is over as planned, and nothing can be decided any more


class ShowRefused(Refused):
    """An expected "no" to a decision; ``reason`` is a ``Reason``."""

    reason: Reason


class ZoneReason(StrEnum):
    """Why a zone is not set so."""

    #: More places are given out, or planned, than would be safe; or any number.
    MORE_PLACES = "more_places"
    #: All places and all staff would be more than the approved number.
    MORE_HEADS = "more_heads"
    #: The time has a reserve that lends places.
    RESERVE = "reserve"


class ZoneRefused(Refused):
    """The zone stays as it was; ``reason`` is a ``ZoneReason``."""

    reason: ZoneReason


@dataclass(frozen=True, slots=True)
class Evening:
    """A show as it stands when somebody decides."""

    ends_at: datetime
    is_on: bool
    #: What was decided last for this very time; None: nothing yet.
    last: Decision | None


def refusal(wanted: Decision, evening: Evening, now: datetime, until: datetime | None = None) -> Reason | None:
    """Return why going ahead or holding cannot be decided now; None: it can. Whether a show moves or ends, its plan says."""
    if not evening.is_on:
        return Reason.IS_OFF
    if now >= evening.ends_at:
        return Reason.OVER
    if wanted == Decision.GO and evening.last == Decision.GO:
        return Reason.SAID_ALREADY
    if wanted == Decision.HOLD and until is not None:
        if until <= now:
            return Reason.NOT_AHEAD
        if until > evening.ends_at:
            return Reason.TOO_LATE
    return None


# -- how full ------------------------------------------------------------------------------------------------------------------


class Fullness(StrEnum):
    """How full a zone is, as people are told."""

    OPEN = "open"
    FEW = "few"
    FULL = "full"


#: From this share of its places on, a zone has few left.
_FEW = 0.9


@dataclass(frozen=True, slots=True)
class Zone:
    """A viewing zone in numbers: persons."""

    key: str
    #: Places that are given out now; None: any number.
    capacity: int | None
    taken: int
    arrived: int
    inside: int
    #: The most that are safe there, staff included.
    safety_limit: int
    staff: int

    @property
    def safe_places(self) -> int:
        """Guests who are safe there at once."""
        return self.safety_limit - self.staff

    @property
    def free(self) -> int:
        """Places that can be booked now; never negative."""
        return max(0, (self.safe_places if self.capacity is None else self.capacity) - self.taken)

    @property
    def room(self) -> int:
        """Guests who still fit in on the spot; never negative."""
        return max(0, self.safe_places - self.inside)

    def fullness(self, *, on_the_spot: bool) -> Fullness:
        """Return how full it is: by heads while people are let in, before that by bookings."""
        most, held = (self.safe_places, self.inside) if on_the_spot else (self.taken + self.free, self.taken)
        if held >= most:
            return Fullness.FULL
        return Fullness.FEW if held >= most * _FEW else Fullness.OPEN

    def percent(self, *, on_the_spot: bool) -> int:
        """Return how much of it is filled, at most 100."""
        most, held = (self.safe_places, self.inside) if on_the_spot else (self.taken + self.free, self.taken)
        return min(100, held * 100 // most) if most > 0 else 100


def elsewhere(zones: Iterable[Zone], *, on_the_spot: bool) -> tuple[list[Zone], list[Zone]]:
    """Return the zones that are full, and where there is room instead: most room first. Both empty: none is full."""
    known = list(zones)
    full = [zone for zone in known if zone.fullness(on_the_spot=on_the_spot) == Fullness.FULL]
    free = [zone for zone in known if zone.fullness(on_the_spot=on_the_spot) != Fullness.FULL]
    by_room = sorted(free, key=lambda zone: -(zone.room if on_the_spot else zone.free))
    return (full, by_room) if full else ([], [])


def is_on_the_spot(doors_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Tell whether heads count rather than bookings: from the opening of the gates until the end."""
    return doors_at <= now < ends_at


def most_in(zone: Zone, others: Sequence[Zone], ceiling: int | None, *, planned: int) -> int:
    """Return the most places a zone may ever have: what is safe there, and what the approved number leaves with all staff.

    :param planned: places that all the others have, later batches included.
    """
    if ceiling is None:
        return zone.safe_places
    staff = zone.staff + sum(other.staff for other in others)
    return max(0, min(zone.safe_places, ceiling - staff - planned))


# -- drawing -------------------------------------------------------------------------------------------------------------------

#: The plan's own measure: its left upper corner is 0, 0.
WIDTH, HEIGHT = 1000, 640
Point = tuple[int, int]
_CORNERS = 3


def read_corners(text: str) -> list[Point] | None:
    """Return the corners written as ``x,y x,y …``; None: fewer than three, or one that is no point of the plan."""
    found: list[Point] = []
    for part in text.replace("，", ",").split():
        first, comma, second = part.partition(",")
        is_number = all(number.isascii() and number.isdigit() and len(number) <= 4 for number in (first, second))  # noqa: PLR2004
        if not comma or not is_number or int(first) > WIDTH or int(second) > HEIGHT:
            return None
        found.append((int(first), int(second)))
    return found if len(found) >= _CORNERS else None


def middle(corners: Sequence[Point]) -> Point:
    """Return where a label stands: the centre of the area, or of its corners where it has no area."""
    doubled = x = y = 0
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        cross = x1 * y2 - x2 * y1
        doubled += cross
        x += (x1 + x2) * cross
        y += (y1 + y2) * cross
    if doubled == 0:
        return sum(one[0] for one in corners) // len(corners), sum(one[1] for one in corners) // len(corners)
    return round(x / (3 * doubled)), round(y / (3 * doubled))
