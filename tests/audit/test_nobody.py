"""The trail of a busy festival says who did what to which row, and not one name, number or address of anybody."""

from datetime import datetime

import pytest
from sqlalchemy import select

from festival.accounts import service as accounts
from festival.accounts import staff
from festival.accounts.models import Account, AccountKind, Address, Consent
from festival.accounts.rules import Role
from festival.audit.models import AuditEntry
from festival.exports.service import record_export
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Activity
from festival.protection import purging
from festival.protection import service as protection
from festival.reviews import service as reviews
from festival.reviews.rules import Decision
from festival.roster.service import reveal
from festival.seed import demo
from festival.signups import service as signups
from festival.signups.models import SignUp
from festival.signups.rules import LIVE, State
from tests.seed.test_demo import SMALL, populated


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_trail_of_a_busy_demo_says_nothing_of_anybody(app, frozen, monkeypatch):
    frozen(datetime(2023, 6, 16, 10, tzinfo=clock.ZONE))
    monkeypatch.setattr(demo, "CROWDS", SMALL)
    populated()
    said = {row.id: f"{row.name} {row.value} 来电说明" for row in _people()}
    known = {word for row in _people() for word in (row.name, row.value) if word}
    known |= set(db.session.scalars(select(SignUp.name).where(SignUp.name != "")))
    desk = db.session.scalars(select(Account.id).where(Account.staff_name == "admin")).one()
    some = db.session.execute(
        select(SignUp.id, SignUp.person_id, SignUp.activity_id).where(SignUp.state.in_(LIVE)).order_by(SignUp.id).limit(6)
    ).all()
    pending = db.session.execute(
        select(SignUp.id, SignUp.person_id, SignUp.activity_id).where(SignUp.state == State.PENDING).limit(1)
    ).first()
    assert pending is not None

    for row in some:
        with transaction():
            reveal(row.activity_id, row.id, {"contact"}, said[row.person_id], actor_id=desk)
    with transaction():
        signups.remove(some[0].id, said[some[0].person_id], actor_id=desk)
        reviews.decide(pending.activity_id, [pending.id], Decision.REJECT, said[pending.person_id], actor_id=desk)
        record_export(some[1].activity_id, "roster.xlsx", rows=9, sha256="0" * 64, actor_id=desk)
        address = db.session.scalars(select(Address.value).where(Address.account_id == some[2].person_id)).one()
        protection.find(address, said[some[2].person_id], actor_id=desk)
        protection.note_reading(some[2].person_id, actor_id=desk)
        wanted = protection.Correction(name="新名字", locale="en", names={some[2].id: "新名字"}, answers={})
        protection.correct(some[2].person_id, wanted, actor_id=desk, reason=said[some[2].person_id] + "改为新名字")
        consent = db.session.scalars(select(Consent.id).where(Consent.account_id == some[3].person_id).limit(1)).one()
        protection.withdraw_consent(some[3].person_id, consent, actor_id=desk, reason=said[some[3].person_id])
        protection.forget(some[4].person_id, actor_id=desk, reason=said[some[4].person_id])
        accounts.erase(db.session.get_one(Account, some[5].person_id))
        member = staff.invite("wang-li", Role.STEWARD, None, contact="13800138000", actor_id=desk)
        staff.new_link(member, actor_id=desk)
    purging.purge()

    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    told = [
        (entry.action, word)
        for entry in entries
        for word in (*known, "新名字", "13800138000")
        if word in entry.reason or word in entry.changes
    ]
    assert told == []
    assert len({entry.action for entry in entries}) >= 18
    assert sum("＊＊＊" in entry.reason for entry in entries) >= 11
    assert db.session.get_one(Activity, some[0].activity_id).id == some[0].activity_id


def _people():
    return db.session.execute(
        select(Account.id, Account.name, Address.value)
        .outerjoin(Address, Address.account_id == Account.id)
        .where(Account.kind == AccountKind.PERSON),
    ).all()
