"""A draw as the public reads it, and as those who entered it do."""

from datetime import timedelta

from flask import Flask

from festival.draws import service
from festival.draws.models import Draw, DrawEntry
from festival.draws.service import Seed
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Activity, Mode, Slot
from festival.signups.models import SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_sign_up, make_staff
from tests.web import Browser


def _drawn(*, capacity: int = 1) -> tuple[Activity, Draw, list[SignUp]]:
    activity = make_activity(slug="mixer", mode=Mode.BALLOT, capacity=capacity, closes_in=timedelta(hours=-2))
    with transaction():
        activity.result_at = clock.now() - timedelta(hours=1)
    entered = [make_sign_up(activity, state=State.ENTERED, name="王小明") for _ in range(3)]
    staff = make_staff().id
    slot = db.session.query(Slot).filter_by(activity_id=activity.id).one()
    with transaction():
        drawing = service.freeze(slot.id, Seed("彩票", "lottery", clock.now() - timedelta(minutes=1)), actor_id=staff)
    with transaction():
        service.draw(drawing.id, "1 2 3", actor_id=staff)
    return activity, drawing, entered


def _number(sign_up: SignUp) -> str:
    return db.session.query(DrawEntry).filter_by(sign_up_id=sign_up.id).one().entry_no


def test_an_activity_whose_result_is_out_leads_to_its_draw(app: Flask, visitor: Browser) -> None:
    _activity, drawing, _entered = _drawn()
    page = visitor.get("/activities/mixer")

    assert visitor.follow(visitor.get(page.link("查看抽签结果"))).path == f"/draws/{drawing.id}"


def test_the_record_names_nobody_and_the_list_is_the_bytes_that_were_hashed(app: Flask, visitor: Browser) -> None:
    _activity, drawing, entered = _drawn()
    address, text, digest = f"/draws/{drawing.id}", drawing.entrants, drawing.entrants_sha256
    codes = [one.code for one in entered]

    page = visitor.get(address)

    assert digest in page.words
    assert [word for word in ("王小明", *codes) if word in page.text] == []
    assert visitor.get(f"{address}/entrants.txt").text == text
    assert "Set-Cookie" not in page.response.headers


def test_who_entered_sees_which_number_is_their_own_and_nobody_else_does(app: Flask) -> None:
    _activity, drawing, entered = _drawn()
    address, mine = f"/draws/{drawing.id}", f"您的签号：{_number(entered[0])}"

    pages = [Browser(app).sign_in(one.person).get(address) for one in entered[:2]]

    assert [mine in page.words for page in pages] == [True, False]
    assert [page.response.headers["Cache-Control"] for page in pages] == ["no-store", "no-store"]
    assert "您的签号：" not in Browser(app).get(address).words


def test_a_ticket_of_a_ballot_leads_to_the_draw(app: Flask) -> None:
    _activity, _drawing, entered = _drawn()

    page = Browser(app).sign_in(entered[0].person).get(f"/sign-ups/{entered[0].code}")

    assert page.link("抽签记录") == "/activities/mixer/draw"


def test_an_activity_without_a_draw_says_so(app: Flask, visitor: Browser) -> None:
    make_activity(slug="mixer", mode=Mode.BALLOT)

    assert "还没有抽签记录" in visitor.get("/activities/mixer/draw").words
