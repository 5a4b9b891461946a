"""一次报多项 at a browser: choose, fill in once, read one answer for each."""

from datetime import timedelta

import sqlalchemy as sa

from festival.accounts.models import Account, Consent
from festival.bundle.models import Bundle
from festival.invitations import service as invitations
from festival.lib.db import db, transaction
from festival.programme.models import ActivityStatus, Mode, Sensitivity
from festival.signups.models import Answer, SignUp
from tests.accounts.codes import sent_code
from tests.builders import make_activity, make_person, make_question, make_sign_up, make_staff, pool_of
from tests.roster.desk import add_child, slot_of
from tests.signups.engine import change
from tests.web import Browser

NUMBER = "13800138000"
#: In no other activity's way.
ANOTHER_DAY = timedelta(days=7)
CHOOSE, FORM = "/sign-up", "/sign-up/form"


def form_for(*activities):
    return FORM + "?" + "&".join(f"activity={one.slug}" for one in activities)


def sign_ups():
    db.session.rollback()
    return db.session.scalars(sa.select(SignUp).order_by(SignUp.id)).all()


def each(page):
    """Return what each activity of an answer was answered, by slug."""
    return {one["data-slug"]: one["data-result"] for one in page.html.select("main [data-slug]")}


def answers_of(activity):
    """Return the plain answers and the consents of an activity's one sign-up; None is the notice as a whole."""
    made = db.session.scalars(sa.select(SignUp).where(SignUp.activity_id == activity.id)).one()
    kept = db.session.execute(sa.select(Answer.question_key, Answer.plain).where(Answer.sign_up_id == made.id))
    agreed = db.session.scalars(sa.select(Consent.question_key).where(Consent.sign_up_id == made.id).order_by(Consent.id))
    return {key: plain for key, plain in kept}, list(agreed)  # noqa: C416  # rows are no pairs


def test_a_newcomer_chooses_three_fills_in_once_and_reads_one_answer_for_each(app, visitor):
    tour, forum, full = (
        make_activity(slug="tour", party_max=4),
        make_activity(slug="forum"),
        make_activity(slug="full", capacity=1),
    )
    for activity in (tour, forum, full):
        make_question(activity, "name", label_zh="姓名")
    make_question(tour, "employer", required=False, label_zh="单位")
    make_question(forum, "employer", label_zh="单位")
    make_question(tour, "access", sensitivity=Sensitivity.SENSITIVE, required=False, label_zh="无障碍需求")
    make_question(forum, "access", sensitivity=Sensitivity.SENSITIVE, required=False, label_zh="无障碍需求")
    make_sign_up(full)

    chosen = visitor.get(CHOOSE)
    form = visitor.get(form_for(tour, forum, full))
    said = {"q-name": "李晨", "q-access": "轮椅", "tour-party_size": "3", "address": NUMBER, "tour-consent": "1"}
    page = visitor.post_form(form, {**said, "forum-consent": "1", "tour-consent-access": "1"}, button="send-code")
    lacking = visitor.post_form(page, {"code": sent_code(NUMBER), "full-consent": "1"})
    answer = visitor.post_form(lacking, {"q-employer": "设计院", "forum-consent-access": "1", "told": "x"})

    assert [one["value"] for one in chosen.html.select("[name=activity]")] == ["tour", "forum", "full"]
    assert [len(form.html.select(f'[name="q-{key}"]')) for key in ("name", "employer", "access")] == [1, 1, 1]
    assert form.html.select("input[type=checkbox][checked]") == []
    assert page.status == 200
    assert page.html.select_one('[name="tour-party_size"] option[selected]')["value"] == "3"
    assert lacking.status == 422
    assert {one["href"] for one in lacking.html.select(".errors a")} == {"#q-employer", "#forum-consent-access"}
    assert answer.status == 409  # all three at the same time had to be said first
    answer = visitor.post_form(answer)
    result = visitor.follow(answer)
    assert (answer.status, result.status, result.result) == (303, 200, "bundle")
    assert result.html.select_one("h1").get_text() == "2 项报名成功，1 项候补（第 1 位）"
    assert each(result) == {"tour": "confirmed", "forum": "confirmed", "full": "waitlisted"}
    assert answers_of(tour) == ({"employer": "设计院", "access": None}, [None, "access"])
    assert answers_of(forum) == ({"employer": "设计院", "access": None}, [None, "access"])
    made = sign_ups()[1:]
    assert sorted(one.party_size for one in made) == [1, 1, 3]
    assert visitor.get(result.link("查看报名与签到码")).result == "confirmed"
    assert Browser(app).sign_in(make_person()).get(answer.location).status == 404


def test_a_retry_after_a_lost_answer_gives_the_same_answer_and_signs_in(app, visitor):
    first, second = make_activity(slug="first"), make_activity(slug="second", starts_in=ANOTHER_DAY)
    page = visitor.post_form(form_for(first, second), {"address": NUMBER}, button="send-code")
    ticks = {"code": sent_code(NUMBER), "first-consent": "1", "second-consent": "1"}

    answer = visitor.post_form(page, ticks)
    with visitor.client.session_transaction() as cookie:
        cookie.pop("sign_in")  # the answer with the new cookie never arrived
    again = visitor.post_form(page, ticks)

    assert (answer.status, again.status, again.location) == (303, 303, answer.location)
    assert visitor.get(again.location).status == 200
    assert (len(sign_ups()), db.session.scalar(sa.select(sa.func.count(Bundle.id)))) == (2, 1)


def test_what_is_held_or_closes_meanwhile_is_said_and_stops_nothing_else(app, visitor):
    person = make_person()
    held, closes, open_ = (
        make_activity(slug="held"),
        make_activity(slug="closes"),
        make_activity(slug="open", starts_in=ANOTHER_DAY),
    )
    mine = make_sign_up(held, person=person)
    visitor.sign_in(person)

    chosen = visitor.get(CHOOSE)
    form = visitor.get(form_for(held, closes, open_))
    change(closes, status=ActivityStatus.CANCELLED)
    answer = visitor.follow(visitor.post_form(form, {"open-consent": "1", "closes-consent": "1"}))

    assert chosen.html.select_one("#activity-held").has_attr("disabled")
    assert "与您已报名的" in chosen.html.select_one("#activity-closes + label").get_text()
    assert "“测试活动”不在这次报名中：您已报名" in form.words
    assert each(answer) == {"closes": "cancelled", "open": "confirmed"}
    assert answer.html.select_one("h1").get_text() == "1 项报名成功，1 项活动已取消"
    assert [one.activity_id for one in sign_ups()] == [mine.activity_id, open_.id]


def test_clashes_are_said_before_anything_is_sent(app, visitor):
    one, other = make_activity(slug="one", title_zh="早场"), make_activity(slug="other", title_zh="晚场")
    visitor.sign_in(make_person())

    form = visitor.get(form_for(one, other))
    answer = visitor.post_form(form, {"one-consent": "1", "other-consent": "1"})

    assert "“早场”与“晚场”时间重叠" in form.words
    assert answer.status == 303  # it was said on the page
    assert visitor.follow(answer).words.count("时间重叠") == 1  # once for the two, not at each of them


def test_the_clash_of_a_time_that_is_chosen_is_said_on_top_and_not_again_beside_it(app, visitor):
    one, timed = make_activity(slug="one", title_zh="早场"), make_activity(slug="timed", title_zh="分时段")
    entry = add_child(slot_of(timed), starts_in=timedelta(0), lasts=timedelta(minutes=30))
    visitor.sign_in(make_person())

    form = visitor.get(form_for(one, timed))
    chosen = visitor.post_form(form, {"timed-slot": str(entry.id)})  # the notices are not ticked

    assert (form.words.count("时间重叠"), chosen.words.count("时间重叠")) == (2, 2)  # the other time still says so
    assert "“早场”与“分时段”时间重叠" in chosen.words


def test_nothing_chosen_an_unknown_slug_and_a_draft_lead_back_to_the_choice(app, visitor):
    draft = make_activity(status=ActivityStatus.DRAFT)
    over = make_activity(closes_in=timedelta(hours=-1))

    assert [visitor.get(path).status for path in (FORM, f"{FORM}?activity=none", form_for(draft))] == [422, 422, 422]
    assert visitor.get(form_for(over)).status == 409
    assert db.session.scalar(sa.select(sa.func.count(Account.id))) == 0


def test_a_code_opens_the_invited_places_of_one_activity_among_several_and_nothing_is_sent_by_it(app, visitor):
    forum, gala = (
        make_activity(slug="forum", starts_in=ANOTHER_DAY, closes_in=None),
        make_activity(slug="gala", mode=Mode.INVITATION),
    )
    person, pool_id = make_person(), pool_of(gala).id
    with transaction():
        code = invitations.make_code(gala.id, pool_id, "嘉宾", 1, None, actor_id=make_staff().id).code
    visitor.sign_in(person)

    chosen = visitor.get(CHOOSE)
    form = visitor.get(form_for(gala))
    missing = visitor.post_form(form, {}, button="use-invitation")
    form = visitor.get(form_for(forum, gala))
    wrong = visitor.post_form(form, {"gala-invitation": "abcdefghijkm"})
    shown = visitor.post_form(wrong, {"gala-invitation": code}, button="use-invitation")
    states_before = len(sign_ups())
    done = visitor.follow(visitor.post_form(shown, {"forum-consent": "1", "gala-consent": "1"}))

    assert sorted(one["value"] for one in chosen.html.select("[name=activity]")) == ["forum", "gala"]
    assert (missing.status, "请填写邀请码" in missing.words) == (422, True)
    assert (wrong.status, len(wrong.html.select(".field__error")) > 0) == (422, True)
    assert (shown.status, "请核对后再次提交" in shown.words, states_before) == (200, True, 0)
    assert each(done) == {"forum": "confirmed", "gala": "confirmed"}
    assert [one.invitation_id is not None for one in sign_ups()] == [True, False]
