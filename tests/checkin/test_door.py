"""The page of the door at a browser: what it answers, who may do what there, and what pictures it reads."""

import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
from PIL import Image

from festival.accounts.models import SignInSession
from festival.accounts.rules import Role
from festival.audit.models import AuditEntry
from festival.checkin.models import Gate, Scan
from festival.checkin.pictures import read_picture
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.signups import qr
from festival.signups.models import SignUp
from tests.builders import make_activity, make_sign_up, make_staff, pool_of
from tests.signups.engine import NOW
from tests.web import Browser

HERE = "/manage/activities/show/check-in"


@pytest.fixture(autouse=True)
def still(app, frozen):
    frozen(NOW)


@pytest.fixture
def show(app):
    return make_activity(slug="show", starts_in=timedelta(hours=1), pools=2, approved_ceiling=10)


def at_the_gate(app, role=Role.STEWARD, **staff):
    return Browser(app).sign_in(make_staff(role, **staff))


def facts(page):
    return {
        one.dt.get_text(strip=True)[:-1]: " ".join(one.dd.get_text(" ").split()) for one in page.html.select(".verdict dl > div")
    }


def word(page):
    return page.html.select_one(".verdict__word").get_text(strip=True), page.html.select_one(".verdict")["data-tone"]


def counted(page):
    return [int(one.get_text().split()[0]) for one in page.html.select(".door__count dd")]


def test_a_steward_scans_a_party_in_corrects_it_and_meets_it_again_at_another_gate(app, show):
    family = make_sign_up(show, party_size=3, name="欧阳娜娜", pool=pool_of(show, 1))
    office = at_the_gate(app, Role.ORGANIZER)
    for name in ("东门", "西门"):
        office.post_form(f"{HERE}/gates", {"name": name}, action=f"{HERE}/gates")
    db.session.rollback()
    east, west = db.session.scalars(sa.select(Gate.id).order_by(Gate.id))
    anna, bert = at_the_gate(app, name="anna"), at_the_gate(app, name="bert")

    anna.get(f"{HERE}?gate={east}")
    page = anna.follow(anna.post_form(HERE, {"code": family.code, "device": "1a2b"}))
    assert (page.result, word(page)) == ("checked-in", ("签到成功", "ok"))
    assert page.html.select_one(".verdict__who").get_text() == "欧阳娜娜"
    assert facts(page) == {
        "名额类别": "2区", "人数": "本次 3 人 · 共 3 人", "签到码": f"{family.digits[:3]} {family.digits[3:]}",
    }  # fmt: skip
    assert counted(page) == [3, 3, 3]
    undo_form = page.html.select_one(".door__fewer")["action"]
    corrected = anna.follow(anna.post_form(page, {"persons": "1"}, action=undo_form))
    assert ("已更正人数。" in corrected.words, counted(corrected)) == (True, [3, 2, 2])

    bert.get(f"{HERE}?gate={west}")
    late = bert.follow(bert.post_form(HERE, {"code": f"http://localhost/c/{family.code}"}))
    assert facts(late)["人数"] == "本次 1 人 · 共 3 人"
    again = bert.post_form(HERE, {"code": family.digits})
    assert (again.status, again.result, word(again)) == (409, "already-checked-in", ("重复签到", "again"))
    assert (facts(again)["上次签到"], facts(again)["工作人员"]) == ("10:00:00，西门", "bert")
    gates = [
        [cell.get_text(strip=True) for cell in row.select("th, td")] for row in again.html.select("table:last-of-type tbody tr")
    ]
    assert gates == [["东门", "2", "0", "10:00"], ["西门", "1", "0", "10:00"]]
    out = bert.follow(bert.post_form(f"{HERE}?way=out", {"code": family.code}))
    assert (out.result, counted(out)) == ("left", [3, 3, 0])


def test_a_scan_is_taken_back_only_with_a_reason(app, show):
    held = make_sign_up(show)
    steward = at_the_gate(app)
    page = steward.follow(steward.post_form(HERE, {"code": held.code}))
    undo_form = page.html.select_one("details form")["action"]

    bare = steward.post_form(page, action=undo_form)
    assert (bare.status, bare.html.select_one(".field__error").get_text(strip=True)) == (422, "请选择")
    done = steward.follow(steward.post_form(page, {"reason": "turned_back"}, action=undo_form))
    twice = steward.post_form(bare, {"reason": "mistake", "nonce": "another-nonce"}, action=undo_form)

    assert ("已撤销。" in done.words, counted(done)) == (True, [1, 0, 0])
    assert (twice.status, "这次签到已经撤销过了。" in twice.words) == (409, True)
    db.session.rollback()
    assert db.session.scalars(sa.select(AuditEntry.changes).where(AuditEntry.action == "scan.undo")).all() == [
        "scan 1 turned_back 1",
    ]


def test_a_code_that_is_opened_shows_who_it_is_and_changes_nothing_until_it_is_pressed(app, show):
    held = make_sign_up(show, name="李晨")
    steward = at_the_gate(app, activity=show)

    page = steward.follow(steward.get(f"/c/{held.code}"))
    assert (page.result, db.session.scalar(sa.select(sa.func.count(Scan.id)))) == ("ready", 0)
    done = steward.follow(steward.post_form(page, {"code": held.code}))

    assert done.result == "checked-in"
    assert steward.get(f"{HERE}?code={held.digits}").result is None  # digits are few enough to try out


def test_a_steward_scans_but_does_not_browse_and_sees_nothing_of_other_activities(app, show):
    other = make_activity(slug="other", starts_in=timedelta(hours=1), title_zh="高峰论坛")
    make_sign_up(show, name="李晨")
    guest = make_sign_up(other, name="王宁")
    steward, organizer = at_the_gate(app, activity=show), at_the_gate(app, Role.ORGANIZER)

    found = organizer.get(f"{HERE}?q=lichen")
    hidden = steward.get(f"{HERE}?q=lichen")
    wrong = steward.post_form(HERE, {"code": guest.code})

    assert [one.get_text() for one in found.html.select(".door__found b")] == ["李晨"]
    assert organizer.get(f"{HERE}?q=l").html.select(".door__found") == []
    assert ("李晨" in hidden.text, hidden.html.select("[name=q]")) == (False, [])
    assert (wrong.result, "高峰论坛" in wrong.words, "王宁" in wrong.text) == ("wrong-activity", True, False)
    assert [steward.get(path).status for path in (f"{HERE}/gates", HERE.replace("show", "other"), "/manage/activities")] == [
        403, 404, 403,
    ]  # fmt: skip


def test_the_doors_device_stays_signed_in_for_twelve_hours_and_only_checks_in(app, show):
    organizer = at_the_gate(app, Role.ORGANIZER)
    assert organizer.get("/manage/activities/show/roster").status == 200

    page = organizer.follow(organizer.post_form(HERE, action=f"{HERE}/device"))
    assert "本机现在是签到设备" in page.words
    asked = organizer.follow(organizer.get("/manage/second-factor"))  # to change how one signs in wants the password
    assert (asked.status, len(asked.html.select("[name=password]"))) == (200, 1)
    assert [organizer.get(path).status for path in ("/manage/activities/show/roster", "/manage/activities", HERE)] == [
        403,
        403,
        200,
    ]

    def idle(hours):
        with transaction():
            at = clock.wall() - timedelta(hours=hours)
            db.session.execute(sa.update(SignInSession).values(created_at=at, last_seen_at=at))
        return organizer.get(HERE).status

    assert [idle(11), idle(13)] == [200, 303]


def test_a_photo_and_a_frame_of_the_camera_are_read_and_what_is_no_picture_is_not(app, show):
    held = make_sign_up(show)
    photo = qr.png(f"http://localhost/c/{held.code}", held.digits)
    steward = at_the_gate(app)
    page = steward.get(HERE)
    token = page.html.select_one("[data-door-form] [name=csrf_token]")["value"]

    frame = steward.client.post(
        f"{HERE}/frame", data={"picture": (io.BytesIO(photo), "frame.jpg")}, headers={"X-CSRFToken": token}
    )
    empty = steward.post_form(page, {"code": ""})
    blank = steward.post_form(page, {"code": "", "picture": (io.BytesIO(b"\x89PNG nothing"), "photo.png")})
    done = steward.follow(steward.post_form(page, {"code": "", "picture": (io.BytesIO(photo), "photo.png")}))

    db.session.rollback()
    assert (frame.json, db.session.get_one(SignUp, held.id).arrived) == ({"code": held.code}, 1)
    assert [one.result for one in (done, blank)] == ["checked-in", "unknown-code"]
    assert (empty.status, "请扫码，或输入签到码" in empty.words) == (422, True)
    large = io.BytesIO()
    Image.new("1", (9000, 9000)).save(large, "PNG")
    assert [read_picture(content) for content in (large.getvalue(), photo[:2000], b"")] == [None] * 3
    assert page.response.headers["Permissions-Policy"].startswith("camera=(self)")
    assert steward.get("/manage/").response.headers["Permissions-Policy"].startswith("camera=()")


def test_the_door_is_warned_when_those_inside_near_the_approved_number(app, show):
    steward, said = at_the_gate(app), []
    for came in (7, 1, 2):
        page = steward.follow(steward.post_form(HERE, {"code": make_sign_up(show, party_size=came).code}))
        said.append([one.get_text(" ", strip=True) for one in page.html.select(".door__numbers .note")])

    assert said == [[], ["场内 8 人，已达核准人数 10 的 80%。"], ["场内 10 人，已达核准人数 10 的 95%。请准备停止放行。"]]
