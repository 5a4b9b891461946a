"""What may happen to a sign-up, and who is next. Pure: plain values in, a verdict out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import combinations
from math import asin, cos, radians, sin, sqrt
from zoneinfo import ZoneInfo

from festival.lib.errors import Refused
from festival.lib.text import half_width


class State(StrEnum):
    """The state of a sign-up (domain: sign-up states)."""

    PENDING = "pending"
    ENTERED = "entered"
    OFFERED = "offered"
    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"
    REJECTED = "rejected"
    EXPIRED = "expired"


#: Counted against a pool's capacity, each times its party size; an offer only until its deadline.
COUNTED = frozenset({State.CONFIRMED, State.ATTENDED, State.NO_SHOW, State.OFFERED})
#: Something can still become of it, and the person may withdraw it.
LIVE = frozenset({State.PENDING, State.ENTERED, State.OFFERED, State.CONFIRMED, State.WAITLISTED})
#: Somebody has a place, to come to or come to already.
PLACED = frozenset({State.CONFIRMED, State.ATTENDED})
#: Live or used: a person holds at most one of these per claim (the partial unique index says the same).
CLAIMING = LIVE | {State.ATTENDED, State.NO_SHOW}
#: What becomes of a time concerns whoever may still come to it, and whoever is there already.
CONCERNED = LIVE | {State.ATTENDED}

#: The states a new sign-up may begin in.
FIRST = (State.PENDING, State.ENTERED, State.CONFIRMED, State.WAITLISTED)
#: From each state, the states that may follow it. What is not here cannot happen.
TRANSITIONS: dict[State, frozenset[State]] = {
    State.PENDING: frozenset(
        {State.CONFIRMED, State.OFFERED, State.WAITLISTED, State.ENTERED, State.REJECTED, State.WITHDRAWN, State.REMOVED}
    ),
    State.ENTERED: frozenset({State.OFFERED, State.CONFIRMED, State.WAITLISTED, State.WITHDRAWN, State.REMOVED, State.REJECTED}),
    # Back to ENTERED: the draw that gave it was declared void.
    State.OFFERED: frozenset(
        {State.CONFIRMED, State.WAITLISTED, State.EXPIRED, State.ENTERED, State.WITHDRAWN, State.REMOVED},
    ),
    State.CONFIRMED: frozenset({State.WAITLISTED, State.ATTENDED, State.NO_SHOW, State.WITHDRAWN, State.REMOVED}),
    State.WAITLISTED: frozenset({State.CONFIRMED, State.OFFERED, State.ENTERED, State.WITHDRAWN, State.REMOVED}),
    State.ATTENDED: frozenset({State.CONFIRMED}),
    State.NO_SHOW: frozenset({State.ATTENDED}),
    State.WITHDRAWN: frozenset(),
    State.REMOVED: frozenset(),
    State.REJECTED: frozenset(),
    State.EXPIRED: frozenset(),
}


class Reason(StrEnum):
    """Why a sign-up, or a change of one, is refused. ``wording.py`` has the words; pages carry it as ``data-result``."""

    NOT_OPEN = "not_open"
    CLOSED = "closed"
    ENDED = "ended"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    FULL = "full"
    CEILING = "ceiling"
    #: More places than are safe there.
    UNSAFE = "unsafe"
    INVITATION_ONLY = "invitation_only"
    INVITATION_ENDED = "invitation_ended"
    PARTY_TOO_LARGE = "party_too_large"
    INELIGIBLE = "ineligible"
    OVERLAP = "overlap"
    LIMIT = "limit"
    ORGANISATION_LIMIT = "organisation_limit"
    NO_SHOWS = "no_shows"
    STAYS = "stays"
    ALREADY = "already"
    UNKNOWN_POOL = "unknown_pool"
    NEEDS_PLACE = "needs_place"
    NOT_LIVE = "not_live"
    NO_OFFER = "no_offer"
    TOO_LATE = "too_late"
    CHANGED_MEANWHILE = "changed_meanwhile"
    NOTICE_CHANGED = "notice_changed"


class SignUpRefused(Refused):
    """An expected "no" to a sign-up or to a change of one; ``reason`` is a ``Reason``."""

    reason: Reason

    def __init__(self, reason: Reason, words: str = "", path: str = "") -> None:
        """``words``: why, in words of their own; empty: the reason's. ``path``: where the person can do something about it."""
        super().__init__(reason)
        self.words = words
        self.path = path


class InvitationEnd(StrEnum):
    """Why an invitation lets nobody in any more."""

    REVOKED = "revoked"
    EXPIRED = "expired"
    USED_UP = "used_up"


def read_code(typed: str) -> str:
    """Return an invitation's code as it is kept: spaces, hyphens, capitals, full width and whole links are what people type."""
    code = half_width(typed).lower().rpartition("/invited/")[2]
    return "".join(character for character in code if character.isalnum())


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation as it stands when it is shown."""

    uses_max: int
    #: Live or used sign-ups made with it: a withdrawn one gives its use back.
    uses: int
    expires_at: datetime | None
    is_revoked: bool

    def end_at(self, now: datetime) -> InvitationEnd | None:
        """Return why nobody more may use it at an instant; None: one may."""
        if self.is_revoked:
            return InvitationEnd.REVOKED
        if self.expires_at is not None and now >= self.expires_at:
            return InvitationEnd.EXPIRED
        return InvitationEnd.USED_UP if self.uses >= self.uses_max else None


class Way(StrEnum):
    """How the places of a pool are given (``programme.models.Access`` by value, so that the rules stay pure)."""

    OPEN = "open"
    APPROVAL = "approval"
    BALLOT = "ballot"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True)
class Places:
    """How a pool stands: counts are persons. ``capacity`` None is unlimited."""

    capacity: int | None
    taken: int
    #: Everybody on the list.
    waiting: int
    #: Of those, who come after everybody else (``DEFERRED``): nobody is held up by them.
    deferred: int = 0
    #: Free places of the slot's reserve, which it lends when they are needed.
    lendable: int = 0
    #: Places of later batches, and of the reserve that are lent elsewhere now.
    to_come: int = 0

    @property
    def is_queued_for(self) -> bool:
        """Tell whether somebody waits whom no newcomer may overtake."""
        return self.waiting > self.deferred

    @property
    def most(self) -> int | None:
        """The most persons that could ever be here as things are planned; None when unlimited."""
        return None if self.capacity is None else self.capacity + self.lendable + self.to_come

    @property
    def room(self) -> int | None:
        """Places that could be filled now, the reserve's included; None when unlimited."""
        return None if self.free is None else self.free + self.lendable

    @property
    def free(self) -> int | None:
        """Places left; negative when the capacity was lowered below what is taken; None when unlimited."""
        return None if self.capacity is None else self.capacity - self.taken

    def fits(self, party_size: int) -> bool:
        """Tell whether a party fits as a whole without the reserve."""
        free = self.free
        return free is None or party_size <= free

    def has_room_for(self, party_size: int) -> bool:
        """Tell whether a party fits as a whole."""
        return self.room is None or party_size <= self.room


@dataclass(frozen=True, slots=True)
class Balance:
    """How the quotas of one slot stand to each other. Persons."""

    #: By so many the fullest may be ahead of the emptiest; None: they do not look at each other.
    tolerance: int | None
    #: Persons who have a place, by pool.
    taken: Mapping[int, int]

    def allows(self, growth: Mapping[int, int]) -> bool:
        """Tell whether pools may grow by so many persons: none of those that grow gets too far ahead of the emptiest."""
        if self.tolerance is None or not growth.keys() <= self.taken.keys():
            return True
        after = {pool_id: taken + growth.get(pool_id, 0) for pool_id, taken in self.taken.items()}
        return all(after[pool_id] - min(after.values()) <= self.tolerance for pool_id in growth)


#: Quotas that do not look at each other.
NO_BALANCE = Balance(None, {})


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The approved number of persons over all pools of a session. ``limit`` None: no permit needed."""

    limit: int | None
    heads: int
    #: Somebody waits whose pool has room: only the ceiling keeps them out, and nobody may overtake them.
    is_queued_for: bool = False

    @property
    def left(self) -> int | None:
        """Persons who may still come; None: no permit needed."""
        return None if self.limit is None else max(0, self.limit - self.heads)

    def has_room_for(self, party_size: int) -> bool:
        """Tell whether a party fits below the ceiling as a whole."""
        return self.limit is None or self.heads + party_size <= self.limit


#: No permit needed.
NO_CEILING = Ceiling(None, 0)


@dataclass(frozen=True, slots=True)
class Window:
    """When sign-up is possible: ``opens_at <= t < closes_at``; None: not limited on that side."""

    opens_at: datetime | None
    closes_at: datetime | None

    def reason_at(self, now: datetime) -> Reason | None:
        """Return why sign-up is not possible at an instant; None when it is."""
        if self.opens_at is not None and now < self.opens_at:
            return Reason.NOT_OPEN
        if self.closes_at is not None and now >= self.closes_at:
            return Reason.CLOSED
        return None


def window(opens: Iterable[datetime | None], closes: Iterable[datetime | None]) -> Window:
    """Return the window that lies inside all given ones: the latest opening and the earliest closing."""
    return Window(
        opens_at=max((at for at in opens if at is not None), default=None),
        closes_at=min((at for at in closes if at is not None), default=None),
    )


@dataclass(frozen=True, slots=True)
class Waitlists:
    """Room on the waitlist, in persons; None unlimited, 0 no waitlist at all."""

    #: Over all pools of the activity's slot.
    limit: int | None
    waiting: int
    #: Of this pool alone.
    pool_limit: int | None
    pool_waiting: int

    def take(self, party_size: int) -> bool:
        """Tell whether a party may join the list."""
        fits = self.limit is None or self.waiting + party_size <= self.limit
        return fits and (self.pool_limit is None or self.pool_waiting + party_size <= self.pool_limit)


def first_state(
    way: Way,
    places: Places,
    ceiling: Ceiling,
    waitlists: Waitlists,
    party_size: int,
    *,
    may_have_a_place: bool = True,
) -> State | Reason:
    """Return the state of a new sign-up, or why it is refused.

    Confirm a party that fits, unless others already wait: nobody overtakes the waitlist.

    :param may_have_a_place: False: it may only wait (the quotas would get out of balance, or the person did not come twice).
    """
    if way == Way.INVITATION:
        return Reason.INVITATION_ONLY
    if places.most is not None and party_size > places.most:
        return Reason.FULL if places.most == 0 else Reason.PARTY_TOO_LARGE
    if ceiling.limit is not None and party_size > ceiling.limit:
        return Reason.CEILING  # no waiting could ever help
    if way == Way.APPROVAL:
        return State.PENDING
    if way == Way.BALLOT:
        return State.ENTERED
    fits_pool = places.has_room_for(party_size) and not places.is_queued_for and may_have_a_place
    fits_ceiling = ceiling.has_room_for(party_size) and not ceiling.is_queued_for
    if fits_pool and fits_ceiling:
        return State.CONFIRMED
    if waitlists.take(party_size):
        return State.WAITLISTED
    return Reason.CEILING if fits_pool else Reason.FULL


def walk_in_state(
    way: Way,
    places: Places,
    ceiling: Ceiling,
    party_size: int,
    *,
    is_past_cutoff: bool,
    may_have_a_place: bool = True,
) -> State | Reason:
    """Return the state of a party that stands at the door without a sign-up: a place at once, or why there is none.

    Nobody joins a list there. While the list is still served by itself nobody overtakes it; afterwards those who are there
    have what is free, for staff at the door give it.

    :param may_have_a_place: False: the quotas would get out of balance.
    """
    if way not in {Way.OPEN, Way.APPROVAL}:
        return Reason.INVITATION_ONLY if way == Way.INVITATION else Reason.CLOSED
    if not ceiling.has_room_for(party_size) or (ceiling.is_queued_for and not is_past_cutoff):
        return Reason.CEILING
    is_free = places.has_room_for(party_size) and (is_past_cutoff or not places.is_queued_for)
    return State.CONFIRMED if is_free and may_have_a_place else Reason.FULL


@dataclass(frozen=True, slots=True)
class Waiting:
    """A party on the list, as the queue sees it."""

    sign_up_id: int
    pool_id: int
    party_size: int
    priority: int
    joined_at: datetime

    @property
    def turn(self) -> tuple[int, datetime, int]:
        """Return the order of the queue: priority, when it joined, and the id where both are equal."""
        return (self.priority, self.joined_at, self.sign_up_id)


def next_in_line(fitting: Sequence[Waiting], ceiling: Ceiling) -> Waiting | None:
    """Return who is promoted next among those heads of a session's lists that their own pool has room for; None: nobody.

    A party is promoted whole, and the head of a list blocks those behind it. Where only the ceiling is short, the longest
    waiting party over all pools blocks the rest, so that it is not overtaken for ever by smaller ones.
    """
    head = min(fitting, key=lambda waiting: waiting.turn, default=None)
    return head if head is not None and ceiling.has_room_for(head.party_size) else None


def pair_in_line(
    heads: Sequence[Waiting],
    ceiling: Ceiling,
    balances: Mapping[int, Balance],
    places: Mapping[int, Places],
) -> tuple[Waiting, Waiting] | None:
    """Return the two heads of different quotas that may be promoted together though neither may alone; None: no such pair.

    :param balances: of the slot of each head's pool, by pool; likewise ``places``.
    """
    in_order = sorted(heads, key=lambda waiting: waiting.turn)
    return next(
        (
            (one, other)
            for one, other in combinations(in_order, 2)
            if {one.pool_id, other.pool_id} <= balances[one.pool_id].taken.keys()
            and balances[one.pool_id].allows({one.pool_id: one.party_size, other.pool_id: other.party_size})
            and ceiling.has_room_for(one.party_size + other.party_size)
            and _fit_together(one, other, places)
        ),
        None,
    )


def _fit_together(one: Waiting, other: Waiting, places: Mapping[int, Places]) -> bool:
    """Tell whether the reserve can lend what both lack; each fits alone."""
    lacking = 0
    for party in (one, other):
        free = places[party.pool_id].free
        lacking += 0 if free is None else max(0, party.party_size - free)
    return lacking <= max(places[one.pool_id].lendable, places[other.pool_id].lendable)


def last_in(confirmed: Sequence[Waiting], too_many: int) -> list[Waiting]:
    """Return the parties that came last, at least ``too_many`` persons of them, in queue order; whole parties only."""
    chosen: list[Waiting] = []
    persons = 0
    for party in sorted(confirmed, key=lambda waiting: waiting.turn, reverse=True):
        if persons >= too_many:
            break
        chosen.append(party)
        persons += party.party_size
    return sorted(chosen, key=lambda waiting: waiting.turn)


#: The priority of those who wait behind everybody else until sign-up has closed: they did not come twice.
DEFERRED = 1_000_000
#: So many times not having come, unexcused, in one festival.
NO_SHOWS_MAX = 2
#: Where sign-up never closes before the start, the deferred have their turn that long before it.
DEFERRED_UNTIL = timedelta(hours=24)


def deferred_until(closes_at: datetime | None, starts_at: datetime) -> datetime:
    """Return from when those who wait behind everybody else may have what is still free: once nobody new can come."""
    return closes_at if closes_at is not None and closes_at < starts_at else starts_at - DEFERRED_UNTIL


#: Waking hours, in the festival's time: an offer's deadline runs only then.
WAKING = (time(8), time(22))
#: How long an offer holds a place, in minutes of waking time.
HOLD_MINUTES = 12 * 60


def offer_deadline(offered_at: datetime, cutoff_at: datetime, zone: ZoneInfo, hold_minutes: int = HOLD_MINUTES) -> datetime:
    """Return until when an offer holds its place: so many waking minutes later, and never after the promotion cutoff."""
    at = offered_at.astimezone(zone)
    left = timedelta(minutes=hold_minutes)
    while left > timedelta():
        wakes = at.replace(hour=WAKING[0].hour, minute=0, second=0, microsecond=0)
        sleeps = at.replace(hour=WAKING[1].hour, minute=0, second=0, microsecond=0)
        at = max(at, wakes)
        if at >= sleeps:
            at = wakes + timedelta(days=1)
            continue
        step = min(left, sleeps - at)
        at += step
        left -= step
    return min(at.astimezone(offered_at.tzinfo), cutoff_at)


def may_withdraw_at(now: datetime, *, state: State, cancel_until: datetime | None, starts_at: datetime) -> bool:
    """Tell whether a person may still withdraw. Leaving a list or a queue is possible until the start."""
    if state in {State.WAITLISTED, State.PENDING, State.ENTERED, State.OFFERED}:
        return now < starts_at
    return now < (cancel_until or starts_at)


def must_choose(*, moved_at: datetime | None, signed_up_at: datetime, kept_at: datetime | None) -> bool:
    """Tell whether a person has not said yet what becomes of a place that was moved. Saying nothing keeps it."""
    if moved_at is None or signed_up_at > moved_at:
        return False
    return kept_at is None or kept_at < moved_at


# -- two things at once -------------------------------------------------------------------------------------------------------

_EARTH_KM = 6371.0
#: Streets are longer than the line between two points, by about so much.
_DETOUR = 1.4
#: By bus or bicycle through the district, waiting included.
_KM_PER_HOUR = 12
_LEAVING_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Stop:
    """Where somebody is during a time. ``point``: latitude and longitude in degrees; None: unknown."""

    starts_at: datetime
    ends_at: datetime
    venue_id: int
    point: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Clash:
    """Two stops that one person can hardly both keep. Minutes: of overlap, or of the way and of the gap left for it."""

    overlap_minutes: int
    travel_minutes: int
    gap_minutes: int


def travel_minutes(here: Stop, there: Stop) -> int:
    """Return roughly how long the way takes, in steps of five minutes; 0 within one venue or where a point is unknown."""
    if here.venue_id == there.venue_id or here.point is None or there.point is None or here.point == there.point:
        return 0
    minutes = _LEAVING_MINUTES + _distance_km(here.point, there.point) * _DETOUR / _KM_PER_HOUR * 60
    return -(-int(minutes + 0.5) // 5) * 5


def _distance_km(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Return the great-circle distance (haversine)."""
    latitudes = radians(here[0]), radians(there[0])
    apart = sin((latitudes[1] - latitudes[0]) / 2) ** 2
    apart += cos(latitudes[0]) * cos(latitudes[1]) * sin(radians(there[1] - here[1]) / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(min(1.0, apart)))


def clash(one: Stop, other: Stop) -> Clash | None:
    """Tell how two stops are in each other's way: they overlap, or the gap is too short for the way; None: both can be kept."""
    first, second = sorted((one, other), key=lambda stop: (stop.starts_at, stop.ends_at))
    gap = _minutes(second.starts_at - first.ends_at)
    if gap < 0:
        overlap = _minutes(min(first.ends_at, second.ends_at) - second.starts_at)
        return Clash(overlap_minutes=overlap, travel_minutes=0, gap_minutes=0)
    way = travel_minutes(first, second)
    return Clash(overlap_minutes=0, travel_minutes=way, gap_minutes=gap) if gap < way else None


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
