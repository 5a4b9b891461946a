"""What seats hold about a person: where they sit, and what they were told of it."""

from sqlalchemy import delete, select

from festival.accounts.personal import Holding, Rows, rows
from festival.lib.db import db
from festival.seats import queries
from festival.seats.models import SeatGiven, SeatTold
from festival.signups.models import SignUp


def _export(account_id: int) -> Rows:
    ids = list(db.session.scalars(select(SignUp.id).where(SignUp.person_id == account_id)))
    words = queries.labels(ids)
    given = [
        {**row, "seat": words.get(_sign_up(row), "")}
        for row in rows(SeatGiven, SeatGiven.sign_up_id.in_(ids), without=("by_id",))
    ]
    return {"seat_given": given, "seat_told": rows(SeatTold, SeatTold.sign_up_id.in_(ids))}


def _sign_up(row: object) -> int:
    assert isinstance(row, dict)
    return int(row["sign_up_id"])


def _erase(account_id: int) -> None:
    """Forget who sat where: the seat itself stays in the hall."""
    ids = select(SignUp.id).where(SignUp.person_id == account_id)
    for table in (SeatGiven, SeatTold):
        db.session.execute(delete(table).where(table.sign_up_id.in_(ids)))


HOLDING = Holding(tables=frozenset({"seat_given", "seat_told"}), export=_export, erase=_erase)
