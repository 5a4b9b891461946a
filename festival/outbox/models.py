"""Messages owed."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from festival.lib.db import Model, word


class MessageState(StrEnum):
    """What became of a message."""

    OWED = "owed"
    SENT = "sent"
    DROPPED = "dropped"  # no longer true when its turn came
    FAILED = "failed"  # every try failed


class Message(Model):
    """One message owed to one account, written in the transaction that caused it. 消息"""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("kind", "subject", "subject_id", "n", name="uq_message_one_per_cause"),
        CheckConstraint("state IN ('owed', 'sent', 'dropped', 'failed')", name="state_known"),
        Index("ix_message_due", "state", "due_at"),
        Index("ix_message_account_id", "account_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: What it is about, such as ``sign_up_confirmed``; ``notices`` knows the words.
    kind: Mapped[str] = mapped_column(String(48))
    #: The table and id of the row that caused it (``sign_up``, ``code_challenge``, …).
    subject: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[int]
    #: Counts repetitions of the same cause (a second promotion of the same sign-up is n = 2).
    n: Mapped[int] = mapped_column(default=1)
    #: The reader; None for a code sent to an address that has no account yet.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    activity_id: Mapped[int | None]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[MessageState] = mapped_column(word(MessageState, 16), default=MessageState.OWED)
    tries: Mapped[int] = mapped_column(default=0)
    #: A worker holds it until then; afterwards another may take it.
    claimed_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    #: Since when 我的消息 has it: from the first try on, whatever the gateways do; None: not yet, or never.
    shown_at: Mapped[datetime | None]
    #: The words as sent, for 我的消息; empty for one-time codes, which are never stored.
    text: Mapped[str] = mapped_column(Text, default="")
    #: The language of ``text``; empty while there is none.
    locale: Mapped[str] = mapped_column(String(2), default="")
    #: Channels that have it already (``sms mail``), so that a retry after half a delivery does not send the other half twice.
    reached: Mapped[str] = mapped_column(String(32), default="")
    read_at: Mapped[datetime | None]


class DemoMail(Model):
    """What the demo would have sent: read on ``/demo/messages``. Empty outside demo mode."""

    __tablename__ = "demo_mail"
    __table_args__ = (Index("ix_demo_mail_to", "to", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int | None]
    to: Mapped[str] = mapped_column("to", String(254))
    channel: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(48))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    #: JSON list of {"name", "content_type", "content"} as the contract of /demo/messages.json prints it.
    attachments: Mapped[str] = mapped_column(Text, default="[]")
