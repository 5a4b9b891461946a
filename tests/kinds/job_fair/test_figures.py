"""The nine figures of a fair: counted from rows, completed and replaced by hand, each marked; and the sheet."""

import io
from decimal import Decimal

import openpyxl
from sqlalchemy import select

from festival.accounts.rules import Role
from festival.audit.models import AuditEntry
from festival.kinds.job_fair.employers import service
from festival.kinds.job_fair.employers.rules import Figure, PositionState
from festival.kinds.job_fair.figures import queries
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.signups.models import SignUp
from festival.signups.rules import State
from tests.builders import make_sign_up, make_staff
from tests.kinds.job_fair.fair import booth_ids, make_employer, make_fair, offered, owner
from tests.web import Browser


def values(fair):
    """Return each figure with its source."""
    return {str(line.figure): (line.value, str(line.source)) for line in queries.figures(fair.id)}


def test_the_nine_figures_are_counted_from_rows_and_say_what_was_entered_by_hand(app):
    fair = make_fair(slug="fair")
    nothing = values(fair)
    came, missing = make_employer(fair, 1), make_employer(fair, 2)
    make_employer(make_fair(), 1)
    staff = make_staff()
    for employer, booth in zip((came, missing), booth_ids(fair), strict=False):
        with transaction():
            service.choose_booth(employer.id, booth, owner(employer))
            service.save_position(employer.id, None, offered("工程师", openings=3), owner(employer))
            service.save_position(employer.id, None, offered("会计", state=PositionState.CLOSED), owner(employer))
    with clock.frozen_at(fair.starts_at), transaction():
        service.arrive(came.id, staff.id)
        service.release(missing.id, staff.id)
    visitor = make_sign_up(fair, party_size=2)
    with transaction():
        row = db.session.get_one(SignUp, visitor.id)
        row.arrived, row.state, row.first_in_at = 2, State.ATTENDED, fair.starts_at
        service.set_figure(fair.id, came.id, Figure.INTENTS, 4, owner(came))
        service.set_figure(fair.id, came.id, Figure.SIGNED, 1, owner(came))
        service.set_figure(fair.id, None, Figure.SIGNED, 9, staff.id)
        service.set_figure(fair.id, None, Figure.CVS, 7, staff.id)
        service.set_figure(fair.id, None, Figure.CVS, None, staff.id)

    assert list(nothing) == [str(figure) for figure in Figure]
    assert (nothing["employers"], nothing["ratio"]) == ((0, "counted"), (None, "reasoned"))
    assert values(fair) == {
        "employers": (1, "counted"),
        "positions": (2, "counted"),
        "openings": (5, "counted"),
        "visitors": (2, "counted"),
        "cvs": (0, "counted"),
        "interviews": (0, "counted"),
        "intents": (4, "completed"),
        "signed": (9, "entered"),
        "ratio": (Decimal("2.50"), "reasoned"),
    }

    organizer, auditor = (Browser(app).sign_in(make_staff(role)) for role in (Role.ORGANIZER, Role.AUDITOR))
    wrong = organizer.post_form("/manage/activities/fair/figures", {"figure": "visitors", "value": "-1"})
    computed = organizer.post_form("/manage/activities/fair/figures", {"figure": "ratio", "value": "3"})
    file = auditor.get("/manage/activities/fair/figures.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(file.response.data)).active
    assert sheet is not None
    table = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    db.session.rollback()

    assert (wrong.status, computed.status, auditor.get("/manage/activities/fair/figures").status) == (422, 422, 200)
    assert [row[:3] for row in table if row and isinstance(row[0], int)] == [
        [1, "参会单位数", 1],
        [2, "提供岗位数", 2],
        [3, "招聘人数", 5],
        [4, "进场人数", 2],
        [5, "收到简历份数", 0],
        [6, "预约面试人次", 0],
        [7, "初步达成意向人数", 4],
        [8, "现场签约人数", 9],
        [9, "求人倍率", "2.50"],
    ]
    assert db.session.scalars(select(AuditEntry.action).where(AuditEntry.action == "fair.export")).all() == ["fair.export"]
