"""What can be decided about a show when, how full a zone is, and what can be drawn: no database."""

from datetime import timedelta

import pytest

from festival.kinds.show import rules
from festival.kinds.show.rules import Decision, Evening, Fullness, Reason, Zone
from tests.signups.engine import NOW

HOUR = timedelta(hours=1)


def test_going_ahead_is_said_once_and_a_hold_names_an_hour_that_makes_sense():
    def judged(what, last=None, *, until=None, is_on=True, now=NOW):
        return rules.refusal(Decision(what), Evening(NOW + HOUR, is_on, last), now, until)

    assert [judged("go"), judged("go", Decision.HOLD), judged("go", Decision.GO)] == [None, None, Reason.SAID_ALREADY]
    assert [judged("hold", until=NOW + after) for after in (HOUR / 60, HOUR)] == [None, None]
    assert [judged("hold", until=NOW), judged("hold", until=NOW + 1.1 * HOUR)] == [Reason.NOT_AHEAD, Reason.TOO_LATE]
    assert [judged("go", is_on=False), judged("hold", now=NOW + HOUR, until=NOW + 2 * HOUR)] == [Reason.IS_OFF, Reason.OVER]


def test_a_zone_is_full_by_bookings_before_the_gates_open_and_by_heads_after():
    booked = Zone("a", capacity=10, taken=10, arrived=4, inside=4, safety_limit=12, staff=2)
    crowded = Zone("b", capacity=10, taken=5, arrived=10, inside=9, safety_limit=12, staff=2)
    over = Zone("c", capacity=5, taken=7, arrived=0, inside=0, safety_limit=12, staff=2)

    assert [one.fullness(on_the_spot=False) for one in (booked, crowded, over)] == [Fullness.FULL, Fullness.OPEN, Fullness.FULL]
    assert [one.fullness(on_the_spot=True) for one in (booked, crowded, over)] == [Fullness.OPEN, Fullness.FEW, Fullness.OPEN]
    assert [(one.free, one.room) for one in (booked, crowded, over)] == [(0, 6), (5, 1), (0, 10)]
    assert rules.elsewhere([booked, crowded, over], on_the_spot=False) == ([booked, over], [crowded])
    assert rules.elsewhere([booked, crowded, over], on_the_spot=True) == ([], [])
    assert rules.most_in(booked, [crowded, over], 24, planned=10) == 8  # 24 less six of staff and ten places elsewhere
    assert rules.most_in(booked, [crowded], None, planned=99) == 10


@pytest.mark.parametrize(
    ("typed", "corners"),
    [
        ("0,0 10,0 10，20", [(0, 0), (10, 0), (10, 20)]),
        ("0,0 10,0", None),
        ("0,0 1001,0 3,3", None),
        ("0,0 10,641 3,3", None),
        ("0,0 -1,0 3,3", None),
        ("0,0 1,2,3 3,3", None),
        ("٠,٠ 1,1 2,2", None),
        ("", None),
    ],
)
def test_corners_are_points_of_the_plan_and_three_or_more(typed, corners):
    assert rules.read_corners(typed) == corners


def test_a_label_stands_in_the_middle_also_of_an_area_that_is_a_line():
    assert rules.middle([(0, 0), (100, 0), (100, 100), (0, 100)]) == (50, 50)
    assert rules.middle([(0, 0), (10, 10), (20, 20)]) == (10, 10)
