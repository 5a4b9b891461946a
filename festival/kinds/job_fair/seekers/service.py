"""Applying, answering, inviting and booking. Everything runs inside ``transaction()``.

Locks: the seeker's account, then the fair. Both sides of an application thus act one after the other, and so do all who book an
interview at a fair.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from sqlalchemy import ColumnElement, delete, update

from festival.accounts.service import lock_account
from festival.kinds.job_fair.details import JobFairDetails, later_in_the_day
from festival.kinds.job_fair.employers.rules import PositionState
from festival.kinds.job_fair.seekers import queries, rules
from festival.kinds.job_fair.seekers.models import (
    Application,
    ApplicationNote,
    ApplicationStep,
    BoothNumber,
    CvVersion,
    Interview,
    InterviewOffer,
)
from festival.kinds.job_fair.seekers.rules import HELD, Chair, Entry, JobRefused, Reason, Side, State, Timetable, Turn
from festival.lib.db import database_now, db
from festival.lib.errors import NotFound
from festival.lib.sealing import seal
from festival.outbox.service import owe
from festival.programme.kinds import Move, details_of
from festival.programme.locking import lock_activity
from festival.programme.models import Activity, Slot
from festival.signups.rules import Stop
from festival.signups.waitlist import touch

#: Something that a seeker does to one of their applications: person, application.
OwnAct: TypeAlias = Callable[[int, int], object]

#: Minutes of a day.
_DAY = 24 * 60
#: What messages say they are about: a row of ``job_application``.
SUBJECT = "job_application"


# -- the seeker's side -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ApplyRequest:
    """What somebody applies with. ``cv_id`` None: the newest version of their CV."""

    name: str
    cv_id: int | None = None


def apply(person_id: int, position_id: int, asked: ApplyRequest) -> Application:
    """Apply for a position; who has done so already gets that application again.

    :raises NotFound: there is no such position to be seen.
    :raises JobRefused: the fair is over, there is no CV, or the seeker has as many applications as one may have.
    """
    lock_account(person_id)
    now = database_now()
    position = queries.shown_position(position_id, now)
    if position is None:
        raise NotFound
    before = queries.applied(person_id, position_id)
    if before is not None:
        return before
    activity = position.employer.activity
    if not queries.takes_applications(activity, now):
        raise JobRefused(Reason.CLOSED)
    if position.state != PositionState.OPEN:
        raise JobRefused(Reason.POSITION_GONE)
    cv = _chosen_cv(person_id, asked.cv_id)
    if queries.live_applications(person_id, activity.id) >= rules.MOST_APPLICATIONS:
        raise JobRefused(Reason.MOST_APPLICATIONS)
    made = Application(
        activity_id=activity.id,
        employer_id=position.employer_id,
        position_id=position.id,
        person_id=person_id,
        cv_id=cv.id,
        name=asked.name,
        state=State.SUBMITTED,
        state_at=now,
        applied_at=now,
    )
    db.session.add(made)
    db.session.flush()
    _note_step(made, Side.SEEKER, now)
    _tell_seeker(made, "job_submitted")
    return made


def _chosen_cv(person_id: int, cv_id: int | None) -> CvVersion:
    chosen = next((cv for cv in queries.cvs(person_id) if cv_id in {None, cv.id}), None)
    if chosen is None:
        raise JobRefused(Reason.NO_CV)
    return chosen


def withdraw(person_id: int, application_id: int) -> Application:
    """Take an application back: the employer sees it no more, and a booked time is free again. Withdrawn before: nothing happens.

    :raises NotFound: the person has no such application.
    :raises JobRefused: it was answered already.
    """
    application, now = _locked_own(person_id, application_id)
    if application.state == State.WITHDRAWN:
        return application
    was_expected = application.state in {State.INVITED, State.ACCEPTED}
    move(application, State.WITHDRAWN, Side.SEEKER, at=now)
    _free(application, now)
    _drop_offers(application)
    if was_expected:
        _tell_recruiters(application, "job_left")
    return application


def decline(person_id: int, application_id: int) -> Application:
    """Say that one does not come to an interview. Declined before: nothing happens.

    :raises NotFound: the person has no such application.
    :raises JobRefused: there is no invitation any more.
    """
    application, now = _locked_own(person_id, application_id)
    if application.state == State.DECLINED:
        return application
    move(application, State.DECLINED, Side.SEEKER, at=now)
    _free(application, now)
    _drop_offers(application)
    _tell_recruiters(application, "job_declined")
    return application


def book(person_id: int, application_id: int, chair: Chair) -> Interview:
    """Take a time for an interview, or another one instead. The same time again changes nothing.

    :raises NotFound: the person has no such application.
    :raises JobRefused: it is not offered or gone, it overlaps something, or there is no entry to the fair for it.
    """
    application, now = _locked_own(person_id, application_id)
    held = queries.standing_interview(application.id)
    if held is not None and held.chair == chair:
        return held
    if not rules.may(application.state, Side.SEEKER, State.ACCEPTED):
        raise JobRefused(Reason.STATE)
    activity = db.session.get_one(Activity, application.activity_id)
    timetable = timetable_of(activity)
    if not queries.takes_applications(activity, now) or timetable is None:
        raise JobRefused(Reason.CLOSED)
    session = _session_of(application, chair, timetable)
    free = queries.free_chairs(application, timetable, now)
    if chair not in free:
        begins = rules.begins_at(queries.day_of(session), chair.minute)
        raise JobRefused(Reason.SLOT_PAST if begins <= now else Reason.SLOT_TAKEN)
    if chair not in queries.choosable(application, free):
        raise JobRefused(Reason.SLOT_UNKNOWN)
    _check_time(application, session, chair.minute, timetable, now)
    _free(application, now, tells=False)
    seat = rules.free_seat(queries.seats_taken(chair), timetable.per_recruiter)
    if seat is None:
        raise JobRefused(Reason.SLOT_TAKEN)
    made = Interview(
        application_id=application.id,
        person_id=person_id,
        recruiter_id=chair.recruiter_id,
        session_id=chair.session_id,
        minute=chair.minute,
        minutes=timetable.slot_minutes,
        seat=seat,
        booked_at=now,
    )
    db.session.add(made)
    db.session.flush()
    move(application, State.ACCEPTED, Side.SEEKER, at=now)
    _tell_seeker(application, "job_accepted")
    _tell_recruiters(application, "job_booked")
    _touch_entry(application)
    return made


def _session_of(application: Application, chair: Chair, timetable: Timetable) -> Slot:
    """Return the day of a time, which must be one of the fair's, with a recruiter of the employer.

    :raises JobRefused: there is no such time.
    """
    session = next((one for one in queries.sessions(application.activity_id) if one.id == chair.session_id), None)
    is_known = session is not None and chair.minute in rules.minutes_of(timetable)
    if not is_known or chair.recruiter_id not in {one.id for one in queries.recruiters(application.employer_id)}:
        raise JobRefused(Reason.SLOT_UNKNOWN)
    assert session is not None
    return session


def _check_time(application: Application, session: Slot, minute: int, timetable: Timetable, now: datetime) -> None:
    """Refuse a time at which the seeker is not there, or elsewhere.

    :raises JobRefused: and why.
    """
    refusal = time_refusal(application, session, minute, timetable, now)
    if refusal is not None:
        raise JobRefused(refusal)


def time_refusal(application: Application, session: Slot, minute: int, timetable: Timetable, now: datetime) -> Reason | None:
    """Tell why a seeker cannot have an interview at a time of a day; None: they can."""
    return rules.booking_refusal(
        stop_of(session, minute, timetable.slot_minutes),
        now=now,
        entry=Entry(queries.entry_at(application.person_id, session.id)),
        interviews=[
            stop_of(one.session, one.minute, one.minutes)
            for one in queries.interviews_of(application.person_id)
            if one.application_id != application.id
        ],
        activities=queries.other_stops(application.person_id, application.activity_id, now),
        most=timetable.most_per_seeker,
    )


def stop_of(session: Slot, minute: int, minutes: int) -> Stop:
    """Return an interview as a stop of somebody's day."""
    begins = rules.begins_at(queries.day_of(session), minute)
    venue = session.venue or session.activity.venue
    point = None if venue.lat is None or venue.lon is None else (venue.lat, venue.lon)
    return Stop(begins, begins + timedelta(minutes=minutes), venue.id, point)


def give_back(person_id: int, application_id: int) -> Application:
    """Give a booked time back; the invitation stands, and another time can be taken.

    :raises NotFound: the person has no such application.
    :raises JobRefused: nothing is booked.
    """
    application, now = _locked_own(person_id, application_id)
    if application.state == State.INVITED:
        return application
    if application.state != State.ACCEPTED:
        raise JobRefused(Reason.STATE)
    _free(application, now)
    move(application, State.INVITED, Side.SEEKER, at=now)
    _tell_recruiters(application, "job_given_back")
    return application


def entry_lost(person_id: int, activity_id: int) -> None:
    """Give back every interview at a fair of somebody who no longer comes to it. The fair is locked."""
    now = database_now()
    for interview in queries.interviews_of(person_id):
        application = interview.application
        if application.activity_id != activity_id or application.state != State.ACCEPTED:
            continue
        if queries.entry_at(person_id, interview.session_id) is not None:
            continue
        _free(application, now)
        move(application, State.INVITED, Side.SEEKER, at=now)
        _tell_seeker(application, "job_entry_lost")
        _tell_recruiters(application, "job_given_back")


def session_moved(_activity: Activity, session: Slot, step: timedelta) -> None:
    """Let the interviews and offers of a day follow when the fair begins at another hour; the fair is locked.

    Another day needs nothing written: they are at an hour of whatever day the session is on. What would be past midnight is given
    back.
    """
    by = later_in_the_day(Move(session.starts_at - step, step, session.starts_at))
    if not by:
        return
    db.session.execute(
        delete(InterviewOffer).where(InterviewOffer.session_id == session.id, ~_is_of_the_day(InterviewOffer.minute + by)),
    )
    # Those that go first leave the time of those that follow.
    for offer in queries.offers_on(session.id, is_last_first=by > 0):
        offer.minute += by
        db.session.flush()
    for interview in queries.interviews_on(session.id, is_last_first=by > 0):
        if 0 <= interview.minute + by < _DAY - interview.minutes:
            interview.minute += by
            db.session.flush()
        else:
            _take_back(interview.application, database_now())


def _is_of_the_day(minute: ColumnElement[int]) -> ColumnElement[bool]:
    return minute.between(0, _DAY - 1)


def _take_back(application: Application, now: datetime) -> None:
    """Let a seeker choose another time: the one that was booked is no more."""
    _free(application, now)
    if application.state == State.ACCEPTED:
        move(application, State.INVITED, Side.EMPLOYER, at=now)
        _tell_seeker(application, "job_time_off")


# -- the employer's side -----------------------------------------------------------------------------------------------------


def mark_viewed(application: Application, at: datetime) -> None:
    """Note that a recruiter got the CV of an application for the first time; its seeker is told."""
    if application.state == State.SUBMITTED:
        move(application, State.VIEWED, Side.EMPLOYER, at=at)
        _tell_seeker(application, "job_viewed")


def shortlist(reader_id: int, application_id: int) -> Application:
    """Put an application on the shortlist. There already: nothing happens.

    :raises NotFound: it is no application that this recruiter may see.
    :raises JobRefused: it has moved on.
    """
    return _answer(reader_id, application_id, State.SHORTLISTED, "job_shortlisted")


def turn_down(reader_id: int, application_id: int) -> Application:
    """Tell a seeker that they were not selected; a booked time is free again. Done before: nothing happens.

    :raises NotFound: it is no application that this recruiter may see.
    :raises JobRefused: it was answered otherwise already.
    """
    return _answer(reader_id, application_id, State.NOT_SELECTED, "job_not_selected")


def mark_intent(reader_id: int, application_id: int) -> Application:
    """Note that both sides mean to sign. Done before: nothing happens.

    :raises NotFound: it is no application that this recruiter may see.
    :raises JobRefused: it was answered otherwise already.
    """
    return _answer(reader_id, application_id, State.INTENT, "job_intent")


def _answer(reader_id: int, application_id: int, state: State, kind: str) -> Application:
    application, now = locked_for(reader_id, application_id)
    if application.state == state:
        return application
    move(application, state, Side.EMPLOYER, at=now)
    if state == State.NOT_SELECTED:
        _free(application, now)
        _drop_offers(application)
        application.signed_at = None
    _tell_seeker(application, kind)
    return application


def mark_signed(reader_id: int, application_id: int, *, signed: bool) -> Application:
    """Note that a contract was signed at the fair, or that it was not after all.

    :raises NotFound: it is no application that this recruiter may see.
    :raises JobRefused: there is no intent to sign.
    """
    application, now = locked_for(reader_id, application_id)
    if application.state != State.INTENT:
        raise JobRefused(Reason.STATE)
    application.signed_at = (application.signed_at or now) if signed else None
    return application


def invite(reader_id: int, application_id: int, chairs: Sequence[Chair]) -> Application:
    """Invite to an interview, at one of some times or, without any, at any free time of the employer's recruiters.

    Who had a time already is asked to choose anew. The same invitation again changes nothing.

    :raises NotFound: it is no application that this recruiter may see.
    :raises JobRefused: it has moved on, a time is gone, or there is none left at all.
    """
    application, now = locked_for(reader_id, application_id)
    wanted = frozenset(chairs)
    if application.state == State.INVITED and wanted == frozenset(queries.offered(application.id)):
        return application
    if not rules.may(application.state, Side.EMPLOYER, State.INVITED):
        raise JobRefused(Reason.STATE)
    activity = db.session.get_one(Activity, application.activity_id)
    timetable = timetable_of(activity)
    if not queries.takes_applications(activity, now) or timetable is None:
        raise JobRefused(Reason.CLOSED)
    free = queries.free_chairs(application, timetable, now)
    if not free:
        raise JobRefused(Reason.NO_SLOTS)
    if not wanted <= set(free):
        raise JobRefused(Reason.SLOT_TAKEN)
    had_a_time = application.state == State.ACCEPTED
    _free(application, now)
    _drop_offers(application)
    db.session.add_all(
        InterviewOffer(
            application_id=application.id, recruiter_id=chair.recruiter_id, session_id=chair.session_id, minute=chair.minute
        )
        for chair in sorted(wanted)
    )
    move(application, State.INVITED, Side.EMPLOYER, at=now)
    _tell_seeker(application, "job_time_off" if had_a_time else "job_invited")
    return application


def note(reader_id: int, application_id: int, words: str) -> ApplicationNote:
    """Note something on an application for one's colleagues; its seeker reads it nowhere. The last note again is no new one.

    :raises NotFound: it is no application that this recruiter may see.
    """
    application, now = locked_for(reader_id, application_id)
    last = next(iter(queries.notes(application.id)), None)
    if last is not None and last.note.author_id == reader_id and last.words == words:
        return last.note
    sealed = seal(words.encode(), queries.note_context(application.id))
    kept = ApplicationNote(application_id=application.id, author_id=reader_id, sealed=sealed, at=now)
    db.session.add(kept)
    db.session.flush()
    return kept


def employer_left(employer_id: int, now: datetime) -> None:
    """End the applications to an employer that takes part no more; their seekers are told. The fair is locked."""
    for application in queries.unsettled(employer_id):
        move(application, State.NOT_SELECTED, Side.EMPLOYER, at=now)
        _free(application, now)
        _drop_offers(application)
        _tell_seeker(application, "job_employer_left")
    db.session.execute(
        update(BoothNumber).where(BoothNumber.employer_id == employer_id, BoothNumber.state.in_(HELD)).values(state=Turn.LEFT),
    )


def position_hidden(position_id: int, _now: datetime) -> None:
    """Tell those who applied for a position that organizers took it down, so that they take care; the fair is locked."""
    for application in queries.live_for(position_id):
        _tell_seeker(application, "job_position_hidden")


def recruiter_left(recruiter_id: int, now: datetime) -> None:
    """Give back the interviews with somebody who recruits no more: their seekers choose another time. The fair is locked."""
    for interview in queries.interviews_by(recruiter_id):
        application = interview.application
        if application.state == State.ACCEPTED and interview.starts_at > now:
            _take_back(application, now)
    db.session.execute(delete(InterviewOffer).where(InterviewOffer.recruiter_id == recruiter_id))


# -- shared ------------------------------------------------------------------------------------------------------------------


def timetable_of(activity: Activity) -> Timetable | None:
    """Return how a fair's interviews are timed; None: nothing was entered."""
    details = details_of(activity)
    if not isinstance(details, JobFairDetails):
        return None
    said = details.interviews
    return Timetable(said.opens, said.closes, said.slot_minutes, said.per_recruiter, said.most_per_seeker)


def locked_for(reader_id: int, application_id: int) -> tuple[Application, datetime]:
    """Return an application to a recruiter of its employer, locked, and the time.

    :raises NotFound: it is not theirs, or it was withdrawn.
    """
    found = queries.readable(reader_id, application_id)
    if found is None:
        raise NotFound
    application, now = _lock(found)
    if queries.readable(reader_id, application_id) is None:
        raise NotFound
    return application, now


def _locked_own(person_id: int, application_id: int) -> tuple[Application, datetime]:
    found = queries.own(person_id, application_id)
    if found is None:
        raise NotFound
    return _lock(found)


def _lock(application: Application) -> tuple[Application, datetime]:
    lock_account(application.person_id)
    lock_activity(application.activity_id)
    db.session.refresh(application)
    return application, database_now()


def move(application: Application, state: State, side: Side, *, at: datetime) -> None:
    """Bring an application to a state and note the step.

    :raises JobRefused: no way leads there from where it is.
    """
    if not rules.may(application.state, side, state):
        raise JobRefused(Reason.STATE)
    application.state = state
    application.state_at = at
    _note_step(application, side, at)
    db.session.flush()


def _note_step(application: Application, side: Side, at: datetime) -> None:
    db.session.add(ApplicationStep(application_id=application.id, state=application.state, side=side, at=at))


def _free(application: Application, now: datetime, *, tells: bool = True) -> None:
    """Make the time that is booked for an application free; none is: nothing happens.

    :param tells: calendars are to show it; not while another time is being taken.
    """
    held = queries.standing_interview(application.id)
    if held is None:
        return
    held.cancelled_at = now
    db.session.flush()
    if tells:
        _touch_entry(application)


def _drop_offers(application: Application) -> None:
    db.session.execute(delete(InterviewOffer).where(InterviewOffer.application_id == application.id))


def _touch_entry(application: Application) -> None:
    """Have calendars and pages of the seeker's entry to the fair made anew: they name its interviews."""
    for sign_up in queries.entries(application.person_id, application.activity_id):
        touch(sign_up)


def _tell_seeker(application: Application, kind: str) -> None:
    owe(kind, SUBJECT, application.id, account_id=application.person_id, activity_id=application.activity_id)


def _tell_recruiters(application: Application, kind: str) -> None:
    """Tell the recruiter whose time it was, else all of the employer's."""
    for account_id in queries.concerned(application):
        owe(kind, SUBJECT, application.id, account_id=account_id, activity_id=application.activity_id)
