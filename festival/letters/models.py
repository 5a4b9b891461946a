"""Letters, the activities whose people they are for, and a copy for each reader."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from festival.lib.db import Model


class Letter(Model):
    """A message that organizers wrote to many people. ``{name}`` and the like stand for each reader's own values. 群发消息"""

    __tablename__ = "letter"
    __table_args__ = (UniqueConstraint("key", name="uq_letter_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    subject: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    #: The same for those who read English; empty: they read the Chinese.
    subject_en: Mapped[str] = mapped_column(String(80), default="")
    body_en: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
    #: Not before then does it leave: in the quiet hours the next morning.
    due_at: Mapped[datetime]
    #: Why it may ring at night; empty: it waits for the morning.
    urgent_reason: Mapped[str] = mapped_column(String(200), default="")
    #: In which states of their sign-up it was for people, joined by ``,``; empty for letters older than this choice.
    states: Mapped[str] = mapped_column(String(160), default="")
    #: How many people it was written to. It stays when their copies are forgotten.
    readers: Mapped[int] = mapped_column(default=0)
    #: What had not left by then was dropped.
    stopped_at: Mapped[datetime | None]
    stopped_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    #: SHA-256 of author and form it was sent with: a second press finds the first one's letter.
    key: Mapped[str | None] = mapped_column(String(64))


class LetterActivity(Model):
    """A letter is for people of an activity."""

    __tablename__ = "letter_activity"
    __table_args__ = (Index("ix_letter_activity_activity_id", "activity_id"),)

    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id", ondelete="CASCADE"), primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"), primary_key=True)


class LetterCopy(Model):
    """A letter goes to the person behind a sign-up; the message owed is about this row."""

    __tablename__ = "letter_copy"
    __table_args__ = (
        UniqueConstraint("letter_id", "sign_up_id", name="uq_letter_copy_sign_up"),
        Index("ix_letter_copy_sign_up_id", "sign_up_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id", ondelete="CASCADE"))
    sign_up_id: Mapped[int] = mapped_column(ForeignKey("sign_up.id", ondelete="CASCADE"))
