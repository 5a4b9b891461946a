"""What there is, as the model sees it: parties in pools, pools in slots. Plain values, no database, none of our rules' code."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

PARTY_MAX = 4
#: What sets two apart who join a list at the same instant: the clock stands still between the acts of a walk.
INSTANT = timedelta(microseconds=1)
CUTOFF = timedelta(hours=2)
#: An offer holds for twelve hours between 8 and 22 o'clock.
HOLD = timedelta(hours=12)
AWAKE = (8, 22)
#: An offer whose time is off does not run out.
PAUSED = timedelta(days=400)
#: Who was absent twice waits behind everybody, until sign-up has closed or a day before the start.
LAST_OF_ALL = 1_000_000
DEFERRED_UNTIL = timedelta(hours=24)

LIVE = frozenset({"confirmed", "offered", "waitlisted", "pending", "entered"})
#: These hold places.
COUNTED = frozenset({"confirmed", "offered", "attended", "no_show"})
ON, POSTPONED, CANCELLED = "on", "postponed", "cancelled"


@dataclass(eq=False)
class Person:
    """Somebody, with what is recorded that they missed before this activity."""

    id: int
    missed: list["Missed"] = field(default_factory=list)


@dataclass(eq=False)
class Missed:
    """A place in an earlier activity whose person did not come: explained, and excused."""

    id: int
    activity_id: int
    is_explained: bool = False
    is_excused: bool = False


@dataclass(eq=False)
class Batch:
    """Places that a pool gets later."""

    pool: "Pool"
    at: datetime
    places: int
    id: int = 0


@dataclass(eq=False)
class Pass:
    """An invitation to a pool, for so many sign-ups."""

    pool: "Pool"
    uses_max: int
    code: str
    id: int
    expires_at: datetime | None = None
    is_revoked: bool = False


@dataclass(eq=False)
class Slot:
    """One time of the activity. ``session``: the slot whose approved number holds for it, itself where it has no parent."""

    starts_at: datetime
    ends_at: datetime
    session: "Slot | None" = None
    ceiling: int | None = None
    backup_at: datetime | None = None
    status: str = ON
    #: Why it is as it is; what is called off together comes back together.
    why: str = ""
    moved_at: datetime | None = None
    #: Who was in the draw that stands; None: there is none.
    hat: "list[Party] | None" = None
    is_drawn: bool = False
    id: int = 0

    @property
    def top(self) -> "Slot":
        """The session that it belongs to."""
        return self.session or self


@dataclass(eq=False)
class Pool:
    """The places of a slot for one audience."""

    slot: Slot
    capacity: int | None
    #: open, approval, ballot, invitation.
    way: str
    #: The answer that belongs to it; empty: it is no quota.
    quota: str = ""
    list_limit: int | None = None
    is_reserve: bool = False
    is_closed: bool = False
    #: Places lent by the reserve.
    borrowed: int = 0
    id: int = 0

    @property
    def is_free(self) -> bool:
        """Tell whether one moves there, and away from it, oneself."""
        return self.way == "open" and not (self.quota or self.is_reserve or self.is_closed)


@dataclass(eq=False)
class Party:
    """Somebody with their companions."""

    person: Person
    pool: Pool
    size: int
    state: str
    #: Its turn: lower first, then when it joined, then in which order they came.
    priority: int
    joined_at: datetime
    number: int
    signed_up_at: datetime
    by: Pass | None = None
    offers: int = 0
    until: datetime | None = None
    #: Companions named.
    names: int = 0
    kept_at: datetime | None = None
    is_explained: bool = False
    is_excused: bool = False
    #: Raised by each change: a form filled in before is out of date.
    revision: int = 1
    id: int = 0

    @property
    def turn(self) -> tuple[int, datetime, int]:
        """Its place in the order of the list."""
        return self.priority, self.joined_at, self.number

    @property
    def slot(self) -> Slot:
        """The time it is for."""
        return self.pool.slot

    def become(self, state: str, until: datetime | None = None) -> None:
        """Be in another state."""
        self.state, self.until = state, until
        self.revision += 1
        if state == "offered":
            self.offers += 1


@dataclass
class World:
    """One activity and whoever has to do with it."""

    now: datetime
    closes_at: datetime | None
    list_limit: int | None
    offers: bool
    smaller_may_pass: bool
    tolerance: int | None
    is_reviewed: bool
    status: str = ON
    slots: list[Slot] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)
    parties: list[Party] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    passes: list[Pass] = field(default_factory=list)

    @property
    def sessions(self) -> list[Slot]:
        """The slots without a parent."""
        return [slot for slot in self.slots if slot.session is None]

    def within(self, slot: Slot) -> Iterator[Pool]:
        """Yield the pools of a slot, those merged away left out."""
        return (pool for pool in self.pools if pool.slot is slot and not pool.is_closed)

    def children(self, slot: Slot) -> list[Slot]:
        """Return the slots that belong to a session."""
        return [one for one in self.slots if one.session is slot]

    def in_pool(self, pool: Pool, *states: str) -> list[Party]:
        """Return the parties of a pool in these states, by turn."""
        return sorted((one for one in self.parties if one.pool is pool and one.state in states), key=lambda one: one.turn)
