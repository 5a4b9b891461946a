"""Companions by name: as many as come along, and each can be withdrawn alone."""

import pytest

from festival.lib.db import db, transaction
from festival.signups import answers, companions
from festival.signups.rules import Reason, SignUpRefused
from tests.builders import make_activity, make_person, make_question, pool_of
from tests.signups.engine import NOW, counters, faults, ledger, sign_up, states


@pytest.fixture
def activity(app, frozen):
    frozen(NOW)
    activity = make_activity(capacity=3)
    make_question(activity, "with", type_="names", required=True)
    return activity


def test_one_companion_is_withdrawn_alone_and_the_place_goes_to_the_list(activity, visitor):
    person = make_person()
    visitor.sign_in(person)
    mine = sign_up(activity, person, party_size=3, answers={"with": "王一\n赵二"})
    waiting = sign_up(activity)

    page = visitor.get(f"/sign-ups/{mine.code}")
    visitor.post_form(page, {}, action=f"/sign-ups/{mine.code}/companions/1/withdraw")

    assert states(mine, waiting) == ["confirmed", "confirmed"]
    assert (mine.party_size, answers.read_all(mine.id)) == (2, {"with": "赵二"})
    assert ledger(mine)[-1][:2] == ("party", "party:3->2")
    assert counters(pool_of(activity)) == (3, 0)
    assert "王一" not in visitor.get(f"/sign-ups/{mine.code}").text
    assert faults(activity) == []


def test_a_second_press_withdraws_nobody_else(activity):
    mine = sign_up(activity, party_size=3, answers={"with": "王一\n赵二"})
    seen = mine.revision
    with transaction():
        companions.withdraw_one(mine.id, 0, revision=seen)

    with pytest.raises(SignUpRefused) as refused, transaction():
        companions.withdraw_one(mine.id, 0, revision=seen)

    db.session.rollback()
    assert refused.value.reason == Reason.CHANGED_MEANWHILE
    assert (mine.party_size, answers.read_all(mine.id)) == (2, {"with": "赵二"})


@pytest.mark.parametrize(
    ("party_size", "names", "said"),
    [
        ("3", "王一", "请填写 2 位同行人的姓名，每行一位。"),
        ("1", "王一", "您只报名一人，不用填写同行人。"),
        ("2", "", "请填写 1 位同行人的姓名，每行一位。"),
        ("2", " \n王一\n\n", None),
    ],
)
def test_the_form_asks_for_as_many_names_as_come_along(activity, visitor, party_size, names, said):
    visitor.sign_in(make_person())
    page = visitor.get(f"/activities/{activity.slug}/sign-up")

    answer = visitor.post_form(page, {"party_size": party_size, "q-with": names, "consent": "y"})

    assert (answer.status, said is None or said in answer.words) == (303 if said is None else 422, True)
