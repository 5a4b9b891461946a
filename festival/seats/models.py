"""Halls, their seats, and who sits where."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from festival.lib.db import Model, word
from festival.programme.models import Pool, Slot
from festival.seats.rules import LONGEST_ROW_NAME, SeatKind
from festival.signups.models import SignUp


class SeatMap(Model):
    """The seats of a slot, or of one pool of it (a bus). 座位图"""

    __tablename__ = "seat_map"
    __table_args__ = (
        UniqueConstraint("slot_id", "pool_id", name="uq_seat_map_pool"),
        Index(
            "uq_seat_map_one_per_slot",
            "slot_id",
            unique=True,
            sqlite_where=text("pool_id IS NULL"),
            postgresql_where=text("pool_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="CASCADE"))
    #: The one pool it is for; None: all pools of the slot that have no map of their own.
    pool_id: Mapped[int | None] = mapped_column(ForeignKey("pool.id", ondelete="CASCADE"))
    #: Raised by each change of the drawing or of who sits where: a form filled from an older one is told so.
    revision: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]

    slot: Mapped[Slot] = relationship(viewonly=True)
    pool: Mapped[Pool | None] = relationship(viewonly=True)


class Seat(Model):
    """One seat. 座位"""

    __tablename__ = "seat"
    __table_args__ = (
        UniqueConstraint("map_id", "row_name", "number", name="uq_seat_name"),
        UniqueConstraint("map_id", "line", "column", name="uq_seat_place"),
        CheckConstraint("kind IN ('ordinary', 'accessible', 'blocked')", name="kind_known"),
        CheckConstraint("number >= 1", name="number_positive"),
        Index("ix_seat_pool_id", "pool_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    map_id: Mapped[int] = mapped_column(ForeignKey("seat_map.id", ondelete="CASCADE"))
    #: Where it stands, from 1, the stage in front of line 1. Neighbours are in one line, in columns that follow each other.
    line: Mapped[int]
    column: Mapped[int]
    #: How it is called: ``3`` and 12 are 3排12座.
    row_name: Mapped[str] = mapped_column(String(LONGEST_ROW_NAME))
    number: Mapped[int]
    kind: Mapped[SeatKind] = mapped_column(word(SeatKind, 16))
    #: The pool it is kept for; None: anybody's.
    pool_id: Mapped[int | None] = mapped_column(ForeignKey("pool.id", ondelete="SET NULL"))

    map: Mapped[SeatMap] = relationship(viewonly=True)
    pool: Mapped[Pool | None] = relationship(viewonly=True)


class SeatGiven(Model):
    """Who sits on a seat. The database frees it with the place (``migrations/seat_triggers.py``), whoever took that away."""

    __tablename__ = "seat_given"
    __table_args__ = (
        UniqueConstraint("sign_up_id", "nth", name="uq_seat_given_nth"),
        CheckConstraint("nth >= 1", name="nth_positive"),
    )

    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id"), primary_key=True, autoincrement=False)
    sign_up_id: Mapped[int] = mapped_column(ForeignKey("sign_up.id", ondelete="CASCADE"))
    #: Which person of the party, from 1: a party that shrinks gives up the last.
    nth: Mapped[int]
    #: Chosen by somebody: the automatic assignment leaves it alone in every case.
    by_hand: Mapped[bool]
    #: The staff member who gave it, or pressed the button that did; None: the programme's data.
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]

    seat: Mapped[Seat] = relationship(viewonly=True)
    sign_up: Mapped[SignUp] = relationship(viewonly=True)


class SeatTold(Model):
    """Which seats a person was last told of, so that a change is told too and nothing is told twice."""

    __tablename__ = "seat_told"

    sign_up_id: Mapped[int] = mapped_column(ForeignKey("sign_up.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    #: The seats' ids in order, joined by a comma.
    seats: Mapped[str] = mapped_column(String(1000))
    at: Mapped[datetime]
