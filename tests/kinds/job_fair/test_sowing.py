"""The fair's employers come from the programme, and what people have changed since stays."""

from sqlalchemy import func, select

from festival.kinds.job_fair.employers.models import Booth, Employer, Position
from festival.kinds.job_fair.employers.rules import BoothState, EmployerState
from festival.lib.db import db, transaction
from festival.lib.identifiers import uscc_problem
from tests.seed.programme import loaded


def test_the_programmes_employers_stand_at_their_booths_and_a_second_load_leaves_what_was_changed(app):
    loaded()
    employers = db.session.scalars(select(Employer).order_by(Employer.key)).all()
    positions = db.session.execute(select(func.count(), func.sum(Position.openings)).select_from(Position)).one()
    with transaction():
        last = db.session.scalars(select(Booth).where(Booth.row == "B", Booth.number == 8)).one()
        last.employer_id, last.state = None, BoothState.FREE
        first = db.session.scalars(select(Position).order_by(Position.id).limit(1)).one()
        first.openings = 9
    again = loaded()

    assert [(one.key, one.booth.label if one.booth else None) for one in employers[::7]] == [
        ("c01", "A01"),
        ("c08", "A08"),
        ("c15", "B07"),
    ]
    assert {one.state for one in employers} == {EmployerState.APPROVED}
    assert {uscc_problem(one.uscc) for one in employers} == {None}
    assert (len(employers), len({one.uscc for one in employers})) == (16, 16)
    assert tuple(positions) == (56, 230)
    assert db.session.scalar(select(func.count()).select_from(Booth)) == 60
    assert again.is_quiet
    assert (last.employer_id, first.openings) == (None, 9)
