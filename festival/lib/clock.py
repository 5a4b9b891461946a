"""The only reader of the system clock. Instants are aware and in UTC; the festival's wall time is Asia/Shanghai."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

#: The festival's zone. China has had no summer time since 1991: always UTC+8 for our dates.
ZONE = ZoneInfo("Asia/Shanghai")

#: One frozen instant for the whole process (a demo started with FESTIVAL_NOW), or None.
_frozen: datetime | None = None
#: A frozen instant for the running context only (the demo's people sign up "last week"; tests).
_frozen_here: ContextVar[datetime | None] = ContextVar("frozen_here", default=None)


def wall() -> datetime:
    """Return the real time, never frozen: for codes, sessions, limits and leases."""
    return datetime.now(UTC)


def frozen() -> datetime | None:
    """Return the frozen instant that holds here, or None when time runs."""
    return _frozen_here.get() or _frozen


def now() -> datetime:
    """Return the festival's time: the frozen instant if there is one, else the real time.

    Good for reading and showing. What decides about a place takes its time from ``signups.service.lock``.
    """
    return frozen() or wall()


def freeze(instant: datetime | None) -> None:
    """Stop the festival's clock for this process at an aware instant; None lets it run."""
    global _frozen  # noqa: PLW0603  # one process has one clock
    _frozen = instant.astimezone(UTC) if instant else None


@contextmanager
def frozen_at(instant: datetime) -> Iterator[None]:
    """Stop the clock at an aware instant inside the block, for this thread or task only."""
    token = _frozen_here.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _frozen_here.reset(token)


def local(instant: datetime) -> datetime:
    """Return an aware instant as the festival's wall time."""
    return instant.astimezone(ZONE)


def local_day(instant: datetime) -> date:
    """Return the festival's calendar day of an aware instant."""
    return local(instant).date()
