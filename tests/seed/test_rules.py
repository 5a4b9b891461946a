"""By how much the dates move."""

from datetime import date

import pytest

from festival.seed.rules import weeks_to_move

DESIGNED_FOR = date(2023, 6, 16)


@pytest.mark.parametrize(
    ("dates", "today", "weeks"),
    [
        ("original", date(2026, 11, 24), 0),
        ("+209w", date(2023, 6, 16), 209),
        ("-3w", date(2023, 6, 16), -3),
        ("rolling", date(2023, 6, 16), 0),
        ("rolling", date(2023, 6, 19), 0),
        ("rolling", date(2023, 6, 20), 1),
        ("rolling", date(2023, 6, 12), -1),
        ("rolling", date(2027, 6, 18), 209),
    ],
)
def test_dates_move_by_whole_weeks(dates, today, weeks):
    assert weeks_to_move(dates, today=today, designed_for=DESIGNED_FOR) == weeks


def test_anything_else_is_refused():
    with pytest.raises(ValueError, match="'\\+3d' is not original, rolling or a number of weeks"):
        weeks_to_move("+3d", today=DESIGNED_FOR, designed_for=DESIGNED_FOR)
