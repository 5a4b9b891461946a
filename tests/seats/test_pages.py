"""The pages of seats as organizers use them, and the line on the ticket."""

from datetime import timedelta

from bs4 import Tag

from festival.accounts.rules import Role
from festival.lib.db import db, transaction
from festival.outbox.delivery import deliver_due
from festival.outbox.models import DemoMail
from festival.seats import queries, service
from festival.signups import service as signups
from tests.builders import make_activity, make_person, make_sign_up, make_staff, pool_of
from tests.seats.halls import arranged, make_hall, names, seated
from tests.web import Browser, Page


def _desk(app, role=Role.ORGANIZER, **more) -> Browser:
    return Browser(app).sign_in(make_staff(role, **more))


def _first(page: Page, selector: str) -> Tag:
    found = page.html.select_one(selector)
    assert found is not None
    return found


def test_an_organizer_draws_a_hall_by_numbers_looks_at_it_and_saves_it(app):
    activity = make_activity(slug="forum", pools=2)
    first, second = pool_of(activity), pool_of(activity, 1)
    desk = _desk(app)
    empty = desk.get(desk.get("/manage/activities/forum/seats").link("画座位图"))

    asked = {"rows": "3", "per_row": "4", "aisles": "2", f"rows-{first.id}": "1", f"rows-{second.id}": "1"}
    looked = desk.post_form(empty, asked, button="build")
    saved = desk.follow(desk.post_form(looked, {}, button="save"))

    assert (looked.result, _first(looked, "textarea").get_text().strip().splitlines()) == (
        "preview",
        ["1: OO_OO = 1区", "2: OO_OO = 2区", "3: OO_OO"],
    )
    assert "座位图已保存，共 12 座" in saved.words
    db.session.rollback()
    [seat_map] = queries.maps_of(activity.id)
    assert [one.seat.pool_id for one in queries.hall(seat_map.id)] == [first.id] * 4 + [second.id] * 4 + [None] * 4


def test_a_drawing_that_cannot_be_read_is_said_beside_it_and_nothing_typed_is_lost(app):
    make_activity(slug="forum")
    desk = _desk(app)
    page = desk.get(desk.get("/manage/activities/forum/seats").link("画座位图"))

    refused = desk.post_form(page, {"drawing": " 1: OO\n2: O?O = 媒体"}, button="save")
    unknown = desk.post_form(page, {"drawing": "OO = 媒体"}, button="save")
    none = desk.post_form(page, {}, button="build")

    assert [(one.status, _first(one, ".field__error").get_text().strip()) for one in (refused, unknown, none)] == [
        (422, "第 2 行：有不认识的符号“?”"),
        (422, "第 1 行：没有这个名额池“媒体”"),
        (422, "请填写此项"),
    ]
    assert "2: O?O = 媒体" in _first(refused, "textarea").get_text()


def test_one_press_seats_everybody_and_the_page_names_who_is_left_and_who_is_apart(app):
    activity = make_activity(slug="forum")
    hall = make_hall(activity, "OO_O")
    make_sign_up(activity, party_size=3, name="王芳")
    make_sign_up(activity, name="李雷")
    desk = _desk(app)

    after = desk.follow(
        desk.post_form(f"/manage/activities/forum/seats/{hall.id}", action=f"/manage/activities/forum/seats/{hall.id}/arrange")
    )

    assert [note.get_text().strip() for note in after.html.select("main > p.note")] == [
        "已安排 3 个座位。",
        "1 个报名无法坐在一起，已列在下方。",
        "座位不够，1 个报名尚未安排，已列在下方。",
    ]
    assert [row.get_text(" ", strip=True) for row in after.html.select("main table.table tbody tr")] == [
        "李雷 1 1区 1 座",
        "王芳 3 1区 1排1–3座",
    ]
    assert [seat.get("aria-label") for seat in after.html.select(".hall a")] == [
        "1排1座，王芳，共 3 人",
        "1排2座，王芳，共 3 人",
        "1排3座，王芳，共 3 人",
    ]


def test_seats_are_given_exchanged_and_written_by_hand_and_a_conflict_is_said_in_words(app):
    activity = make_activity(slug="forum")
    hall = make_hall(activity, "OOO")
    anna, ben = make_sign_up(activity, name="王芳"), make_sign_up(activity, name="李雷")
    ids = [one.seat.id for one in queries.hall(hall.id)]
    base = f"/manage/activities/forum/seats/{hall.id}"
    desk = _desk(app)

    desk.post_form(f"{base}/seats/{ids[0]}", {"sign_up_id": str(anna.id)}, button="act")
    desk.post_form(f"{base}/parties/{ben.id}", {"seats": "1-2"})
    assert seated(anna, ben) == ["1排1座", "1排2座"]

    exchanged = desk.post_form(f"{base}/seats/{ids[0]}", {"to": "1排2座"}, button="act")
    assert (exchanged.status, seated(anna, ben)) == (303, ["1排2座", "1排1座"])

    taken = desk.post_form(f"{base}/parties/{ben.id}", {"seats": "1排2座"})
    nonsense = desk.post_form(f"{base}/parties/{ben.id}", {"seats": "前排"})
    token = str(_first(nonsense, "[name=csrf_token]")["value"])
    assert desk.post(f"{base}/seats/{ids[0]}", csrf_token=token, act="no-such-button").status == 422
    assert (taken.status, "1排2座：这个座位已经安排给别人" in taken.words) == (409, True)
    assert (nonsense.status, _first(nonsense, "input[name=seats]")["value"]) == (422, "前排")


def test_a_hall_is_printed_row_by_row(app):
    activity = make_activity(slug="forum")
    hall = make_hall(activity, "OO\nX")
    make_sign_up(activity, party_size=2, name="王芳")
    arranged(hall)

    page = _desk(app).get(f"/manage/activities/forum/seats/{hall.id}/print")

    assert [row.get_text(" ", strip=True) for row in page.html.select("caption, tbody tr")] == [
        "1排",
        "1 王芳 1 / 2",
        "2 王芳 2 / 2",
        "2排",
        "1 关",
    ]


def test_seats_are_only_for_those_who_may_see_names_and_only_of_their_own_activities(app):
    activity, other = make_activity(slug="forum"), make_activity(slug="other")
    hall = make_hall(activity, "O")
    own = _desk(app, activity=other)

    assert [
        _desk(app, role).get("/manage/activities/forum/seats").status for role in (Role.REVIEWER, Role.STEWARD, Role.AUDITOR)
    ] == [403] * 3
    assert [own.get(path).status for path in ("/manage/activities/forum/seats", f"/manage/activities/other/seats/{hall.id}")] == [
        404,
        404,
    ]


def test_the_ticket_says_the_seat_and_the_person_is_told_when_it_changes(app):
    activity, staff = make_activity(slug="forum", starts_in=timedelta(days=5)), make_staff()
    person = make_person()
    made = make_sign_up(activity, person=person)
    visitor = Browser(app).sign_in(person)
    assert "座位" not in visitor.get(f"/sign-ups/{made.code}").words

    hall = make_hall(activity, "OO")
    assert "待安排，安排后在这里显示" in visitor.get(f"/sign-ups/{made.code}").words

    for seat in ("1-1", "1-2"):
        with transaction():
            service.seat(hall.id, {made.id: names(seat)}, actor_id=staff.id)
            service.tell(hall.id, actor_id=staff.id)
    deliver_due(100)
    assert "1排2座" in visitor.get(f"/sign-ups/{made.code}").words
    assert "Row 1, seat 2" in visitor.get(f"/en/sign-ups/{made.code}").words
    assert ["1排2座" in mail.text for mail in db.session.query(DemoMail)] == [True]  # what was true before is not sent any more

    with transaction():
        signups.withdraw(made.id)
    assert "1排2座" not in visitor.get(f"/sign-ups/{made.code}").words
