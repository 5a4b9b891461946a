"""The employers' part of the demo: three more that apply, one of them to be reviewed, and a report of a position."""

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select

from festival.accounts import queries as people
from festival.accounts.models import Account
from festival.accounts.rules import Channel, Reachable
from festival.accounts.service import person_of
from festival.kinds.job_fair.employers import queries, service
from festival.kinds.job_fair.employers.models import Employer
from festival.kinds.job_fair.employers.rules import (
    Education,
    EmployerState,
    Industry,
    Paper,
    PayPer,
    PositionState,
    ReportReason,
    Size,
)
from festival.kinds.job_fair.employers.service import Applied, Offered
from festival.lib import clock
from festival.lib.db import db
from festival.lib.identifiers import uscc_check_digit
from festival.lib.uploads import PDF, Upload
from festival.programme.models import Activity
from festival.seed.diary import Diary
from festival.seed.people import MOBILE
from festival.signups.models import SignUp

_PAPER = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
_LICENCE = Upload("营业执照副本（演示）.pdf", PDF, _PAPER)
#: Name in both languages, industry, what becomes of the application. Who applied signs in with 15400009101 and so on.
_MORE = (
    ("津湾数字创意有限公司（演示）", "Jinwan Digital Creative (demo)", Industry.CULTURE, EmployerState.APPLIED),
    ("柳林精密仪器有限公司（演示）", "Liulin Precision Instruments (demo)", Industry.OTHER, EmployerState.RETURNED),
    ("洞庭路设计咨询有限公司（演示）", "Dongting Road Design Consulting (demo)", Industry.DESIGN, EmployerState.APPROVED),
)
_FIRST_NUMBER = 9101
#: On the day: the first stand at their booths so long before they must, one after the other; so many are late.
_EARLIEST, _APART, _LATE = timedelta(minutes=55), timedelta(minutes=3), 2


def enliven(activity: Activity, diary: Diary) -> None:
    """Let more employers apply, and somebody report a position; on the day those with a booth come, but for some."""
    if diary.is_first:
        _before(activity, diary.until)
    arrival = service.arrive_by(activity, queries.details(activity))
    if diary.spans(arrival - _EARLIEST, arrival):
        diary.at(arrival - _EARLIEST, partial(_come, activity.id, arrival, diary))


def _before(activity: Activity, until: datetime) -> None:
    opened = queries.details(activity).registration.opens_at + timedelta(days=1)
    if until < opened or db.session.scalar(select(Employer.id).where(Employer.key.is_(None)).limit(1)) is not None:
        return
    reviewer = people.staff_named("reviewer") or people.staff_named("admin")
    with clock.frozen_at(opened):
        for number, (name_zh, name_en, industry, state) in enumerate(_MORE, start=_FIRST_NUMBER):
            _apply(activity, number, Applied(_code(number), name_zh, name_en, industry, Size.SMALL, "", ""), state, reviewer)
    _report(activity, until)


def _come(activity_id: int, arrival: datetime, diary: Diary) -> None:
    """Let those with a booth be ticked off one after the other; the last are late, and their booths can be released."""
    organizer = people.staff_named("organizer")
    booths = [one for one in queries.booths(activity_id) if one.employer_id is not None]
    if organizer is None:
        return
    for turn, booth in enumerate(booths[:-_LATE]):
        assert booth.employer_id is not None
        diary.at(arrival - _EARLIEST + turn * _APART, partial(service.arrive, booth.employer_id, organizer.id))


def _code(number: int) -> str:
    stem = f"91120103DEM{number:06}"
    return stem + uscc_check_digit(stem)


def _apply(activity: Activity, number: int, said: Applied, state: EmployerState, reviewer: Account | None) -> None:
    person = person_of(Reachable(Channel.MOBILE, MOBILE.format(number=number)), name=f"经办人{number - _FIRST_NUMBER + 1}")
    asked = Applied(said.uscc, said.name_zh, said.name_en, said.industry, said.size, said.about, person.name)
    employer = service.apply(activity.id, person.id, asked, {Paper.LICENCE: _LICENCE})
    if state == EmployerState.APPLIED or reviewer is None:
        return
    note, fields = ("营业执照看不清，请重新上传。", ["licence"]) if state == EmployerState.RETURNED else ("", [])
    service.review(employer.id, state, reviewer.id, revision=employer.revision, note=note, fields=fields)
    if state == EmployerState.APPROVED:
        offered = Offered(
            "室内设计师", "Interior designer", 2, Education.BACHELOR, 7000, 11000, PayPer.MONTH, "", "", "", PositionState.OPEN
        )
        service.save_position(employer.id, None, offered, person.id)


def _report(activity: Activity, until: datetime) -> None:
    """Let somebody who signed up doubt a position."""
    person_id = db.session.scalar(
        select(SignUp.person_id).where(SignUp.activity_id == activity.id).order_by(SignUp.id).limit(1),
    )
    found = [one for employer in queries.public_employers(activity.id) for one in queries.offered_by(employer)]
    if person_id is None or not found:
        return
    with clock.frozen_at(until - timedelta(hours=5)):
        service.report(found[-1].id, person_id, ReportReason.PAY, "面试时说的薪资比页面上少一半。")
