"""When sign-up for an activity opens. Pure: plain values in, a verdict out."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from festival.signups.rules import Window

#: How long a calendar shows that sign-up opens, from the instant it does.
SHOWN_FOR = timedelta(minutes=30)


def opening(windows: Iterable[Window], now: datetime) -> datetime | None:
    """Return when sign-up opens; None: it is open, it is over, or nobody can say when it will be.

    :param windows: of everything that can be signed up for.
    """
    known = [window for window in windows if window.closes_at is None or window.closes_at > now]
    if any(window.opens_at is None or window.opens_at <= now for window in known):
        return None
    return min((window.opens_at for window in known if window.opens_at is not None), default=None)


def is_open(windows: Iterable[Window], now: datetime) -> bool:
    """Tell whether something can be signed up for now."""
    return any(window.reason_at(now) is None for window in windows)
