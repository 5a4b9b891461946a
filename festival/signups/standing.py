"""How activities stand, in numbers, for those who organize them. Counts are persons unless a name says sign-ups.

An offer whose deadline has passed counts as expired, whether or not a job has put it so.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import String, and_, case, cast, func, select

from festival.lib import clock
from festival.lib.db import db
from festival.programme.models import Activity, Pool, Slot
from festival.signups.models import SignUp
from festival.signups.rules import COUNTED, State

#: An offer that ends within that time should be looked at.
RUNNING_OUT = timedelta(hours=3)
#: Warn from these shares of the approved ceiling on, in percent.
CEILING_WARNINGS = (95, 80)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many stand in each state."""

    sign_ups: dict[State, int] = field(default_factory=dict)
    #: Persons that count against the capacity: without staff and speakers.
    persons: dict[State, int] = field(default_factory=dict)
    #: Staff and speakers: they count against the approved ceiling alone.
    uncounted: int = 0

    def of(self, *states: State) -> int:
        """Return the persons in any of these states."""
        return sum(self.persons.get(state, 0) for state in states)

    def cases(self, *states: State) -> int:
        """Return the sign-ups in any of these states."""
        return sum(self.sign_ups.get(state, 0) for state in states)

    @property
    def confirmed(self) -> int:
        """Persons who have a place for good, whether they came or not."""
        return self.of(State.CONFIRMED, State.ATTENDED, State.NO_SHOW)

    @property
    def held(self) -> int:
        """Persons counted against the capacity."""
        return self.confirmed + self.of(State.OFFERED)

    @property
    def waiting(self) -> int:
        """Persons on the list."""
        return self.of(State.WAITLISTED)


@dataclass(frozen=True, slots=True)
class PoolStanding:
    """How one pool stands."""

    pool: Pool
    counts: Counts

    @property
    def free(self) -> int | None:
        """Places left; negative where more are held than there are; None unlimited."""
        return None if self.pool.capacity is None else self.pool.capacity - self.counts.held

    @property
    def over(self) -> int:
        """Persons above the capacity."""
        return max(0, -(self.free or 0))


@dataclass(frozen=True, slots=True)
class SlotStanding:
    """How one slot stands, with the pools in it."""

    slot: Slot
    pools: list[PoolStanding]
    is_past: bool

    @property
    def ceiling_percent(self) -> int | None:
        """The share of the approved ceiling that is used; None: no permit needed."""
        if not self.slot.approved_ceiling:
            return None
        return 100 * self.slot.heads // self.slot.approved_ceiling

    @property
    def ceiling_warning(self) -> int | None:
        """The warning that holds: 80 or 95 percent are reached; None: neither."""
        percent = self.ceiling_percent
        return next((at for at in CEILING_WARNINGS if percent is not None and percent >= at), None)


@dataclass(frozen=True, slots=True)
class ActivityStanding:
    """How one activity stands."""

    activity: Activity
    slots: list[SlotStanding]
    counts: Counts
    #: Sign-ups since midnight, whatever became of them.
    new_today: int
    #: Offers that end soon, and the first deadline among them.
    offers_ending: int
    offers_end_at: datetime | None

    @property
    def pools(self) -> list[PoolStanding]:
        """Every pool of the slots that are not over, or of all when all are."""
        ahead = [slot for slot in self.slots if not slot.is_past]
        return [pool for slot in ahead or self.slots for pool in slot.pools]

    @property
    def capacity(self) -> int | None:
        """Places that are or were to be had in these pools; None unlimited."""
        known = [pool.pool.capacity for pool in self.pools]
        return None if None in known else sum(capacity or 0 for capacity in known)

    @property
    def confirmed(self) -> int:
        """Persons who have one of those places for good."""
        return sum(pool.counts.confirmed for pool in self.pools)

    @property
    def free(self) -> int | None:
        """Places left; a pool that is over takes nothing from the others. None unlimited."""
        if self.capacity is None:
            return None
        return sum(max(0, pool.free or 0) for pool in self.pools)

    @property
    def over(self) -> int:
        """Persons above the capacity, over all pools."""
        return sum(pool.over for pool in self.pools)

    @property
    def to_review(self) -> int:
        """Sign-ups that wait for a decision."""
        return self.counts.cases(State.PENDING)

    @property
    def ceiling(self) -> SlotStanding | None:
        """The session that is nearest to its approved ceiling; None: no permit needed."""
        limited = [slot for slot in self.slots if slot.ceiling_percent is not None and not slot.is_past]
        return max(limited, key=lambda slot: slot.ceiling_percent or 0, default=None)

    def sessions_on(self, now: datetime) -> list[Slot]:
        """Return the sessions that take place on the festival's day of an instant."""
        day = clock.local_day(now)
        return [
            standing.slot
            for standing in self.slots
            if standing.slot.parent_id is None
            and clock.local_day(standing.slot.starts_at) <= day <= clock.local_day(standing.slot.ends_at)
        ]


def stand(activities: list[Activity], now: datetime, *, with_news: bool = False) -> list[ActivityStanding]:
    """Return how activities (with slots and pools loaded) stand, in a number of queries that does not depend on how many.

    :param with_news: look up as well what came in today and which offers end soon.
    """
    ids = [activity.id for activity in activities]
    by_pool = _counts(ids, now)
    fresh = _fresh(ids, now) if with_news else defaultdict(_Fresh)
    return [
        ActivityStanding(
            activity=activity,
            slots=[
                SlotStanding(
                    slot=slot,
                    pools=[PoolStanding(pool, by_pool[pool.id]) for pool in slot.open_pools],
                    is_past=slot.ends_at <= now,
                )
                for slot in activity.slots
            ],
            counts=_together(by_pool[pool.id] for slot in activity.slots for pool in slot.pools),
            new_today=fresh[activity.id].new_today,
            offers_ending=fresh[activity.id].offers_ending,
            offers_end_at=fresh[activity.id].offers_end_at,
        )
        for activity in activities
    ]


def _counts(activity_ids: list[int], now: datetime) -> defaultdict[int, Counts]:
    """Return the counts of each pool."""
    lapsed = and_(SignUp.state == State.OFFERED, SignUp.offered_until <= now)
    stands = case((lapsed, State.EXPIRED.value), else_=cast(SignUp.state, String)).label("stands")
    rows = db.session.execute(
        select(
            SignUp.pool_id,
            stands,
            SignUp.counted,
            func.count(SignUp.id).label("sign_ups"),
            func.sum(SignUp.party_size).label("persons"),
        )
        .where(SignUp.activity_id.in_(activity_ids))
        # By name: PostgreSQL takes the same expression with two bound parameters for two expressions.
        .group_by(SignUp.pool_id, "stands", SignUp.counted),
    )
    found: defaultdict[int, Counts] = defaultdict(Counts)
    for row in rows:
        state, persons = State(row.stands), int(row.persons)
        takes_room = state in COUNTED
        found[row.pool_id] = _together(
            (
                found[row.pool_id],
                Counts(
                    sign_ups={state: row.sign_ups},
                    persons={state: persons} if row.counted else {},
                    uncounted=persons if takes_room and not row.counted else 0,
                ),
            ),
        )
    return found


def _together(several: Iterable[Counts]) -> Counts:
    """Return counts added up."""
    sign_ups: Counter[State] = Counter()
    persons: Counter[State] = Counter()
    uncounted = 0
    for counts in several:
        sign_ups.update(counts.sign_ups)
        persons.update(counts.persons)
        uncounted += counts.uncounted
    return Counts(dict(sign_ups), dict(persons), uncounted)


@dataclass(frozen=True, slots=True)
class _Fresh:
    new_today: int = 0
    offers_ending: int = 0
    offers_end_at: datetime | None = None


def _fresh(activity_ids: list[int], now: datetime) -> defaultdict[int, _Fresh]:
    """Return what happened today and what ends soon, per activity."""
    midnight = clock.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    ending = and_(SignUp.state == State.OFFERED, SignUp.offered_until > now, SignUp.offered_until <= now + RUNNING_OUT)
    rows = db.session.execute(
        select(
            SignUp.activity_id,
            func.sum(case((SignUp.signed_up_at >= midnight, 1), else_=0)).label("new_today"),
            func.sum(case((ending, 1), else_=0)).label("offers_ending"),
            func.min(case((ending, SignUp.offered_until))).label("offers_end_at"),
        )
        .where(SignUp.activity_id.in_(activity_ids))
        .group_by(SignUp.activity_id),
    )
    found: defaultdict[int, _Fresh] = defaultdict(_Fresh)
    for row in rows:
        found[row.activity_id] = _Fresh(int(row.new_today), int(row.offers_ending), row.offers_end_at)
    return found
