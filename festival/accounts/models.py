"""People and how they sign in."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from festival.accounts.rules import Channel
from festival.lib.db import Big, Model, word


class AccountKind(StrEnum):
    """A person who attends, or one who works here. Somebody who does both has two accounts."""

    PERSON = "person"
    STAFF = "staff"


class Account(Model):
    """A means of signing in, and the human behind it. 账号"""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("kind IN ('person', 'staff')", name="kind_known"),
        CheckConstraint("locale IN ('zh', 'en')", name="locale_known"),
        CheckConstraint("(kind = 'staff') = (staff_name IS NOT NULL)", name="staff_has_a_name"),
        UniqueConstraint("staff_name", name="uq_account_staff_name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[AccountKind] = mapped_column(word(AccountKind, 8))
    #: What staff type to sign in; None for persons.
    staff_name: Mapped[str | None] = mapped_column(String(64))
    #: The person's own name as last given, to prefill forms; staff: the name shown to colleagues.
    name: Mapped[str] = mapped_column(String(100), default="")
    #: The language of messages.
    locale: Mapped[str] = mapped_column(String(2), default="zh")
    #: argon2id; None for persons and for staff who have not set one yet.
    password_hash: Mapped[str | None] = mapped_column(String(200))
    failed_tries: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    #: The secret of the second factor, sealed for ``totp:<id>``; None: there is none yet.
    totp_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: The time step of the last number accepted: a number works once.
    totp_step: Mapped[int | None] = mapped_column(Big)
    #: Old private feed addresses end when this rises.
    calendar_key_version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    #: Staff may no longer sign in.
    disabled_at: Mapped[datetime | None]
    #: Staff: their own mobile number or mail address, so that nobody reviews themselves; None for persons.
    contact: Mapped[str | None] = mapped_column(String(254))
    #: The person asked to be forgotten: nothing personal is left in this row.
    erased_at: Mapped[datetime | None]

    addresses: Mapped[list["Address"]] = relationship(order_by="Address.id")
    roles: Mapped[list["RoleGrant"]] = relationship(foreign_keys="RoleGrant.account_id", order_by="RoleGrant.id")


class Address(Model):
    """A verified mobile number or mail address of a person."""

    __tablename__ = "address"
    __table_args__ = (
        UniqueConstraint("value", name="uq_address_value"),
        Index("ix_address_account_id", "account_id"),
        CheckConstraint("channel IN ('mobile', 'mail')", name="channel_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    channel: Mapped[Channel] = mapped_column(word(Channel, 8))
    #: Mobile: 11 digits; mail: normalised and in lower case (telephones begin every field with a capital).
    value: Mapped[str] = mapped_column(String(254))
    verified_at: Mapped[datetime]


class CodeChallenge(Model):
    """A one-time code that was sent. The code itself is never stored: it is HOTP(key, id). 验证码"""

    __tablename__ = "code_challenge"
    __table_args__ = (Index("ix_code_challenge_address", "address", "sent_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(254))
    channel: Mapped[Channel] = mapped_column(word(Channel, 8))
    locale: Mapped[str] = mapped_column(String(2), default="zh")
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    #: Wrong codes entered so far.
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
    #: Digest of the browser that used it: its second press of the same button is no second use.
    used_by: Mapped[str] = mapped_column(String(64), default="")


class SignInSession(Model):
    """One signed-in browser. Ending the row signs that browser out at its next request."""

    __tablename__ = "sign_in_session"
    __table_args__ = (
        UniqueConstraint("key_digest", name="uq_sign_in_session_key_digest"),
        Index("ix_sign_in_session_account_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    #: SHA-256 of the random key in the cookie.
    key_digest: Mapped[str] = mapped_column(String(64))
    #: A word for the device, such as "iPhone" or "Windows"; never the whole user agent.
    device: Mapped[str] = mapped_column(String(32), default="")
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    #: A device at the door: it stays signed in for a whole day, idle or not, and does nothing but check in.
    is_gate: Mapped[bool] = mapped_column(default=False, server_default=false())

    account: Mapped[Account] = relationship(viewonly=True)


class StaffLink(Model):
    """A one-time link with which a staff member sets a password."""

    __tablename__ = "staff_link"
    __table_args__ = (UniqueConstraint("token_digest", name="uq_staff_link_token_digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    token_digest: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RecoveryCode(Model):
    """A word that stands in for the second factor once, for the day the telephone is lost."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("account_id", "digest", name="uq_recovery_code_digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class RoleGrant(Model):
    """A role of a staff member, for the whole festival or for one activity. 角色"""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint("role IN ('administrator', 'organizer', 'reviewer', 'steward', 'auditor')", name="role_known"),
        Index(
            "uq_role_grant_festival",
            "account_id",
            "role",
            unique=True,
            sqlite_where=text("activity_id IS NULL"),
            postgresql_where=text("activity_id IS NULL"),
        ),
        Index(
            "uq_role_grant_activity",
            "account_id",
            "role",
            "activity_id",
            unique=True,
            sqlite_where=text("activity_id IS NOT NULL"),
            postgresql_where=text("activity_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(16))
    #: None: the whole festival.
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))


class PrivacyNotice(Model):
    """What an activity told people about their data, as they saw it. A change of its words is a new version. 个人信息处理规则"""

    __tablename__ = "privacy_notice"
    __table_args__ = (UniqueConstraint("activity_id", "version", name="uq_privacy_notice_version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    #: The first 16 hexadecimal digits of the SHA-256 of both texts.
    version: Mapped[str] = mapped_column(String(16))
    text_zh: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class Consent(Model):
    """A person agreed to a notice, or to one sensitive question of it. 同意"""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_account_id", "account_id"), Index("ix_consent_sign_up_id", "sign_up_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    sign_up_id: Mapped[int | None] = mapped_column(ForeignKey("sign_up.id", ondelete="CASCADE"))
    #: None: the notice as a whole; else the sensitive question's key.
    question_key: Mapped[str | None] = mapped_column(String(32))
    notice_id: Mapped[int] = mapped_column(ForeignKey("privacy_notice.id"))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
