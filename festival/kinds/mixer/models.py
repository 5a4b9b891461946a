"""Numbers and keys, tables, choices that nobody can read, pairs, and what people keep away from or report.

Nothing here names a person but through a number's sign-up; all of it is purged together.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from festival.kinds.mixer.rules import Complaint
from festival.lib.db import Model, word
from festival.programme.models import Pool
from festival.signups.models import SignUp


class Run(Model):
    """How far a mixer is. Holds nothing about anybody."""

    __tablename__ = "mixer_run"
    __table_args__ = (
        CheckConstraint("(settled_at IS NULL) = (pairs IS NULL)", name="settled_has_a_count"),
        CheckConstraint("settled_at IS NULL OR blind IS NULL", name="settled_is_not_blind"),
        CheckConstraint("current_round >= 0", name="round_not_negative"),
    )

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    #: The secret that tags are stored under, itself sealed with DATA_KEYS; gone for good when the choice is settled.
    blind: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: The round that is on, or was the last; 0: none has begun. What has begun is never planned anew.
    current_round: Mapped[int] = mapped_column(default=0)
    planned_at: Mapped[datetime | None]
    #: When mutual pairs were found and every choice was deleted; and how many pairs there were.
    settled_at: Mapped[datetime | None]
    pairs: Mapped[int | None]


class Guest(Model):
    """Somebody who has been checked in: the number they wear, and the public key of their phone. 嘉宾"""

    __tablename__ = "mixer_guest"
    __table_args__ = (
        UniqueConstraint("sign_up_id", name="uq_mixer_guest_sign_up"),
        UniqueConstraint("pool_id", "number", name="uq_mixer_guest_number"),
        UniqueConstraint("public_key", name="uq_mixer_guest_public_key"),
        CheckConstraint("number >= 1", name="number_positive"),
        Index("ix_mixer_guest_activity_id", "activity_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    sign_up_id: Mapped[int] = mapped_column(ForeignKey("sign_up.id", ondelete="CASCADE"))
    #: The group whose number it is: where it was given, it stays.
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id"))
    number: Mapped[int]
    #: A point of P-256, 65 bytes; its private half has never left the phone. None: no phone yet.
    public_key: Mapped[bytes | None] = mapped_column(LargeBinary)

    sign_up: Mapped[SignUp] = relationship(viewonly=True)
    pool: Mapped[Pool] = relationship(viewonly=True)


class Preference(Model):
    """What somebody wants on the day that no question asks."""

    __tablename__ = "mixer_preference"

    sign_up_id: Mapped[int] = mapped_column(ForeignKey("sign_up.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    #: Does not want to be photographed.
    no_photo: Mapped[bool] = mapped_column(default=False)


class Acquaintance(Model):
    """Somebody whom a person knows already and need not meet at a table: a number or a ticket's digits, as they were said.

    It is looked up when the tables are planned, and not before: nobody finds out by it who else takes part.
    """

    __tablename__ = "mixer_acquaintance"
    __table_args__ = (UniqueConstraint("sign_up_id", "said", name="uq_mixer_acquaintance_said"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sign_up_id: Mapped[int] = mapped_column(ForeignKey("sign_up.id", ondelete="CASCADE"))
    said: Mapped[str] = mapped_column(String(8))


class Block(Model):
    """Somebody wants to have nothing to do with somebody else: no table, no result. The other one never learns of it."""

    __tablename__ = "mixer_block"
    __table_args__ = (
        UniqueConstraint("by_id", "blocked_id", name="uq_mixer_block"),
        Index("ix_mixer_block_blocked_id", "blocked_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("mixer_guest.id", ondelete="CASCADE"))
    blocked_id: Mapped[int] = mapped_column(ForeignKey("mixer_guest.id", ondelete="CASCADE"))


class Meeting(Model):
    """A table in a round; where one of both is empty, the other one sits the round out."""

    __tablename__ = "mixer_meeting"
    __table_args__ = (
        UniqueConstraint("left_id", "right_id", name="uq_mixer_meeting_once"),
        UniqueConstraint("left_id", "round", name="uq_mixer_meeting_left"),
        UniqueConstraint("right_id", "round", name="uq_mixer_meeting_right"),
        CheckConstraint("left_id IS NOT NULL OR right_id IS NOT NULL", name="somebody"),
        CheckConstraint("round >= 1", name="round_positive"),
        Index("ix_mixer_meeting_activity_id", "activity_id", "round"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    round: Mapped[int]
    left_id: Mapped[int | None] = mapped_column(ForeignKey("mixer_guest.id", ondelete="CASCADE"))
    #: Who keeps the table of their own number.
    right_id: Mapped[int | None] = mapped_column(ForeignKey("mixer_guest.id", ondelete="CASCADE"))


class Choice(Model):
    """One of the three rows of somebody who has chosen: nobody can tell whom, nor whether it is a choice at all.

    No id, no time, no order: the rows of a chooser are written all at once, by their tags.
    """

    __tablename__ = "mixer_choice"
    __table_args__ = (Index("ix_mixer_choice_tag", "tag"),)

    guest_id: Mapped[int] = mapped_column(ForeignKey("mixer_guest.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    #: HMAC under ``Run.blind`` of the phone's tag, which is SHA-256 of the ECDH secret of two phones and the activity's id.
    tag: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    #: What the chooser passes on if the choice is mutual: sealed by the phone for the other phone, and by DATA_KEYS once more.
    contact: Mapped[bytes] = mapped_column(LargeBinary)


class Pair(Model):
    """Two who chose each other. What each passes on is sealed for the other's phone."""

    __tablename__ = "mixer_pair"
    __table_args__ = (
        UniqueConstraint("left_id", "right_id", name="uq_mixer_pair"),
        Index("ix_mixer_pair_right_id", "right_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    left_id: Mapped[int] = mapped_column(ForeignKey("mixer_guest.id", ondelete="CASCADE"))
    right_id: Mapped[int] = mapped_column(ForeignKey("mixer_guest.id", ondelete="CASCADE"))
    #: From the left one's phone, and from the right one's.
    left_contact: Mapped[bytes] = mapped_column(LargeBinary)
    right_contact: Mapped[bytes] = mapped_column(LargeBinary)


class Report(Model):
    """What somebody reports of somebody else. Its words are sealed; who reported stays out of sight."""

    __tablename__ = "mixer_report"
    __table_args__ = (
        CheckConstraint("what IN ('harassment', 'untrue', 'pictures', 'selling', 'other')", name="what_known"),
        CheckConstraint("(closed_at IS NULL) = (closed_by_id IS NULL)", name="closed_by_somebody"),
        Index("ix_mixer_report_activity_id", "activity_id", "id"),
        Index("ix_mixer_report_by_id", "by_id"),
        Index("ix_mixer_report_about_id", "about_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    by_id: Mapped[int] = mapped_column(ForeignKey("mixer_guest.id", ondelete="CASCADE"))
    about_id: Mapped[int] = mapped_column(ForeignKey("mixer_guest.id", ondelete="CASCADE"))
    what: Mapped[Complaint] = mapped_column(word(Complaint, 16))
    #: AES-GCM under DATA_KEYS, bound to ``mixer_report:<about_id>``; None: nothing was written.
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: Whoever reported wants the organizers to speak to them.
    may_be_asked: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    by: Mapped[Guest] = relationship(foreign_keys=[by_id], viewonly=True)
    about: Mapped[Guest] = relationship(foreign_keys=[about_id], viewonly=True)
