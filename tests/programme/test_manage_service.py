"""Changing the programme: what is saved, what is recorded, and how calendars move forward."""

from dataclasses import fields, replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.errors import NotFound
from festival.programme import service
from festival.programme.models import Activity, Festival, Slot, SlotStatus, Venue
from festival.programme.service import ActivityEdit, ActivityWords, PlanReason, PlanRefused, SlotEdit, Span
from tests.builders import make_activity, make_staff
from tests.roster.desk import actors, add_child, entries, fresh, slot_of

HOUR = timedelta(hours=1)


def words_of(activity: Activity, **changes: str) -> ActivityWords:
    stand = {field.name: getattr(activity, field.name) for field in fields(ActivityWords)}
    return ActivityWords(**(stand | changes))


def as_it_is(activity: Activity, **changes: str) -> ActivityEdit:
    slot = slot_of(activity)
    return ActivityEdit(words_of(activity, **changes), activity.venue_id, Span(slot.starts_at, slot.ends_at))


def another_venue() -> Venue:
    with transaction():
        first = db.session.scalars(select(Venue)).first()
        assert first is not None
        venue = Venue(
            festival_id=first.festival_id, key="library", name_zh="天津图书馆", name_en="Library", updated_at=clock.wall()
        )
        db.session.add(venue)
    return venue


def version() -> int:
    db.session.rollback()
    return db.session.scalars(select(Festival.calendar_version)).one()


def iso(at) -> str:
    return clock.local(at).isoformat(timespec="minutes")


# -- words --------------------------------------------------------------------------------------------------------------------


def test_only_what_really_changed_is_saved_and_recorded(app):
    activity, actor = make_activity(), make_staff()
    seen = activity.updated_at

    with transaction():
        change = service.edit_activity(
            activity.id,
            as_it_is(activity, title_zh="新名称", host_en="New host"),
            seen=seen,
            actor_id=actor.id,
        )

    fresh(activity)
    assert (activity.title_zh, activity.title_en, activity.host_en) == ("新名称", "Test activity", "New host")
    assert change.fields == ("title_zh", "host_en")
    assert change.moved == ()
    assert activity.updated_at > seen
    assert entries() == [("activity.edit", "activity", activity.id, "", "title_zh, host_en")]
    assert actors() == [actor.id]


def test_saving_what_stands_there_already_changes_nothing(app):
    activity, slot = make_activity(), None
    slot = slot_of(activity)
    before = (activity.updated_at, slot.sequence, slot.updated_at, version())

    with transaction():
        change = service.edit_activity(activity.id, as_it_is(activity), seen=activity.updated_at, actor_id=None)

    fresh(activity)
    fresh(slot)
    assert change == service.PlanChange(fields=(), moved=())
    assert (activity.updated_at, slot.sequence, slot.updated_at, version()) == before
    assert entries() == []


@pytest.mark.parametrize(
    ("field", "is_shown"),
    [
        ("title_en", True),
        ("summary_zh", True),
        ("notices_en", True),
        ("host_phone", True),
        ("audience_zh", False),
        ("short_title_en", False),
    ],
)
def test_words_that_calendars_show_move_every_slot_forward(app, field, is_shown):
    activity = make_activity()
    session = slot_of(activity)
    child = add_child(session, starts_in=timedelta(), lasts=HOUR)
    before, stamps = version(), (session.updated_at, child.updated_at)

    with transaction():
        service.edit_activity(activity.id, as_it_is(activity, **{field: "x"}), seen=None, actor_id=None)

    fresh(session)
    fresh(child)
    assert [session.sequence, child.sequence, version() - before] == ([1, 1, 1] if is_shown else [0, 0, 0])
    assert ((session.updated_at > stamps[0]) and (child.updated_at > stamps[1])) is is_shown


def test_a_form_filled_before_somebody_else_saved_is_refused_and_nothing_is_written(app):
    activity = make_activity()
    seen = activity.updated_at
    with transaction():
        service.edit_activity(activity.id, as_it_is(activity, title_zh="他人的名称"), seen=seen, actor_id=None)

    with pytest.raises(PlanRefused) as refused, transaction():
        service.edit_activity(activity.id, as_it_is(activity, title_zh="我的名称"), seen=seen, actor_id=None)

    fresh(activity)
    assert refused.value.reason == PlanReason.CHANGED_MEANWHILE
    assert activity.title_zh == "他人的名称"
    assert len(entries()) == 1


# -- calendars move forward, never back ----------------------------------------------------------------------------------------


def test_two_changes_within_a_second_still_move_the_stamp_forward_by_whole_seconds(app):
    activity = make_activity()
    slot = slot_of(activity)
    with transaction():
        slot.updated_at = clock.wall().replace(microsecond=0) + timedelta(minutes=5)
    ahead = slot.updated_at

    for _ in range(2):
        with transaction():
            service.touch_slot(db.session.get_one(Slot, slot.id))

    fresh(slot)
    assert (slot.sequence, slot.updated_at) == (2, ahead + timedelta(seconds=2))


def test_a_change_of_a_venue_moves_every_slot_held_there_forward_and_no_other(app):
    here, elsewhere, guest = make_activity(), make_activity(), make_activity()
    library = another_venue()
    with transaction():
        db.session.get_one(Activity, elsewhere.id).venue_id = library.id
        slot_of(guest).venue_id = library.id  # the activity is in the hall, this session in the library
    before = version()

    with transaction():
        service.touch_venue(db.session.get_one(Venue, library.id))

    assert [slot_of(activity).sequence for activity in (here, elsewhere, guest)] == [0, 1, 1]
    assert version() == before + 1


def test_touching_an_activity_moves_all_its_slots_forward(app):
    activity, other = make_activity(), make_activity()
    child = add_child(slot_of(activity), starts_in=timedelta(), lasts=HOUR)

    with transaction():
        service.touch_activity(db.session.get_one(Activity, activity.id))

    fresh(child)
    assert [slot_of(activity).sequence, child.sequence, slot_of(other).sequence] == [1, 1, 0]


# -- time ---------------------------------------------------------------------------------------------------------------------


def test_a_rescheduled_session_keeps_its_old_time_takes_its_activity_along_and_is_recorded(app):
    activity, actor = make_activity(), make_staff()
    slot = slot_of(activity)
    old = Span(slot.starts_at, slot.ends_at)
    new = Span(old.starts_at + 24 * HOUR, old.ends_at + 25 * HOUR)
    before = version()

    with transaction():
        change = service.reschedule(slot.id, new, actor_id=actor.id)

    fresh(slot)
    fresh(activity)
    assert Span(slot.starts_at, slot.ends_at) == new
    assert Span(activity.starts_at, activity.ends_at) == new
    assert (slot.previous_starts_at, slot.previous_ends_at) == (old.starts_at, old.ends_at)
    assert (slot.sequence, version()) == (1, before + 1)
    assert (change.fields, [moved.id for moved in change.moved]) == (("time",), [slot.id])
    assert entries() == [
        (
            "slot.reschedule",
            "slot",
            slot.id,
            "",
            f"{iso(old.starts_at)}/{iso(old.ends_at)} -> {iso(new.starts_at)}/{iso(new.ends_at)}",
        ),
    ]
    assert actors() == [actor.id]


def test_timed_entries_move_along_with_their_session_by_the_same_step(app):
    activity = make_activity(lasts=3 * HOUR)
    session = slot_of(activity)
    first = add_child(session, starts_in=timedelta(), lasts=HOUR)
    last = add_child(session, starts_in=2 * HOUR, lasts=HOUR)
    with transaction():
        db.session.get_one(Slot, first.id).opens_at = session.starts_at - 48 * HOUR
        db.session.get_one(Slot, first.id).doors_at = session.starts_at - HOUR / 2
    was = [(slot.starts_at, slot.ends_at) for slot in (session, first, last)]
    step = 26 * HOUR

    with transaction():
        change = service.reschedule(session.id, Span(was[0][0] + step, was[0][1] + step), actor_id=None)

    for slot in (session, first, last):
        fresh(slot)
    assert [(slot.starts_at, slot.ends_at) for slot in (session, first, last)] == [
        (one + step, other + step) for one, other in was
    ]
    assert [slot.previous_starts_at for slot in (first, last)] == [was[1][0], was[2][0]]
    assert (first.opens_at, first.doors_at) == (was[0][0] - 48 * HOUR + step, was[0][0] - HOUR / 2 + step)
    assert [slot.sequence for slot in (session, first, last)] == [1, 1, 1]
    assert {moved.id for moved in change.moved} == {session.id, first.id, last.id}


def test_a_session_that_only_ends_later_leaves_its_timed_entries_where_they_are(app):
    activity = make_activity(lasts=3 * HOUR)
    session = slot_of(activity)
    child = add_child(session, starts_in=timedelta(), lasts=HOUR)
    starts_at = child.starts_at

    with transaction():
        change = service.reschedule(session.id, Span(session.starts_at, session.ends_at + HOUR), actor_id=None)

    fresh(child)
    assert (child.starts_at, child.sequence) == (starts_at, 0)
    assert [moved.id for moved in change.moved] == [session.id]


def test_several_sessions_only_widen_the_activity(app):
    activity = make_activity(lasts=2 * HOUR)
    session = slot_of(activity)
    with transaction():
        for days in (1, 2):
            db.session.add(
                Slot(
                    activity_id=activity.id,
                    key=f"day-{days}",
                    uid=f"00000000-0000-4000-8000-00000000000{days}",
                    starts_at=session.starts_at + days * 24 * HOUR,
                    ends_at=session.ends_at + days * 24 * HOUR,
                    created_at=session.created_at,
                    updated_at=session.updated_at,
                ),
            )
        db.session.get_one(Activity, activity.id).ends_at = session.ends_at + 48 * HOUR
    first, last = session.starts_at, session.ends_at + 48 * HOUR

    with transaction():
        service.reschedule(session.id, Span(first + HOUR, session.ends_at + HOUR), actor_id=None)
    fresh(activity)
    assert (activity.starts_at, activity.ends_at) == (first, last)

    with transaction():
        service.reschedule(session.id, Span(last + HOUR, last + 2 * HOUR), actor_id=None)
    fresh(activity)
    assert (activity.starts_at, activity.ends_at) == (first, last + 2 * HOUR)


@pytest.mark.parametrize(
    ("move", "reason"),
    [
        (lambda session, _child: (session, Span(session.starts_at, session.starts_at)), PlanReason.ENDS_BEFORE_START),
        (lambda session, _child: (session, Span(session.starts_at, session.starts_at + HOUR)), PlanReason.OUTSIDE_SESSION),
        (lambda session, child: (child, Span(session.ends_at - HOUR / 2, session.ends_at + HOUR)), PlanReason.OUTSIDE_SESSION),
        (lambda session, child: (child, Span(session.starts_at - HOUR, session.ends_at)), PlanReason.OUTSIDE_SESSION),
    ],
    ids=["no time at all", "a session that ends before its entry", "an entry after its session", "an entry before its session"],
)
def test_an_impossible_time_is_refused_and_nothing_moves(app, move, reason):
    activity = make_activity(lasts=3 * HOUR)
    session = slot_of(activity)
    child = add_child(session, starts_in=HOUR, lasts=HOUR)
    was = [(slot.starts_at, slot.ends_at, slot.sequence) for slot in (session, child)]
    slot, span = move(session, child)

    with pytest.raises(PlanRefused) as refused, transaction():
        service.reschedule(slot.id, span, actor_id=None)

    fresh(session)
    fresh(child)
    assert refused.value.reason == reason
    assert [(slot.starts_at, slot.ends_at, slot.sequence) for slot in (session, child)] == was
    assert entries() == []


def test_a_cancelled_session_is_not_rescheduled(app):
    activity = make_activity()
    slot = slot_of(activity)
    with transaction():
        db.session.get_one(Slot, slot.id).status = SlotStatus.CANCELLED

    with pytest.raises(PlanRefused) as refused, transaction():
        service.reschedule(slot.id, Span(slot.starts_at + HOUR, slot.ends_at + HOUR), actor_id=None)

    assert refused.value.reason == PlanReason.SLOT_CANCELLED


# -- place --------------------------------------------------------------------------------------------------------------------


def test_a_new_venue_moves_the_slots_held_there_and_leaves_those_with_a_venue_of_their_own(app):
    activity = make_activity(lasts=3 * HOUR)
    session = slot_of(activity)
    child = add_child(session, starts_in=timedelta(), lasts=HOUR)
    library, hall = another_venue(), activity.venue_id
    with transaction():
        db.session.get_one(Slot, child.id).venue_id = hall

    with transaction():
        change = service.change_venue(activity.id, library.id, actor_id=None)

    fresh(activity)
    fresh(session)
    fresh(child)
    assert activity.venue_id == library.id
    assert ([moved.id for moved in change.moved], session.sequence, child.sequence) == ([session.id], 1, 0)
    assert entries() == [("activity.venue", "activity", activity.id, "", "venue hall -> library")]


def test_a_venue_that_does_not_exist_is_refused(app):
    activity = make_activity()

    with pytest.raises(PlanRefused) as refused, transaction():
        service.change_venue(activity.id, 999, actor_id=None)

    assert refused.value.reason == PlanReason.UNKNOWN_VENUE


def test_one_edit_of_words_time_and_place_is_one_step_forward_for_calendars(app):
    activity = make_activity()
    slot, library = slot_of(activity), another_venue()
    before = version()
    asked = ActivityEdit(words_of(activity, title_zh="新"), library.id, Span(slot.starts_at + HOUR, slot.ends_at + HOUR))

    with transaction():
        change = service.edit_activity(activity.id, asked, seen=None, actor_id=None)

    fresh(slot)
    assert (slot.sequence, version()) == (1, before + 1)
    assert (change.fields, [moved.id for moved in change.moved]) == (("title_zh", "venue", "time"), [slot.id])
    assert [action for action, *_rest in entries()] == ["activity.edit", "activity.venue", "slot.reschedule"]


# -- one slot -----------------------------------------------------------------------------------------------------------------


def test_a_slot_is_renamed_without_sending_anybody_elsewhere(app):
    activity = make_activity()
    slot = slot_of(activity)
    asked = SlotEdit(Span(slot.starts_at, slot.ends_at), None, "主会场", "Main hall")

    with transaction():
        change = service.edit_slot(slot.id, asked, seen=slot.updated_at, actor_id=None)

    fresh(slot)
    assert (slot.label_zh, slot.label_en, slot.sequence) == ("主会场", "Main hall", 1)
    assert change == service.PlanChange(fields=("label_zh", "label_en"), moved=())
    assert entries() == [("slot.edit", "slot", slot.id, "", "label_zh, label_en")]


def test_a_slot_moves_to_a_venue_of_its_own_and_back(app):
    activity = make_activity()
    slot, library = slot_of(activity), another_venue()
    stay = SlotEdit(Span(slot.starts_at, slot.ends_at), None, "", "")

    with transaction():
        there = service.edit_slot(slot.id, replace(stay, venue_id=library.id), seen=None, actor_id=None)
    with transaction():
        back = service.edit_slot(slot.id, stay, seen=None, actor_id=None)

    fresh(slot)
    assert (slot.venue_id, slot.sequence) == (None, 2)
    assert [[moved.id for moved in change.moved] for change in (there, back)] == [[slot.id], [slot.id]]
    assert [changes for *_rest, changes in entries()] == ["venue hall -> library", "venue library -> hall"]


def test_a_slot_form_filled_before_somebody_else_saved_is_refused(app):
    activity = make_activity()
    slot = slot_of(activity)
    seen = slot.updated_at
    with transaction():
        service.touch_slot(db.session.get_one(Slot, slot.id))

    with pytest.raises(PlanRefused) as refused, transaction():
        service.edit_slot(slot.id, SlotEdit(Span(slot.starts_at, slot.ends_at), None, "x", "x"), seen=seen, actor_id=None)

    assert refused.value.reason == PlanReason.CHANGED_MEANWHILE


def test_a_slot_that_does_not_exist_is_not_found(app):
    make_activity()

    with pytest.raises(NotFound), transaction():
        service.reschedule(999, Span(clock.now(), clock.now() + HOUR), actor_id=None)


# -- the sign-up window ---------------------------------------------------------------------------------------------------------


def test_the_sign_up_window_is_set_and_recorded_and_calendars_stay(app):
    activity, actor = make_activity(), make_staff()
    opens, closes, before = activity.opens_at, activity.closes_at, version()
    assert opens is not None
    assert closes is not None

    with transaction():
        changed = service.set_window(activity.id, opens, closes + HOUR, actor_id=actor.id)

    fresh(activity)
    assert (changed, activity.closes_at, version()) == (True, closes + HOUR, before)
    assert entries() == [("activity.window", "activity", activity.id, "", f"closes_at {iso(closes)} -> {iso(closes + HOUR)}")]


def test_a_window_without_limits_can_be_set(app):
    activity = make_activity()

    with transaction():
        service.set_window(activity.id, None, None, actor_id=None)

    fresh(activity)
    assert (activity.opens_at, activity.closes_at) == (None, None)


def test_a_window_that_closes_before_it_opens_is_refused(app):
    activity = make_activity()
    assert activity.opens_at is not None

    with pytest.raises(PlanRefused) as refused, transaction():
        service.set_window(activity.id, activity.opens_at, activity.opens_at, actor_id=None)

    assert refused.value.reason == PlanReason.CLOSES_BEFORE_OPENING
    assert entries() == []
