"""A fair for tests: built from the programme's details, at any time from now, with few booths."""

import dataclasses
import json
from datetime import datetime, time, timedelta

from festival.kinds.job_fair.details import JobFairDetails
from festival.kinds.job_fair.employers import service
from festival.kinds.job_fair.employers.models import Booth, Employer
from festival.kinds.job_fair.employers.rules import (
    BoothState,
    Education,
    EmployerState,
    Industry,
    Paper,
    PayPer,
    PositionState,
    Size,
)
from festival.kinds.job_fair.employers.service import Applied, Offered
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.identifiers import uscc_check_digit
from festival.lib.uploads import PDF, Upload
from festival.programme.models import Activity
from festival.seed.files import read
from tests.builders import make_activity, make_person, make_staff

LICENCE = Upload("营业执照.pdf", PDF, b"%PDF-1.7\nlicence\n%%EOF")
_details: list[JobFairDetails] = []


def uscc(number: int) -> str:
    """Return a code that is in order."""
    stem = f"91120103TEST{number:05}".replace("S", "5")
    return stem + uscc_check_digit(stem)


def make_fair(*, starts_in: timedelta = timedelta(days=10), booths: int = 3, **more) -> Activity:
    """Return a published fair whose employers may apply now; they must arrive 20 minutes before it starts."""
    if not _details:
        entry = next(one for one in read().activities if one.kind == "job_fair")
        _details.append(JobFairDetails.model_validate_json(json.dumps(entry.details, default=str)))
    # At nine: what is planned for minutes before it starts is on the same day, whatever the time now.
    opens = datetime.combine(clock.local_day(clock.now() + starts_in), time(9), clock.ZONE)
    starts_in = opens - clock.now().replace(microsecond=0)
    fair = make_activity(kind="job_fair", starts_in=starts_in, lasts=timedelta(hours=6), closes_in=None, **more)
    now, details = clock.now(), _details[0]
    registration = details.registration.model_copy(
        update={
            "opens_at": now - timedelta(days=2),
            "closes_at": fair.starts_at - timedelta(days=1),
            "arrive_by": fair.starts_at - timedelta(minutes=20),
        },
    )
    with transaction():
        kept = db.session.get_one(Activity, fair.id)
        kept.details = details.model_copy(
            update={"registration": registration, "employers": details.employers[:1]}
        ).model_dump_json()
        for number in range(1, booths + 1):
            db.session.add(Booth(activity_id=fair.id, row="A", number=number, x=number - 1, y=0, state=BoothState.FREE))
    return fair


def applied(number: int = 1, **changes) -> Applied:
    """Return what an employer says of itself."""
    return dataclasses.replace(
        Applied(uscc(number), f"第{number}公司", f"Company {number}", Industry.IT, Size.SMALL, "", f"经办人{number}"), **changes
    )


def make_employer(fair: Activity, number: int = 1, state: EmployerState = EmployerState.APPROVED, person=None) -> Employer:
    """Return an employer of a fair; its applicant is a person of its own."""
    person = person or make_person()
    with transaction():
        made = service.apply(fair.id, person.id, applied(number), {Paper.LICENCE: LICENCE})
    if state != EmployerState.APPLIED:
        staff = make_staff()
        with transaction():
            service.review(made.id, state, staff.id, revision=1, note="原因", fields=["licence"])
    return db.session.get_one(Employer, made.id)


def offered(title: str = "工程师", **changes) -> Offered:
    """Return what a position says."""
    whole = Offered(title, "", 2, Education.BACHELOR, 6000, 9000, PayPer.MONTH, "", "", "", PositionState.OPEN)
    return dataclasses.replace(whole, **changes)


def booth_ids(fair: Activity) -> list[int]:
    """Return a fair's booths, in their order."""
    return [one.id for one in db.session.query(Booth).filter_by(activity_id=fair.id).order_by(Booth.number)]


def owner(employer: Employer) -> int:
    """Return who applied for an employer."""
    assert employer.applicant_id is not None
    return employer.applicant_id
