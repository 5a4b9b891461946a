"""Numbers at the booths on the day of the fair."""

from datetime import timedelta

import pytest

from festival.kinds.job_fair.seekers import numbers, queries, render
from festival.kinds.job_fair.seekers.rules import JobRefused, Reason, Turn
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from tests.kinds.job_fair.seeking import NOW, OPENING, make_employer, make_fair, make_recruiter, make_seeker, told


@pytest.fixture
def fair(app, frozen):
    """The day of the fair, an hour after it opened."""
    frozen(NOW)
    fair = make_fair()
    frozen(OPENING + timedelta(hours=1))
    return fair


def take(person, employer) -> Reason | None:
    """Take a number; return why it was refused."""
    try:
        with transaction():
            numbers.take(person.id, employer.id)
    except JobRefused as refused:
        return refused.reason
    return None


def ahead(person) -> list[tuple[int, int, str]]:
    """Return somebody's numbers, how many are ahead, and the state."""
    return [(one.held.number, one.ahead, str(one.held.state)) for one in render.standings(person.id, clock.now())]


def test_a_booth_calls_one_after_the_other_and_says_how_many_are_ahead(fair):
    people = [make_seeker(fair) for _ in range(5)]
    for person in [*people, people[0]]:
        assert take(person, fair.employer) is None
    before = [ahead(person)[0][:2] for person in people]
    with transaction():
        first = numbers.call_next(fair.reader.id, fair.employer.id, seen=0)
        pressed_twice = numbers.call_next(fair.reader.id, fair.employer.id, seen=0)
    assert first is not None
    called = [ahead(person) for person in people]
    with transaction():
        numbers.leave(people[1].id, queries.held_numbers(people[1].id)[0].id)
        second = numbers.call_next(fair.reader.id, fair.employer.id, seen=first.id, missed=True)

    assert before == [(1, 0), (2, 1), (3, 2), (4, 3), (5, 4)]
    assert pressed_twice is not None
    assert pressed_twice.id == first.id
    assert called == [[(1, 0, "called")], [(2, 0, "waiting")], [(3, 1, "waiting")], [(4, 2, "waiting")], [(5, 3, "waiting")]]
    assert second is not None
    assert (first.state, second.number) == (Turn.MISSED, 3)
    assert [told(person) for person in people] == [
        ["job_number_called"],
        [],
        ["job_number_called"],
        ["job_number_near"],
        ["job_number_near"],
    ]
    assert take(people[0], fair.employer) is None  # missed: they queue again, at the end
    assert ahead(people[0]) == [(6, 2, "waiting")]


def test_numbers_are_for_the_day_for_those_who_come_and_at_three_booths_at_most(fair, frozen):
    seeker, visitor = make_seeker(fair), make_seeker()
    booths = [make_employer(fair.activity, name=f"单位{number}")[0] for number in range(3)]

    found = [take(seeker, employer) for employer in (fair.employer, *booths)]
    assert found == [None, None, None, Reason.MOST_NUMBERS]
    assert take(visitor, fair.employer) == Reason.NOT_SIGNED_UP
    frozen(OPENING - timedelta(days=1))
    assert take(visitor, fair.employer) == Reason.NOT_THE_DAY
    frozen(OPENING + timedelta(hours=7))
    assert render.standings(seeker.id, clock.now()) == []


def test_a_recruiter_calls_at_their_own_booth_and_nobody_gives_anothers_number_back(fair):
    seeker = make_seeker(fair)
    other, _position = make_employer(fair.activity)
    _recruiter, stranger = make_recruiter(other)
    take(seeker, fair.employer)
    number = queries.held_numbers(seeker.id)[0]

    with pytest.raises(NotFound), transaction():
        numbers.call_next(stranger.id, fair.employer.id, seen=0)
    with pytest.raises(NotFound), transaction():
        numbers.leave(stranger.id, number.id)
    assert ahead(seeker) == [(1, 0, "waiting")]
