"""Signing somebody up at the counter: the engine's own verdict, an account that nothing leads to, twice the same form."""

import pytest
import sqlalchemy as sa

from festival.accounts import personal
from festival.accounts.models import Account, Address, Consent
from festival.audit.models import AuditEntry
from festival.counter import service
from festival.lib.db import db, transaction
from festival.lib.errors import NotFound
from festival.outbox import delivery
from festival.outbox.models import Message
from festival.programme.kinds import kind_of
from festival.programme.models import Sensitivity
from festival.signups.models import Answer, SignUp
from festival.signups.notice import notice_of
from festival.signups.queries import questions_of
from festival.signups.rules import Reason, SignUpRefused
from festival.signups.service import Once, SignUpRequest
from tests.builders import make_activity, make_question, make_sign_up, make_staff
from tests.signups.engine import NOW, faults, ledger, states
from tests.signups.engine import sign_up as sign_up_oneself
from tests.signups.test_deadlocks import at_once


def at_the_counter(activity, staff_id, name="张大爷", once=None, **asked):
    with transaction():
        return service.sign_up(
            activity.id,
            SignUpRequest(name=name, once=once, **asked),
            kind=kind_of(activity),
            actor_id=staff_id,
            locale="zh",
        )


def test_somebody_without_a_phone_gets_what_everybody_gets_and_the_trail_says_who_did_it(app):
    activity, staff_id = make_activity(capacity=2), make_staff().id
    make_question(activity, "name")
    make_question(activity, "access", sensitivity=Sensitivity.SENSITIVE, required=False)
    version = notice_of(activity, questions_of(activity.id)).version
    said = {"answers": {"access": "轮椅"}, "consents": frozenset({"access"}), "notice_version": version}

    first = at_the_counter(activity, staff_id, party_size=2, **said)
    second = at_the_counter(activity, staff_id, "李奶奶")

    assert states(first, second) == ["confirmed", "waitlisted"]
    assert [(one.source, one.name) for one in (first, second)] == [("counter", "张大爷"), ("counter", "李奶奶")]
    assert first.person_id != second.person_id
    assert db.session.scalar(sa.select(sa.func.count(Address.id))) == 0
    assert [line[:2] for line in ledger(first, second)] == [("signed_up", "room"), ("signed_up", "waitlisted")]
    consents = db.session.scalars(sa.select(Consent).where(Consent.sign_up_id == first.id).order_by(Consent.id))
    assert [(one.account_id, one.question_key) for one in consents] == [(first.person_id, None), (first.person_id, "access")]
    trail = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
    assert [(one.action, one.actor_id, one.changes) for one in trail][:3] == [
        ("account.made", staff_id, ""),
        ("sign_up.make", staff_id, ""),
        ("consent.take", staff_id, "notice, access"),
    ]
    assert faults(activity) == []


def test_the_same_form_twice_at_once_signs_up_one_person(app):
    activity, staff_id = make_activity(), make_staff().id
    activity_id, kind = activity.id, kind_of(activity)
    once = Once("browser", "key")
    db.session.rollback()

    def press() -> None:
        service.sign_up(activity_id, SignUpRequest(name="张大爷", once=once), kind=kind, actor_id=staff_id, locale="zh")

    ends = at_once(app, press, press)

    assert ends == ["done", "done"]
    assert db.session.scalar(sa.select(sa.func.count(SignUp.id))) == 1
    assert db.session.scalar(sa.select(sa.func.count(Account.id)).where(Account.kind == "person")) == 1


def test_a_refusal_leaves_no_account_behind(app):
    full, staff_id = make_activity(capacity=1, waitlist_limit=0), make_staff().id
    make_sign_up(full)
    before = db.session.scalar(sa.select(sa.func.count(Account.id)))

    with pytest.raises(SignUpRefused) as refused:
        at_the_counter(full, staff_id)

    assert refused.value.reason == Reason.FULL
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count(Account.id))) == before


def test_staff_withdraw_for_the_person_also_late_and_only_what_the_counter_made(app, frozen):
    frozen(NOW)
    activity, staff_id = make_activity(capacity=1), make_staff().id
    with transaction():
        activity.cancel_hours_before = 24 * 30  # withdrawing by oneself is over
    made, waits = at_the_counter(activity, staff_id), sign_up_oneself(activity)

    with transaction():
        moved_up = service.withdraw(activity.id, made.id, actor_id=staff_id)
    with pytest.raises(NotFound), transaction():
        service.withdraw(activity.id, waits.id, actor_id=staff_id)
    with pytest.raises(SignUpRefused, match="not_live"), transaction():
        service.withdraw(activity.id, made.id, actor_id=staff_id)

    assert [one.id for one in moved_up] == [waits.id]
    assert states(made, waits) == ["withdrawn", "confirmed"]
    acts = db.session.scalars(sa.select(AuditEntry.action).where(AuditEntry.subject == "sign_up").order_by(AuditEntry.id))
    assert list(acts) == ["sign_up.make", "consent.take", "sign_up.withdraw"]
    assert faults(activity) == []


def test_a_person_without_an_address_is_sent_nothing_can_be_shown_and_forgotten(app):
    activity, staff_id = make_activity(), make_staff().id
    make_question(activity, "employer")
    made = at_the_counter(activity, staff_id, answers={"employer": "设计院"})
    person_id = made.person_id

    delivery.settle_due()
    shown = personal.export(person_id)
    for _ in range(2):  # pressing again changes nothing
        with transaction():
            service.forget(activity.id, made.id, actor_id=staff_id)

    assert [row["state"] for row in shown["message"]] == ["dropped"]
    assert (shown["address"], [row["value"] for row in shown["answer"]]) == ([], ["设计院"])
    db.session.rollback()
    assert (made.state, made.name) == ("withdrawn", "")
    trail = db.session.execute(sa.select(AuditEntry.action, AuditEntry.actor_id).order_by(AuditEntry.id))
    assert [tuple(one) for one in trail][-2:] == [("sign_up.forget", staff_id), ("account.erase", person_id)]
    assert db.session.scalars(sa.select(Answer)).all() == []
    assert db.session.get_one(Account, person_id).name == ""
    assert db.session.scalars(sa.select(Message.text)).all() == ["", ""]
