"""The ticket, its owner's only; taking and giving back a place; changing answers; what a check-in code opens."""

import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
from PIL import Image

from festival.accounts.models import Consent
from festival.lib import clock, tokens
from festival.lib.db import db, transaction
from festival.programme.models import Activity, ActivityStatus, Mode, Promotion, Sensitivity, Slot
from festival.signups import answers
from festival.signups.models import SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_person, make_question, make_sign_up, make_staff
from tests.web import Browser

RESIDENT = "11010519491231002X"


def fresh(statement):
    """Return what a query finds now: the test's own session may have read before."""
    db.session.rollback()
    return db.session.execute(statement)


def state_of(sign_up_id):
    return fresh(sa.select(SignUp.state).where(SignUp.id == sign_up_id)).scalar_one()


def ticket_of(sign_up):
    return f"/sign-ups/{sign_up.code}"


@pytest.fixture
def person(app, visitor):
    account = make_person(name="李晨")
    visitor.sign_in(account)
    return account


# -- words per state ---------------------------------------------------------------------------------------------------------

WORDS = {
    State.CONFIRMED: ("confirmed", "报名成功"),
    State.PENDING: ("pending", "待审核"),
    State.ENTERED: ("entered", "已参加抽签"),
    State.OFFERED: ("offered", "待确认"),
    State.WAITLISTED: ("waitlisted", "候补中"),
    State.ATTENDED: ("attended", "已签到"),
    State.NO_SHOW: ("no-show", "缺席"),
    State.WITHDRAWN: ("withdrawn", "已取消报名"),
    State.REMOVED: ("removed", "已移出名单"),
    State.REJECTED: ("rejected", "审核未通过"),
    State.EXPIRED: ("expired", "已逾期"),
}


def test_each_state_has_its_result_and_its_large_word_and_only_a_place_has_a_code(app, visitor, person):
    pages = {}
    for state in State:
        until = clock.now() + timedelta(hours=5) if state == State.OFFERED else None
        sign_up = make_sign_up(make_activity(), person=person, state=state, offered_until=until)
        pages[state] = visitor.get(ticket_of(sign_up))

    assert {state: (page.result, page.html.h1.get_text(strip=True)) for state, page in pages.items()} == WORDS
    assert {state for state, page in pages.items() if page.html.select_one(".qr")} == {State.CONFIRMED, State.ATTENDED}
    assert {page.status for page in pages.values()} == {200}
    english = visitor.get("/en" + pages[State.PENDING].path)
    assert (english.result, english.html.h1.get_text(strip=True)) == ("pending", "Under review")


def test_an_offer_past_its_deadline_has_expired_whether_or_not_a_job_has_said_so(app, visitor, person):
    late = make_sign_up(make_activity(), person=person, state=State.OFFERED, offered_until=clock.now() - timedelta(minutes=1))
    page = visitor.get(ticket_of(late))
    assert (page.result, page.html.select("form[action$=confirm]")) == ("expired", [])


def test_a_cancelled_activity_shows_so_and_no_code(app, visitor, person):
    activity = make_activity()
    sign_up = make_sign_up(activity, person=person)
    with transaction():
        db.session.get_one(Activity, activity.id).status = ActivityStatus.CANCELLED
    page = visitor.get(ticket_of(sign_up))
    assert (page.result, page.html.select(".qr, form[action$=confirm]")) == ("cancelled", [])


def test_already_is_said_only_while_a_place_is_held(app, visitor, person):
    held = make_sign_up(make_activity(), person=person)
    left = make_sign_up(make_activity(), person=person, state=State.WITHDRAWN)
    assert [visitor.get(f"{ticket_of(one)}?already=1").result for one in (held, left)] == ["already", "withdrawn"]


def test_the_reason_of_a_removal_is_told(app, visitor, person):
    sign_up = make_sign_up(make_activity(), person=person, state=State.REMOVED)
    with transaction():
        db.session.get_one(SignUp, sign_up.id).reason = "重复报名"
    assert "原因：重复报名" in visitor.get(ticket_of(sign_up)).words


def test_the_place_on_the_list_is_told_and_moves_up(app, visitor, person):
    activity = make_activity(capacity=1)
    make_sign_up(activity)
    before = make_sign_up(activity, state=State.WAITLISTED)
    mine = make_sign_up(activity, person=person, state=State.WAITLISTED)
    first = visitor.get(ticket_of(mine)).words
    Browser(app).sign_in(before.person).post_form(ticket_of(before), action=f"{ticket_of(before)}/withdraw")

    assert "候补第 2 位" in first
    assert "候补第 1 位" in visitor.get(ticket_of(mine)).words


def test_the_ticket_names_the_pool_only_where_there_are_several(app, visitor, person):
    one, several = make_sign_up(make_activity(), person=person), make_sign_up(make_activity(pools=2), person=person)
    assert ["1区" in visitor.get(ticket_of(sign_up)).words for sign_up in (one, several)] == [False, True]


def test_a_clash_with_another_sign_up_is_told(app, visitor, person, frozen):
    frozen(clock.now())  # both begin at the same second
    one, other = make_activity(title_zh="甲活动"), make_activity(title_zh="乙活动")
    sign_up = make_sign_up(one, person=person)
    make_sign_up(other, person=person)
    assert "与您已报名的“乙活动”时间重叠 2 小时" in visitor.get(ticket_of(sign_up)).words


def test_a_ballots_winner_is_told_so(app, visitor, person):
    activity = make_activity(mode=Mode.BALLOT)
    with transaction():
        db.session.get_one(Activity, activity.id).result_at = clock.now() - timedelta(hours=1)
    mine = make_sign_up(activity, person=person, state=State.OFFERED, offered_until=clock.now() + timedelta(hours=2))
    page = visitor.get(ticket_of(mine))
    assert (page.result, page.html.h1.get_text(strip=True)) == ("offered", "您已中签")
    assert "还有 1 小时 59 分钟" in page.words


# -- the owner's only --------------------------------------------------------------------------------------------------------


def test_a_ticket_and_all_that_hangs_on_it_is_its_owners_only(app, visitor, person):
    mine, others = make_sign_up(make_activity(), person=person), make_sign_up(make_activity())
    parts = ["", "/qr.svg", "/ticket.png", "/edit"]

    assert [visitor.get(ticket_of(mine) + part).status for part in parts] == [200] * 4
    assert [visitor.get(ticket_of(others) + part).status for part in parts] == [404] * 4
    assert visitor.get(f"/sign-ups/{tokens.new_code()}").status == 404
    page = visitor.get(ticket_of(mine))
    token = page.html.select_one("[name=csrf_token]")["value"]
    acts = [visitor.post(f"{ticket_of(others)}/{act}", csrf_token=token).status for act in ("withdraw", "confirm", "edit")]
    assert (acts, state_of(others.id)) == ([404] * 3, "confirmed")


def test_a_visitor_is_asked_to_sign_in_and_comes_back(app, visitor):
    sign_up = make_sign_up(make_activity())
    assert visitor.get(ticket_of(sign_up)).location == f"/sign-in?next={ticket_of(sign_up)}"


def test_staff_do_not_read_tickets(app, visitor):
    visitor.sign_in(make_staff())
    assert visitor.get(ticket_of(make_sign_up(make_activity()))).status == 303


def test_the_code_is_a_private_picture_that_holds_the_check_in_address(app, visitor, person):
    sign_up = make_sign_up(make_activity(), person=person)
    drawn, kept = visitor.get(f"{ticket_of(sign_up)}/qr.svg").response, visitor.get(f"{ticket_of(sign_up)}/ticket.png").response

    assert (drawn.mimetype, kept.mimetype) == ("image/svg+xml", "image/png")
    assert {drawn.headers["Cache-Control"], kept.headers["Cache-Control"]} == {"private, no-store"}
    assert kept.headers["Content-Disposition"] == f'attachment; filename="{sign_up.activity.slug}-{sign_up.digits}.png"'
    assert Image.open(io.BytesIO(kept.data)).width == 1080


def test_who_has_no_place_has_no_code(app, visitor, person):
    waiting = make_sign_up(make_activity(), person=person, state=State.WAITLISTED)
    assert [visitor.get(ticket_of(waiting) + part).status for part in ("/qr.svg", "/ticket.png")] == [404, 404]


# -- giving up, taking -------------------------------------------------------------------------------------------------------


def test_withdrawing_promotes_the_next_in_the_same_moment(app, visitor, person):
    activity = make_activity(capacity=1)
    mine = make_sign_up(activity, person=person)
    following, last = (make_sign_up(activity, state=State.WAITLISTED) for _ in range(2))

    answer = visitor.post_form(ticket_of(mine), action=f"{ticket_of(mine)}/withdraw")

    assert (answer.status, answer.location) == (303, ticket_of(mine))
    assert visitor.follow(answer).result == "withdrawn"
    assert [state_of(one.id) for one in (mine, following, last)] == ["withdrawn", "confirmed", "waitlisted"]
    again = visitor.get(f"/activities/{activity.slug}/sign-up")
    assert again.status == 200  # a new sign-up is possible, at the end of the list


def test_withdrawing_twice_is_withdrawing_once(app, visitor, person):
    mine = make_sign_up(make_activity(), person=person)
    page = visitor.get(ticket_of(mine))
    answers_ = [visitor.post_form(page, action=f"{ticket_of(mine)}/withdraw") for _ in range(2)]
    assert [answer.location for answer in answers_] == [ticket_of(mine)] * 2


def test_after_the_time_for_it_nothing_is_withdrawn_and_it_is_said(app, visitor, person):
    activity = make_activity()
    mine = make_sign_up(activity, person=person)
    page = visitor.get(ticket_of(mine))
    with transaction():
        db.session.get_one(Activity, activity.id).cancel_until = clock.now() - timedelta(minutes=1)

    answer = visitor.post_form(page, action=f"{ticket_of(mine)}/withdraw")

    assert (answer.status, answer.result, state_of(mine.id)) == (409, "too-late", "confirmed")
    assert "请联系主办单位" in answer.words
    assert visitor.get(ticket_of(mine)).html.select("form[action$=withdraw]") == []


def test_an_offer_is_confirmed_once_and_only_in_time(app, visitor, person):
    activity = make_activity()
    with transaction():
        db.session.get_one(Activity, activity.id).promotion = Promotion.OFFER
    mine = make_sign_up(activity, person=person, state=State.OFFERED, offered_until=clock.now() + timedelta(hours=1))
    page = visitor.get(ticket_of(mine))

    taken = [visitor.post_form(page, action=f"{ticket_of(mine)}/confirm") for _ in range(2)]

    assert [(one.status, one.location) for one in taken] == [(303, ticket_of(mine))] * 2
    assert visitor.get(ticket_of(mine)).result == "confirmed"


def test_an_offer_that_is_gone_is_not_confirmed(app, visitor, person):
    mine = make_sign_up(make_activity(), person=person, state=State.OFFERED, offered_until=clock.now() + timedelta(hours=1))
    page = visitor.get(ticket_of(mine))
    visitor.post_form(page, action=f"{ticket_of(mine)}/withdraw")

    answer = visitor.post_form(page, action=f"{ticket_of(mine)}/confirm")

    assert (answer.status, answer.result) == (409, "no-offer")


# -- changing answers --------------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(app):
    activity = make_activity(party_max=4, capacity=4)
    make_question(activity, "name")
    make_question(activity, "employer")
    make_question(activity, "id_number", type_="id_number", sensitivity=Sensitivity.SENSITIVE)
    make_question(
        activity, "access", type_="multi", required=False, sensitivity=Sensitivity.SENSITIVE, options={"a": "轮椅", "b": "手语"}
    )
    return activity


@pytest.fixture
def mine(asked, visitor, person):
    visitor.post_form(
        f"/activities/{asked.slug}/sign-up",
        {
            "q-name": "李晨",
            "q-employer": "设计院",
            "q-id_number": RESIDENT,
            "consent-id_number": "1",
            "consent": "1",
            "party_size": "2",
        },
    )
    return fresh(sa.select(SignUp)).scalar_one()


def stored(sign_up_id):
    db.session.rollback()
    row = db.session.get_one(SignUp, sign_up_id)
    return row.name, row.party_size, answers.read_all(sign_up_id)


def test_answers_are_changed_and_what_is_sealed_stays_unless_typed_anew(visitor, mine):
    page = visitor.get(f"{ticket_of(mine)}/edit")

    answer = visitor.post_form(page, {"q-name": "李 晨", "q-employer": "工程院", "party_size": "3"})

    assert page.html.select_one('[name="q-employer"]')["value"] == "设计院"
    assert RESIDENT not in page.text
    assert answer.location == ticket_of(mine)
    assert stored(mine.id) == ("李 晨", 3, {"employer": "工程院", "id_number": RESIDENT})
    visitor.post_form(f"{ticket_of(mine)}/edit", {"q-id_number": "110101199003074477"})
    assert stored(mine.id)[2]["id_number"] == "110101199003074477"


def test_a_bad_change_is_said_and_changes_nothing(visitor, mine):
    before = stored(mine.id)
    page = visitor.post_form(
        f"{ticket_of(mine)}/edit", {"q-employer": "", "q-id_number": "110105194912310021", "party_size": "9"}
    )
    wrong = [page.html.select_one(f'[id="{name}-error"]') is not None for name in ("q-employer", "q-id_number", "party_size")]
    assert (page.status, wrong, stored(mine.id)) == (422, [True] * 3, before)


def test_a_sensitive_answer_added_later_needs_its_consent(visitor, mine):
    without = visitor.post_form(f"{ticket_of(mine)}/edit", {"q-access": ["a"]})
    given = visitor.post_form(without, {"consent-access": "1"})

    assert (without.status, given.status) == (422, 303)
    assert visitor.get(f"{ticket_of(mine)}/edit").html.select("[name^=consent-]") == []
    assert set(fresh(sa.select(Consent.question_key)).scalars()) == {None, "id_number", "access"}
    cleared = visitor.post_form(f"{ticket_of(mine)}/edit", {"q-access": []})
    assert (cleared.status, stored(mine.id)[2]) == (303, {"employer": "设计院", "id_number": RESIDENT})


def test_a_change_made_on_an_older_state_is_told_and_nothing_typed_is_lost(visitor, mine):
    old = visitor.get(f"{ticket_of(mine)}/edit")
    visitor.post_form(old, {"q-employer": "先改"})

    told = visitor.post_form(old, {"q-employer": "后改"})
    saved = visitor.post_form(told)

    assert (told.status, told.result) == (409, "changed-meanwhile")
    assert told.html.select_one('[name="q-employer"]')["value"] == "后改"
    assert (saved.status, stored(mine.id)[2]["employer"]) == (303, "后改")


def test_a_larger_party_needs_room(visitor, asked, mine):
    make_sign_up(asked, party_size=2)
    page = visitor.post_form(f"{ticket_of(mine)}/edit", party_size="3")
    assert (page.status, page.result, stored(mine.id)[1]) == (409, "full", 2)


def test_a_smaller_party_frees_places_for_the_list(visitor, asked, mine):
    make_sign_up(asked, party_size=2)
    waiting = make_sign_up(asked, state=State.WAITLISTED)
    visitor.post_form(f"{ticket_of(mine)}/edit", party_size="1")
    assert state_of(waiting.id) == "confirmed"


def test_what_has_ended_is_not_changed(visitor, mine):
    page = visitor.get(f"{ticket_of(mine)}/edit")
    visitor.post_form(ticket_of(mine), action=f"{ticket_of(mine)}/withdraw")
    answer = visitor.post_form(page, {"q-employer": "后改"})
    shown = visitor.get(f"{ticket_of(mine)}/edit")
    assert [(one.status, one.result) for one in (answer, shown)] == [(409, "not-live")] * 2


def test_after_the_start_nothing_is_changed(app, visitor, person):
    activity = make_activity()
    mine = make_sign_up(activity, person=person)
    with transaction():
        slot = db.session.scalars(sa.select(Slot).where(Slot.activity_id == activity.id)).one()
        slot.starts_at = clock.now() - timedelta(minutes=5)
    page = visitor.get(f"{ticket_of(mine)}/edit")
    assert (page.status, page.result) == (409, "too-late")
