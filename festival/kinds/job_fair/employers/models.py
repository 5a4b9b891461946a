"""Employers, their papers, booths, positions and recruiters, and reports of positions that are not true."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from festival.accounts.rules import Channel
from festival.kinds.job_fair.employers.rules import (
    LIVE,
    BoothState,
    Education,
    EmployerState,
    Figure,
    Industry,
    Paper,
    PayPer,
    PositionState,
    ReportReason,
    ReportState,
    Size,
)
from festival.lib.db import Model, word
from festival.programme.models import Activity


def _one_of(column: str, words: Iterable[str]) -> str:
    return f"{column} IN ({', '.join(repr(str(one)) for one in words)})"


_LIVE = text("state IN ('applied', 'approved', 'returned')")
assert frozenset({"applied", "approved", "returned"}) == LIVE  # the index and the rules mean the same


class Employer(Model):
    """A legal entity's application for a fair, and the employer it becomes. 用人单位"""

    __tablename__ = "employer"
    __table_args__ = (
        CheckConstraint(_one_of("state", EmployerState), name="state_known"),
        CheckConstraint(_one_of("industry", Industry), name="industry_known"),
        CheckConstraint(_one_of("size", Size), name="size_known"),
        CheckConstraint("name_zh <> '' OR name_en <> ''", name="has_a_name"),
        CheckConstraint("arrived_at IS NULL OR missed_at IS NULL", name="came_or_missed"),
        Index("uq_employer_one_live_per_code", "activity_id", "uscc", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        UniqueConstraint("activity_id", "key", name="uq_employer_key"),
        Index("ix_employer_activity_id", "activity_id", "state"),
        Index("ix_employer_applicant_id", "applicant_id"),
        Index("ix_employer_uscc", "uscc"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    #: What the programme calls it; None: it applied by itself.
    key: Mapped[str | None] = mapped_column(String(32))
    #: Unified social credit code (GB 32100), in its normal form.
    uscc: Mapped[str] = mapped_column(String(18))
    #: One of both may be empty.
    name_zh: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(200))
    industry: Mapped[Industry] = mapped_column(word(Industry, 16))
    size: Mapped[Size] = mapped_column(word(Size, 16))
    #: What it says of itself, in the language it likes.
    about: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[EmployerState] = mapped_column(word(EmployerState, 16))
    state_at: Mapped[datetime]
    #: Who applied, signed in with a one-time code; None: the organizers entered it.
    applicant_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    #: The applicant's own name; empty once it was purged.
    contact_name: Mapped[str] = mapped_column(String(100), default="")
    applied_at: Mapped[datetime]
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    reviewed_at: Mapped[datetime | None]
    #: What the applicant reads: a reason, or what is to be mended.
    review_note: Mapped[str] = mapped_column(String(500), default="")
    #: Keys of ``rules.FIELDS`` to mend, joined by a comma.
    review_fields: Mapped[str] = mapped_column(String(200), default="")
    #: Approved without a booth and wants one: since when; None: it does not wait.
    waiting_at: Mapped[datetime | None]
    #: Its people stood at the booth on the day; None: not yet.
    arrived_at: Mapped[datetime | None]
    #: It did not come in time, and its booth was given away; None: no.
    missed_at: Mapped[datetime | None]
    #: Raised by each change: a form filled from an older one is told so.
    revision: Mapped[int] = mapped_column(default=1)

    activity: Mapped[Activity] = relationship(viewonly=True)
    booth: Mapped["Booth | None"] = relationship(viewonly=True, uselist=False)
    positions: Mapped[list["Position"]] = relationship(order_by="Position.ordinal", viewonly=True)
    recruiters: Mapped[list["Recruiter"]] = relationship(order_by="Recruiter.id", viewonly=True)


class EmployerPaper(Model):
    """A paper that an employer handed in, such as its licence. Always sealed; only its name and size are readable."""

    __tablename__ = "employer_paper"
    __table_args__ = (
        UniqueConstraint("employer_id", "paper", name="uq_employer_paper_paper"),
        CheckConstraint(_one_of("paper", Paper), name="paper_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id", ondelete="CASCADE"))
    paper: Mapped[Paper] = mapped_column(word(Paper, 16))
    name: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(100))
    #: Bytes before sealing.
    size: Mapped[int]
    #: AES-GCM under DATA_KEYS, bound to ``employer:<employer_id>:<paper>``.
    sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    uploaded_at: Mapped[datetime]


class Booth(Model):
    """A booth of a fair's hall. The row holds one employer at most, and an employer stands in one row at most. 展位"""

    __tablename__ = "booth"
    __table_args__ = (
        UniqueConstraint("activity_id", "row", "number", name="uq_booth_place"),
        UniqueConstraint("employer_id", name="uq_booth_one_per_employer"),
        CheckConstraint(_one_of("state", BoothState), name="state_known"),
        CheckConstraint("(state = 'taken') = (employer_id IS NOT NULL)", name="taken_by_somebody"),
        CheckConstraint("number >= 1", name="number_positive"),
        CheckConstraint("x >= 0 AND y >= 0", name="on_the_plan"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    #: Such as ``A``.
    row: Mapped[str] = mapped_column(String(4))
    #: From 1 within its row.
    number: Mapped[int]
    #: Where it stands on the plan, in booths from the hall's upper left corner.
    x: Mapped[int]
    y: Mapped[int]
    state: Mapped[BoothState] = mapped_column(word(BoothState, 16), default=BoothState.FREE)
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    #: When its employer took it, or when it was released.
    state_at: Mapped[datetime | None]

    employer: Mapped[Employer | None] = relationship(viewonly=True)

    @property
    def label(self) -> str:
        """What people call it: A01."""
        return f"{self.row}{self.number:02}"


class Position(Model):
    """A kind of work that an employer offers. 岗位"""

    __tablename__ = "position"
    __table_args__ = (
        UniqueConstraint("employer_id", "ordinal", name="uq_position_ordinal"),
        CheckConstraint("title_zh <> '' OR title_en <> ''", name="has_a_title"),
        CheckConstraint("openings >= 1", name="openings_positive"),
        CheckConstraint(_one_of("education", Education), name="education_known"),
        CheckConstraint(_one_of("state", PositionState), name="state_known"),
        CheckConstraint(_one_of("pay_per", PayPer), name="pay_per_known"),
        CheckConstraint("(pay_min IS NULL) = (pay_max IS NULL) AND (pay_min IS NULL) = (pay_per IS NULL)", name="pay_whole"),
        CheckConstraint("pay_min IS NOT NULL OR pay_note_zh <> '' OR pay_note_en <> ''", name="pay_said"),
        CheckConstraint("pay_min >= 1 AND pay_max >= pay_min", name="pay_in_order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id", ondelete="CASCADE"))
    #: Its place among its employer's, from 1; a number is never used twice.
    ordinal: Mapped[int]
    #: One of both may be empty.
    title_zh: Mapped[str] = mapped_column(String(100))
    title_en: Mapped[str] = mapped_column(String(200))
    #: Persons sought.
    openings: Mapped[int]
    education: Mapped[Education] = mapped_column(word(Education, 16))
    #: Yuan before tax; None: a note says it.
    pay_min: Mapped[int | None]
    pay_max: Mapped[int | None]
    pay_per: Mapped[PayPer | None] = mapped_column(word(PayPer, 8))
    pay_note_zh: Mapped[str] = mapped_column(String(60), default="")
    pay_note_en: Mapped[str] = mapped_column(String(120), default="")
    #: What the work is, in the employer's words.
    about: Mapped[str] = mapped_column(Text, default="")
    #: The employer's own switch.
    state: Mapped[PositionState] = mapped_column(word(PositionState, 8), default=PositionState.OPEN)
    #: Organizers took it out of sight; None: they have not.
    hidden_at: Mapped[datetime | None]
    hidden_why: Mapped[str] = mapped_column(String(500), default="")
    updated_at: Mapped[datetime]

    employer: Mapped[Employer] = relationship(viewonly=True)


class Recruiter(Model):
    """Somebody whom an employer named to see what it gets. No role of staff: the row alone lets them in. 招聘者"""

    __tablename__ = "recruiter"
    __table_args__ = (
        Index(
            "uq_recruiter_address",
            "employer_id",
            "address",
            unique=True,
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
        CheckConstraint("channel IN ('mobile', 'mail')", name="channel_known"),
        Index("ix_recruiter_address", "address"),
        Index("ix_recruiter_account_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id", ondelete="CASCADE"))
    #: What the employer calls them; empty once it was purged.
    name: Mapped[str] = mapped_column(String(100))
    channel: Mapped[Channel] = mapped_column(word(Channel, 8))
    #: The number or mail address they sign in with, in its normal form; empty once it was purged.
    address: Mapped[str] = mapped_column(String(254))
    #: The account that holds the address; None: nobody has signed in with it yet.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    named_at: Mapped[datetime]
    #: The employer took the right away; None: it holds.
    removed_at: Mapped[datetime | None]

    employer: Mapped[Employer] = relationship(viewonly=True)


class PositionReport(Model):
    """Somebody says that a position is not what it says. 举报"""

    __tablename__ = "position_report"
    __table_args__ = (
        Index(
            "uq_position_report_one_per_person",
            "position_id",
            "reporter_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        CheckConstraint(_one_of("reason", ReportReason), name="reason_known"),
        CheckConstraint(_one_of("state", ReportState), name="state_known"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_once"),
        Index("ix_position_report_reporter_id", "reporter_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    position_id: Mapped[int] = mapped_column(ForeignKey("position.id", ondelete="CASCADE"))
    #: None: the person was forgotten.
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    reason: Mapped[ReportReason] = mapped_column(word(ReportReason, 16))
    #: What they add; empty once it was purged.
    words: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime]
    state: Mapped[ReportState] = mapped_column(word(ReportState, 16), default=ReportState.OPEN)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    position: Mapped[Position] = relationship(viewonly=True)


class FairFigure(Model):
    """A figure that somebody entered because rows alone do not know it: an employer for itself, or organizers for the fair."""

    __tablename__ = "fair_figure"
    __table_args__ = (
        CheckConstraint(_one_of("figure", Figure), name="figure_known"),
        CheckConstraint("value >= 0", name="value_not_negative"),
        Index(
            "uq_fair_figure_of_the_fair",
            "activity_id",
            "figure",
            unique=True,
            sqlite_where=text("employer_id IS NULL"),
            postgresql_where=text("employer_id IS NULL"),
        ),
        Index(
            "uq_fair_figure_of_an_employer",
            "employer_id",
            "figure",
            unique=True,
            sqlite_where=text("employer_id IS NOT NULL"),
            postgresql_where=text("employer_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    #: None: it is the whole fair's, in place of what is counted.
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id", ondelete="CASCADE"))
    figure: Mapped[Figure] = mapped_column(word(Figure, 16))
    value: Mapped[int]
    #: None: who entered it was forgotten.
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    entered_at: Mapped[datetime]
