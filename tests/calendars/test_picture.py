"""The picture of one's schedule: what stands in it and what never does, and that every line fits."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from festival.calendars.picture import broken
from festival.lib.db import db, transaction
from festival.programme.models import ActivityStatus, Pool
from festival.signups.rules import State
from tests.builders import make_activity, make_person, make_sign_up, pool_of
from tests.calendars.programme import NOW
from tests.seats.halls import arranged, make_hall
from tests.web import Browser


def words_in(page) -> list[str]:
    return [text.get_text() for text in page.html.select("svg text")]


def test_the_picture_shows_what_lies_ahead_with_bus_and_seats_and_nothing_that_opens_a_door(app, frozen):
    frozen(NOW)
    person = make_person(name="王小明", mobile="13800138000")
    tour = make_activity(slug="tour", title_zh="<专线> & 游", starts_in=timedelta(days=1))
    with transaction():
        pool = db.session.get_one(Pool, pool_of(tour).id)
        pool.unit, pool.label_zh = "bus", "A线"
    hall = make_hall(tour, "OOO")
    held = [make_sign_up(tour, person=person, name="王小明", party_size=2)]
    arranged(hall)
    moved = make_activity(title_zh="改天的讲座", starts_in=timedelta(days=2), status=ActivityStatus.POSTPONED)
    for activity, state in (
        (moved, State.CONFIRMED),
        (make_activity(title_zh="候补的论坛", starts_in=timedelta(days=3)), State.WAITLISTED),
        (make_activity(title_zh="取消的活动", status=ActivityStatus.CANCELLED), State.CONFIRMED),
        (make_activity(title_zh="过去的活动", starts_in=timedelta(days=-1)), State.ATTENDED),
        (make_activity(title_zh="放弃的活动"), State.WITHDRAWN),
    ):
        held.append(make_sign_up(activity, person=person, state=state, name="王小明"))
    browser = Browser(app).sign_in(person)

    page, alone = browser.get("/me/schedule"), browser.get("/me/schedule.svg")

    assert words_in(page)[:-2] == [
        "我的河西人才节",
        "6月17日 周六",
        "<专线> & 游",
        "10:00–12:00",
        "天津大礼堂",
        "乘车线路：A线",
        "座位：1排1–2座",
        "6月19日 周一",
        "【候补】候补的论坛",
        "10:00–12:00",
        "天津大礼堂",
        "时间待定",
        "【延期待定】改天的讲座",
        "天津大礼堂",
    ]
    assert words_in(alone) == words_in(page)
    assert (alone.response.mimetype, alone.response.headers["Cache-Control"]) == ("image/svg+xml", "private, no-store")
    secrets = ["王小明", "13800138000", *(one.code for one in held), *(one.digits for one in held)]
    assert [secret for secret in secrets if secret in alone.text] == []
    assert Browser(app).get("/me/schedule.svg").status == 303
    nothing = Browser(app).sign_in(make_person()).get("/en/me/schedule")
    assert words_in(nothing)[:2] == ["My Hexi Talent Festival", "Nothing ahead yet"]


@given(words=st.text(alphabet="河西ab cW,（·）é🎉", max_size=80), room=st.integers(3, 20), most=st.integers(1, 3))
def test_lines_fit_keep_their_order_and_only_the_last_is_cut(words, room, most):
    lines = broken(words, room, most)

    def width(line: str) -> float:
        return sum(0.6 if letter in "ab cW,é" else 1 for letter in line)

    assert len(lines) <= most
    assert all(width(line) <= room for line in lines)
    if not any("…" in line for line in lines):
        assert "".join(lines).replace(" ", "") == words.replace(" ", "")
