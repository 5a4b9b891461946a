"""Drawings, the names of seats, and who sits where."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from festival.seats.rules import (
    DrawingProblem,
    Name,
    NotADrawing,
    Party,
    Seat,
    SeatKind,
    Span,
    Spot,
    arrange,
    built,
    pieces_of,
    read_drawing,
    read_names,
    spans,
    written,
)

# -- names ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("3排12座", [Name("3", 12)]),
        ("第3排１２号", [Name("3", 12)]),
        ("3排12–14座、4排1座", [Name("3", 12), Name("3", 13), Name("3", 14), Name("4", 1)]),
        ("Row a, seats 12-13; Row 4, seat 1", [Name("A", 12), Name("A", 13), Name("4", 1)]),
        ("3-12, 3-13", [Name("3", 12), Name("3", 13)]),
        ("", []),
        ("三排", None),
        ("3排14-12座", None),
        ("3排12座吧", None),
    ],
)
def test_seats_are_read_as_people_write_them(typed, read):
    assert read_names(typed) == read


def test_seats_in_a_row_are_told_as_one_span():
    names = [Name("3", 13), Name("3", 12), Name("4", 1), Name("3", 15)]

    assert spans(names) == [Span("3", 12, 13), Span("3", 15, 15), Span("4", 1, 1)]


# -- drawings ----------------------------------------------------------------------------------------------------------------


def test_a_drawing_says_rows_aisles_missing_blocked_and_accessible_seats_and_whose_they_are():
    drawn = read_drawing("OO_AX\n\nB: O.O = 媒体席")

    assert drawn == [
        Spot(1, 1, Name("1", 1)),
        Spot(1, 2, Name("1", 2)),
        Spot(1, 4, Name("1", 3), SeatKind.ACCESSIBLE),
        Spot(1, 5, Name("1", 4), SeatKind.BLOCKED),
        Spot(3, 1, Name("B", 1), block="媒体席"),
        Spot(3, 3, Name("B", 3), block="媒体席"),
    ]


def test_cells_pasted_from_a_spreadsheet_are_a_drawing():
    assert read_drawing("1：\tO\tO\t\tO") == read_drawing("1: _OO_O")


@pytest.mark.parametrize(
    ("drawing", "problem", "line"),
    [
        ("", DrawingProblem.NOTHING, 0),
        ("OO\nO?O", DrawingProblem.SIGN, 2),
        ("A排座: OO", DrawingProblem.ROW_NAME, 1),
        ("1: O\n1: O", DrawingProblem.SAME_ROW, 2),
        ("O" * 121, DrawingProblem.TOO_LARGE, 1),
        ("O\n" * 121, DrawingProblem.TOO_LARGE, 0),
        ("a:b:O", DrawingProblem.SIGN, 1),
    ],
)
def test_what_draws_no_hall_is_said_with_its_line(drawing, problem, line):
    with pytest.raises(NotADrawing) as refused:
        read_drawing(drawing)

    assert (refused.value.reason, refused.value.line) == (problem, line)


def test_a_hall_of_numbers_has_its_aisles_and_its_blocks_from_the_front():
    assert built(3, 4, aisles={2, 4}, blocks=[("特邀", 2)]) == "1: OO_OO = 特邀\n2: OO_OO = 特邀\n3: OO_OO"


_drawings = st.lists(st.text("OAX_.", min_size=1, max_size=12), min_size=1, max_size=6).map("\n".join)


@given(_drawings)
def test_a_hall_written_down_is_read_as_the_same_hall(drawing):
    try:
        spots = read_drawing(drawing)
    except NotADrawing:
        return

    assert read_drawing(written(spots)) == spots


# -- who sits where ------------------------------------------------------------------------------------------------------------


def hall(*rows: str) -> list[Seat]:
    """Return free seats: ``O`` anybody's, a digit the pool's of that number, ``A`` accessible, anything else none."""
    return [
        Seat(100 * line + column, line, column, int(sign) if sign.isdigit() else None, sign == "A")
        for line, row in enumerate(rows, start=1)
        for column, sign in enumerate(row, start=1)
        if sign in "OA123456789"
    ]


def test_parties_sit_together_in_the_order_of_their_turn_from_the_front():
    done = arrange(hall("OOO", "OO"), [Party(1, 1, 2), Party(2, 1, 2), Party(3, 1, 1)])

    assert (done.given, done.split, done.unseated) == ({1: (101, 102), 2: (201, 202), 3: (103,)}, {}, [])


def test_an_aisle_lies_between_no_neighbours_so_a_party_goes_where_it_is_together():
    assert arrange(hall("O_O", "OO"), [Party(1, 1, 2)]).given == {1: (201, 202)}


def test_serving_in_order_gives_way_where_it_would_tear_a_party():
    done = arrange(hall("OO", "OOO"), [Party(1, 1, 1), Party(2, 1, 1), Party(3, 1, 3)])

    assert (done.given[3], done.split) == ((201, 202, 203), {})


def test_a_party_that_fits_nowhere_is_torn_into_the_fewest_pieces_and_named():
    done = arrange(hall("O_O_O", "OO_O"), [Party(1, 1, 3)])

    assert (len(done.given[1]), done.split, done.unseated) == (3, {1: 2}, [])


def test_who_cannot_be_seated_whole_is_left_and_named():
    done = arrange(hall("OO"), [Party(1, 1, 3), Party(2, 1, 1)])

    assert (done.given, done.unseated) == ({2: (101,)}, [1])


def test_seats_kept_for_another_pool_are_left_alone_and_ones_own_come_first():
    assert arrange(hall("1O", "2O"), [Party(1, 2, 1), Party(2, 2, 1), Party(3, 2, 1), Party(4, 2, 1)]).given == {
        1: (201,),
        2: (102,),
        3: (202,),
    }


def test_seats_with_room_for_a_wheelchair_are_given_last():
    assert arrange(hall("AO", "O"), [Party(1, 1, 1), Party(2, 1, 1), Party(3, 1, 1)]).given == {1: (102,), 2: (201,), 3: (101,)}


def test_whoever_joins_a_seated_party_sits_beside_it():
    assert arrange(hall("OO", "O_O"), [Party(1, 1, 1, near=((2, 2),))]).given == {1: (201,)}


_halls = st.lists(st.text("OOOA12_", min_size=1, max_size=8), min_size=1, max_size=5)
_parties = st.lists(st.tuples(st.integers(1, 2), st.integers(1, 4)), max_size=8)


@settings(max_examples=150)
@given(_halls, _parties)
def test_nobody_sits_twice_torn_parties_are_named_and_a_second_time_changes_nothing(rows, asked):
    free = hall(*rows)
    parties = [Party(number, pool_id, size) for number, (pool_id, size) in enumerate(asked, start=1)]

    done = arrange(free, parties)

    by_id, size_of = {seat.id: seat for seat in free}, {party.sign_up_id: party for party in parties}
    used = [seat_id for seats in done.given.values() for seat_id in seats]
    assert len(used) == len(set(used))
    assert set(used) <= set(by_id)
    assert set(done.given) | set(done.unseated) == set(size_of)
    assert set(done.given) & set(done.unseated) == set()
    for sign_up_id, seats in done.given.items():
        party = size_of[sign_up_id]
        assert len(seats) == party.missing
        assert {by_id[one].pool_id for one in seats} <= {None, party.pool_id}
        pieces = pieces_of((by_id[one].line, by_id[one].column) for one in seats)
        assert done.split.get(sign_up_id, 1) == pieces
    left = [seat for seat in free if seat.id not in set(used)]
    again = arrange(left, [size_of[one] for one in done.unseated])
    assert again.given == {}


@settings(max_examples=100)
@given(_halls, st.integers(1, 4))
def test_a_party_alone_sits_together_wherever_ordinary_seats_allow_it(rows, size):
    free = [seat for seat in hall(*rows) if seat.pool_id in {None, 1} and not seat.is_accessible]

    done = arrange(free, [Party(1, 1, size)])

    places = sorted((seat.line, seat.column) for seat in free)
    longest, run = 0, 0
    for before, after in pairwise([(0, 0), *places]):
        run = run + 1 if after == (before[0], before[1] + 1) else 1
        longest = max(longest, run)
    assert (1 in done.given) == (len(free) >= size)
    if len(free) >= size:
        assert (done.split == {}) == (longest >= size)
