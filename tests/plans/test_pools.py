"""Pools merged and split: who keeps a place, in which order the others wait, and that the books add up."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from festival.draws import service as draws
from festival.draws.service import Seed
from festival.ledger import doctor
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.plans import pools
from festival.plans.pools import Merge, Split
from festival.plans.rules import PoolReason, PoolsRefused, dealt, seated, split_seats
from festival.programme.models import Access, Mode, Pool, PoolBatch, Promotion
from festival.signups import queries as signups
from festival.signups import service as engine
from festival.signups.models import Invitation, LedgerEntry
from festival.signups.rules import SignUpRefused, State, Waiting
from tests.builders import make_activity, make_sign_up, make_staff, pool_of
from tests.roster.desk import entries, slot_of
from tests.signups.engine import NOW, change, counters, faults, fill, messages, sign_up, states

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def merge(source, target, capacity):
    asked = Merge(source.id, target.id, capacity)
    seen = pools.simulate_merge(asked, clock.now())
    with transaction():
        done = pools.merge(asked, seen=seen.fingerprint, actor_id=make_staff().id)
    db.session.rollback()
    return done


def split(pool, first, second):
    asked = Split(pool.id, first, second, "甲区", "Zone A", "乙区", "Zone B")
    seen = pools.simulate_split(asked, clock.now())
    with transaction():
        done = pools.split(asked, seen=seen.fingerprint, actor_id=make_staff().id)
    db.session.rollback()
    return done


def disagreements():
    return [fault for finding in doctor.examine() for fault in finding.faults]


# -- who keeps a place --------------------------------------------------------------------------------------------------------

sizes = st.lists(st.tuples(st.integers(1, 6), st.integers(-1, 1), st.integers(0, 5)), max_size=12)


def queue(drawn):
    return [
        Waiting(number, 1, size, priority, NOW + joined * MINUTE)
        for number, (size, priority, joined) in enumerate(drawn, start=1)
    ]


def persons(parties):
    return sum(party.party_size for party in parties)


@given(sizes, st.integers(0, 5), st.integers(0, 30))
def test_whoever_came_first_keeps_the_place_and_whole_parties_only(drawn, fixed, capacity):
    parties = queue(drawn)
    result = seated(fixed, parties, capacity + fixed)

    in_order = sorted(parties, key=lambda one: one.turn)
    assert [*result.kept, *result.bumped] == in_order
    assert result.moved == ()
    assert persons(result.kept) <= capacity
    assert not result.bumped or persons(result.kept) + result.bumped[0].party_size > capacity


@given(sizes, st.integers(0, 5), st.integers(0, 20), st.integers(0, 20), sizes)
def test_a_split_seats_nobody_behind_one_who_must_wait_and_deals_the_list_out(drawn, fixed, first, second, waiting):
    result = split_seats(fixed, queue(drawn), first + fixed, second)

    in_order = sorted(queue(drawn), key=lambda one: one.turn)
    still = [party for party in in_order if party not in result.bumped]
    assert [*still, *result.bumped] == in_order
    assert (persons(result.kept) <= first, persons(result.moved) <= second) == (True, True)
    assert sorted([*result.kept, *result.moved], key=lambda one: one.turn) == still
    stay, go = dealt(queue(waiting), first, second)
    assert sorted([*stay, *go], key=lambda one: one.sign_up_id) == queue(waiting)


# -- merging ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def buses(app, frozen):
    """A slot with two buses of four; the clock stands."""
    frozen(NOW)
    activity = make_activity(capacity=4, pools=2)
    return activity, pool_of(activity, 0), pool_of(activity, 1)


def aboard(activity, frozen, *parties):
    """Sign up parties, each a minute later than the one before: pool and size."""
    made = []
    for number, (pool, size) in enumerate(parties):
        frozen(NOW + number * MINUTE)
        made.append(sign_up(activity, pool=pool, party_size=size))
    frozen(NOW + len(parties) * MINUTE)
    return made


def test_two_buses_become_a_smaller_one_first_come_first_kept(buses, frozen):
    activity, a, b = buses
    first, second, third, fourth, waits_b, waits_a = aboard(activity, frozen, (a, 2), (b, 2), (a, 2), (b, 2), (b, 1), (a, 1))
    left = sign_up(activity, pool=a)
    with transaction():
        engine.withdraw(left.id)

    done = merge(a, b, 5)

    assert (done.kept, done.bumped, done.promoted) == (2, 2, 0)
    assert states(first, second, third, fourth, waits_b, waits_a) == ["confirmed"] * 2 + ["waitlisted"] * 4
    assert {one.pool_id for one in (first, second, third, fourth, waits_b, waits_a)} == {b.id}
    assert (a.is_closed, a.taken, a.waiting, left.pool_id) == (True, 0, 0, a.id)
    assert (b.capacity, *counters(b)) == (5, 4, 6)
    order = sorted((third, fourth, waits_b, waits_a), key=lambda one: (one.priority, one.joined_at, one.id))
    assert order == [third, fourth, waits_b, waits_a]
    assert [messages(one)[1:] for one in (first, second, third, fourth, waits_b, waits_a)] == [
        ["sign_up_pool"], [], ["sign_up_waitlisted"], ["sign_up_waitlisted"], [], ["sign_up_pool"],
    ]  # fmt: skip
    lines = db.session.scalars(
        select(LedgerEntry).where(LedgerEntry.why == f"merge:{a.id}->{b.id}").order_by(LedgerEntry.id)
    ).all()
    assert {line.what for line in lines} == {"moved"}
    assert [(line.pool_id, line.taken_before, line.taken_after) for line in lines if line.sign_up_id == first.id] == [
        (a.id, 2, 0),
        (b.id, 2, 4),
    ]
    assert entries()[-1][0] == "pool.merge"
    assert (faults(activity), disagreements()) == ([], [])


def test_a_merge_with_room_to_spare_serves_the_one_list_at_once(buses, frozen):
    activity, a, b = buses
    *_held, waits = aboard(activity, frozen, (a, 4), (b, 3), (a, 2))

    done = merge(a, b, 10)

    assert (done.bumped, done.promoted, states(waits)) == (0, 1, ["confirmed"])
    assert messages(waits) == ["sign_up_waitlisted", "sign_up_promoted"]
    assert counters(b) == (9, 0)
    assert (faults(activity), disagreements()) == ([], [])


def test_who_loses_a_place_stands_before_those_who_never_had_one(buses, frozen):
    activity, a, b = buses
    held, waited_longer, loses_it = aboard(activity, frozen, (a, 4), (a, 1), (b, 2))

    merge(a, b, 4)

    assert states(held, waited_longer, loses_it) == ["confirmed", "waitlisted", "waitlisted"]
    assert [signups.position(one) for one in (loses_it, waited_longer)] == [1, 2]


def test_an_offer_that_cannot_be_kept_goes_to_the_head_of_the_list(buses, frozen):
    activity, a, b = buses
    change(activity, promotion=Promotion.OFFER)
    held, offered = aboard(activity, frozen, (a, 3), (b, 3))
    change(offered, state=State.OFFERED, offered_until=NOW + timedelta(hours=5), offers=1)

    merge(b, a, 4)

    assert states(held, offered) == ["confirmed", "waitlisted"]
    assert (offered.offered_until, counters(a), faults(activity)) == (None, (3, 3), [])


def test_a_closed_pool_takes_nobody_and_is_no_choice(buses, frozen):
    activity, a, b = buses
    merge(a, b, 8)

    with pytest.raises(SignUpRefused):
        sign_up(activity, pool=a)
    assert [pool.id for pool in slot_of(activity).open_pools] == [b.id]
    assert sign_up(activity).pool_id == b.id  # the only one left needs no choice


def test_invitations_to_a_merged_pool_open_the_other(buses, frozen):
    activity, a, b = buses
    for pool in (a, b):
        change(pool, access=Access.INVITATION)
    with transaction():
        letter = Invitation(activity_id=activity.id, pool_id=a.id, code="x" * 12, created_at=NOW)
        db.session.add(letter)

    merge(a, b, 8)

    assert letter.pool_id == b.id


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda _activity, a, b: Merge(a.id, a.id, 9), PoolReason.NOT_TWO),
        (lambda _activity, a, b: Merge(a.id, pool_of(make_activity()).id, 9), PoolReason.NOT_TWO),
        (lambda _activity, a, b: change(a, is_closed=True), PoolReason.CLOSED),
        (lambda _activity, a, b: change(a, access=Access.APPROVAL), PoolReason.OTHER_WAY),
        (lambda _activity, a, b: change(a, quota_question="gender", quota_answer="f"), PoolReason.OTHER_WAY),
        (lambda activity, _a, _b: change(slot_of(activity), starts_at=NOW), PoolReason.PAST),
        (lambda activity, a, _b: change(make_sign_up(activity, pool=a, party_size=4), arrived=1), PoolReason.TOO_FEW),
    ],
)
def test_what_cannot_be_merged_says_why_and_stays(buses, spoil, reason):
    activity, a, b = buses
    asked = spoil(activity, a, b) or Merge(a.id, b.id, 3)

    with pytest.raises(PoolsRefused) as refused, transaction():
        pools.merge(asked, seen="", actor_id=make_staff().id)

    assert refused.value.reason == reason


def test_nobody_is_moved_past_a_draw_that_stands(app, frozen):
    frozen(NOW)
    activity = make_activity(mode=Mode.BALLOT, pools=2, closes_in=-MINUTE)
    make_sign_up(activity, state=State.ENTERED)
    with transaction():
        draws.freeze(slot_of(activity).id, Seed("彩票", "lottery", NOW), actor_id=make_staff().id)

    with pytest.raises(PoolsRefused) as refused:
        pools.simulate_merge(Merge(pool_of(activity, 0).id, pool_of(activity, 1).id, 20), NOW)

    assert refused.value.reason == PoolReason.DRAWN


def test_what_a_merged_pool_was_lent_and_what_it_was_to_get_later_come_to_the_one_that_goes_on(app, frozen):
    frozen(NOW)
    activity = make_activity(capacity=2, pools=3)
    a, b, flex = (pool_of(activity, index) for index in range(3))
    change(flex, is_flex=True)
    first, _second = aboard(activity, frozen, (a, 3), (b, 2))
    with transaction():
        db.session.add_all(
            [PoolBatch(pool_id=pool.id, at=NOW + hours * HOUR, places=1) for pool, hours in ((a, 1), (a, 2), (b, 2))],
        )

    merge(a, b, 5)
    assert [(pool.capacity, pool.borrowed) for pool in (b, flex)] == [(5, 1), (1, 0)]
    with transaction():
        engine.withdraw(first.id)

    assert [(pool.capacity, pool.borrowed) for pool in (b, flex)] == [(4, 0), (2, 0)]
    frozen(NOW + 3 * HOUR)
    with transaction():
        engine.sweep(activity.id)
    assert (b.capacity, a.is_closed, disagreements()) == (7, True, [])


@pytest.mark.parametrize("is_source", [True, False])
def test_a_reserve_is_neither_merged_nor_split(buses, is_source):
    _activity, a, b = buses
    change(a, is_flex=True)
    pair = (a.id, b.id) if is_source else (b.id, a.id)

    for look in (
        lambda: pools.simulate_merge(Merge(*pair, 20), NOW),
        lambda: pools.simulate_split(Split(a.id, 1, 1, "甲", "A", "乙", "B"), NOW),
    ):
        with pytest.raises(PoolsRefused) as refused:
            look()
        assert refused.value.reason == PoolReason.RESERVE


def test_somebody_else_who_could_not_be_kept_now_is_shown_first(buses, frozen):
    activity, a, b = buses
    _first, second = aboard(activity, frozen, (a, 2), (b, 2))
    asked = Merge(a.id, b.id, 2)
    seen = pools.simulate_merge(asked, clock.now())
    assert [party.sign_up_id for party in seen.seating.bumped] == [second.id]
    fill(activity, 1, pool=a)

    with pytest.raises(PoolsRefused) as refused, transaction():
        pools.merge(asked, seen=seen.fingerprint, actor_id=make_staff().id)
    with pytest.raises(PoolsRefused), transaction():
        pools.merge(replace(asked, capacity=3), seen=seen.fingerprint, actor_id=make_staff().id)

    assert (refused.value.reason, a.is_closed, counters(a)) == (PoolReason.CHANGED_MEANWHILE, False, (3, 0))


# -- splitting ----------------------------------------------------------------------------------------------------------------


def test_a_zone_becomes_two_and_the_list_is_dealt_out(app, frozen):
    frozen(NOW)
    activity = make_activity(capacity=6)
    pool = pool_of(activity)
    first, second, third, waits, waits_too = aboard(activity, frozen, *((pool, 2),) * 5)

    done = split(pool, 3, 2)

    fresh = db.session.scalars(select(Pool).where(Pool.slot_id == pool.slot_id, Pool.id != pool.id)).one()
    assert (done.kept, done.moved, done.bumped, done.promoted) == (1, 2, 1, 0)
    assert [one.pool_id for one in (first, second, third, waits, waits_too)] == [pool.id, fresh.id, pool.id, fresh.id, pool.id]
    assert states(first, second, third, waits, waits_too) == ["confirmed", "confirmed", "waitlisted", "waitlisted", "waitlisted"]
    assert (pool.label_zh, pool.capacity, fresh.label_zh, fresh.label_en, fresh.position) == ("甲区", 3, "乙区", "Zone B", 2)
    assert (counters(pool), counters(fresh)) == ((2, 4), (2, 2))
    assert [messages(one)[1:] for one in (first, second, third)] == [[], ["sign_up_pool"], ["sign_up_waitlisted"]]
    assert (faults(activity), disagreements()) == ([], [])


def test_a_split_with_room_takes_those_who_wait_into_the_new_zone(app, frozen):
    frozen(NOW)
    activity = make_activity(capacity=2)
    pool = pool_of(activity)
    held, waits = aboard(activity, frozen, (pool, 2), (pool, 2))

    done = split(pool, 2, 4)

    assert (done.promoted, states(held, waits), waits.pool_id != pool.id) == (1, ["confirmed", "confirmed"], True)
    assert (faults(activity), disagreements()) == ([], [])
