"""What was purged, and when."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from festival.lib.db import Model


class PurgeRun(Model):
    """One purge of what was kept long enough. Not finished: it was interrupted, and the next one goes on with it. 清除"""

    __tablename__ = "purge_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: By the festival's time and by the real one: what was due then is purged, however long the run takes.
    festival_at: Mapped[datetime]
    began_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    counts: Mapped[list["PurgeCount"]] = relationship(order_by="PurgeCount.id", viewonly=True)


class PurgeCount(Model):
    """How many rows of one kind a run has deleted or emptied. Nothing in it says whose they were."""

    __tablename__ = "purge_count"
    __table_args__ = (
        UniqueConstraint("run_id", "key", name="uq_purge_count_key"),
        CheckConstraint("number >= 1", name="number_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("purge_run.id", ondelete="CASCADE"))
    #: ``accounts.personal.Purge.key``
    key: Mapped[str] = mapped_column(String(32))
    number: Mapped[int]
