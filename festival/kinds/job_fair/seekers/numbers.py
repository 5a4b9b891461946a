"""Numbers in the queue of a booth: taking one, calling the next. Everything runs inside ``transaction()``.

The employer's row is locked: a booth gives one number after the other, and calls each once.
"""

from sqlalchemy import select

from festival.accounts.service import lock_account
from festival.kinds.job_fair.employers.models import Employer
from festival.kinds.job_fair.seekers import queries, rules
from festival.kinds.job_fair.seekers.models import BoothNumber
from festival.kinds.job_fair.seekers.rules import MOST_NUMBERS, JobRefused, Reason, Turn
from festival.lib.db import database_now, db
from festival.lib.errors import NotFound
from festival.outbox.service import owe

#: What messages say they are about: a row of ``booth_number``.
SUBJECT = "booth_number"


def take(person_id: int, employer_id: int) -> BoothNumber:
    """Take a number at a booth; who holds one there already gets that again.

    :raises NotFound: there is no such employer to be seen.
    :raises JobRefused: it is not the day, there is no booth, the person has no entry, or waits at enough booths already.
    """
    lock_account(person_id)
    employer = _locked(employer_id)
    now = database_now()
    if not queries.is_shown(employer, now):
        raise NotFound
    held = queries.held_numbers(person_id)
    mine = next((one for one in held if one.employer_id == employer_id), None)
    if mine is not None:
        return mine
    session = queries.session_on(employer.activity_id, now)
    if session is None or not queries.takes_applications(employer.activity, now):
        raise JobRefused(Reason.NOT_THE_DAY)
    if not queries.booth_of(employer.id):
        raise JobRefused(Reason.NO_BOOTH)
    if queries.entry_at(person_id, session.id) is None:
        raise JobRefused(Reason.NOT_SIGNED_UP)
    if len(held) >= MOST_NUMBERS:
        raise JobRefused(Reason.MOST_NUMBERS)
    made = BoothNumber(
        employer_id=employer_id,
        session_id=session.id,
        person_id=person_id,
        number=queries.last_number(employer_id, session.id) + 1,
        state=Turn.WAITING,
        taken_at=now,
    )
    db.session.add(made)
    db.session.flush()
    return made


def leave(person_id: int, number_id: int) -> None:
    """Give a number back. Given back or used before: nothing happens.

    :raises NotFound: the person has no such number.
    """
    found = db.session.get(BoothNumber, number_id)
    if found is None or found.person_id != person_id:
        raise NotFound
    _locked(found.employer_id)
    db.session.refresh(found)
    if found.is_held:
        found.state = Turn.LEFT
        db.session.flush()
        _tell_near(found)


def call_next(reader_id: int, employer_id: int, *, seen: int, missed: bool = False) -> BoothNumber | None:
    """Finish with whom this recruiter called last, and call the next one; None: nobody waits.

    :param seen: the id of the number that the recruiter's page showed as called, 0 for none: a second press calls nobody more.
    :param missed: who was called did not come.
    :raises NotFound: the employer is not the recruiter's.
    """
    recruiter = queries.recruiter(reader_id, employer_id)
    if recruiter is None:
        raise NotFound
    employer = _locked(employer_id)
    now = database_now()
    session = queries.session_on(employer.activity_id, now)
    current = queries.called_by(recruiter.id, session.id) if session else None
    if (current.id if current else 0) != seen:
        return current
    if current is not None:
        current.state = Turn.MISSED if missed else Turn.DONE
        db.session.flush()
    waiting = queries.waiting(employer_id, session.id) if session else []
    if not waiting:
        return None
    first = waiting[0]
    first.state, first.called_at, first.called_by_id = Turn.CALLED, now, recruiter.id
    db.session.flush()
    owe("job_number_called", SUBJECT, first.id, account_id=first.person_id, activity_id=employer.activity_id)
    _tell_near(first)
    return first


def _tell_near(moved: BoothNumber) -> None:
    """Tell whoever has two before them from now on to come near; each is told once."""
    waiting = queries.waiting(moved.employer_id, moved.session_id)
    near = rules.now_near([one.number for one in waiting])
    for one in waiting:
        if one.number == near and one.told_at is None:
            one.told_at = database_now()
            activity_id = one.session.activity_id
            owe("job_number_near", SUBJECT, one.id, account_id=one.person_id, activity_id=activity_id)


def _locked(employer_id: int) -> Employer:
    """Lock an employer's row until the transaction ends.

    :raises NotFound: there is no such employer.
    """
    found = db.session.scalar(
        select(Employer)
        .where(Employer.id == employer_id)
        .with_for_update(key_share=True, of=Employer)
        .execution_options(populate_existing=True),
    )
    if found is None:
        raise NotFound
    return found
