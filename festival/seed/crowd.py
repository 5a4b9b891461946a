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
    #: How often a party is of which size.
    parties: tuple[tuple[int, int], ...] = _PARTIES


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
    Crowd("craft", share=(0.02, 0.06), withdrawals=8, rush=1.3, known=7),
    Crowd("service", {"v1": Target(34), "v2": Target(41), "v3": Target(19), "v4": Target(6)}, withdrawals=3, known=5),
    Crowd("forum", {"public": Target(42)}, withdrawals=2, known=5),
    Crowd("mixer", {"m": Target(61), "f": Target(54)}, withdrawals=3, rush=1.5),
)
#: What opens after the demo's moment, with new faces. More want to see it than there are places: who comes too late goes away.
LATER_CROWDS = (
    Crowd(
        "drone-show",
        {"zone-a": Target(1500), "zone-b": Target(760), "zone-c": Target(520), "zone-d": Target(420)},
        withdrawals=8,
        rush=1.8,
        parties=((1, 10), (2, 30), (3, 30), (4, 18), (5, 12)),
    ),
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
    #: What has to be answered to belong to the pool.
    quota: dict[str, str] = field(default_factory=dict)
    withdraws_at: datetime | None = None


def wishes(activity: Activity, crowd: Crowd, until: datetime) -> Iterator[Wish]:
    """Yield what people want of one activity, up to an instant; nothing where it has not opened by then."""
    chance = Random(f"crowd {crowd.slug}")  # noqa: S311  # no secret: the same crowd every time
    aims = [
        (slot, pool, target)
        for slot in activity.slots
        for pool in slot.pools
        if (target := _target(slot, pool, crowd, chance)) is not None
    ]
    for number, (slot, pool, target) in enumerate(aims):
        window = _window(activity, slot, until)
        if window is None:
            continue
        for party in _parties(target.places + target.waiting, activity.party_max, crowd.parties, chance):
            yield _wish(activity, slot, pool, crowd, party, window, chance)
        for _ in range(number, crowd.withdrawals, len(aims)):  # they come on top, and leave again
            yield _leaving(_wish(activity, slot, pool, crowd, 1, window, chance), activity, until, chance)


def _target(slot: Slot, pool: Pool, crowd: Crowd, chance: Random) -> Target | None:
    if crowd.share is not None and pool.capacity is not None:
        weight = 2 if clock.local(slot.starts_at).weekday() >= 5 else 1  # noqa: PLR2004  # Saturday and Sunday
        return Target(round(pool.capacity * weight * chance.uniform(*crowd.share)))
    return crowd.targets.get(pool.key) or crowd.targets.get(slot.key)


def _window(activity: Activity, slot: Slot, until: datetime) -> tuple[datetime, datetime] | None:
    """Return between which instants people sign up for a slot; None: not by then."""
    first = max(filter(None, (activity.opens_at, slot.opens_at)), default=None)
    last = min(filter(None, (activity.closes_at, slot.closes_at, slot.starts_at, until)))
    return (first, last) if first is not None and first < last else None


def _parties(persons: int, most: int, often: tuple[tuple[int, int], ...], chance: Random) -> Iterator[int]:
    """Yield the sizes of parties that are so many persons together."""
    sizes, weights = zip(*often, strict=True)
    while persons > 0:
        size: int = min(persons, most, chance.choices(sizes, weights)[0])
        yield size
        persons -= size


def _wish(  # whose places, of whom, when
    activity: Activity,
    slot: Slot,
    pool: Pool,
    crowd: Crowd,
    party_size: int,
    window: tuple[datetime, datetime],
    chance: Random,
) -> Wish:
    first, last = window
    return Wish(
        at=_awake(first + (last - first) * chance.random() ** crowd.rush, first, last),
        slug=activity.slug,
        session_id=slot.parent_id or slot.id,
        slot_id=slot.id,
        pool_id=pool.id,
        party_size=party_size,
        is_known=chance.randrange(10) < crowd.known,
        quota={pool.quota_question: pool.quota_answer} if pool.quota_question and pool.quota_answer else {},
    )


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
