"""What stands in a person's own feed, for whom it opens, and what moves it."""

import re
from datetime import timedelta

import pytest

from festival.accounts.models import Account
from festival.calendars import service as calendars
from festival.calendars.holding import HOLDING
from festival.calendars.models import CalendarChoice, CalendarFeed, FeedReading
from festival.calendars.rules import Client
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.kinds import kind_of
from festival.programme.models import Activity, ActivityStatus, Pool, Slot, SlotStatus
from festival.programme.service import touch_activity
from festival.seats import service as seats
from festival.seats.queries import hall as hall_of
from festival.seats.rules import Name
from festival.signups import service as signups
from festival.signups.models import SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_person, make_sign_up, make_staff, pool_of
from tests.calendars.programme import (
    NOW,
    UID,
    add_slot,
    at,
    event,
    events,
    fixed_forum,
    head,
    lines,
    private_path,
    read,
    session_of,
    summaries,
)
from tests.seats.halls import arranged, make_hall, names

LABEL = "A线·产业金融线"


@pytest.fixture(autouse=True)
def at_ten(app, frozen):
    frozen(NOW)


@pytest.fixture
def forum():
    return fixed_forum()


@pytest.fixture
def person():
    return make_person(name="王小明", mobile="13800138000")


def sign_up(activity, person, state=State.CONFIRMED, **values):
    """Return a sign-up made just now, in a state."""
    if state == State.OFFERED:
        values.setdefault("offered_until", at("2023-06-17 12:00"))
    return make_sign_up(activity, person=person, state=state, **values)


# -- whole ------------------------------------------------------------------------------------------------------------------


def test_a_confirmed_sign_up_is_shown_whole(app, client, forum, person):
    sign_up(forum, person)

    assert event(read(client, private_path(app, person))) == {
        "SUMMARY": "河西人才高峰论坛",
        "DTSTART;TZID=Asia/Shanghai": "20230618T140000",
        "DTEND;TZID=Asia/Shanghai": "20230618T163000",
        "DTSTAMP": "20230519T170203Z",
        "UID": UID,
        "SEQUENCE": "0",
        "CATEGORIES": "高峰论坛,Forum",
        "CLASS": "PRIVATE",
        "CONTACT": "区委人才办 022-2327 0000",
        "CREATED": "20230519T170203Z",
        "DESCRIPTION": (
            "名家论道，共话人才。\\n\\nLeading voices on talent.\\n\\n详情 / Details: http://localhost/activities/forum"
        ),
        "GEO": "39.08757;117.19806",
        "LAST-MODIFIED": "20230519T170203Z",
        "LOCATION": "天津大礼堂\\, 天津市河西区友谊路",
        "STATUS": "CONFIRMED",
        "TRANSP": "OPAQUE",
        "URL": "http://localhost/activities/forum",
        'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-ADDRESS="天津市河西区友谊路";X-APPLE-RADIUS=100;X-TITLE="天津大礼堂"': (
            "geo:39.08757,117.19806"
        ),
        "X-MICROSOFT-CDO-BUSYSTATUS": "BUSY",
    }


def test_the_feed_says_whose_it_is(app, client, forum, person):
    sign_up(forum, person)
    path = private_path(app, person, "en")
    words = "For you alone: the activities you have signed up for or saved. Please do not pass the address of this calendar on."

    assert head(read(client, path))[4:16] == [
        f"DESCRIPTION:{words}",
        f"X-WR-CALDESC:{words}",
        "NAME:My Hexi Talent Festival",
        "X-WR-CALNAME:My Hexi Talent Festival",
        "COLOR:darkslateblue",
        "LAST-MODIFIED:20230519T170203Z",
        "REFRESH-INTERVAL;VALUE=DURATION:PT30M",
        f"SOURCE;VALUE=URI:http://localhost{path}",
        "URL:http://localhost/en/me",
        "X-APPLE-CALENDAR-COLOR:#17458F",
        "X-PUBLISHED-TTL:PT30M",
        "X-WR-TIMEZONE:Asia/Shanghai",
    ]


def test_an_alarm_rings_an_hour_before(app, client, forum, person):
    sign_up(forum, person)

    whole = lines(read(client, private_path(app, person)))
    at_alarm = whole.index("BEGIN:VALARM")
    assert whole[at_alarm + 1 : at_alarm + 4] == ["ACTION:DISPLAY", "DESCRIPTION:河西人才高峰论坛", "TRIGGER:-PT1H"]
    assert re.fullmatch(r"UID:[0-9a-f]{8}-[0-9a-f-]{27}", whole[at_alarm + 4])
    assert whole[at_alarm + 4] != f"UID:{UID}"


# -- every state --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "summary", "line"),
    [
        (State.OFFERED, "【待确认】", "已为您保留名额，请于 6月17日 周六 12:00 前登录确认，逾期自动转给下一位。"),
        (State.WAITLISTED, "【候补】", "您在候补名单上，有名额时会通知您。"),
        (State.PENDING, "【待审核】", "报名正在审核，结果会通知您。"),
        (State.ENTERED, "【待抽签】", "您已参加抽签，结果会通知您。"),
    ],
)
def test_a_sign_up_without_a_place_is_tentative_and_says_what_comes_next(app, client, forum, person, state, summary, line):
    sign_up(forum, person, state)

    text = read(client, private_path(app, person))
    shown = event(text)
    assert (shown["SUMMARY"], shown["STATUS"], shown["TRANSP"], shown["X-MICROSOFT-CDO-BUSYSTATUS"]) == (
        f"{summary}河西人才高峰论坛",
        "TENTATIVE",
        "TRANSPARENT",
        "TENTATIVE",
    )
    assert shown["DESCRIPTION"].startswith(f"{line}\\n\\n名家论道")
    assert "VALARM" not in text


@pytest.mark.parametrize(
    ("state", "summary"),
    [
        (State.OFFERED, "[To be confirmed] "),
        (State.WAITLISTED, "[Waiting list] "),
        (State.PENDING, "[Under review] "),
        (State.ENTERED, "[Draw pending] "),
        (State.CONFIRMED, ""),
        (State.ATTENDED, ""),
    ],
)
def test_every_state_has_its_word_in_english(app, client, forum, person, state, summary):
    sign_up(forum, person, state)

    assert summaries(read(client, private_path(app, person, "en"))) == [f"{summary}Hexi Talent Forum"]


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.REMOVED, State.REJECTED, State.EXPIRED, State.NO_SHOW])
def test_what_has_ended_leaves_the_feed(app, client, forum, person, state):
    sign_up(forum, person, state)

    assert events(read(client, private_path(app, person))) == []


def test_an_offer_past_its_deadline_shows_as_waiting_before_any_job_has_run(app, client, frozen, forum, person):
    sign_up(forum, person, State.OFFERED, offered_until=at("2023-06-16 12:00"))
    path = private_path(app, person)

    assert summaries(read(client, path)) == ["【待确认】河西人才高峰论坛"]
    frozen(at("2023-06-16 12:00"))
    assert summaries(read(client, path)) == ["【候补】河西人才高峰论坛"]


def test_a_timed_entry_shows_to_who_booked_it(app, client, forum, person):
    entry = add_slot(
        forum, parent=session_of(forum), hours_later=1, lasts=timedelta(hours=1), label_zh="分论坛一", label_en="One"
    )
    sign_up(forum, person, pool=db.session.query(Pool).filter_by(slot_id=entry.id).one())

    shown = event(read(client, private_path(app, person)))
    assert (shown["SUMMARY"], shown["UID"], shown["DTSTART;TZID=Asia/Shanghai"]) == (
        "河西人才高峰论坛（分论坛一）",
        entry.uid,
        "20230618T150000",
    )


def test_a_numbered_session_has_the_same_number_as_in_the_programme(app, client, forum, person):
    second = add_slot(forum, days_later=1)
    sign_up(forum, person, pool=db.session.query(Pool).filter_by(slot_id=second.id).one())

    assert summaries(read(client, private_path(app, person))) == summaries(read(client, "/cal/programme.ics"))[1:]


@pytest.mark.parametrize(
    ("unit", "line"),
    [
        ("bus", "乘车线路：A线·产业金融线\\n\\n"),
        ("zone", "观看区：A线·产业金融线\\n\\n"),
        ("seat_block", "席位：A线·产业金融线\\n\\n"),
        ("main", ""),
    ],
)
def test_the_bus_zone_or_seats_stand_in_the_description(app, client, forum, person, unit, line):
    with transaction():
        pool = db.session.get_one(Pool, pool_of(forum).id)
        pool.unit, pool.label_zh = unit, LABEL
    sign_up(forum, person)

    assert event(read(client, private_path(app, person)))["DESCRIPTION"].startswith(f"{line}名家论道")


def test_seats_stand_in_the_entry_and_move_it_forward_whenever_they_change(app, client, forum, person):
    hall = make_hall(forum, "OOO\nOOO")
    sign_up(forum, person, party_size=2)
    neighbour = sign_up(forum, make_person())
    mine, theirs = private_path(app, person), private_path(app, neighbour.person)
    staff = make_staff().id
    seen: list[tuple[str, int, str]] = []

    def look() -> None:
        shown = event(read(client, mine))
        seen.append((shown["DESCRIPTION"].split("\\n")[0], int(shown["SEQUENCE"]), shown["LAST-MODIFIED"]))

    look()
    arranged(hall)
    look()
    before = read(client, theirs)
    mine_id = db.session.query(SignUp).filter_by(person_id=person.id).one().id
    with transaction():
        seats.seat(hall.id, {mine_id: names("2-1 2-2")}, actor_id=staff)
    look()
    with transaction():
        seats.clear(hall.id, next(one.seat.id for one in hall_of(hall.id) if one.name == Name("2", 2)), actor_id=staff)
    look()

    assert [(line, sequence) for line, sequence, _modified in seen] == [
        ("名家论道，共话人才。", 0),
        ("座位：1排1–2座", 1),
        ("座位：2排1–2座", 2),
        ("座位：2排1座", 3),
    ]
    assert sorted({modified for _line, _sequence, modified in seen}) == [modified for _line, _sequence, modified in seen]
    assert read(client, theirs) == before  # whoever keeps the same seat sees nothing move
    assert "DESCRIPTION:Seat: Row 2\\, seat 1" in read(client, private_path(app, person, "en"))


def test_a_quota_says_something_about_the_person_and_stays_out(app, client, forum, person):
    with transaction():
        pool = db.session.get_one(Pool, pool_of(forum).id)
        pool.unit, pool.label_zh, pool.quota_question, pool.quota_answer = "quota", "女嘉宾", "gender", "f"
    sign_up(forum, person)

    assert "女嘉宾" not in read(client, private_path(app, person))


def test_neither_code_nor_name_nor_contact_nor_position_is_in_the_feed(app, client, forum, person):
    with transaction():
        db.session.get_one(Pool, pool_of(forum).id).capacity = 1
    sign_up(forum, make_person())
    other = sign_up(forum, make_person(), State.WAITLISTED)
    mine = sign_up(forum, person, State.WAITLISTED)
    path = private_path(app, person)
    before = read(client, path)
    with transaction():
        signups.withdraw(other.id)  # one place further up the list

    secrets = [mine.code, mine.digits, "13800138000", "138", "王小明", "/sign-ups/", "/c/"]
    assert [secret for secret in secrets if secret in before.replace(path, "")] == []
    assert read(client, path) == before


# -- cancelled, postponed -----------------------------------------------------------------------------------------------------


def change(activity, **values):
    with transaction():
        row = db.session.get_one(Activity, activity.id)
        for name, value in values.items():
            setattr(row, name, value)
        touch_activity(row)


@pytest.mark.parametrize("state", [State.CONFIRMED, State.WAITLISTED])
def test_a_cancelled_activity_stays_seven_days_past_its_end(app, client, frozen, forum, person, state):
    sign_up(forum, person, state)
    change(forum, status=ActivityStatus.CANCELLED)
    path = private_path(app, person)
    frozen(at("2023-06-25 16:29"))

    text = read(client, path)
    shown = event(text)
    assert (shown["SUMMARY"], shown["STATUS"], shown["TRANSP"]) == ("【已取消】河西人才高峰论坛", "CANCELLED", "TRANSPARENT")
    assert "VALARM" not in text
    frozen(at("2023-06-25 16:30"))
    assert events(read(client, path)) == []


def test_a_timed_entry_of_a_cancelled_session_is_cancelled(app, client, forum, person):
    entry = add_slot(forum, parent=session_of(forum), label_zh="分论坛一")
    sign_up(forum, person, pool=db.session.query(Pool).filter_by(slot_id=entry.id).one())
    with transaction():
        db.session.query(Slot).filter_by(uid=UID).one().status = SlotStatus.CANCELLED
    change(forum)

    assert summaries(read(client, private_path(app, person))) == ["【已取消】河西人才高峰论坛（分论坛一）"]


def test_a_postponed_activity_does_not_ring_at_its_old_time(app, client, forum, person):
    sign_up(forum, person)
    change(forum, status=ActivityStatus.POSTPONED)

    text = read(client, private_path(app, person))
    assert (event(text)["SUMMARY"], event(text)["STATUS"]) == ("【延期待定】河西人才高峰论坛", "TENTATIVE")
    assert "VALARM" not in text


def test_a_moved_time_one_waits_for_says_both(app, client, forum, person):
    sign_up(forum, person, State.WAITLISTED)
    with transaction():
        slot = db.session.query(Slot).filter_by(uid=UID).one()
        slot.previous_starts_at = slot.starts_at - timedelta(days=1)
        slot.previous_ends_at = slot.ends_at - timedelta(days=1)
    change(forum)

    shown = event(read(client, private_path(app, person)))
    assert shown["SUMMARY"] == "【改期】【候补】河西人才高峰论坛"
    assert shown["DESCRIPTION"].startswith("原定时间：6月17日 周六 14:00–16:30。\\n您在候补名单上，有名额时会通知您。\\n\\n")


# -- what moves it ------------------------------------------------------------------------------------------------------------


def test_a_strangers_sign_up_leaves_everybodys_bytes_alone(app, client, forum, person):
    sign_up(forum, person)
    paths = ["/cal/programme.ics", "/cal/track/forum.ics", "/activities/forum/calendar.ics", private_path(app, person)]
    before = [client.get(path) for path in paths]
    stranger = make_person()
    with transaction():
        signups.sign_up(forum.id, stranger.id, signups.SignUpRequest(), kind=kind_of(db.session.get_one(Activity, forum.id)))

    after = [client.get(path) for path in paths]
    assert [(one.data, one.headers["ETag"], one.headers["Last-Modified"]) for one in after] == [
        (one.data, one.headers["ETag"], one.headers["Last-Modified"]) for one in before
    ]
    assert summaries(read(client, private_path(app, stranger))) == ["河西人才高峰论坛"]


def test_signing_up_waiting_moving_up_withdrawing_and_coming_back_only_move_forward(app, client, frozen):
    forum = make_activity(slug="small", capacity=1, title_zh="小论坛", opens_in=None, closes_in=None)
    other, person = make_person(), make_person()
    path = private_path(app, person)
    kind = kind_of(db.session.get_one(Activity, forum.id))
    seen: list[tuple[str, int, str]] = []

    def look() -> None:
        shown = event(read(client, path))
        seen.append((shown["SUMMARY"], int(shown["SEQUENCE"]), shown["LAST-MODIFIED"]))

    def join(who: Account) -> int:
        with transaction():
            made = signups.sign_up(forum.id, who.id, signups.SignUpRequest(), kind=kind)
        return made.id

    theirs = join(other)
    mine = join(person)
    look()
    with transaction():
        signups.withdraw(theirs)  # mine moves up
    look()
    with transaction():
        signups.withdraw(mine)
    assert events(read(client, path)) == []
    join(person)
    look()

    assert [(summary, sequence) for summary, sequence, _modified in seen] == [("【候补】小论坛", 0), ("小论坛", 1), ("小论坛", 3)]
    assert sorted({modified for _summary, _sequence, modified in seen}) == [modified for _summary, _sequence, modified in seen]


def test_the_uid_is_the_same_in_every_calendar_and_language(app, client, forum, person):
    sign_up(forum, person)
    paths = ["/cal/programme.ics", "/cal/track/forum.ics", "/activities/forum/calendar.ics", private_path(app, person)]

    assert {event(read(client, language + path))["UID"] for language in ("", "/en") for path in paths} == {UID}


# -- for whom it opens --------------------------------------------------------------------------------------------------------


def test_a_renewed_address_ends_the_old_one_for_good(app, client, forum, person):
    sign_up(forum, person)
    old = private_path(app, person)
    read(client, old)
    with transaction():
        calendars.renew_address(person.id)
    new = private_path(app, person)

    answer = client.get(old)
    assert (answer.status_code, answer.text) == (410, "此日历地址已停用。请登录后在“日历订阅”页面取得新地址。")
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get(f"/en{old}").text.startswith("This calendar address has ended.")
    assert new != old
    assert f"SOURCE;VALUE=URI:http://localhost{new}" in lines(read(client, new))


def test_the_feed_of_an_erased_person_is_gone(app, client, person):
    path = private_path(app, person)
    with transaction():
        db.session.get_one(Account, person.id).erased_at = clock.wall()

    assert client.get(path).status_code == 410


def test_the_feed_of_a_deleted_account_is_gone(app, client, person):
    path = private_path(app, person)
    with transaction():
        db.session.execute(db.text("DELETE FROM address"))
        db.session.execute(db.text("DELETE FROM account"))

    assert client.get(path).status_code == 410


def test_staff_have_no_private_feed(app, client):
    assert client.get(private_path(app, make_staff())).status_code == 410


def test_a_token_that_was_never_issued_finds_nothing(app, client, person):
    token = private_path(app, person).removeprefix("/cal/u/").removesuffix(".ics")
    forged = ("B" if token[0] == "A" else "A") + token[1:]

    answer = client.get(f"/cal/u/{forged}.ics")
    assert (answer.status_code, answer.text) == (404, "没有这个日历。")
    assert client.get("/cal/u/short.ics").status_code == 404
    assert client.get(f"/cal/u/{token}{token}{token}.ics").status_code == 404


def test_a_person_without_sign_ups_and_before_the_first_edition_has_an_empty_feed(app, client, person):
    assert events(read(client, private_path(app, person))) == []


def test_a_draft_is_not_even_in_the_feed_of_who_signed_up_before(app, client, forum, person):
    sign_up(forum, person)
    change(forum, status=ActivityStatus.DRAFT)

    assert events(read(client, private_path(app, person))) == []


# -- choices and readings -----------------------------------------------------------------------------------------------------


def test_each_alarm_that_is_chosen_rings_under_a_uid_of_its_own(app, client, forum, person):
    sign_up(forum, person)
    path = private_path(app, person)
    usual = read(client, path)
    rung = []
    for hours in ([1, 24, 2], [], [1]):
        with transaction():
            calendars.choose(person.id, hours)
        rung.append(re.findall(r"TRIGGER:(\S+)\r\nUID:(\S+)", read(client, path)))

    assert [[trigger for trigger, _uid in one] for one in rung] == [["-P1D", "-PT2H", "-PT1H"], [], ["-PT1H"]]
    assert len({uid for _trigger, uid in rung[0]}) == 3
    assert read(client, path) == usual


def test_who_reads_is_kept_by_family_and_at_most_every_ten_minutes(app, client, person, monkeypatch):
    path = private_path(app, person)
    wall = clock.wall()

    def readings() -> list[tuple[str, int]]:
        db.session.rollback()
        rows = db.session.query(FeedReading).order_by(FeedReading.client).all()
        return [(row.client, round((row.read_at - wall) / timedelta(minutes=1))) for row in rows]

    for minutes, user_agent in [(0, "iOS/16 dataaccessd/1.0"), (5, "iOS/16 dataaccessd/1.0"), (6, "Google-Calendar-Importer")]:
        monkeypatch.setattr(clock, "wall", lambda minutes=minutes: wall + timedelta(minutes=minutes))
        client.get(path, headers={"User-Agent": user_agent})
    assert readings() == [("apple", 0), ("google", 6)]

    monkeypatch.setattr(clock, "wall", lambda: wall + timedelta(minutes=11))
    client.get(path, headers={"User-Agent": "iOS/16 dataaccessd/1.0"})
    assert readings() == [("apple", 11), ("google", 6)]


def test_what_is_stored_of_a_private_feed_does_not_give_its_address_away(app, client, forum, person):
    sign_up(forum, person)
    path = private_path(app, person)
    served = client.get(path).data
    token = path.removeprefix("/cal/u/").removesuffix(".ics").encode()

    db.session.rollback()
    row = db.session.query(CalendarFeed).filter_by(key=f"account:{person.id}").one()
    assert served not in row.body
    assert token[:20] not in row.body
    assert b"BEGIN:VCALENDAR" not in row.body


def test_forgetting_a_person_leaves_nothing_of_their_calendar(app, client, forum, person):
    sign_up(forum, person)
    read(client, private_path(app, person))
    with transaction():
        calendars.choose(person.id, [])
        calendars.note_reading(person.id, Client.APPLE, clock.wall())
    with transaction():
        HOLDING.erase(person.id)

    assert [db.session.query(table).count() for table in (CalendarFeed, CalendarChoice, FeedReading)] == [0, 0, 0]
    assert db.session.query(SignUp).count() == 1
