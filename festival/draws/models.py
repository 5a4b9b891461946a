"""Draws and their entries."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from festival.draws.rules import DrawState, Outcome
from festival.lib.db import Model, word
from festival.programme.models import Activity, Pool, Slot

_STANDS = text("state <> 'void'")


class Draw(Model):
    """One draw of lots for a slot. 抽签"""

    __tablename__ = "draw"
    __table_args__ = (
        CheckConstraint("state IN ('frozen', 'drawn', 'void')", name="state_known"),
        CheckConstraint("state <> 'drawn' OR (seed IS NOT NULL AND drawn_at IS NOT NULL)", name="drawn_has_a_seed"),
        CheckConstraint("state <> 'void' OR void_reason_zh <> ''", name="void_has_a_reason"),
        Index("uq_draw_one_per_slot", "slot_id", unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS),
        Index("ix_draw_activity_id", "activity_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id"))
    state: Mapped[DrawState] = mapped_column(word(DrawState, 8), default=DrawState.FROZEN)
    #: Where the seed comes from, named before anybody can know it ("6月15日体彩排列五开奖号码").
    seed_source_zh: Mapped[str] = mapped_column(String(300))
    seed_source_en: Mapped[str] = mapped_column(String(300), default="")
    #: Not before this instant can the seed be entered: when its source is made public.
    seed_due_at: Mapped[datetime]
    #: The list as published at the freeze, and its SHA-256.
    entrants: Mapped[str] = mapped_column(Text)
    entrants_sha256: Mapped[str] = mapped_column(String(64))
    frozen_at: Mapped[datetime]
    frozen_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    seed: Mapped[str | None] = mapped_column(String(200))
    drawn_at: Mapped[datetime | None]
    drawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    #: Why it does not count, for everybody to read.
    void_reason_zh: Mapped[str] = mapped_column(String(500), default="")
    void_reason_en: Mapped[str] = mapped_column(String(500), default="")
    voided_at: Mapped[datetime | None]

    activity: Mapped[Activity] = relationship(viewonly=True)
    slot: Mapped[Slot] = relationship(viewonly=True)
    entries: Mapped[list["DrawEntry"]] = relationship(
        order_by="DrawEntry.pool_id, DrawEntry.rank, DrawEntry.entry_no", viewonly=True
    )


class DrawEntry(Model):
    """One sign-up in a draw, under a number minted for this draw alone."""

    __tablename__ = "draw_entry"
    __table_args__ = (
        UniqueConstraint("draw_id", "entry_no", name="uq_draw_entry_no"),
        UniqueConstraint("draw_id", "sign_up_id", name="uq_draw_entry_sign_up"),
        UniqueConstraint("draw_id", "pool_id", "rank", name="uq_draw_entry_rank"),
        CheckConstraint("outcome IS NULL OR outcome IN ('place', 'waitlisted', 'left')", name="outcome_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    draw_id: Mapped[int] = mapped_column(ForeignKey("draw.id", ondelete="CASCADE"))
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id"))
    #: None once the person was erased: the published list stays whole.
    sign_up_id: Mapped[int | None] = mapped_column(ForeignKey("sign_up.id", ondelete="SET NULL"))
    entry_no: Mapped[str] = mapped_column(String(12))
    party_size: Mapped[int]
    #: 1 is first in its pool; None before the draw.
    rank: Mapped[int | None]
    outcome: Mapped[Outcome | None] = mapped_column(word(Outcome, 16))

    pool: Mapped[Pool] = relationship(viewonly=True)
