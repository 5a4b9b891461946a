"""Changing one's own sign-up: answers, and a larger or smaller party."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from festival.accounts.models import Consent
from festival.lib.db import db
from festival.programme.models import Sensitivity
from festival.signups import answers as answering
from festival.signups import queries
from festival.signups.answers import AnswerUpload
from festival.signups.rules import Reason, SignUpRefused, State
from tests.builders import make_activity, make_question, make_sign_up, pool_of
from tests.signups.engine import NOW, change, counters, edit, faults, fill, ledger, messages, sign_up, states


@pytest.fixture(autouse=True)
def morning(app, frozen):
    frozen(NOW)


def refused(made, **asked) -> Reason:
    """Return why a change is refused."""
    db.session.rollback()
    with pytest.raises(SignUpRefused) as caught:
        edit(made, **asked)
    return caught.value.reason


def test_a_smaller_party_gives_places_to_the_list(app):
    activity = make_activity(capacity=3)
    shrinking, waiting = fill(activity, 3, 2)

    promoted = edit(shrinking, party_size=1)

    assert [one.id for one in promoted] == [waiting.id]
    assert states(shrinking, waiting) == ["confirmed", "confirmed"]
    assert ledger(shrinking, waiting)[2:] == [
        ("party", "party:3->1", "confirmed", "confirmed", 1, 3, 1),
        ("promoted", f"released_by:{shrinking.id}", "waitlisted", "confirmed", 2, 1, 3),
    ]
    assert messages(shrinking) == ["sign_up_confirmed"]
    assert faults(activity) == []


def test_a_larger_party_takes_the_places_that_are_free(app):
    activity = make_activity(capacity=3)
    growing = sign_up(activity)

    assert edit(growing, party_size=3) == []

    assert counters(pool_of(activity)) == (3, 0)
    assert ledger(growing)[-1] == ("party", "party:1->3", "confirmed", "confirmed", 3, 1, 3)


def test_a_larger_party_that_does_not_fit_or_would_overtake_the_list_changes_nothing(app):
    full, queued = make_activity(capacity=3), make_activity(capacity=4)
    no_room, _ = fill(full, 1, 2)
    would_overtake, _, _ = fill(queued, 1, 2, 2)

    assert refused(no_room, party_size=2, name="张三") == Reason.FULL
    assert refused(would_overtake, party_size=2) == Reason.FULL

    db.session.rollback()
    assert (no_room.party_size, no_room.name, would_overtake.party_size) == (1, "", 1)
    assert faults(full) == faults(queued) == []


def test_a_larger_party_stays_below_the_ceiling(app):
    activity = make_activity(capacity=9, approved_ceiling=3)
    growing, _ = fill(activity, 1, 1)

    assert refused(growing, party_size=3) == Reason.CEILING
    edit(growing, party_size=2)
    assert counters(pool_of(activity)) == (3, 0)


def test_a_waiting_party_keeps_its_turn_when_it_grows_within_the_limits_of_the_list(app):
    activity = make_activity(capacity=3, waitlist_limit=4)
    _, growing, behind = fill(activity, 3, 1, 1)

    edit(growing, party_size=3)

    assert [queries.position(one) for one in (growing, behind)] == [1, 2]
    assert refused(behind, party_size=2) == Reason.FULL
    assert refused(growing, party_size=4) == Reason.PARTY_TOO_LARGE  # larger than the pool


def test_a_waiting_party_that_shrinks_to_what_is_free_moves_up(app):
    activity = make_activity(capacity=3)
    _, waiting = fill(activity, 2, 2)

    promoted = edit(waiting, party_size=1)

    assert [one.id for one in promoted] == [waiting.id]
    assert states(waiting) == ["confirmed"]
    assert faults(activity) == []


def test_a_party_stays_within_the_activitys_bounds(app):
    made = sign_up(make_activity(party_max=2))

    assert [refused(made, party_size=size) for size in (-1, 3)] == [Reason.PARTY_TOO_LARGE] * 2


def test_a_form_filled_from_an_older_state_is_told_and_changes_nothing(app):
    made = sign_up(make_activity(), name="王芳")
    db.session.rollback()
    seen = made.revision
    edit(made, name="王小芳")

    assert refused(made, name="王方", revision=seen) == Reason.CHANGED_MEANWHILE
    db.session.rollback()
    assert made.name == "王小芳"


def test_a_change_without_places_writes_no_ledger_line(app):
    made = sign_up(make_activity(), name="王芳")

    edit(made, name="王小芳")

    assert [line[0] for line in ledger(made)] == ["signed_up"]


def test_a_sign_up_can_be_changed_until_just_before_the_start(app, frozen):
    activity = make_activity(starts_in=timedelta(days=1), closes_in=None)
    made = sign_up(activity)

    frozen(NOW + timedelta(days=1))
    assert refused(made, name="x") == Reason.TOO_LATE
    frozen(NOW + timedelta(days=1) - timedelta(microseconds=1))
    edit(made, name="x")


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.REMOVED, State.REJECTED, State.EXPIRED, State.ATTENDED])
def test_what_has_ended_or_was_used_cannot_be_changed(app, state):
    assert refused(make_sign_up(make_activity(), state=state)) == Reason.NOT_LIVE


def test_changed_answers_replace_the_old_ones_and_a_file_stays_until_a_new_one_comes(app):
    activity = make_activity()
    make_question(activity, "company")
    make_question(activity, "diet", required=False)
    make_question(activity, "id_number", sensitivity=Sensitivity.SENSITIVE)
    make_question(activity, "cv", type_="file")
    made = sign_up(
        activity,
        answers={"company": "甲", "diet": "素", "id_number": "1"},
        files={"cv": AnswerUpload("a.pdf", "application/pdf", b"a")},
    )

    edit(made, answers={"company": "乙", "diet": "", "id_number": "2"})
    assert answering.read_all(made.id) == {"company": "乙", "id_number": "2"}
    assert [file.name for file in queries.files(made.id)] == ["a.pdf"]
    edit(made, answers={"company": "乙"}, files={"cv": AnswerUpload("b.pdf", "application/pdf", b"b")})
    assert [(file.name, answering.read_file(file)) for file in queries.files(made.id)] == [("b.pdf", b"b")]


def test_a_consent_that_comes_with_a_change_is_written_once(app):
    activity = make_activity()
    make_question(activity, "id_number", sensitivity=Sensitivity.SENSITIVE, required=False)
    made = sign_up(activity)

    edit(made, answers={"id_number": "1"}, consents=["id_number", "nothing"])
    edit(made, answers={"id_number": "2"}, consents=["id_number"])

    given = db.session.scalars(sa.select(Consent)).all()
    assert [(one.account_id, one.sign_up_id, one.question_key) for one in given] == [(made.person_id, made.id, "id_number")]


def test_a_quota_is_not_left_by_changing_the_answer_it_rests_on(app):
    activity = make_activity(pools=2)
    change(pool_of(activity, 0), quota_question="gender", quota_answer="m")
    change(pool_of(activity, 1), quota_question="gender", quota_answer="f")
    made = sign_up(activity, answers={"gender": "m"})

    assert refused(made, answers={"gender": "f"}) == Reason.INELIGIBLE
    edit(made, answers={"gender": "m"}, name="x")
