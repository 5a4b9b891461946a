"""What somebody saved of an agenda, in their own calendar: shown as saved, it follows the agenda to its end."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from festival.accounts import personal
from festival.accounts.personal import Moment
from festival.calendars.models import CalendarKept
from festival.kinds.forum import queries, service
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.plans import service as plans
from festival.plans.rules import Step
from festival.programme.service import SlotEdit, Span, Why
from tests.builders import make_person, make_staff
from tests.calendars.programme import events, private_path, read, summaries
from tests.kinds.forum.halls import BEGIN, NOW, guest, make_forum, move, publish

HOUR = timedelta(hours=1)
WORDS = "您收藏了这一场，没有预约名额，也不代表已报名。"
DETAILS = r"\n\n详情 / Details: http://localhost/activities/forum/agenda"


@pytest.fixture(autouse=True)
def morning(app, frozen):
    frozen(NOW)


def save(forum, person, key="talk"):
    with transaction():
        service.save(forum.id, person.id, key)


def shown(app, client, person):
    """Return the entries of a person's feed in short: how certain, which revision, when, what, and the first words."""
    db.session.rollback()
    found = events(read(client, private_path(app, person)))
    return [
        (one["STATUS"], one["SEQUENCE"], one["DTSTART;TZID=Asia/Shanghai"][6:13], one["SUMMARY"], one["DESCRIPTION"])
        for one in found
    ]


def test_who_has_no_place_finds_what_they_saved_in_their_own_calendar_as_saved_and_free_time(app, client):
    forum, reader = make_forum(), make_person()
    assert shown(app, client, reader) == []
    save(forum, reader)

    [whole] = events(read(client, private_path(app, reader)))
    [english] = events(read(client, private_path(app, reader, "en")))

    assert whole["UID"] == english["UID"]
    assert (english["SUMMARY"], english["DESCRIPTION"].partition(r"\n\n")[0]) == (
        "[Saved] Item talk (Test activity)",
        r"Room: Hall 1\nYou saved this session. Nothing is booked\, and this is not a sign-up.",
    )
    assert {name: whole[name] for name in ("SUMMARY", "STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS", "CLASS")} == {
        "SUMMARY": "【收藏】题talk（论坛）",
        "STATUS": "TENTATIVE",
        "TRANSP": "TRANSPARENT",
        "X-MICROSOFT-CDO-BUSYSTATUS": "TENTATIVE",
        "CLASS": "PRIVATE",
    }
    assert (whole["DTSTART;TZID=Asia/Shanghai"], whole["DTEND;TZID=Asia/Shanghai"], whole["SEQUENCE"]) == (
        "20230620T090000",
        "20230620T100000",
        "0",
    )
    assert whole["DESCRIPTION"] == r"地点：1号厅\n" + WORDS + DETAILS
    assert "VALARM" not in read(client, private_path(app, reader))
    assert summaries(read(client, private_path(app, make_person()))) == []


def test_a_saved_item_moves_with_the_agenda_and_the_day_and_is_cancelled_for_a_week_when_it_is_taken_out(app, client, frozen):
    forum, reader, staff = make_forum(), make_person(), make_staff().id
    day = queries.days(forum.id)[0].id
    save(forum, reader)
    save(forum, reader, "lunch")
    [first, lunch] = shown(app, client, reader)
    where = r"地点：1号厅\n" + WORDS + DETAILS
    assert first == ("TENTATIVE", "0", "20T0900", "【收藏】题talk（论坛）", where)

    publish(forum, move(forum, "talk", by=30, staff=staff), staff=staff)
    old = r"原定时间：6月20日 周二 09:00–10:00。\n"
    assert shown(app, client, reader)[0] == ("TENTATIVE", "1", "20T0930", "【改期】【收藏】题talk（论坛）", old + where)
    assert shown(app, client, reader)[1] == lunch  # what did not move did not change
    with transaction():
        service.put_room(forum.id, queries.rooms(forum.id)[0].id, "大厅", "Great hall", actor_id=staff)
    where = where.replace("1号厅", "大厅")
    assert shown(app, client, reader)[0][1:5] == ("2", "20T0930", "【改期】【收藏】题talk（论坛）", old + where)
    with transaction():
        plans.edit_slot(forum.id, day, SlotEdit(Span(BEGIN + HOUR, BEGIN + 9 * HOUR), None, "", ""), seen=None, actor_id=staff)
    assert [one[1:3] for one in shown(app, client, reader)] == [("3", "20T1030"), ("2", "20T1300")]
    with transaction():
        plans.take_step(forum.id, None, Step.POSTPONE, Why("场馆检修", "Repairs"), actor_id=staff)
    assert shown(app, client, reader)[0][3:] == (
        "【延期待定】【收藏】题talk（论坛）",
        r"原定时间：6月20日 周二 10:30–11:30。新的时间待定。\n原因：场馆检修\n" + where,
    )
    with transaction():
        plans.take_step(forum.id, None, Step.RESUME, Why(), actor_id=staff)
        service.remove_session(forum.id, "talk", actor_id=staff)
        draft = queries.draft(forum.id)
        assert draft is not None
        service.publish(forum.id, seen=draft.revision, actor_id=staff)

    gone = ("CANCELLED", "5", "20T1030", "【已取消】题talk（论坛）", DETAILS.removeprefix(r"\n\n"))
    assert shown(app, client, reader)[0] == gone
    frozen(BEGIN + timedelta(days=7, hours=1))
    assert shown(app, client, reader)[0] == gone
    frozen(BEGIN + timedelta(days=7, hours=3))
    assert [one[3] for one in shown(app, client, reader)] == ["【改期】【收藏】题lunch（论坛）"]


def test_what_is_booked_stands_as_booked_alone_what_is_saved_no_more_leaves_and_a_forum_that_is_off_says_so(app, client):
    forum = make_forum(seats=3)
    mine, stranger = guest(forum), make_person()
    save(forum, mine.person, "one")
    save(forum, stranger, "one")
    assert [one[3] for one in shown(app, client, mine.person)] == ["论坛", "【收藏】题one（论坛）"]
    with transaction():
        service.book(forum.id, mine.person_id, "one")
    assert [one[3] for one in shown(app, client, mine.person)] == ["论坛", "论坛（题one）"]
    with transaction():
        service.leave(forum.id, mine.person_id, "one")
    assert [one[3] for one in shown(app, client, mine.person)] == ["论坛", "【收藏】题one（论坛）"]
    with transaction():
        service.unsave(forum.id, mine.person_id, "one")
    assert [one[3] for one in shown(app, client, mine.person)] == ["论坛"]

    shown(app, client, stranger)
    with transaction():
        plans.take_step(forum.id, None, Step.CANCEL, Why("台风", "Typhoon"), actor_id=make_staff().id)
    assert [(one[0], one[3], one[4].partition(r"\n")[0]) for one in shown(app, client, stranger)] == [
        ("CANCELLED", "【已取消】题one（论坛）", "原因：台风")
    ]
    late = make_person()
    save(forum, late, "one")
    assert shown(app, client, late) == []  # it never was in this calendar: nothing to take back

    assert len(personal.export(stranger.id)["calendar_kept"]) == 1
    purge = next(one for one in personal.purges() if one.key == "calendar_kept")
    with transaction():
        assert [purge.batch(Moment(BEGIN + timedelta(days=180, hours=hours), clock.wall()), 9) for hours in (6, 7)] == [0, 1]
    assert db.session.scalars(select(CalendarKept)).all() == []
