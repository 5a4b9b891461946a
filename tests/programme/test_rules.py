"""The status a page shows, how full something is, and the one action that applies."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from festival.programme import rules
from festival.programme.rules import Facts, Level, Move, Seats, Status

NOW = datetime(2023, 6, 16, 2, tzinfo=UTC)
DAY = timedelta(days=1)

#: Published, open, in four days, places left.
OPEN = Facts(
    is_cancelled=False,
    is_postponed=False,
    starts_at=NOW + 4 * DAY,
    ends_at=NOW + 4 * DAY + timedelta(hours=8),
    opens_at=NOW - 8 * DAY,
    closes_at=NOW + 2 * DAY,
    is_by_invitation=False,
    is_ballot=False,
    result_at=None,
    seats=Seats(220, 163),
    has_waitlist=True,
)
RUNNING = {"starts_at": NOW - DAY, "ends_at": NOW + DAY, "opens_at": NOW - 8 * DAY, "closes_at": NOW + DAY}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Status.OPEN),
        ({"seats": Seats(220, 200)}, Status.OPEN_FEW_LEFT),
        ({"seats": Seats(220, 220)}, Status.FULL),
        ({"seats": Seats(220, 231)}, Status.FULL),
        ({"seats": Seats(None, 5000)}, Status.OPEN),
        ({"seats": None}, Status.CLOSED),
        ({"opens_at": NOW + DAY}, Status.NOT_OPEN),
        ({"opens_at": NOW}, Status.OPEN),
        ({"closes_at": NOW}, Status.CLOSED),
        ({"is_by_invitation": True}, Status.INVITATION_ONLY),
        ({"is_by_invitation": True, "opens_at": NOW + DAY}, Status.NOT_OPEN),
        ({"is_by_invitation": True, "closes_at": NOW}, Status.INVITATION_ONLY),
        ({"is_ballot": True, "seats": Seats(40, 40)}, Status.OPEN),
        ({"is_ballot": True, "closes_at": NOW, "result_at": NOW + DAY}, Status.DRAWING),
        ({"is_ballot": True, "closes_at": NOW, "result_at": NOW}, Status.RESULT_PUBLISHED),
        ({"is_ballot": True, "closes_at": NOW, "result_at": None}, Status.DRAWING),
        (RUNNING, Status.IN_PROGRESS),
        ({**RUNNING, "ends_at": NOW}, Status.ENDED),
        ({**RUNNING, "ends_at": NOW, "is_postponed": True}, Status.POSTPONED),
        ({**RUNNING, "is_postponed": True, "is_cancelled": True}, Status.CANCELLED),
    ],
)
def test_the_first_status_that_fits_is_shown(changes, expected):
    assert rules.status(replace(OPEN, **changes), NOW) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Move.SIGN_UP),
        ({"seats": Seats(220, 220)}, Move.JOIN_WAITLIST),
        ({"seats": Seats(220, 220), "has_waitlist": False}, Move.NONE),
        ({"seats": Seats(220, 220), "closes_at": NOW}, Move.NONE),
        ({"seats": Seats(40, 40), "is_ballot": True}, Move.SIGN_UP),
        ({"opens_at": NOW + DAY}, Move.NONE),
        ({"closes_at": NOW}, Move.NONE),
        ({"is_by_invitation": True}, Move.NONE),
        ({"is_postponed": True}, Move.NONE),
        ({"is_cancelled": True}, Move.NONE),
        ({"seats": None}, Move.NONE),
        (RUNNING, Move.SIGN_UP),
        ({**RUNNING, "ends_at": NOW}, Move.NONE),
    ],
)
def test_one_action_applies(changes, expected):
    assert rules.move(replace(OPEN, **changes), NOW) == expected


@pytest.mark.parametrize(
    ("capacity", "taken", "expected"),
    [
        (80, 69, Level.OPEN),
        (80, 70, Level.FEW),
        (1800, 1619, Level.OPEN),
        (1800, 1620, Level.FEW),
        (8, 0, Level.FEW),
        (80, 80, Level.FULL),
        (80, 87, Level.FULL),
        (0, 0, Level.FULL),
        (None, 9000, Level.OPEN),
    ],
)
def test_few_is_ten_places_or_a_tenth(capacity, taken, expected):
    assert Seats(capacity, taken).level == expected


def test_an_over_filled_pool_takes_nothing_from_the_others():
    assert rules.together([Seats(40, 47, 3), Seats(40, 30, 0)]) == Seats(80, 70, 3)


def test_an_unlimited_pool_makes_the_whole_unlimited():
    assert rules.together([Seats(40, 10, 2), Seats(None, 5, 1)]) == Seats(None, 15, 3)


@pytest.mark.parametrize(("ceiling_left", "free"), [(None, 50), (70, 50), (12, 12), (0, 0), (-4, 0)])
def test_the_approved_number_bounds_what_is_left(ceiling_left, free):
    assert rules.together([Seats(60, 20), Seats(40, 30)], ceiling_left).free == free


@given(st.lists(st.builds(Seats, st.integers(0, 500) | st.none(), st.integers(0, 600), st.integers(0, 50)), max_size=6))
def test_places_left_are_never_negative(pools):
    free = rules.together(pools).free

    assert free is None or free >= 0
