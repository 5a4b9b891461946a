"""The rules of sign-ups, as pure functions: examples at the edges, and properties that hold whatever comes."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from festival.lib.clock import ZONE
from festival.signups import rules
from festival.signups.rules import Ceiling, Places, Reason, State, Waiting, Waitlists, Way, Window

HOUR = timedelta(hours=1)
NO_LIST_LIMIT = Waitlists(limit=None, waiting=0, pool_limit=None, pool_waiting=0)
NO_CEILING = Ceiling(limit=None, heads=0)


def at(hour: int, minute: int = 0, day: int = 16) -> datetime:
    """Return a time of the festival's June 2023."""
    return datetime(2023, 6, day, hour, minute, tzinfo=ZONE)


# -- strategies -----------------------------------------------------------------------------------------------------------------

counts = st.integers(0, 40)
limits = st.none() | counts
parties = st.integers(1, 6)
places = st.builds(Places, capacity=limits, taken=counts, waiting=counts)
ceilings = st.builds(Ceiling, limit=limits, heads=counts, is_queued_for=st.booleans())
waitlists = st.builds(Waitlists, limit=limits, waiting=counts, pool_limit=limits, pool_waiting=counts)
instants = st.datetimes(datetime(2023, 6, 1), datetime(2023, 6, 30), timezones=st.just(UTC))  # noqa: DTZ001
queue = st.lists(
    st.builds(
        Waiting,
        sign_up_id=st.integers(1, 99),
        pool_id=st.integers(1, 3),
        party_size=parties,
        priority=st.integers(-2, 2),
        joined_at=instants,
    ),
    unique_by=lambda waiting: waiting.sign_up_id,
    max_size=12,
)


# -- the first state ------------------------------------------------------------------------------------------------------------


@given(places, ceilings, waitlists, parties)
def test_nobody_is_confirmed_beyond_a_limit_or_past_a_list(standing, ceiling, lists, party_size):
    state = rules.first_state(Way.OPEN, standing, ceiling, lists, party_size)

    if state == State.CONFIRMED:
        assert standing.capacity is None or standing.taken + party_size <= standing.capacity
        assert standing.waiting == 0
        assert ceiling.limit is None or ceiling.heads + party_size <= ceiling.limit
        assert not ceiling.is_queued_for


@given(places, ceilings, waitlists, parties)
def test_nobody_waits_where_there_is_room_and_nobody_before_them(standing, ceiling, lists, party_size):
    fits = standing.has_room_for(party_size) and ceiling.has_room_for(party_size)
    nobody_waits = standing.waiting == 0 and not ceiling.is_queued_for

    if fits and nobody_waits:
        assert rules.first_state(Way.OPEN, standing, ceiling, lists, party_size) == State.CONFIRMED


@given(places, ceilings, waitlists, parties)
def test_a_list_never_grows_beyond_its_limits(standing, ceiling, lists, party_size):
    if rules.first_state(Way.OPEN, standing, ceiling, lists, party_size) == State.WAITLISTED:
        assert lists.limit is None or lists.waiting + party_size <= lists.limit
        assert lists.pool_limit is None or lists.pool_waiting + party_size <= lists.pool_limit


@given(st.sampled_from(Way), places, ceilings, waitlists, parties)
def test_what_is_not_open_never_gives_a_place_at_once(way, standing, ceiling, lists, party_size):
    state = rules.first_state(way, standing, ceiling, lists, party_size)

    if way != Way.OPEN:
        assert state not in {State.CONFIRMED, State.WAITLISTED}
    if way == Way.INVITATION:
        assert state == Reason.INVITATION_ONLY


@pytest.mark.parametrize(
    ("standing", "ceiling", "party_size", "expected"),
    [
        (Places(10, 8, 0), NO_CEILING, 2, State.CONFIRMED),
        (Places(10, 8, 0), NO_CEILING, 3, State.WAITLISTED),
        (Places(10, 8, 1), NO_CEILING, 1, State.WAITLISTED),
        (Places(10, 12, 0), NO_CEILING, 1, State.WAITLISTED),  # over: the capacity was lowered
        (Places(None, 999, 0), NO_CEILING, 6, State.CONFIRMED),
        (Places(3, 0, 0), NO_CEILING, 4, Reason.PARTY_TOO_LARGE),
        (Places(0, 0, 0), NO_CEILING, 1, Reason.FULL),
        (Places(10, 0, 0), Ceiling(5, 4), 1, State.CONFIRMED),
        (Places(10, 0, 0), Ceiling(5, 4), 2, State.WAITLISTED),
        (Places(10, 0, 0), Ceiling(5, 0, is_queued_for=True), 1, State.WAITLISTED),
        (Places(10, 0, 0), Ceiling(5, 0), 6, Reason.CEILING),
    ],
)
def test_the_first_state_by_example(standing, ceiling, party_size, expected):
    assert rules.first_state(Way.OPEN, standing, ceiling, NO_LIST_LIMIT, party_size) == expected


def test_without_a_list_the_reason_names_what_is_short():
    no_list = Waitlists(limit=0, waiting=0, pool_limit=None, pool_waiting=0)

    assert rules.first_state(Way.OPEN, Places(2, 2, 0), NO_CEILING, no_list, 1) == Reason.FULL
    assert rules.first_state(Way.OPEN, Places(9, 2, 0), Ceiling(2, 2), no_list, 1) == Reason.CEILING


# -- the queue ------------------------------------------------------------------------------------------------------------------


@given(queue, ceilings)
def test_who_is_next_is_the_longest_waiting_that_fits_or_nobody(heads, ceiling):
    chosen = rules.next_in_line(heads, ceiling)

    first = min(heads, key=lambda one: (one.priority, one.joined_at, one.sign_up_id), default=None)
    assert chosen in {first, None}
    if first is not None:
        assert (chosen is None) == (ceiling.limit is not None and ceiling.heads + first.party_size > ceiling.limit)


@given(queue, counts)
def test_the_last_in_are_as_few_whole_parties_as_free_enough_places(confirmed, too_many):
    chosen = rules.last_in(confirmed, too_many)

    in_order = sorted(confirmed, key=lambda one: one.turn)
    persons = sum(party.party_size for party in chosen)
    assert chosen == in_order[len(in_order) - len(chosen) :]
    assert persons >= too_many or chosen == in_order
    if chosen:
        assert persons - chosen[0].party_size < too_many


@given(queue, st.integers(1, 40))
def test_whoever_is_moved_does_not_come_straight_back(confirmed, too_many):
    """The head of those moved never fits into what their moving left free: the preview's promise that they wait."""
    chosen = rules.last_in(confirmed, too_many)
    freed = sum(party.party_size for party in chosen) - too_many

    if chosen and freed >= 0:
        assert chosen[0].party_size > freed


# -- the window -----------------------------------------------------------------------------------------------------------------


@given(st.lists(st.none() | instants, max_size=3), st.lists(st.none() | instants, max_size=3), instants)
def test_a_window_is_open_exactly_while_all_its_parts_are(opens, closes, now):
    reason = rules.window(opens, closes).reason_at(now)

    too_early = any(one is not None and now < one for one in opens)
    too_late = any(one is not None and now >= one for one in closes)
    assert (reason is None) == (not too_early and not too_late)
    if too_early:
        assert reason == Reason.NOT_OPEN


def test_a_window_takes_its_opening_instant_in_and_leaves_its_closing_instant_out():
    window = Window(opens_at=at(10), closes_at=at(12))
    tick = timedelta(microseconds=1)

    told = [window.reason_at(now) for now in (at(10) - tick, at(10), at(12) - tick, at(12))]

    assert told == [Reason.NOT_OPEN, None, None, Reason.CLOSED]


# -- offers ---------------------------------------------------------------------------------------------------------------------


def waking(start: datetime, end: datetime) -> timedelta:
    """Return how much of a span lies between 8 and 22 o'clock, counted minute by minute."""
    total, step = timedelta(), timedelta(minutes=1)
    now = start
    while now < end:
        if time(8) <= now.astimezone(ZONE).time() < time(22):
            total += min(step, end - now)
        now += step
    return total


@given(
    st.datetimes(datetime(2023, 6, 1), datetime(2023, 6, 30), timezones=st.just(ZONE)).map(  # noqa: DTZ001
        lambda when: when.replace(second=0, microsecond=0)
    ),
    st.integers(1, 30 * 60),
)
def test_an_offer_runs_for_its_waking_minutes_and_ends_when_people_are_awake(offered_at, minutes):
    until = rules.offer_deadline(offered_at, offered_at + timedelta(days=60), ZONE, minutes)

    assert waking(offered_at, until) == timedelta(minutes=minutes)
    assert time(8) < until.astimezone(ZONE).time() <= time(22)


@given(instants, st.timedeltas(timedelta(), timedelta(days=4)))
def test_an_offer_never_outlives_the_cutoff(offered_at, ahead):
    cutoff = offered_at + ahead

    assert offered_at <= rules.offer_deadline(offered_at, cutoff, ZONE) <= cutoff


@pytest.mark.parametrize(
    ("offered_at", "until"),
    [
        (at(8), at(20)),
        (at(10), at(22)),
        (at(10, 1), at(8, 1, day=17)),
        (at(20), at(18, day=17)),
        (at(22), at(20, day=17)),
        (at(23, 30), at(20, day=17)),
        (at(3), at(20)),
        (at(7, 59), at(20)),
    ],
)
def test_an_offers_deadline_by_example(offered_at, until):
    assert rules.offer_deadline(offered_at, at(0, day=30), ZONE) == until
    assert rules.offer_deadline(offered_at.astimezone(UTC), at(0, day=30), ZONE) == until


# -- withdrawal and the state machine -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.WAITLISTED, State.PENDING, State.ENTERED, State.OFFERED])
def test_who_has_no_place_yet_may_leave_until_the_start(state):
    ways_out = [
        rules.may_withdraw_at(now, state=state, cancel_until=at(9), starts_at=at(12)) for now in (at(11, 59), at(12), at(13))
    ]

    assert ways_out == [True, False, False]


def test_a_confirmed_place_may_be_given_back_until_the_time_agreed_or_else_the_start():
    def may(now: datetime, until: datetime | None) -> bool:
        return rules.may_withdraw_at(now, state=State.CONFIRMED, cancel_until=until, starts_at=at(12))

    assert [may(at(8, 59), at(9)), may(at(9), at(9)), may(at(11, 59), None), may(at(12), None)] == [True, False, True, False]


def test_every_state_has_its_ways_on_and_an_end_has_none():
    assert set(rules.TRANSITIONS) == set(State)
    assert {state for state, ways in rules.TRANSITIONS.items() if not ways} == {
        State.WITHDRAWN,
        State.REMOVED,
        State.REJECTED,
        State.EXPIRED,
    }
    assert all({State.WITHDRAWN, State.REMOVED} <= rules.TRANSITIONS[state] for state in rules.LIVE)
    assert all(state not in ways for state, ways in rules.TRANSITIONS.items())
