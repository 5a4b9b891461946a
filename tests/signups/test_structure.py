"""What processes keep of an activity: never older than what they decide by, and never a number of places."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm.exc import DetachedInstanceError

from festival.lib.db import db
from festival.programme import structure
from festival.programme.models import ActivityStatus, Question, QuestionOption
from festival.signups.models import SignUp
from tests.builders import make_activity, make_person, make_question, pool_of
from tests.signups.engine import change, sign_up
from tests.web import Browser


def form_of(activity):
    return f"/activities/{activity.slug}/sign-up"


def known_by_this_process(activity) -> None:
    """Have somebody sign up, so that the process keeps what the activity is made of."""
    sign_up(activity)
    db.session.rollback()


def states() -> list[str]:
    db.session.rollback()
    return [state.value for state in db.session.scalars(sa.select(SignUp.state).order_by(SignUp.id))]


def test_a_form_in_order_by_what_was_asked_before_is_judged_by_what_is_asked_now(app, visitor):
    activity = make_activity()
    question = make_question(activity, "meal", type_="select", options={"rice": "米饭", "noodles": "面条"})
    question_id = question.id
    known_by_this_process(activity)
    visitor.sign_in(make_person())
    page = visitor.get(form_of(activity))

    noodles = db.session.scalars(sa.select(QuestionOption).where(QuestionOption.key == "noodles")).one()
    change(noodles, key="dumplings")
    answer = visitor.post_form(page, {"q-meal": "noodles", "consent": "1"})

    assert answer.status == 422
    assert "请从列出的选项中选择" in answer.words
    assert states() == ["confirmed"]
    change(db.session.get_one(Question, question_id), label_zh="主食")
    again = visitor.post_form(answer, {"q-meal": "rice", "consent": "1"})
    assert again.status == 422  # the notice reads otherwise now
    assert visitor.post_form(again, {"q-meal": "rice", "consent": "1"}).status == 303
    assert states() == ["confirmed", "confirmed"]


def test_an_activity_that_was_cancelled_since_takes_nobody_though_this_process_knew_it_open(app):
    activity = make_activity()
    known_by_this_process(activity)
    browsers = [Browser(app).sign_in(make_person()) for _ in range(2)]
    pages = [browser.get(form_of(activity)) for browser in browsers]

    change(activity, status=ActivityStatus.CANCELLED)
    refused = browsers[0].post_form(pages[0], {"consent": "1"})
    change(activity, status=ActivityStatus.PUBLISHED)
    taken = browsers[1].post_form(pages[1], {"consent": "1"})

    assert (refused.status, refused.result, taken.status) == (409, "cancelled", 303)
    assert states() == ["confirmed", "confirmed"]


def test_a_pool_that_was_lowered_or_filled_by_others_is_never_judged_by_what_is_kept(app):
    activity = make_activity(capacity=3)
    known_by_this_process(activity)

    change(pool_of(activity), capacity=1)
    sign_up(activity)

    assert states() == ["confirmed", "waitlisted"]
    kept = structure.kept(activity.id).activity
    for row, name in ((kept.slots[0].pools[0], "taken"), (kept.slots[0].pools[0], "capacity"), (kept.slots[0], "heads")):
        with pytest.raises(DetachedInstanceError):
            getattr(row, name)


def test_an_activity_moved_to_another_address_or_edition_is_found_there_only(app, visitor):
    activity = make_activity(slug="here")
    known_by_this_process(activity)
    visitor.sign_in(make_person())
    page = visitor.get(form_of(activity))

    change(activity, slug="there")

    assert visitor.post_form(page, {"consent": "1"}, action="/activities/here/sign-up").status == 404
    assert visitor.post_form(visitor.get(form_of(activity)), {"consent": "1"}).status == 303
    assert structure.public("there").activity.id == activity.id
