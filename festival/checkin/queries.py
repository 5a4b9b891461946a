"""Reading who did not come to an activity, and who is recorded so."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import joinedload

from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.programme.models import Activity
from festival.signups.models import SignUp
from festival.signups.queries import not_seen, waits_for_an_answer
from festival.signups.rules import State

#: Rows on one page.
PAGE = 50


@dataclass(frozen=True, slots=True)
class Absences:
    """How many of an activity are to be recorded, are recorded, and wait for an answer to what they said. Sign-ups."""

    open: int
    recorded: int
    explained: int
    #: Sign-ups of whom somebody was let in: 0 where nobody checked anybody in, or at another desk.
    seen: int


def absences(activity_id: int, now: datetime) -> Absences:
    """Count the absences of an activity. One query."""
    row = db.session.execute(
        select(
            func.count(case((and_(*not_seen(activity_id, now)), 1))),
            func.count(case((SignUp.state == State.NO_SHOW, 1))),
            func.count(case((waits_for_an_answer(), 1))),
            func.count(case((SignUp.arrived > 0, 1))),
        ).where(SignUp.activity_id == activity_id),
    ).one()
    return Absences(*row)


def to_record(activity_id: int, now: datetime, number: int) -> list[SignUp]:
    """Return one page of those of whom nobody was let in, by slot and name."""
    return _page(not_seen(activity_id, now), (SignUp.slot_id, SignUp.search_text, SignUp.id), number)


def ids_to_record(activity_id: int, now: datetime, most: int) -> list[int]:
    """Return the ids of those of whom nobody was let in, so many at most."""
    chosen = select(SignUp.id).where(*not_seen(activity_id, now)).order_by(SignUp.id).limit(most)
    return list(db.session.scalars(chosen))


def recorded(activity_id: int, number: int) -> list[SignUp]:
    """Return one page of those who are recorded: who waits for an answer first, longest first, who is excused last."""
    where = (SignUp.activity_id == activity_id, SignUp.state == State.NO_SHOW)
    is_answered = or_(SignUp.appeal == "", SignUp.appeal_answered_at.is_not(None))
    order = (SignUp.excused_at.is_not(None), is_answered, SignUp.appealed_at, SignUp.search_text, SignUp.id)
    return _page(where, order, number)


def _page(where: tuple[ColumnElement[bool], ...], order: tuple[object, ...], number: int) -> list[SignUp]:
    chosen = (
        select(SignUp)
        .where(*where)
        .order_by(*order)  # type: ignore[arg-type]  # columns, and what is made of them
        .limit(PAGE)
        .offset((number - 1) * PAGE)
        .options(joinedload(SignUp.pool), joinedload(SignUp.slot))
    )
    return list(db.session.scalars(chosen))


def times(festival_id: int, person_ids: list[int]) -> dict[int, int]:
    """Return how often each of these people did not come in a festival, unexcused; who always came is left out."""
    rows = db.session.execute(
        select(SignUp.person_id, func.count(SignUp.id))
        .join(Activity, Activity.id == SignUp.activity_id)
        .where(
            SignUp.person_id.in_(person_ids),
            SignUp.state == State.NO_SHOW,
            SignUp.excused_at.is_(None),
            Activity.festival_id == festival_id,
        )
        .group_by(SignUp.person_id),
    )
    return {row[0]: row[1] for row in rows}


def absence(activity_id: int, sign_up_id: int) -> SignUp:
    """Return a sign-up of an activity that is recorded as absent, excused or not.

    :raises NotFound: it has no such absence.
    """
    found = db.session.scalar(
        select(SignUp)
        .where(SignUp.id == sign_up_id, SignUp.activity_id == activity_id, SignUp.state == State.NO_SHOW)
        .options(joinedload(SignUp.pool), joinedload(SignUp.slot)),
    )
    if found is None:
        raise NotFound
    return found
