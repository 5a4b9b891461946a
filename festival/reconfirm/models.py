"""Questions to those who hold a place, and what each answered."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from festival.lib.db import Model, word
from festival.reconfirm.rules import Answer


class Reconfirmation(Model):
    """Those who hold a place in a slot are asked, once, whether they are still coming. 再次确认"""

    __tablename__ = "reconfirmation"
    __table_args__ = (
        Index("ix_reconfirmation_activity_id", "activity_id"),
        Index("ix_reconfirmation_slot_id", "slot_id"),
        CheckConstraint("release_at IS NULL OR release_at > ask_at", name="release_after_ask"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="CASCADE"))
    #: The start that people are asked about. Where the slot has moved since, nobody is asked, and nobody loses a place.
    starts_at: Mapped[datetime]
    ask_at: Mapped[datetime]
    #: Who has not answered by then gives the place back; None: nothing happens by itself.
    release_at: Mapped[datetime | None]
    author_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    made_at: Mapped[datetime]
    #: When they were asked, and how many; None: not yet.
    asked_at: Mapped[datetime | None]
    asked: Mapped[int] = mapped_column(default=0)
    #: When places were given back for want of an answer, and how many.
    released_at: Mapped[datetime | None]
    released: Mapped[int] = mapped_column(default=0)
    #: The organizers took it back: who was asked need not answer any more.
    cancelled_at: Mapped[datetime | None]


class ReconfirmationAnswer(Model):
    """Somebody was asked whether they are still coming, and what they answered."""

    __tablename__ = "reconfirmation_answer"
    __table_args__ = (
        UniqueConstraint("reconfirmation_id", "sign_up_id", name="uq_reconfirmation_answer_sign_up"),
        Index("ix_reconfirmation_answer_sign_up_id", "sign_up_id"),
        CheckConstraint("answer IN ('coming', 'released', 'lapsed')", name="answer_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reconfirmation_id: Mapped[int] = mapped_column(ForeignKey("reconfirmation.id", ondelete="CASCADE"))
    sign_up_id: Mapped[int] = mapped_column(ForeignKey("sign_up.id", ondelete="CASCADE"))
    #: None: not yet.
    answer: Mapped[Answer | None] = mapped_column(word(Answer, 8))
    answered_at: Mapped[datetime | None]
