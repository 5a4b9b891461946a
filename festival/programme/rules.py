"""What readers are told about an activity: its status, its places, the one action that applies. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class Status(StrEnum):
    """What a page says about an activity now (``data-status``), in the order in which it is judged: the first that fits."""

    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    ENDED = "ended"
    IN_PROGRESS = "in_progress"
    NOT_OPEN = "not_open"
    INVITATION_ONLY = "invitation_only"
    RESULT_PUBLISHED = "result_published"
    DRAWING = "drawing"
    CLOSED = "closed"
    FULL = "full"
    OPEN_FEW_LEFT = "open_few_left"
    OPEN = "open"


class Level(StrEnum):
    """How full something is."""

    OPEN = "open"
    FEW = "few"
    FULL = "full"


class Move(StrEnum):
    """What a reader can do about an activity now."""

    SIGN_UP = "sign_up"
    JOIN_WAITLIST = "join_waitlist"
    NONE = "none"


#: "Few" is at most so many persons, or that share of the capacity, whichever is more.
FEW_PERSONS = 10
FEW_SHARE = 10  # one in ten


@dataclass(frozen=True, slots=True)
class Seats:
    """Places of one pool, or of several together. Persons; ``capacity`` None is unlimited."""

    capacity: int | None
    taken: int = 0
    waiting: int = 0

    @property
    def free(self) -> int | None:
        """Places left, never below nothing; None when unlimited."""
        return None if self.capacity is None else max(0, self.capacity - self.taken)

    @property
    def level(self) -> Level:
        """How full: few is at most ten places, or a tenth of the capacity."""
        if self.free is None or self.capacity is None:
            return Level.OPEN
        if self.free == 0:
            return Level.FULL
        return Level.FEW if self.free <= max(FEW_PERSONS, self.capacity // FEW_SHARE) else Level.OPEN


def together(several: Iterable[Seats], ceiling_left: int | None = None) -> Seats:
    """Return the places of several pools as one: what is over-filled takes nothing from the others.

    :param ceiling_left: persons the approved number still allows; None: no permit needed.
    """
    pools = list(several)
    waiting = sum(pool.waiting for pool in pools)
    if any(pool.capacity is None for pool in pools):
        return Seats(None, sum(pool.taken for pool in pools), waiting)
    capacity = sum(pool.capacity or 0 for pool in pools)
    free = sum(pool.free or 0 for pool in pools)
    if ceiling_left is not None:
        free = max(0, min(free, ceiling_left))
    return Seats(capacity, capacity - free, waiting)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the status follows from. Instants are aware; None: not limited, or not announced."""

    is_cancelled: bool
    is_postponed: bool
    #: First start and last end of the slots that take place.
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime | None
    closes_at: datetime | None
    is_by_invitation: bool
    is_ballot: bool
    result_at: datetime | None
    #: Of every pool that can be signed up for and lies ahead; None: there is none.
    seats: Seats | None
    #: Whether one who comes now may join a list.
    has_waitlist: bool


def status(facts: Facts, now: datetime) -> Status:
    """Return what a page says about an activity: the first that fits."""
    if facts.is_cancelled:
        return Status.CANCELLED
    if facts.is_postponed:
        return Status.POSTPONED
    if now >= facts.ends_at:
        return Status.ENDED
    if now >= facts.starts_at:
        return Status.IN_PROGRESS
    if facts.opens_at is not None and now < facts.opens_at:
        return Status.NOT_OPEN
    if facts.is_by_invitation:
        return Status.INVITATION_ONLY
    if facts.closes_at is not None and now >= facts.closes_at:
        return _after_closing(facts, now)
    return _by_places(facts)


def _after_closing(facts: Facts, now: datetime) -> Status:
    if not facts.is_ballot:
        return Status.CLOSED
    is_announced = facts.result_at is not None and now >= facts.result_at
    return Status.RESULT_PUBLISHED if is_announced else Status.DRAWING


def _by_places(facts: Facts) -> Status:
    """A ballot is never full: whoever enters before it closes is in the draw."""
    if facts.is_ballot:
        return Status.OPEN
    if facts.seats is None:
        return Status.CLOSED
    return {Level.FULL: Status.FULL, Level.FEW: Status.OPEN_FEW_LEFT, Level.OPEN: Status.OPEN}[facts.seats.level]


def is_open(facts: Facts, now: datetime) -> bool:
    """Tell whether a place, or a chance at one, can be had now (the filter "open now"). An exhibition that runs still may be."""
    if facts.is_cancelled or facts.is_postponed or facts.is_by_invitation or now >= facts.ends_at or facts.seats is None:
        return False
    if facts.opens_at is not None and now < facts.opens_at:
        return False
    if facts.closes_at is not None and now >= facts.closes_at:
        return False
    return facts.is_ballot or facts.seats.level is not Level.FULL


def move(facts: Facts, now: datetime) -> Move:
    """Return the one action that applies."""
    if is_open(facts, now):
        return Move.SIGN_UP
    if_there_were_room = replace(facts, seats=Seats(None))
    is_full = facts.seats is not None and facts.seats.level is Level.FULL
    return Move.JOIN_WAITLIST if is_full and facts.has_waitlist and is_open(if_there_were_room, now) else Move.NONE


# -- a window that moves along ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opening:
    """From when until when something can be asked for. None: not limited on that side."""

    opens_at: datetime | None
    closes_at: datetime | None


def moved_window(window: Opening, step: timedelta, now: datetime) -> Opening:
    """Return a window once what it leads to has moved: its end keeps its distance from that.

    Its beginning moves only while it is still to come, so that what is open does not close, or where it would come after the end.
    """
    closes_at = None if window.closes_at is None else window.closes_at + step
    opens_at = window.opens_at
    if opens_at is not None and (opens_at > now or (closes_at is not None and opens_at >= closes_at)):
        opens_at += step
    return Opening(opens_at, closes_at)
