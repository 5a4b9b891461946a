"""The life of an entry: whatever is done, its UID stays, SEQUENCE and LAST-MODIFIED only rise, nothing vanishes."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from festival.authoring import service as authoring
from festival.authoring import slots
from festival.authoring.service import VenueWords
from festival.authoring.slots import NewSlot, PoolPlan
from festival.lib.db import db, transaction
from festival.plans import service as plans
from festival.plans.rules import Step
from festival.programme import service
from festival.programme.models import Activity, ActivityStatus, Slot, SlotStatus, Venue
from festival.programme.service import ActivityEdit, ActivityWords, SlotEdit, Span, Why
from festival.signups.models import SignUp
from tests.builders import make_person, make_sign_up, make_staff
from tests.calendars.programme import (
    NOW,
    UID,
    add_slot,
    at,
    events,
    fixed_forum,
    private_path,
    read,
    session_of,
    summaries,
)

PUBLIC = ("/cal/programme.ics", "/cal/track/forum.ics", "/activities/forum/calendar.ics")


@pytest.fixture(autouse=True)
def at_ten(app, frozen):
    frozen(NOW)


def the_forum() -> Activity:
    return db.session.query(Activity).filter_by(slug="forum").one()


def the_session() -> Slot:
    return db.session.query(Slot).filter_by(uid=UID).one()


def words_of(activity: Activity) -> ActivityWords:
    return ActivityWords(**{name: getattr(activity, name) for name in ActivityWords.__dataclass_fields__})


def edit_the_title() -> None:
    forum = the_forum()
    words = replace(words_of(forum), title_zh=f"{forum.title_zh}新", title_en=f"{forum.title_en} new")
    service.edit_activity(forum.id, ActivityEdit(words, forum.venue_id, None), seen=None, actor_id=None)


def edit_the_description() -> None:
    forum = the_forum()
    words = replace(words_of(forum), description_zh=f"{forum.description_zh}又一句。")
    service.edit_activity(forum.id, ActivityEdit(words, forum.venue_id, None), seen=None, actor_id=None)


def move_it_a_day() -> None:
    slot = the_session()
    day = timedelta(days=1)
    service.reschedule(slot.id, Span(slot.starts_at + day, slot.ends_at + day), actor_id=None)


def let_it_last_longer() -> None:
    slot = the_session()
    service.reschedule(slot.id, Span(slot.starts_at, slot.ends_at + timedelta(minutes=10)), actor_id=None)


def name_the_session() -> None:
    slot = the_session()
    asked = SlotEdit(Span(slot.starts_at, slot.ends_at), slot.venue_id, f"{slot.label_zh}专", f"{slot.label_en}S")
    service.edit_slot(slot.id, asked, seen=None, actor_id=None)


def change_the_venue() -> None:
    forum = the_forum()
    other = db.session.query(Venue).filter(Venue.id != forum.venue_id).first()
    if other is None:
        other = Venue(
            festival_id=forum.festival_id, key="b", name_zh="另一场馆", name_en="Elsewhere", updated_at=forum.updated_at
        )
        db.session.add(other)
        db.session.flush()
    service.change_venue(forum.id, other.id, actor_id=None)


def rename_the_venue() -> None:
    venue = db.session.get_one(Venue, the_forum().venue_id)
    venue.name_zh += "新"
    service.touch_venue(venue)


def postpone_the_activity() -> None:
    _set_status(ActivityStatus.POSTPONED)


def cancel_the_activity() -> None:
    _set_status(ActivityStatus.CANCELLED)


def bring_the_activity_back() -> None:
    _set_status(ActivityStatus.PUBLISHED)


def cancel_the_session() -> None:
    _set_session_status(SlotStatus.CANCELLED)


def bring_the_session_back() -> None:
    _set_session_status(SlotStatus.SCHEDULED)


def add_a_session() -> None:
    add_slot(the_forum(), days_later=7)


#: What an organizer may do to the forum, inside a transaction.
STEPS: tuple[Callable[[], None], ...] = (
    edit_the_title,
    edit_the_description,
    move_it_a_day,
    let_it_last_longer,
    name_the_session,
    change_the_venue,
    rename_the_venue,
    postpone_the_activity,
    cancel_the_activity,
    bring_the_activity_back,
    cancel_the_session,
    bring_the_session_back,
    add_a_session,
)


def _set_status(status: ActivityStatus) -> None:
    forum = the_forum()
    forum.status = status
    service.touch_activity(forum)


def _set_session_status(status: SlotStatus) -> None:
    slot = the_session()
    slot.status = status
    service.touch_slot(slot)


def seen_in(client, paths) -> list[dict[str, str]]:
    """Return the forum's first session as each calendar shows it."""
    db.session.rollback()
    return [next(event for event in events(read(client, path)) if event["UID"] == UID) for path in paths]


@given(steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=5))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_done_an_entry_keeps_its_uid_and_only_moves_forward(app, client, steps):
    if db.session.query(Activity).count() == 0:  # each example goes on where the last one ended
        make_sign_up(fixed_forum(), person=make_person())
    person = db.session.query(SignUp).one().person
    paths = (*PUBLIC, *(f"/en{path}" for path in PUBLIC), private_path(app, person))
    before = seen_in(client, paths)
    for step in steps:
        if the_session().status == SlotStatus.CANCELLED and step in {move_it_a_day, let_it_last_longer}:
            continue  # refused
        with nullcontext() if step is add_a_session else transaction():
            step()
        after = seen_in(client, paths)

        for old, new in zip(before, after, strict=True):
            assert int(new["SEQUENCE"]) > int(old["SEQUENCE"]), step
            assert new["LAST-MODIFIED"] == new["DTSTAMP"] > old["LAST-MODIFIED"], step
            assert new["CREATED"] == old["CREATED"]
        assert len({(event["UID"], event["SEQUENCE"]) for event in after}) == 1
        before = after


def take(step: Step) -> None:
    plans.take_step(the_forum().id, None, step, Why(), actor_id=make_staff().id)


def publish() -> None:
    authoring.publish(the_forum().id, None, actor_id=make_staff().id)


def rename_the_hall() -> None:
    venue = db.session.get_one(Venue, the_forum().venue_id)
    words = VenueWords(**{name: getattr(venue, name) for name in VenueWords.__dataclass_fields__})
    authoring.edit_venue(venue.id, replace(words, name_zh="人才大礼堂"), actor_id=make_staff().id)


def add_an_evening() -> None:
    span = Span(at("2023-06-22 19:00"), at("2023-06-22 21:00"))
    asked = NewSlot(span, None, None, "晚场", "Evening", (PoolPlan(10),))
    slots.add_slot(the_forum().id, asked, actor_id=make_staff().id)


def remove_the_evening() -> None:
    evening = db.session.query(Slot).filter_by(label_zh="晚场").one()
    slots.remove_slot(the_forum().id, evening.id, actor_id=make_staff().id)


def test_from_the_first_plan_to_the_last_moment(app, client, frozen):
    forum = fixed_forum()
    with transaction():
        _set_status(ActivityStatus.DRAFT)
    assert summaries(read(client, PUBLIC[0])) == []  # a draft is nobody's business
    with transaction():
        publish()
    person = make_person()
    make_sign_up(forum, person=person)
    paths = (*PUBLIC, *(f"/en{path}" for path in PUBLIC), private_path(app, person))
    told: list[tuple[str, str, str, str]] = []
    known: dict[str, dict[str, tuple[int, str]]] = {path: {} for path in paths}

    def tell() -> None:
        db.session.rollback()
        for path in paths:
            shown = {event["UID"]: event for event in events(read(client, path))}
            assert known[path].keys() <= shown.keys(), "something vanished"
            for uid, event in shown.items():
                mark = int(event["SEQUENCE"]), event["LAST-MODIFIED"]
                assert mark >= known[path].get(uid, mark)
                known[path][uid] = mark
            if path == PUBLIC[0]:
                told.extend(
                    (event["SUMMARY"], event["STATUS"], event["DTSTART;TZID=Asia/Shanghai"], event["SEQUENCE"])
                    for event in shown.values()
                )

    tell()
    for do in (
        edit_the_title,
        move_it_a_day,
        lambda: take(Step.POSTPONE),
        move_it_a_day,
        lambda: take(Step.RESUME),
        lambda: take(Step.CANCEL),
        lambda: take(Step.RESUME),
        rename_the_hall,
        add_an_evening,
        remove_the_evening,
    ):
        with transaction():
            do()
        tell()

    title = "河西人才高峰论坛新"
    assert told == [
        ("河西人才高峰论坛", "CONFIRMED", "20230618T140000", "2"),
        (title, "CONFIRMED", "20230618T140000", "3"),
        (f"【改期】{title}", "CONFIRMED", "20230619T140000", "4"),
        (f"【延期待定】{title}", "TENTATIVE", "20230619T140000", "5"),
        (f"【延期待定】{title}", "TENTATIVE", "20230620T140000", "6"),
        (f"【改期】{title}", "CONFIRMED", "20230620T140000", "7"),
        (f"【已取消】{title}", "CANCELLED", "20230620T140000", "8"),
        (f"【改期】{title}", "CONFIRMED", "20230620T140000", "9"),
        (f"【改期】{title}", "CONFIRMED", "20230620T140000", "10"),
        (f"【改期】{title}（第1场/共2场）", "CONFIRMED", "20230620T140000", "11"),
        (f"{title}（晚场）", "CONFIRMED", "20230622T190000", "0"),
        (f"【改期】{title}", "CONFIRMED", "20230620T140000", "12"),
        (f"【已取消】{title}（晚场）", "CANCELLED", "20230622T190000", "1"),
    ]
    assert session_of(forum).uid == UID
    for moment, left in (("2023-06-29 20:59", 2), ("2023-06-29 21:00", 1)):  # a week past the evening's end
        frozen(at(moment))
        assert [len(events(read(client, path))) for path in PUBLIC] == [left] * 3


def test_what_is_taken_back_into_a_draft_is_off_until_it_is_published_again_or_deleted(app, client):
    forum = fixed_forum()
    told: list[tuple[str, str, str, str]] = []

    def tell() -> None:
        db.session.rollback()
        told.extend(
            (event["UID"], event["SUMMARY"], event["SEQUENCE"], event["URL"]) for event in events(read(client, PUBLIC[1]))
        )

    read(client, PUBLIC[1])
    for do in (
        lambda: authoring.unpublish(forum.id, actor_id=make_staff().id),
        lambda: authoring.publish(forum.id, None, actor_id=make_staff().id),
        lambda: authoring.publish(forum.id, at("2023-06-17 09:00"), actor_id=make_staff().id),
        lambda: authoring.unpublish(forum.id, actor_id=make_staff().id),
        lambda: authoring.delete_activity(forum.id, actor_id=make_staff().id),
    ):
        with transaction():
            do()
        tell()

    off, home = "【已取消】河西人才高峰论坛", "http://localhost/"
    assert told == [
        (UID, off, "1", home),
        (UID, "河西人才高峰论坛", "2", "http://localhost/activities/forum"),
        (UID, off, "3", home),
        (UID, off, "3", home),  # a draft is not followed any further
        (UID, off, "3", home),
    ]
    assert client.get(PUBLIC[2]).status_code == 404


def test_what_no_calendar_shows_moves_no_calendar(app, client):
    forum = fixed_forum()
    before = client.get(PUBLIC[0])
    with transaction():
        words = replace(words_of(the_forum()), short_title_zh="短题", audience_zh="高校毕业生")
        service.edit_activity(forum.id, ActivityEdit(words, forum.venue_id, None), seen=None, actor_id=None)
        service.set_window(forum.id, at("2023-06-01 09:00"), at("2023-06-18 09:00"), actor_id=None)

    after = client.get(PUBLIC[0])
    assert (after.data, after.headers["ETag"], after.last_modified) == (before.data, before.headers["ETag"], before.last_modified)


def test_an_added_session_renumbers_the_others_with_a_higher_sequence(app, client):
    forum = fixed_forum()
    add_slot(forum, days_later=1)
    before = events(read(client, PUBLIC[0]))
    add_slot(forum, days_later=2)

    after = events(read(client, PUBLIC[0]))
    assert summaries(read(client, PUBLIC[0])) == [f"河西人才高峰论坛（第{n}场/共3场）" for n in (1, 2, 3)]
    assert [int(new["SEQUENCE"]) - int(old["SEQUENCE"]) for old, new in zip(before, after, strict=False)] == [1, 1]


def test_the_feeds_last_modified_is_that_of_its_newest_event(app, client):
    fixed_forum()
    with transaction():
        edit_the_title()

    whole = read(client, PUBLIC[0])
    (event,) = events(whole)
    assert f"\r\nLAST-MODIFIED:{event['LAST-MODIFIED']}\r\nREFRESH-INTERVAL" in whole
    datetime.strptime(event["LAST-MODIFIED"], "%Y%m%dT%H%M%SZ")  # noqa: DTZ007  # its form only
