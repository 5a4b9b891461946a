"""Brings a fair's booths, employers and positions up to the programme. What employers and organizers have changed stays."""

from sqlalchemy import select

from festival.kinds.job_fair import details as programme
from festival.kinds.job_fair.employers.models import Booth, Employer, Position
from festival.kinds.job_fair.employers.rules import BoothState, Education, EmployerState, Industry, PayPer, PositionState, Size
from festival.lib import clock
from festival.lib.db import db
from festival.lib.identifiers import uscc_check_digit
from festival.programme.kinds import Details
from festival.programme.models import Activity
from festival.seed.sowing import Sower, both

#: Codes of the programme's employers, invented as they are: a district of Tianjin, then letters that no authority gives.
_INVENTED = "91120103DEM"


def sow(sower: Sower, activity: Activity, details: Details) -> None:
    """Load what the programme says of a fair into the fair's own tables."""
    if not isinstance(details, programme.JobFairDetails):
        return
    booths = _booths(sower, activity, details.booths)
    known = {
        one.key: one
        for one in db.session.scalars(select(Employer).where(Employer.activity_id == activity.id))
        if one.key is not None
    }
    for number, entry in enumerate(details.employers, start=1):
        is_new = entry.key not in known
        row = _employer(sower, activity, entry, known.get(entry.key), number)
        db.session.flush()
        if is_new:
            _stand(booths[entry.booth], row)
        _positions(sower, row, entry)
    sower.name_left_behind("employer", known, [entry.key for entry in details.employers])


def _booths(sower: Sower, activity: Activity, hall: programme.Booths) -> dict[str, Booth]:
    """Return the hall's booths by their names, made where they are missing."""
    known = {one.label: one for one in db.session.scalars(select(Booth).where(Booth.activity_id == activity.id))}
    for y, row in enumerate(hall.rows):
        for number in range(1, hall.per_row + 1):
            if f"{row}{number:02}" not in known:
                place = {"row": row, "number": number, "x": number - 1, "y": y}
                booth = sower.make(Booth, place, activity_id=activity.id, state=BoothState.FREE)
                known[booth.label] = booth
    return known


def _employer(sower: Sower, activity: Activity, entry: programme.Employer, row: Employer | None, number: int) -> Employer:
    stem = f"{_INVENTED}{number:06}"
    at = clock.wall()
    values = {**both("name", entry.name), "industry": Industry(entry.industry), "size": Size(entry.size)}
    return sower.plant(
        Employer,
        row,
        values,
        name=f"employer {entry.key}",
        activity_id=activity.id,
        key=entry.key,
        uscc=stem + uscc_check_digit(stem),
        state=EmployerState.APPROVED,
        state_at=at,
        applied_at=at,
    )


def _stand(booth: Booth, employer: Employer) -> None:
    """Put a new employer at the booth the programme gives it, if nobody else stands there."""
    if booth.employer_id is None:
        booth.employer_id, booth.state, booth.state_at = employer.id, BoothState.TAKEN, clock.wall()


def _positions(sower: Sower, employer: Employer, entry: programme.Employer) -> None:
    known = {one.ordinal: one for one in db.session.scalars(select(Position).where(Position.employer_id == employer.id))}
    for ordinal, position in enumerate(entry.positions, start=1):
        pay = position.pay
        values = {
            **both("title", position.title),
            **both("pay_note", pay.note),
            "openings": position.openings,
            "education": Education(position.education),
            "pay_min": pay.min,
            "pay_max": pay.max,
            "pay_per": None if pay.per is None else PayPer(pay.per),
        }
        sower.plant(
            Position,
            known.get(ordinal),
            values,
            name=f"position {entry.key}.{ordinal}",
            employer_id=employer.id,
            ordinal=ordinal,
            state=PositionState.OPEN,
            updated_at=clock.wall(),
        )
