"""CVs, who read them, applications and their steps, interviews, and numbers at booths."""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from festival.accounts.models import Account
from festival.kinds.job_fair.employers.models import Employer, Position, Recruiter
from festival.kinds.job_fair.seekers.rules import HELD, Chair, Side, State, Turn, begins_at
from festival.lib.clock import local_day
from festival.lib.db import Model, word
from festival.programme.models import Slot


def _one_of(column: str, words: object) -> str:
    return f"{column} IN ({', '.join(repr(str(one)) for one in words)})"  # type: ignore[attr-defined]  # an enum's members


_NOT_WITHDRAWN = text("state <> 'withdrawn'")
_STANDS = text("cancelled_at IS NULL")
_HELD = text("state IN ('waiting', 'called')")


class CvVersion(Model):
    """One version of a seeker's CV. A new file is a new version. Deleted: the file is gone, the row stays."""

    __tablename__ = "cv_version"
    __table_args__ = (
        UniqueConstraint("person_id", "number", name="uq_cv_version_number"),
        CheckConstraint("(sealed IS NULL) = (deleted_at IS NOT NULL)", name="deleted_has_no_file"),
        CheckConstraint("number >= 1", name="number_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    #: Counts the versions of one person, from 1.
    number: Mapped[int]
    #: The file's name; empty once deleted.
    name: Mapped[str] = mapped_column(String(100))
    content_type: Mapped[str] = mapped_column(String(100))
    #: Bytes before sealing.
    size: Mapped[int]
    #: SHA-256 of the content under the owner's id: the same file sent twice is one version. Empty once deleted.
    digest: Mapped[str] = mapped_column(String(64))
    #: AES-GCM under DATA_KEYS, bound to ``cv:<person_id>:<number>``; None: deleted.
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    uploaded_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class Application(Model):
    """A seeker's application for a position, with the version of the CV that it was made with. 投递"""

    __tablename__ = "job_application"
    __table_args__ = (
        CheckConstraint(_one_of("state", State), name="state_known"),
        Index(
            "uq_job_application_one_per_position",
            "person_id",
            "position_id",
            unique=True,
            sqlite_where=_NOT_WITHDRAWN,
            postgresql_where=_NOT_WITHDRAWN,
        ),
        Index("ix_job_application_employer_id", "employer_id", "state"),
        Index("ix_job_application_activity_id", "activity_id", "state"),
        Index("ix_job_application_position_id", "position_id"),
        Index("ix_job_application_person_id", "person_id"),
        Index("ix_job_application_cv_id", "cv_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    #: The position's employer: whose recruiters may read it.
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id", ondelete="CASCADE"))
    position_id: Mapped[int] = mapped_column(ForeignKey("position.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    #: Fixed when it was made.
    cv_id: Mapped[int] = mapped_column(ForeignKey("cv_version.id"))
    #: The seeker's name as given with it; empty once it was purged.
    name: Mapped[str] = mapped_column(String(100))
    state: Mapped[State] = mapped_column(word(State, 16))
    state_at: Mapped[datetime]
    applied_at: Mapped[datetime]
    #: A contract was signed at the booth; None: it was not.
    signed_at: Mapped[datetime | None]

    employer: Mapped[Employer] = relationship(viewonly=True)
    position: Mapped[Position] = relationship(viewonly=True)
    person: Mapped[Account] = relationship(viewonly=True)
    cv: Mapped[CvVersion] = relationship(viewonly=True)


class ApplicationStep(Model):
    """One change of an application's state: what its seeker sees of it as a history."""

    __tablename__ = "job_application_step"
    __table_args__ = (
        CheckConstraint(_one_of("state", State), name="state_known"),
        CheckConstraint(_one_of("side", Side), name="side_known"),
        Index("ix_job_application_step_application_id", "application_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("job_application.id", ondelete="CASCADE"))
    state: Mapped[State] = mapped_column(word(State, 16))
    side: Mapped[Side] = mapped_column(word(Side, 16))
    at: Mapped[datetime]


class ApplicationNote(Model):
    """What a recruiter noted on an application, for the employer's own people; sealed."""

    __tablename__ = "job_application_note"
    __table_args__ = (Index("ix_job_application_note_application_id", "application_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("job_application.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    #: AES-GCM under DATA_KEYS, bound to ``note:<application_id>``.
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]


class CvAccess(Model):
    """A recruiter got a CV. Its owner reads who and when."""

    __tablename__ = "cv_access"
    __table_args__ = (Index("ix_cv_access_cv_id", "cv_id", "id"), Index("ix_cv_access_application_id", "application_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    cv_id: Mapped[int] = mapped_column(ForeignKey("cv_version.id", ondelete="CASCADE"))
    application_id: Mapped[int] = mapped_column(ForeignKey("job_application.id", ondelete="CASCADE"))
    #: The recruiter's account.
    reader_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]

    application: Mapped[Application] = relationship(viewonly=True)
    cv: Mapped[CvVersion] = relationship(viewonly=True)


class InterviewOffer(Model):
    """A time that a recruiter offered with an invitation. It holds nothing: who books first has it."""

    __tablename__ = "interview_offer"
    __table_args__ = (
        UniqueConstraint("application_id", "recruiter_id", "session_id", "minute", name="uq_interview_offer_time"),
        Index("ix_interview_offer_recruiter_id", "recruiter_id"),
        Index("ix_interview_offer_session_id", "session_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("job_application.id", ondelete="CASCADE"))
    recruiter_id: Mapped[int] = mapped_column(ForeignKey("recruiter.id", ondelete="CASCADE"))
    #: The day it is on, and minutes after midnight in the festival's wall time.
    session_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="CASCADE"))
    minute: Mapped[int]


class Interview(Model):
    """A booked interview. 面试

    Its day is the session's: a fair that is moved to another day takes its interviews along.
    """

    __tablename__ = "interview"
    __table_args__ = (
        CheckConstraint("seat >= 0", name="seat_not_negative"),
        CheckConstraint("minute >= 0 AND minute < 1440", name="minute_of_a_day"),
        Index(
            "uq_interview_one_per_chair",
            "recruiter_id",
            "session_id",
            "minute",
            "seat",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
        Index("uq_interview_one_per_application", "application_id", unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS),
        Index(
            "uq_interview_one_at_a_time",
            "person_id",
            "session_id",
            "minute",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
        Index("ix_interview_application_id", "application_id", "id"),
        Index("ix_interview_session_id", "session_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("job_application.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    recruiter_id: Mapped[int] = mapped_column(ForeignKey("recruiter.id", ondelete="CASCADE"))
    session_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="CASCADE"))
    #: Minutes after midnight in the festival's wall time.
    minute: Mapped[int]
    minutes: Mapped[int]
    #: Which of the places beside the recruiter, from 0.
    seat: Mapped[int]
    booked_at: Mapped[datetime]
    #: Given back, moved, or let go by the employer; None: it stands.
    cancelled_at: Mapped[datetime | None]

    application: Mapped[Application] = relationship(viewonly=True)
    recruiter: Mapped[Recruiter] = relationship(viewonly=True)
    session: Mapped[Slot] = relationship(viewonly=True)

    @property
    def chair(self) -> Chair:
        """The recruiter's time that it takes."""
        return Chair(self.recruiter_id, self.session_id, self.minute)

    @property
    def starts_at(self) -> datetime:
        """When it begins."""
        return begins_at(local_day(self.session.starts_at), self.minute)

    @property
    def ends_at(self) -> datetime:
        """When it ends."""
        return self.starts_at + timedelta(minutes=self.minutes)


class BoothNumber(Model):
    """A number in the queue of a booth on the day of the fair. 排队号"""

    __tablename__ = "booth_number"
    __table_args__ = (
        CheckConstraint(_one_of("state", Turn), name="state_known"),
        UniqueConstraint("employer_id", "session_id", "number", name="uq_booth_number_number"),
        Index(
            "uq_booth_number_one_per_person",
            "employer_id",
            "session_id",
            "person_id",
            unique=True,
            sqlite_where=_HELD,
            postgresql_where=_HELD,
        ),
        Index("ix_booth_number_person_id", "person_id"),
        Index("ix_booth_number_session_id", "session_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employer.id", ondelete="CASCADE"))
    session_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    #: Counts the numbers of one booth and day, from 1.
    number: Mapped[int]
    state: Mapped[Turn] = mapped_column(word(Turn, 8))
    taken_at: Mapped[datetime]
    called_at: Mapped[datetime | None]
    #: When its holder was told that their turn comes soon; None: they were not.
    told_at: Mapped[datetime | None]
    #: The recruiter who called it.
    called_by_id: Mapped[int | None] = mapped_column(ForeignKey("recruiter.id", ondelete="SET NULL"))

    employer: Mapped[Employer] = relationship(viewonly=True)
    session: Mapped[Slot] = relationship(viewonly=True)

    @property
    def is_held(self) -> bool:
        """Tell whether it still means something."""
        return self.state in HELD
