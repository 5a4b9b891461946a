"""Counting a fair: always the same few questions."""

from sqlalchemy import func, select

from festival.kinds.job_fair.employers.models import Employer, FairFigure, Position
from festival.kinds.job_fair.employers.rules import EmployerState, Figure
from festival.kinds.job_fair.figures.rules import Line, lines
from festival.kinds.job_fair.seekers import queries as seekers
from festival.lib.db import db
from festival.signups.models import SignUp


def figures(activity_id: int) -> list[Line]:
    """Return a fair's nine figures, as they stand."""
    by_employers, by_staff = _by_hand(activity_id)
    return lines(_counted(activity_id), by_employers, by_staff)


def _counted(activity_id: int) -> dict[Figure, int]:
    """Count from rows. An employer has taken part when its people came; what it offered counts unless it was a fake."""
    let_in = (Employer.activity_id == activity_id, Employer.state == EmployerState.APPROVED)
    came = db.session.scalar(select(func.count()).select_from(Employer).where(*let_in, Employer.arrived_at.is_not(None)))
    positions, openings = db.session.execute(
        select(func.count(), func.coalesce(func.sum(Position.openings), 0))
        .select_from(Position)
        .join(Employer, Employer.id == Position.employer_id)
        .where(*let_in, Employer.missed_at.is_(None), Position.hidden_at.is_(None)),
    ).one()
    visitors = db.session.scalar(select(func.coalesce(func.sum(SignUp.arrived), 0)).where(SignUp.activity_id == activity_id))
    applied = seekers.figures(activity_id)
    return {
        Figure.EMPLOYERS: came or 0,
        Figure.POSITIONS: positions,
        Figure.OPENINGS: int(openings),
        Figure.VISITORS: int(visitors or 0),
        Figure.CVS: applied.applications,
        Figure.INTERVIEWS: applied.interviews,
        Figure.INTENTS: applied.intents,
        Figure.SIGNED: applied.signed,
    }


def _by_hand(activity_id: int) -> tuple[dict[Figure, int], dict[Figure, int]]:
    """Return what was entered by hand: the employers' sums, and the organizers' for the fair."""
    rows = db.session.execute(
        select(FairFigure.figure, FairFigure.employer_id.is_(None).label("is_fairs"), func.sum(FairFigure.value).label("value"))
        .outerjoin(Employer, Employer.id == FairFigure.employer_id)
        .where(
            FairFigure.activity_id == activity_id,
            FairFigure.employer_id.is_(None) | (Employer.state == EmployerState.APPROVED),
        )
        .group_by(FairFigure.figure, FairFigure.employer_id.is_(None)),
    ).all()
    by_employers = {Figure(row.figure): int(row.value) for row in rows if not row.is_fairs}
    by_staff = {Figure(row.figure): int(row.value) for row in rows if row.is_fairs}
    return by_employers, by_staff
