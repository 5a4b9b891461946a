"""Slots and pools of an activity, as its file describes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from festival.lib import clock
from festival.lib.documents import Words
from festival.programme.models import Access, Mode
from festival.seed.document import WEEKDAYS, ActivityEntry, PoolEntry

MAIN = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSlot:
    """A slot to be, with its pools. The session of a child stands before it."""

    key: str
    parent: str | None = None
    label: Words | None = None
    #: A venue's key; None: the activity's.
    venue: str | None = None
    starts_at: datetime
    ends_at: datetime
    doors_at: datetime | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    backup_starts_at: datetime | None = None
    decision_at: datetime | None = None
    approved_ceiling: int | None = None
    pools: tuple[PoolEntry, ...] = ()


def batches_of(pool: PoolEntry, activity: ActivityEntry) -> list[tuple[datetime, int]]:
    """Return when a pool gets how many of its places; one batch at no matter what time where all come at once.

    Shares are rounded down, and the last batch brings what is left, so that they add up.
    """
    batches, capacity = activity.sign_up.released_in_batches, pool.capacity or 0
    places = [capacity * batch.percent // 100 for batch in batches[:-1]]
    return [(batch.at, count) for batch, count in zip(batches, [*places, capacity - sum(places)], strict=True)] if batches else []


def access_of(pool: PoolEntry, mode: Mode) -> Access:
    """Return how a pool's places are given: as the pool says, else as the activity's mode; a desk's sessions are open."""
    if pool.access is not None:
        return pool.access
    return Access.OPEN if mode is Mode.TICKET else Access(mode.value)


def slots_of(activity: ActivityEntry) -> list[PlannedSlot]:
    """Return an activity's slots, each session before its children."""
    if activity.open_days is not None:
        return list(_open_days(activity))
    if activity.sessions:
        return [
            PlannedSlot(
                key=session.key,
                label=session.label,
                venue=session.venue,
                starts_at=session.starts_at,
                ends_at=session.ends_at,
                pools=(PoolEntry(key=MAIN, capacity=session.capacity),),
            )
            for session in activity.sessions
        ]
    return [_main(activity), *_entries(activity)]


def _main(activity: ActivityEntry) -> PlannedSlot:
    return PlannedSlot(
        key=MAIN,
        starts_at=activity.starts_at,
        ends_at=activity.ends_at,
        doors_at=activity.doors_at,
        backup_starts_at=activity.backup_starts_at,
        decision_at=activity.decision_at,
        approved_ceiling=activity.approved_ceiling,
        pools=activity.pools,
    )


def _entries(activity: ActivityEntry) -> Iterator[PlannedSlot]:
    day = clock.local_day(activity.starts_at)
    for entry in activity.entries:
        yield PlannedSlot(
            key=f"{MAIN}-{entry.starts:%H%M}",
            parent=MAIN,
            starts_at=_at(day, entry.starts),
            ends_at=_at(day, entry.ends),
            pools=(PoolEntry(key=MAIN, capacity=entry.capacity),),
        )


def _open_days(activity: ActivityEntry) -> Iterator[PlannedSlot]:
    days = activity.open_days
    assert days is not None
    day, last = clock.local_day(activity.starts_at), clock.local_day(activity.ends_at)
    while day <= last:
        if WEEKDAYS[day.weekday()] in days.weekdays:
            session = f"{day:%Y-%m-%d}"
            yield PlannedSlot(key=session, starts_at=_at(day, days.opens), ends_at=_at(day, days.closes))
            for starts in days.entries.starts:
                starts_at = _at(day, starts)
                yield PlannedSlot(
                    key=f"{session}-{starts:%H%M}",
                    parent=session,
                    starts_at=starts_at,
                    ends_at=starts_at + timedelta(minutes=days.entries.length_minutes),
                    opens_at=_at(day - timedelta(days=days.days_ahead), days.release_at),
                    closes_at=starts_at,
                    pools=(PoolEntry(key=MAIN, capacity=days.entries.capacity),),
                )
        day += timedelta(days=1)


def _at(day: date, wall: time) -> datetime:
    return datetime.combine(day, wall, tzinfo=clock.ZONE)
