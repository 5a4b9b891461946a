"""What seekers and recruiters read. A recruiter's questions are asked through ``recruiter.account_id``: outside is nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from festival.accounts.models import Address
from festival.kinds.job_fair.employers.models import Booth, Employer, Position, Recruiter
from festival.kinds.job_fair.employers.rules import EmployerState, PositionState
from festival.kinds.job_fair.seekers import rules
from festival.kinds.job_fair.seekers.models import (
    Application,
    ApplicationNote,
    ApplicationStep,
    BoothNumber,
    CvAccess,
    CvVersion,
    Interview,
    InterviewOffer,
)
from festival.kinds.job_fair.seekers.rules import HELD, LIVE, Chair, State, Timetable, Turn
from festival.lib.clock import local_day
from festival.lib.db import UtcDateTime, db
from festival.lib.sealing import unseal
from festival.programme.models import Activity, ActivityStatus, Overlap, Slot, SlotStatus, Venue
from festival.signups.fairness import still_ahead
from festival.signups.models import SignUp
from festival.signups.rules import State as SignUpState
from festival.signups.rules import Stop

#: Sign-ups whose holder comes into the fair.
_COMING = (SignUpState.CONFIRMED, SignUpState.ATTENDED)


# -- the fair ----------------------------------------------------------------------------------------------------------------


def takes_applications(activity: Activity, now: datetime) -> bool:
    """Tell whether seekers and employers still deal with each other: the fair is to be seen, goes ahead and is not over."""
    return activity.is_public_at(now) and activity.status == ActivityStatus.PUBLISHED and now < activity.ends_at


def sessions(activity_id: int) -> list[Slot]:
    """Return the days of a fair that go ahead."""
    return list(
        db.session.scalars(
            select(Slot)
            .where(Slot.activity_id == activity_id, Slot.parent_id.is_(None), Slot.status == SlotStatus.SCHEDULED)
            .order_by(Slot.starts_at, Slot.id),
        ),
    )


def session_on(activity_id: int, now: datetime) -> Slot | None:
    """Return the day of a fair on which booths give numbers now; None: it is not the day."""
    return next((one for one in sessions(activity_id) if rules.numbers_are_given(one.starts_at, one.ends_at, now)), None)


def day_of(session: Slot) -> date:
    """Return a session's day."""
    return local_day(session.starts_at)


def entries(person_id: int, activity_id: int) -> list[SignUp]:
    """Return the sign-ups with which somebody comes into a fair."""
    return list(
        db.session.scalars(
            select(SignUp)
            .where(SignUp.person_id == person_id, SignUp.activity_id == activity_id, SignUp.state.in_(_COMING))
            .order_by(SignUp.id),
        ),
    )


def entry_at(person_id: int, session_id: int) -> datetime | None:
    """Return when somebody comes into a day of a fair; None: they hold no place on it."""
    return db.session.scalar(
        select(func.min(Slot.starts_at))
        .join(SignUp, SignUp.slot_id == Slot.id)
        .where(SignUp.person_id == person_id, SignUp.session_id == session_id, SignUp.state.in_(_COMING)),
    )


def other_stops(person_id: int, activity_id: int, now: datetime) -> list[Stop]:
    """Return where else somebody is or may have to be: everything but this fair that they hold a place in, or wait for."""
    at: ColumnElement[datetime] = bindparam("now", now, type_=UtcDateTime())
    rows = db.session.execute(
        select(Slot.starts_at, Slot.ends_at, Venue.id, Venue.lat, Venue.lon)
        .select_from(SignUp)
        .join(Slot, Slot.id == SignUp.slot_id)
        .join(Activity, Activity.id == SignUp.activity_id)
        .join(Venue, Venue.id == func.coalesce(Slot.venue_id, Activity.venue_id))
        .where(
            SignUp.person_id == person_id,
            SignUp.activity_id != activity_id,
            Activity.overlap != Overlap.ALLOW,
            still_ahead(at),
        ),
    )
    return [
        Stop(row.starts_at, row.ends_at, row.id, None if row.lat is None or row.lon is None else (row.lat, row.lon))
        for row in rows
    ]


# -- positions ---------------------------------------------------------------------------------------------------------------

_SHOWN = (Employer.state == EmployerState.APPROVED, Position.hidden_at.is_(None))


def shown_position(position_id: int, now: datetime) -> Position | None:
    """Return a position that readers may see, taken still or not; None: there is none."""
    found = db.session.scalar(
        select(Position)
        .join(Employer, Employer.id == Position.employer_id)
        .where(Position.id == position_id, *_SHOWN)
        .options(contains_eager(Position.employer).joinedload(Employer.activity).joinedload(Activity.festival)),
    )
    return found if found is not None and found.employer.activity.is_public_at(now) else None


def shown_positions(activity_ids: Iterable[int]) -> list[Position]:
    """Return every position of some fairs that seekers can apply for, with its employer and booth."""
    return list(
        db.session.scalars(
            select(Position)
            .join(Employer, Employer.id == Position.employer_id)
            .where(Employer.activity_id.in_(list(activity_ids)), Position.state == PositionState.OPEN, *_SHOWN)
            .options(contains_eager(Position.employer).joinedload(Employer.booth))
            .order_by(Employer.id, Position.ordinal),
        ),
    )


def employers_of(activity_id: int) -> list[Employer]:
    """Return the employers that take part in a fair."""
    return list(
        db.session.scalars(
            select(Employer)
            .where(Employer.activity_id == activity_id, Employer.state == EmployerState.APPROVED)
            .order_by(Employer.id),
        ),
    )


def shown_employer(employer_id: int, now: datetime) -> Employer | None:
    """Return an employer that readers may see, with its positions; None: there is none."""
    found = db.session.scalar(
        select(Employer)
        .where(Employer.id == employer_id)
        .options(joinedload(Employer.activity).joinedload(Activity.festival), joinedload(Employer.booth)),
    )
    return found if found is not None and is_shown(found, now) else None


# -- CVs ---------------------------------------------------------------------------------------------------------------------


def cvs(person_id: int) -> list[CvVersion]:
    """Return the versions of somebody's CV that are there, newest first; their files are not read."""
    return list(
        db.session.scalars(
            select(CvVersion)
            .where(CvVersion.person_id == person_id, CvVersion.deleted_at.is_(None))
            .order_by(CvVersion.number.desc()),
        ),
    )


def last_cv_number(person_id: int) -> int:
    """Return the number of the newest version that somebody ever kept; 0: none."""
    return db.session.scalar(select(func.coalesce(func.max(CvVersion.number), 0)).where(CvVersion.person_id == person_id)) or 0


def any_cv(person_id: int, cv_id: int) -> CvVersion | None:
    """Return a version of somebody's CV, deleted or not; None: it is none of theirs."""
    return db.session.scalar(select(CvVersion).where(CvVersion.id == cv_id, CvVersion.person_id == person_id))


def used_cvs(person_id: int) -> dict[int, int]:
    """Return with how many applications, not withdrawn, each version of somebody's CV was made."""
    rows = db.session.execute(
        select(Application.cv_id, func.count())
        .where(Application.person_id == person_id, Application.state != State.WITHDRAWN)
        .group_by(Application.cv_id),
    )
    return {cv_id: count for cv_id, count in rows}  # noqa: C416  # rows are no pairs to the type checker


def accesses(person_id: int) -> list[CvAccess]:
    """Return who got somebody's CV, newest first, with the application they got it by."""
    return list(
        db.session.scalars(
            select(CvAccess)
            .join(CvVersion, CvVersion.id == CvAccess.cv_id)
            .where(CvVersion.person_id == person_id)
            .options(joinedload(CvAccess.application).joinedload(Application.employer), joinedload(CvAccess.cv))
            .order_by(CvAccess.id.desc())
            .limit(200),
        ),
    )


# -- a seeker's applications -------------------------------------------------------------------------------------------------


def applied(person_id: int, position_id: int) -> Application | None:
    """Return somebody's application for a position; None: there is none, or it was withdrawn."""
    return db.session.scalar(
        select(Application).where(
            Application.person_id == person_id,
            Application.position_id == position_id,
            Application.state != State.WITHDRAWN,
        ),
    )


def live_applications(person_id: int, activity_id: int) -> int:
    """Return how many of somebody's applications at a fair may still come to something."""
    return (
        db.session.scalar(
            select(func.count()).where(
                Application.person_id == person_id,
                Application.activity_id == activity_id,
                Application.state.in_(LIVE),
            ),
        )
        or 0
    )


_WHOLE = (
    joinedload(Application.employer),
    joinedload(Application.position),
    joinedload(Application.cv),
)


def of_person(person_id: int) -> list[Application]:
    """Return somebody's applications, the newest change first."""
    return list(
        db.session.scalars(
            select(Application)
            .where(Application.person_id == person_id)
            .options(*_WHOLE)
            .order_by(Application.state_at.desc(), Application.id.desc()),
        ),
    )


def own(person_id: int, application_id: int) -> Application | None:
    """Return an application to its seeker; None: it is not theirs."""
    return db.session.scalar(
        select(Application).where(Application.id == application_id, Application.person_id == person_id).options(*_WHOLE),
    )


def steps(application_id: int) -> list[ApplicationStep]:
    """Return what an application went through, oldest first."""
    return list(
        db.session.scalars(
            select(ApplicationStep).where(ApplicationStep.application_id == application_id).order_by(ApplicationStep.id),
        ),
    )


# -- interviews --------------------------------------------------------------------------------------------------------------


def recruiters(employer_id: int) -> list[Recruiter]:
    """Return the recruiters of an employer."""
    return list(
        db.session.scalars(
            select(Recruiter).where(Recruiter.employer_id == employer_id, Recruiter.removed_at.is_(None)).order_by(Recruiter.id),
        ),
    )


def standing_interview(application_id: int) -> Interview | None:
    """Return the time that is booked for an application; None: none is."""
    return db.session.scalar(
        select(Interview).where(Interview.application_id == application_id, Interview.cancelled_at.is_(None)),
    )


_INTERVIEW = (
    joinedload(Interview.application).joinedload(Application.position),
    joinedload(Interview.application).joinedload(Application.employer),
    joinedload(Interview.session).joinedload(Slot.activity),
    joinedload(Interview.recruiter),
)


def interviews_of(person_id: int) -> list[Interview]:
    """Return somebody's booked interviews, by time."""
    found = db.session.scalars(
        select(Interview).where(Interview.person_id == person_id, Interview.cancelled_at.is_(None)).options(*_INTERVIEW),
    )
    return sorted(found, key=lambda one: (one.starts_at, one.id))


def interviews_among(people: Select[int]) -> list[Interview]:
    """Return the booked interviews of some people."""
    found = select(Interview).where(Interview.person_id.in_(people), Interview.cancelled_at.is_(None)).options(*_INTERVIEW)
    return list(db.session.scalars(found.order_by(Interview.id)))


def keeps_any() -> ColumnElement[bool]:
    """Return the condition that somebody (bind parameter ``person_id``) has a booked interview, over or not."""
    return exists().where(Interview.person_id == bindparam("person_id"), Interview.cancelled_at.is_(None))


def interviews_with(employer_id: int) -> list[Interview]:
    """Return the booked interviews of an employer, by time."""
    found = db.session.scalars(
        select(Interview)
        .join(Application, Application.id == Interview.application_id)
        .where(Application.employer_id == employer_id, Interview.cancelled_at.is_(None))
        .options(*_INTERVIEW),
    )
    return sorted(found, key=lambda one: (one.starts_at, one.recruiter_id, one.seat))


def interviews_by(recruiter_id: int) -> list[Interview]:
    """Return the booked interviews with one recruiter."""
    return list(
        db.session.scalars(
            select(Interview)
            .where(Interview.recruiter_id == recruiter_id, Interview.cancelled_at.is_(None))
            .options(*_INTERVIEW),
        ),
    )


def interviews_on(session_id: int, *, is_last_first: bool) -> list[Interview]:
    """Return the booked interviews of a day of a fair, in the order of their times or against it."""
    order = Interview.minute.desc() if is_last_first else Interview.minute
    return list(
        db.session.scalars(
            select(Interview)
            .where(Interview.session_id == session_id, Interview.cancelled_at.is_(None))
            .order_by(order, Interview.id)
            .options(joinedload(Interview.application)),
        ),
    )


def offers_on(session_id: int, *, is_last_first: bool) -> list[InterviewOffer]:
    """Return the times of a day of a fair that were offered, in their order or against it."""
    order = InterviewOffer.minute.desc() if is_last_first else InterviewOffer.minute
    return list(db.session.scalars(select(InterviewOffer).where(InterviewOffer.session_id == session_id).order_by(order)))


def unsettled(employer_id: int) -> list[Application]:
    """Return the applications to an employer that have come to nothing yet, oldest first."""
    return list(
        db.session.scalars(
            select(Application)
            .where(Application.employer_id == employer_id, Application.state.in_(LIVE - {State.INTENT}))
            .order_by(Application.id),
        ),
    )


def live_for(position_id: int) -> list[Application]:
    """Return the applications for a position that may still come to something, oldest first."""
    live = select(Application).where(Application.position_id == position_id, Application.state.in_(LIVE))
    return list(db.session.scalars(live.order_by(Application.id)))


def seats_taken(chair: Chair) -> list[int]:
    """Return which of the places beside a recruiter are taken at a time."""
    return list(
        db.session.scalars(
            select(Interview.seat).where(
                Interview.recruiter_id == chair.recruiter_id,
                Interview.session_id == chair.session_id,
                Interview.minute == chair.minute,
                Interview.cancelled_at.is_(None),
            ),
        ),
    )


def free_chairs(application: Application, timetable: Timetable, now: datetime) -> list[Chair]:
    """Return the times at which a recruiter of the employer is free for this application, by day, time and recruiter."""
    days = sessions(application.activity_id)
    people = [one.id for one in recruiters(application.employer_id)]
    taken: dict[Chair, int] = {}
    rows = db.session.execute(
        select(Interview.recruiter_id, Interview.session_id, Interview.minute, func.count())
        .where(
            Interview.recruiter_id.in_(people),
            Interview.cancelled_at.is_(None),
            Interview.application_id != application.id,
        )
        .group_by(Interview.recruiter_id, Interview.session_id, Interview.minute),
    )
    for recruiter_id, session_id, minute, count in rows:
        taken[Chair(recruiter_id, session_id, minute)] = count
    return [
        chair
        for session in days
        for minute in rules.minutes_of(timetable)
        if rules.begins_at(day_of(session), minute) > now
        for chair in (Chair(person, session.id, minute) for person in people)
        if taken.get(chair, 0) < timetable.per_recruiter
    ]


def offered(application_id: int) -> list[Chair]:
    """Return the times that were offered with an invitation; none: any free one."""
    rows = db.session.execute(
        select(InterviewOffer.recruiter_id, InterviewOffer.session_id, InterviewOffer.minute).where(
            InterviewOffer.application_id == application_id,
        ),
    )
    return [Chair(*row) for row in rows]


def choosable(application: Application, free: Sequence[Chair]) -> list[Chair]:
    """Return what of the free times may be taken: those offered; when these are gone to others, or none was named, all."""
    named = set(offered(application.id))
    return [chair for chair in free if chair in named] or list(free)


def concerned(application: Application) -> list[int]:
    """Return the accounts of whom an employer's side is told: the recruiter whose time was booked last, else all."""
    last = db.session.scalar(
        select(Recruiter)
        .join(Interview, Interview.recruiter_id == Recruiter.id)
        .where(Interview.application_id == application.id)
        .order_by(Interview.id.desc())
        .limit(1),
    )
    told = [last] if last is not None and last.removed_at is None else recruiters(application.employer_id)
    owners = select(Address.account_id).where(Address.value.in_([one.address for one in told if one.account_id is None]))
    return sorted({one.account_id for one in told if one.account_id is not None} | set(db.session.scalars(owners)))


# -- an employer's applications ----------------------------------------------------------------------------------------------


def recruiter(account_id: int, employer_id: int) -> Recruiter | None:
    """Return somebody as a recruiter of an employer; None: they are not."""
    return db.session.scalar(
        select(Recruiter)
        .join(Employer, Employer.id == Recruiter.employer_id)
        .where(Recruiter.employer_id == employer_id, *_recruits(account_id))
        .options(contains_eager(Recruiter.employer)),
    )


def recruits_for(account_id: int) -> list[Employer]:
    """Return the employers that somebody recruits for."""
    return list(
        db.session.scalars(
            select(Employer)
            .join(Recruiter, Recruiter.employer_id == Employer.id)
            .where(*_recruits(account_id))
            .order_by(Employer.id),
        ),
    )


def _recruits(account_id: int) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of an account's rows as a recruiter: named still, by an employer that takes part.

    A row without an account is that of whoever has proved its address.
    """
    own = select(Address.value).where(Address.account_id == account_id)
    return (
        or_(Recruiter.account_id == account_id, and_(Recruiter.account_id.is_(None), Recruiter.address.in_(own))),
        Recruiter.removed_at.is_(None),
        Employer.state == EmployerState.APPROVED,
    )


def _read_by(account_id: int) -> ColumnElement[bool]:
    """Return the condition of applications that a recruiter may read: made to their own employers, and not withdrawn."""
    mine = select(Recruiter.employer_id).join(Employer, Employer.id == Recruiter.employer_id).where(*_recruits(account_id))
    return and_(Application.employer_id.in_(mine), Application.state.in_(rules.READABLE))


def readable(account_id: int, application_id: int) -> Application | None:
    """Return an application to a recruiter; None: it is not theirs to read."""
    return db.session.scalar(
        select(Application).where(Application.id == application_id, _read_by(account_id)).options(*_WHOLE),
    )


def inbox(account_id: int, employer_id: int, states: Iterable[State]) -> list[Application]:
    """Return the applications to an employer in some states, oldest first."""
    return list(
        db.session.scalars(
            select(Application)
            .where(Application.employer_id == employer_id, Application.state.in_(list(states)), _read_by(account_id))
            .options(*_WHOLE)
            .order_by(Application.applied_at, Application.id),
        ),
    )


def counts(employer_id: int) -> dict[State, int]:
    """Return how many applications an employer has in each state."""
    rows = db.session.execute(
        select(Application.state, func.count()).where(Application.employer_id == employer_id).group_by(Application.state),
    )
    return {state: count for state, count in rows}  # noqa: C416  # rows are no pairs to the type checker


@dataclass(frozen=True, slots=True)
class ReadNote:
    """A note in clear."""

    note: ApplicationNote
    words: str
    author: str


def note_context(application_id: int) -> str:
    """Return what notes on an application are sealed for."""
    return f"note:{application_id}"


def notes(application_id: int) -> list[ReadNote]:
    """Return the notes on an application, newest first. For the employer's own recruiters only."""
    theirs = select(Address.value).where(Address.account_id == ApplicationNote.author_id)
    name = (
        select(Recruiter.name)
        .where(
            Recruiter.employer_id == Application.employer_id,
            or_(Recruiter.account_id == ApplicationNote.author_id, Recruiter.address.in_(theirs)),
        )
        .order_by(Recruiter.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(ApplicationNote, name)
        .join(Application, Application.id == ApplicationNote.application_id)
        .where(ApplicationNote.application_id == application_id)
        .order_by(ApplicationNote.id.desc()),
    )
    return [ReadNote(note, unseal(note.sealed, note_context(application_id)).decode(), name or "") for note, name in rows]


# -- numbers at booths -------------------------------------------------------------------------------------------------------


def is_shown(employer: Employer, now: datetime) -> bool:
    """Tell whether seekers may know of an employer."""
    return employer.state == EmployerState.APPROVED and employer.activity.is_public_at(now)


def booth_of(employer_id: int) -> str:
    """Return the name of an employer's booth; empty: it has none."""
    booth = db.session.scalar(select(Booth).where(Booth.employer_id == employer_id))
    return booth.label if booth else ""


def held_numbers(person_id: int) -> list[BoothNumber]:
    """Return the numbers that somebody waits with or was called by, oldest first."""
    return list(
        db.session.scalars(
            select(BoothNumber)
            .where(BoothNumber.person_id == person_id, BoothNumber.state.in_(HELD))
            .options(joinedload(BoothNumber.employer), joinedload(BoothNumber.session))
            .order_by(BoothNumber.id),
        ),
    )


def last_number(employer_id: int, session_id: int) -> int:
    """Return the last number that a booth gave on a day; 0: none."""
    return (
        db.session.scalar(
            select(func.coalesce(func.max(BoothNumber.number), 0)).where(
                BoothNumber.employer_id == employer_id,
                BoothNumber.session_id == session_id,
            ),
        )
        or 0
    )


def waiting(employer_id: int, session_id: int) -> list[BoothNumber]:
    """Return the numbers that wait at a booth on a day, next first."""
    return list(
        db.session.scalars(
            select(BoothNumber)
            .where(
                BoothNumber.employer_id == employer_id, BoothNumber.session_id == session_id, BoothNumber.state == Turn.WAITING
            )
            .options(joinedload(BoothNumber.session))
            .order_by(BoothNumber.number),
        ),
    )


def called_by(recruiter_id: int, session_id: int) -> BoothNumber | None:
    """Return the number that a recruiter is seeing; None: nobody."""
    return db.session.scalar(
        select(BoothNumber).where(
            BoothNumber.called_by_id == recruiter_id,
            BoothNumber.session_id == session_id,
            BoothNumber.state == Turn.CALLED,
        ),
    )


@dataclass(frozen=True, slots=True)
class Queue:
    """How a booth's queue stands."""

    #: Numbers that are being seen.
    called: tuple[int, ...]
    #: Numbers that wait, next first.
    waiting: tuple[int, ...]


def queues(employer_ids: Iterable[int], session_ids: Iterable[int]) -> dict[int, Queue]:
    """Return how the queues of booths stand on some days, by employer. One query however many."""
    rows = db.session.execute(
        select(BoothNumber.employer_id, BoothNumber.number, BoothNumber.state)
        .where(
            BoothNumber.employer_id.in_(list(employer_ids)),
            BoothNumber.session_id.in_(list(session_ids)),
            BoothNumber.state.in_(HELD),
        )
        .order_by(BoothNumber.number),
    ).all()
    found: dict[int, tuple[list[int], list[int]]] = {}
    for employer_id, number, state in rows:
        called, waits = found.setdefault(employer_id, ([], []))
        (called if state == Turn.CALLED else waits).append(number)
    return {employer_id: Queue(tuple(called), tuple(waits)) for employer_id, (called, waits) in found.items()}


# -- what organizers read: counts, never whose -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figures:
    """What applications at a fair, or to one employer, have come to."""

    #: Applications that were not withdrawn, and the seekers behind them.
    applications: int = 0
    seekers: int = 0
    interviews: int = 0
    intents: int = 0
    signed: int = 0
    #: Numbers given at booths.
    numbers: int = 0


def figures(activity_id: int) -> Figures:
    """Return what a fair has come to."""
    row = db.session.execute(
        select(*_FIGURES).where(Application.activity_id == activity_id, Application.state != State.WITHDRAWN),
    ).one()
    interviews = db.session.scalar(
        select(func.count())
        .select_from(Interview)
        .join(Application, Application.id == Interview.application_id)
        .where(Application.activity_id == activity_id, Interview.cancelled_at.is_(None))
    )
    given = db.session.scalar(
        select(func.count())
        .select_from(BoothNumber)
        .join(Employer, Employer.id == BoothNumber.employer_id)
        .where(Employer.activity_id == activity_id)
    )
    return Figures(row.applications, row.seekers, interviews or 0, row.intents, row.signed, given or 0)


_FIGURES = (
    func.count().label("applications"),
    func.count(func.distinct(Application.person_id)).label("seekers"),
    func.count().filter(Application.state == State.INTENT).label("intents"),
    func.count(Application.signed_at).label("signed"),
)


def figures_by_employer(activity_id: int) -> dict[int, Figures]:
    """Return what applications at a fair have come to, by employer; who has none is not in it."""
    found = {
        row.employer_id: Figures(row.applications, row.seekers, 0, row.intents, row.signed)
        for row in db.session.execute(
            select(Application.employer_id, *_FIGURES)
            .where(Application.activity_id == activity_id, Application.state != State.WITHDRAWN)
            .group_by(Application.employer_id),
        )
    }
    booked = db.session.execute(
        select(Application.employer_id, func.count())
        .join(Interview, Interview.application_id == Application.id)
        .where(Application.activity_id == activity_id, Interview.cancelled_at.is_(None))
        .group_by(Application.employer_id),
    )
    for employer_id, count in booked:
        found[employer_id] = replace(found.get(employer_id, Figures()), interviews=count)
    return found
