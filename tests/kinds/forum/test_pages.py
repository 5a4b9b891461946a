"""A forum's pages: what readers and attendees do, what organizers do, and what nobody may."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from festival.accounts.rules import Role
from festival.checkin.rules import Way
from festival.kinds.forum import queries, service
from festival.kinds.forum.models import ForumCertificate
from festival.kinds.forum.rules import Audience
from festival.kinds.forum.sowing import _paper
from festival.lib.db import db, transaction
from festival.outbox.models import Message
from festival.programme import service as programme
from festival.programme.service import Span
from tests.builders import make_activity, make_person, make_question, make_staff
from tests.calendars.programme import private_path
from tests.kinds.forum.halls import BEGIN, NOW, guest, make_forum, scan
from tests.signups.engine import sign_up
from tests.web import Browser, Page

AGENDA = "/activities/forum/agenda"
DESK = "/manage/activities/forum"


@pytest.fixture(autouse=True)
def morning(app, frozen):
    frozen(NOW)


def press(browser: Browser, key: str, act: str) -> Page:
    return browser.post_form(AGENDA, action=f"{AGENDA}/{key}/{act}")


def test_an_attendee_books_switches_saves_and_finds_it_on_the_ticket_in_the_calendar_and_in_no_public_place(app, visitor):
    forum = make_forum(seats=5)
    mine = guest(forum, name="李测试")
    attendee = Browser(app).sign_in(mine.person)

    assert visitor.get(AGENDA).html.select("form[action*=agenda]") == []
    assert press(attendee, "one", "book").status == 303
    assert attendee.post_form(AGENDA, action=f"{AGENDA}/two/book").status == 303  # the button switches
    assert press(attendee, "talk", "save").status == 303
    page = attendee.get(AGENDA)

    states = {str(item["data-item"]): item.get_text(" ") for item in page.html.select("[data-item]")}
    assert ["已预约" in states[key] for key in ("one", "two")] == [False, True]
    assert "已收藏" in states["talk"]
    ticket = attendee.get(f"/sign-ups/{mine.code}").words
    assert "题two 13:30–15:30 · 3号厅 · 已预约" in ticket
    assert "题talk 09:00–10:00 · 1号厅 · 已收藏" in ticket
    feed = unfolded(attendee.get(private_path(app, mine.person)).text)
    assert "SUMMARY:【收藏】题talk（论坛）" in feed
    assert "论坛（题two）" in feed
    assert "地点：3号厅" in feed
    assert "题two" not in unfolded(visitor.get("/cal/programme.ics").text)
    assert press(attendee, "two", "leave").status == 303
    assert "题two" not in attendee.get(f"/sign-ups/{mine.code}").words


def unfolded(feed: str) -> str:
    return feed.replace("\r\n ", "")


def test_the_door_and_the_overview_count_who_is_in_each_break_out_beside_the_guests_of_the_forum(app, frozen):
    forum = make_forum(seats=5)
    here, late = guest(forum), guest(forum)
    with transaction():
        booked = service.book(forum.id, here.person_id, "one")
        service.book(forum.id, late.person_id, "one")
    frozen(BEGIN + timedelta(hours=4, minutes=25))
    staff = make_staff(Role.STEWARD)
    scan(here, Way.IN, BEGIN, staff)
    scan(booked, Way.IN, BEGIN + timedelta(hours=4, minutes=20), staff)

    steward, organizer = Browser(app).sign_in(staff), Browser(app).sign_in(make_staff(Role.ORGANIZER))
    door, overview = steward.get(f"{DESK}/check-in/numbers"), organizer.get("/manage/today")

    def rows(page: Page, chosen: str) -> list[list[str]]:
        return [[" ".join(cell.get_text(" ").split()) for cell in row.select("th, td")] for row in page.html.select(chosen)]

    parts = ("13:30–15:30 · 题one", "13:30–15:30 · 题two")
    assert rows(door, "[data-part]") == [[parts[0], "5", "2", "1", "1"], [parts[1], "5", "0", "0", "0"]]
    assert [one.get_text(strip=True) for one in door.html.select(".door__count dd")] == ["2", "1", "1"]
    assert rows(overview, ".today tbody tr")[-3:] == [
        ["另需预约的分场"],
        [f"{parts[0]} 5 席", "2", "1"],
        [f"{parts[1]} 5 席", "0", "0"],
    ]


def test_hostile_calls_find_nothing_or_are_refused_in_words(app, visitor):
    forum = make_forum()
    plain = make_activity(slug="plain")
    waiting, staff = make_person(), make_staff()
    nobody = Browser(app).sign_in(waiting)
    app.config["WTF_CSRF_ENABLED"] = False

    refused = nobody.post(f"{AGENDA}/one/book")
    assert (refused.status, refused.result) == (409, "needs-place")
    assert "需要先有本活动的参会席位" in refused.words
    assert nobody.post(f"{AGENDA}/talk/book").status == 404
    assert nobody.post(f"{AGENDA}/no-such-item/save").status == 404
    assert nobody.post(f"{AGENDA}/{'x' * 65}/save").status == 404
    assert nobody.post(f"{AGENDA}/one/leave").status == 303  # nothing held: nothing to give back
    assert visitor.post(f"{AGENDA}/talk/save").location.startswith("/sign-in")
    for path in (f"/activities/{plain.slug}/agenda", "/activities/forum/speakers/99", "/activities/forum/materials/99"):
        assert visitor.get(path).status == 404
    for number in ("hx23-abcd-efgh-jkmn", "x", "a" * 64):
        page = visitor.get(f"/certificates/{number}")
        assert (page.status, page.result) == (404, "unknown-code")
    assert visitor.post_form("/certificates", number="'; DROP TABLE").location == "/certificates/drop-tabl-e"
    assert visitor.post_form("/certificates", number="——").status == 422
    desk = Browser(app).sign_in(staff)
    for path in ("agenda", "agenda/new", "materials", "meals", "certificates"):
        assert desk.get(f"/manage/activities/{plain.slug}/{path}").status == 404
    day, room = queries.days(forum.id)[0].id, queries.rooms(forum.id)[0].id
    whole = {"title_zh": "题", "title_en": "T", "type": "keynote", "day": day, "starts": "09:00", "ends": "10:00", "room": room}
    for wrong in (
        {"starts": "8:59"}, {"ends": "09:00"}, {"starts": "25:00"}, {"room": 10**9}, {"day": "0"}, {"type": "party"},
        {"type": "parallel"}, {"seats": "-1"}, {"speakers": ["77"]}, {"title_zh": "x" * 101}, {"title_en": "\x00"},
    ):  # fmt: skip
        page = desk.post_form(f"{DESK}/agenda/new", whole | wrong)
        assert page.status == 422, wrong
        assert page.html.select_one("[data-errors]") is not None


def test_an_organizer_moves_a_talk_sees_the_clash_mends_it_and_publishes_and_readers_see_what_changed(app, visitor):
    forum = make_forum()
    saver = guest(forum)
    with transaction():
        service.save(forum.id, saver.person_id, "talk")
    mine, other = make_staff(Role.ORGANIZER, activity=forum), make_activity(slug="other")
    desk = Browser(app).sign_in(mine)
    assert desk.get(f"/manage/activities/{other.slug}/agenda").status == 404
    assert desk.get(f"{DESK}/").link("议程") == f"{DESK}/agenda"

    assert desk.post_form(f"{DESK}/agenda/items/talk", starts="12:30", ends="13:45").status == 303
    clashing = desk.get(f"{DESK}/agenda/publish")
    assert "1号厅同时安排了“题lunch”（12:00–13:30）和“题talk”（12:30–13:45）" in clashing.words
    assert clashing.html.select("main form button") == []
    assert desk.post_form(f"{DESK}/speakers/new", name_zh="乙", name_en="B").status == 303
    db.session.rollback()
    second = queries.speakers(forum.id)[1].id
    assert (
        desk.post_form(
            f"{DESK}/agenda/items/talk", starts="10:00", ends="11:00", speakers=[str(second)], title_zh="<b>新题</b>"
        ).status
        == 303
    )
    preview = desk.get(f"{DESK}/agenda/publish")
    assert "将通知 1 人" in preview.words
    assert visitor.get("/activities/forum/agenda/changes").words.endswith("首次发布。")
    done = desk.follow(desk.post_form(preview, note_zh="嘉宾调整"))

    assert "第 2 版已发布，通知了 1 人。" in done.html.get_text(" ")
    changes = visitor.get("/activities/forum/agenda/changes").words
    assert "“<b>新题</b>”时间由 09:00–10:00 改为 10:00–11:00" in changes
    assert "“<b>新题</b>”嘉宾由甲调整为乙" in changes
    assert "“题talk”改名为“<b>新题</b>”" in changes
    assert "<b>新题</b>" in visitor.get(f"/activities/forum/speakers/{second}").words
    db.session.rollback()
    told = db.session.scalars(select(Message.account_id).where(Message.kind == "forum_agenda_changed")).all()
    assert told == [saver.person_id]


def test_materials_open_at_their_time_and_only_to_whom_they_are_for(app, visitor, frozen):
    forum = make_forum()
    mine = Browser(app).sign_in(guest(forum).person)
    desk = Browser(app).sign_in(make_staff())
    given = {"title_zh": "报告", "title_en": "Talk", "audience": "attendees", "opens_at": "2023-06-20T18:00"}

    assert desk.post_form(f"{DESK}/materials", {**given, "file": (io.BytesIO(b"MZ"), "a.pdf")}).status == 422
    paper = _paper("Talk").content
    assert desk.post_form(f"{DESK}/materials", {**given, "file": (io.BytesIO(paper), "../报告.pdf")}).status == 303
    with transaction():
        open_id = service.add_material(
            forum.id, service.NewMaterial("指南", "Guide", "", Audience.EVERYBODY, NOW, _paper("Guide")), actor_id=make_staff().id
        )
    closed = next(one for one in queries.materials(forum.id) if one.id != open_id)
    path = f"/activities/forum/materials/{closed.id}"

    before = [browser.get(path).status for browser in (visitor, mine)]
    assert "报告 1 KB · 6月20日 周二 18:00 开放" in visitor.get(AGENDA).words
    with transaction():  # it opens an hour after the forum: also after one that begins half an hour later
        later = BEGIN + timedelta(minutes=30)
        programme.reschedule(queries.days(forum.id)[0].id, Span(later, later + timedelta(hours=8)), actor_id=None)
    frozen(BEGIN + timedelta(hours=9, minutes=29))
    before.append(mine.get(path).status)
    frozen(BEGIN + timedelta(hours=9, minutes=30))
    got = mine.get(path)

    assert (before, visitor.get(path).status, got.status) == ([404, 404, 404], 404, 200)
    assert (got.response.get_data(), got.response.headers["Cache-Control"]) == (paper, "no-store")
    assert visitor.get(f"/activities/forum/materials/{open_id}").status == 200


def test_a_certificate_is_had_by_its_owner_verified_by_anybody_without_the_name_and_meals_are_counted(app, visitor, frozen):
    forum = make_forum()
    meals = {"none": "不用餐", "regular": "普通餐", "halal": "清真"}
    make_question(forum, "diet", type_="select", required=False, options=meals)
    make_question(forum, "credit", type_="boolean", required=False)
    meals_asked: tuple[dict[str, str], ...] = (
        {"diet": "halal", "credit": "1"}, {"diet": "regular", "credit": "1"}, {"diet": "none"}, {},
    )  # fmt: skip
    people = [sign_up(forum, name="李测试", answers=answers) for answers in meals_asked]
    staff = make_staff()
    for one in people[:2]:
        scan(one, Way.IN, BEGIN, staff)
    scan(people[0], Way.OUT, BEGIN + timedelta(hours=8), staff)
    frozen(BEGIN + timedelta(hours=9))
    desk, owner, other = (Browser(app).sign_in(one) for one in (staff, people[0].person, people[1].person))

    counted = desk.get(f"{DESK}/meals").words
    assert "不用餐 1 0 普通餐 1 1 清真 1 1 未填写 1 0 需要备餐 2 2" in counted
    assert "李" not in counted
    assert desk.post_form(f"{DESK}/certificates", action=f"{DESK}/certificates/issue").status == 303
    db.session.rollback()
    made = db.session.scalars(select(ForumCertificate)).one()
    whole = owner.get(f"/sign-ups/{people[0].code}/certificate")
    assert "李测试" in whole.words
    assert made.number in whole.words
    assert other.get(f"/sign-ups/{people[0].code}/certificate").status == 404
    page = visitor.follow(visitor.post_form("/certificates", number=made.number.lower().replace("-", " ")))
    assert (page.status, page.result) == (200, "valid")
    assert "李*试" in page.words
    assert "李测试" not in page.text
    assert people[0].code not in page.text
    assert desk.post_form(f"{DESK}/certificates/{made.id}/revoke", reason="代签到").status == 303
    revoked = visitor.get(f"/certificates/{made.number.lower()}")
    assert revoked.result == "revoked"
    assert "代签到" not in revoked.text
