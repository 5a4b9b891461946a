"""What organizers say in their own words, and which reminders have gone out."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from festival.lib.db import Model


class MessageWording(Model):
    """An activity's own words for one kind of message in one language; no row: ours (``notices.wording``). 消息文案"""

    __tablename__ = "message_wording"
    __table_args__ = (
        UniqueConstraint("activity_id", "kind", "locale", name="uq_message_wording_kind"),
        CheckConstraint("locale IN ('zh', 'en')", name="locale_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(48))
    locale: Mapped[str] = mapped_column(String(2))
    #: The text message without its signature; empty: ours.
    short: Mapped[str] = mapped_column(String(200), default="")
    #: What mails and 我的消息 say; empty: ours.
    long: Mapped[str] = mapped_column(Text, default="")
    updated_at: Mapped[datetime]


class ReminderPlan(Model):
    """When an activity reminds those who hold a place; no row: as ``rules.REMINDERS`` says."""

    __tablename__ = "reminder_plan"
    __table_args__ = (UniqueConstraint("activity_id", name="uq_reminder_plan_activity_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    #: Hours before the start, joined by ``,``; empty: none.
    hours: Mapped[str] = mapped_column(String(60), default="")


class ReminderRun(Model):
    """A reminder of one slot that has gone out: once for each start it had, however many workers look."""

    __tablename__ = "reminder_run"
    __table_args__ = (UniqueConstraint("slot_id", "hours", "starts_at", name="uq_reminder_run_once"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="CASCADE"))
    hours: Mapped[int]
    starts_at: Mapped[datetime]
    at: Mapped[datetime]
    #: Sign-ups that were owed it.
    owed: Mapped[int]
