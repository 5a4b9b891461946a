"""Sign-ups, their answers, and the ledger of places."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from festival.accounts.models import Account
from festival.lib.db import Model, word
from festival.lib.names import name_key
from festival.programme.models import Activity, Pool, Slot
from festival.signups.rules import State

_CLAIMING = text("state IN ('pending', 'entered', 'offered', 'confirmed', 'waitlisted', 'attended', 'no_show')")


class Source(StrEnum):
    """How a sign-up came about."""

    SELF = "self"
    COUNTER = "counter"
    WALK_IN = "walk_in"
    IMPORT = "import"


class Invitation(Model):
    """A personal link, or an access code for several, to a pool that is by invitation. It opens the form, and signs nobody in."""

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("code", name="uq_invitation_code"),
        CheckConstraint("uses_max >= 1", name="uses_max_positive"),
        Index("ix_invitation_activity_id", "activity_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id", ondelete="CASCADE"))
    #: 26 characters for a personal link, 12 for a code to type; lower case.
    code: Mapped[str] = mapped_column(String(26))
    #: Whom it is for, in the organizers' words: a person's name, or a group's.
    label: Mapped[str] = mapped_column(String(100), default="")
    uses_max: Mapped[int] = mapped_column(default=1)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    pool: Mapped[Pool] = relationship(viewonly=True)


class SignUp(Model):
    """One person's sign-up for one activity, with the party they bring. 报名"""

    __tablename__ = "sign_up"
    __table_args__ = (
        CheckConstraint("party_size >= 1", name="party_size_positive"),
        CheckConstraint(
            "state IN ('pending', 'entered', 'offered', 'confirmed', 'waitlisted', 'attended', 'no_show',"
            " 'withdrawn', 'removed', 'rejected', 'expired')",
            name="state_known",
        ),
        CheckConstraint("arrived >= 0 AND arrived <= party_size", name="arrived_within_party"),
        CheckConstraint("arrived = 0 OR state IN ('confirmed', 'attended')", name="arrived_needs_a_place"),
        CheckConstraint("(state = 'offered') = (offered_until IS NOT NULL)", name="offered_has_a_deadline"),
        UniqueConstraint("code", name="uq_sign_up_code"),
        UniqueConstraint("digits", name="uq_sign_up_digits"),
        Index("uq_sign_up_one_per_claim", "person_id", "claim", unique=True, sqlite_where=_CLAIMING, postgresql_where=_CLAIMING),
        Index("ix_sign_up_queue", "pool_id", "state", "priority", "joined_at", "id"),
        Index("ix_sign_up_activity_id", "activity_id", "state"),
        Index("ix_sign_up_person_id", "person_id"),
        Index("ix_sign_up_slot_id", "slot_id"),
        Index("ix_sign_up_session_id", "session_id"),
        Index("ix_sign_up_invitation_id", "invitation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id"))
    #: The session the slot belongs to (itself when it has no parent): whose approved ceiling the party counts against.
    session_id: Mapped[int] = mapped_column(ForeignKey("slot.id"))
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    #: What a person may hold once: ``activity:<id>``, or ``slot:<id of the day's session>`` for entry on many days.
    claim: Mapped[str] = mapped_column(String(32))
    #: 128 random bits: the address of the ticket and what its QR holds.
    code: Mapped[str] = mapped_column(String(26))
    #: Six digits to read out at the door.
    digits: Mapped[str] = mapped_column(String(8))
    #: Persons, the one who signs up included.
    party_size: Mapped[int]
    state: Mapped[State] = mapped_column(word(State, 16))
    #: False for staff and speakers: they count against the approved ceiling only.
    counted: Mapped[bool] = mapped_column(default=True)
    #: The person's name as given with this sign-up; empty where the activity asks none.
    name: Mapped[str] = mapped_column(String(100), default="")
    #: What the name is found and sorted by (``lib.names.name_key``). It follows ``name`` and is purged with it.
    search_text: Mapped[str] = mapped_column(Text, default="")
    #: Queue order: lower first, then joined_at, then id.
    priority: Mapped[int] = mapped_column(default=0)
    joined_at: Mapped[datetime]
    signed_up_at: Mapped[datetime]
    #: When the state last changed.
    state_at: Mapped[datetime]
    #: An offer's deadline.
    offered_until: Mapped[datetime | None]
    offers: Mapped[int] = mapped_column(default=0)
    #: Why it was removed or rejected, or what the review still needs, in words the person may read.
    reason: Mapped[str] = mapped_column(String(500), default="")
    #: The review asked for more information then; None: it did not, or the person has answered since.
    asked_at: Mapped[datetime | None]
    #: What the person answered to it.
    reply: Mapped[str] = mapped_column(String(500), default="", server_default="")
    #: When the person last chose to keep the place after its time or place had changed; None: not asked, or not answered.
    kept_at: Mapped[datetime | None]
    source: Mapped[Source] = mapped_column(word(Source, 16), default=Source.SELF)
    #: The invitation that let the person in; None: none was needed.
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id"))
    #: Persons of the party who have come in.
    arrived: Mapped[int] = mapped_column(default=0)
    first_in_at: Mapped[datetime | None]
    #: Staff have excused that the person did not come; None: they have not.
    excused_at: Mapped[datetime | None]
    #: What the person says to having been recorded as absent, and when; staff excuse it, or answer in words.
    appeal: Mapped[str] = mapped_column(String(500), default="", server_default="")
    appealed_at: Mapped[datetime | None]
    #: What staff answered who did not excuse it, in words the person reads, and when; None: they have not.
    appeal_answer: Mapped[str] = mapped_column(String(500), default="", server_default="")
    appeal_answered_at: Mapped[datetime | None]
    #: Raised by each change: a form filled from an older one is told so, and the private feed is built again.
    revision: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]

    activity: Mapped[Activity] = relationship(viewonly=True)
    slot: Mapped[Slot] = relationship(foreign_keys=[slot_id], viewonly=True)
    pool: Mapped[Pool] = relationship(viewonly=True)
    person: Mapped[Account] = relationship(viewonly=True)
    answers: Mapped[list["Answer"]] = relationship(order_by="Answer.id", viewonly=True)

    @validates("name")
    def _name_is_found_by_sound(self, _key: str, name: str) -> str:
        self.search_text = name_key(name)
        return name


class Answer(Model):
    """One answer of a sign-up: plain text, or sealed when the question is sensitive."""

    __tablename__ = "answer"
    __table_args__ = (
        UniqueConstraint("sign_up_id", "question_key", name="uq_answer_question"),
        CheckConstraint("(plain IS NULL) <> (sealed IS NULL)", name="plain_or_sealed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sign_up_id: Mapped[int] = mapped_column(ForeignKey("sign_up.id", ondelete="CASCADE"))
    question_key: Mapped[str] = mapped_column(String(32))
    #: Option keys of a multiple choice are joined by ``,``; yes is ``1``.
    plain: Mapped[str | None] = mapped_column(Text)
    #: AES-GCM under DATA_KEYS, bound to ``answer:<sign_up_id>:<question_key>``.
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class AnswerFile(Model):
    """A file given as an answer (a CV). Always sealed; only its name and size are readable."""

    __tablename__ = "answer_file"
    __table_args__ = (UniqueConstraint("sign_up_id", "question_key", name="uq_answer_file_question"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sign_up_id: Mapped[int] = mapped_column(ForeignKey("sign_up.id", ondelete="CASCADE"))
    question_key: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(100))
    #: Bytes before sealing.
    size: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    uploaded_at: Mapped[datetime]


class IdempotentAnswer(Model):
    """What a form's key was answered with, so that a second press of the same button has one effect and one answer."""

    __tablename__ = "idempotent_answer"
    __table_args__ = (
        UniqueConstraint("browser", "key", name="uq_idempotent_answer_key"),
        Index("ix_idempotent_answer_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The browser session the form was rendered for (SHA-256 of its random id).
    browser: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(64))
    sign_up_id: Mapped[int] = mapped_column(ForeignKey("sign_up.id", ondelete="CASCADE"))
    #: True when the answer was "you already hold one".
    was_already: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime]


class LedgerEntry(Model):
    """One change of places: who, what, why, before and after. Append-only. 名额账"""

    __tablename__ = "seat_ledger"
    __table_args__ = (
        Index("ix_seat_ledger_pool_id", "pool_id", "id"),
        Index("ix_seat_ledger_sign_up_id", "sign_up_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id", ondelete="CASCADE"))
    sign_up_id: Mapped[int | None] = mapped_column(ForeignKey("sign_up.id", ondelete="CASCADE"))
    #: Who caused it; None: the system (a deadline passed, the list was served).
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    #: signed_up, promoted, offered, confirmed, expired, withdrawn, removed, capacity, party, moved, skipped, no_show,
    #: excused, released.
    what: Mapped[str] = mapped_column(String(16))
    #: A reason key such as ``room``, ``full``, ``queue``, ``released_by:<sign_up_id>``, ``capacity:80->90``.
    why: Mapped[str] = mapped_column(String(200), default="")
    state_before: Mapped[str] = mapped_column(String(16), default="")
    state_after: Mapped[str] = mapped_column(String(16), default="")
    #: Persons the sign-up takes after the change.
    party_size: Mapped[int] = mapped_column(default=0)
    #: Persons counted in the pool before and after.
    taken_before: Mapped[int]
    taken_after: Mapped[int]
