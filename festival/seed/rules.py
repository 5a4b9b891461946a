"""By how much the programme's dates are moved. Pure."""

import re
from datetime import date

DAYS_IN_WEEK = 7
_FIXED = re.compile(r"([+-]\d{1,4})w")


def weeks_to_move(dates: str, *, today: date, designed_for: date) -> int:
    """Return the whole weeks by which every date moves, so that weekdays and clock times stay.

    :param dates: ``original``, ``rolling``, or a shift such as ``+209w``.
    :param designed_for: the day that a rolling programme makes of today, give or take three days.
    :raises ValueError: it is none of these.
    """
    if dates == "original":
        return 0
    if dates == "rolling":
        return round((today - designed_for).days / DAYS_IN_WEEK)
    fixed = _FIXED.fullmatch(dates)
    if fixed is None:
        raise ValueError(f"{dates!r} is not original, rolling or a number of weeks such as +209w")
    return int(fixed[1])
