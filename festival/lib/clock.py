"""The only reader of the system clock. Instants are aware and in UTC; the festival's wall time is Asia/Shanghai."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

#: The festival's zone. China has had no summer time since 1991: always UTC+8 for our dates.
ZONE = ZoneInfo("Asia/Shanghai")

#: One frozen instant for the whole process (a demo started with FESTIVAL_NOW), or None.
_frozen: datetime | None = None
#: How far this process's festival is ahead of the real one (a demo that was moved to another moment). Time runs on from there.
_ahead = timedelta(0)
#: A frozen instant for the running context only (the demo's people sign up "last week"; tests).
_frozen_here: ContextVar[datetime | None] = ContextVar("frozen_here", default=None)


def wall() -> datetime:
    """Return the real time, never frozen: for codes, sessions, limits and leases."""
    return datetime.now(UTC)


def appointed() -> datetime | None:
    """Return the festival's time where somebody has set it, frozen or ahead; None: it is the real time, by anybody's clock."""
    if here := _frozen_here.get():
        return here
    return (_frozen or wall()) + _ahead if _frozen or _ahead else None


def now() -> datetime:
    """Return the festival's time: what was set, else the real time.

    Good for reading and showing. What decides about a place takes its time from ``signups.service.lock``.
    """
    return appointed() or wall()


def freeze(instant: datetime | None) -> None:
    """Stop the festival's clock for this process at an aware instant; None lets it run."""
    global _frozen  # noqa: PLW0603  # one process has one clock
    _frozen = instant.astimezone(UTC) if instant else None


def run_ahead(by: timedelta) -> None:
    """Let the festival's clock be ahead in this process; zero: it is not. For a demo only."""
    global _ahead  # noqa: PLW0603  # as above
    _ahead = by


def ahead() -> timedelta:
    """Return how far the festival's clock is ahead."""
    return _ahead


def real(instant: datetime) -> datetime:
    """Return when an instant of the festival's time comes by the real clock, which messages are delivered by."""
    return instant - _ahead


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
