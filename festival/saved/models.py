"""What people keep for later."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from festival.lib.db import Model
from festival.programme.models import Activity


class SavedActivity(Model):
    """An activity that somebody keeps for later. 收藏"""

    __tablename__ = "saved_activity"
    __table_args__ = (
        UniqueConstraint("account_id", "activity_id", name="uq_saved_activity_once"),
        Index("ix_saved_activity_activity_id", "activity_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    #: Later than anything the person kept before: how many there are and when the last came tell whether a list has changed.
    saved_at: Mapped[datetime]
    #: The person wants a message when sign-up opens.
    wants_word: Mapped[bool]
    #: When that was owed; None: not yet, or sign-up closed again since and will open anew.
    told_at: Mapped[datetime | None]

    activity: Mapped[Activity] = relationship(viewonly=True)
