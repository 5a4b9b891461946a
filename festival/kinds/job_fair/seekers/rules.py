"""What applications go through, which interviews can be booked, who is next at a booth. Pure: values in, a verdict out."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from festival.lib.clock import ZONE, local_day
from festival.lib.errors import Refused
from festival.signups.rules import Stop, clash

# -- applications ------------------------------------------------------------------------------------------------------------


class State(StrEnum):
    """What has become of an application."""

    SUBMITTED = "submitted"
    VIEWED = "viewed"
    SHORTLISTED = "shortlisted"
    INVITED = "invited"
    ACCEPTED = "accepted"  # the seeker has taken a time
    DECLINED = "declined"  # the seeker does not come to an interview
    INTENT = "intent"
    NOT_SELECTED = "not_selected"
    WITHDRAWN = "withdrawn"


class Side(StrEnum):
    """Who moves an application."""

    SEEKER = "seeker"
    EMPLOYER = "employer"


_S = State
#: From a state to those that each side may bring it to. What is not here, nobody does.
TRANSITIONS: dict[State, dict[Side, frozenset[State]]] = {
    _S.SUBMITTED: {
        Side.SEEKER: frozenset({_S.WITHDRAWN}),
        Side.EMPLOYER: frozenset({_S.VIEWED, _S.SHORTLISTED, _S.INVITED, _S.INTENT, _S.NOT_SELECTED}),
    },
    _S.VIEWED: {
        Side.SEEKER: frozenset({_S.WITHDRAWN}),
        Side.EMPLOYER: frozenset({_S.SHORTLISTED, _S.INVITED, _S.INTENT, _S.NOT_SELECTED}),
    },
    _S.SHORTLISTED: {
        Side.SEEKER: frozenset({_S.WITHDRAWN}),
        Side.EMPLOYER: frozenset({_S.INVITED, _S.INTENT, _S.NOT_SELECTED}),
    },
    _S.INVITED: {
        Side.SEEKER: frozenset({_S.ACCEPTED, _S.DECLINED, _S.WITHDRAWN}),
        # Invited again: other times. Intent: they met at the booth without an appointment.
        Side.EMPLOYER: frozenset({_S.INVITED, _S.INTENT, _S.NOT_SELECTED}),
    },
    _S.ACCEPTED: {
        # Accepted again: another time.
        Side.SEEKER: frozenset({_S.ACCEPTED, _S.INVITED, _S.DECLINED, _S.WITHDRAWN}),
        Side.EMPLOYER: frozenset({_S.INVITED, _S.INTENT, _S.NOT_SELECTED}),
    },
    _S.INTENT: {
        Side.SEEKER: frozenset({_S.WITHDRAWN}),
        Side.EMPLOYER: frozenset({_S.NOT_SELECTED}),
    },
    _S.DECLINED: {Side.SEEKER: frozenset(), Side.EMPLOYER: frozenset({_S.INTENT})},  # they met after all
    _S.NOT_SELECTED: {Side.SEEKER: frozenset(), Side.EMPLOYER: frozenset()},
    _S.WITHDRAWN: {Side.SEEKER: frozenset(), Side.EMPLOYER: frozenset()},
}
#: Applications that may still come to something: these count towards the most that a seeker may have.
LIVE = frozenset({_S.SUBMITTED, _S.VIEWED, _S.SHORTLISTED, _S.INVITED, _S.ACCEPTED, _S.INTENT})
#: Recruiters see nothing of an application that was withdrawn but that there was one.
READABLE = frozenset(State) - {_S.WITHDRAWN}
#: Most live applications of one seeker at one fair.
MOST_APPLICATIONS = 10
#: Longest note of a recruiter, in characters.
NOTE_MOST = 500
#: Versions of a CV that are kept beside the newest, unless somebody got them.
VERSIONS_MOST = 20


def may(state: State, side: Side, after: State) -> bool:
    """Tell whether a side may bring an application from a state to another."""
    return after in TRANSITIONS[state][side]


class Reason(StrEnum):
    """Why something is not done."""

    CLOSED = "closed"  # the fair is over, off, or not to be seen
    POSITION_GONE = "position_gone"
    NO_CV = "no_cv"
    MOST_APPLICATIONS = "most_applications"
    AGAIN = "again"  # the employer has answered an application for this position already
    STATE = "state"  # it has moved on meanwhile
    NOT_SIGNED_UP = "not_signed_up"
    BEFORE_ENTRY = "before_entry"
    SLOT_TAKEN = "slot_taken"
    SLOT_UNKNOWN = "slot_unknown"
    SLOT_PAST = "slot_past"
    OTHER_INTERVIEW = "other_interview"
    OTHER_ACTIVITY = "other_activity"
    MOST_INTERVIEWS = "most_interviews"
    NO_SLOTS = "no_slots"
    VERSIONS = "versions"
    NOT_THE_DAY = "not_the_day"
    MOST_NUMBERS = "most_numbers"
    NO_BOOTH = "no_booth"


class JobRefused(Refused):
    """An expected "no" of the job fair."""

    reason: Reason


# -- interviews --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Timetable:
    """How a fair's interviews are timed, in the festival's wall time."""

    opens: time
    closes: time
    slot_minutes: int
    #: Seekers that a recruiter sees at the same time.
    per_recruiter: int
    most_per_seeker: int


@dataclass(frozen=True, slots=True)
class Hour:
    """A time that an interview can be at: the day's session, and minutes after midnight in the festival's wall time.

    It is no instant, so that a fair which is moved to another day takes its interviews along.
    """

    session_id: int
    minute: int


@dataclass(frozen=True, slots=True, order=True)
class Chair:
    """One recruiter's time: what is offered and booked."""

    recruiter_id: int
    session_id: int
    minute: int

    @property
    def hour(self) -> Hour:
        """When it is."""
        return Hour(self.session_id, self.minute)

    @property
    def value(self) -> str:
        """The time as a form sends it."""
        return f"{self.recruiter_id}-{self.session_id}-{self.minute}"


_LONGEST_NUMBER = 10


def chair_of(value: str) -> Chair | None:
    """Return the time that a form sends; None: it is none."""
    parts = value.split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < _LONGEST_NUMBER for part in parts):  # noqa: PLR2004
        return None
    return Chair(*(int(part) for part in parts))


def minutes_of(timetable: Timetable) -> range:
    """Return when interviews begin, in minutes after midnight; the last one ends by the closing time."""
    opens = timetable.opens.hour * 60 + timetable.opens.minute
    closes = timetable.closes.hour * 60 + timetable.closes.minute
    return range(opens, closes - timetable.slot_minutes + 1, timetable.slot_minutes)


def begins_at(day: date, minute: int) -> datetime:
    """Return the instant of so many minutes after midnight on a day of the festival."""
    return (datetime.combine(day, time(), ZONE) + timedelta(minutes=minute)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """When a seeker comes into the fair: the start of the entry they hold a place in; None: they hold none."""

    starts_at: datetime | None


def booking_refusal(
    at: Stop,
    *,
    now: datetime,
    entry: Entry,
    interviews: Sequence[Stop],
    activities: Iterable[Stop],
    most: int,
) -> Reason | None:
    """Tell why a seeker cannot have an interview at a time; None: they can.

    :param interviews: those that they have already, the one that is moved left out.
    :param activities: everything else that they hold a place in, or wait for.
    :param most: interviews that one seeker may have.
    """
    if at.starts_at <= now:
        return Reason.SLOT_PAST
    if entry.starts_at is None:
        return Reason.NOT_SIGNED_UP
    if at.starts_at < entry.starts_at:
        return Reason.BEFORE_ENTRY
    if any(clash(other, at) is not None for other in interviews):
        return Reason.OTHER_INTERVIEW
    if any(clash(other, at) is not None for other in activities):
        return Reason.OTHER_ACTIVITY
    return Reason.MOST_INTERVIEWS if len(interviews) >= most else None


def free_seat(taken: Collection[int], per_recruiter: int) -> int | None:
    """Return the first free place beside a recruiter at one time; None: there is none."""
    return next((seat for seat in range(per_recruiter) if seat not in taken), None)


# -- numbers at a booth ------------------------------------------------------------------------------------------------------


class Turn(StrEnum):
    """What has become of a number."""

    WAITING = "waiting"
    CALLED = "called"
    DONE = "done"
    MISSED = "missed"
    LEFT = "left"  # given back by its holder


#: Numbers that still mean something.
HELD = frozenset({Turn.WAITING, Turn.CALLED})
#: Booths that one may wait at in the same hour.
MOST_NUMBERS = 3
#: Who has so many before them is told to come near.
NEAR = 2


def ahead(number: int, waiting: Iterable[int]) -> int:
    """Return how many are called before a number."""
    return sum(1 for other in waiting if other < number)


def now_near(waiting: Sequence[int]) -> int | None:
    """Return the number that has ``NEAR`` before it, now that another was called; None: nobody.

    :param waiting: the numbers that still wait, smallest first.
    """
    return waiting[NEAR] if len(waiting) > NEAR else None


def numbers_are_given(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Tell whether booths give numbers: on the day of the fair, from an hour before it opens until it closes."""
    return local_day(now) == local_day(starts_at) and starts_at - timedelta(hours=1) <= now < ends_at
