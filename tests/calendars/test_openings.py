"""Entries "sign-up opens" in a person's own feed: for what they keep for later, until it is open."""

import re
from datetime import timedelta

import pytest

from festival.calendars import service as calendars
from festival.lib.db import db, transaction
from festival.plans import service as plans
from festival.plans.rules import Step
from festival.programme import service as programme
from festival.programme.models import Activity
from festival.programme.service import ActivityEdit, ActivityWords, Why
from festival.saved import service as saved
from tests.builders import make_person, make_sign_up, make_staff
from tests.calendars.programme import NOW, UID, at, event, events, fixed_forum, private_path, read, summaries

OPENS = at("2023-06-17 09:00")


@pytest.fixture(autouse=True)
def at_ten(app, frozen):
    frozen(NOW)


@pytest.fixture
def forum():
    activity = fixed_forum()
    set_opening(activity, OPENS)
    return activity


@pytest.fixture
def person(forum):
    reader = make_person()
    keep(reader, forum)
    return reader


def keep(person, activity):
    with transaction():
        saved.save(person.id, activity.id, wants_word=False)


def set_opening(activity, opens_at):
    with transaction():
        programme.set_window(activity.id, opens_at, at("2023-06-18 09:00"), actor_id=None)


def step(activity, what):
    with transaction():
        plans.take_step(activity.id, None, what, Why(), actor_id=make_staff().id)


def test_the_entry_is_shown_whole_at_its_own_time_under_its_own_uid(app, client, person):
    shown = event(read(client, private_path(app, person)))
    english = event(read(client, private_path(app, person, "en")))

    uid, stamp = shown.pop("UID"), shown.pop("DTSTAMP")
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f-]{27}", uid)
    assert uid == english["UID"] != UID
    assert shown == {
        "SUMMARY": "报名开始：河西人才高峰论坛",
        "DTSTART;TZID=Asia/Shanghai": "20230617T090000",
        "DTEND;TZID=Asia/Shanghai": "20230617T093000",
        "SEQUENCE": "0",
        "CREATED": stamp,
        "LAST-MODIFIED": stamp,
        "CATEGORIES": "高峰论坛,Forum",
        "CLASS": "PRIVATE",
        "DESCRIPTION": "您收藏的活动从此时起可以报名。\\n\\n详情 / Details: http://localhost/activities/forum",
        "STATUS": "CONFIRMED",
        "TRANSP": "TRANSPARENT",
        "URL": "http://localhost/activities/forum",
        "X-MICROSOFT-CDO-BUSYSTATUS": "FREE",
    }
    assert english["SUMMARY"] == "Sign-up opens: Hexi Talent Forum"


def test_it_moves_forward_with_the_window_and_the_title_and_leaves_half_an_hour_after_opening(app, client, frozen, forum, person):
    path, public = private_path(app, person), client.get("/cal/programme.ics")
    seen = []

    def look():
        seen.append([(one["DTSTART;TZID=Asia/Shanghai"], one["SEQUENCE"], one["UID"]) for one in events(read(client, path))])
        return read(client, path)

    first = look()
    set_opening(forum, at("2023-06-17 10:00"))
    look()
    assert client.get("/cal/programme.ics").data == public.data  # no time of the activity has changed
    with transaction():
        words = {name: getattr(forum, name) for name in ActivityWords.__dataclass_fields__}
        again = db.session.get_one(Activity, forum.id)
        edit = ActivityEdit(ActivityWords(**words | {"title_zh": "论坛"}), again.venue_id, None)
        programme.edit_activity(forum.id, edit, seen=None, actor_id=None)
    last = look()
    frozen(at("2023-06-17 10:29"))
    look()
    frozen(at("2023-06-17 10:30"))
    look()

    uid = event(first)["UID"]
    assert seen == [
        [("20230617T090000", "0", uid)],
        [("20230617T100000", "1", uid)],
        [("20230617T100000", "2", uid)],
        [("20230617T100000", "2", uid)],
        [],
    ]
    assert event(last)["LAST-MODIFIED"] > event(first)["LAST-MODIFIED"]


def test_it_is_there_only_while_the_activity_is_kept_not_signed_up_for_and_openings_are_wanted(app, client, forum, person):
    path = private_path(app, person)

    def act(what) -> list[str]:
        with transaction():
            what()
        db.session.rollback()
        return summaries(read(client, path))

    opens = "报名开始：河西人才高峰论坛"
    assert act(lambda: None) == [opens]
    assert act(lambda: calendars.choose(person.id, [1], shows_openings=False)) == []
    assert act(lambda: calendars.choose(person.id, [], shows_openings=True)) == [opens]
    assert act(lambda: saved.forget(person.id, forum.id)) == []
    assert act(lambda: saved.save(person.id, forum.id, wants_word=True)) == [opens]
    assert act(lambda: programme.set_window(forum.id, None, at("2023-06-18 09:00"), actor_id=None)) == []
    set_opening(forum, OPENS)
    make_sign_up(forum, person=person)
    assert act(lambda: None) == ["河西人才高峰论坛"]


def test_it_rings_ten_minutes_before_unless_no_alarms_are_wanted(app, client, person):
    path = private_path(app, person)
    rung = []
    for hours in ([24, 2], []):
        with transaction():
            calendars.choose(person.id, hours)
        rung.append(re.findall(r"TRIGGER:(\S+)", read(client, path)))

    assert rung == [["-PT10M"], []]


def test_what_is_called_off_before_it_opens_stays_as_cancelled_for_a_week_and_what_is_postponed_says_so(
    app, client, frozen, forum, person
):
    path = private_path(app, person)
    read(client, path)
    told = []
    for what in (Step.POSTPONE, Step.RESUME, Step.CANCEL):
        step(forum, what)
        shown = event(read(client, path))
        told.append((shown["SUMMARY"], shown["STATUS"], shown["SEQUENCE"]))
    title = "报名开始：河西人才高峰论坛"
    assert told == [
        (f"【延期待定】{title}", "TENTATIVE", "1"),
        (title, "CONFIRMED", "2"),
        (f"【已取消】{title}", "CANCELLED", "3"),
    ]

    stranger = make_person()
    keep(stranger, forum)
    assert events(read(client, private_path(app, stranger))) == []  # they never saw it: there is nothing to take back
    frozen(OPENS + timedelta(days=7, minutes=29))
    assert len(events(read(client, path))) == 1
    frozen(OPENS + timedelta(days=7, minutes=30))
    assert events(read(client, path)) == []
