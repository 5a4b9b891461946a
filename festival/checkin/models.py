"""Gates, and the scans made there: append-only, and what the counts of a sign-up are made of."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from festival.accounts.models import Account
from festival.checkin.rules import UndoReason, Verdict, Way
from festival.lib.db import Model, word
from festival.signups.models import SignUp


class Gate(Model):
    """A place where people are let in and out. 签到口"""

    __tablename__ = "gate"
    __table_args__ = (UniqueConstraint("activity_id", "name", name="uq_gate_name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    #: Nobody can choose it any more; its scans stay.
    closed_at: Mapped[datetime | None]


class Scan(Model):
    """One scan at the door, in, out, or taking one back. Never changed and never deleted: triggers see to that. 签到记录

    Online a refusal leaves no row, for nothing happened. A scan made while the network was away always does: somebody may
    have been let in.
    """

    __tablename__ = "scan"
    __table_args__ = (
        UniqueConstraint("nonce", name="uq_scan_nonce"),
        CheckConstraint("way IN ('in', 'out', 'undo')", name="way_known"),
        CheckConstraint("(way = 'undo') = (undoes_id IS NOT NULL)", name="undo_of_something"),
        CheckConstraint("(way = 'undo') = (reason IS NOT NULL)", name="undo_has_a_reason"),
        CheckConstraint("persons >= 0 AND claimed >= 0", name="persons_not_negative"),
        CheckConstraint("sign_up_id IS NOT NULL OR (arrived_by = 0 AND inside_by = 0)", name="nobody_moves_nothing"),
        Index("ix_scan_sign_up_id", "sign_up_id", "id"),
        Index("ix_scan_activity_id", "activity_id", "id"),
        Index("ix_scan_undoes_id", "undoes_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Made by the device (or with the form): sent twice, it is one scan.
    nonce: Mapped[str] = mapped_column(String(64))
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    #: None: a code that nobody here has, met while the network was away.
    sign_up_id: Mapped[int | None] = mapped_column(ForeignKey("sign_up.id"))
    way: Mapped[Way] = mapped_column(word(Way, 8))
    verdict: Mapped[Verdict] = mapped_column(word(Verdict, 24))
    #: Persons who were counted, and whom the device let through by itself (0 where it asked first).
    persons: Mapped[int]
    claimed: Mapped[int] = mapped_column(default=0)
    #: By how much it changed those who have come, and those who are inside. Persons.
    arrived_by: Mapped[int] = mapped_column(default=0)
    inside_by: Mapped[int] = mapped_column(default=0)
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("scan.id"))
    reason: Mapped[UndoReason | None] = mapped_column(word(UndoReason, 16))
    gate_id: Mapped[int | None] = mapped_column(ForeignKey("gate.id"))
    #: Who was signed in on the device.
    actor_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    #: A word for the device and its own random number, such as ``iPhone 3f9a``.
    device: Mapped[str] = mapped_column(String(32), default="")
    #: The server's clock when it was written, the device's when it was scanned (None: it did not say), and what both make of it.
    at: Mapped[datetime]
    device_at: Mapped[datetime | None]
    happened_at: Mapped[datetime]
    #: It was made while the network was away and sent later.
    is_late: Mapped[bool] = mapped_column(default=False)

    sign_up: Mapped[SignUp | None] = relationship(viewonly=True)
    gate: Mapped[Gate | None] = relationship(viewonly=True)
    actor: Mapped[Account] = relationship(viewonly=True)
