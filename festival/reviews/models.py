"""What was decided by whom."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from festival.lib.db import Model
from festival.reviews.rules import Decision


class Review(Model):
    """One decision on one sign-up. Append-only; the sign-up's state says what holds now. 审核"""

    __tablename__ = "review"
    __table_args__ = (
        CheckConstraint("decision IN ('approve', 'reject', 'ask')", name="decision_known"),
        Index("ix_review_sign_up_id", "sign_up_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sign_up_id: Mapped[int] = mapped_column(ForeignKey("sign_up.id", ondelete="CASCADE"))
    actor_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    decision: Mapped[Decision] = mapped_column(String(8))
    #: What the person reads: the reason, or what is still needed.
    words: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime]
