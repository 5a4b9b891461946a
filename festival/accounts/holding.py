"""What accounts, and the outbox and audit trail below them, hold about a person."""

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from festival.accounts.models import Account, Address, CodeChallenge, Consent, PrivacyNotice, SignInSession, StaffLink
from festival.accounts.personal import Holding, Moment, Purge, Rows, first, rows
from festival.accounts.rules import CODE_KEPT, PERSON_LASTS
from festival.audit.models import AuditEntry
from festival.lib import clock
from festival.lib.db import Model, db
from festival.lib.i18n import _l
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
        "audit_entry": rows(AuditEntry, _about(account_id), without=("actor_id", "reason", "number", "seal")),
    }


def _about(account_id: int) -> ColumnElement[bool]:
    """Return what makes an entry one of a person's: they did it, or it was done to their account or sign-ups (seen, changed)."""
    sign_up = Model.metadata.tables["sign_up"]  # accounts lie below it, and know it by name as foreign keys do
    theirs = select(sign_up.c.id).where(sign_up.c.person_id == account_id)
    return or_(
        AuditEntry.actor_id == account_id,
        and_(AuditEntry.subject == "account", AuditEntry.subject_id == account_id),
        and_(AuditEntry.subject == "sign_up", AuditEntry.subject_id.in_(theirs)),
    )


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


# -- what is kept for a time only --------------------------------------------------------------------------------------------

#: Days after a browser was signed out, or 30 after its last visit ended it anyway.
_SESSION_DAYS = 30
_LINK_DAYS = 30
_MAIL_DAYS = 30
#: Days that the words of a message can be read under 我的消息.
_MESSAGE_DAYS = 180


def _codes(moment: Moment, limit: int) -> int:
    return _delete(CodeChallenge, first(CodeChallenge, limit, CodeChallenge.sent_at < moment.wall - CODE_KEPT))


def _sessions(moment: Moment, limit: int) -> int:
    over = moment.wall - timedelta(days=_SESSION_DAYS)
    gone = or_(SignInSession.ended_at < over, SignInSession.last_seen_at < over - PERSON_LASTS)
    return _delete(SignInSession, first(SignInSession, limit, gone))


def _links(moment: Moment, limit: int) -> int:
    return _delete(StaffLink, first(StaffLink, limit, StaffLink.expires_at < moment.wall - timedelta(days=_LINK_DAYS)))


def _messages(moment: Moment, limit: int) -> int:
    old = Message.created_at < moment.wall - timedelta(days=_MESSAGE_DAYS)
    ids = first(Message, limit, old, Message.text != "")
    db.session.execute(update(Message).where(Message.id.in_(ids)).values(text="", locale=""))
    return len(ids)


def _mails(moment: Moment, limit: int) -> int:
    return _delete(DemoMail, first(DemoMail, limit, DemoMail.created_at < moment.wall - timedelta(days=_MAIL_DAYS)))


def _delete(table: type[CodeChallenge | SignInSession | StaffLink | DemoMail], ids: list[int]) -> int:
    db.session.execute(delete(table).where(table.id.in_(ids)))
    return len(ids)


PURGES = (
    Purge("codes", _l("验证码的发送记录"), _l("2 天"), _codes),
    Purge("sessions", _l("登录记录"), _l("退出后 30 天"), _sessions),
    Purge("staff_links", _l("工作人员的密码链接"), _l("过期后 30 天"), _links),
    Purge("messages", _l("消息的内容"), _l("180 天"), _messages),
    Purge("demo_mails", _l("演示信箱"), _l("30 天"), _mails),
)


HOLDING = Holding(
    tables=frozenset(
        {"account", "address", "code_challenge", "sign_in_session", "consent", "privacy_notice", "message", "audit_entry"},
    ),
    export=_export,
    erase=_erase,
    purges=PURGES,
)
