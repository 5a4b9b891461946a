"""Reminders: who holds a place is told again, once, at the hours the activity says."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from festival.lib.db import db, transaction
from festival.notices import service
from festival.notices.models import ReminderRun
from festival.notices.reminders import remind_due
from festival.notices.rules import is_due, read_hours
from festival.outbox.delivery import deliver_due
from festival.outbox.models import Message, MessageState
from festival.plans import service as plans
from festival.plans.rules import Step
from festival.programme.models import ActivityStatus
from festival.programme.service import SlotEdit, Span, Why
from festival.signups.rules import State
from tests.builders import make_activity, make_sign_up, make_staff
from tests.signups.engine import NOW, change

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def at_ten(request):
    if "app" in request.fixturenames:
        request.getfixturevalue("app")
        request.getfixturevalue("frozen")(NOW)


def reminded():
    """Return whom reminders are owed to, by sign-up."""
    db.session.rollback()
    return sorted(db.session.scalars(select(Message.subject_id).where(Message.kind == "sign_up_reminder")))


def test_those_who_hold_a_place_are_reminded_once_however_often_somebody_looks(app):
    activity = make_activity(starts_in=23 * HOUR)
    mine = make_sign_up(activity, joined_at=NOW - 2 * HOUR)
    for state in (State.WAITLISTED, State.WITHDRAWN, State.PENDING):
        make_sign_up(activity, state=state, joined_at=NOW - 2 * HOUR)
    make_sign_up(activity, joined_at=NOW)  # has only just been told that the place is theirs

    assert (remind_due(), remind_due(), reminded()) == (1, 0, [mine.id])


def test_a_day_and_two_hours_before_unless_the_activity_says_otherwise(app, frozen):
    ours, theirs, silent = (make_activity(starts_in=30 * HOUR) for _ in range(3))
    people = [make_sign_up(one).id for one in (ours, theirs, silent)]
    staff = make_staff().id
    with transaction():
        service.set_reminders(theirs.id, (5,), actor_id=staff)
        service.set_reminders(silent.id, (), actor_id=staff)
    seen = []
    for hours_before in (24, 12, 5, 2):
        frozen(NOW + (30 - hours_before) * HOUR)
        remind_due()
        seen.append(reminded())

    assert seen == [[people[0]], [people[0]], people[:2], sorted([people[0], *people[:2]])]


def test_a_slot_that_is_moved_is_reminded_of_again_and_one_that_is_off_is_not(app):
    moved, off, draft = (make_activity(starts_in=23 * HOUR) for _ in range(3))
    for one in (moved, off, draft):
        make_sign_up(one, joined_at=NOW - 3 * HOUR)
    staff = make_staff().id
    change(draft, status=ActivityStatus.DRAFT)
    with transaction():
        plans.take_step(off.id, None, Step.CANCEL, Why("大风", "Wind"), actor_id=staff)
    first = remind_due()
    slot = moved.slots[0]
    asked = SlotEdit(Span(slot.starts_at - HOUR, slot.ends_at - HOUR), None, "", "")
    with transaction():
        plans.edit_slot(moved.id, slot.id, asked, seen=slot.updated_at, actor_id=staff)

    assert (first, remind_due()) == (1, 1)
    assert len(set(db.session.scalars(select(ReminderRun.starts_at)))) == 2


def test_a_reminder_that_is_no_longer_true_when_it_leaves_is_dropped(app):
    mine = make_sign_up(make_activity(starts_in=23 * HOUR), joined_at=NOW - 3 * HOUR)
    remind_due()
    change(mine, state=State.WITHDRAWN)
    deliver_due()

    db.session.rollback()
    assert db.session.scalar(select(Message.state).where(Message.kind == "sign_up_reminder")) == MessageState.DROPPED


def test_a_reminder_of_what_is_off_or_has_begun_when_it_leaves_is_dropped(app, frozen):
    off, begun = (make_activity(starts_in=23 * HOUR) for _ in range(2))
    for one in (off, begun):
        make_sign_up(one, joined_at=NOW - 3 * HOUR)
    owed = remind_due()
    change(off, status=ActivityStatus.CANCELLED)
    frozen(NOW + 24 * HOUR)
    deliver_due()

    db.session.rollback()
    assert (owed, set(db.session.scalars(select(Message.state)))) == (2, {MessageState.DROPPED})


def test_a_reminder_that_comes_late_by_half_its_time_is_not_sent():
    start = NOW + 24 * HOUR
    due = [is_due(start, 24, NOW + timedelta(hours=hour)) for hour in (-1, 0, 11, 12, 24)]

    assert due == [False, True, True, False, False]


@pytest.mark.parametrize(
    ("text", "hours"),
    [("24, 2", (24, 2)), ("2，24、2", (24, 2)), ("", ()), ("0", None), ("1 2 3 4 5", None), ("一天", None), ("337", None)],
)
def test_hours_are_read_as_people_write_them(text, hours):
    assert read_hours(text) == hours
