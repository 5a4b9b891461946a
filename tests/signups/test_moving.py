"""Moving to another slot or pool oneself: the old place is kept until the new one is sure."""

from datetime import timedelta

import pytest

from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Access, Overlap, Pool, Slot
from festival.signups import moving
from festival.signups.models import SignUp
from festival.signups.rules import Reason, SignUpRefused
from tests.builders import make_activity, make_person, pool_of
from tests.signups.engine import NOW, add_slot, change, counters, faults, fill, ledger, messages, sign_up, states


@pytest.fixture(autouse=True)
def morning(app, frozen):
    frozen(NOW)


def move(sign_up: SignUp, pool: Pool, revision: int | None = None) -> list[SignUp]:
    with transaction():
        return moving.move_to(sign_up.id, pool.id, revision=revision or sign_up.revision)


def refusal(sign_up: SignUp, pool: Pool, revision: int | None = None) -> Reason:
    with pytest.raises(SignUpRefused) as refused:
        move(sign_up, pool, revision)
    db.session.rollback()
    return refused.value.reason


def pool_in(slot: Slot) -> Pool:
    return db.session.query(Pool).filter_by(slot_id=slot.id).one()


def test_a_party_moves_to_a_free_pool_and_the_list_gets_what_it_leaves(app):
    activity = make_activity(capacity=2, pools=2)
    here, there = pool_of(activity, 0), pool_of(activity, 1)
    party, waiting = fill(activity, 2, 1, pool=here)

    promoted = move(party, there)

    assert [one.id for one in promoted] == [waiting.id]
    assert states(party, waiting) == ["confirmed", "confirmed"]
    assert [counters(here), counters(there)] == [(1, 0), (2, 0)]
    assert [line[:2] for line in ledger(party)[1:]] == [("moved", f"switched:{here.id}->{there.id}")] * 2
    assert messages(party) == ["sign_up_confirmed", "sign_up_confirmed #2"]
    assert faults(activity) == []


def test_whoever_finds_no_room_or_a_list_keeps_the_place(app):
    activity = make_activity(capacity=2, pools=2)
    here, there = pool_of(activity, 0), pool_of(activity, 1)
    party = sign_up(activity, pool=here, party_size=2)
    fill(activity, 1, pool=there)

    assert refusal(party, there) == Reason.FULL
    assert states(party) == ["confirmed"]
    assert [counters(here), counters(there)] == [(2, 0), (1, 0)]


def test_who_waits_joins_the_other_list_at_its_end_or_takes_a_place_that_nobody_waits_for(app):
    activity = make_activity(capacity=1, pools=3)
    here, full, free = (pool_of(activity, index) for index in range(3))
    _holds, first, second = fill(activity, 1, 1, 1, pool=here)
    _other, waits_there = fill(activity, 1, 1, pool=full)

    move(first, full)
    move(second, free)

    assert states(first, second, waits_there) == ["waitlisted", "confirmed", "waitlisted"]
    assert [counters(pool) for pool in (here, full, free)] == [(1, 0), (1, 2), (1, 0)]
    assert waits_there.joined_at < first.joined_at
    assert faults(activity) == []


def test_moving_below_the_same_ceiling_needs_no_room_below_it(app):
    activity = make_activity(capacity=2, pools=2, approved_ceiling=2)
    party = sign_up(activity, pool=pool_of(activity, 0), party_size=2)

    move(party, pool_of(activity, 1))

    assert states(party) == ["confirmed"]
    assert faults(activity) == []


def test_what_was_given_by_review_draw_quota_or_invitation_stays_where_it_is(app):
    for field in ({"access": Access.APPROVAL}, {"quota_question": "gender", "quota_answer": "m"}, {"is_flex": True}):
        activity = make_activity(pools=2)
        party = sign_up(activity, pool=pool_of(activity, 0))
        change(pool_of(activity, 1), **field)
        assert refusal(party, pool_of(activity, 1)) == (Reason.STAYS if "quota_question" in field else Reason.UNKNOWN_POOL)
        change(pool_of(activity, 0), **field)
        change(pool_of(activity, 1), access=Access.OPEN, quota_question=None, quota_answer=None, is_flex=False)
        assert refusal(party, pool_of(activity, 1)) == Reason.STAYS


def test_nobody_moves_into_what_was_a_reserve_beside_quotas(app):
    activity = make_activity(pools=3)
    men, women, reserve = (pool_of(activity, number) for number in range(3))
    change(men, quota_question="gender", quota_answer="m")
    change(women, quota_question="gender", quota_answer="f")
    party = sign_up(activity, pool=men, answers={"gender": "m"})

    assert moving.targets(party, clock.now()) == []
    assert refusal(party, reserve) == Reason.STAYS
    with pytest.raises(SignUpRefused) as refused, transaction():
        moving.move_by_staff(party.id, reserve.id, actor_id=make_person().id)
    assert refused.value.reason == Reason.INELIGIBLE


def test_a_move_is_judged_by_the_windows_of_both_times_and_by_what_else_one_holds(app, frozen):
    activity = make_activity(closes_in=None)
    change(activity, cancel_hours_before=24, overlap=Overlap.BLOCK)
    later = add_slot(activity, starts_in=timedelta(days=7))
    not_yet = add_slot(activity, starts_in=timedelta(days=9))
    change(not_yet, opens_at=clock.now() + timedelta(days=2))
    person = make_person()
    party = sign_up(activity, person, slot=db.session.get_one(Slot, pool_of(activity).slot_id))
    other = sign_up(make_activity(starts_in=timedelta(days=7, hours=1), closes_in=None), person)

    assert refusal(party, pool_in(not_yet)) == Reason.NOT_OPEN
    assert refusal(party, pool_in(later)) == Reason.OVERLAP
    assert refusal(party, pool_of(make_activity())) == Reason.UNKNOWN_POOL
    assert refusal(party, pool_in(later), revision=99) == Reason.CHANGED_MEANWHILE
    frozen(NOW + timedelta(days=4, hours=1))
    assert refusal(party, pool_in(later)) == Reason.TOO_LATE
    assert states(party, other) == ["confirmed", "confirmed"]


def test_the_pages_list_of_targets_says_what_the_engine_would(app):
    activity = make_activity(capacity=2, pools=3)
    party = sign_up(activity, pool=pool_of(activity, 0), party_size=2)
    fill(activity, 1, pool=pool_of(activity, 1))

    found = moving.targets(party, clock.now())

    assert [(target.pool.position, target.room, target.reason) for target in found] == [(2, 1, Reason.FULL), (3, 2, None)]


def test_nobody_moves_into_a_list_that_the_approved_number_would_never_let_them_leave(app):
    activity = make_activity(capacity=2)
    later = add_slot(activity, starts_in=timedelta(days=7), approved_ceiling=1)
    party = sign_up(activity, slot=db.session.get_one(Slot, pool_of(activity).slot_id), party_size=2)

    assert refusal(party, pool_in(later)) == Reason.CEILING
