"""The counter at a browser: the form, the answer in large words, the slip, and who may see them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from festival.accounts.rules import Role
from festival.invitations import service as invitations
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import ActivityStatus, Mode, Sensitivity
from festival.signups.models import SignUp, Source
from festival.signups.rules import State
from tests.builders import make_activity, make_question, make_sign_up, make_staff, pool_of
from tests.roster.desk import at_the_desk
from tests.signups.engine import change
from tests.web import Browser


def counter(activity):
    return f"/manage/activities/{activity.slug}/counter"


def words(page, selector=".verdict__word"):
    return page.html.select_one(selector).get_text()


def value(page, selector, name="value"):
    return page.html.select_one(selector)[name]


def made():
    db.session.rollback()
    return db.session.scalars(sa.select(SignUp).where(SignUp.source == Source.COUNTER).order_by(SignUp.id)).all()


def test_staff_sign_somebody_up_print_the_slip_find_it_in_the_roster_and_withdraw_it(app):
    activity = make_activity(slug="tour", party_max=3, title_zh="人才专线游", title_en="Talent tour")
    make_question(activity, "name", label_zh="姓名")
    make_question(activity, "id_number", type_="text", sensitivity=Sensitivity.SENSITIVE, label_zh="证件号码")
    desk = at_the_desk(app)
    form = desk.get(counter(activity))

    unticked = desk.post_form(form, {"q-name": "张大爷", "q-id_number": "A1234567", "consent": "1"})
    answer = desk.post_form(unticked, {"consent-id_number": "1", "party_size": "2"})
    again = desk.post_form(unticked, {"consent-id_number": "1", "party_size": "2"})

    assert form.html.select("input[checked][type=checkbox]") == []
    assert (unticked.status, made()[1:]) == (422, [])
    assert "填写证件号码需要本人单独同意" in words(unticked, "#consent-id_number-error")
    (sign_up,) = made()
    page = desk.follow(answer)
    assert (answer.status, again.location, page.result) == (303, answer.location, "confirmed")
    assert words(page) == "报名成功"
    slip = desk.get(page.link("打印凭条"))
    assert {"人才专线游", "Talent tour", "张大爷", "报名成功", "Signed up"} <= {
        node.get_text(strip=True) for node in slip.html.select("main h1, main p, main b, main span")
    }
    assert f"{sign_up.digits[:3]} {sign_up.digits[3:]}" in slip.words
    assert "A1234567" not in slip.text
    qr = desk.get(value(slip, "main img", "src"))
    assert (qr.status, qr.response.mimetype) == (200, "image/svg+xml")
    row = desk.get(f"/manage/activities/tour/roster/{sign_up.id}")
    assert row.link("凭条与代办") == answer.location
    gone = desk.follow(desk.post_form(page, action=f"{answer.location}/withdraw"))
    assert (gone.result, made()[0].state) == ("withdrawn", "withdrawn")
    slip = desk.get(f"{answer.location}/slip")
    assert slip.html.select("main img") == []
    assert desk.get(f"{answer.location}/qr.svg").status == 404
    forgotten = desk.follow(desk.post_form(gone, action=f"{answer.location}/forget"))
    assert (forgotten.status, "张大爷" in forgotten.text, made()[0].name) == (200, False, "")
    assert "清除其信息" not in forgotten.words


def test_the_slip_of_one_who_waits_says_where_to_ask_and_shows_no_qr(app):
    activity = make_activity(capacity=1)
    make_sign_up(activity)
    desk = at_the_desk(app)

    page = desk.follow(desk.post_form(counter(activity), {"called": "李女士", "consent": "1"}))
    slip = desk.get(page.link("打印凭条"))

    assert (page.result, words(page)) == ("waitlisted", "候补第 1 位")
    assert "No. 1 on the waiting list" in slip.words
    assert slip.html.select("main img") == []
    assert made()[0].name == "李女士"


def test_an_offer_is_taken_for_the_person_once(app):
    activity = make_activity()
    desk = at_the_desk(app)
    answer = desk.post_form(counter(activity), {"called": "李女士", "consent": "1"}).location
    change(made()[0], state=State.OFFERED, offered_until=clock.now() + timedelta(hours=5))

    page = desk.get(answer)
    slip = desk.get(page.link("打印凭条"))
    taken = desk.follow(desk.post_form(page, action=f"{answer}/confirm"))
    change(made()[0], state=State.WITHDRAWN)
    late = desk.post_form(page, action=f"{answer}/confirm")

    assert (page.result, taken.result) == ("offered", "confirmed")
    assert "在柜台确认参加" in slip.words
    assert (late.status, late.result) == (409, "no-offer")


def test_a_refusal_is_said_in_large_words_and_nobody_is_signed_up(app):
    full, draft = make_activity(capacity=2, waitlist_limit=0, party_max=2), make_activity(status=ActivityStatus.DRAFT)
    over = make_activity(opens_in=None, closes_in=None)
    with_one_place = make_sign_up(full)
    desk = at_the_desk(app)
    form = desk.get(counter(full))

    too_many = desk.post_form(form, {"party_size": "2", "consent": "1"})
    make_sign_up(full)
    page = desk.post_form(form, {"party_size": "1", "consent": "1"})

    assert (too_many.status, too_many.result) == (409, "full")
    assert words(too_many) == "名额已满"
    assert value(too_many, '[name="party_size"] option[selected]') == "2"
    assert (page.status, page.result) == (409, "full")
    assert desk.get(counter(draft)).status == 409
    assert desk.get(counter(over)).status == 200
    assert (made(), with_one_place.state) == ([], "confirmed")


@pytest.mark.parametrize(
    ("role", "status"), [(Role.STEWARD, 403), (Role.REVIEWER, 403), (Role.AUDITOR, 403), (Role.ORGANIZER, 404)]
)
def test_only_who_organizes_the_activity_works_at_its_counter(app, role, status):
    activity, other = make_activity(), make_activity()
    desk = at_the_desk(app, role, activity=other)
    own = make_sign_up(other)

    assert desk.get(counter(activity)).status == status
    if role == Role.ORGANIZER:
        assert desk.get(counter(other)).status == 200
        assert desk.get(f"{counter(other)}/{own.id}").status == 404  # the person made it
    assert Browser(app).get(counter(other)).status == 303


def test_the_counter_asks_for_the_code_of_who_is_invited_and_spends_one_use_of_it(app):
    gala = make_activity(slug="gala", mode=Mode.INVITATION)
    with transaction():
        code = invitations.make_code(gala.id, pool_of(gala).id, "嘉宾", 1, None, actor_id=make_staff().id).code
    desk = at_the_desk(app)

    closed = desk.get(counter(gala))
    wrong = desk.get(f"{counter(gala)}?invitation=abcdefghijkm")
    form = desk.get(f"{counter(gala)}?invitation={code.upper()}")
    done = desk.post_form(form, {"called": "嘉宾甲", "consent": "1"})
    spent = desk.get(f"{counter(gala)}?invitation={code}")

    assert [page.status for page in (closed, wrong, form, done, spent)] == [409, 409, 200, 303, 409]
    assert [len(page.html.select("main [name=invitation]")) for page in (closed, wrong, spent)] == [1, 1, 1]
    assert [len(page.html.select("#invitation-error")) for page in (closed, wrong, spent)] == [0, 1, 1]
    (sign_up,) = made()
    assert (sign_up.state, sign_up.invitation_id is not None) == (State.CONFIRMED, True)
