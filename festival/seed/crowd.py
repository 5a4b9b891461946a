"""Who of the demo's people signs up for what, and when: planned before anything is written. The same every time."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from random import Random

from festival.lib import clock
from festival.programme.models import Activity, Pool, Slot

#: Nobody signs up at night.
_AWAKE = (time(7), time(23))
_PARTIES = ((1, 30), (2, 35), (3, 20), (4, 10), (5, 5))


@dataclass(frozen=True, slots=True)
class Target:
    """How a pool ends up, in persons: so many with a place (or under review), so many waiting."""

    places: int
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Crowd:
    """What the demo wants of one activity."""

    slug: str
    #: By slot or pool key; a pool that is not named stays empty.
    targets: dict[str, Target] = field(default_factory=dict)
    #: Timed entries over many days: the least and most of each entry's capacity that is booked; weekends twice that.
    share: tuple[float, float] | None = None
    #: People who change their minds.
    withdrawals: int = 0
    #: 1: spread evenly over the window; more: crowded at its beginning.
    rush: float = 2.0
    #: Of ten people, so many have signed up for something else already.
    known: int = 0


CROWDS = (
    Crowd(
        "grove-tour",
        {"line-a": Target(43, 6), "line-b": Target(43, 4), "line-c": Target(43, 5)},
        withdrawals=4,
        rush=5,
    ),
    Crowd(
        "job-fair",
        {"main-0900": Target(588), "main-1030": Target(500, 9), "main-1300": Target(651)},
        withdrawals=24,
    ),
    Crowd("craft", share=(0.04, 0.12), withdrawals=8, rush=1.3, known=7),
    Crowd("service", {"v1": Target(34), "v2": Target(41), "v3": Target(19), "v4": Target(6)}, withdrawals=3, known=5),
    Crowd("forum", {"public": Target(42)}, withdrawals=2, known=5),
)


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody signs up at an instant, and may change their mind later."""

    at: datetime
    slug: str
    #: The slot's session: its own where it has no parent.
    session_id: int
    slot_id: int
    pool_id: int
    party_size: int
    #: Asks for somebody who is known from another activity.
    is_known: bool
    withdraws_at: datetime | None = None


def wishes(activity: Activity, crowd: Crowd, until: datetime) -> Iterator[Wish]:
    """Yield what people want of one activity, up to an instant; nothing where it has not opened by then."""
    chance = Random(f"crowd {crowd.slug}")  # noqa: S311  # no secret: the same crowd every time
    planned = [
        wish for slot in activity.slots for pool in slot.pools for wish in _of_pool(activity, slot, pool, crowd, until, chance)
    ]
    leaving = set(chance.sample(range(len(planned)), min(crowd.withdrawals, len(planned))))
    for number, wish in enumerate(planned):
        yield _leaving(wish, activity, until, chance) if number in leaving else wish


def _of_pool(  # whose places, of whom, until when
    activity: Activity,
    slot: Slot,
    pool: Pool,
    crowd: Crowd,
    until: datetime,
    chance: Random,
) -> Iterator[Wish]:
    target = crowd.targets.get(pool.key) or crowd.targets.get(slot.key)
    if crowd.share is not None and pool.capacity is not None:
        weight = 2 if clock.local(slot.starts_at).weekday() >= 5 else 1  # noqa: PLR2004  # Saturday and Sunday
        target = Target(round(pool.capacity * weight * chance.uniform(*crowd.share)))
    first = max(filter(None, (activity.opens_at, slot.opens_at)), default=None)
    last = min(filter(None, (activity.closes_at, slot.closes_at, slot.starts_at, until)))
    if target is None or first is None or last <= first:
        return
    left = target.places + target.waiting
    while left > 0:
        party = min(left, activity.party_max, chance.choices(*zip(*_PARTIES, strict=True))[0])
        yield Wish(
            at=_awake(first + (last - first) * chance.random() ** crowd.rush, first, last),
            slug=activity.slug,
            session_id=slot.parent_id or slot.id,
            slot_id=slot.id,
            pool_id=pool.id,
            party_size=party,
            is_known=chance.randrange(10) < crowd.known,
        )
        left -= party


def _leaving(wish: Wish, activity: Activity, until: datetime, chance: Random) -> Wish:
    last = min(filter(None, (activity.cancel_until, until)))
    at = wish.at + (last - wish.at) * chance.uniform(0.7, 0.97)
    return replace(wish, withdraws_at=_awake(at, wish.at, last))


def _awake(at: datetime, first: datetime, last: datetime) -> datetime:
    """Return an instant by day: one at night moves to the morning after, if that is still inside."""
    local = clock.local(at).replace(microsecond=0)
    if local.time() < _AWAKE[0]:
        local += timedelta(hours=7)
    elif local.time() >= _AWAKE[1]:
        local += timedelta(hours=9)
    return local if first <= local < last else at
