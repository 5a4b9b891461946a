"""What accounts, and the outbox and audit trail below them, hold about a person."""

from sqlalchemy import delete, select, update

from festival.accounts.models import Account, Address, CodeChallenge, Consent, PrivacyNotice, SignInSession
from festival.accounts.personal import Holding, Rows, rows
from festival.audit.models import AuditEntry
from festival.audit.service import record
from festival.lib import clock
from festival.lib.db import db
from festival.outbox.models import DemoMail, Message, MessageState


def _export(account_id: int) -> Rows:
    """Return a person's account: digests of keys and codes are secrets, and staff's columns are empty anyway."""
    addresses = db.session.scalars(select(Address.value).where(Address.account_id == account_id)).all()
    notices = select(Consent.notice_id).where(Consent.account_id == account_id)
    staffs = ("staff_name", "password_hash", "failed_tries", "locked_until", "totp_sealed", "totp_step", "disabled_at")
    return {
        "account": rows(Account, Account.id == account_id, without=staffs),
        "address": rows(Address, Address.account_id == account_id),
        "code_challenge": rows(CodeChallenge, CodeChallenge.address.in_(addresses), without=("used_by",)),
        "sign_in_session": rows(SignInSession, SignInSession.account_id == account_id, without=("key_digest",)),
        "consent": rows(Consent, Consent.account_id == account_id),
        "privacy_notice": rows(PrivacyNotice, PrivacyNotice.id.in_(notices)),
        "message": rows(Message, Message.account_id == account_id, without=("claimed_until", "reached")),
        "audit_entry": rows(AuditEntry, AuditEntry.actor_id == account_id),
    }


def _erase(account_id: int) -> None:
    """Empty the account's row and drop what hangs on it; messages keep their kind and time, and lose their words."""
    addresses = db.session.scalars(select(Address.value).where(Address.account_id == account_id)).all()
    db.session.execute(delete(CodeChallenge).where(CodeChallenge.address.in_(addresses)))
    db.session.execute(delete(DemoMail).where(DemoMail.to.in_(addresses)))
    db.session.execute(
        update(Message)
        .where(Message.account_id == account_id, Message.state == MessageState.OWED)
        .values(state=MessageState.DROPPED, claimed_until=None),
    )
    db.session.execute(update(Message).where(Message.account_id == account_id).values(text="", locale=""))
    for table in (Consent, Address, SignInSession):
        db.session.execute(delete(table).where(table.account_id == account_id))
    account = db.session.get_one(Account, account_id, populate_existing=True)
    account.name = ""
    account.erased_at = clock.wall()
    account.calendar_key_version += 1
    record("account.erase", "account", account_id, actor_id=account_id)


HOLDING = Holding(
    tables=frozenset(
        {"account", "address", "code_challenge", "sign_in_session", "consent", "privacy_notice", "message", "audit_entry"},
    ),
    export=_export,
    erase=_erase,
)
