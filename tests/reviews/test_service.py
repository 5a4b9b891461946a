"""Deciding on sign-ups."""

import pytest
from sqlalchemy import select

from festival.audit.models import AuditEntry
from festival.lib.db import db, transaction
from festival.outbox.models import Message
from festival.programme.models import Activity, ActivityStatus, Mode, Promotion, SlotStatus
from festival.reviews import service
from festival.reviews.models import Review
from festival.reviews.rules import Decision, ReviewReason, ReviewRefused
from festival.reviews.service import Outcome
from festival.signups.models import SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_person, make_sign_up, make_staff, pool_of
from tests.signups import engine


def _decide(activity: Activity, sign_ups: list[SignUp], decision: Decision = Decision.APPROVE, words: str = "") -> Outcome:
    with transaction():
        return service.decide(activity.id, [one.id for one in sign_ups], decision, words, actor_id=make_staff().id)


@pytest.mark.usefixtures("app")
def test_approving_more_than_there_is_room_for_fills_the_list_in_order_of_sign_up() -> None:
    activity = make_activity(mode=Mode.APPROVAL, capacity=2)
    pending = [make_sign_up(activity, state=State.PENDING) for _ in range(4)]

    outcome = _decide(activity, list(reversed(pending)))

    assert outcome.decided == pending
    assert [one.state for one in pending] == [State.CONFIRMED, State.CONFIRMED, State.WAITLISTED, State.WAITLISTED]
    assert pool_of(activity).taken == 2


@pytest.mark.usefixtures("app")
def test_an_approved_party_does_not_overtake_the_list() -> None:
    activity = make_activity(mode=Mode.APPROVAL, capacity=3)
    waiting = make_sign_up(activity, state=State.WAITLISTED, party_size=3)
    make_sign_up(activity, state=State.CONFIRMED)
    late = make_sign_up(activity, state=State.PENDING)

    _decide(activity, [late])

    assert [waiting.state, late.state] == [State.WAITLISTED, State.WAITLISTED]


@pytest.mark.usefixtures("app")
def test_an_approval_into_a_full_list_leaves_the_sign_up_pending_and_says_why() -> None:
    activity = make_activity(mode=Mode.APPROVAL, capacity=1, waitlist_limit=1)
    pending = [make_sign_up(activity, state=State.PENDING) for _ in range(3)]

    outcome = _decide(activity, pending)

    assert outcome.left == [(pending[2], ReviewReason.LIST_FULL)]
    assert [one.state for one in pending] == [State.CONFIRMED, State.WAITLISTED, State.PENDING]


@pytest.mark.usefixtures("app")
def test_approval_for_a_ballot_puts_the_sign_up_into_the_hat() -> None:
    activity = make_activity(mode=Mode.BALLOT)
    pending = make_sign_up(activity, state=State.PENDING)

    _decide(activity, [pending])

    assert (pending.state, pool_of(activity).taken) == (State.ENTERED, 0)


@pytest.mark.usefixtures("app")
def test_an_approved_place_is_offered_where_the_activity_asks_for_confirmation() -> None:
    activity = make_activity(mode=Mode.APPROVAL)
    with transaction():
        activity.promotion = Promotion.OFFER
    pending = make_sign_up(activity, state=State.PENDING)

    _decide(activity, [pending])

    assert (pending.state, pending.offered_until is not None) == (State.OFFERED, True)
    assert db.session.scalars(select(Message.kind)).all() == ["sign_up_approved_offer"]


@pytest.mark.usefixtures("app")
def test_a_rejection_needs_words_and_the_person_is_told() -> None:
    activity = make_activity(mode=Mode.APPROVAL)
    pending = make_sign_up(activity, state=State.PENDING)

    with pytest.raises(ReviewRefused) as refused:
        _decide(activity, [pending], Decision.REJECT)
    _decide(activity, [pending], Decision.REJECT, "名额仅限工程设计从业者")

    assert refused.value.reason == ReviewReason.NO_REASON
    assert (pending.state, pending.reason) == (State.REJECTED, "名额仅限工程设计从业者")
    told = db.session.execute(select(Message.kind, Message.account_id)).all()
    assert [tuple(row) for row in told] == [("sign_up_rejected", pending.person_id)]


@pytest.mark.usefixtures("app")
def test_asking_for_more_keeps_the_sign_up_pending_and_marks_what_is_needed() -> None:
    activity = make_activity(mode=Mode.APPROVAL)
    pending = make_sign_up(activity, state=State.PENDING)

    _decide(activity, [pending], Decision.ASK, "请补充单位证明")

    assert (pending.state, pending.reason, pending.asked_at is not None) == (State.PENDING, "请补充单位证明", True)


@pytest.mark.usefixtures("app")
def test_nobody_reviews_their_own_sign_up() -> None:
    activity = make_activity(mode=Mode.APPROVAL)
    pending = make_sign_up(activity, state=State.PENDING, person=make_person(mobile="13900009999"))
    reviewer = make_staff()
    with transaction():
        reviewer.contact = "13900009999"

    with transaction():
        outcome = service.decide(activity.id, [pending.id], Decision.APPROVE, "", actor_id=reviewer.id)

    assert (outcome.decided, outcome.left) == ([], [(pending, ReviewReason.OWN_SIGN_UP)])
    assert pending.state == State.PENDING


@pytest.mark.usefixtures("app")
def test_a_sign_up_of_another_activity_is_not_decided_on_by_its_id() -> None:
    mine, other = make_activity(mode=Mode.APPROVAL), make_activity(mode=Mode.APPROVAL)
    foreign = make_sign_up(other, state=State.PENDING)

    outcome = _decide(mine, [foreign])

    assert (outcome.decided, outcome.left, foreign.state) == ([], [], State.PENDING)


@pytest.mark.usefixtures("app")
def test_a_bulk_decision_is_one_audit_entry_and_one_review_each() -> None:
    activity = make_activity(mode=Mode.APPROVAL)
    pending = [make_sign_up(activity, state=State.PENDING) for _ in range(2)]

    _decide(activity, pending)

    entries = db.session.scalars(select(AuditEntry)).all()
    assert [(entry.action, entry.changes) for entry in entries] == [
        ("review.approve", f"sign_ups={pending[0].id},{pending[1].id}"),
    ]
    assert db.session.scalars(select(Review.sign_up_id).order_by(Review.id)).all() == [one.id for one in pending]


@pytest.mark.usefixtures("app")
def test_nothing_is_approved_while_the_activity_is_postponed() -> None:
    activity = make_activity(mode=Mode.APPROVAL, status=ActivityStatus.POSTPONED)
    pending = make_sign_up(activity, state=State.PENDING)

    outcome = _decide(activity, [pending])

    assert outcome.left == [(pending, ReviewReason.ACTIVITY_NOT_ON)]


@pytest.mark.usefixtures("app")
def test_a_ballot_whose_entrants_are_checked_takes_them_into_review_first_and_then_into_the_hat() -> None:
    activity = make_activity(mode=Mode.BALLOT)
    with transaction():
        activity.is_reviewed = True
    entered = engine.sign_up(activity)
    before = entered.state

    _decide(activity, [entered])

    assert (before, entered.state) == (State.PENDING, State.ENTERED)


@pytest.mark.usefixtures("app")
def test_nothing_is_approved_into_a_slot_that_is_called_off() -> None:
    activity = make_activity(mode=Mode.APPROVAL)
    pending = make_sign_up(activity, state=State.PENDING)
    engine.change(pending.slot, status=SlotStatus.CANCELLED)

    outcome = _decide(activity, [pending])

    assert outcome.left == [(pending, ReviewReason.ACTIVITY_NOT_ON)]


@pytest.mark.usefixtures("app")
def test_an_approval_keeps_quotas_in_balance_and_the_other_quota_moves_up_with_it() -> None:
    activity = make_activity(mode=Mode.APPROVAL, pools=2)
    for index, answer in enumerate("mf"):
        engine.change(pool_of(activity, index), quota_question="gender", quota_answer=answer)
    engine.change(activity, balance_tolerance=1)
    first, second = (make_sign_up(activity, state=State.PENDING, pool=pool_of(activity, 0)) for _ in range(2))
    her = make_sign_up(activity, state=State.PENDING, pool=pool_of(activity, 1))

    _decide(activity, [first, second])
    assert [first.state, second.state] == [State.CONFIRMED, State.WAITLISTED]
    _decide(activity, [her])

    assert [first.state, second.state, her.state] == [State.CONFIRMED, State.CONFIRMED, State.CONFIRMED]
