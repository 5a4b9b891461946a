"""Calling off, postponing, taking up again, and the weather plan: what is written, who is told, and that it is done once."""

from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import select

from festival.lib import clock
from festival.lib.db import db, transaction
from festival.plans import service
from festival.plans.rules import STEPS, Facts, Standing, Step, StepReason, StepRefused, refusal
from festival.programme.models import ActivityStatus, Festival, Promotion, SlotStatus
from festival.programme.service import SlotEdit, Span, Why
from festival.signups import service as engine
from festival.signups.changed import choice_of
from festival.signups.models import LedgerEntry
from festival.signups.rules import Reason, SignUpRefused, State
from tests.builders import make_activity, make_sign_up, make_staff, pool_of
from tests.roster.desk import add_child, entries, slot_of
from tests.signups.engine import NOW, add_slot, change, counters, faults, fill, ledger, messages, sign_up, states

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WIND = Why("大风", "Strong wind")
CONCERNED = (State.PENDING, State.ENTERED, State.OFFERED, State.CONFIRMED, State.WAITLISTED, State.ATTENDED)


@pytest.fixture(autouse=True)
def _at_ten(request):
    if "app" in request.fixturenames:
        request.getfixturevalue("app")
        request.getfixturevalue("frozen")(NOW)


def step(what, activity, slot=None, why=WIND):
    with transaction():
        return service.take_step(activity.id, slot.id if slot else None, what, why, actor_id=make_staff().id)


def pool_lines(activity):
    db.session.rollback()
    rows = db.session.scalars(select(LedgerEntry).where(LedgerEntry.activity_id == activity.id, LedgerEntry.sign_up_id.is_(None)))
    return [(row.what, row.why, row.taken_before, row.taken_after) for row in rows]


# -- what may follow what --------------------------------------------------------------------------------------------------------

AHEAD = Facts(Standing.ON, NOW + HOUR, NOW + 2 * HOUR, backup_at=NOW + DAY)


def test_each_step_can_be_taken_from_where_it_is_drawn_and_from_nowhere_else():
    can = {
        (standing, what)
        for standing, what in product(Standing, Step)
        if refusal(what, Facts(standing, AHEAD.starts_at, AHEAD.ends_at, backup_at=AHEAD.backup_at), NOW) is None
    }

    assert can == {(standing, what) for standing, steps in STEPS.items() for what in steps}
    assert can == {
        (Standing.ON, Step.CANCEL),
        (Standing.ON, Step.POSTPONE),
        (Standing.ON, Step.BACKUP),
        (Standing.POSTPONED, Step.CANCEL),
        (Standing.POSTPONED, Step.RESUME),
        (Standing.POSTPONED, Step.BACKUP),
        (Standing.CANCELLED, Step.RESUME),
    }


@pytest.mark.parametrize(
    ("standing", "what", "at", "reason"),
    [
        (Standing.ON, Step.CANCEL, NOW + 2 * HOUR, StepReason.OVER),
        (Standing.ON, Step.POSTPONE, NOW + 2 * HOUR, StepReason.OVER),
        (Standing.ON, Step.BACKUP, NOW + 2 * HOUR, StepReason.OVER),
        (Standing.CANCELLED, Step.RESUME, NOW + HOUR, StepReason.OVER),
        (Standing.POSTPONED, Step.RESUME, NOW + HOUR, StepReason.NEEDS_A_TIME),
        (Standing.POSTPONED, Step.CANCEL, NOW + 2 * HOUR, None),
        (Standing.POSTPONED, Step.BACKUP, NOW + 2 * HOUR, None),
        (Standing.POSTPONED, Step.BACKUP, NOW + DAY, StepReason.BACKUP_PASSED),
        (Standing.ON, Step.CANCEL, NOW + 2 * HOUR - timedelta(seconds=1), None),
    ],
)
def test_time_limits_the_steps(standing, what, at, reason):
    assert refusal(what, Facts(standing, AHEAD.starts_at, AHEAD.ends_at, backup_at=AHEAD.backup_at), at) == reason


# -- a whole activity ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "status", "kind", "line"),
    [
        (Step.CANCEL, ActivityStatus.CANCELLED, "activity_cancelled", "cancelled"),
        (Step.POSTPONE, ActivityStatus.POSTPONED, "activity_postponed", "postponed"),
    ],
)
def test_everybody_alive_is_told_once_and_keeps_state_and_code(app, what, status, kind, line):
    activity = make_activity(capacity=3)
    until = NOW + HOUR
    live = [make_sign_up(activity, state=state, offered_until=until if state == State.OFFERED else None) for state in CONCERNED]
    gone = [make_sign_up(activity, state=state) for state in (State.WITHDRAWN, State.REJECTED)]
    codes, version = [one.code for one in live], db.session.scalars(select(Festival.calendar_version)).one()
    sequence, taken = slot_of(activity).sequence, pool_of(activity).taken

    done = step(what, activity)

    db.session.rollback()
    assert (done.told, done.served) == (6, 0)
    assert [messages(one) for one in live] == [[kind]] * 6
    assert messages(*gone) == []
    assert states(*live) == [state.value for state in CONCERNED]
    assert [one.code for one in live] == codes
    assert (activity.status, activity.plan_reason_zh, activity.plan_reason_en) == (status, "大风", "Strong wind")
    assert slot_of(activity).sequence == sequence + 1
    assert db.session.scalars(select(Festival.calendar_version)).one() == version + 1
    assert pool_lines(activity) == [(line, "plan", taken, taken)]
    assert entries() == [(f"activity.{what}", "activity", activity.id, "大风", f"status published -> {status.value}")]


def test_a_second_press_is_refused_and_tells_nobody_again(app):
    activity = make_activity()
    held = make_sign_up(activity)
    step(Step.CANCEL, activity)

    with pytest.raises(StepRefused) as refused:
        step(Step.CANCEL, activity)

    assert refused.value.reason == StepReason.NOT_FROM_HERE
    assert messages(held) == ["activity_cancelled"]


def test_taking_up_again_serves_the_list_and_tells_each_person_one_thing(app):
    activity = make_activity(capacity=2)
    held, _other, waiting, behind = fill(activity, 1, 1, 1, 1)
    step(Step.POSTPONE, activity)
    with transaction():
        service.release(_other.id)
    assert states(held, _other, waiting, behind) == ["confirmed", "withdrawn", "waitlisted", "waitlisted"]

    done = step(Step.RESUME, activity)

    assert (done.told, done.served) == (3, 1)
    assert states(held, waiting, behind) == ["confirmed", "confirmed", "waitlisted"]
    assert [messages(one)[1:] for one in (held, waiting, behind)] == [
        ["activity_postponed", "activity_resumed"],
        ["activity_postponed", "sign_up_promoted"],
        ["activity_postponed", "activity_resumed"],
    ]
    assert (activity.status, activity.plan_reason_zh) == (ActivityStatus.PUBLISHED, "")
    assert counters(pool_of(activity)) == (2, 1)
    assert faults(activity) == []


def test_an_offer_waits_while_nobody_can_take_it_and_gets_a_new_deadline(app, frozen):
    activity = make_activity(capacity=1)
    change(activity, promotion=Promotion.OFFER)
    [offered] = fill(activity, 1)
    change(offered, state=State.OFFERED, offered_until=NOW + HOUR, offers=1)
    step(Step.POSTPONE, activity)

    frozen(NOW + 2 * DAY)
    with transaction():
        engine.sweep(activity.id)
    with pytest.raises(SignUpRefused) as refused, transaction():
        engine.confirm(offered.id)
    assert (refused.value.reason, states(offered)) == (Reason.POSTPONED, ["offered"])
    assert counters(pool_of(activity)) == (1, 0)

    step(Step.RESUME, activity)

    db.session.rollback()
    assert offered.offered_until == NOW + 2 * DAY + 12 * HOUR
    assert messages(offered) == ["sign_up_confirmed", "activity_postponed", "sign_up_offered"]
    assert faults(activity) == []


def test_what_is_over_is_called_off_to_nobody(app):
    activity = make_activity(starts_in=-DAY, lasts=HOUR)
    ahead = add_slot(activity, starts_in=DAY)
    past, coming = make_sign_up(activity), make_sign_up(activity, pool=ahead.pools[0])

    step(Step.CANCEL, activity)

    assert (messages(past), messages(coming)) == ([], ["activity_cancelled"])


# -- one slot --------------------------------------------------------------------------------------------------------------------


def test_a_session_takes_its_entries_along_but_not_one_that_was_called_off_before(app):
    activity = make_activity(lasts=4 * HOUR)
    session, other = slot_of(activity), add_slot(activity, starts_in=8 * DAY)
    first, second = (add_child(session, starts_in=hours * HOUR, lasts=HOUR) for hours in (0, 1))
    people = [make_sign_up(activity, pool=slot.pools[0]) for slot in (session, first, second, other)]
    step(Step.CANCEL, activity, second, Why("讲者生病", "Speaker ill"))
    step(Step.CANCEL, activity, session)
    statuses = [slot.status for slot in (session, first, second, other)]
    assert statuses == [SlotStatus.CANCELLED] * 3 + [SlotStatus.SCHEDULED]
    with pytest.raises(StepRefused) as refused:
        step(Step.RESUME, activity, first)
    assert refused.value.reason == StepReason.SESSION_IS_OFF

    step(Step.RESUME, activity, session)

    db.session.rollback()
    assert [slot.status for slot in (session, first, second)] == [
        SlotStatus.SCHEDULED,
        SlotStatus.SCHEDULED,
        SlotStatus.CANCELLED,
    ]
    assert [messages(one) for one in people] == [
        ["activity_cancelled", "activity_resumed"],
        ["activity_cancelled", "activity_resumed"],
        ["activity_cancelled"],
        [],
    ]
    assert [action for action, *_rest in entries()] == ["slot.cancel", "slot.cancel", "slot.resume"]


def test_a_session_takes_an_entry_along_that_was_off_before_and_is_on_again(app):
    activity = stormy()
    session = slot_of(activity)
    entry = add_child(session, starts_in=timedelta(), lasts=HOUR)
    step(Step.CANCEL, activity, entry)
    step(Step.BACKUP, activity, session)
    step(Step.RESUME, activity, entry)

    step(Step.POSTPONE, activity, session)

    db.session.rollback()
    assert [slot.status for slot in (session, entry)] == [SlotStatus.POSTPONED, SlotStatus.POSTPONED]


def test_nobody_is_promoted_into_a_slot_that_is_off(app):
    activity = make_activity(capacity=1)
    add_slot(activity, starts_in=8 * DAY)
    held, waiting = make_sign_up(activity), make_sign_up(activity, state=State.WAITLISTED)
    step(Step.POSTPONE, activity, slot_of(activity))

    with transaction():
        service.release(held.id)
    assert states(held, waiting) == ["withdrawn", "waitlisted"]

    step(Step.RESUME, activity, slot_of(activity))
    assert states(waiting) == ["confirmed"]


# -- the weather plan ------------------------------------------------------------------------------------------------------------


def stormy(**more):
    activity = make_activity(starts_in=4 * HOUR, closes_in=HOUR, **more)
    change(activity, cancel_until=NOW + HOUR)
    change(slot_of(activity), backup_starts_at=NOW + DAY, decision_at=NOW + 2 * HOUR, doors_at=NOW + 3 * HOUR)
    return activity


@pytest.mark.parametrize("is_postponed_before", [False, True])
def test_the_backup_date_takes_everybody_along_and_asks_them(app, frozen, is_postponed_before):
    activity = stormy(capacity=2)
    child = add_child(slot_of(activity), starts_in=HOUR / 2, lasts=HOUR)
    held, in_child, waiting = (
        make_sign_up(activity),
        make_sign_up(activity, pool=child.pools[0]),
        make_sign_up(activity, state=State.WAITLISTED, party_size=2),
    )
    if is_postponed_before:
        step(Step.POSTPONE, activity)
    sequence = slot_of(activity).sequence
    frozen(NOW + timedelta(minutes=1))

    done = step(Step.BACKUP, activity, slot_of(activity))

    db.session.rollback()
    slot = slot_of(activity)
    assert done.told == 3
    assert (slot.starts_at, slot.previous_starts_at, slot.doors_at) == (NOW + DAY, NOW + 4 * HOUR, NOW + DAY - HOUR)
    assert child.starts_at == NOW + DAY + HOUR / 2
    assert (slot.sequence, slot.status, activity.status) == (sequence + 1, SlotStatus.SCHEDULED, ActivityStatus.PUBLISHED)
    assert (slot.backup_starts_at, slot.decision_at, slot.plan_reason_zh) == (None, None, "大风")
    assert (activity.starts_at, activity.closes_at, activity.cancel_until) == (NOW + DAY, NOW + 21 * HOUR, NOW + 21 * HOUR)
    assert [choice_of(one, NOW) for one in (held, in_child, waiting)] == ["moved"] * 3
    assert [messages(one)[-1] for one in (held, in_child, waiting)] == ["activity_changed"] * 3


def test_one_tap_keeps_and_one_releases_even_late_and_the_list_moves_up_at_once(app, frozen):
    activity = stormy(capacity=3, party_max=3)
    keeps, leaves, waiting = sign_up(activity), sign_up(activity, party_size=2), sign_up(activity, party_size=2)
    step(Step.BACKUP, activity, slot_of(activity))
    frozen(NOW + DAY - 3 * HOUR)  # later than places can be given back otherwise, and before promotion stops
    for _ in range(2):
        with transaction():
            service.keep(keeps.id)
    with pytest.raises(SignUpRefused) as refused, transaction():
        service.release(keeps.id)
    assert refused.value.reason == Reason.TOO_LATE

    with transaction():
        promoted = service.release(leaves.id)

    assert promoted == [waiting]
    assert states(keeps, leaves, waiting) == ["confirmed", "withdrawn", "confirmed"]
    assert (keeps.kept_at, choice_of(keeps, clock.now())) == (NOW + DAY - 3 * HOUR, None)
    assert [line[:2] for line in ledger(keeps)] == [("signed_up", "room"), ("kept", "plan")]
    assert counters(pool_of(activity)) == (3, 0)
    assert faults(activity) == []


def test_who_signs_up_after_the_move_is_asked_nothing(app, frozen):
    activity = stormy()
    step(Step.BACKUP, activity, slot_of(activity))
    frozen(NOW + HOUR / 2)

    assert choice_of(sign_up(activity), clock.now()) is None


def test_a_session_without_a_backup_date_or_of_a_postponed_many_does_not_move(app):
    activity = make_activity()
    with pytest.raises(StepRefused) as no_backup:
        step(Step.BACKUP, activity, slot_of(activity))
    change(slot_of(activity), backup_starts_at=NOW + 9 * DAY)
    add_slot(activity, starts_in=8 * DAY)
    step(Step.POSTPONE, activity)
    with pytest.raises(StepRefused) as others:
        step(Step.BACKUP, activity, slot_of(activity))

    assert [no_backup.value.reason, others.value.reason] == [StepReason.NO_BACKUP, StepReason.SESSION_IS_OFF]


def test_a_new_time_of_what_is_postponed_is_told_when_it_is_on_again(app, frozen):
    activity = make_activity()
    held = make_sign_up(activity)
    frozen(NOW + timedelta(minutes=1))
    step(Step.POSTPONE, activity)
    slot = slot_of(activity)
    asked = SlotEdit(Span(slot.starts_at + DAY, slot.ends_at + DAY), None, "", "")

    with transaction():
        service.edit_slot(activity.id, slot.id, asked, seen=None, actor_id=make_staff().id)
    assert messages(held) == ["activity_postponed"]
    step(Step.RESUME, activity)

    assert messages(held) == ["activity_postponed", "activity_resumed"]
    assert choice_of(held, NOW) == "moved"
