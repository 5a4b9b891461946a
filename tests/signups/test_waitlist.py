"""Places that become free: who gets them, when, how often they are told, and what the ledger says."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from festival.audit.models import AuditEntry
from festival.lib.db import db, transaction
from festival.lib.errors import NotFound
from festival.programme.models import ActivityStatus, Promotion, Slot, SlotStatus
from festival.signups import queries, service
from festival.signups.rules import Reason, SignUpRefused, State
from tests.builders import make_activity, make_person, make_sign_up, make_staff, pool_of
from tests.signups.engine import (
    NOW,
    add_slot,
    change,
    confirm,
    counters,
    faults,
    fill,
    ledger,
    messages,
    remove,
    sign_up,
    states,
    withdraw,
)


@pytest.fixture(autouse=True)
def morning(app, frozen):
    frozen(NOW)


# -- withdrawing --------------------------------------------------------------------------------------------------------------


def test_withdrawing_promotes_the_heads_of_the_list_in_the_same_transaction(app):
    activity = make_activity(capacity=2)
    leaving, first, second, third = fill(activity, 2, 1, 1, 1)

    promoted = withdraw(leaving)

    assert [one.id for one in promoted] == [first.id, second.id]
    assert states(leaving, first, second, third) == ["withdrawn", "confirmed", "confirmed", "waitlisted"]
    assert counters(pool_of(activity)) == (2, 1)
    assert queries.position(third) == 1
    assert faults(activity) == []


def test_each_promotion_is_one_ledger_line_and_one_message(app):
    activity = make_activity(capacity=2)
    leaving, first, second = fill(activity, 2, 1, 1)

    withdraw(leaving)

    released = f"released_by:{leaving.id}"
    assert ledger(leaving, first, second)[3:] == [
        ("withdrawn", "withdrawn", "confirmed", "withdrawn", 2, 2, 0),
        ("promoted", released, "waitlisted", "confirmed", 1, 0, 1),
        ("promoted", released, "waitlisted", "confirmed", 1, 1, 2),
    ]
    assert messages(leaving) == ["sign_up_confirmed", "sign_up_withdrawn"]
    assert messages(first) == messages(second) == ["sign_up_waitlisted", "sign_up_promoted"]


def test_a_party_that_does_not_fit_whole_waits_and_keeps_those_behind_it_waiting(app):
    activity = make_activity(capacity=3)
    leaving, _, big, small = fill(activity, 1, 2, 2, 1)

    assert withdraw(leaving) == []

    assert states(big, small) == ["waitlisted", "waitlisted"]
    assert faults(activity) == []


def test_leaving_the_list_frees_nothing_but_lets_smaller_parties_behind_pass(app):
    activity = make_activity(capacity=3)
    _, big, small, other = fill(activity, 2, 2, 1, 1)

    promoted = withdraw(big)

    assert [one.id for one in promoted] == [small.id]
    assert states(big, small, other) == ["withdrawn", "confirmed", "waitlisted"]
    assert ledger(big)[-1] == ("withdrawn", "withdrawn", "waitlisted", "withdrawn", 2, 2, 2)
    assert faults(activity) == []


def test_withdrawing_twice_changes_nothing_more(app):
    activity = make_activity(capacity=1)
    leaving, first, second = fill(activity, 1, 1, 1)
    withdraw(leaving)

    assert withdraw(leaving) == []

    assert states(first, second) == ["confirmed", "waitlisted"]
    assert messages(leaving) == ["sign_up_confirmed", "sign_up_withdrawn"]


@pytest.mark.parametrize("state", [State.REMOVED, State.REJECTED, State.EXPIRED, State.ATTENDED, State.NO_SHOW])
def test_what_has_ended_or_was_used_cannot_be_withdrawn(app, state):
    made = make_sign_up(make_activity(), state=state)

    with pytest.raises(SignUpRefused) as caught:
        withdraw(made)

    assert caught.value.reason == Reason.NOT_LIVE


def test_a_sign_up_that_does_not_exist_is_not_found(app):
    for act in (service.withdraw, service.confirm):
        with pytest.raises(NotFound), transaction():
            act(1)


def test_a_place_can_be_given_back_until_just_before_the_agreed_time_and_the_list_left_until_the_start(app, frozen):
    activity = make_activity(capacity=1, starts_in=timedelta(days=2))
    change(activity, cancel_until=NOW + timedelta(days=1))
    placed, waiting = fill(activity, 1, 1)

    frozen(NOW + timedelta(days=1))
    with pytest.raises(SignUpRefused) as caught:
        withdraw(placed)
    frozen(NOW + timedelta(days=2) - timedelta(microseconds=1))
    withdraw(waiting)

    assert caught.value.reason == Reason.TOO_LATE
    assert states(placed, waiting) == ["confirmed", "withdrawn"]
    frozen(NOW + timedelta(days=1) - timedelta(microseconds=1))
    withdraw(placed)
    assert states(placed) == ["withdrawn"]


def test_hours_before_the_slot_bound_giving_back_where_slots_have_their_own_time(app, frozen):
    activity = make_activity(starts_in=timedelta(days=2))
    change(activity, cancel_hours_before=24)
    made = sign_up(activity)

    frozen(NOW + timedelta(days=1))
    with pytest.raises(SignUpRefused) as caught:
        withdraw(made)
    frozen(NOW + timedelta(days=1) - timedelta(microseconds=1))
    withdraw(made)

    assert caught.value.reason == Reason.TOO_LATE
    assert states(made) == ["withdrawn"]


def test_pending_and_entered_sign_ups_can_be_withdrawn_and_free_nothing(app):
    activity = make_activity(capacity=1)
    pending, entered = (make_sign_up(activity, state=state) for state in (State.PENDING, State.ENTERED))

    assert [withdraw(pending), withdraw(entered)] == [[], []]
    assert states(pending, entered) == ["withdrawn", "withdrawn"]


def test_a_removal_tells_the_reason_is_recorded_and_serves_the_list(app):
    activity, member = make_activity(capacity=1), make_staff()
    member_id = member.id
    removed, waiting = fill(activity, 1, 1)

    promoted = remove(removed, "重复报名", member_id)

    assert [one.id for one in promoted] == [waiting.id]
    assert states(removed, waiting) == ["removed", "confirmed"]
    assert removed.reason == "重复报名"
    assert messages(removed)[-1] == "sign_up_removed"
    assert ledger(removed)[-1] == ("removed", "removed", "confirmed", "removed", 1, 1, 0)
    entry = db.session.scalars(sa.select(AuditEntry)).one()
    assert (entry.action, entry.actor_id, entry.subject_id, entry.reason) == ("sign_up.remove", member_id, removed.id, "重复报名")
    with pytest.raises(SignUpRefused) as caught:
        remove(removed, "again", member_id)
    assert caught.value.reason == Reason.NOT_LIVE


# -- where and when nobody is promoted ----------------------------------------------------------------------------------------


def test_nobody_is_promoted_from_the_cutoff_on(app, frozen):
    activity = make_activity(capacity=1, starts_in=timedelta(hours=5))
    first, second, third = fill(activity, 1, 1, 1)

    frozen(NOW + timedelta(hours=3) - timedelta(microseconds=1))
    withdraw(first)
    frozen(NOW + timedelta(hours=3))
    withdraw(second)

    assert states(first, second, third) == ["withdrawn", "withdrawn", "waitlisted"]
    assert counters(pool_of(activity)) == (0, 1)


@pytest.mark.parametrize("status", [ActivityStatus.POSTPONED, ActivityStatus.CANCELLED])
def test_nobody_is_promoted_while_the_activity_is_called_off(app, status):
    activity = make_activity(capacity=1)
    first, second = fill(activity, 1, 1)
    change(activity, status=status)

    withdraw(first)

    assert states(first, second) == ["withdrawn", "waitlisted"]


def test_nobody_is_promoted_in_a_slot_that_is_called_off(app):
    activity = make_activity(capacity=1)
    first, second = fill(activity, 1, 1)
    change(db.session.get_one(Slot, pool_of(activity).slot_id), status=SlotStatus.POSTPONED)

    withdraw(first)

    assert states(first, second) == ["withdrawn", "waitlisted"]


def test_a_place_below_the_ceiling_goes_to_whoever_waited_longest_over_all_pools(app):
    activity = make_activity(capacity=5, pools=2, approved_ceiling=4)
    zone_a, zone_b = pool_of(activity, 0), pool_of(activity, 1)
    leaving = sign_up(activity, party_size=4, pool=zone_a)
    waiting_b = sign_up(activity, party_size=3, pool=zone_b)
    waiting_a = sign_up(activity, party_size=1, pool=zone_a)
    last_a = sign_up(activity, party_size=1, pool=zone_a)

    promoted = withdraw(leaving)

    assert [one.id for one in promoted] == [waiting_b.id, waiting_a.id]
    assert states(last_a) == ["waitlisted"]
    assert faults(activity) == []


def test_where_only_the_ceiling_is_short_small_parties_do_not_overtake_for_ever(app):
    activity = make_activity(capacity=5, pools=2, approved_ceiling=4)
    zone_a, zone_b = pool_of(activity, 0), pool_of(activity, 1)
    leaving, _ = fill(activity, 1, 3, pool=zone_a)
    big = sign_up(activity, party_size=3, pool=zone_b)
    small = sign_up(activity, party_size=1, pool=zone_a)

    assert withdraw(leaving) == []
    assert states(big, small) == ["waitlisted", "waitlisted"]


def test_a_place_in_one_entry_of_a_day_serves_that_entrys_list_alone(app):
    activity = make_activity(kind="exhibition")
    day = db.session.get_one(Slot, pool_of(activity).slot_id)
    early, late = (add_slot(activity, parent=day, starts_in=timedelta(days=5, hours=hour), capacity=1) for hour in (0, 2))
    first, waits_early = sign_up(activity, slot=early), sign_up(activity, slot=early)
    _, waits_late = sign_up(activity, slot=late), sign_up(activity, slot=late)

    promoted = withdraw(first)

    assert [one.id for one in promoted] == [waits_early.id]
    assert states(waits_late) == ["waitlisted"]


# -- offers -------------------------------------------------------------------------------------------------------------------


def make_offering(capacity: int = 1, **more):
    """Return an activity whose free places are offered and must be taken."""
    activity = make_activity(capacity=capacity, **more)
    change(activity, promotion=Promotion.OFFER)
    return activity


def test_an_offer_holds_the_place_for_twelve_waking_hours(app):
    activity = make_offering()
    leaving, first, second = fill(activity, 1, 1, 1)

    withdraw(leaving)

    assert states(first, second) == ["offered", "waitlisted"]
    assert first.offered_until == NOW + timedelta(hours=12)  # 10:00 to 22:00
    assert counters(pool_of(activity)) == (1, 1)
    assert ledger(first)[-1] == ("offered", f"released_by:{leaving.id}", "waitlisted", "offered", 1, 0, 1)
    assert messages(first) == ["sign_up_waitlisted", "sign_up_offered"]
    assert faults(activity) == []


def test_the_night_does_not_count_and_the_cutoff_caps_an_offer(app, frozen):
    activity = make_offering(starts_in=timedelta(hours=25))
    leaving, first = fill(activity, 1, 1)
    frozen(NOW + timedelta(hours=10))  # 20:00: two hours are left today, three tomorrow until the cutoff at 9:00

    withdraw(leaving)

    db.session.rollback()
    assert first.offered_until == NOW + timedelta(hours=23)


def test_an_offer_is_taken_by_its_owner_though_the_pool_is_full(app):
    activity = make_offering()
    leaving, first = fill(activity, 1, 1)
    withdraw(leaving)

    confirm(first)

    assert states(first) == ["confirmed"]
    assert first.offered_until is None
    assert counters(pool_of(activity)) == (1, 0)
    assert ledger(first)[-1] == ("confirmed", "offer_taken", "offered", "confirmed", 1, 1, 1)
    assert messages(first)[-1] == "sign_up_confirmed"


def test_taking_an_offer_twice_changes_nothing_more(app):
    activity = make_offering()
    leaving, first = fill(activity, 1, 1)
    withdraw(leaving)
    confirm(first)

    assert confirm(first).state == State.CONFIRMED
    assert messages(first).count("sign_up_confirmed") == 1


def test_an_offer_can_be_taken_until_just_before_its_deadline(app, frozen):
    activity = make_offering()
    leaving, first, second = fill(activity, 1, 1, 1)
    withdraw(leaving)

    frozen(NOW + timedelta(hours=12))
    with pytest.raises(SignUpRefused) as caught:
        confirm(first)
    frozen(NOW + timedelta(hours=12) - timedelta(microseconds=1))
    confirm(first)

    assert caught.value.reason == Reason.NO_OFFER
    assert states(first, second) == ["confirmed", "waitlisted"]


def test_a_lapsed_offer_goes_to_the_end_of_the_list_once_and_then_out(app, frozen):
    activity = make_offering()
    leaving, first, second = fill(activity, 1, 1, 1)
    withdraw(leaving)

    frozen(NOW + timedelta(hours=12))
    lapse(activity)
    assert states(first, second) == ["waitlisted", "offered"]
    assert queries.position(first) == 1
    frozen(NOW + timedelta(days=1, hours=12))
    lapse(activity)
    assert states(first, second) == ["offered", "waitlisted"]
    frozen(NOW + timedelta(days=2, hours=12))
    lapse(activity)
    assert states(first, second) == ["expired", "offered"]

    assert messages(first) == [
        "sign_up_waitlisted",
        "sign_up_offered",
        "sign_up_expired",
        "sign_up_offered #2",
        "sign_up_expired #2",
    ]
    assert [line[:4] for line in ledger(first)[2:]] == [
        ("expired", "offer_lapsed", "offered", "waitlisted"),
        ("offered", "offer_lapsed", "waitlisted", "offered"),
        ("expired", "offer_lapsed", "offered", "expired"),
    ]
    assert faults(activity) == []


def lapse(activity) -> None:
    """Let time do its work on an activity."""
    with transaction():
        service.sweep(activity.id)


def test_the_end_of_the_list_is_behind_whoever_joined_at_the_same_instant(app, frozen):
    activity = make_offering()
    leaving, first = fill(activity, 1, 1)
    withdraw(leaving)
    frozen(NOW + timedelta(hours=12) - timedelta(microseconds=1))
    second = sign_up(activity)
    change(second, joined_at=NOW + timedelta(hours=12), priority=3)

    frozen(NOW + timedelta(hours=12))
    lapse(activity)

    assert states(first, second) == ["waitlisted", "offered"]


def test_a_newcomer_joins_behind_all_whose_offers_lapsed_at_that_very_instant(app, frozen):
    activity = make_offering(capacity=2)
    leaving, first, second, third = fill(activity, 2, 1, 1, 2)
    withdraw(leaving)

    frozen(NOW + timedelta(hours=12))
    newcomer = sign_up(activity)

    assert states(first, second, third, newcomer) == ["waitlisted", "waitlisted", "offered", "waitlisted"]
    assert [queries.position(one) for one in (first, second, newcomer)] == [1, 2, 3]


def test_an_overdue_offer_lapses_before_anything_is_decided_for_a_newcomer(app, frozen):
    activity = make_offering(starts_in=timedelta(days=9))
    leaving, first = fill(activity, 1, 1)
    withdraw(leaving)
    change(first, offers=2)

    frozen(NOW + timedelta(hours=12))
    newcomer = sign_up(activity)

    assert states(first, newcomer) == ["expired", "confirmed"]


def test_whoever_lets_an_offer_lapse_while_nobody_else_waits_gets_the_next_one_at_once(app, frozen):
    activity = make_offering()
    leaving, only = fill(activity, 1, 1)
    withdraw(leaving)

    frozen(NOW + timedelta(hours=12))
    confirm(only)

    assert states(only) == ["confirmed"]
    assert [line[0] for line in ledger(only)] == ["signed_up", "offered", "expired", "offered", "confirmed"]


def test_being_forgotten_gives_back_whatever_is_left_also_late_or_when_an_offer_has_just_run_out(app, frozen):
    activity = make_offering(starts_in=timedelta(days=3))
    change(activity, cancel_until=NOW)
    leaving, first = fill(activity, 1, 1)
    with transaction():
        service.withdraw(leaving.id, even_late=True)
    change(first, offers=2)

    frozen(NOW + timedelta(hours=12))
    with transaction():
        assert service.withdraw(first.id, even_late=True) == []

    assert states(leaving, first) == ["withdrawn", "expired"]


def test_an_offer_can_be_declined_by_withdrawing_and_goes_to_the_next(app):
    activity = make_offering()
    leaving, first, second = fill(activity, 1, 1, 1)
    withdraw(leaving)

    withdraw(first)

    assert states(first, second) == ["withdrawn", "offered"]
    assert faults(activity) == []


def test_whoever_waits_or_is_confirmed_has_no_offer_to_take(app):
    activity = make_offering()
    _, waiting = fill(activity, 1, 1)

    with pytest.raises(SignUpRefused) as caught:
        confirm(waiting)

    assert caught.value.reason == Reason.NO_OFFER


def test_a_promotion_by_somebody_elses_withdrawal_raises_the_revision_of_the_promoted(app):
    activity = make_activity(capacity=1)
    leaving, waiting = fill(activity, 1, 1)
    db.session.rollback()
    before = (waiting.revision, waiting.updated_at)

    withdraw(leaving)

    db.session.rollback()
    assert waiting.revision == before[0] + 1
    assert waiting.updated_at > before[1]
    assert make_person().id != waiting.person_id
