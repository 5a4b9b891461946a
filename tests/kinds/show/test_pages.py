"""The pages of a show: what everybody reads, and the board of those who decide."""

import re
from datetime import timedelta

import pytest

from festival.accounts.rules import Role
from festival.checkin import scans
from festival.checkin import service as checkin
from festival.checkin.rules import Typed, Way
from festival.checkin.service import ScanRequest, Where
from festival.kinds.show import live as live_plan
from festival.kinds.show import queries
from festival.lib import tokens
from festival.lib.db import db, transaction
from tests.builders import make_activity, make_staff, pool_of
from tests.kinds.show.grounds import book, decide, make_show, slot_of
from tests.signups.engine import NOW, change, messages
from tests.web import Browser

BOARD = "/manage/activities/drones/show"


@pytest.fixture(autouse=True)
def still(app, frozen):
    frozen(NOW)


def at_the_desk(app, role=Role.ORGANIZER):
    return Browser(app).sign_in(make_staff(role))


def scan(sign_up, gate, way=Way.IN):
    found = scans.gate_named(sign_up.activity_id, gate)
    assert found is not None
    where = Where(make_staff().id, found.id)
    with transaction():
        request = ScanRequest(tokens.new_token(), way, Typed(sign_up.code, is_digits=False))
        checkin.scan(sign_up.activity_id, request, where)


def zones_on(page):
    return {
        one["data-zone"]: (one["data-state"], " ".join(one.select_one(".state").get_text(" ", strip=True).split()))
        for one in page.html.select(".show-zones > li")
    }


def test_everybody_sees_how_full_each_zone_is_by_bookings_and_on_the_evening_by_heads(app, frozen):
    show = make_show(capacity=10)
    full = book(show, 5, 5)
    book(show, 1, index=1)
    a, b = (area.key for area in queries.areas(show.id))
    reader = Browser(app)

    page = reader.get("/activities/drones")

    assert zones_on(page) == {a: ("full", "约满"), b: ("open", "余 9 个名额")}
    assert "A区已满；B区还有 9 个空位。" in page.words
    [plan] = page.html.select("svg.show-plan")
    assert str(plan["aria-label"]).replace("\n", "") == "观看区平面图：A区：约满；B区：余 9 个名额；"
    assert [one["points"] for one in plan.select(".show-plan__zone")] == ["0,0 400,0 400,300", "600,0 1000,0 1000,300"]
    assert not page.html.select("[style]")
    [live] = [str(one["data-today"]) for one in page.html.select("[data-today]")]
    assert live == "/activities/drones/zones"

    start = slot_of(show).starts_at
    frozen(start - timedelta(minutes=30))
    scan(full[0], "A口")
    live_plan.forget()  # what was counted holds for some seconds
    first = reader.client.get(f"/en{live}")
    assert "Room, 5 people inside" in first.text
    assert first.headers["Cache-Control"] == "public, max-age=5"
    assert reader.client.get(f"/en{live}", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    frozen(start + timedelta(hours=3))
    assert "人数" in reader.get(live).words
    for path in ("/activities/none/zones", f"/activities/{make_activity(slug='talk').slug}/zones"):
        assert reader.get(path).status == 404


def test_the_board_counts_heads_and_gates_and_the_approved_number_with_staff(app, frozen):
    show = make_show(capacity=10, approved_ceiling=24)
    many = book(show, 5, 5)
    frozen(slot_of(show).starts_at - timedelta(minutes=30))
    desk = at_the_desk(app)
    for one in many:
        scan(one, "A口")
    scan(many[0], "B口", Way.OUT)

    page = desk.get(desk.get("/manage/activities/drones/").link("当晚看板与决定"))

    a = queries.areas(show.id)[0].key
    cells = [cell.get_text(" ", strip=True) for cell in page.html.select(f'tr[data-zone="{a}"] td')]
    assert cells == ["有空位，在场 5 人", "10", "10", "5", "5", "12", "2"]
    gates = [re.sub(r"\s+", " ", row.get_text(" ", strip=True)) for row in page.html.select("tr[data-gate]")]
    assert gates == ["A口 10 0", "B口 0 5"]
    assert "核准 24 人：名额 20（含以后放出的），工作人员 4。" in page.words
    numbers = desk.get(f"{BOARD}/numbers")
    assert "95%" not in numbers.words
    change(slot_of(show), approved_ceiling=9)  # five guests and four of staff
    assert "已达核准人数 9 的 95%" in desk.get(f"{BOARD}/numbers").words


def test_a_decision_is_looked_at_with_its_words_in_both_languages_and_taken_with_one_press(app):
    show = make_show()
    [one] = book(show, 2)
    desk = at_the_desk(app)
    page = desk.get(desk.get(BOARD).link("暂缓，等候通知"))
    assert "将通知 1 个报名的本人" in page.words
    assert [quote["lang"] for quote in page.html.select("blockquote.said")] == ["zh-CN", "en"]

    unsaid = desk.post_form(page, {"until": ""})
    assert (unsaid.status, sorted(field["id"] for field in unsaid.html.select("[aria-invalid]"))) != (303, [])
    other = desk.post_form(page, {"cause": "other", "until": "2023-06-21T09:30"})
    assert (other.status, other.words.count("请写明原因") >= 2) == (422, True)
    late = desk.post_form(page, {"cause": "wind", "until": "2023-06-16T09:00"})
    assert (late.status, "下一次公布的时间应晚于现在" in late.words) == (422, True)
    done = desk.post_form(page, {"cause": "wind", "until": "2023-06-21T09:30"})

    assert done.status == 303
    board = desk.follow(done)
    assert "已决定：暂缓，等候通知。" in board.words
    assert "暂缓：阵风超过安全限值。6月21日 周三 09:30 前公布下一步。" in board.words
    assert "On hold: gusts above the safety limit." in Browser(app).get("/en/activities/drones").words
    stale = desk.post_form(page, {"cause": "rain", "until": "2023-06-21T09:30"})
    assert (stale.status, stale.result, "刚才已有同事作出决定" in stale.words) == (409, "refused", True)
    cancelled = desk.post_form(f"{BOARD}/cancel", {"cause": "other", "reason_zh": "大风红色预警", "reason_en": "red wind alert"})
    assert cancelled.status == 303
    assert messages(one)[-2:] == ["show_hold", "activity_cancelled"]
    assert "取消：大风红色预警。" in desk.follow(cancelled).words
    again = desk.get(f"{BOARD}/go")
    assert (again.result, "已取消或延期" in again.words) == ("refused", True)
    assert "show.decide" not in desk.get("/manage/activities/drones/log").words


def test_a_decision_is_about_the_evening_that_was_looked_at_and_no_other(app):
    show = make_show()
    desk = at_the_desk(app)
    page, slot = desk.get(f"{BOARD}/cancel"), slot_of(show)
    change(slot, starts_at=slot.starts_at + timedelta(days=1), ends_at=slot.ends_at + timedelta(days=1))
    stale = desk.post_form(page, {"cause": "rain"})

    assert (stale.status, stale.result, "场次、时间或后续安排有变化" in stale.words) == (409, "refused", True)
    assert desk.post_form(stale, {"cause": "rain"}).status == 303


def test_the_ground_is_set_up_by_organizers_and_hostile_input_is_said_beside_its_field(app):
    show = make_show()
    desk = at_the_desk(app)
    pool_id = pool_of(show).id
    zone = f"{BOARD}/zones/{pool_id}"
    bad = desk.post_form(
        zone,
        {"mark_zh": "<script>", "safety_limit": "9" * 30, "staff": "-1", "wheelchair_places": "x", "corners": "1,1 2,2"},
        action=zone,
    )
    assert bad.status == 422
    assert {one["id"] for one in bad.html.select("[aria-invalid=true]")} >= {
        "safety_limit",
        "staff",
        "wheelchair_places",
        "corners",
    }
    assert "<script>" not in bad.text
    few = desk.post_form(zone, {"safety_limit": "11", "staff": "2"}, action=zone)
    assert (few.status, "名额多于安全人数" in few.words) == (422, True), few.words
    many = desk.post_form(zone, {"safety_limit": "40", "staff": "3"}, action=zone)
    assert (many.status, "会超过核准人数" in many.words) == (422, True)
    saved = desk.post_form(zone, {"safety_limit": "40", "staff": "2", "corners": "0,0 9,0 9,9 0,9"}, action=zone)
    assert saved.status == 303
    gate = desk.post_form(zone, {"label_zh": "A2口", "label_en": "Gate A2", "x": "5", "y": "6"}, action=f"{zone}/entrances")
    assert gate.status == 303
    db.session.rollback()
    area = queries.areas(show.id)[0]
    assert (area.safety_limit, area.staff, len(area.corners), [one.label_en for one in area.entrances]) == (
        40, 2, 4, ["Gate A", "Gate A2"],
    )  # fmt: skip
    plan = desk.post_form(
        f"{BOARD}/ground", {"weather_zh": "五级风暂缓", "weather_en": "It waits at force 5", "no_fly_metres": "800"}
    )
    assert plan.status == 303
    words = Browser(app).get("/en/activities/drones").words
    assert ("It waits at force 5" in words, "No-fly zone: 800 metres around" in words) == (True, True)


def test_only_those_who_edit_the_activity_decide_and_another_kind_has_no_board(app):
    show = make_show()
    talk = make_activity(slug="talk")
    auditor, steward = at_the_desk(app, Role.AUDITOR), at_the_desk(app, Role.STEWARD)
    other = Browser(app).sign_in(make_staff(Role.ORGANIZER, activity=talk))
    pool_id = pool_of(show).id

    assert [who.get(BOARD).status for who in (auditor, steward, other, Browser(app))] == [200, 403, 404, 303]
    assert "如期举行" not in [link.get_text(strip=True) for link in auditor.get(BOARD).html.select("main a")]
    for path in ("/go", "/ground", f"/zones/{pool_id}"):
        assert [who.get(f"{BOARD}{path}").status for who in (auditor, other)] == [403, 404]
    desk = at_the_desk(app)
    for path in ("/show", "/show/go", "/show/ground"):
        assert desk.get(f"/manage/activities/talk{path}").status == 404
    assert [desk.get(f"{BOARD}/zones/{one}").status for one in (pool_of(talk).id, 987654)] == [404, 404]
    assert desk.get(f"{BOARD}/stop").status == 404
    decide(show, "go")
    assert "如期举行" not in {link.get_text(strip=True) for link in desk.get(BOARD).html.select(".show-acts a")}
