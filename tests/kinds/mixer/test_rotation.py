"""Who sits with whom: nobody twice, nobody with those they know, and everybody sits out about as often."""

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from festival.kinds.mixer.rotation import Seat, plan

LEFT, RIGHT = range(1, 41), range(101, 141)


def together(seats):
    return [(seat.left, seat.right) for seat in seats if seat.left and seat.right]


def outs(seats, people):
    out = Counter(seat.left or seat.right for seat in seats if not (seat.left and seat.right))
    return {out[person] for person in people}


def check(seats, left, right, apart=(), played=()):
    """Each person has one seat in each round, and no pair that must not be."""
    rounds = {seat.round for seat in seats}
    for number in rounds:
        people = [person for seat in seats if seat.round == number for person in (seat.left, seat.right) if person]
        assert sorted(people) == sorted((*left, *right))
    pairs = together([*played, *seats])
    assert len(set(pairs)) == len(pairs)
    assert not set(together(seats)) & set(apart)


@settings(max_examples=40)
@given(
    men=st.integers(1, 12),
    women=st.integers(1, 12),
    apart=st.sets(st.tuples(st.integers(1, 12), st.integers(101, 112)), max_size=20),
    seed=st.integers(0, 2**32),
)
def test_nobody_meets_twice_nor_those_they_are_kept_from(men, women, apart, seed):
    left, right = LEFT[:men], RIGHT[:women]

    seats = plan(left, right, apart, range(1, 9), chance=Random(seed))

    check(seats, left, right, apart)
    assert sorted({seat.round for seat in seats}) == list(range(1, len({seat.round for seat in seats}) + 1))
    if not apart:
        assert len({seat.round for seat in seats}) == min(8, max(men, women))  # after that, everybody has met everybody
        assert max(outs(seats, left)) - min(outs(seats, left)) <= 1
        assert max(outs(seats, right)) - min(outs(seats, right)) <= 1


def test_a_full_room_has_eight_rounds_without_anybody_sitting_out_whatever_acquaintances_there_are():
    chance = Random(3)
    apart = {(chance.choice(LEFT), chance.choice(RIGHT)) for _ in range(60)}

    seats = plan(LEFT, RIGHT, apart, range(1, 9), chance=chance)

    check(seats, LEFT, RIGHT, apart)
    assert len(together(seats)) == 8 * 40


def test_those_who_sat_out_before_newcomers_came_are_the_last_to_sit_out_again():
    early, late = RIGHT[:30], RIGHT[30:34]
    before = plan(LEFT[:34], early, (), range(1, 4), chance=Random(1))
    sat_out = {seat.left for seat in before if seat.right is None}

    after = plan(LEFT[:36], RIGHT[:32], (), range(4, 9), before, chance=Random(2))

    check(after, LEFT[:36], RIGHT[:32], played=before)
    assert (len(sat_out), outs([*before, *after], LEFT[:34])) == (12, {0, 1})
    assert late


def test_two_who_are_all_there_is_and_must_not_meet_have_no_round():
    assert plan([1], [101], {(1, 101)}, range(1, 9), chance=Random(0)) == []
    assert plan([1], [], (), range(1, 9), chance=Random(0)) == []
    assert plan([1], [101, 102], {(1, 101)}, [1, 2], chance=Random(0)) == [Seat(1, 1, 102), Seat(1, None, 101)]
