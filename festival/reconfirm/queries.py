"""Reading who was asked whether they are still coming, and what they said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from festival.lib.db import db
from festival.programme.models import Activity, ActivityStatus, Slot, SlotStatus
from festival.reconfirm.models import Reconfirmation, ReconfirmationAnswer
from festival.reconfirm.rules import Answer
from festival.signups.models import SignUp
from festival.signups.rules import State

_THEIRS = ReconfirmationAnswer.reconfirmation_id == Reconfirmation.id


def holds() -> list[ColumnElement[bool]]:
    """Return what makes a question still stand: not taken back, and about the start that the slot has."""
    slot_starts = select(Slot.starts_at).where(Slot.id == Reconfirmation.slot_id).correlate(Reconfirmation).scalar_subquery()
    return [Reconfirmation.cancelled_at.is_(None), Reconfirmation.starts_at == slot_starts]


def is_open() -> ColumnElement[bool]:
    """Return that a sign-up holds a place, was asked, and has not answered."""
    asked = exists().where(
        ReconfirmationAnswer.sign_up_id == SignUp.id,
        ReconfirmationAnswer.answer.is_(None),
        _THEIRS,
        *holds(),
    )
    return and_(SignUp.state == State.CONFIRMED, asked)


def is_coming() -> ColumnElement[bool]:
    """Return that a sign-up's person said to be coming, at the time the slot has now."""
    return exists().where(
        ReconfirmationAnswer.sign_up_id == SignUp.id,
        ReconfirmationAnswer.answer == Answer.COMING,
        _THEIRS,
        *holds(),
    )


def was_asked() -> ColumnElement[bool]:
    """Return that a sign-up was asked at all, about the time the slot has now."""
    return exists().where(ReconfirmationAnswer.sign_up_id == SignUp.id, _THEIRS, *holds())


def has_any(activity_id: int) -> bool:
    """Tell whether anybody of an activity was ever asked."""
    asked = select(Reconfirmation.id).where(Reconfirmation.activity_id == activity_id, Reconfirmation.asked_at.is_not(None))
    return db.session.scalar(asked.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class Standing:
    """What one person was asked last about the time their slot has now, and what they said."""

    answer: Answer | None
    answered_at: datetime | None
    #: Until when to answer; None: whenever.
    release_at: datetime | None


def standing(sign_up_ids: Sequence[int]) -> Mapping[int, Standing]:
    """Return what people were asked, by sign-up; who was not is left out. Whoever said yes once has said it."""
    rows = db.session.execute(
        select(
            ReconfirmationAnswer.sign_up_id,
            ReconfirmationAnswer.answer,
            ReconfirmationAnswer.answered_at,
            Reconfirmation.release_at,
        )
        .join(Reconfirmation, _THEIRS)
        .where(ReconfirmationAnswer.sign_up_id.in_(sign_up_ids), *holds())
        .order_by(ReconfirmationAnswer.answer != Answer.COMING, ReconfirmationAnswer.id.desc()),
    )
    found: dict[int, Standing] = {}
    for row in rows:
        found.setdefault(row.sign_up_id, Standing(row.answer, row.answered_at, row.release_at))
    return found


@dataclass(frozen=True, slots=True)
class Round:
    """A question to those of one slot, and how it stands."""

    reconfirmation: Reconfirmation
    slot: Slot
    coming: int
    #: Said no, on the question.
    given_back: int
    #: Hold a place and have not answered.
    silent: int
    #: Whether it still stands: not taken back, and the slot has not moved.
    is_standing: bool


def rounds(activity_id: int) -> list[Round]:
    """Return the questions to those of an activity, the newest first."""
    rows = db.session.execute(
        select(Reconfirmation, Slot)
        .join(Slot, Slot.id == Reconfirmation.slot_id)
        .where(Reconfirmation.activity_id == activity_id)
        .order_by(Reconfirmation.id.desc()),
    ).all()
    counted: dict[tuple[int, str], int] = {
        (row.reconfirmation_id, row.answer.value if row.answer else ""): row.n
        for row in db.session.execute(
            select(ReconfirmationAnswer.reconfirmation_id, ReconfirmationAnswer.answer, func.count().label("n"))
            .join(Reconfirmation, _THEIRS)
            .join(SignUp, SignUp.id == ReconfirmationAnswer.sign_up_id)
            .where(
                Reconfirmation.activity_id == activity_id,
                or_(ReconfirmationAnswer.answer.is_not(None), SignUp.state == State.CONFIRMED),
            )
            .group_by(ReconfirmationAnswer.reconfirmation_id, ReconfirmationAnswer.answer),
        )
    }
    return [
        Round(
            one,
            slot,
            counted.get((one.id, Answer.COMING.value), 0),
            counted.get((one.id, Answer.RELEASED.value), 0),
            counted.get((one.id, ""), 0),
            one.cancelled_at is None and one.starts_at == slot.starts_at,
        )
        for one, slot in rows
    ]


def askable(slot_ids: Sequence[int]) -> list[ColumnElement[bool]]:
    """Return what a sign-up fulfils that a question would reach: it holds a place in one of the slots and has not said yes."""
    return [SignUp.slot_id.in_(slot_ids), SignUp.state == State.CONFIRMED, ~is_coming()]


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a question to those of some slots would reach, in sign-ups and persons, and who waits for their places."""

    sign_ups: int
    persons: int
    already_coming: int
    waiting: int


def reach(slot_ids: Sequence[int]) -> Reach:
    """Return whom a question to those of some slots would reach."""
    sign_ups, persons = db.session.execute(
        select(func.count(SignUp.id), func.coalesce(func.sum(SignUp.party_size), 0)).where(*askable(slot_ids)),
    ).one()
    coming = select(func.count(SignUp.id)).where(SignUp.slot_id.in_(slot_ids), SignUp.state == State.CONFIRMED, is_coming())
    waiting = select(func.count(SignUp.id)).where(SignUp.slot_id.in_(slot_ids), SignUp.state == State.WAITLISTED)
    return Reach(sign_ups, int(persons), db.session.execute(coming).scalar_one(), db.session.execute(waiting).scalar_one())


def running(slot_id: int) -> Reconfirmation | None:
    """Return the question to those of a slot that is still to be asked, or whose deadline is to come; None: there is none."""
    return db.session.scalar(
        select(Reconfirmation)
        .where(
            Reconfirmation.slot_id == slot_id,
            *holds(),
            or_(
                Reconfirmation.asked_at.is_(None),
                and_(Reconfirmation.release_at.is_not(None), Reconfirmation.released_at.is_(None)),
            ),
        )
        .limit(1),
    )


def last_asked(slot_id: int) -> datetime | None:
    """Return when those of a slot were asked last, about the time it has now; None: they were not."""
    asked = select(func.max(Reconfirmation.asked_at)).where(Reconfirmation.slot_id == slot_id, *holds())
    return db.session.scalar(asked)


def _is_on() -> ColumnElement[bool]:
    return and_(Activity.status == ActivityStatus.PUBLISHED, Slot.status == SlotStatus.SCHEDULED)


def is_on(one: Reconfirmation) -> bool:
    """Tell whether what people are asked about takes place as planned."""
    slot = db.session.get_one(Slot, one.slot_id, populate_existing=True)
    return slot.activity.status == ActivityStatus.PUBLISHED and slot.status == SlotStatus.SCHEDULED


def due(now: datetime, activity_id: int | None = None) -> list[Reconfirmation]:
    """Return the questions that are to be asked by now, those whose deadline has passed, and those whose deadline is not fair.

    A slot that is postponed waits with its question; who was asked already reads no question while it does, and must lose nothing
    by silence. One that has moved, or has begun, is left alone for good.

    :param activity_id: of one activity; None: of all.
    """
    to_ask = and_(Reconfirmation.asked_at.is_(None), Reconfirmation.ask_at <= now)
    may_release = and_(
        Reconfirmation.asked_at.is_not(None),
        Reconfirmation.released_at.is_(None),
        Reconfirmation.release_at.is_not(None),
    )
    is_due = or_(and_(_is_on(), or_(to_ask, and_(may_release, Reconfirmation.release_at <= now))), and_(~_is_on(), may_release))
    where = [Slot.starts_at > now, *holds(), is_due]
    if activity_id is not None:
        where.append(Reconfirmation.activity_id == activity_id)
    return list(
        db.session.scalars(
            select(Reconfirmation)
            .join(Slot, Slot.id == Reconfirmation.slot_id)
            .join(Activity, Activity.id == Reconfirmation.activity_id)
            .where(*where)
            .order_by(Reconfirmation.id)
            .execution_options(populate_existing=True),
        ),
    )


def slots_ahead(activity_id: int, now: datetime) -> list[Slot]:
    """Return the slots of an activity that are still to come and in which somebody holds a place, by time."""
    held = exists().where(SignUp.slot_id == Slot.id, SignUp.state == State.CONFIRMED)
    return list(
        db.session.scalars(
            select(Slot)
            .where(Slot.activity_id == activity_id, Slot.starts_at > now, Slot.status == SlotStatus.SCHEDULED, held)
            .order_by(Slot.starts_at, Slot.id),
        ),
    )
