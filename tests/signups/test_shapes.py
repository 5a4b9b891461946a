"""Pools of many shapes: batches, a reserve that lends, quotas in balance, smaller parties that may pass."""

from datetime import timedelta

import pytest

from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Activity, Pool, PoolBatch
from festival.signups import queries, sweep
from festival.signups.models import SignUp
from festival.signups.rules import Reason, SignUpRefused
from tests.builders import make_activity, make_staff, pool_of
from tests.roster.desk import add_child, at_the_desk, slot_of
from tests.signups.engine import (
    NOW,
    change,
    counters,
    edit,
    faults,
    fill,
    ledger,
    messages,
    set_capacity,
    sign_up,
    states,
    withdraw,
)


@pytest.fixture(autouse=True)
def morning(app, frozen):
    frozen(NOW)


def add_batch(pool: Pool, places: int, *, comes_in: timedelta) -> PoolBatch:
    with transaction():
        batch = PoolBatch(pool_id=pool.id, at=clock.now() + comes_in, places=places)
        db.session.add(batch)
    return batch


def with_reserve(capacity: int, reserve: int) -> tuple[Activity, Pool, Pool, Pool]:
    """Return an activity with two pools and a reserve that lends to them."""
    activity = make_activity(capacity=capacity, pools=3)
    first, second, flex = (pool_of(activity, index) for index in range(3))
    change(flex, is_flex=True, capacity=reserve)
    return activity, first, second, flex


def balanced(capacity: int, tolerance: int) -> tuple[Activity, Pool, Pool]:
    """Return an activity with two quotas that keep in balance."""
    activity = make_activity(capacity=capacity, pools=2)
    men, women = pool_of(activity, 0), pool_of(activity, 1)
    change(men, quota_question="gender", quota_answer="m")
    change(women, quota_question="gender", quota_answer="f")
    change(activity, balance_tolerance=tolerance)
    return activity, men, women


def come(activity: Activity, *genders: str) -> list[SignUp]:
    return [sign_up(activity, answers={"gender": gender}) for gender in genders]


# -- batches -----------------------------------------------------------------------------------------------------------


def test_a_batch_is_there_at_its_second_and_goes_to_the_list_first(app, frozen):
    activity = make_activity(capacity=1)
    batch = add_batch(pool_of(activity), 2, comes_in=timedelta(hours=1))
    confirmed, waiting = fill(activity, 1, 1)

    frozen(NOW + timedelta(minutes=59, seconds=59))
    assert sweep.sweep_due() == 0
    frozen(NOW + timedelta(hours=1))
    newcomer = sign_up(activity)

    assert states(confirmed, waiting, newcomer) == ["confirmed", "confirmed", "confirmed"]
    assert pool_of(activity).capacity == 3
    assert batch.released_at == NOW + timedelta(hours=1)
    assert ledger(waiting)[-1] == ("promoted", "batch", "waitlisted", "confirmed", 1, 1, 2)
    assert messages(waiting) == ["sign_up_waitlisted", "sign_up_promoted"]
    assert faults(activity) == []


def test_a_batch_comes_by_the_sweep_when_nobody_acts_and_only_once(app, frozen):
    activity = make_activity(capacity=1)
    add_batch(pool_of(activity), 1, comes_in=timedelta(hours=1))
    _confirmed, waiting = fill(activity, 1, 1)

    frozen(NOW + timedelta(hours=2))

    assert [sweep.sweep_due(), sweep.sweep_due()] == [1, 0]
    assert states(waiting) == ["confirmed"]
    assert (pool_of(activity).capacity, counters(pool_of(activity))) == (2, (2, 0))


def test_a_party_too_large_for_the_first_batch_may_wait_for_the_next(app):
    activity = make_activity(capacity=2)
    add_batch(pool_of(activity), 3, comes_in=timedelta(hours=1))

    assert states(sign_up(activity, party_size=4)) == ["waitlisted"]
    change(activity, party_max=9)
    with pytest.raises(SignUpRefused) as refused:
        sign_up(activity, party_size=6)
    assert refused.value.reason == Reason.PARTY_TOO_LARGE


# -- the reserve -------------------------------------------------------------------------------------------------------


def test_the_reserve_lends_to_whichever_pool_runs_out_first_and_the_sum_stays(app):
    activity, first, second, flex = with_reserve(capacity=2, reserve=3)

    held = [sign_up(activity, pool=pool, party_size=size) for pool, size in ((first, 2), (first, 2), (second, 3))]
    late = sign_up(activity, pool=second)

    assert states(*held, late) == ["confirmed", "confirmed", "confirmed", "waitlisted"]
    assert [(pool.capacity, pool.taken, pool.borrowed) for pool in (first, second, flex)] == [(4, 4, 2), (3, 3, 1), (0, 0, 0)]
    assert faults(activity) == []


def test_lent_places_go_to_the_pools_own_list_first_then_back_to_the_reserve(app):
    activity, first, second, flex = with_reserve(capacity=1, reserve=1)
    one, other = (sign_up(activity, pool=first) for _ in range(2))
    waits_here, waits_there = sign_up(activity, pool=first), sign_up(activity, pool=second, party_size=2)

    withdraw(one)
    assert states(waits_here, waits_there) == ["confirmed", "waitlisted"]
    withdraw(other)

    assert states(waits_here, waits_there) == ["confirmed", "confirmed"]
    assert [(pool.capacity, pool.taken, pool.borrowed) for pool in (first, second, flex)] == [(1, 1, 0), (2, 2, 1), (0, 0, 0)]
    assert faults(activity) == []


def test_a_growing_party_and_an_offer_borrow_like_anybody_else(app):
    activity, first, _second, flex = with_reserve(capacity=1, reserve=2)
    party = sign_up(activity, pool=first)

    edit(party, party_size=3)

    assert [(pool.capacity, pool.taken) for pool in (first, flex)] == [(3, 3), (0, 0)]
    assert faults(activity) == []


def test_nobody_signs_up_for_the_reserve_itself(app):
    activity, _first, _second, flex = with_reserve(capacity=1, reserve=2)

    with pytest.raises(SignUpRefused) as refused:
        sign_up(activity, pool=flex)

    assert refused.value.reason == Reason.UNKNOWN_POOL


def test_what_an_offer_leaves_of_lent_places_reaches_the_other_list_at_once(app):
    activity, first, second, flex = with_reserve(capacity=2, reserve=2)
    large = sign_up(activity, pool=first, party_size=4)
    small, there = sign_up(activity, pool=first), sign_up(activity, pool=second, party_size=4)
    assert states(large, small, there) == ["confirmed", "waitlisted", "waitlisted"]

    withdraw(large)

    assert states(small, there) == ["confirmed", "confirmed"]
    assert [(pool.capacity, pool.taken, pool.borrowed) for pool in (first, second, flex)] == [(2, 1, 0), (4, 4, 2), (0, 0, 0)]


@pytest.mark.parametrize(
    ("capacity", "expected"),
    [(3, [(3, 2), (0, 0)]), (1, [(1, 1), (0, 0)]), (0, [(0, 0), (0, 0)]), (None, [(None, 0), (2, 0)])],
)
def test_a_new_capacity_takes_a_pools_own_places_first_and_no_limit_gives_all_lent_ones_back(app, capacity, expected):
    activity, first, _second, flex = with_reserve(capacity=2, reserve=2)
    fill(activity, 2, 1, 1, pool=first)
    withdraw(sign_up(activity, pool=first))  # waited, and left

    set_capacity(first, capacity, actor_id=make_staff().id)

    assert [(pool.capacity, pool.borrowed) for pool in (first, flex)] in (expected, [(4, 2), (0, 0)])
    assert [(pool.capacity, pool.borrowed) for pool in (first, flex)] == expected


def test_a_reserve_is_never_without_a_limit(app):
    activity, _first, _second, flex = with_reserve(capacity=2, reserve=2)
    desk = at_the_desk(app)
    action = f"/manage/pools/{flex.id}/capacity"
    page = desk.post_form(desk.get(f"/manage/activities/{activity.slug}/"), {"capacity": "-"}, action=action)

    answer = desk.post_form(page, {"capacity": "", "unlimited": "y"}, action=action)
    with pytest.raises(SignUpRefused):
        set_capacity(flex, None, actor_id=make_staff().id)

    db.session.rollback()
    assert (answer.status, "机动名额必须是一个数" in answer.words, flex.capacity) == (422, True, 2)


# -- balance -----------------------------------------------------------------------------------------------------------


def test_a_quota_waits_while_it_is_ahead_by_the_tolerance_and_moves_up_with_the_other(app):
    activity, men, women = balanced(capacity=5, tolerance=1)

    first, second, third = come(activity, "m", "m", "m")
    assert states(first, second, third) == ["confirmed", "waitlisted", "waitlisted"]
    her = come(activity, "f")[0]

    assert states(first, second, third, her) == ["confirmed", "confirmed", "waitlisted", "confirmed"]
    assert ledger(second)[-1][:2] == ("promoted", f"balanced_by:{her.id}")
    assert [counters(pool) for pool in (men, women)] == [(2, 1), (1, 0)]


def test_without_any_tolerance_two_move_up_as_a_pair(app):
    activity, men, women = balanced(capacity=5, tolerance=0)

    him, second = come(activity, "m", "m")
    assert states(him) == ["waitlisted"]
    her = come(activity, "f")[0]

    assert states(him, second, her) == ["confirmed", "waitlisted", "confirmed"]
    assert [counters(pool) for pool in (men, women)] == [(1, 1), (1, 0)]


def test_who_leaves_is_replaced_from_the_own_list_and_never_out_of_balance(app):
    activity, men, women = balanced(capacity=2, tolerance=1)
    him, her, second_man, second_woman, third_man = come(activity, "m", "f", "m", "f", "m")
    assert states(him, her, second_man, second_woman, third_man) == ["confirmed"] * 4 + ["waitlisted"]

    withdraw(her)
    withdraw(second_woman)
    withdraw(him)

    assert states(second_man, third_man) == ["confirmed", "waitlisted"]
    assert [counters(pool) for pool in (men, women)] == [(1, 1), (0, 0)]


def test_two_who_balance_each_other_move_up_only_where_the_reserve_lends_to_both(app):
    activity = make_activity(capacity=1, pools=3)
    men, women, flex = (pool_of(activity, index) for index in range(3))
    change(men, quota_question="gender", quota_answer="m")
    change(women, quota_question="gender", quota_answer="f")
    change(flex, is_flex=True, capacity=1)
    change(activity, balance_tolerance=0)
    come(activity, "m", "f")
    him, her = come(activity, "m", "f")
    assert states(him, her) == ["waitlisted", "waitlisted"]

    set_capacity(flex, 2, actor_id=make_staff().id)

    assert states(him, her) == ["confirmed", "confirmed"]
    assert [(pool.capacity, pool.borrowed) for pool in (men, women, flex)] == [(2, 1), (2, 1), (0, 0)]


def test_two_who_balance_each_other_do_not_overtake_whom_only_the_approved_number_keeps_out(app):
    activity, _men, _women = balanced(capacity=5, tolerance=0)
    session = slot_of(activity)
    change(session, approved_ceiling=4)
    entry = add_child(session, starts_in=timedelta(), lasts=timedelta(hours=1))
    _holds, large = (sign_up(activity, slot=entry, party_size=size) for size in (2, 3))

    him, her = (sign_up(activity, slot=session, answers={"gender": gender}) for gender in "mf")

    assert states(large, him, her) == ["waitlisted"] * 3
    set_capacity(pool_of(activity), 6, actor_id=make_staff().id)
    assert states(large, him, her) == ["waitlisted"] * 3


# -- smaller parties may pass ------------------------------------------------------------------------------------------


def test_smaller_parties_pass_a_larger_one_only_where_they_may_and_each_skip_is_written(app):
    strict, loose = make_activity(capacity=3), make_activity(capacity=3)
    change(loose, smaller_may_pass=True)
    outcomes = []
    for activity in (strict, loose):
        _stays, leaves, large, small = fill(activity, 2, 1, 3, 1)
        withdraw(leaves)
        outcomes.append((states(large, small), [line[:2] for line in ledger(large)]))

    assert outcomes == [
        (["waitlisted", "waitlisted"], [("signed_up", "waitlisted")]),
        (["waitlisted", "confirmed"], [("signed_up", "waitlisted"), ("skipped", "too_large:1")]),
    ]
    assert faults(strict) == []


def test_a_small_newcomer_gets_what_the_head_of_the_list_is_too_large_for(app):
    activity = make_activity(capacity=3)
    change(activity, smaller_may_pass=True)
    _stays, large = fill(activity, 2, 3)

    small = sign_up(activity)

    assert states(large, small) == ["waitlisted", "confirmed"]
    assert queries.position(large) == 1
    assert ledger(small)[-1][:2] == ("promoted", "queue")
    set_capacity(pool_of(activity), 6, actor_id=make_staff().id)
    assert states(large) == ["confirmed"]
