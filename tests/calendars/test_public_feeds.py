"""What stands in the feeds of the programme and its tracks, and in the file of one activity."""

from datetime import timedelta

import pytest

from festival.calendars.models import CalendarEntry
from festival.lib.db import db, transaction
from festival.programme import kinds
from festival.programme.kinds import ActivityKind
from festival.programme.models import Activity, ActivityStatus, Festival, Slot, SlotStatus, Track, Venue
from festival.programme.service import touch_activity, touch_venue
from tests.builders import make_activity, make_festival
from tests.calendars.programme import (
    NOW,
    UID,
    add_slot,
    at,
    event,
    events,
    fixed_forum,
    head,
    read,
    session_of,
    summaries,
)

PROGRAMME, TRACK, FILE = "/cal/programme.ics", "/cal/track/forum.ics", "/activities/forum/calendar.ics"


@pytest.fixture(autouse=True)
def at_ten(app, frozen):
    frozen(NOW)


def change(activity, **values):
    """Change an activity and say so to the calendars."""
    with transaction():
        row = db.session.get_one(Activity, activity.id)
        for name, value in values.items():
            setattr(row, name, value)
        touch_activity(row)


# -- whole ------------------------------------------------------------------------------------------------------------------

CHINESE = {
    "SUMMARY": "河西人才高峰论坛",
    "DTSTART;TZID=Asia/Shanghai": "20230618T140000",
    "DTEND;TZID=Asia/Shanghai": "20230618T163000",
    "DTSTAMP": "20230519T170203Z",
    "UID": UID,
    "SEQUENCE": "0",
    "CATEGORIES": "高峰论坛,Forum",
    "CONTACT": "区委人才办 022-2327 0000",
    "CREATED": "20230519T170203Z",
    "DESCRIPTION": ("名家论道，共话人才。\\n\\nLeading voices on talent.\\n\\n详情 / Details: http://localhost/activities/forum"),
    "GEO": "39.08757;117.19806",
    "LAST-MODIFIED": "20230519T170203Z",
    "LOCATION": "天津大礼堂\\, 天津市河西区友谊路",
    "STATUS": "CONFIRMED",
    "TRANSP": "TRANSPARENT",
    "URL": "http://localhost/activities/forum",
    'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-ADDRESS="天津市河西区友谊路";X-APPLE-RADIUS=100;X-TITLE="天津大礼堂"': (
        "geo:39.08757,117.19806"
    ),
    "X-MICROSOFT-CDO-BUSYSTATUS": "FREE",
}
ENGLISH = {
    "SUMMARY": "Hexi Talent Forum",
    "CONTACT": "Talent Office 022-2327 0000",
    "DESCRIPTION": (
        "名家论道，共话人才。\\n\\nLeading voices on talent.\\n\\n详情 / Details: http://localhost/en/activities/forum"
    ),
    "LOCATION": "Great Hall\\, Youyi Road\\, Hexi",
    "URL": "http://localhost/en/activities/forum",
    'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-ADDRESS="Youyi Road, Hexi";X-APPLE-RADIUS=100;X-TITLE="Great Hall"': (
        "geo:39.08757,117.19806"
    ),
}


def test_the_programme_shows_a_session_whole(app, client):
    fixed_forum()

    assert event(read(client, PROGRAMME)) == CHINESE


def test_the_programme_in_english_shows_the_same_session_in_english(app, client):
    fixed_forum()
    same = {name: value for name, value in CHINESE.items() if not name.startswith("X-APPLE")}

    assert event(read(client, "/en" + PROGRAMME)) == same | ENGLISH


def test_a_track_shows_the_very_same_event_as_the_programme(app, client):
    fixed_forum()

    assert events(read(client, TRACK)) == events(read(client, PROGRAMME))


def test_the_file_of_an_activity_blocks_the_time_of_who_imports_it(app, client):
    fixed_forum()

    assert event(read(client, FILE)) == CHINESE | {"TRANSP": "OPAQUE", "X-MICROSOFT-CDO-BUSYSTATUS": "BUSY"}


def test_the_programme_says_what_it_is(app, client):
    fixed_forum()

    assert head(read(client, PROGRAMME))[:16] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Hexi Talent Festival//Calendar 1.0//ZH",
        "CALSCALE:GREGORIAN",
        "DESCRIPTION:首届河西人才节的全部公开活动。改期、延期与取消会自动更新。",
        "X-WR-CALDESC:首届河西人才节的全部公开活动。改期、延期与取消会自动更新。",
        "NAME:首届河西人才节",
        "X-WR-CALNAME:首届河西人才节",
        "COLOR:firebrick",
        "LAST-MODIFIED:20230519T170203Z",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "SOURCE;VALUE=URI:http://localhost/cal/programme.ics",
        "URL:http://localhost/",
        "X-APPLE-CALENDAR-COLOR:#B3261E",
        "X-PUBLISHED-TTL:PT1H",
        "X-WR-TIMEZONE:Asia/Shanghai",
    ]


def test_a_track_says_what_it_is_in_its_own_colour(app, client):
    fixed_forum()

    words = "Public activities of The 1st Hexi Talent Festival: Forum. Changes arrive by themselves."
    assert head(read(client, "/en" + TRACK))[4:16] == [
        f"DESCRIPTION:{words}",
        f"X-WR-CALDESC:{words}",
        "NAME:The 1st Hexi Talent Festival · Forum",
        "X-WR-CALNAME:The 1st Hexi Talent Festival · Forum",
        "COLOR:royalblue",
        "LAST-MODIFIED:20230519T170203Z",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "SOURCE;VALUE=URI:http://localhost/en/cal/track/forum.ics",
        "URL:http://localhost/en/",
        "X-APPLE-CALENDAR-COLOR:#1F5FBF",
        "X-PUBLISHED-TTL:PT1H",
        "X-WR-TIMEZONE:Asia/Shanghai",
    ]


def test_the_file_of_an_activity_is_no_calendar_of_its_own(app, client):
    fixed_forum()

    assert head(read(client, FILE))[3:5] == ["CALSCALE:GREGORIAN", "BEGIN:VTIMEZONE"]


# -- which sessions -----------------------------------------------------------------------------------------------------------


def test_drafts_are_in_no_calendar(app, client):
    make_activity(slug="draft", status=ActivityStatus.DRAFT)

    assert summaries(read(client, PROGRAMME)) == []
    assert client.get("/activities/draft/calendar.ics").status_code == 404


def test_timed_entries_and_break_outs_are_in_no_public_calendar(app, client):
    forum = fixed_forum()
    add_slot(forum, parent=session_of(forum), label_zh="分论坛")

    assert summaries(read(client, PROGRAMME)) == ["河西人才高峰论坛"]
    assert summaries(read(client, FILE)) == ["河西人才高峰论坛"]


def test_a_track_shows_its_own_activities_only(app, client):
    festival = make_festival()
    with transaction():
        jobs = Track(festival_id=festival.id, key="jobs", position=2, title_zh="招聘就业", title_en="Jobs", colour="#0A7280")
        db.session.add(jobs)
    fixed_forum()
    change(make_activity(title_zh="招聘会"), track_id=jobs.id)

    assert summaries(read(client, TRACK)) == ["河西人才高峰论坛"]
    assert summaries(read(client, "/cal/track/jobs.ics")) == ["招聘会"]
    assert summaries(read(client, PROGRAMME)) == ["河西人才高峰论坛", "招聘会"]


def test_the_programme_is_that_of_the_newest_edition(app, client):
    fixed_forum()
    read(client, PROGRAMME)
    with transaction():
        old = db.session.query(Festival).one()
        new = Festival(
            **{column.key: getattr(old, column.key) for column in Festival.__table__.columns if column.key not in {"id", "slug"}},
            slug="second",
        )
        new.title_zh, new.starts_on, new.ends_on = (
            "第二届河西人才节",
            at("2024-06-10 00:00").date(),
            at("2024-06-30 00:00").date(),
        )
        db.session.add(new)

    second = read(client, PROGRAMME)
    assert events(second) == []
    assert "NAME:第二届河西人才节" in head(second)
    assert client.get(FILE).status_code == 404


@pytest.mark.parametrize("path", ["/cal/track/nothing.ics", "/activities/nothing/calendar.ics"])
def test_an_unknown_track_or_activity_has_no_calendar_and_leaves_no_trace(app, client, path):
    make_festival()

    assert client.get(path).status_code == 404
    assert db.session.execute(db.text("SELECT count(*) FROM calendar_feed")).scalar_one() == 0


def test_before_the_first_edition_there_is_no_calendar(app, client):
    assert client.get(PROGRAMME).status_code == 404


# -- titles -------------------------------------------------------------------------------------------------------------------


def test_sessions_without_a_name_are_numbered_in_the_order_they_were_planned(app, client):
    forum = fixed_forum()
    add_slot(forum, days_later=1)
    add_slot(forum, days_later=-1)  # planned last, and now the first to take place

    assert summaries(read(client, PROGRAMME)) == [
        "河西人才高峰论坛（第3场/共3场）",
        "河西人才高峰论坛（第1场/共3场）",
        "河西人才高峰论坛（第2场/共3场）",
    ]
    assert summaries(read(client, "/en" + FILE)) == [
        "Hexi Talent Forum (3 of 3)",
        "Hexi Talent Forum (1 of 3)",
        "Hexi Talent Forum (2 of 3)",
    ]


def test_a_session_with_a_name_shows_it(app, client):
    forum = fixed_forum()
    add_slot(forum, days_later=1, label_zh="高校专场", label_en="Campus session")

    assert summaries(read(client, PROGRAMME)) == ["河西人才高峰论坛（第1场/共2场）", "河西人才高峰论坛（高校专场）"]
    assert summaries(read(client, "/en" + PROGRAMME)) == ["Hexi Talent Forum (1 of 2)", "Hexi Talent Forum (Campus session)"]


# -- place, words -------------------------------------------------------------------------------------------------------------


def test_a_session_elsewhere_shows_its_own_venue(app, client):
    forum = fixed_forum()
    with transaction():
        venue = Venue(
            festival_id=forum.festival_id, key="campus", name_zh="天津财经大学", name_en="TUFE", updated_at=forum.updated_at
        )
        db.session.add(venue)
        db.session.flush()
        db.session.query(Slot).filter_by(uid=UID).one().venue_id = venue.id

    shown = event(read(client, PROGRAMME))
    assert shown["LOCATION"] == "天津财经大学"
    assert [name for name in shown if name.startswith(("GEO", "X-APPLE"))] == []


def test_a_venue_that_gets_a_new_name_moves_every_session_held_there_forward(app, client):
    fixed_forum()
    read(client, PROGRAMME)
    with transaction():
        venue = db.session.query(Venue).one()
        venue.name_zh, venue.lat = "天津大礼堂（新厅）", 39.1
        touch_venue(venue)

    shown = event(read(client, PROGRAMME))
    assert (shown["LOCATION"], shown["GEO"], shown["SEQUENCE"]) == (
        "天津大礼堂（新厅）\\, 天津市河西区友谊路",
        "39.1;117.19806",
        "1",
    )


def test_a_description_reads_as_plain_text_in_both_languages(app, client):
    fixed_forum(
        description_zh="**报名：**请点击[官网](https://festival.example)。\n\n- 茶歇 & 合影\n- 交流",
        description_en="# Talks\nand <b>panels</b>",
    )

    assert event(read(client, PROGRAMME))["DESCRIPTION"] == (
        "名家论道，共话人才。\\n报名：请点击官网。\\n茶歇 & 合影\\n交流\\n\\n"
        "Leading voices on talent.\\nTalks\\nand panels\\n\\n"
        "详情 / Details: http://localhost/activities/forum"
    )


def test_a_long_description_is_cut_in_both_languages_and_still_says_where_to_read_more(app, client):
    fixed_forum(summary_zh="", summary_en="", description_zh="人才" * 400, description_en="talent " * 200)

    told = event(read(client, PROGRAMME))["DESCRIPTION"].replace("\\n", "\n")
    chinese, english, more = told.split("\n\n")
    assert len(told) <= 600
    assert len(chinese) > 200
    assert chinese.endswith("…")
    assert len(english) > 250
    assert english.endswith("talent…")
    assert more == "详情 / Details: http://localhost/activities/forum"


def test_a_kind_adds_its_own_lines_in_both_languages(app, client):
    fixed_forum()
    plain = kinds.all_kinds()
    words = {"zh": "13:30 开始入场", "en": "Doors open at 13:30"}
    talk = ActivityKind(
        key="press", label_zh="", label_en="", icon="", calendar_lines=lambda _activity, _slot, lang: [words[lang]]
    )
    kinds.register([talk])
    try:
        told = event(read(client, PROGRAMME))["DESCRIPTION"]
    finally:
        kinds.register(plain)

    assert told.startswith(
        "名家论道，共话人才。\\n13:30 开始入场\\n\\nLeading voices on talent.\\nDoors open at 13:30\\n\\n",
    )


def test_the_lines_of_a_kind_are_kept_whole_beside_a_long_description(app, client):
    fixed_forum(description_zh="人才" * 400, description_en="talent " * 200)
    plain = kinds.all_kinds()
    words = {"zh": ["A线：人民公园 10:00 发车"] * 3, "en": ["Line A leaves People's Park at 10:00"] * 3}
    talk = ActivityKind(key="press", label_zh="", label_en="", icon="", calendar_lines=lambda _a, _s, language: words[language])
    kinds.register([talk])
    try:
        told = event(read(client, PROGRAMME))["DESCRIPTION"].replace("\\n", "\n")
    finally:
        kinds.register(plain)

    assert len(told) <= 600
    assert "…\n" + "\n".join(words["zh"]) + "\n\n" in told
    assert "…\n" + "\n".join(words["en"]) + "\n\n" in told


def test_one_bad_event_does_not_end_a_feed_nor_vanish_from_it(app, client):
    fixed_forum()
    change(make_activity(slug="other", title_zh="另一项活动"), position=2)
    read(client, PROGRAMME)
    change(db.session.query(Activity).filter_by(slug="other").one(), kind="from-a-later-release")
    change(make_activity(slug="new", title_zh="新活动", starts_in=timedelta(days=9)), kind="from-a-later-release")

    assert summaries(read(client, PROGRAMME)) == [
        "河西人才高峰论坛",
        "另一项活动",
    ]


# -- cancelled, postponed, moved ----------------------------------------------------------------------------------------------


def test_a_cancelled_activity_stays_as_cancelled(app, client):
    change(fixed_forum(), status=ActivityStatus.CANCELLED)

    for path in (PROGRAMME, TRACK, FILE):
        shown = event(read(client, path))
        assert (shown["SUMMARY"], shown["STATUS"], shown["TRANSP"], shown["X-MICROSOFT-CDO-BUSYSTATUS"], shown["SEQUENCE"]) == (
            "【已取消】河西人才高峰论坛",
            "CANCELLED",
            "TRANSPARENT",
            "FREE",
            "1",
        )
    assert event(read(client, "/en" + FILE))["SUMMARY"] == "[Cancelled] Hexi Talent Forum"


def test_a_cancelled_session_leaves_seven_days_after_its_end_without_anybody_changing_anything(app, client, frozen):
    forum = fixed_forum()
    add_slot(forum, days_later=1)
    with transaction():
        db.session.query(Slot).filter_by(uid=UID).one().status = SlotStatus.CANCELLED
    change(forum)
    last = at("2023-06-25 16:30")
    frozen(last - timedelta(seconds=1))
    before = client.get(PROGRAMME)

    assert summaries(before.text) == ["【已取消】河西人才高峰论坛（第1场/共2场）", "河西人才高峰论坛（第2场/共2场）"]

    frozen(last)
    after = client.get(PROGRAMME)
    assert summaries(after.text) == ["河西人才高峰论坛（第2场/共2场）"]
    assert after.headers["ETag"] != before.headers["ETag"]
    assert after.last_modified > before.last_modified


def test_what_took_place_stays_for_the_whole_season(app, client, frozen):
    fixed_forum()
    frozen(at("2023-09-01 00:00"))

    assert summaries(read(client, PROGRAMME)) == ["河西人才高峰论坛"]


def test_a_postponed_activity_keeps_its_time_and_says_that_the_new_one_is_not_known(app, client):
    change(fixed_forum(), status=ActivityStatus.POSTPONED)

    shown = event(read(client, PROGRAMME))
    assert (shown["SUMMARY"], shown["STATUS"], shown["TRANSP"], shown["DTSTART;TZID=Asia/Shanghai"]) == (
        "【延期待定】河西人才高峰论坛",
        "TENTATIVE",
        "TRANSPARENT",
        "20230618T140000",
    )
    assert shown["DESCRIPTION"].startswith("原定时间：6月18日 周日 14:00–16:30。新的时间待定。\\n\\n名家论道")
    shown = event(read(client, "/en" + FILE))
    assert (shown["SUMMARY"], shown["STATUS"], shown["TRANSP"], shown["X-MICROSOFT-CDO-BUSYSTATUS"]) == (
        "[Postponed] Hexi Talent Forum",
        "TENTATIVE",
        "TRANSPARENT",
        "TENTATIVE",
    )
    assert shown["DESCRIPTION"].startswith(
        "Planned for Sun\\, 18 Jun 2023\\, 14:00–16:30. The new time is not known yet.\\n\\n",
    )


def test_a_moved_session_says_first_when_it_was_planned_before(app, client):
    forum = fixed_forum()
    with transaction():
        slot = db.session.query(Slot).filter_by(uid=UID).one()
        slot.previous_starts_at, slot.previous_ends_at = slot.starts_at, slot.ends_at
        slot.starts_at, slot.ends_at = at("2023-06-20 09:00"), at("2023-06-20 11:30")
    change(forum)

    shown = event(read(client, PROGRAMME))
    assert (shown["SUMMARY"], shown["STATUS"], shown["DTSTART;TZID=Asia/Shanghai"], shown["DTEND;TZID=Asia/Shanghai"]) == (
        "【改期】河西人才高峰论坛",
        "CONFIRMED",
        "20230620T090000",
        "20230620T113000",
    )
    assert shown["DESCRIPTION"].startswith("原定时间：6月18日 周日 14:00–16:30。\\n\\n名家论道")
    assert event(read(client, "/en" + PROGRAMME))["DESCRIPTION"].startswith(
        "Planned before for Sun\\, 18 Jun 2023\\, 14:00–16:30.\\n\\n"
    )


# -- stored -------------------------------------------------------------------------------------------------------------------


def test_each_slot_is_stored_once_for_each_language_and_audience(app, client):
    fixed_forum()
    for path in (PROGRAMME, TRACK, FILE):
        read(client, path)
        read(client, "/en" + path)

    db.session.rollback()  # what the test has read so far is older
    stored = db.session.query(CalendarEntry).order_by(CalendarEntry.locale, CalendarEntry.audience).all()
    assert [(entry.locale, entry.audience) for entry in stored] == [
        ("en", "download"),
        ("en", "public"),
        ("zh", "download"),
        ("zh", "public"),
    ]
    assert all(entry.body.startswith(b"BEGIN:VEVENT\r\n") and entry.body.endswith(b"END:VEVENT\r\n") for entry in stored)
    assert stored[3].body in client.get(PROGRAMME).data
