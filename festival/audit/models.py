"""The audit trail."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from festival.lib.db import Model


class AuditEntry(Model):
    """Who did what to which row. Append-only; personal fields by name, never by value. 操作记录

    Triggers (``migrations/audit_triggers.py``) refuse every change and deletion; ``number`` and ``seal`` alone are set, once.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "subject", "subject_id"),
        Index("ix_audit_entry_activity_id", "activity_id"),
        Index("ix_audit_entry_at", "at"),
        Index("uq_audit_entry_number", "number", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    #: The account that acted; None for the system itself.
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    #: A verb with its object, such as ``contact.reveal`` or ``pool.capacity``.
    action: Mapped[str] = mapped_column(String(64))
    #: The table of the row it happened to, and its id.
    subject: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[int]
    #: The activity it belongs to, for the organizers' own log; None when it belongs to none.
    activity_id: Mapped[int | None]
    #: Why, in the words of the one who acted.
    reason: Mapped[str] = mapped_column(Text, default="")
    #: What changed: field names, and values only where they are nobody's personal data.
    changes: Mapped[str] = mapped_column(Text, default="")
    #: Its place in the chain, from 1; None until the next round of sealing, within a minute.
    number: Mapped[int | None]
    #: SHA-256 (hexadecimal) over the seal before it and this entry (``audit.chain.seal_of``); None like ``number``.
    seal: Mapped[str | None] = mapped_column(String(64))
