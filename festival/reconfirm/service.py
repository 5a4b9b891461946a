"""Asking people whether they are still coming, taking their answers, and giving back what a deadline has run out for.

Call inside ``transaction()``. Giving a place back is the engine's withdrawal or removal: the list is served with it.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import insert, or_, select, update

from festival.accounts.models import Account
from festival.audit.service import record
from festival.lib import clock
from festival.lib.db import database_now, db
from festival.lib.errors import NotFound
from festival.lib.i18n import _, speaking
from festival.outbox.service import owe_each
from festival.programme.locking import lock_activity
from festival.programme.models import Activity, ActivityStatus, Slot, SlotStatus
from festival.reconfirm import queries, rules
from festival.reconfirm.models import Reconfirmation, ReconfirmationAnswer
from festival.reconfirm.rules import Answer, Plan, ReconfirmReason, ReconfirmRefused
from festival.signups import service as signups
from festival.signups import waitlist
from festival.signups.models import SignUp
from festival.signups.rules import SignUpRefused, State

#: The message that asks.
KIND = "sign_up_reconfirm"
#: Places that one look gives back; the rest the next minute.
AT_ONCE = 200


# -- what organizers decide -----------------------------------------------------------------------------------------------------


def fingerprint(slot_ids: Sequence[int], asked: Plan) -> str:
    """Return what identifies a plan together with whom it reaches, where it reaches them at once."""
    reached = queries.reach(slot_ids).sign_ups if asked.ask_at is None else 0
    return sha256(f"{sorted(slot_ids)} {asked.ask_at} {asked.release_at} {reached}".encode()).hexdigest()[:32]


def plan(
    activity_id: int, slot_ids: Sequence[int], asked: Plan, *, seen: str | None = None, actor_id: int
) -> list[Reconfirmation]:
    """Ask those of some slots whether they are still coming, at once or later; return the question to each slot.

    :param seen: the fingerprint of what was looked at; None: this is the rehearsal.
    :raises ReconfirmRefused: see ``ReconfirmReason``; nothing is planned for any slot then.
    """
    activity = lock_activity(activity_id)
    now = database_now()
    if activity.status != ActivityStatus.PUBLISHED:
        raise ReconfirmRefused(ReconfirmReason.OFF)
    if not queries.reach(slot_ids).sign_ups:
        raise ReconfirmRefused(ReconfirmReason.NOBODY)
    if seen is not None and seen != fingerprint(slot_ids, asked):
        raise ReconfirmRefused(ReconfirmReason.CHANGED)
    made = [_plan(activity, slot_id, asked, now, actor_id) for slot_id in slot_ids]
    if asked.ask_at is None:
        for one in made:
            _ask(one, now)
    return made


def _plan(activity: Activity, slot_id: int, asked: Plan, now: datetime, actor_id: int) -> Reconfirmation:
    slot = db.session.get(Slot, slot_id, populate_existing=True)
    if slot is None or slot.activity_id != activity.id:
        raise NotFound
    if slot.status != SlotStatus.SCHEDULED:
        raise ReconfirmRefused(ReconfirmReason.OFF)
    problem = rules.problem_of(asked, starts_at=clock.local(slot.starts_at), cutoff_at=waitlist.cutoff(activity, slot), now=now)
    if problem is not None:
        raise ReconfirmRefused(problem)
    if queries.running(slot_id) is not None:
        raise ReconfirmRefused(ReconfirmReason.RUNNING)
    last = queries.last_asked(slot_id)
    if last is not None and (asked.ask_at or now) < last + rules.LEAST_TIME:
        raise ReconfirmRefused(ReconfirmReason.JUST_ASKED)
    made = Reconfirmation(
        activity_id=activity.id,
        slot_id=slot_id,
        starts_at=slot.starts_at,
        ask_at=asked.ask_at or now,
        release_at=asked.release_at,
        author_id=actor_id,
        made_at=now,
    )
    db.session.add(made)
    db.session.flush()
    record(
        "reconfirm.plan",
        "reconfirmation",
        made.id,
        actor_id=actor_id,
        activity_id=activity.id,
        changes=f"slot={slot_id} ask={made.ask_at:%Y-%m-%dT%H:%MZ}"
        + (f" release={made.release_at:%Y-%m-%dT%H:%MZ}" if made.release_at else ""),
    )
    return made


def _ask(one: Reconfirmation, now: datetime) -> int:
    """Ask everybody who holds a place in the slot and has not said yes; return how many.

    Asked so late that the deadline would leave less time than it was to leave, nobody loses anything by silence.
    """
    if one.release_at is not None and not rules.is_deadline_fair(one.release_at, clock.local(now)):
        _spare(one)
    people = {
        row.id: row.person_id
        for row in db.session.execute(select(SignUp.id, SignUp.person_id).where(*queries.askable([one.slot_id])))
    }
    if people:
        db.session.execute(
            insert(ReconfirmationAnswer),
            [{"reconfirmation_id": one.id, "sign_up_id": sign_up_id} for sign_up_id in people],
        )
        owe_each(KIND, "sign_up", people, activity_id=one.activity_id)
    one.asked_at, one.asked = now, len(people)
    return len(people)


def _spare(one: Reconfirmation) -> None:
    """Let silence have no consequence any more."""
    one.release_at = None
    record("reconfirm.spare", "reconfirmation", one.id, actor_id=None, activity_id=one.activity_id)


def cancel(activity_id: int, reconfirmation_id: int, *, actor_id: int) -> None:
    """Take a question back: it is not asked any more, nobody need answer, and nobody loses a place by it.

    :raises NotFound: the activity has no such question.
    """
    lock_activity(activity_id)
    one = db.session.get(Reconfirmation, reconfirmation_id, populate_existing=True)
    if one is None or one.activity_id != activity_id:
        raise NotFound
    if one.cancelled_at is None:
        one.cancelled_at = database_now()
        record("reconfirm.cancel", "reconfirmation", one.id, actor_id=actor_id, activity_id=activity_id)


# -- what people answer ---------------------------------------------------------------------------------------------------------


def come(sign_up_id: int) -> bool:
    """Note that a person is coming; tell whether they had been asked. Saying so twice changes nothing."""
    sign_up, locked = signups.fresh(sign_up_id)
    return sign_up.state == State.CONFIRMED and bool(_answer([sign_up_id], Answer.COMING, locked.now))


def note_coming(sign_up_ids: Sequence[int], now: datetime) -> list[int]:
    """Note for people who said so otherwise (by telephone) that they are coming; return the sign-ups that were still silent."""
    silent = select(SignUp.id).where(SignUp.id.in_(sign_up_ids), queries.is_open())
    return _answer(list(db.session.scalars(silent)), Answer.COMING, now)


def give_back(sign_up_id: int) -> list[SignUp]:
    """Give a place back because one was asked and does not come, however late it is; return those who moved up.

    Once it has begun, who has not come has not come.

    :raises SignUpRefused: nobody asked, or it has begun, and it is too late otherwise.
    """
    sign_up, locked = signups.fresh(sign_up_id)
    may_answer = sign_up.state == State.CONFIRMED and locked.now < sign_up.slot.starts_at
    was_asked = may_answer and bool(_answer([sign_up_id], Answer.RELEASED, locked.now))
    return signups.withdraw(sign_up_id, even_late=was_asked)


def _answer(sign_up_ids: Sequence[int], answer: Answer, now: datetime) -> list[int]:
    """Write an answer to every question that stands and has none (a no also replaces a yes); return whose it was."""
    standing = select(Reconfirmation.id).where(*queries.holds())
    changes_from = Answer.COMING if answer is Answer.RELEASED else None
    answered = db.session.scalars(
        update(ReconfirmationAnswer)
        .where(
            ReconfirmationAnswer.sign_up_id.in_(sign_up_ids),
            ReconfirmationAnswer.reconfirmation_id.in_(standing),
            or_(ReconfirmationAnswer.answer.is_(None), ReconfirmationAnswer.answer == changes_from),
        )
        .values(answer=answer, answered_at=now)
        .returning(ReconfirmationAnswer.sign_up_id)
        .execution_options(synchronize_session=False),
    )
    return sorted(set(answered))


# -- what time makes due ------------------------------------------------------------------------------------------------------


def activities_due() -> list[int]:
    """Return the activities in which a question is to be asked, or a deadline has passed or is not fair any more."""
    return sorted({one.activity_id for one in queries.due(database_now())})


def act(activity_id: int) -> None:
    """Ask what is to be asked in an activity, and give back the places of those who have not answered in time.

    Where it does not take place as planned, silence has no consequence from now on.

    Doing it twice changes nothing: what has been done is written, and found by whoever comes second.
    """
    people = _silent_people(activity_id)
    lock_activity(activity_id)
    now = database_now()
    for one in queries.due(now, activity_id):
        if one.asked_at is None:
            _ask(one, now)
        elif one.release_at is not None and one.release_at <= now and queries.is_on(one):
            _lapse(one, now, people)
        else:
            _spare(one)


def _silent_people(activity_id: int) -> set[int]:
    """Lock the people whose places may be given back: people first, then activities, is the order of all locks."""
    due = [one.id for one in queries.due(database_now(), activity_id) if one.asked_at is not None]
    if not due:
        return set()
    silent = (
        select(SignUp.person_id)
        .join(ReconfirmationAnswer, ReconfirmationAnswer.sign_up_id == SignUp.id)
        .where(
            ReconfirmationAnswer.reconfirmation_id.in_(due),
            ReconfirmationAnswer.answer.is_(None),
            SignUp.state == State.CONFIRMED,
        )
        .order_by(SignUp.person_id)
        .limit(AT_ONCE)
    )
    people = list(db.session.scalars(silent))
    locked = select(Account.id).where(Account.id.in_(people)).order_by(Account.id).with_for_update(key_share=True)
    return set(db.session.scalars(locked))


def _lapse(one: Reconfirmation, now: datetime, people: set[int]) -> None:
    """Give back the places of those who have not answered, and tell them; the list is served with each."""
    rows = db.session.execute(
        select(SignUp.id, SignUp.person_id, Account.locale)
        .join(ReconfirmationAnswer, ReconfirmationAnswer.sign_up_id == SignUp.id)
        .join(Account, Account.id == SignUp.person_id)
        .where(
            ReconfirmationAnswer.reconfirmation_id == one.id,
            ReconfirmationAnswer.answer.is_(None),
            SignUp.state == State.CONFIRMED,
        )
        .order_by(SignUp.signed_up_at, SignUp.id),
    ).all()
    for row in rows:
        if row.person_id not in people:
            continue  # the next look takes it: its person is not locked
        with speaking("en" if row.locale == "en" else "zh"):
            why = _("未在期限前确认仍会参加")
        try:
            with db.session.begin_nested():
                signups.remove(row.id, why, actor_id=one.author_id, is_one_of_many=True)
        except SignUpRefused:
            continue
        _answer([row.id], Answer.LAPSED, now)
        one.released += 1
    if all(row.person_id in people for row in rows):
        one.released_at = now
        record(
            "reconfirm.release",
            "reconfirmation",
            one.id,
            actor_id=one.author_id,
            activity_id=one.activity_id,
            changes=f"released={one.released}",
        )


#: For the sweep of each minute.
SWEEP = (activities_due, act)
