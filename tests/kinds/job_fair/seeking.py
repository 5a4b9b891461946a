"""A fair with employers and recruiters, two days ahead, for tests of seekers."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import count

import yaml
from sqlalchemy import select

from festival.accounts.models import Account
from festival.accounts.rules import Channel
from festival.kinds.job_fair.details import JobFairDetails
from festival.kinds.job_fair.employers.models import Booth, Employer, Position, Recruiter
from festival.kinds.job_fair.employers.rules import BoothState, Education, EmployerState, Industry, PayPer, PositionState, Size
from festival.kinds.job_fair.seekers import cvs, service
from festival.kinds.job_fair.seekers.models import Application, CvVersion
from festival.kinds.job_fair.seekers.rules import Chair
from festival.kinds.job_fair.seekers.service import ApplyRequest
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.uploads import PDF, Upload
from festival.outbox.models import Message
from festival.programme.models import Activity, Slot
from festival.seed.files import FOLDER
from tests.builders import make_activity, make_person, make_sign_up

GOOD_PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
#: Friday morning before the fair of Sunday.
NOW = datetime(2023, 6, 16, 10, tzinfo=clock.ZONE)
OPENING = datetime(2023, 6, 18, 9, tzinfo=clock.ZONE)
_numbers = count(1)


@cache
def _details() -> str:
    document = yaml.safe_load((FOLDER / "activities" / "job-fair.yaml").read_text(encoding="utf-8"))
    return JobFairDetails.model_validate_json(json.dumps(document["details"], default=str)).model_dump_json()


@dataclass(frozen=True)
class Fair:
    """A fair with one employer, its booth, position and recruiter."""

    activity: Activity
    session: Slot
    employer: Employer
    position: Position
    recruiter: Recruiter
    reader: Account

    def at(self, hour: int, minute: int = 0, recruiter: Recruiter | None = None) -> Chair:
        """Return a recruiter's time."""
        return Chair((recruiter or self.recruiter).id, self.session.id, hour * 60 + minute)


def make_fair(*, slug: str = "job-fair") -> Fair:
    """Return a fair on 18 June 2023, 9:00 to 15:30, with the programme's rules: interviews of 10 minutes from 9:30 to 15:00."""
    activity = make_activity(
        slug=slug,
        kind="job_fair",
        capacity=100,
        starts_in=OPENING - clock.now(),
        lasts=timedelta(hours=6, minutes=30),
        closes_in=OPENING - clock.now(),
    )
    with transaction():
        db.session.get_one(Activity, activity.id).details = _details()
    session = db.session.scalars(select(Slot).where(Slot.activity_id == activity.id)).one()
    employer, position = make_employer(activity)
    recruiter, reader = make_recruiter(employer)
    return Fair(activity, session, employer, position, recruiter, reader)


def make_employer(activity: Activity, *, name: str = "云帆科技", title: str = "数据分析师") -> tuple[Employer, Position]:
    """Return an approved employer at a booth with one open position."""
    number, at = next(_numbers), clock.now()
    with transaction():
        employer = Employer(
            activity_id=activity.id,
            uscc=f"91120103DEM{number:07}",
            name_zh=name,
            name_en="Yunfan",
            industry=Industry.IT,
            size=Size.SMALL,
            state=EmployerState.APPROVED,
            state_at=at,
            applied_at=at,
        )
        db.session.add(employer)
        db.session.flush()
        db.session.add(
            Booth(
                activity_id=activity.id,
                row="A",
                number=number,
                x=number,
                y=0,
                state=BoothState.TAKEN,
                employer_id=employer.id,
                state_at=at,
            ),
        )
    return employer, make_position(employer, title=title)


def make_position(employer: Employer, *, title: str = "数据分析师", pay: tuple[int, int] = (7000, 10000)) -> Position:
    """Return an open position of an employer."""
    with transaction():
        position = Position(
            employer_id=employer.id,
            ordinal=next(_numbers),
            title_zh=title,
            title_en="Data analyst",
            openings=2,
            education=Education.BACHELOR,
            pay_min=pay[0],
            pay_max=pay[1],
            pay_per=PayPer.MONTH,
            state=PositionState.OPEN,
            updated_at=clock.now(),
        )
        db.session.add(position)
    return position


def make_recruiter(employer: Employer) -> tuple[Recruiter, Account]:
    """Return a recruiter of an employer, and the account they sign in with."""
    account = make_person(name="招聘专员")
    with transaction():
        recruiter = Recruiter(
            employer_id=employer.id,
            name="招聘专员",
            channel=Channel.MOBILE,
            address=f"137{next(_numbers):08}",
            account_id=account.id,
            named_at=clock.now(),
        )
        db.session.add(recruiter)
    return recruiter, account


def make_seeker(fair: Fair | None = None, *, name: str = "李小雨", content: bytes = GOOD_PDF) -> Account:
    """Return somebody with a CV; of a fair, with a place in it."""
    person = make_person(name=name)
    with transaction():
        cvs.keep(person.id, Upload("简历.pdf", PDF, content))
    if fair is not None:
        make_sign_up(fair.activity, person=person)
    return person


def applied(person: Account, position: Position) -> Application:
    """Return somebody's application for a position."""
    with transaction():
        return service.apply(person.id, position.id, ApplyRequest(person.name))


def invited(fair: Fair, person: Account, *chairs: Chair) -> Application:
    """Return somebody's application to a fair's employer, invited at some times or at any."""
    application = applied(person, fair.position)
    with transaction():
        service.invite(fair.reader.id, application.id, chairs)
    return application


def newest_cv(person: Account) -> CvVersion:
    """Return the newest version of somebody's CV."""
    return db.session.scalars(select(CvVersion).where(CvVersion.person_id == person.id).order_by(CvVersion.id.desc())).first()  # type: ignore[return-value]  # a seeker has one


def told(person: Account) -> list[str]:
    """Return the kinds of messages owed to somebody, in their order."""
    return list(db.session.scalars(select(Message.kind).where(Message.account_id == person.id).order_by(Message.id)))
