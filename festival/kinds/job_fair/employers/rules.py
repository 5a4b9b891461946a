"""How employers get into a fair, who has which booth, and what a position says. Pure: plain values in, a verdict out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import takewhile

from festival.lib.clock import ZONE, local_day
from festival.lib.errors import Refused

# -- employers ---------------------------------------------------------------------------------------------------------------


class EmployerState(StrEnum):
    """Where an employer's application stands."""

    APPLIED = "applied"
    RETURNED = "returned"  # fields to mend are named
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


_E = EmployerState
#: From a state to those that the employer itself, and the organizers, may bring it to. What is not here, nobody does.
BY_EMPLOYER: dict[EmployerState, frozenset[EmployerState]] = {
    _E.APPLIED: frozenset({_E.APPLIED, _E.WITHDRAWN}),
    _E.RETURNED: frozenset({_E.APPLIED, _E.WITHDRAWN}),
    _E.APPROVED: frozenset({_E.WITHDRAWN}),
    _E.REJECTED: frozenset(),
    _E.WITHDRAWN: frozenset(),
}
BY_ORGANIZERS: dict[EmployerState, frozenset[EmployerState]] = {
    _E.APPLIED: frozenset({_E.RETURNED, _E.APPROVED, _E.REJECTED}),
    _E.RETURNED: frozenset({_E.REJECTED}),
    _E.APPROVED: frozenset({_E.WITHDRAWN}),
    _E.REJECTED: frozenset(),
    _E.WITHDRAWN: frozenset(),
}
#: One legal entity has one application of these at one fair.
LIVE = frozenset({_E.APPLIED, _E.RETURNED, _E.APPROVED})


class Industry(StrEnum):
    """What an employer works in."""

    IT = "it"
    DESIGN = "design"
    FINANCE = "finance"
    SHIPPING = "shipping"
    TRADE = "trade"
    HEALTH = "health"
    CULTURE = "culture"
    EDUCATION = "education"
    SERVICE = "service"
    OTHER = "other"


class Size(StrEnum):
    """Persons employed."""

    TINY = "1-19"
    SMALL = "20-99"
    MIDDLE = "100-499"
    LARGE = "500-999"
    HUGE = "1000+"


class Paper(StrEnum):
    """What an employer hands in. Only the licence decides who it is."""

    LICENCE = "licence"
    MANDATE = "mandate"  # who may act for it
    ADVERT = "advert"  # its own announcement of the positions


#: Fields of an application that organizers may name when they return it.
FIELDS = ("name_zh", "name_en", "uscc", "industry", "size", "contact_name", "licence", "mandate", "advert")


class Reason(StrEnum):
    """Why something is not done."""

    NOT_OPEN = "not_open"
    CLOSED = "closed"
    ALREADY = "already"  # this legal entity has a live application
    BARRED = "barred"  # did not come twice
    STATE = "state"  # it has moved on meanwhile
    OWN = "own"  # nobody reviews themselves
    BOOTH_TAKEN = "booth_taken"
    BOOTH_UNKNOWN = "booth_unknown"
    NOT_APPROVED = "not_approved"
    TOO_LATE = "too_late"  # the limit for cancelling is over
    OVER = "over"  # the fair is over, off, or not to be seen
    NOT_LATE_YET = "not_late_yet"
    IS_HERE = "is_here"
    NO_BOOTH = "no_booth"
    NOT_NEXT = "not_next"  # others wait before it
    MOST = "most"  # too many rows of a kind
    RECRUITER_TWICE = "recruiter_twice"
    REPORTED = "reported"
    LAST_RECRUITER = "last_recruiter"
    NOT_THE_DAY = "not_the_day"
    STALE = "stale"  # the form was filled from something older


#: Days after the fair that papers and contacts of employers are kept.
RETAIN_DAYS = 180


class FairRefused(Refused):
    """An expected "no" to an employer or an organizer of a fair."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Window:
    """When employers may apply."""

    opens_at: datetime
    closes_at: datetime

    def reason_at(self, now: datetime) -> Reason | None:
        """Return why nobody may apply now; None: they may."""
        if now < self.opens_at:
            return Reason.NOT_OPEN
        return Reason.CLOSED if now >= self.closes_at else None


#: Not having come so often bars a legal entity, for so long.
MISSED_MOST = 2
BARRED_FOR = timedelta(days=365)


def is_barred(missed: Iterable[datetime], now: datetime) -> bool:
    """Tell whether a legal entity that did not come at these times may not apply now."""
    return sum(1 for at in missed if now - BARRED_FOR < at) >= MISSED_MOST


def cancel_until(opens_on: date, working_days: int, is_workday: Callable[[date], bool]) -> datetime:
    """Return until when an employer may cancel: the end of the working day so many before the one on which the fair opens.

    The day of the fair itself never counts; one working day before a Sunday fair is the Friday.
    """
    day = opens_on
    left = working_days
    while left > 0:
        day -= timedelta(days=1)
        if is_workday(day):
            left -= 1
    return datetime.combine(day + timedelta(days=1) if working_days else day, time(), ZONE)


class Standing(StrEnum):
    """Whether a fair takes place."""

    ON = "time"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"


# -- booths ------------------------------------------------------------------------------------------------------------------


class BoothState(StrEnum):
    """Who may have a booth."""

    FREE = "free"
    TAKEN = "taken"
    RELEASED = "released"  # its employer did not come, or left it while others waited; it goes to one that waits


@dataclass(frozen=True, slots=True)
class Arrival:
    """When employers must be at their booths on the day."""

    arrive_by: datetime
    release_if_late: bool
    closes_at: datetime


def on_the_day(planned: datetime, opens_at: datetime) -> datetime:
    """Return an hour of the fair's planned day on the day that it is on: a fair that is moved takes it along."""
    return datetime.combine(local_day(opens_at), planned.astimezone(ZONE).time(), ZONE)


def release_refusal(arrival: Arrival, *, has_arrived: bool, now: datetime) -> Reason | None:
    """Tell why a booth may not be given to another because its employer has not come; None: it may."""
    if has_arrived:
        return Reason.IS_HERE
    if now < arrival.arrive_by or not arrival.release_if_late:
        return Reason.NOT_LATE_YET
    return Reason.OVER if now >= arrival.closes_at else None


def may_choose(state: BoothState, *, now: datetime, arrival: Arrival) -> bool:
    """Tell whether an employer may take a booth by itself: a released one is given by organizers, in order of waiting."""
    return state == BoothState.FREE and now < arrival.closes_at


def passed_over(waiting: Sequence[int], chosen: int) -> list[int]:
    """Return which of the employers that wait, in their order, come before one; who does not wait comes last."""
    return list(takewhile(lambda one: one != chosen, waiting))


def is_the_day(starts_at: datetime, now: datetime) -> bool:
    """Tell whether it is the day of the fair."""
    return local_day(starts_at) == local_day(now)


class Check(StrEnum):
    """What makes a booth ready."""

    BOOTH = "booth"
    POSITIONS = "positions"
    RECRUITERS = "recruiters"
    ARRIVED = "arrived"


@dataclass(frozen=True, slots=True)
class Readiness:
    """How far an approved employer is."""

    has_booth: bool
    positions: int
    recruiters: int
    has_arrived: bool

    @property
    def done(self) -> frozenset[Check]:
        """What is done of it."""
        facts = {
            Check.BOOTH: self.has_booth,
            Check.POSITIONS: self.positions > 0,
            Check.RECRUITERS: self.recruiters > 0,
            Check.ARRIVED: self.has_arrived,
        }
        return frozenset(check for check, is_done in facts.items() if is_done)

    @property
    def is_ready(self) -> bool:
        """Tell whether nothing is missing."""
        return self.done == frozenset(Check)


# -- positions ---------------------------------------------------------------------------------------------------------------


class Education(StrEnum):
    """The least education that a position asks for."""

    COLLEGE = "college"
    BACHELOR = "bachelor"
    MASTER = "master"
    DOCTOR = "doctor"
    STUDENT = "student"


class PayPer(StrEnum):
    """What a pay is for."""

    MONTH = "month"
    DAY = "day"


class PositionState(StrEnum):
    """Whether seekers may apply."""

    OPEN = "open"
    CLOSED = "closed"


#: Rows that one employer may have.
POSITIONS_MOST = 30
RECRUITERS_MOST = 10
OPENINGS_MOST = 999
PAY_MOST = 999_999
PAPERS_MOST = 6


class ReportReason(StrEnum):
    """What is wrong with a position."""

    FAKE = "fake"  # there is no such work
    FEE = "fee"  # seekers are asked for money
    PAY = "pay"  # the pay is not what it says
    BIAS = "bias"  # it keeps people out by sex, origin, or the like
    OTHER = "other"


class ReportState(StrEnum):
    """What has become of a report."""

    OPEN = "open"
    UPHELD = "upheld"  # the position was hidden
    DISMISSED = "dismissed"


# -- figures -----------------------------------------------------------------------------------------------------------------


class Figure(StrEnum):
    """The nine figures that organizers publish after a fair, in their order."""

    EMPLOYERS = "employers"
    POSITIONS = "positions"
    OPENINGS = "openings"
    VISITORS = "visitors"
    CVS = "cvs"
    INTERVIEWS = "interviews"
    INTENTS = "intents"
    SIGNED = "signed"
    RATIO = "ratio"


#: Figures that employers and organizers may enter by hand, where rows alone cannot know.
BY_HAND: Sequence[Figure] = (Figure.INTENTS, Figure.SIGNED, Figure.CVS, Figure.INTERVIEWS, Figure.VISITORS)
#: Those of them that one employer knows of itself.
BY_EMPLOYERS: Sequence[Figure] = (Figure.INTENTS, Figure.SIGNED, Figure.CVS)
FIGURE_MOST = 99_999
