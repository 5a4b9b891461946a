"""The fair's part of the demo: some of those who signed up keep CVs and apply, recruiters answer, and a booth calls numbers."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, time, timedelta
from functools import partial
from random import Random

from sqlalchemy import select

from festival.accounts.models import Account
from festival.accounts.rules import Channel, Reachable
from festival.accounts.service import person_of
from festival.kinds.job_fair.employers.models import Employer, Recruiter
from festival.kinds.job_fair.employers.service import name_recruiter
from festival.kinds.job_fair.seekers import cvs, numbers, queries, service
from festival.kinds.job_fair.seekers.models import Application, Interview
from festival.kinds.job_fair.seekers.rules import JobRefused
from festival.kinds.job_fair.seekers.service import ApplyRequest
from festival.lib import clock
from festival.lib.db import db
from festival.lib.uploads import PDF, Upload
from festival.programme.models import Activity
from festival.seed.diary import Diary
from festival.seed.people import MOBILE
from festival.signups.models import SignUp
from festival.signups.rules import State

_SEEKERS = 24
#: Employers whose recruiters answer in the demo, from the first booth on.
_ANSWERING = 4
_IN_THE_QUEUE = 9
#: When the first numbers are taken after the start, how often and how many times a booth calls, and when an interview is over.
_BOOTHS_FILL, _APART, _CALLS = timedelta(minutes=35), timedelta(minutes=13), 7
_TALK = timedelta(minutes=12)


def enliven(activity: Activity, diary: Diary) -> None:
    """Let people apply and be answered before the fair; on its day numbers are called, and interviews come to something."""
    if diary.is_first:
        _before(activity, diary.until)
    if diary.spans(activity.starts_at, activity.ends_at):
        diary.at(activity.starts_at + _BOOTHS_FILL, partial(_queue, activity.id))
        for turn in range(_CALLS):
            diary.at(activity.starts_at + _BOOTHS_FILL + (turn + 1) * _APART, partial(_call, activity.id))
        for interview in _interviews(activity.id):
            diary.at(_begins_at(interview) + _TALK, partial(_conclude, interview.application_id, interview.id))


def _before(activity: Activity, until: datetime) -> None:
    chance = Random("job fair")  # noqa: S311  # no secret: the same every time
    people = _people(activity)
    employers = queries.employers_of(activity.id)
    if not people or not employers:
        return
    readers = {employer.id: _recruiter(employer, number) for number, employer in enumerate(employers[:_ANSWERING], start=1)}
    made = [application for person in people for application in _apply(person, employers, until, chance)]
    for number, application in enumerate(one for one in made if one.employer_id in readers):
        _answer(application, readers[application.employer_id], number)


def _people(activity: Activity) -> list[Account]:
    """Return some who have a place, the first of them first."""
    found = db.session.scalars(
        select(Account)
        .join(SignUp, SignUp.person_id == Account.id)
        .where(SignUp.activity_id == activity.id, SignUp.state == State.CONFIRMED, Account.name != "")
        .order_by(SignUp.id)
        .limit(_SEEKERS),
    )
    return list(found)


def _recruiter(employer: Employer, number: int) -> Account:
    """Return the account of an employer's recruiter, who signs in with 15400009001 and so on."""
    known = next((one for one in queries.recruiters(employer.id) if one.account_id is not None), None)
    if known is not None:
        return db.session.get_one(Account, known.account_id)
    address = Reachable(Channel.MOBILE, MOBILE.format(number=9000 + number))
    account = person_of(address, name=f"招聘专员{number}")
    name_recruiter(employer.id, address, account.name, account.id)
    return account


def _apply(person: Account, employers: list[Employer], until: datetime, chance: Random) -> Iterable[Application]:
    """Let somebody keep a CV and apply for one to four positions, mostly of the first employers, within the last week."""
    at = until - timedelta(minutes=chance.randrange(600, 6000))
    with clock.frozen_at(at):
        cvs.keep(person.id, Upload(f"{person.name}-简历.pdf", PDF, _pdf()))
        weighted = employers[:_ANSWERING] * 3 + employers
        positions = [chance.choice(employer.positions) for employer in chance.sample(weighted, chance.randrange(1, 5))]
        return [service.apply(person.id, position.id, ApplyRequest(person.name)) for position in dict.fromkeys(positions)]


def _answer(application: Application, reader: Account, number: int) -> None:
    """Let a recruiter answer: of six, one is left unread, one only read, one shortlisted, two invited, one turned down."""
    turn = number % 6
    if turn == 0:
        return
    with clock.frozen_at(clock.now() - timedelta(minutes=500 - number)):
        cvs.hand_over(reader.id, application.id)
        if turn == 2:  # noqa: PLR2004
            service.shortlist(reader.id, application.id)
        elif turn in {3, 4}:
            _invite(application, reader, books=turn == 3)  # noqa: PLR2004
        elif turn == 5:  # noqa: PLR2004
            service.turn_down(reader.id, application.id)


def _invite(application: Application, reader: Account, *, books: bool) -> None:
    """Invite to an interview; who books takes the first time that they can keep."""
    service.invite(reader.id, application.id, [])
    if not books:
        return
    timetable = service.timetable_of(db.session.get_one(Activity, application.activity_id))
    assert timetable is not None
    for chair in queries.free_chairs(application, timetable, clock.now()):
        try:
            service.book(application.person_id, application.id, chair)
        except JobRefused:
            continue
        return


def _queue(activity_id: int) -> None:
    """Let people take numbers at the booths whose recruiters answer: at each a few, most of them at the first."""
    people = _people(db.session.get_one(Activity, activity_id))
    for turn, employer in enumerate(queries.employers_of(activity_id)[:_ANSWERING]):
        for person in people[turn : turn + _IN_THE_QUEUE - turn]:
            with suppress(JobRefused):  # somebody waits at enough booths already
                numbers.take(person.id, employer.id)


def _call(activity_id: int) -> None:
    """Let each of these booths call the next one."""
    for employer in queries.employers_of(activity_id)[:_ANSWERING]:
        recruiter = next((one for one in queries.recruiters(employer.id) if one.account_id is not None), None)
        session = queries.session_on(activity_id, clock.now())
        if recruiter is not None and recruiter.account_id is not None and session is not None:
            called = queries.called_by(recruiter.id, session.id)
            numbers.call_next(recruiter.account_id, employer.id, seen=called.id if called else 0)


def _interviews(activity_id: int) -> list[Interview]:
    """Return the interviews that are booked with recruiters of the demo."""
    found = [one for employer in queries.employers_of(activity_id)[:_ANSWERING] for one in queries.interviews_with(employer.id)]
    return sorted(found, key=lambda one: one.id)


def _begins_at(interview: Interview) -> datetime:
    midnight = datetime.combine(queries.day_of(interview.session), time(), clock.ZONE)
    return midnight + timedelta(minutes=interview.minute)


def _conclude(application_id: int, turn: int) -> None:
    """Let an interview come to something: two of three mean to sign, and every second of those does."""
    reader = db.session.scalar(
        select(Recruiter.account_id)
        .join(Application, Application.employer_id == Recruiter.employer_id)
        .where(Application.id == application_id, Recruiter.account_id.is_not(None))
        .order_by(Recruiter.id)
        .limit(1),
    )
    if reader is None:
        return
    if turn % 3 == 0:
        service.turn_down(reader, application_id)
        return
    service.mark_intent(reader, application_id)
    if turn % 2:
        service.mark_signed(reader, application_id, signed=True)


def _pdf() -> bytes:
    """Return a page that says what it is; every reader opens it."""
    words = b"BT /F1 24 Tf 72 760 Td (Curriculum vitae - demo) Tj ET"
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(words), words),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    count = len(parts) + 1
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        count,
        table,
        count,
        start,
    )
