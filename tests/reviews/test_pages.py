"""The review queue as staff see it, and what the person reads and answers."""

from flask import Flask

from festival.accounts.rules import Role
from festival.lib.db import db
from festival.outbox.delivery import deliver_due
from festival.outbox.models import DemoMail
from festival.programme.models import Mode
from festival.signups.models import SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_person, make_question, make_sign_up, make_staff
from tests.web import Browser


def _told() -> list[str]:
    deliver_due(100)
    return [mail.text for mail in db.session.query(DemoMail).order_by(DemoMail.id)]


def test_a_reviewer_approves_those_ticked_and_each_is_told(app: Flask) -> None:
    activity = make_activity(slug="forum", mode=Mode.APPROVAL, capacity=1)
    pending = [make_sign_up(activity, state=State.PENDING, name=name) for name in ("王小明", "李雷")]
    desk = Browser(app).sign_in(make_staff(Role.REVIEWER))
    page = desk.get("/manage/activities/forum/review")

    after = desk.follow(desk.post_form(page, {"pick": [str(one.id) for one in pending]}, button="decision"))

    db.session.rollback()  # a new transaction sees what the request wrote
    assert [one.state for one in pending] == [State.CONFIRMED, State.WAITLISTED]
    assert "没有待审核的报名" in after.words
    assert [("审核已通过" in text, "候补" in text) for text in _told()] == [(True, False), (False, True)]


def test_a_reviewer_without_the_right_to_names_sees_them_masked(app: Flask) -> None:
    activity = make_activity(slug="forum", mode=Mode.APPROVAL)
    make_sign_up(activity, state=State.PENDING, name="王小明")

    page = Browser(app).sign_in(make_staff(Role.REVIEWER)).get("/manage/activities/forum/review")

    assert ("王小明" in page.text, "王*明" in page.text or "王*" in page.text) == (False, True)


def test_a_rejection_without_words_is_asked_for_beside_the_field_and_the_ticks_stay(app: Flask) -> None:
    activity = make_activity(slug="forum", mode=Mode.APPROVAL)
    pending = make_sign_up(activity, state=State.PENDING)
    desk = Browser(app).sign_in(make_staff(Role.REVIEWER))
    page = desk.get("/manage/activities/forum/review")
    token = page.html.select_one("main form[method=post] input[name=csrf_token]")
    assert token is not None

    after = desk.post(
        "/manage/activities/forum/review",
        csrf_token=str(token["value"]),
        pick=str(pending.id),
        decision="reject",
        words="",
    )

    assert after.status == 422
    assert after.html.select_one(f"input[name=pick][value='{pending.id}'][checked]") is not None
    assert "请写明原因" in after.words


def test_who_is_asked_for_more_answers_and_returns_to_the_queue(app: Flask) -> None:
    activity = make_activity(slug="forum", mode=Mode.APPROVAL)
    make_question(activity, "employer", label_zh="工作单位")
    person = make_person()
    pending = make_sign_up(activity, state=State.PENDING, person=person, name="王小明")
    desk = Browser(app).sign_in(make_staff(Role.ORGANIZER))
    page = desk.get("/manage/activities/forum/review")
    token = page.html.select_one("main form[method=post] input[name=csrf_token]")
    assert token is not None
    desk.post(
        "/manage/activities/forum/review",
        csrf_token=str(token["value"]),
        pick=str(pending.id),
        decision="ask",
        words="请说明与工程设计的关系",
    )
    attendee = Browser(app).sign_in(person)
    form = attendee.get(f"/sign-ups/{pending.code}/edit")

    saved = attendee.post_form(form, {"reply": "我是结构设计师", "q-employer": "设计院"})
    assert saved.status == 303, saved.words

    db.session.rollback()  # a new transaction sees what the request wrote
    kept = db.session.get_one(SignUp, pending.id)
    assert (kept.state, kept.reply, kept.asked_at) == (State.PENDING, "我是结构设计师", None)
    assert "我是结构设计师" in desk.get("/manage/activities/forum/review?stage=answered").words


def test_the_queue_of_another_activity_is_not_found(app: Flask) -> None:
    mine, other = make_activity(slug="mine", mode=Mode.APPROVAL), make_activity(slug="other", mode=Mode.APPROVAL)
    make_sign_up(other, state=State.PENDING)

    desk = Browser(app).sign_in(make_staff(Role.ORGANIZER, activity=mine))

    assert [desk.get(f"/manage/activities/{slug}/review").status for slug in ("mine", "other")] == [200, 404]
