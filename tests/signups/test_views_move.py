"""Moving oneself and giving an offered place to the next in line, as somebody does it on a phone."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from festival.lib import clock
from festival.lib.db import db
from festival.programme.models import Promotion
from festival.signups.models import SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_person, make_sign_up, pool_of
from tests.signups.engine import NOW, change, counters, fill, sign_up, states, withdraw


@pytest.fixture
def person(app, frozen, visitor):
    frozen(NOW)
    account = make_person(name="李晨")
    visitor.sign_in(account)
    return account


def pool_now(one: SignUp) -> int:
    db.session.rollback()
    return db.session.execute(sa.select(SignUp.pool_id).where(SignUp.id == one.id)).scalar_one()


def test_a_person_moves_from_the_ticket_and_full_pools_cannot_be_chosen(person, visitor):
    activity = make_activity(capacity=1, pools=3)
    mine = sign_up(activity, person, pool=pool_of(activity, 0))
    fill(activity, 1, pool=pool_of(activity, 1))
    ticket = visitor.get(f"/sign-ups/{mine.code}")
    assert f"/sign-ups/{mine.code}/move" in ticket.text

    page = visitor.get(f"/sign-ups/{mine.code}/move")
    moved = visitor.post_form(page, {"pool": str(pool_of(activity, 2).id)})

    boxes = {box["value"]: box.has_attr("disabled") for box in page.html.select("input[name=pool]")}
    assert boxes == {str(pool_of(activity, 1).id): True, str(pool_of(activity, 2).id): False}
    assert (moved.status, moved.response.headers["Location"]) == (303, f"/sign-ups/{mine.code}")
    assert pool_now(mine) == pool_of(activity, 2).id


def test_a_pool_that_filled_meanwhile_is_said_and_the_place_is_kept(person, visitor):
    activity = make_activity(capacity=1, pools=2)
    mine = sign_up(activity, person, pool=pool_of(activity, 0))
    page = visitor.get(f"/sign-ups/{mine.code}/move")
    fill(activity, 1, pool=pool_of(activity, 1))

    answer = visitor.post_form(page, {"pool": str(pool_of(activity, 1).id)})

    assert (answer.status, answer.result) == (409, "full")
    assert "名额已满" in answer.words
    assert pool_now(mine) == pool_of(activity, 0).id


@pytest.mark.parametrize("nonsense", ["", "0", "99999999999999999999", "x", "\x00"])
def test_nonsense_moves_nobody_and_is_said_kindly(person, visitor, nonsense):
    activity = make_activity(capacity=1, pools=2)
    mine = sign_up(activity, person, pool=pool_of(activity, 0))
    page = visitor.get(f"/sign-ups/{mine.code}/move")

    answer = visitor.post_form(page, {"pool": nonsense, "revision": "1"})

    assert answer.status == 422
    assert pool_now(mine) == pool_of(activity, 0).id


def test_nobody_moves_somebody_elses_sign_up(person, visitor):
    theirs = make_sign_up(make_activity(pools=2))

    assert visitor.get(f"/sign-ups/{theirs.code}/move").status == 404
    assert visitor.get(f"/sign-ups/{theirs.code}/decline").status == 404


def test_reading_the_decline_link_changes_nothing_and_its_button_gives_the_place_to_the_next(person, visitor):
    activity = make_activity(capacity=1)
    change(activity, promotion=Promotion.OFFER)
    leaves = sign_up(activity)
    mine, following = sign_up(activity, person), sign_up(activity)
    withdraw(leaves)

    page = visitor.get(f"/sign-ups/{mine.code}/decline")
    assert states(mine, following) == ["offered", "waitlisted"]
    visitor.post_form(page, {})

    assert states(mine, following) == ["withdrawn", "offered"]
    assert counters(pool_of(activity)) == (1, 0)


def test_a_decline_link_that_is_used_late_leads_to_the_ticket(person, visitor):
    mine = make_sign_up(
        make_activity(),
        person=person,
        state=State.OFFERED,
        offered_until=clock.now() - timedelta(minutes=1),
    )

    page = visitor.get(f"/sign-ups/{mine.code}/decline")

    assert (page.status, page.response.headers["Location"]) == (303, f"/sign-ups/{mine.code}")
