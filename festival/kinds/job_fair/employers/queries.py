"""Reading a fair's employers, booths and positions. Every list costs the same few questions however long it is."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import contains_eager, selectinload

from festival.accounts.models import Address
from festival.kinds.job_fair.details import JobFairDetails
from festival.kinds.job_fair.employers.models import (
    Booth,
    Employer,
    EmployerPaper,
    FairFigure,
    Position,
    PositionReport,
    Recruiter,
)
from festival.kinds.job_fair.employers.rules import (
    LIVE,
    BoothState,
    EmployerState,
    Figure,
    Paper,
    PositionState,
    Readiness,
    ReportState,
    Standing,
    is_barred,
)
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.programme import queries as programme
from festival.programme.kinds import details_of
from festival.programme.models import Activity, ActivityStatus, Holiday, Slot, SlotStatus

# -- the fair ----------------------------------------------------------------------------------------------------------------


def details(activity: Activity) -> JobFairDetails:
    """Return what the programme says of a fair.

    :raises NotFound: the activity is no fair, or nothing was entered yet.
    """
    found = details_of(activity)
    if not isinstance(found, JobFairDetails):
        raise NotFound
    return found


def fair(slug: str) -> Activity:
    """Return a public fair.

    :raises NotFound: there is none of this slug.
    """
    activity = programme.published(slug)
    details(activity)
    return activity


def first_session(activity: Activity) -> Slot:
    """Return the first day of a fair."""
    return min((one for one in activity.slots if one.parent_id is None), key=lambda one: (one.starts_at, one.id))


def standing(activity: Activity, session: Slot) -> Standing:
    """Tell whether a fair takes place, by itself and its first day."""
    if activity.status == ActivityStatus.CANCELLED or session.status == SlotStatus.CANCELLED:
        return Standing.CANCELLED
    is_off = activity.status == ActivityStatus.POSTPONED or session.status == SlotStatus.POSTPONED
    return Standing.POSTPONED if is_off else Standing.ON


def managed_fair(slug: str, within: ColumnElement[bool]) -> Activity:
    """Return a fair, draft or not, within what the caller may touch.

    :raises NotFound: there is none.
    """
    activity = programme.managed(slug, within)
    details(activity)
    return activity


def workdays(first: date, last: date) -> dict[date, bool]:
    """Return the days between two that differ from their weekday: True, people work on it."""
    found = db.session.execute(select(Holiday.day, Holiday.is_workday).where(Holiday.day.between(first, last)))
    return {row.day: row.is_workday for row in found}


# -- employers ---------------------------------------------------------------------------------------------------------------

_WHOLE = (selectinload(Employer.booth), selectinload(Employer.positions), selectinload(Employer.recruiters))


def employers(activity_id: int, states: Sequence[EmployerState] = ()) -> list[Employer]:
    """Return a fair's employers, oldest application first, with booth, positions and recruiters."""
    chosen = [Employer.state.in_(states)] if states else []
    return list(
        db.session.scalars(
            select(Employer)
            .where(Employer.activity_id == activity_id, *chosen)
            .order_by(Employer.applied_at, Employer.id)
            .options(*_WHOLE),
        ),
    )


def taking_part(activity_id: int) -> list[int]:
    """Return the employers of a fair that mean to take part and have people to be told: let in, or not decided yet."""
    named = exists().where(Recruiter.employer_id == Employer.id, Recruiter.removed_at.is_(None))
    return list(
        db.session.scalars(
            select(Employer.id).where(Employer.activity_id == activity_id, Employer.state.in_(LIVE), named).order_by(Employer.id),
        ),
    )


def counts(activity_id: int) -> dict[EmployerState, int]:
    """Return how many employers of a fair are in each state."""
    rows = db.session.execute(
        select(Employer.state, func.count()).where(Employer.activity_id == activity_id).group_by(Employer.state),
    )
    return {EmployerState(state): number for state, number in rows}


def employer_of(activity_id: int, employer_id: int) -> Employer:
    """Return one employer of a fair.

    :raises NotFound: the fair has none of this id.
    """
    found = db.session.scalar(
        select(Employer).where(Employer.activity_id == activity_id, Employer.id == employer_id).options(*_WHOLE),
    )
    if found is None:
        raise NotFound
    return found


def public_employers(activity_id: int) -> list[Employer]:
    """Return the employers that readers see, by booth, then by when they applied."""
    found = employers(activity_id, [EmployerState.APPROVED])
    return sorted(found, key=lambda one: (one.booth is None, one.booth.label if one.booth else "", one.id))


def any_approved(activity_id: int) -> Employer | None:
    """Return an employer that a fair has let in, to speak of by way of example; None: there is none yet."""
    approved = select(Employer).where(Employer.activity_id == activity_id, Employer.state == EmployerState.APPROVED)
    return db.session.scalar(approved.order_by(Employer.id).limit(1))


def live_of(activity_id: int, uscc: str) -> Employer | None:
    """Return the live application of a legal entity for a fair; None: it has none."""
    return db.session.scalar(
        select(Employer).where(Employer.activity_id == activity_id, Employer.uscc == uscc, Employer.state.in_(LIVE)),
    )


def is_barred_now(uscc: str, now: datetime) -> bool:
    """Tell whether a legal entity may not apply, because it did not come to fairs of the past year."""
    missed = db.session.scalars(select(Employer.missed_at).where(Employer.uscc == uscc, Employer.missed_at.is_not(None)))
    return is_barred([at for at in missed if at is not None], now)


def papers(employer_id: int) -> dict[Paper, EmployerPaper]:
    """Return what an employer handed in; the contents stay in the database."""
    found = db.session.scalars(select(EmployerPaper).where(EmployerPaper.employer_id == employer_id))
    return {one.paper: one for one in found}


def readiness(employer: Employer) -> Readiness:
    """Return how far an approved employer is; its parts are loaded."""
    return Readiness(
        has_booth=employer.booth is not None,
        positions=sum(1 for one in employer.positions if is_offered(one)),
        recruiters=sum(1 for one in employer.recruiters if one.removed_at is None),
        has_arrived=employer.arrived_at is not None,
    )


# -- booths ------------------------------------------------------------------------------------------------------------------


def booths(activity_id: int) -> list[Booth]:
    """Return a fair's booths with their employers, row by row."""
    return list(
        db.session.scalars(
            select(Booth)
            .outerjoin(Employer, Employer.id == Booth.employer_id)
            .where(Booth.activity_id == activity_id)
            .order_by(Booth.y, Booth.x, Booth.id)
            .options(contains_eager(Booth.employer)),
        ),
    )


def waiting(activity_id: int) -> list[Employer]:
    """Return the approved employers that wait for a booth, in the order of their waiting."""
    held = exists().where(Booth.employer_id == Employer.id)
    return list(
        db.session.scalars(
            select(Employer)
            .where(
                Employer.activity_id == activity_id,
                Employer.state == EmployerState.APPROVED,
                Employer.waiting_at.is_not(None),
                ~held,
            )
            .order_by(Employer.waiting_at, Employer.id),
        ),
    )


def free_booths(activity_id: int) -> int:
    """Return how many booths an employer can choose from."""
    found = select(func.count()).select_from(Booth).where(Booth.activity_id == activity_id, Booth.state == BoothState.FREE)
    return db.session.scalar(found) or 0


# -- positions ---------------------------------------------------------------------------------------------------------------


def is_offered(position: Position) -> bool:
    """Tell whether seekers may see a position as open, its employer being let in."""
    return position.state == PositionState.OPEN and position.hidden_at is None


def offered_by(employer: Employer) -> list[Position]:
    """Return an employer's positions that are open, its parts being loaded."""
    return [one for one in employer.positions if is_offered(one)]


def offered() -> ColumnElement[bool]:
    """Return the condition that seekers may see a position as open; join ``Employer``."""
    return and_(
        Employer.state == EmployerState.APPROVED,
        Position.state == PositionState.OPEN,
        Position.hidden_at.is_(None),
    )


def position_of(employer_id: int, position_id: int) -> Position:
    """Return a position of an employer.

    :raises NotFound: it has none of this id.
    """
    found = db.session.scalar(select(Position).where(Position.employer_id == employer_id, Position.id == position_id))
    if found is None:
        raise NotFound
    return found


def offered_position(position_id: int, now: datetime) -> Position:
    """Return a position that readers see.

    :raises NotFound: there is none, or it is closed, hidden, its employer not let in, or its fair not public.
    """
    found = db.session.scalar(
        select(Position)
        .join(Employer, Employer.id == Position.employer_id)
        .join(Activity, Activity.id == Employer.activity_id)
        .where(Position.id == position_id, offered(), programme.is_public(now))
        .options(contains_eager(Position.employer).contains_eager(Employer.activity)),
    )
    if found is None:
        raise NotFound
    return found


def earlier_positions(employer: Employer) -> list[Position]:
    """Return what the same legal entity offered at earlier fairs that let it in, newest first, each title once."""
    rows = db.session.scalars(
        select(Position)
        .join(Employer, Employer.id == Position.employer_id)
        .join(Activity, Activity.id == Employer.activity_id)
        .where(
            Employer.uscc == employer.uscc,
            Employer.activity_id != employer.activity_id,
            Employer.state == EmployerState.APPROVED,
            Position.hidden_at.is_(None),
        )
        .order_by(Activity.starts_at.desc(), Position.ordinal),
    )
    own = {(one.title_zh, one.title_en) for one in employer.positions}
    found: dict[tuple[str, str], Position] = {}
    for one in rows:
        if (one.title_zh, one.title_en) not in own:
            found.setdefault((one.title_zh, one.title_en), one)
    return list(found.values())


# -- recruiters --------------------------------------------------------------------------------------------------------------


def _is(account_id: int) -> ColumnElement[bool]:
    """Return the condition that a row of ``Recruiter`` lets an account in: by itself, or by an address it has proved."""
    own = select(Address.value).where(Address.account_id == account_id)
    return and_(
        Recruiter.removed_at.is_(None),
        or_(Recruiter.account_id == account_id, and_(Recruiter.account_id.is_(None), Recruiter.address.in_(own))),
    )


def _recruiting(account_id: int) -> Select[int]:
    return select(Recruiter.employer_id).where(_is(account_id))


def recruited_by(account_id: int) -> list[Employer]:
    """Return the employers whose recruiter somebody is, newest first."""
    return list(
        db.session.scalars(
            select(Employer)
            .where(Employer.id.in_(_recruiting(account_id)))
            .order_by(Employer.applied_at.desc(), Employer.id.desc())
            .options(selectinload(Employer.activity), *_WHOLE),
        ),
    )


def recruited(employer_id: int, account_id: int) -> Employer:
    """Return an employer through its recruiter's own row: the only way to its desk.

    :raises NotFound: there is none, or this account recruits not for it.
    """
    found = db.session.scalar(
        select(Employer)
        .where(Employer.id == employer_id, Employer.id.in_(_recruiting(account_id)))
        .options(selectinload(Employer.activity), *_WHOLE),
    )
    if found is None:
        raise NotFound
    return found


def recruiter_of(employer_id: int, account_id: int) -> Recruiter:
    """Return the row that makes somebody an employer's recruiter.

    :raises NotFound: there is none.
    """
    found = db.session.scalar(
        select(Recruiter).where(Recruiter.employer_id == employer_id, _is(account_id)).order_by(Recruiter.id).limit(1),
    )
    if found is None:
        raise NotFound
    return found


def recruiters(employer_id: int) -> list[Recruiter]:
    """Return who recruits for an employer now."""
    return list(
        db.session.scalars(
            select(Recruiter).where(Recruiter.employer_id == employer_id, Recruiter.removed_at.is_(None)).order_by(Recruiter.id),
        ),
    )


def readers(employer_id: int) -> list[int]:
    """Return the accounts that get an employer's messages: its recruiters', as far as they have signed in once."""
    linked = (
        select(func.coalesce(Recruiter.account_id, Address.account_id))
        .outerjoin(Address, Address.value == Recruiter.address)
        .where(
            Recruiter.employer_id == employer_id,
            Recruiter.removed_at.is_(None),
            or_(Recruiter.account_id.is_not(None), Address.account_id.is_not(None)),
        )
    )
    return sorted(set(db.session.scalars(linked)))


# -- reports and figures -----------------------------------------------------------------------------------------------------


def reports(activity_id: int, *, is_open: bool) -> list[PositionReport]:
    """Return reports of a fair's positions: open ones oldest first, decided ones newest first."""
    order = PositionReport.id if is_open else PositionReport.decided_at.desc()
    state = PositionReport.state == ReportState.OPEN
    return list(
        db.session.scalars(
            select(PositionReport)
            .join(Position, Position.id == PositionReport.position_id)
            .join(Employer, Employer.id == Position.employer_id)
            .where(Employer.activity_id == activity_id, state if is_open else ~state)
            .order_by(order)
            .limit(200)
            .options(contains_eager(PositionReport.position).contains_eager(Position.employer)),
        ),
    )


def report_of(activity_id: int, report_id: int) -> PositionReport:
    """Return a report of a position of a fair.

    :raises NotFound: there is none.
    """
    found = db.session.scalar(
        select(PositionReport)
        .join(Position, Position.id == PositionReport.position_id)
        .join(Employer, Employer.id == Position.employer_id)
        .where(Employer.activity_id == activity_id, PositionReport.id == report_id)
        .options(contains_eager(PositionReport.position).contains_eager(Position.employer)),
    )
    if found is None:
        raise NotFound
    return found


def entered(employer_id: int) -> dict[Figure, FairFigure]:
    """Return the figures that an employer has entered."""
    found = db.session.scalars(select(FairFigure).where(FairFigure.employer_id == employer_id))
    return {one.figure: one for one in found}


def employer_id_of(activity_id: int, position_id: int) -> int:
    """Return whose position it is, open or not.

    :raises NotFound: the fair has none of this id.
    """
    found = db.session.scalar(
        select(Position.employer_id)
        .join(Employer, Employer.id == Position.employer_id)
        .where(Employer.activity_id == activity_id, Position.id == position_id),
    )
    if found is None:
        raise NotFound
    return found
